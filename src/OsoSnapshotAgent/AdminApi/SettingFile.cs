using OsoSnapshot.Formats;
using OsoSnapshotAgent.Target;

namespace OsoSnapshotAgent.AdminApi;

/// <summary>
/// A file that a setting names. A fault of the file is one of the settings; its content is never printed.
/// </summary>
internal sealed class SettingFile(TargetContainer target, string variable, string path, string remedy)
{
    /// <exception cref="OperatorException">It can't be read, or has more bytes.</exception>
    public byte[] Read(int maxBytes)
    {
        try
        {
            return target.ReadSettingFile(path, maxBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e.Message, e);
        }
    }

    public OperatorException Unusable(string reason, Exception? inner = null) =>
        new(ExitStatus.Settings, $"{variable}: {path} can't be used: {reason.TrimEnd('.')}.", remedy, inner);
}
