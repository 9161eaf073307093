using System.Text;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>A case file whose every word is marked goes its whole way, and then somebody looks for the mark wherever a node writes.</summary>
public sealed class MarksTests
{
    const string Mark = "Zqx-unmistakable-2841";

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_marked_name_is_in_clear_nowhere_and_opens_nowhere_once_it_is_erased()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(Cancelled);
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = postgres, Approval = ["CaseFileReleased"] }, Cancelled);
        using var bangkok = region.Office("TH");
        using var approver = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: "another"));
        using var vientiane = region.Office("LA");
        using var auditor = region.Office("LA", "auditor");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        await vientiane.AcknowledgeAsync(id);
        await vientiane.TakeUpAsync(id);
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.TakenUp);

        var file = (CaseFile)Marked(CaseFile.Descriptor);
        var release = new ReleaseCaseFileRequest { Command = OfficeClient.About(), DossierId = id, CaseFile = file, WithHealth = true };
        var tooLong = release.Clone();
        tooLong.CaseFile.OriginAddress = Mark + new string('x', 500);
        (await Refused.ByAsync(() => bangkok.Referrals.ReleaseCaseFileAsync(tooLong, bangkok.Options).ResponseAsync)).Text.ShouldNotContain(Mark);
        var submission = (await bangkok.Referrals.ReleaseCaseFileAsync(release, bangkok.Options)).AwaitingApproval.SubmissionId;
        (await approver.Referrals.OpenCaseFileAsync(new() { SubmissionId = submission, Reason = AccessReason.Supervision }, approver.Options)).CaseFile.ShouldBe(file);
        await NowhereAsync();
        await new ApprovalService.ApprovalServiceClient(approver.Channel).ApproveAsync(new() { SubmissionId = submission }, approver.Options);
        var open = new OpenCaseFileRequest { DossierId = id, Reason = AccessReason.Return };
        (await Poll.UntilAsync(async () => await OpenedAsync() is not null, TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();
        await new AuditService.AuditServiceClient(auditor.Channel).ListAccessAsync(new(), auditor.Options);
        await NowhereAsync();
        // Whoever looks finds what is there: in tables, in the write-ahead log and in the log of a node.
        (await InAsync(region, postgres, "focal-point")).Select(Path.GetFileName).ShouldContain("region.json");
        (await InAsync(region, postgres, "CaseFileReleased")).ShouldContain(found => found.Contains("pg_wal", StringComparison.Ordinal));

        // A copy of everything that a backup would hold, taken before the person changes their mind.
        var kept = new Dictionary<string, byte[]>();
        foreach (var node in region.Nodes) kept[node.Id] = await node.AskAsync<byte[]>("select at_rest from case_file");
        await vientiane.WithdrawConsentAsync(id);
        await bangkok.UntilAsync(id, referral => referral.ConsentWithdrawn);
        var stopped = new DataStopped { Fate = DataFate.Erased, PaperCopies = PaperRecall.All };
        foreach (var office in (OfficeClient[])[bangkok, vientiane]) await office.Referrals.StopDataAsync(new() { Command = OfficeClient.About(), DossierId = id, DataStopped = stopped }, office.Options);
        foreach (var node in region.Nodes)
        {
            var keys = node.DossierKeys();
            keys.Open(DossierId.Read(id.Span), kept[node.Id], []).ShouldBe(new Disclosure.Destroyed());
            Directory.EnumerateFiles(node.Keys.Dossiers, $"{Convert.ToHexStringLower(id.Span)}*", SearchOption.AllDirectories).Select(Path.GetExtension).ShouldBe([".gone"]);
        }
        await NowhereAsync();

        async Task<CaseFile?> OpenedAsync()
        {
            try
            {
                return (await vientiane.Referrals.OpenCaseFileAsync(open, vientiane.Options)).CaseFile is { } opened && opened.Equals(file) ? file : null;
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.NotFound)
            {
                return null;
            }
        }

        async Task NowhereAsync() => (await InAsync(region, postgres, Mark)).ShouldBeEmpty();
    }

    /// <summary>Where a text is found: rows of every table, and every file of the region and of its database server, the write-ahead log among them.</summary>
    static async Task<IReadOnlyList<string>> InAsync(Region region, PostgresServer postgres, string text)
    {
        var found = new List<string>();
        foreach (var node in region.Nodes)
        {
            foreach (var table in await node.AskAsync<string[]>("select array_agg(table_name::text) from information_schema.tables where table_schema = 'public'"))
            {
                var rows = await node.AskAsync<string>($"select coalesce(string_agg(row::text, E'\\n'), '') from {table} as row");
                if (Spellings(text).Any(spelling => rows.Contains(Convert.ToHexStringLower(spelling), StringComparison.Ordinal)) || rows.Contains(text, StringComparison.Ordinal)) found.Add(table);
            }
        }
        foreach (var file in Files(region.Folder).Concat(Files(postgres.DataFolder!)))
        {
            try
            {
                var bytes = await File.ReadAllBytesAsync(file, Cancelled);
                if (Spellings(text).Any(spelling => bytes.AsSpan().IndexOf(spelling) >= 0)) found.Add(file);
            }
            catch (FileNotFoundException)
            {
                // A server recycles a segment, a node its temporary file.
            }
        }
        return found;
    }

    /// <summary>But for locks, which hold nothing and which nobody else may open.</summary>
    static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file) is { Exists: true, Length: > 0 });

    /// <summary>As bytes of a text, as .NET holds it in memory, and as base64 wherever it begins.</summary>
    static IEnumerable<byte[]> Spellings(string text) =>
    [
        Encoding.UTF8.GetBytes(text), Encoding.Unicode.GetBytes(text),
        // The first and the last letters hang on what stands around it.
        .. Enumerable.Range(0, 3).Select(before => Encoding.ASCII.GetBytes(Convert.ToBase64String([.. new byte[before], .. Encoding.UTF8.GetBytes(text)])[4..^4])),
    ];

    /// <summary>A message in whose every text the mark stands.</summary>
    static IMessage Marked(MessageDescriptor message)
    {
        var marked = message.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            object value = field.FieldType switch
            {
                FieldType.Message => Marked(field.MessageType),
                FieldType.Enum => field.EnumType.Values[1].Number,
                FieldType.Bool => true,
                FieldType.String => field.Name switch { "on" or "from" or "until" => "1999", "script" => "Latn", "issued_by" => "LA", _ => Mark },
                var other => throw new NotSupportedException($"No case file has a field of type {other}."),
            };
            if (field.IsRepeated) ((System.Collections.IList)field.Accessor.GetValue(marked)).Add(value);
            else field.Accessor.SetValue(marked, value);
        }
        return marked;
    }
}
