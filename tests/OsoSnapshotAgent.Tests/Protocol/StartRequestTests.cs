using System.Text;
using System.Text.Json;
using OsoSnapshotCore.Protocol;

namespace OsoSnapshotAgent.Tests.Protocol;

public sealed class StartRequestTests
{
    [Fact]
    public void A_request_comes_back_as_it_was_written()
    {
        StartRequest request = new()
        {
            Run = "run-1",
            Kind = RunKinds.Blocks,
            Settings = new Dictionary<string, string> { ["OSO_SNAPSHOT_HOLD"] = "1h" },
        };

        StartRequest? read = StartRequest.TryParse(JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.StartRequest));

        Assert.Equivalent(request, read, strict: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"run":"a"}""")]
    [InlineData("""{"run":null,"kind":"archive"}""")]
    [InlineData("""{"run":"","kind":"archive"}""")]
    [InlineData("""{"run":"A","kind":"archive"}""")]
    [InlineData("""{"run":"a b","kind":"archive"}""")]
    [InlineData("""{"run":"-a","kind":"archive"}""")]
    [InlineData("""{"run":"a","kind":"Archive"}""")]
    [InlineData("""{"run":"a","kind":null}""")]
    [InlineData("""{"run":"a","kind":"archive","settings":[]}""")]
    [InlineData("""{"run":"a","kind":"archive","settings":{"":"x"}}""")]
    [InlineData("""{"run":"a","kind":"archive","settings":{"A":null}}""")]
    [InlineData("""{"run":"a","kind":"archive","settings":{"A=B":"x"}}""")]
    [InlineData("""{"run":"a","kind":"archive","settings":{"A":"\u0000"}}""")]
    [InlineData("""{"run":"a","kind":"archive"} {}""")]
    public void What_no_run_can_be_made_of_is_no_request(string json) => Assert.Null(StartRequest.TryParse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void The_settings_may_be_left_out() => Assert.Empty(
        StartRequest.TryParse("""{"run":"a","kind":"archive","settings":null}"""u8)!.Settings);
}
