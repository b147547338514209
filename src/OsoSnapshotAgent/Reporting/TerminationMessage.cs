namespace OsoSnapshotAgent.Reporting;

/// <summary>
/// The reason that <c>kubectl get pod</c> shows beside the exit status: one line, at most 300 bytes, since Kubernetes
/// cuts it in pods with many containers. Source: kubernetes.io, "Determine the Reason for Pod Failure".
/// </summary>
internal sealed class TerminationMessage(string path)
{
    private const int MostBytes = 300;

    public void Write(string text)
    {
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            // Cut on a character, not within one.
            ReadOnlySpan<byte> bytes = System.Text.Encoding.UTF8.GetBytes(Printable.Text(text.ReplaceLineEndings(" ")));
            int length = Math.Min(bytes.Length, MostBytes);
            while (length < bytes.Length && length > 0 && (bytes[length] & 0xC0) == 0x80)
            {
                length--;
            }

            File.WriteAllBytes(path, bytes[..length]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kindness of the runtime: the transcript has the reason too.
        }
    }
}
