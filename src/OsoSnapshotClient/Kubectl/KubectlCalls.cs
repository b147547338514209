using System.Text;
using OsoSnapshotCore;
using OsoSnapshotCore.Text;

namespace OsoSnapshotClient.Kubectl;

/// <summary>Steps with kubectl that are needed in several places.</summary>
internal static class KubectlCalls
{
    /// <summary>
    /// The limit of one answer. etcd takes objects up to 1.5 MiB, and kubectl's indentation makes a pod two or three
    /// times as long. The names of 50,000 pods and an agent's list of 10,000 blocks have some 2 MiB.
    /// </summary>
    public const int MaxAnswerLetters = 4 << 20;

    // The first lines name the cause. Some answers repeat a whole object after it.
    private const int MaxErrorLetters = 64 << 10;

    /// <summary>Runs kubectl to its end, and keeps what it prints.</summary>
    /// <exception cref="OperatorException">It printed more than any true answer has. kubectl was ended.</exception>
    public static async Task<KubectlAnswer> RunAsync(
        this IKubectl kubectl, IReadOnlyList<string> arguments, CancellationToken token)
    {
        using IKubectlCall call = kubectl.Start(arguments);
        using CancellationTokenRegistration kills = token.Register(call.Kill);
        using StreamReader output = new(call.Output);

        // A child process that outlives kubectl may keep the pipes open: after a signal nothing waits for them.
        Task<string> error = ReadErrorAsync(call.Error, call.Kill);
        StringBuilder text = new();
        char[] letters = new char[16 << 10];
        int count;
        while ((count = await output.ReadAsync(letters, CancellationToken.None).AsTask().WaitAsync(token)) > 0)
        {
            text.Append(letters, 0, count);
            if (text.Length > MaxAnswerLetters)
            {
                call.Kill();
                throw TooLong(arguments);
            }
        }

        return new(await call.EndAsync().WaitAsync(token), text.ToString(), await error.WaitAsync(token));
    }

    /// <summary>Reads standard error to its end, so that kubectl never waits for room in the pipe.</summary>
    /// <returns>The start of it. A kubectl whose errors don't end is ended.</returns>
    public static async Task<string> ReadErrorAsync(TextReader error, Action kill)
    {
        StringBuilder kept = new();
        char[] letters = new char[4096];
        long total = 0;
        int count;
        while ((count = await error.ReadAsync(letters)) > 0)
        {
            kept.Append(letters, 0, Math.Min(count, MaxErrorLetters - kept.Length));
            total += count;
            if (total > MaxAnswerLetters)
            {
                kill();
                break;
            }
        }

        return kept.ToString();
    }

    /// <exception cref="OperatorException">Always.</exception>
    public static OperatorException TooLong(IReadOnlyList<string> arguments) => new(
        ClientStatus.Failed,
        $"The answer to 'kubectl {Printable.Short(string.Join(' ', arguments), 100)}' is longer than 4 MiB.",
        arguments is ["get", "pods", ..]
            ? "match fewer pods with --selector, or name another namespace with -n"
            : "see what this command prints; no agent and no pod of a sound cluster answers so much");
}
