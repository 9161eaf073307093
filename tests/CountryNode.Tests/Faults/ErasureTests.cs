using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace Coordination.CountryNode.Tests.Faults;

/// <summary>What was erased stays erased, whatever is put back from a copy.</summary>
public sealed class ErasureTests(SharedRegion shared)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_node_that_was_put_back_opens_no_port_until_what_was_erased_is_erased_again(bool database, bool keys)
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        using var bangkok = region.Office("TH");
        var (id, opening) = await WithdrawnAsync(region, bangkok);
        var (backup, copy) = (await shared.Postgres.BackUpAsync(thailand.Database, Cancelled), Copy(thailand.Keys.Dossiers));
        (await Poll.UntilAsync(() => WorksAsync(() => StopAsync(bangkok, id)), Soon, Cancelled)).ShouldBeTrue();
        (await LeftAsync(thailand, id)).ShouldBe("");
        await thailand.StopAsync();
        if (database) await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        if (keys) PutBack(copy, thailand.Keys.Dossiers);
        (await LeftAsync(thailand, id)).ShouldBe(database ? "attachment case_file part" : "");
        KeyIsThere(thailand, id).ShouldBe(keys);

        await using (var connection = new NpgsqlConnection(thailand.DatabaseConnectionString))
        {
            await connection.OpenAsync(Cancelled);
            await using var inTheWay = await connection.BeginTransactionAsync(Cancelled);
            await using var taking = new NpgsqlCommand("lock table erasure in exclusive mode", connection);
            await taking.ExecuteNonQueryAsync(Cancelled);
            var starting = thailand.StartAsync(Cancelled);
            (await Poll.UntilAsync(async () => await thailand.AskAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0, Soon, Cancelled)).ShouldBeTrue();
            foreach (var address in (string[])[thailand.ApiAddress, thailand.PeerAddress]) (await ListensAsync(address)).ShouldBeFalse();
            starting.IsCompleted.ShouldBeFalse();
            await inTheWay.RollbackAsync(Cancelled);
            await starting;
        }

        (await LeftAsync(thailand, id)).ShouldBe("");
        KeyIsThere(thailand, id).ShouldBeFalse();
        (await File.ReadAllTextAsync(thailand.LogFile, Cancelled)).ShouldContain("they are erased again");
        using var again = region.Office("TH");
        await again.UntilAsync(id, referral => referral.State is ReferralState.Withdrawn);
        var refused = await Refused.ByAsync(() => again.Dossiers.GetParticularsAsync(new() { DossierId = id, Entry = opening }, again.Options).ResponseAsync);
        (refused.Code, refused.Reason).ShouldBe((StatusCode.NotFound, "PARTICULARS_ERASED"));
    }

    [Theory]
    [InlineData("database")]
    [InlineData("key folder")]
    public async Task A_node_whose_list_of_erasures_is_lost_does_not_start_and_says_what_to_do(string knows)
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        using var bangkok = region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await bangkok.CancelAsync(id);
        await StopAsync(bangkok, id);
        await thailand.StopAsync();
        Directory.Delete(thailand.ErasureFolder, recursive: true);
        Directory.CreateDirectory(thailand.ErasureFolder);
        // The other one was put back from a copy of before.
        if (knows == "database") Directory.Delete(thailand.Keys.Dossiers, recursive: true);
        else await thailand.AskAsync<object?>("delete from erasure");

        var why = await Should.ThrowAsync<LocalException>(() => thailand.StartAsync(Cancelled));
        why.Message.ShouldContain($"The list of erasures in {thailand.ErasureFolder} lacks 1 of 1");
        why.Message.ShouldContain("Check Node:ErasureFolder");
        (await ListensAsync(thailand.ApiAddress)).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(thailand.ErasureFolder).ShouldBeEmpty();

        // Lost for good: the operator says so, once.
        var rebuild = new ErasureList(thailand.ErasureFolder).Rebuild;
        await File.WriteAllTextAsync(rebuild, "", Cancelled);
        await thailand.StartAsync(Cancelled);
        new ErasureList(thailand.ErasureFolder).Read().ShouldBe([DossierId.Read(id.Span)]);
        File.Exists(rebuild).ShouldBeFalse();
    }

    [Theory]
    [InlineData("the list is written")]
    [InlineData("the tombstone is made")]
    [InlineData("the key is destroyed")]
    public async Task An_erasure_that_a_crash_cut_off_is_finished_at_the_next_start_and_can_be_said_then(string until)
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        using var bangkok = region.Office("TH");
        var (id, _) = await WithdrawnAsync(region, bangkok);
        await thailand.KillAsync();
        var dossier = DossierId.Read(id.Span);
        new ErasureList(thailand.ErasureFolder).Add(dossier);
        if (until == "the tombstone is made") await File.WriteAllBytesAsync(Path.ChangeExtension(KeyOf(thailand, id), "gone"), [], Cancelled);
        if (until == "the key is destroyed") thailand.DossierKeys().Destroy(dossier);
        (await LeftAsync(thailand, id)).ShouldNotBe("");

        await thailand.StartAsync(Cancelled);
        (await LeftAsync(thailand, id)).ShouldBe("");
        Directory.EnumerateFiles(thailand.Keys.Dossiers, $"{dossier}*", SearchOption.AllDirectories).Select(Path.GetExtension).ShouldBe([".gone"]);
        using var again = region.Office("TH");
        (await Poll.UntilAsync(() => WorksAsync(() => StopAsync(again, id)), Soon, Cancelled)).ShouldBeTrue();
        (await again.HistoryAsync(id)).Entries[^1].Statement.ShouldBe("DataStopped");
    }

    [Fact]
    public async Task Two_processes_of_a_node_that_was_put_back_start_at_once_and_neither_opens_what_was_erased()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        var replica = await thailand.StartReplicaAsync(Cancelled);
        using var bangkok = region.Office("TH");
        using var second = region.Office(replica);
        var (id, opening) = await WithdrawnAsync(region, bangkok);
        var (backup, copy) = (await shared.Postgres.BackUpAsync(thailand.Database, Cancelled), Copy(thailand.Keys.Dossiers));
        (await Poll.UntilAsync(() => WorksAsync(() => StopAsync(second, id)), Soon, Cancelled)).ShouldBeTrue();
        (await Poll.UntilAsync(() => WorksAsync(() => bangkok.GetAsync(id)), Soon, Cancelled)).ShouldBeTrue();
        (await ReasonAsync(bangkok, id, opening)).ShouldBe("PARTICULARS_ERASED");

        await Task.WhenAll(thailand.StopAsync(), replica.KillAsync());
        await shared.Postgres.RestoreAsync(thailand.Database, backup, Cancelled);
        PutBack(copy, thailand.Keys.Dossiers);
        await Task.WhenAll(thailand.StartAsync(Cancelled), replica.StartAsync(Cancelled));
        foreach (var node in (RegionNode[])[thailand, replica])
        {
            using var office = region.Office(node);
            (await Poll.UntilAsync(() => WorksAsync(() => office.GetAsync(id)), Soon, Cancelled)).ShouldBeTrue();
            (await ReasonAsync(office, id, opening)).ShouldBe("PARTICULARS_ERASED");
        }
        (await LeftAsync(thailand, id)).ShouldBe("");
    }

    [Fact]
    public async Task While_the_list_cannot_be_written_nothing_is_erased_and_the_same_command_does_it_later()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var thailand = region["TH"];
        using var bangkok = region.Office("TH");
        var (id, opening) = await WithdrawnAsync(region, bangkok);
        var medium = $"{thailand.ErasureFolder}-elsewhere";
        Directory.Move(thailand.ErasureFolder, medium);
        Directory.CreateDirectory(thailand.ErasureFolder);
        var command = OfficeClient.NewCommandId();
        var before = await thailand.SetAsync(id);
        (await Refused.ByAsync(() => StopAsync(bangkok, id, command))).ShouldBe(StatusCode.Unavailable, "KEYS_UNAVAILABLE", "list of erasures");
        (await thailand.SetAsync(id)).ShouldBe(before);
        (await LeftAsync(thailand, id)).ShouldNotBe("");
        (await bangkok.Dossiers.GetParticularsAsync(new() { DossierId = id, Entry = opening }, bangkok.Options)).Particulars.Note.ShouldBe("of nobody in particular");

        Directory.Delete(thailand.ErasureFolder);
        Directory.Move(medium, thailand.ErasureFolder);
        await StopAsync(bangkok, id, command);
        (await ReasonAsync(bangkok, id, opening)).ShouldBe("PARTICULARS_ERASED");
        (await LeftAsync(thailand, id)).ShouldBe("");
    }

    [Fact]
    public async Task What_waits_for_a_second_person_in_an_erased_dossier_is_not_written_without_what_was_erased()
    {
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = shared.Postgres, Approval = ["DataStopped", "Cancelled"] }, Cancelled);
        using var bangkok = region.Office("TH");
        using var approver = new OfficeClient(region, region["TH"], region.Issuer.Issue("TH", $"approver@{region["TH"].Country.Unit}", person: "another"));
        var approvals = new ApprovalService.ApprovalServiceClient(approver.Channel);
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        var waiting = (await bangkok.Referrals.CancelAsync(new() { Command = OfficeClient.About(), DossierId = id, Particulars = new() { Note = "why" } }, bangkok.Options)).AwaitingApproval.SubmissionId;
        await bangkok.WithdrawConsentAsync(id);
        var stop = (await StopAsync(bangkok, id)).AwaitingApproval.SubmissionId;
        await approvals.ApproveAsync(new() { SubmissionId = stop }, approver.Options);
        (await LeftAsync(region["TH"], id)).ShouldBe("");
        (await Refused.ByAsync(() => approvals.ApproveAsync(new() { SubmissionId = waiting }, approver.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "PARTICULARS_ERASED", "without particulars");
    }

    [Fact]
    public async Task A_list_that_a_copy_of_the_key_folder_would_bring_back_is_refused()
    {
        await using var region = await shared.StartAsync(["TH", "LA"], "TH");
        var thailand = region["TH"];
        var settings = Path.Combine(Path.GetDirectoryName(thailand.LogFile)!, "node.json");
        var text = await File.ReadAllTextAsync(settings, Cancelled);
        foreach (var (folder, says) in ((string, string)[])[($"{thailand.KeyFolder}/dossiers/..", "is in the key folder"), ("/does/not/exist", "names a folder that does not exist"), ("", "Node:ErasureFolder is missing")])
        {
            await File.WriteAllTextAsync(settings, text.Replace(thailand.ErasureFolder, folder, StringComparison.Ordinal), Cancelled);
            Directory.CreateDirectory(thailand.Keys.Dossiers);
            (await Should.ThrowAsync<LocalException>(() => thailand.StartAsync(Cancelled))).Message.ShouldContain(says);
        }
    }

    /// <summary>A dossier in which something is kept in every way, and whose person withdrew.</summary>
    static async Task<(ByteString Id, ByteString Opening)> WithdrawnAsync(Region region, OfficeClient bangkok)
    {
        using var vientiane = region.Office("LA");
        var particulars = new Particulars { Note = "of nobody in particular" };
        var id = (await bangkok.Referrals.OpenAsync(new() { Command = OfficeClient.About(), Opened = Regions.Repatriation("TH", "LA"), Particulars = particulars }, bangkok.Options)).Referral.DossierId;
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        await vientiane.AcknowledgeAsync(id);
        await vientiane.TakeUpAsync(id);
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.TakenUp);
        await bangkok.Referrals.ReleaseCaseFileAsync(new() { Command = OfficeClient.About(), DossierId = id, CaseFile = new() { OfficeContact = "Nobody in particular." } }, bangkok.Options);
        await region["TH"].AskAsync<object?>(
            "insert into attachment (dossier_id, author, id, about_at_rest, added_at, ask_at) values ($1, 'TH', 'one', 'sealed', now(), now())", id.ToByteArray());
        var opening = (await bangkok.HistoryAsync(id)).Entries[0].Hash;
        await bangkok.WithdrawConsentAsync(id);
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Withdrawn);
        await region.SettledAsync(Soon);
        return (id, opening);
    }

    static async Task<StopDataResponse> StopAsync(OfficeClient office, ByteString id, string? command = null) => await office.Referrals.StopDataAsync(
        new() { Command = OfficeClient.About(command), DossierId = id, DataStopped = new() { Fate = DataFate.Erased, PaperCopies = PaperRecall.All } }, office.Options);

    static async Task<bool> WorksAsync<T>(Func<Task<T>> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RpcException notYet) when (notYet.StatusCode is StatusCode.Unavailable)
        {
            return false;
        }
    }

    static async Task<string> ReasonAsync(OfficeClient office, ByteString id, ByteString entry) =>
        (await Refused.ByAsync(() => office.Dossiers.GetParticularsAsync(new() { DossierId = id, Entry = entry }, office.Options).ResponseAsync)).Reason;

    /// <summary>The tables in which something is kept under a dossier's key, whatever column of theirs holds it.</summary>
    static async Task<string> LeftAsync(RegionNode node, ByteString id)
    {
        var columns = await node.AskAsync<string[]>("select array_agg(table_name || ' ' || column_name order by table_name, column_name) from information_schema.columns where table_schema = 'public' and column_name like '%at_rest'");
        columns.Length.ShouldBeGreaterThan(6);
        var left = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (table, column) in columns.Select(column => column.Split(' ')).Select(pair => (pair[0], pair[1])))
            if (await node.AskAsync<long>($"select count(*) from {table} where dossier_id = $1 and {column} <> ''", id.ToByteArray()) > 0) left.Add(table);
        return string.Join(' ', left);
    }

    static string KeyOf(RegionNode node, ByteString id) => Path.Combine(node.Keys.Dossiers, DossierId.Read(id.Span).ToString()[..2], $"{DossierId.Read(id.Span)}.key");

    static bool KeyIsThere(RegionNode node, ByteString id) => File.Exists(KeyOf(node, id));

    static string Copy(string folder)
    {
        var copy = $"{folder}-copy";
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        return copy;
    }

    static void PutBack(string copy, string folder)
    {
        Directory.Delete(folder, recursive: true);
        Directory.Move(copy, folder);
    }

    static async Task<bool> ListensAsync(string address)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", new Uri(address).Port, Cancelled);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
