using Coordination.CountryNode.Accounts;

namespace Coordination.CountryNode.Tests.Accounts;

public sealed class AppCodeTests
{
    /// <summary>The key of RFC 6238, appendix B, "12345678901234567890", as an app is told it.</summary>
    const string Key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void A_code_of_an_app_is_that_of_RFC_6238(long seconds, string code) =>
        AppCode.Of(Key, AppCode.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds))).ShouldBe(code);
}
