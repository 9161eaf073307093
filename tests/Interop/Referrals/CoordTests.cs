using System.Diagnostics;
using System.Text.Json;
using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>coord as a person and as a script use it: the program itself, its output and its exit codes.</summary>
public sealed class CoordTests(TwoCountries countries)
{
    const string Open = "referral open --to LA --reply-by 2099-12-31 --minority Adult --basis Consent";

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
    [InlineData("--reply-by", "referral open --to LA --type Repatriation --minority Adult --basis Consent")]
    [InlineData("--minority", "referral open --to LA --type Repatriation --reply-by 2099-12-31 --basis Consent")]
    [InlineData("--basis", "referral open --to LA --type Repatriation --reply-by 2099-12-31 --minority Adult")]
    [InlineData("Holiday is no code for --type: choose among", $"{Open} --type Holiday")]
    [InlineData("Unspecified is no code for --minority: choose among Adult, Minor, Disputed.", "referral open --to LA --type Repatriation --reply-by 2099-12-31 --basis Consent --minority Unspecified")]
    [InlineData("unspecified is no code for --urgency: choose among Routine, Urgent", $"{Open} --type Repatriation --urgency unspecified")]
    [InlineData("0 is no code for --urgency", $"{Open} --type Repatriation --urgency 0")]
    [InlineData("Unspecified is no code for --purpose: choose among Return, ", $"{Open} --type Repatriation --consent-until 2099-12-31 --purpose Return --purpose Unspecified")]
    [InlineData("Unspecified is no code for --purpose: choose among Return, ", "referral withdraw-consent 00 --purpose Unspecified")]
    [InlineData("Unspecified is no code for --reason: choose among NotOurNational, ", "referral decline 00 --reason Unspecified")]
    [InlineData("--purpose needs --consent-until", $"{Open} --type Repatriation --purpose Return")]
    [InlineData("--recipient needs --consent-until", $"{Open} --type Repatriation --recipient LA")]
    [InlineData("--consent-until needs --purpose", $"{Open} --type Repatriation --consent-until 2099-12-31 --recipient LA")]
    [InlineData("burn", "referral burn")]
    public async Task A_command_line_that_is_wrong_ends_with_2(string says, string line)
    {
        var (code, printed, said) = await CoordAsync(line.Split(' '));
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain(says);
        said.ShouldNotContain("   at ");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("one\ntwo\n")]
    [InlineData("one\ttwo")]
    [InlineData("one\u0001two")]
    [InlineData("schlüssel")]
    public async Task A_file_without_a_token_ends_with_2(string content)
    {
        var (code, printed, said) = await CallAsync(token: content, "--ca", countries.Region.AuthoritiesFile);
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain("holds no bearer token");
        said.ShouldNotContain("   at ");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("")]
    [InlineData("not a certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task A_file_without_a_certificate_ends_with_2(string content)
    {
        using var folder = new Folder();
        var (code, printed, said) = await CallAsync(token: "token\n", "--ca", folder.Write("ca.pem", content));
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain("ca.pem holds no PEM certificate");
        said.ShouldNotContain("   at ");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_tokens_last_line_end_is_not_part_of_it()
    {
        var thailand = countries.Region["TH"];
        var token = thailand.Tokens.First(office => office.Key.StartsWith("focal-point@", StringComparison.Ordinal)).Value;
        var (code, _, said) = await CallAsync(token + "\r\n", "--ca", countries.Region.AuthoritiesFile);
        code.ShouldBe(1);
        said.ShouldStartWith("NotFound ");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_node_that_cannot_be_reached_ends_with_3_and_names_the_command_id()
    {
        using var folder = new Folder();
        var (code, _, said) = await CoordAsync(
            "referral", "cancel", new string('0', 64), "--address", "https://127.0.0.1:1", "--token-file", folder.Write("token", "token"), "--command-id", "0123456789abcdef");
        code.ShouldBe(3);
        said.ShouldContain("--command-id 0123456789abcdef");
    }

    /// <summary>Asks Thailand's node for a referral that it does not have, with this token.</summary>
    async Task<(int Code, string Printed, string Said)> CallAsync(string token, params string[] options)
    {
        using var folder = new Folder();
        return await CoordAsync(
            ["referral", "show", new string('0', 64), "--address", countries.Region["TH"].ApiAddress, "--token-file", folder.Write("token", token), .. options]);
    }

    async Task<string> OpenAsync() =>
        (await JsonAsync("referral", "open", "--to", "LA", "--type", "Repatriation", "--reply-by", "2099-12-31", "--minority", "Adult", "--basis", "Consent", "--purpose", "Return", "--consent-until", "2099-12-31"))
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

    /// <summary>Files of one test.</summary>
    sealed class Folder : IDisposable
    {
        readonly string _path = Directory.CreateTempSubdirectory("coord-").FullName;

        public string Write(string name, string content)
        {
            var file = Path.Combine(_path, name);
            File.WriteAllText(file, content);
            return file;
        }

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
