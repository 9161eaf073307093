using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class PlaceCodeTests
{
    [Theory]
    [InlineData("LA-VTE")]
    [InlineData("LA-VTE-FB1")]
    [InlineData("TH-1")]
    [InlineData("MM-ABC-123")]
    public void A_checkpoint_reads_as_its_code_and_writes_the_same(string code)
    {
        PlaceCode.TryParse(code, out var place).ShouldBeTrue();
        place.ToString().ShouldBe(code);
        PlaceCode.TryParse(code, out var same).ShouldBeTrue();
        same.ShouldBe(place);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("LA")]
    [InlineData("LA-")]
    [InlineData("-VTE")]
    [InlineData("LA-VTE-FB1-2")]
    [InlineData("LA-VTE-")]
    [InlineData("LA-vte")]
    [InlineData("LA-VTE FB1")]
    [InlineData("LA VTE")]
    [InlineData("LA-ABCD")]
    [InlineData("SEC-VTE")]
    [InlineData("US-NYC")]
    [InlineData("LA-ວຽງຈັນ")]
    [InlineData("12 Main Street")]
    public void Nothing_else_is_a_place(string? text)
    {
        PlaceCode.TryParse(text, out var place).ShouldBeFalse();
        place.ShouldBeNull();
    }
}
