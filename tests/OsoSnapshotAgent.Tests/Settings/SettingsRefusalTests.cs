using OsoSnapshotAgent.Settings;
using OsoSnapshotAgent.Tests.Fixtures;
using OsoSnapshotCore;

namespace OsoSnapshotAgent.Tests.Settings;

public sealed class SettingsRefusalTests
{
    [Theory]
    [InlineData("OSO_PROMETHEUS_SERVICE_NAME", "http://prom", "a host name")]
    [InlineData("OSO_PROMETHEUS_SERVICE_NAME", "prom/x", "a host name")]
    [InlineData("OSO_PROMETHEUS_SERVICE_NAME", "prom?x=1", "a host name")]
    [InlineData("OSO_PROMETHEUS_SERVICE_NAME", "prom svr", "a host name")]
    [InlineData("OSO_PROMETHEUS_SERVICE_NAME", "prom:99999", "a host name")]
    [InlineData("OSO_PROMETHEUS_SERVICE_NAME", "a:b:c", "a host name")]
    [InlineData("CLUSTER_NAME_PREFIX", "a b", "the first segment")]
    [InlineData("CLUSTER_NAME_PREFIX", "../admin", "the first segment")]
    [InlineData("CLUSTER_NAME_PREFIX", "a//b", "the first segment")]
    [InlineData("CLUSTER_NAME_PREFIX", "/", "the first segment")]
    [InlineData("CLUSTER_NAME_PREFIX", "a?b", "the first segment")]
    [InlineData("CLUSTER_NAME_PREFIX", "%2e%2e", "the first segment")]
    [InlineData("REMOVE", "y", "yes, no, true or false")]
    [InlineData("REMOVE", "1", "yes, no, true or false")]
    [InlineData("REMOVE", "yes please", "yes, no, true or false")]
    [InlineData("OSO_SNAPSHOT_URL", "prom:9090", "a base URL")]
    [InlineData("OSO_SNAPSHOT_URL", "ftp://prom/", "a base URL")]
    [InlineData("OSO_SNAPSHOT_URL", "/prometheus", "a base URL")]
    [InlineData("OSO_SNAPSHOT_URL", "http://prom/?a=b", "a base URL")]
    [InlineData("OSO_SNAPSHOT_URL", "http://prom/#a", "a base URL")]
    [InlineData("OSO_SNAPSHOT_DATA_DIR", "data", "an absolute path")]
    [InlineData("OSO_SNAPSHOT_DATA_DIR", "/", "and not the root")]
    [InlineData("OSO_SNAPSHOT_DATA_DIR", "//", "and not the root")]
    [InlineData("OSO_SNAPSHOT_DATA_DIR", "/data/..//./", "and not the root")]
    [InlineData("OSO_SNAPSHOT_HOLD", "-1s", "a duration such as 90s")]
    [InlineData("OSO_SNAPSHOT_HOLD", "never", "or forever")]
    [InlineData("OSO_SNAPSHOT_SKIP_HEAD", "on", "yes, no, true or false")]
    [InlineData("OSO_SNAPSHOT_SINCE", "2025-08-20T16:00:00", "2025-08-20T16:00:00Z")]
    [InlineData("OSO_SNAPSHOT_SINCE", "2025-08-20", "2025-08-20T16:00:00Z")]
    [InlineData("OSO_SNAPSHOT_UNTIL", "yesterday", "2025-08-20T16:00:00Z")]
    [InlineData("OSO_SNAPSHOT_UNTIL", "1755705600", "2025-08-20T16:00:00Z")]
    [InlineData("OSO_SNAPSHOT_RESERVE", "120%", "a percentage of the volume")]
    [InlineData("OSO_SNAPSHOT_WORKERS", "0", "a number from 1 to 256")]
    [InlineData("OSO_SNAPSHOT_WORKERS", "257", "a number from 1 to 256")]
    [InlineData("OSO_SNAPSHOT_WORKERS", "two", "a number from 1 to 256")]
    [InlineData("OSO_SNAPSHOT_LEVEL", "0", "a number from 1 to 9")]
    [InlineData("OSO_SNAPSHOT_LEVEL", "10", "a number from 1 to 9")]
    [InlineData("OSO_SNAPSHOT_RATE_LIMIT", "0", "at least 1MiB")]
    [InlineData("OSO_SNAPSHOT_RATE_LIMIT", "fast", "at least 1MiB")]
    [InlineData("OSO_SNAPSHOT_PACE", "slow", "polite or full")]
    [InlineData("OSO_SNAPSHOT_TIMEOUT", "0", "a duration such as 90s")]
    [InlineData("OSO_SNAPSHOT_TIMEOUT", "3600", "a duration such as 90s")]
    [InlineData("OSO_SNAPSHOT_CA_FILE", "ca.pem", "the absolute path of a file")]
    [InlineData("OSO_SNAPSHOT_CA_FILE", "//", "the absolute path of a file")]
    [InlineData("OSO_SNAPSHOT_BEARER_TOKEN_FILE", "/", "the absolute path of a file")]
    [InlineData("OSO_SNAPSHOT_CLIENT", "-x", "the name of a container")]
    [InlineData("OSO_SNAPSHOT_CLIENT", "x-", "the name of a container")]
    [InlineData("OSO_SNAPSHOT_CLIENT", "Debugger", "the name of a container")]
    [InlineData("OSO_SNAPSHOT_CLIENT", "a b", "the name of a container")]
    [InlineData("OSO_SNAPSHOT_CLIENT", "a-name-of-64-letters-is-longer-than-any-that-kubernetes-allows-x", "the name")]
    [InlineData("OSO_SNAPSHOT_INSECURE", "maybe", "yes, no, true or false")]
    public void Names_the_variable_its_value_and_its_rule(string name, string value, string rule)
    {
        OperatorException refusal = Refusal((name, value));

        Expect.Failure(refusal, ExitStatus.Settings, $"{name}='{value}': must be ", "Correct the variables");
        Assert.Contains(rule, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_the_problem_of_a_variable_that_is_read_alone()
    {
        Dictionary<string, string> wrong = new()
        {
            ["OSO_SNAPSHOT_ASCII"] = "maybe",
            ["OSO_SNAPSHOT_DATA_DIR"] = "data",
        };

        OperatorException ascii = Assert.ThrowsAny<OperatorException>(() => SettingsReader.ReadAscii(wrong));
        OperatorException directory = Assert.ThrowsAny<OperatorException>(() => SettingsReader.ReadDataDirectory(wrong));

        Expect.Failure(ascii, ExitStatus.Settings, "OSO_SNAPSHOT_ASCII='maybe': must be yes, no", "Correct");
        Expect.Failure(directory, ExitStatus.Settings, "OSO_SNAPSHOT_DATA_DIR='data': must be an abs", "Correct");
    }

    [Fact]
    public void Reports_all_problems_at_once()
    {
        OperatorException refusal = Refusal(
            ("REMOVE", "maybe"), ("OSO_SNAPSHOT_HOLD", "long"), ("OSO_SNAPSHOT_LEVEL", "11"), ("OSO_SNAPSHOT_USERNAME", "admin"));

        Assert.Equal(
            ["REMOVE='maybe'", "OSO_SNAPSHOT_HOLD='long'", "OSO_SNAPSHOT_LEVEL='11'", "OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_PASSWORD_FILE go together"],
            refusal.Message.Split('\n').Select(line => line.Split(':')[0]));
    }

    [Fact]
    public void Refuses_a_range_that_ends_before_it_starts() =>
        Expect.Failure(
            Refusal(("OSO_SNAPSHOT_SINCE", "1h"), ("OSO_SNAPSHOT_UNTIL", "2h")),
            ExitStatus.Settings, "OSO_SNAPSHOT_SINCE (2025-08-20 15:51:01Z) must lie before OSO_SNAPSHOT_UNTIL (2025-08-20 14:51:01Z)", "Nothing was touched");

    [Fact]
    public void Refuses_a_password_without_a_user() =>
        Expect.Failure(Refusal(("OSO_SNAPSHOT_PASSWORD_FILE", "/p")), ExitStatus.Settings, "go together", "Correct");

    [Theory]
    [InlineData("admin:hunter2")]
    [InlineData("admin\thunter2")]
    public void Refuses_a_user_name_that_the_header_can_not_carry_and_does_not_print_it(string user)
    {
        OperatorException refusal = Refusal(("OSO_SNAPSHOT_USERNAME", user), ("OSO_SNAPSHOT_PASSWORD_FILE", "/p"));

        Expect.Failure(
            refusal,
            ExitStatus.Settings,
            "OSO_SNAPSHOT_USERNAME must hold neither ':' nor a control character (RFC 7617)",
            "Correct");
        Assert.DoesNotContain("hunter", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_two_ways_to_log_in() =>
        Expect.Failure(
            Refusal(("OSO_SNAPSHOT_USERNAME", "u"), ("OSO_SNAPSHOT_PASSWORD_FILE", "/p"), ("OSO_SNAPSHOT_BEARER_TOKEN_FILE", "/t")),
            ExitStatus.Settings, "OSO_SNAPSHOT_USERNAME and OSO_SNAPSHOT_BEARER_TOKEN_FILE exclude each other", "Correct");

    [Fact]
    public void Refuses_an_authority_for_a_connection_that_trusts_anybody() =>
        Expect.Failure(
            Refusal(("OSO_SNAPSHOT_CA_FILE", "/ca"), ("OSO_SNAPSHOT_INSECURE", "yes")),
            ExitStatus.Settings, "OSO_SNAPSHOT_CA_FILE and OSO_SNAPSHOT_INSECURE exclude each other", "Correct");

    [Theory]
    [InlineData("OSO_SNAPSHOT_URL", "http://admin:hunter2@prom/", "'http://***@prom/'")]
    [InlineData("OSO_SNAPSHOT_URL", "https://admin:hunter@2@prom/", "'https://***@prom/'")]
    [InlineData("OSO_SNAPSHOT_URL", "admin:hunter2@prom:9090", "'***@prom:9090'")]
    [InlineData("OSO_PROMETHEUS_SERVICE_NAME", "admin:hunter2@prom", "'***@prom'")]
    public void Prints_no_password(string name, string value, string shown)
    {
        OperatorException refusal = Refusal((name, value));

        Assert.Contains(shown, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", refusal.Message, StringComparison.Ordinal);
    }

    private static OperatorException Refusal(params (string Name, string Value)[] variables) => Assert.ThrowsAny<OperatorException>(
        () => SettingsReader.Read(variables.ToDictionary(variable => variable.Name, variable => variable.Value), new ManualTime()));
}
