using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using WitnessAccessLogResponse = Coordination.Contracts.Peer.V1.WitnessAccessLogResponse;

namespace Coordination.CountryNode.Tests.Evidence;

/// <summary>Other countries countersign the access log, so that whoever has the database cannot write it anew.</summary>
public sealed class LogWitnessTests(SharedRegion shared)
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 240_000)]
    public async Task Each_peer_countersigns_the_log_once_a_day_and_a_log_that_was_written_anew_or_cut_is_refused_and_found()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"]);
        var thailand = region["TH"];
        using var auditor = region.Office("TH", "auditor");
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var audit = new AuditService.AuditServiceClient(auditor.Channel);
        for (var i = 0; i < 5; i++) await audit.ListAccessAsync(new(), auditor.Options);
        await ADayLaterAsync();
        await UntilAsync(async () => (await WitnessesAsync()).Where(witness => witness is { Node: "TH", Number: 5 }).Select(witness => witness.Witness).Order().SequenceEqual(["LA", "VN"]));
        (await FlawAsync()).ShouldBeNull();
        (await Refused.ByAsync(() => new AuditService.AuditServiceClient(bangkok.Channel).ListWitnessesAsync(new(), bangkok.Options).ResponseAsync)).ShouldBe(StatusCode.PermissionDenied, "OFFICE_NOT_ALLOWED", "auditor");
        // Nobody but the auditor has seen a row: what the others hold are digests.
        (await region["LA"].AskAsync<long>("select count(*) from access")).ShouldBe(0);

        // Not twice in a day, also after a start. It may have been the first start that had all five countersigned.
        await thailand.AskAsync<object?>("update log_witness set at = now() where number = 5");
        await audit.ListAccessAsync(new(), auditor.Options);
        await AnewAsync();
        // Whatever a node does when it starts it has done once something went over its roads.
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        (await WitnessesAsync()).Max(witness => witness.Number).ShouldBe(5ul);
        // The next day it goes on where it was.
        await ADayLaterAsync();
        await UntilAsync(async () => (await WitnessesAsync()).Count(witness => witness.Number == 7) == 2);
        (await FlawAsync()).ShouldBeNull();

        // Set back by some rows, as from a backup.
        await thailand.AskAsync<object?>("delete from access where number > 5");
        (await FlawAsync()).ShouldNotBeNull().ShouldContain(" countersigned 7 rows, and the log has 6: row 7 was taken away, or the log set back.");
        // One byte: the row is named.
        await thailand.AskAsync<object?>("update access set bytes = set_byte(bytes, 10, get_byte(bytes, 10) # 1) where number = 3");
        (await FlawAsync()).ShouldNotBeNull().ShouldStartWith("Row 3 ");
        // All of it written anew from there on, heads and all: the chain fits, and the countersignatures do not.
        var (number, head) = (0, Array.Empty<byte>());
        foreach (var bytes in await thailand.AskAsync<byte[][]>("select array_agg(bytes order by number) from access"))
            await thailand.AskAsync<object?>("update access set hash = $1 where number = $2", head = AccessChain.HeadOf(head, AccessChain.DigestOf(bytes)), (long)++number);
        (await FlawAsync()).ShouldNotBeNull().ShouldContain(" countersigned another row ");
        var before = await WitnessesAsync();
        await ADayLaterAsync();
        await UntilAsync(async () => (await File.ReadAllTextAsync(thailand.LogFile, Cancelled)).Contains("The access log does not extend what LA countersigned up to row", StringComparison.Ordinal));
        await UntilAsync(async () => (await File.ReadAllTextAsync(region["LA"].LogFile, Cancelled)).Contains("The access log of TH does not go on where this node countersigned it", StringComparison.Ordinal));
        (await WitnessesAsync()).ShouldBe(before);

        // An auditor who knows why acknowledges it, once: it goes on, and the log says for ever what it lost.
        var acknowledged = await audit.AcknowledgeBreakAsync(new(), auditor.Options);
        acknowledged.Lost.Select(lost => (lost.Witness, lost.Number)).ShouldBe(before.Where(witness => witness.Number >= 3).Select(witness => (witness.Witness, witness.Number)));
        (await Refused.ByAsync(() => audit.AcknowledgeBreakAsync(new(), auditor.Options).ResponseAsync)).ShouldBe(StatusCode.FailedPrecondition, "LOG_FITS", "");
        (await FlawAsync()).ShouldBeNull();
        await ADayLaterAsync();
        await UntilAsync(async () => (await WitnessesAsync()).Where(witness => witness.Number >= acknowledged.Number).Select(witness => (witness.Witness, witness.InPlaceOf?.Number ?? 0)).SequenceEqual([("LA", 7ul), ("VN", 7ul)]));
        (await FlawAsync()).ShouldBeNull();

        async Task ADayLaterAsync()
        {
            await thailand.AskAsync<object?>("update log_witness set at = at - interval '25 hours'");
            await AnewAsync();
        }

        async Task AnewAsync()
        {
            await thailand.StopAsync();
            await thailand.StartAsync(Cancelled);
        }

        async Task<List<LogWitness>> WitnessesAsync() =>
            [.. (await audit.ListWitnessesAsync(new(), auditor.Options)).Witnesses.Select(signed => AccessChain.Read(signed, region["TH"].TrustList()).ShouldNotBeNull())];

        // To look is one more row.
        async Task<string?> FlawAsync()
        {
            var rows = (await audit.ListAccessAsync(new() { PageSize = 200 }, auditor.Options)).Rows;
            return AccessChain.FlawIn(rows) ?? AccessChain.FlawInWitnesses(rows, (await audit.ListWitnessesAsync(new(), auditor.Options)).Witnesses, region["TH"].TrustList());
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_log_of_more_rows_than_go_into_one_call_is_countersigned_once_the_peer_is_back_and_a_row_that_is_missing_stops_it()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var (thailand, laos) = (region["TH"], region["LA"]);
        await laos.StopAsync();
        await thailand.StopAsync();
        await thailand.AskAsync<object?>("truncate access, log_witness");
        await AddRowsAsync(1, 4500);
        await thailand.StartAsync(Cancelled);
        await UntilSaidAsync("LA cannot be reached", "to countersign the access log.");
        await laos.StartAsync(Cancelled);
        await UntilAsync(async () => (await thailand.AskAsync<long[]>("select array_agg(number order by place) from log_witness")) is [2000, 4000, 4500]);

        // What is missing is said, not hidden by a countersignature.
        await thailand.StopAsync();
        await AddRowsAsync(4501, 3);
        await thailand.AskAsync<object?>("delete from access where number = 4502");
        // A peer whose clock is ahead puts nothing off.
        await thailand.AskAsync<object?>("update log_witness set at = at + interval '400 days'");
        await thailand.StartAsync(Cancelled);
        await UntilSaidAsync("not countersigned any further: Row 4502 is missing: row 4503 stands in its place.");
        (await laos.AskAsync<long>("select max(number) from log_witness where node = 'TH'")).ShouldBe(4500);

        async Task AddRowsAsync(ulong first, int count)
        {
            var head = await thailand.AskAsync<byte[]?>("select (select hash from access order by number desc limit 1)") ?? [];
            var rows = new List<byte[]>();
            var heads = new List<byte[]>();
            for (var number = first; number < first + (ulong)count; number++)
            {
                rows.Add(new AccessRow { Number = number, Act = AccessAct.Log, Reason = AccessReason.Supervision }.ToByteArray());
                heads.Add(head = AccessChain.HeadOf(head, AccessChain.DigestOf(rows[^1])));
            }
            await thailand.AskAsync<object?>(
                "insert into access (number, hash, at, bytes) select $1 + place - 1, hash, now(), bytes from unnest($2, $3) with ordinality as row (hash, bytes, place)", (long)first, heads.ToArray(), rows.ToArray());
        }

        Task UntilSaidAsync(params string[] words) =>
            UntilAsync(async () => (await File.ReadAllLinesAsync(thailand.LogFile, Cancelled)).Any(line => words.All(word => line.Contains(word, StringComparison.Ordinal))));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_node_countersigns_nothing_that_does_not_go_on_where_it_had_countersigned_and_says_how_far_it_came()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"]);
        using var laos = new PeerClient(region["TH"], region.Authority.IssuePeer("LA"));
        var digests = Enumerable.Range(0, 4500).Select(number => ByteString.CopyFrom(AccessChain.DigestOf(BitConverter.GetBytes(number)))).ToList();
        (await laos.Client.GetLogWitnessAsync(new(), PeerClient.Options)).Witness.ShouldBeNull();
        var first = await WitnessedAsync(0, ByteString.Empty, digests[..2000]);
        first.Number.ShouldBe(2000ul);
        // Its answer was lost, or another replica was faster: the same is answered again, and told.
        (await WitnessedAsync(0, ByteString.Empty, digests[..2000])).ShouldBe(first);
        (await AskAsync(0, ByteString.Empty, digests[..1999])).Witness.ShouldBeNull();
        AccessChain.Read((await laos.Client.GetLogWitnessAsync(new(), PeerClient.Options)).Witness, region["TH"].TrustList()).ShouldBe(first);
        var second = await WitnessedAsync(2000, first.Head, digests[2000..4000]);
        var third = await WitnessedAsync(4000, second.Head, digests[4000..]);
        third.Number.ShouldBe(4500ul);
        third.Head.ToByteArray().ShouldBe(digests.Aggregate(Array.Empty<byte>(), (head, digest) => AccessChain.HeadOf(head, digest.Span)));

        foreach (var (after, head) in (IEnumerable<(ulong, ByteString)>)[(0, ByteString.Empty), (4000, second.Head), (4500, second.Head), (4499, third.Head), (4501, third.Head), (4500, ByteString.Empty)])
            (await AskAsync(after, head, digests[..1])).Witness.ShouldBeNull($"{after}");
        (await Refused.ByAsync(() => AskAsync(4500, ByteString.CopyFrom(1, 2), digests[..0]))).Fields.ShouldBe(["head", "digests"], ignoreOrder: true);
        (await Refused.ByAsync(() => AskAsync(4500, third.Head, digests[..2001]))).Fields.ShouldBe(["digests"]);
        (await Refused.ByAsync(() => AskAsync(4500, third.Head, [ByteString.CopyFrom(1)]))).Fields.ShouldBe(["digests"]);
        // Each has a log of its own: nobody goes on with another's.
        using var vietnam = new PeerClient(region["TH"], region.Authority.IssuePeer("VN"));
        (await vietnam.Client.GetLogWitnessAsync(new(), PeerClient.Options)).Witness.ShouldBeNull();
        foreach (var broken in (bool[])[false, true])
            (await vietnam.Client.WitnessAccessLogAsync(new() { After = 4500, Head = third.Head, Digests = { digests[0] }, AfterBreak = broken }, PeerClient.Options)).Witness.ShouldBeNull();

        // A break that is acknowledged goes on where this node did countersign, and nowhere else; the new one says in place of which.
        foreach (var (after, head) in (IEnumerable<(ulong, ByteString)>)[(2000, second.Head), (1999, first.Head), (4501, third.Head)])
            (await AskAsync(after, head, digests[..1], broken: true)).Witness.ShouldBeNull($"{after}");
        var fourth = await WitnessedAsync(2000, first.Head, digests[..10], broken: true);
        (fourth.Number, fourth.InPlaceOf).ShouldBe((2010ul, AccessChain.PlaceOf(third)));
        // It goes on from there, and no more from what is broken off.
        (await AskAsync(4500, third.Head, digests[..1])).Witness.ShouldBeNull();
        (await WitnessedAsync(2010, fourth.Head, digests[..1])).InPlaceOf.ShouldBeNull();
        (await WitnessedAsync(0, ByteString.Empty, digests[..1], broken: true)).InPlaceOf.Number.ShouldBe(2011ul);

        Task<WitnessAccessLogResponse> AskAsync(ulong after, ByteString head, IEnumerable<ByteString> rows, bool broken = false) =>
            laos.Client.WitnessAccessLogAsync(new() { After = after, Head = head, Digests = { rows }, AfterBreak = broken }, PeerClient.Options).ResponseAsync;

        async Task<LogWitness> WitnessedAsync(ulong after, ByteString head, IEnumerable<ByteString> rows, bool broken = false) =>
            AccessChain.Read((await AskAsync(after, head, rows, broken)).Witness, region["TH"].TrustList()).ShouldNotBeNull();
    }

    [Fact]
    public void A_countersignature_of_another_log_by_another_key_or_changed_is_found()
    {
        var list = shared.Region["TH"].TrustList();
        var (laos, vietnam, thailand) = (shared.Region.PenOf("LA"), shared.Region.PenOf("VN"), NodeId.Parse("TH"));
        var (rows, head) = (new List<KeptAccessRow>(), Array.Empty<byte>());
        for (var number = 1UL; number <= 3; number++)
        {
            var row = new AccessRow { Number = number, Act = AccessAct.Log, Reason = AccessReason.Supervision }.ToByteArray();
            head = AccessChain.HeadOf(head, AccessChain.DigestOf(row));
            rows.Add(new() { Row = ByteString.CopyFrom(row), Hash = ByteString.CopyFrom(head) });
        }
        var right = AccessChain.Sign(laos, thailand, 3, head, inPlaceOf: null, DateTimeOffset.UnixEpoch);
        FlawIn(right).ShouldBeNull();
        FlawIn(right, AccessChain.Sign(vietnam, thailand, 2, rows[1].Hash.Span, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldBeNull();
        FlawIn(right, AccessChain.Sign(vietnam, NodeId.Parse("MM"), 3, head, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldNotBeNull().ShouldContain("is of the log of");
        FlawIn(AccessChain.Sign(laos with { Node = vietnam.Node }, thailand, 3, head, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldNotBeNull().ShouldContain("does not count");
        FlawIn(AccessChain.Sign(shared.Region.PenOf("TH"), thailand, 3, head, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldNotBeNull().ShouldContain("does not count");
        FlawIn(AccessChain.Sign(laos, thailand, 4, head, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldBe("LA countersigned 4 rows, and the log has 3: row 4 was taken away, or the log set back.");
        FlawIn(AccessChain.Sign(laos, thailand, 2, head, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldBe("LA countersigned another row 2, on 1970-01-01: that row, or one before it, was written anew since.");
        foreach (var malformed in (SignedLogWitness[])[AccessChain.Sign(laos, thailand, 0, head, inPlaceOf: null, DateTimeOffset.UnixEpoch), AccessChain.Sign(laos, thailand, 1UL << 40, head, inPlaceOf: null, DateTimeOffset.UnixEpoch),
            AccessChain.Sign(laos, thailand, 3, head.AsSpan(1), inPlaceOf: null, DateTimeOffset.UnixEpoch), AccessChain.Sign(laos, thailand, 3, head, inPlaceOf: null, DateTimeOffset.UnixEpoch.AddYears(300))])
            FlawIn(malformed).ShouldNotBeNull().ShouldContain("does not count");
        // What a row acknowledges as lost is no flaw; what stands in place of something that no row acknowledges is one.
        var before = AccessChain.PlaceOf(LogWitness.Parser.ParseFrom(AccessChain.Sign(laos, thailand, 9, head, inPlaceOf: null, DateTimeOffset.UnixEpoch).Witness));
        var instead = AccessChain.Sign(laos, thailand, 3, head, before, DateTimeOffset.UnixEpoch);
        FlawIn(instead).ShouldBe("LA countersigned row 3 in place of row 9, and no row of the log acknowledges that it breaks off there: one was taken away.");
        var broken = new AccessRow { Number = 4, Act = AccessAct.Break, Lost = { before } }.ToByteArray();
        rows.Add(new() { Row = ByteString.CopyFrom(broken), Hash = ByteString.CopyFrom(AccessChain.HeadOf(head, AccessChain.DigestOf(broken))) });
        AccessChain.FlawIn(rows).ShouldBeNull();
        FlawIn(instead, AccessChain.Sign(laos, thailand, 9, head, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldBeNull();
        FlawIn(AccessChain.Sign(laos, thailand, 8, head, inPlaceOf: null, DateTimeOffset.UnixEpoch)).ShouldNotBeNull();
        foreach (var part in (Action<SignedLogWitness>[])[signed => signed.Witness = Changed(signed.Witness), signed => signed.Signature = Changed(signed.Signature), signed => signed.KeyId = "LA-\u001b[2J"])
        {
            var changed = right.Clone();
            part(changed);
            var flaw = FlawIn(changed).ShouldNotBeNull();
            flaw.ShouldContain("does not count");
            flaw.ShouldNotContain("\u001b");
        }
        // A signature for something else is none for this.
        var receipt = right.Clone();
        receipt.Signature = ByteString.CopyFrom(laos.Key.Sign(SignatureKind.Receipt, right.Witness.Span));
        FlawIn(receipt).ShouldNotBeNull().ShouldContain("does not count");

        string? FlawIn(params SignedLogWitness[] witnesses) => AccessChain.FlawInWitnesses(rows, witnesses, list);

        static ByteString Changed(ByteString bytes) => ByteString.CopyFrom([.. bytes.Span[..^1], (byte)(bytes[^1] ^ 1)]);
    }

    static async Task UntilAsync(Func<Task<bool>> isSo) => (await Poll.UntilAsync(isSo, TimeSpan.FromSeconds(60), Cancelled)).ShouldBeTrue();
}
