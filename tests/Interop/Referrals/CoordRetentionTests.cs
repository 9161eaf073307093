using System.Text.Json;
using System.Text.Json.Nodes;
using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>Retention from a terminal.</summary>
public sealed class CoordRetentionTests(TwoCountries countries)
{
    const int Limit = 180_000;

    [Fact(Timeout = Limit)]
    public async Task What_is_due_is_shown_deleted_and_certified_and_the_certificate_is_checked_far_from_any_node()
    {
        using var folder = new Folder();
        var table = folder.Write("table.json", """{ "table": [ { "class": "case-cancelled", "days": 0, "action": "erase", "source": "for a test" }, { "class": "refused", "days": 9, "action": "delete", "source": "for a test" } ] }""");
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = countries.Region.Postgres, RetentionFile = table }, TestContext.Current.CancellationToken);
        var coord = new Coord(region);
        var (free, held) = (await coord.OpenAsync(), await coord.OpenAsync());
        foreach (var id in (string[])[free, held]) await coord.JsonAsync("referral", "cancel", id);

        var hold = await coord.JsonAsync("retention", "hold", held, "--basis", "CourtOrder", "--until", "2199-12-31", "--office", "auditor");
        hold.GetProperty("basis").GetString().ShouldBe("CourtOrder");
        (await coord.RunAsync("retention", "holds", "--office", "auditor")).Printed.ShouldContain($"dossier {held[..16]} until 2199-12-31, for court order, by auditor@datip");
        var (code, printed, said) = await coord.RunAsync("retention", "preview", "--office", "administrator");
        (code, said).ShouldBe((0, ""));
        printed.ShouldContain($"{free[..16]} since");
        printed.ShouldNotContain(held[..16]);
        var preview = (await coord.JsonAsync("retention", "preview", "--office", "administrator")).GetProperty("preview").GetString()!;
        printed.ShouldContain($"coord retention apply {preview}");
        string[] apply = ["retention", "apply", preview, "--office", "administrator", "--command-id", "0123456789abcdef"];
        var certificate = await coord.JsonAsync(apply);
        certificate.GetProperty("classes")[0].GetProperty("dossiers")[0].GetProperty("dossierId").GetString().ShouldBe(free);
        (await coord.JsonAsync(apply)).ToString().ShouldBe(certificate.ToString());
        (code, _, said) = await coord.RunAsync("retention", "apply", preview, "--office", "administrator");
        (code, said).ShouldBe((1, "FailedPrecondition RETENTION_LIST_CHANGED: What is due is no more what this preview listed: preview again, look, and apply that. Nothing was deleted.\n"));

        var (file, root) = (folder["certificates.json"], region["TH"].Keys.TrustRoot);
        (await coord.RunAsync("retention", "certificates", "--office", "auditor", "-o", file)).Code.ShouldBe(0);
        (code, printed, said) = await coord.RunAsync("retention", "verify", file, "--root", root, "--region", "/does/not/exist");
        (code, said).ShouldBe((0, ""));
        printed.ShouldMatch($"^1  20..-..-.. ..:.. UTC at TH, by administrator@datip: case cancelled, 1 dossier, after 0 days: erase {free}\n$");

        var exported = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        var bytes = Convert.FromBase64String(exported["certificates"]![0]!["certificate"]!.GetValue<string>());
        bytes[^1] ^= 1;
        exported["certificates"]![0]!["certificate"] = Convert.ToBase64String(bytes);
        (code, printed, said) = await coord.RunAsync("retention", "verify", folder.Write("changed.json", exported.ToJsonString()), "--root", root);
        (code, printed).ShouldBe((4, ""));
        said.ShouldStartWith("Certificate 1 ");

        var number = hold.GetProperty("number").ValueKind is JsonValueKind.Number ? hold.GetProperty("number").GetRawText() : hold.GetProperty("number").GetString()!;
        (await coord.RunAsync("retention", "end-hold", number, "--office", "auditor")).Printed.ShouldContain("; ended 20");
        (await coord.RunAsync("retention", "preview", "--office", "administrator")).Printed.ShouldContain($"{held[..16]} since");
    }

    [Theory(Timeout = Limit)]
    [InlineData("retention preview", "PermissionDenied OFFICE_NOT_ALLOWED")]
    [InlineData("retention apply 12 --office administrator", "A preview is named by 64 hexadecimal digits")]
    [InlineData("retention hold 0000000000000000000000000000000000000000000000000000000000000000 --office auditor --basis CourtOrder --until 2020-01-01", "--until has passed: today or a later day is needed")]
    [InlineData("retention hold 0000000000000000000000000000000000000000000000000000000000000000 --office auditor --basis Curiosity --until 2199-01-01", "This is no code for --basis")]
    [InlineData("retention end-hold 99999 --office auditor", "NotFound HOLD_NOT_FOUND")]
    [InlineData("retention verify /dev/null --root /dev/null", "holds no key of EC P-256")]
    public async Task A_command_that_cannot_be_done_says_why(string line, string says)
    {
        var (code, printed, said) = await new Coord(countries.Region).RunAsync(line.Split(' '));
        (code is 1 or 2).ShouldBeTrue();
        printed.ShouldBe("");
        said.ShouldContain(says);
    }
}
