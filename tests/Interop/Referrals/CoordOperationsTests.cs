using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>Whoever looks after a node, and whoever leaves an office, at a terminal.</summary>
public sealed class CoordOperationsTests(TwoCountries countries)
{
    const int Limit = 180_000;

    [Fact(Timeout = Limit)]
    public async Task Operations_are_shown_and_a_country_that_is_away_is_named()
    {
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = countries.Region.Postgres, Down = ["LA"] }, TestContext.Current.CancellationToken);
        var coord = new Coord(region);
        var id = await coord.OpenAsync();
        var printed = "";
        (await Poll.UntilAsync(async () => (printed = (await coord.RunAsync("operations", "show", "--office", "administrator")).Printed).Contains("gives no answer since", StringComparison.Ordinal), TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue(printed);
        printed.ShouldContain("dossiers that wait for it: 1, the oldest since");
        printed.ShouldContain("trust list");
        (await coord.JsonAsync("operations", "show", "--office", "administrator")).GetProperty("peers")[0].GetProperty("node").GetString().ShouldBe("LA");
        (await coord.RunAsync("operations", "resend", id, "--office", "administrator")).Printed.ShouldContain("It is being offered");
    }

    [Fact(Timeout = Limit)]
    public async Task A_note_is_left_in_an_office_shown_and_taken_over()
    {
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = countries.Region.Postgres }, TestContext.Current.CancellationToken);
        var coord = new Coord(region);
        (await coord.RunAsync("transfer", "show")).Printed.ShouldContain("Nothing lies in it.");
        (await coord.RunAsync("transfer", "take-over")).Said.ShouldContain("Nothing lies in the office to take over.");
        var id = await coord.OpenAsync();
        (await coord.RunAsync("transfer", "leave", "--note", "The shelter telephones on Mondays.")).Printed.ShouldContain($"{id[..16]} with LA: Repatriation");
        (await coord.RunAsync("transfer", "take-over")).Printed.ShouldContain("Taken over");
        var (_, printed, _) = await coord.RunAsync("transfer", "show");
        printed.ShouldContain("The shelter telephones on Mondays.");
        printed.ShouldNotContain("not yet");
    }

    [Theory(Timeout = Limit)]
    [InlineData("operations show", "PermissionDenied OFFICE_NOT_ALLOWED")]
    [InlineData("operations resend 12 --office administrator", "all 64 hexadecimal digits")]
    [InlineData("operations resend 0000000000000000000000000000000000000000000000000000000000000000 --office administrator", "NotFound NOTHING_WAITS")]
    [InlineData("operations discard 999999 --reason Mended --office administrator", "NotFound NOT_TURNED_AWAY")]
    [InlineData("operations discard 999999 --office administrator", "InvalidArgument FIELD_INVALID")]
    [InlineData("operations discard 999999 --reason Curiosity --office administrator", "This is no code for --reason")]
    [InlineData("transfer show --office auditor", "PermissionDenied OFFICE_NOT_ALLOWED")]
    public async Task A_command_that_cannot_be_done_says_why(string line, string says)
    {
        var (code, printed, said) = await new Coord(countries.Region).RunAsync(line.Split(' '));
        (code is 1 or 2).ShouldBeTrue();
        printed.ShouldBe("");
        said.ShouldContain(says);
    }
}
