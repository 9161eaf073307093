using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Local;
using Google.Protobuf;
using SignedEntry = Coordination.Contracts.Dossier.V1.SignedEntry;

namespace Coordination.CountryNode.Tests;

/// <summary>What tests ask of a region.</summary>
static class Regions
{
    public static OfficeClient Office(this Region region, string node, string role = "focal-point") =>
        region.Office(region[node], role);

    public static OfficeClient Office(this Region region, RegionNode node, string role = "focal-point") =>
        new(region, node, node.Tokens[role.Contains('@', StringComparison.Ordinal) ? role : $"{role}@{node.Country.Unit}"]);

    /// <summary>What both sides see alike: all but what is open to one of them.</summary>
    public static Referral Common(this Referral referral)
    {
        var common = referral.Clone();
        common.Offers.Clear();
        return common;
    }

    /// <summary>An adult's repatriation from one country to another, with consent; nobody in particular.</summary>
    public static Opened Repatriation(string host, string origin) => new()
    {
        Type = ReferralType.Repatriation,
        Host = host,
        Origin = origin,
        Instrument = Instrument.CommitMemorandum,
        Urgency = Urgency.Routine,
        Minority = Minority.Adult,
        Basis = Basis.Consent,
        Consent = new Consent { Purposes = { Purpose.Return }, Recipients = { origin }, Until = InDays(180) },
        ReplyBy = InDays(14),
    };

    /// <summary>A day from today, in the region's middle time zone.</summary>
    public static string InDays(int days) =>
        RegionalTime.Today(NodeId.Parse("TH"), TimeProvider.System.GetUtcNow()).AddDays(days).ToString("yyyy-MM-dd");

    /// <summary>The keys of a node's dossiers, as a further replica of it has them.</summary>
    public static DossierKeys DossierKeys(this RegionNode node) => new(node.Keys, new ErasureList(node.ErasureFolder));

    /// <summary>Every entry that a node holds, of one dossier or of all, as one text: bytes, signature, key, by hash.</summary>
    public static Task<string> SetAsync(this RegionNode node, ByteString? dossier = null) => node.AskAsync<string>(
        """
        select coalesce(string_agg(encode(hash, 'hex') || encode(sha256(bytes), 'hex') || encode(signature, 'hex') || key_id, E'\n' order by hash), '')
        from entry where $1::bytea is null or dossier_id = $1
        """, dossier?.ToByteArray() ?? (object)DBNull.Value);

    /// <summary>Every entry of the dossiers in which another country takes part, as <see cref="SetAsync"/> gives it.</summary>
    public static Task<string> SetToAsync(this RegionNode node, string other) => node.AskAsync<string>(
        """
        select coalesce(string_agg(encode(hash, 'hex') || encode(sha256(bytes), 'hex') || encode(signature, 'hex') || key_id, E'\n' order by hash), '')
        from entry where exists (select from participant where participant.dossier_id = entry.dossier_id and participant.node = $1)
        """, other);

    /// <summary>Where every dossier stands at a node, as one text, by id.</summary>
    public static Task<string> StatesAsync(this RegionNode node) => node.AskAsync<string>(
        "select coalesce(string_agg(encode(id, 'hex') || ' ' || coalesce(state, '-'), E'\n' order by id), '') from dossier");

    /// <summary>Keeps what a node writes into a dossier from leaving, as if another replica had just claimed it.</summary>
    public static Task HoldBackAsync(this RegionNode node, ByteString dossier, string peer) => node.AskAsync<object?>(
        """
        insert into outbox (peer, dossier_id, last_seq, queued_at, claimed_until) values ($1, $2, 1, now(), now() + interval '1 hour')
        on conflict (peer, dossier_id) do update set claimed_until = excluded.claimed_until
        """, peer, dossier.ToByteArray());

    /// <summary>Writes a withdrawal in part and a cancellation that both stay held back, and gives the second: whoever gets it has a gap.</summary>
    public static async Task<SignedEntry> WriteTwoKeepOneAsync(this RegionNode node, OfficeClient office, ByteString dossier, string peer)
    {
        await node.UntilDeliveredAsync(dossier);
        await node.HoldBackAsync(dossier, peer);
        var part = new ConsentWithdrawn { Part = new() { Purposes = { Purpose.Proceedings } } };
        await office.Referrals.WithdrawConsentAsync(new() { Command = OfficeClient.About(), DossierId = dossier, Withdrawn = part }, office.Options);
        await office.CancelAsync(dossier);
        var last = (await office.HistoryAsync(dossier)).Entries[^1];
        return new SignedEntry { Entry = last.Entry, Signature = last.Signature, KeyId = last.KeyId };
    }

    /// <summary>Loses entries of a dossier from one place of an author's chain on, as if they had never come.</summary>
    public static Task LoseAsync(this RegionNode node, ByteString dossier, string author, int from) => node.AskAsync<object?>(
        """
        with lost as (select hash from entry where dossier_id = $1 and author = $2 and seq >= $3),
        receipts as (delete from receipt using lost where receipt.hash = lost.hash),
        numbered as (delete from change using lost where change.entry_hash = lost.hash),
        unnumbered_yet as (delete from unnumbered using lost where unnumbered.entry_hash = lost.hash),
        parts as (delete from part using lost where part.entry_hash = lost.hash),
        files as (delete from case_file using lost where case_file.entry_hash = lost.hash),
        entries as (delete from entry using lost where entry.hash = lost.hash)
        update dossier set held = left_over.held, digest = left_over.digest
        from (select count(*) as held, sha256(string_agg(hash, ''::bytea order by hash)) as digest
            from entry where dossier_id = $1 and hash not in (select hash from lost)) as left_over
        where id = $1
        """, dossier.ToByteArray(), author, from);

    /// <summary>Loses a dossier as if nothing of it had ever come.</summary>
    public static async Task LoseAsync(this RegionNode node, ByteString dossier)
    {
        foreach (var table in (string[])["unnumbered", "change"])
            await node.AskAsync<object?>($"delete from {table} where entry_hash in (select hash from entry where dossier_id = $1)", dossier.ToByteArray());
        foreach (var table in (string[])["notice", "debt", "part", "case_file", "outbox", "gap", "receipt", "entry", "participant"])
            await node.AskAsync<object?>($"delete from {table} where dossier_id = $1", dossier.ToByteArray());
        await node.AskAsync<object?>("delete from dossier where id = $1", dossier.ToByteArray());
    }

    /// <summary>How many dossiers have another digest than what is held of them.</summary>
    public static Task<long> WrongDigestsAsync(this RegionNode node) => node.AskAsync<long>(
        """
        select count(*) from dossier where digest is distinct from (
            select sha256(string_agg(entry.hash, ''::bytea order by entry.hash)) from entry
            join participant on participant.dossier_id = entry.dossier_id and participant.node = entry.author and participant.writes
            where entry.dossier_id = dossier.id)
        """);

    /// <summary>Lets go of what was held back.</summary>
    public static Task LetGoAsync(this RegionNode node, ByteString dossier) =>
        node.AskAsync<object?>("update outbox set claimed_until = null where dossier_id = $1", dossier.ToByteArray());

    /// <summary>Waits until the peers have everything that a node wrote into a dossier.</summary>
    public static async Task UntilDeliveredAsync(this RegionNode node, ByteString dossier) =>
        (await Poll.UntilAsync(
            async () => await node.AskAsync<long>("select count(*) from outbox where dossier_id = $1", dossier.ToByteArray()) == 0,
            TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue($"{node.Id} still has something to deliver.");

    /// <summary>Waits until nothing is on its way any more.</summary>
    public static async Task SettledAsync(this Region region, TimeSpan limit, params string[] nodes)
    {
        var waiting = "";
        var settled = await Poll.UntilAsync(async () =>
        {
            waiting = "";
            foreach (var node in region.Nodes.Where(node => nodes.Length == 0 || nodes.Contains(node.Id)))
            {
                var outbox = await node.AskAsync<long>("select count(*) from outbox");
                var gaps = await node.AskAsync<long>("select count(*) from dossier where waiting_since is not null");
                if (outbox + gaps > 0) waiting += $"{node.Id}: {outbox} to deliver, {gaps} with gaps. ";
            }
            return waiting.Length == 0;
        }, limit, TestContext.Current.CancellationToken);
        settled.ShouldBeTrue(waiting);
    }
}
