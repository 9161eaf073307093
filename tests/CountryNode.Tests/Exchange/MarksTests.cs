using System.Text;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Interop.Wire;
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
        var watched = Directory.CreateTempSubdirectory("coordination-marks-");
        try
        {
            await PlayAsync(watched);
        }
        finally
        {
            watched.Delete(recursive: true);
        }
    }

    static async Task PlayAsync(DirectoryInfo watched)
    {
        await using var postgres = await PostgresServer.StartOwnAsync(Cancelled);
        await using var region = await Region.StartAsync(
            new RegionOptions { Countries = ["TH", "LA"], Postgres = postgres, Approval = ["CaseFileReleased"], NodeCommand = Watched(watched.FullName) }, Cancelled);
        // Whoever sits on the line between the nodes, or between an office and its node, sees all that is carried.
        await using var line = new FileStream(Path.Combine(watched.FullName, "line"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        await using var toThai = Tapped(region["TH"].PeerAddress);
        await using var toLao = Tapped(region["LA"].PeerAddress);
        await using var toOffice = Tapped(region["TH"].ApiAddress);
        var list = region.TrustList.Clone();
        list.Version++;
        foreach (var (node, cable) in (IEnumerable<(string, Cable)>)[("TH", toThai), ("LA", toLao)]) list.Nodes.Single(known => known.Id == node).PeerAddress = $"https://127.0.0.1:{cable.Port}";
        region.WriteTrustList(list);
        using var bangkok = new OfficeClient(region, region["TH"], region["TH"].Tokens[$"focal-point@{region["TH"].Country.Unit}"], $"https://127.0.0.1:{toOffice.Port}");
        using var approver = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: "another"));
        using var vientiane = region.Office("LA");
        using var auditor = region.Office("LA", "auditor");
        var id = (await bangkok.Referrals.OpenAsync(new()
        {
            Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = new() { Note = Mark, Preview = new() { Gender = Mark } },
        }, bangkok.Options)).Referral.DossierId;
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        await vientiane.Referrals.AcknowledgeAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = Mark } }, vientiane.Options);
        await vientiane.TakeUpAsync(id);
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.TakenUp);
        var contradicting = OfficeClient.About();
        contradicting.ContradictionReason = Mark;
        await vientiane.Referrals.ReportFollowUpAsync(
            new() { Command = contradicting, DossierId = id, FollowUpReported = new() { Number = 1, Result = FollowUpResult.Done } }, vientiane.Options);

        var pages = Enumerable.Repeat(Encoding.UTF8.GetBytes($"{Mark} "), 20_000).SelectMany(bytes => bytes).ToArray();
        Attachment attachment;
        using (var adding = bangkok.Attachments.AddAttachment(bangkok.Options))
        {
            foreach (var message in (AddAttachmentRequest[])[new() { DossierId = id }, new() { Data = ByteString.CopyFromUtf8("%PDF-") }, new() { Data = ByteString.CopyFrom(pages) }])
                await adding.RequestStream.WriteAsync(message, Cancelled);
            await adding.RequestStream.CompleteAsync();
            attachment = (await adding.ResponseAsync).Attachment;
            attachment.Name = Mark;
        }
        var file = (CaseFile)Marked(CaseFile.Descriptor);
        file.Attachments.Clear();
        file.Attachments.Add(attachment);
        var release = new ReleaseCaseFileRequest { Command = OfficeClient.About(), DossierId = id, CaseFile = file, WithHealth = true };
        var tooLong = release.Clone();
        tooLong.CaseFile.OriginAddress = Mark + new string('x', 500);
        (await Refused.ByAsync(() => bangkok.Referrals.ReleaseCaseFileAsync(tooLong, bangkok.Options).ResponseAsync)).Text.ShouldNotContain(Mark);
        var approvals = new ApprovalService.ApprovalServiceClient(approver.Channel);
        var sentBack = (await bangkok.Referrals.ReleaseCaseFileAsync(release, bangkok.Options)).AwaitingApproval.SubmissionId;
        await approvals.SendBackAsync(new() { SubmissionId = sentBack, Reason = Mark }, approver.Options);
        release.Command = OfficeClient.About();
        var submission = (await bangkok.Referrals.ReleaseCaseFileAsync(release, bangkok.Options)).AwaitingApproval.SubmissionId;
        (await approver.Referrals.OpenCaseFileAsync(new() { SubmissionId = submission, Reason = AccessReason.Supervision }, approver.Options)).CaseFile.ShouldBe(file);
        // Another waits still.
        await bangkok.Referrals.ReleaseCaseFileAsync(new(release) { Command = OfficeClient.About() }, bangkok.Options);
        await approvals.ApproveAsync(new() { SubmissionId = submission }, approver.Options);
        var open = new OpenCaseFileRequest { DossierId = id, Reason = AccessReason.Return };
        (await Poll.UntilAsync(async () => await OpenedAsync() is not null, TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();
        (await Poll.UntilAsync(async () => await region["LA"].AskAsync<bool>("select bool_and(complete) from attachment"), TimeSpan.FromSeconds(30), Cancelled)).ShouldBeTrue();
        using (var reading = vientiane.Attachments.OpenAttachment(new() { DossierId = id, AttachmentId = attachment.AttachmentId, Reason = AccessReason.Care }, vientiane.Options))
        {
            var read = 0;
            while (await reading.ResponseStream.MoveNext(Cancelled)) read += reading.ResponseStream.Current.Data.Length;
            read.ShouldBe(pages.Length + 5);
        }
        await new AuditService.AuditServiceClient(auditor.Channel).ListAccessAsync(new(), auditor.Options);
        await NowhereAsync();
        // Whoever looks finds what is there: in tables, in the write-ahead log and in the log of a node.
        (await InAsync("focal-point")).Select(Path.GetFileName).ShouldContain("region.json");
        (await InAsync("CaseFileReleased")).ShouldContain(found => found.Contains("pg_wal", StringComparison.Ordinal));

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
        // What a node traced and measured is on the disk once it has stopped.
        foreach (var node in region.Nodes) await node.StopAsync();
        await line.FlushAsync(Cancelled);
        await NowhereAsync();
        // The attachment alone went twice.
        line.Length.ShouldBeGreaterThan(2L * pages.Length);
        (await InAsync("ReferralService/OpenCaseFile")).ShouldContain(found => found.EndsWith(".nettrace", StringComparison.Ordinal));
        (await InAsync("http.server.request.duration")).ShouldContain(found => found.EndsWith(".nettrace", StringComparison.Ordinal));

        Cable Tapped(string address) => new(new Uri(address).Port, line);

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

        async Task NowhereAsync() => (await InAsync(Mark)).ShouldBeEmpty();

        Task<IReadOnlyList<string>> InAsync(string text) => MarksTests.InAsync(region, [region.Folder, postgres.DataFolder!, watched.FullName], text);
    }

    /// <summary>Starts a node that writes everything that it traces and measures, and its temporary files, where somebody looks.</summary>
    static IReadOnlyList<string> Watched(string folder) =>
    [
        "env", "DOTNET_EnableEventPipe=1", $"DOTNET_EventPipeOutputPath={folder}/{{pid}}.nettrace", $"TMPDIR={folder}",
        // Every activity and every measurement of every library, and what hosting, HTTP and Npgsql tell beside them.
        "DOTNET_EventPipeConfig=Microsoft-Diagnostics-DiagnosticSource:0x3:5:FilterAndPayloadSpecs=\"[AS]*\",System.Diagnostics.Metrics:0x3:5:SessionId=marks;Metrics=Microsoft.AspNetCore.Hosting,System.Net.Http,Npgsql;RefreshInterval=1,Microsoft-AspNetCore-Server-Kestrel:0x1f:5,System.Net.Http:0x1f:5,Npgsql:0x1f:5,Microsoft-Extensions-Logging:0xc:5",
        .. RegionNode.OfThisClone(),
    ];

    /// <summary>Where a text is found: rows of every table, and every file of some folders.</summary>
    static async Task<IReadOnlyList<string>> InAsync(Region region, IEnumerable<string> folders, string text)
    {
        var found = new List<string>();
        foreach (var node in region.Nodes)
        {
            foreach (var table in await node.AskAsync<string[]>("select array_agg(table_name::text) from information_schema.tables where table_schema = 'public'"))
            {
                var rows = await node.AskAsync<string>($"select coalesce(string_agg(row::text, E'\\n'), '') from {table} as row");
                if (Spellings(text).Any(spelling => rows.Contains(Convert.ToHexStringLower(spelling), StringComparison.Ordinal)) || rows.Contains(text, StringComparison.Ordinal)) found.Add($"{node.Id} {table}");
            }
        }
        foreach (var file in folders.SelectMany(Files))
        {
            try
            {
                var bytes = await ReadAsync(file);
                if (Spellings(text).Any(spelling => bytes.AsSpan().IndexOf(spelling) >= 0)) found.Add(file);
            }
            catch (FileNotFoundException)
            {
                // A server recycles a segment, a node its temporary file.
            }
        }
        return found;
    }

    /// <summary>Also of what somebody else is writing.</summary>
    static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Cancelled);
        return all.ToArray();
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
                FieldType.UInt64 => 0ul,
                FieldType.Bytes => ByteString.Empty,
                var other => throw new NotSupportedException($"No case file has a field of type {other}."),
            };
            if (field.IsRepeated) ((System.Collections.IList)field.Accessor.GetValue(marked)).Add(value);
            else field.Accessor.SetValue(marked, value);
        }
        return marked;
    }
}
