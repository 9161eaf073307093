using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Evidence;
using Npgsql;

namespace Coordination.Interop.Referrals;

/// <summary>The case file and its access log from a terminal.</summary>
public sealed class CoordCaseFileTests(TwoCountries countries)
{
    const int Limit = 120_000;

    readonly Coord _coord = new(countries.Region);

    [Fact(Timeout = Limit)]
    public async Task A_case_file_goes_from_a_file_to_the_other_country_and_who_opened_it_is_shown_far_from_any_node()
    {
        using var folder = new Folder();
        var id = await TakenUpAsync();
        var file = folder.Write("file.json", """{ "names": [{ "name": "Somebody Invented", "script": "Latn" }], "originAddress": "A village that is on no map", "family": [{ "name": "Nobody", "relation": "mother", "mustNotKnow": true }, { "name": "Noone" }], "health": "Nothing." }""");
        await _coord.JsonAsync("referral", "release-case-file", id, "--case-file", file);

        string[] open = ["referral", "open-case-file", id, "--node", "LA", "--reason", "Assessment"];
        (int Code, string Printed, string Said) opened;
        while ((opened = await _coord.RunAsync(open)) is { Code: 1, Said: var notYet }) notYet.ShouldStartWith("NotFound CASE_FILE_");
        opened.Code.ShouldBe(0, opened.Said);
        foreach (var line in (string[])["Names +│ name Somebody Invented, script Latn ", "Family +│ name Nobody, relation mother, must not know ", "│ +│ name Noone "]) opened.Printed.ShouldMatch(line);
        opened.Printed.ShouldContain("A village that is on no map");
        opened.Printed.ShouldNotContain("Nothing.");

        var log = folder["access.log"];
        await _coord.JsonAsync("audit", "export", "--node", "LA", "--office", "auditor", "-o", log);
        var (code, printed, said) = await _coord.RunAsync("audit", "verify", log, "--region", "/does/not/exist");
        code.ShouldBe(0, said);
        printed.ShouldMatch($"(?m)^\\d+  20..-..-.. ..:.. UTC  focal-point@ahtd, .+: opened the case file of dossier {id[..16]}, released by entry [0-9a-f]{{16}}, for assessment$");
        printed.ShouldMatch("(?m)^\\d+  20..-..-.. ..:.. UTC  auditor@.+: read this log$");

        (code, _, said) = await _coord.RunAsync("audit", "verify", log, "--root", countries.Region["LA"].Keys.TrustRoot);
        (code, said.StartsWith("Countersigned, as it stands, by ", StringComparison.Ordinal) || said.StartsWith("No other country has countersigned this log as it stands", StringComparison.Ordinal)).ShouldBe((0, true), said);

        // One byte of one row.
        var lines = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        var row = JsonNode.Parse(lines[0])!.AsObject();
        var bytes = Convert.FromBase64String(row["row"]!.GetValue<string>());
        bytes[^1] ^= 1;
        row["row"] = Convert.ToBase64String(bytes);
        folder.Write("access.log", string.Join('\n', (string[])[row.ToJsonString(), .. lines[1..]]));
        (await _coord.RunAsync("audit", "verify", log)).ShouldBe((4, "", "Row 1 was changed, or one before it with its hash: it has another hash than the one that was kept with it.\n"));
        (code, _, said) = await _coord.RunAsync("audit", "verify", folder.Write("none", "nothing"));
        (code, said).ShouldBe((2, $"{folder["none"]}, line 1, is no row of an access log.\n"));
    }

    [Fact(Timeout = Limit)]
    public async Task An_auditor_acknowledges_that_rows_were_lost_and_whoever_verifies_the_log_is_told()
    {
        using var folder = new Folder();
        var root = countries.Region["TH"].Keys.TrustRoot;
        await _coord.JsonAsync("audit", "export", "--office", "auditor", "-o", folder["before.log"]);
        var first = JsonNode.Parse((await File.ReadAllLinesAsync(folder["before.log"], TestContext.Current.CancellationToken))[0])!["hash"]!.GetValue<string>();
        await CountersignAsync(Convert.FromBase64String(first));
        // What Lao PDR countersigned before the database of Thailand was set back.
        await CountersignAsync(SHA256.HashData("a head that is lost"u8));
        await _coord.JsonAsync("audit", "export", "--office", "auditor", "-o", folder["broken.log"]);
        (await _coord.RunAsync("audit", "verify", folder["broken.log"], "--root", root)).ShouldBe((4, "", "LA countersigned another row 1, on 1970-01-01: that row, or one before it, was written anew since.\n"));

        var (code, printed, said) = await _coord.RunAsync("audit", "acknowledge-break", "--office", "auditor");
        code.ShouldBe(0, said);
        printed.ShouldMatch("Does not fit +│ what LA countersigned up to row 1 ");
        (await _coord.RunAsync("audit", "acknowledge-break", "--office", "auditor")).Said.ShouldContain("LOG_FITS");
        await _coord.JsonAsync("audit", "export", "--office", "auditor", "-o", folder["after.log"]);
        (code, printed, said) = await _coord.RunAsync("audit", "verify", folder["after.log"], "--root", root);
        code.ShouldBe(0, said);
        printed.ShouldMatch("(?m)^\\d+  20..-..-.. ..:.. UTC  auditor@.+: acknowledged that the log does not fit what LA countersigned up to row 1$");
        said.ShouldMatch("^Row \\d+ acknowledges a break: rows that were countersigned before it are lost or were written anew, and this log does not show them.\nCountersigned, as it stands, by LA up to row \\d+");

        async Task CountersignAsync(byte[] head)
        {
            var signed = AccessChain.Sign(Pen.Of(NodeId.Parse("LA"), countries.Region["LA"].Keys), NodeId.Parse("TH"), 1, head, inPlaceOf: null, DateTimeOffset.UnixEpoch);
            await using var database = NpgsqlDataSource.Create(countries.Region["TH"].DatabaseConnectionString);
            await using var kept = database.CreateCommand("insert into log_witness (node, witness, number, head, at, bytes, signature, key_id) values ('TH', 'LA', 1, $1, now(), $2, $3, $4) on conflict do nothing");
            foreach (var value in (object[])[head, signed.Witness.ToByteArray(), signed.Signature.ToByteArray(), signed.KeyId]) kept.Parameters.Add(new() { Value = value });
            await kept.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_attachment_goes_from_a_file_to_a_file_of_the_other_country_as_it_was()
    {
        using var folder = new Folder();
        var id = await TakenUpAsync();
        var paper = folder.Write("paper.txt", $"%PDF-{string.Concat(Enumerable.Repeat("Nobody was here. ", 40_000))}");
        var added = await _coord.JsonAsync("referral", "attach", id, paper);
        var attachment = added.GetProperty("attachmentId").GetString()!;
        added.GetProperty("type").GetString().ShouldBe("application/pdf");
        await _coord.JsonAsync("referral", "release-case-file", id, "--case-file", folder.Write("file.json", $$"""{ "attachments": [{ "attachmentId": "{{attachment}}", "name": "A paper" }] }"""));

        string[] open = ["referral", "open-attachment", id, "--attachment-id", attachment, "--node", "LA", "--reason", "Care", "-o", folder["copy"]];
        (int Code, string Printed, string Said) opened;
        while ((opened = await _coord.RunAsync(open)) is { Code: 1, Said: var notYet }) notYet.ShouldMatch("^NotFound (CASE_FILE|ATTACHMENT)_");
        opened.Code.ShouldBe(0, opened.Said);
        (await File.ReadAllBytesAsync(folder["copy"], TestContext.Current.CancellationToken)).ShouldBe(await File.ReadAllBytesAsync(paper, TestContext.Current.CancellationToken));
        File.GetUnixFileMode(folder["copy"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await _coord.RunAsync(open)).Said.ShouldContain("exists: name another file, or overwrite it with --force.");

        await _coord.JsonAsync("audit", "export", "--node", "LA", "--office", "auditor", "-o", folder["access.log"]);
        (await _coord.RunAsync("audit", "verify", folder["access.log"])).Printed.ShouldMatch($"opened attachment {attachment} of the case file of dossier {id[..16]}, released by entry [0-9a-f]{{16}}, for care\\n");
        var (code, _, said) = await _coord.RunAsync("referral", "attach", id, folder.Write("page.pdf", "<html>"));
        (code, said.StartsWith("InvalidArgument ATTACHMENT_TYPE_UNKNOWN", StringComparison.Ordinal)).ShouldBe((1, true), said);
        (code, _, said) = await _coord.RunAsync("referral", "open-attachment", id, "--attachment-id", new string('0', 32), "--node", "LA", "--reason", "Care", "-o", folder["none"]);
        (code, said.StartsWith("NotFound ATTACHMENT_NOT_FOUND", StringComparison.Ordinal), File.Exists(folder["none"])).ShouldBe((1, true, false), said);
    }

    [Fact(Timeout = Limit)]
    public async Task What_was_written_alone_is_shown_to_the_auditor_and_a_prosecutor_finds_who_is_to_be_asked()
    {
        var token = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        string[] open = ["referral", "open", "--to", "LA", "--type", "Repatriation", "--minority", "Adult", "--basis", "RiskToLife", "--reply-by", Coord.ReplyBy, "--assistance", token];
        var (code, printed, said) = await _coord.RunAsync(open);
        (code, printed.Contains("submission", StringComparison.OrdinalIgnoreCase)).ShouldBe((0, true), said);
        var opened = await _coord.JsonAsync([.. open, "--nobody-else-on-duty"]);
        var id = opened.GetProperty("dossierId").GetString()!;
        (code, printed, said) = await _coord.RunAsync("audit", "written-alone", "--office", "auditor");
        code.ShouldBe(0, said);
        printed.ShouldMatch($"Opened +│ {id[..16]} .*owed by 20");
        await _coord.UntilAsync("LA", id, "Sent");
        (code, printed, said) = await _coord.RunAsync("referral", "find-linked", "--assistance", token, "--node", "LA", "--office", "prosecutor");
        code.ShouldBe(0, said);
        printed.ShouldContain("worked with");
    }

    async Task<string> TakenUpAsync()
    {
        var id = await _coord.OpenAsync();
        await _coord.UntilAsync("LA", id, "Sent");
        foreach (var command in (string[])["acknowledge", "take-up"]) await _coord.JsonAsync("referral", command, id, "--node", "LA");
        await _coord.UntilAsync("TH", id, "TakenUp");
        return id;
    }

    [Theory(Timeout = Limit)]
    [InlineData("referral release-case-file 00000000", "Option '--case-file' is required.")]
    [InlineData("referral open-case-file 0000000000000000000000000000000000000000000000000000000000000000 --reason Curiosity", "This is no code for --reason: choose among")]
    [InlineData("referral open-case-file 0000000000000000000000000000000000000000000000000000000000000000", "--reason is missing: say what it is opened for")]
    [InlineData("audit export --office focal-point -o /tmp/never.log", "PermissionDenied OFFICE_NOT_ALLOWED")]
    [InlineData("audit acknowledge-break --office focal-point", "PermissionDenied OFFICE_NOT_ALLOWED")]
    public async Task A_command_that_cannot_be_done_says_why(string line, string says)
    {
        var (code, printed, said) = await _coord.RunAsync(line.Split(' '));
        (code is 1 or 2).ShouldBeTrue();
        printed.ShouldBe("");
        said.ShouldContain(says);
    }
}
