using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class NodeIdTests
{
    public static TheoryData<string> Codes => ["CN", "KH", "LA", "MM", "SEC", "TH", "VN"];

    [Theory, MemberData(nameof(Codes))]
    public void A_code_reads_as_a_node_and_writes_as_the_code(string code)
    {
        NodeId.TryParse(code, out var node).ShouldBeTrue();
        node.ToString().ShouldBe(code);
        node.ShouldBe(NodeId.Parse(code));
        node.IsCountry.ShouldBe(code is not "SEC");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("th")]
    [InlineData("Th")]
    [InlineData(" TH")]
    [InlineData("TH ")]
    [InlineData("THA")]
    [InlineData("T")]
    [InlineData("US")]
    [InlineData("sec")]
    public void Nothing_else_is_a_node(string? text)
    {
        NodeId.TryParse(text, out var node).ShouldBeFalse();
        node.ShouldBe(default);
        node.IsCountry.ShouldBeFalse();
        Should.Throw<FormatException>(() => NodeId.Parse(text!));
    }

    [Fact]
    public void Nodes_have_one_order() =>
        Codes.Select(code => NodeId.Parse(code.Data)).Reverse().Order().Select(node => node.ToString()).ShouldBe(["CN", "KH", "LA", "MM", "SEC", "TH", "VN"]);

    [Fact]
    public void A_node_that_was_never_read_has_no_code() =>
        Should.Throw<InvalidOperationException>(() => default(NodeId).ToString());
}
