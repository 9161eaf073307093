using System.Security.Cryptography;
using System.Text.Json;
using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>coord in a country that wants a second person for an opening.</summary>
public sealed class CoordApprovalTests(TwoCountries countries) : IAsyncLifetime
{
    Region? _region;

    Region Region => _region!;

    Coord Coord => new(Region);

    public async ValueTask InitializeAsync() =>
        _region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = countries.Region.Postgres, Approval = ["Opened"] }, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Region.DisposeAsync();

    [Fact(Timeout = 120_000)]
    public async Task Whoever_approves_reads_all_that_would_leave_and_says_what_becomes_of_it()
    {
        using var folder = new Folder();
        var letter = folder.Write("letter", "Nothing but a letter.");
        var id = await SubmitAsync("--letter", letter, "--particulars", folder.Write("particulars.json", """{ "note": "What is read beside it.", "preview": { "language": "khm" } }"""));

        var (_, table, _) = await Coord.RunAsync("submission", "list", "--office", "approver");
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(letter)));
        foreach (var word in (string[])[id, "Opened", "focal-point@datip", "Repatriation", "Adult", Coord.ReplyBy, "Return", "What is read beside it.", "khm", sha256]) table.ShouldContain(word);
        var waiting = (await ListAsync("approver")).Single();
        waiting.GetProperty("submissionId").GetString().ShouldBe(id);
        waiting.GetProperty("particulars").GetProperty("note").GetString().ShouldBe("What is read beside it.");
        waiting.GetProperty("draft").GetProperty("referralOpened").GetProperty("type").GetString().ShouldBe("Repatriation");
        waiting.GetProperty("draft").GetProperty("letter").GetString().ShouldBe(sha256);

        var (code, _, said) = await Coord.RunAsync("submission", "approve", id);
        code.ShouldBe(1);
        said.ShouldContain("OFFICE_NOT_ALLOWED");
        var approved = await Coord.JsonAsync("submission", "approve", id, "--office", "approver");
        Coord.State(approved).ShouldBe("Sent");
        (await ListAsync("approver")).ShouldBeEmpty();
        var dossier = approved.GetProperty("dossierId").GetString()!;
        await Coord.UntilAsync("LA", dossier, "Sent");
        (await Coord.JsonAsync("dossier", "particulars", dossier, dossier, "--node", "LA")).GetProperty("note").GetString().ShouldBe("What is read beside it.");
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_sent_back_is_told_in_words_with_the_reason_from_a_file()
    {
        using var folder = new Folder();
        var id = await SubmitAsync();
        (await NoticesAsync("approver")).ShouldContain($"Opened waits for a second person: submission {id}");
        await Coord.JsonAsync("submission", "send-back", id, "--reason", folder.Write("reason", "The consent lacks a page.\n"), "--office", "approver");
        (await ListAsync("approver")).ShouldBeEmpty();
        var back = (await ListAsync("focal-point")).Single();
        (back.GetProperty("sentBack").GetBoolean(), back.GetProperty("sentBackReason").GetString()).ShouldBe((true, "The consent lacks a page."));
        (await Coord.RunAsync("submission", "list")).Printed.ShouldContain("sent back: The consent lacks a page.");
        var next = await SubmitAsync();
        var first = await Coord.JsonAsync("submission", "list", "--page-size", "1");
        first.GetProperty("submissions")[0].GetProperty("submissionId").GetString().ShouldBe(next);
        var token = first.GetProperty("nextPageToken").GetString()!;
        (await Coord.RunAsync("submission", "list", "--page-size", "1")).Printed.ShouldContain("More: --page-token");
        var second = await Coord.JsonAsync("submission", "list", "--page-size", "1", "--page-token", token);
        (second.GetProperty("submissions")[0].GetProperty("submissionId").GetString(), second.GetProperty("nextPageToken").GetString()).ShouldBe((id, ""));
        (await NoticesAsync("focal-point@datip")).ShouldContain($"Opened was sent back and is not written: submission {id}");
        (await Coord.JsonAsync("referral", "notices")).GetProperty("notices")[0].GetProperty("submissionId").GetString().ShouldBe(id);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_cannot_be_read_is_said_to_be_so_and_is_not_shown_as_empty()
    {
        using var folder = new Folder();
        await SubmitAsync("--note", folder.Write("note", "Not to be read."));
        var key = Directory.EnumerateFiles(Region["TH"].Keys.Dossiers, "*.key", SearchOption.AllDirectories).Single();
        await File.WriteAllBytesAsync(key, (await File.ReadAllBytesAsync(key, TestContext.Current.CancellationToken))[..7], TestContext.Current.CancellationToken);
        (await ListAsync("approver")).Single().GetProperty("particularsMissing").GetString().ShouldBe("PARTICULARS_DAMAGED");
        (await Coord.RunAsync("submission", "list", "--office", "approver")).Printed.ShouldContain("cannot be read, and is not approved unread: PARTICULARS_DAMAGED");
    }

    async Task<string> SubmitAsync(params string[] more) =>
        (await Coord.JsonAsync([.. Coord.Opening, .. more])).GetProperty("awaitingApproval").GetProperty("submissionId").GetString()!;

    async Task<IReadOnlyList<JsonElement>> ListAsync(string office) => [.. (await Coord.JsonAsync("submission", "list", "--office", office)).GetProperty("submissions").EnumerateArray()];

    async Task<string> NoticesAsync(string office) => (await Coord.RunAsync("referral", "notices", "--office", office)).Printed;
}
