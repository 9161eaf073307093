namespace Coordination.Interop.Referrals;

/// <summary>coord account: an administrator's people, as a script and a person use it.</summary>
public sealed class CoordAccountTests(TwoCountries countries)
{
    const int Limit = 120_000;

    readonly Coord _coord = new(countries.Region);

    [Fact(Timeout = Limit)]
    public async Task A_person_is_invited_given_an_office_listed_and_loses_it()
    {
        var (code, printed, said) = await RunAsync("invite", "invented-clerk");
        code.ShouldBe(0, said);
        printed.ShouldContain("/invitation/");
        printed.ShouldContain("it counts once, for three days");
        var until = TimeProvider.System.GetUtcNow().AddDays(60).ToString("yyyy-MM-dd");
        var granted = await _coord.JsonAsync("account", "grant", "invented-clerk", "focal-point@datip", "--until", until, "--office", "administrator");
        granted.GetProperty("inForce").GetBoolean().ShouldBeTrue();
        var id = granted.GetProperty("grantId").GetString()!;
        // The same again is the same.
        (await _coord.JsonAsync("account", "grant", "invented-clerk", "focal-point@datip", "--until", until, "--office", "administrator")).GetProperty("grantId").GetString().ShouldBe(id);

        (_, printed, _) = await RunAsync("list");
        printed.ShouldContain("invented-clerk");
        printed.ShouldContain("invited, has not come yet");
        printed.ShouldContain($"until {until}; grant {id}");
        (await RunAsync("end-grant", id)).Printed.ShouldContain("The grant has ended");
        (await RunAsync("end-grant", id)).Code.ShouldBe(0);
        (await RunAsync("list")).Printed.ShouldContain($"until {until}, ended; grant {id}");
        var listed = await _coord.JsonAsync("account", "list", "--office", "administrator");
        listed.GetProperty("people").EnumerateArray().Single(person => person.GetProperty("name").GetString() == "invented-clerk").GetProperty("grants")[0].GetProperty("ended").GetBoolean().ShouldBeTrue();
    }

    [Theory(Timeout = Limit)]
    [InlineData("account list", "PermissionDenied OFFICE_NOT_ALLOWED")]
    [InlineData("account invite x --office administrator", "InvalidArgument FIELD_INVALID: name is no name to sign in by")]
    [InlineData("account grant nobody-of-this-name focal-point@datip --until 2026-01-01 --office administrator", "InvalidArgument FIELD_INVALID: --until lies before the first day")]
    [InlineData("account grant nobody-of-this-name focal-point --office administrator", "focal-point is no office: role@unit is expected")]
    [InlineData("account grant nobody-of-this-name focal-point@elsewhere --until 2026-01-01 --office administrator", "office is no office of this node")]
    [InlineData("account end-grant first --office administrator", "InvalidArgument FIELD_INVALID")]
    [InlineData("account end-grant 999999 --office administrator", "NotFound GRANT_NOT_FOUND")]
    public async Task A_command_that_cannot_be_done_says_why(string line, string says)
    {
        var (code, printed, said) = await _coord.RunAsync(line.Split(' '));
        (code is 1 or 2).ShouldBeTrue();
        printed.ShouldBe("");
        said.ShouldContain(says);
    }

    Task<(int Code, string Printed, string Said)> RunAsync(params string[] line) => _coord.RunAsync(["account", .. line, "--office", "administrator"]);
}
