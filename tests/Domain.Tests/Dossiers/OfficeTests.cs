using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class OfficeTests
{
    [Theory]
    [InlineData("focal-point@datip", Role.FocalPoint, "datip")]
    [InlineData("central-authority@moj", Role.CentralAuthority, "moj")]
    [InlineData("prosecutor@a", Role.Prosecutor, "a")]
    [InlineData("investigator@unit-7", Role.Investigator, "unit-7")]
    [InlineData("case-worker@shelter2", Role.CaseWorker, "shelter2")]
    [InlineData("statistician@nso", Role.Statistician, "nso")]
    [InlineData("approver@datip", Role.Approver, "datip")]
    [InlineData("auditor@datip", Role.Auditor, "datip")]
    [InlineData("administrator@abcdefghijklmnopqrstuvwxyz-01234", Role.Administrator, "abcdefghijklmnopqrstuvwxyz-01234")]
    public void An_office_reads_as_its_role_and_unit_and_writes_the_same(string text, Role role, string unit)
    {
        Office.TryParse(text, out var office).ShouldBeTrue();
        (office.Role, office.Unit).ShouldBe((role, unit));
        office.ToString().ShouldBe(text);
        Office.TryCreate(role, unit, out var created).ShouldBeTrue();
        created.ShouldBe(office);
    }

    [Fact]
    public void Every_role_has_a_name_of_its_own()
    {
        var names = Enum.GetValues<Role>().Select(role => Office.TryCreate(role, "unit", out var office) ? office.ToString() : "").ToList();

        names.ShouldBeUnique();
        foreach (var name in names)
            Office.TryParse(name, out _).ShouldBeTrue(name);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("datip")]
    [InlineData("@datip")]
    [InlineData("focal-point@")]
    [InlineData("focal-point")]
    [InlineData("focal-point@datip@th")]
    [InlineData("FocalPoint@datip")]
    [InlineData("1@datip")]
    [InlineData("minister@datip")]
    [InlineData(" focal-point@datip")]
    [InlineData("focal-point@Datip")]
    [InlineData("focal-point@7unit")]
    [InlineData("focal-point@-unit")]
    [InlineData("focal-point@unit 7")]
    [InlineData("focal-point@unit_7")]
    [InlineData("focal-point@ดูแล")]
    [InlineData("focal-point@ａ")]
    [InlineData("focal-point@abcdefghijklmnopqrstuvwxyz-012345")]
    public void Nothing_else_is_an_office(string? text)
    {
        Office.TryParse(text, out var office).ShouldBeFalse();
        office.ShouldBeNull();
    }
}
