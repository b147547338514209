using OsoSnapshotCore.Streams;

namespace OsoSnapshotAgent.Tests.Streams;

public sealed class WindowStreamTests
{
    private const string All = "0123456789";

    [Theory]
    [InlineData(0, 10, All, true)]
    [InlineData(0, 11, All, false)]
    [InlineData(3, 4, "3456", true)]
    [InlineData(9, long.MaxValue, "9", false)]
    [InlineData(10, 5, "", false)]
    [InlineData(99, 5, "", false)]
    [InlineData(2, 0, "", true)]
    public void Passes_on_only_the_window_however_it_is_cut(long offset, long length, string expected, bool ends)
    {
        for (int piece = 1; piece <= All.Length; piece++)
        {
            using MemoryStream output = new();
            bool hasEnded = false;
            using WindowStream window = new(output, offset, length, () => hasEnded = true);
            foreach (char[] part in All.Chunk(piece))
            {
                window.Write(System.Text.Encoding.ASCII.GetBytes(part));
            }

            Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(output.ToArray()));
            Assert.Equal((ends, ends, expected.Length), (hasEnded, window.HasEnded, (int)window.BytesWritten));
        }
    }
}
