using OsoSnapshotCore;

namespace OsoSnapshotAgent.Server;

/// <summary>A file that a setting names. Its content is never printed.</summary>
internal sealed class SettingFile(TargetContainer target, string variable, string path, string remedy)
{
    /// <exception cref="OperatorException">With <see cref="ExitStatus.Settings"/>: the file can't be read, or has more
    /// bytes.</exception>
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
