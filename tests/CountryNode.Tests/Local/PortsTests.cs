using Coordination.Local;

namespace Coordination.CountryNode.Tests.Local;

public sealed class PortsTests
{
    [Fact]
    public void A_port_that_one_run_holds_is_not_anothers_even_while_nobody_listens()
    {
        using var one = new Ports();
        using var other = new Ports();

        var port = one.Take();

        Should.Throw<LocalException>(() => other.Take(port)).Message.ShouldContain("is taken");
        one.Dispose();
        other.Take(port).ShouldBe(port);
    }
}
