using System.Diagnostics;
using System.Text.Json;
using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>coord as a person and as a script use it: the program itself, its output and its exit codes.</summary>
public sealed class CoordTests(TwoCountries countries)
{
    [Fact(Timeout = 120_000)]
    public async Task A_referral_is_opened_acknowledged_taken_up_and_shown()
    {
        var id = await OpenAsync();
        await UntilAsync("LA", id, "Sent");
        State(await JsonAsync("referral", "acknowledge", id, "--node", "LA")).ShouldBe("Received");
        State(await JsonAsync("referral", "take-up", id, "--node", "LA")).ShouldBe("TakenUp");
        await UntilAsync("TH", id, "TakenUp");

        var (code, shown, _) = await CoordAsync("dossier", "show", id);
        code.ShouldBe(0);
        foreach (var word in (string[])["Opened", "TakenUp", "Applied"]) shown.ShouldContain(word);
        var history = await JsonAsync("dossier", "show", id);
        history.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("statement").GetString()).ShouldBe(["Opened", "Acknowledged", "TakenUp"]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_referral_is_declined_with_a_reason()
    {
        var id = await OpenAsync();
        await UntilAsync("LA", id, "Sent");
        State(await JsonAsync("referral", "decline", id, "--node", "LA", "--reason", "NotOurNational")).ShouldBe("Declined");
        await UntilAsync("TH", id, "Declined");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_referral_is_called_off_and_consent_withdrawn()
    {
        var id = await OpenAsync();
        State(await JsonAsync("referral", "cancel", id)).ShouldBe("Cancelled");
        State(await JsonAsync("referral", "withdraw-consent", id, "--office", "case-worker")).ShouldBe("Withdrawn");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_refusal_ends_with_1_and_says_what_to_do()
    {
        var id = await OpenAsync();
        var (code, printed, said) = await CoordAsync("referral", "acknowledge", id);
        (code, printed).ShouldBe((1, ""));
        said.ShouldBe("PermissionDenied WRONG_PARTICIPANT: Acknowledged is for LA to write.\n");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("64 hexadecimal digits", "referral show not-an-id")]
    [InlineData("no node ZZ", "referral show 00 --node ZZ")]
    [InlineData("no office minister", "referral show 00 --office minister")]
    [InlineData("does not exist", "referral show 00 --region /does/not/exist")]
    [InlineData("--reply-by", "referral open --to LA --type Repatriation")]
    [InlineData("Holiday", "referral open --to LA --type Holiday --reply-by 2099-12-31")]
    [InlineData("burn", "referral burn")]
    public async Task A_command_line_that_is_wrong_ends_with_2(string says, string line)
    {
        var (code, printed, said) = await CoordAsync(line.Split(' '));
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain(says);
        said.ShouldNotContain("   at ");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_node_that_cannot_be_reached_ends_with_3_and_names_the_command_id()
    {
        var token = Path.GetTempFileName();
        try
        {
            var (code, _, said) = await CoordAsync(
                "referral", "cancel", new string('0', 64), "--address", "https://127.0.0.1:1", "--token-file", token, "--command-id", "0123456789abcdef");
            code.ShouldBe(3);
            said.ShouldContain("--command-id 0123456789abcdef");
        }
        finally
        {
            File.Delete(token);
        }
    }

    async Task<string> OpenAsync() =>
        (await JsonAsync("referral", "open", "--to", "LA", "--type", "Repatriation", "--reply-by", "2099-12-31", "--purpose", "Return", "--consent-until", "2099-12-31"))
            .GetProperty("dossierId").GetString()!;

    async Task UntilAsync(string node, string id, string state) =>
        (await Poll.UntilAsync(async () =>
        {
            var (code, printed, _) = await CoordAsync("referral", "show", id, "--node", node, "--json");
            return code == 0 && State(JsonDocument.Parse(printed).RootElement) == state;
        }, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue();

    async Task<JsonElement> JsonAsync(params string[] line)
    {
        var (code, printed, said) = await CoordAsync([.. line, "--json"]);
        code.ShouldBe(0, said);
        return JsonDocument.Parse(printed).RootElement;
    }

    static string State(JsonElement referral) => referral.GetProperty("state").GetString()!;

    async Task<(int Code, string Printed, string Said)> CoordAsync(params string[] line)
    {
        var token = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["COORD_REGION"] = countries.Region.RegionFile;
        start.ArgumentList.Add(Path.Combine(Path.GetDirectoryName(Checkout.CountryNode)!.Replace("CountryNode", "Cli", StringComparison.Ordinal), "coord.dll"));
        foreach (var word in line) start.ArgumentList.Add(word);
        using var coord = Process.Start(start)!;
        try
        {
            var (printed, said) = (coord.StandardOutput.ReadToEndAsync(token), coord.StandardError.ReadToEndAsync(token));
            await coord.WaitForExitAsync(token);
            return (coord.ExitCode, await printed, await said);
        }
        finally
        {
            if (!coord.HasExited) coord.Kill();
        }
    }
}
