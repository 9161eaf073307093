using System.Collections.Immutable;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Postgres;
using Coordination.Local;
using Npgsql;

namespace Coordination.Simulation.Tests;

/// <summary>The simulation shows something only if its database does what PostgreSQL does: both are asked the same, at random.</summary>
public sealed class StoreAgreementTests
{
    const int Calls = 1_000;

    static readonly NodeId Own = Region.Countries[0];
    static readonly NodeId[] Peers = [Region.Countries[1], Region.Countries[2]];
    static readonly Domain.Dossiers.Office Another = Domain.Dossiers.Office.TryParse("case-worker@simulated", out var other) ? other : throw new FormatException();

    static readonly Domain.Dossiers.Office Office = Domain.Dossiers.Office.TryParse("focal-point@simulated", out var office) ? office : throw new FormatException();

    readonly Chance _chance = new(20261123);
    readonly List<Entry> _entries = [];
    readonly List<SignedEntry> _signed = [];
    readonly Database _simulated = new(Own);
    DateTimeOffset _now = Clock.Start;
    DateTimeOffset _claimedUntil;
    int _commands;

    [Fact]
    public async Task The_simulated_database_answers_whatever_it_is_asked_as_PostgreSQL_does()
    {
        await using var server = await PostgresServer.StartAsync(Cancelled);
        var database = await server.CreateDatabaseAsync("agreement", Cancelled);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await Migrations.ApplyAsync(source, typeof(PostgresStore).Assembly, Cancelled);
        var real = new PostgresStore(source, Region.PenOf(Own));

        var answers = new HashSet<string>();
        for (var call = 1; call <= Calls; call++)
        {
            _now += TimeSpan.FromSeconds(1 + _chance.Of(20));
            var (name, askReal, askSimulated) = Question();
            var answer = await Answer(() => askReal(real));
            (await Answer(() => Task.FromResult(askSimulated()))).ShouldBe(answer, $"call {call}, {name}");
            answers.Add($"{name}: {(answer.Length > 0 ? answer[..Math.Min(answer.Length, 12)] : "nothing")}");
            foreach (var id in _entries.Select(entry => entry.Dossier).Distinct().Where(_ => _chance.OneIn(8)))
                Told(_simulated.Find(id)).ShouldBe(Told(await real.FindAsync(id, Cancelled)), $"after call {call}, {name}");
        }
        // Agreeing on nothing but failures would be no agreement.
        foreach (var wanted in new[] { "Append: Kept", "Append: JudgeAgain", "Append: Behind", "Append: throws", "Admit: done", "Admit: throws", "Pend: Kept", "Pend: JudgeAgain", "Sweep: 0", "ClaimStale: nothing", "ClaimLastingGaps: nothing", "CountHandOver: nothing" })
            answers.ShouldContain(wanted);
        foreach (var sometimes in new[] { "Sweep", "ClaimStale", "ClaimLastingGaps", "FindParts", "Claim", "ClaimGaps", "TellUndelivered" })
            answers.ShouldContain(answer => answer.StartsWith($"{sometimes}: ", StringComparison.Ordinal) && answer != $"{sometimes}: nothing" && answer != $"{sometimes}: 0");
        await server.DropDatabaseAsync(database, Cancelled);
    }

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>One random call, for either.</summary>
    (string Name, Func<PostgresStore, Task<string>> Real, Func<string> Simulated) Question()
    {
        var peer = _chance.Of(Peers);
        var now = _now;
        var id = _entries.Count == 0 ? default : _chance.Of(_entries).Dossier;
        var command = new CommandKey(Office, $"command-{_chance.Of(Math.Max(_commands, 1)):D8}");
        switch (_chance.Of(26))
        {
            case 0 or 1 or 2 or 3 or 4 or 5:
                var append = Append();
                return ("Append", async store => $"{await store.AppendAsync(append, Cancelled)}", () => $"{_simulated.Append(append)}");
            case 6 or 7 or 8 or 9:
                var admission = Admission();
                DossierId[] ids = [admission.Id];
                return ("Admit",
                    async store =>
                    {
                        await store.AdmitAsync(ids, _ => [admission], Cancelled);
                        return "done";
                    },
                    () =>
                    {
                        _simulated.Admit(ids, _ => [admission]);
                        return "done";
                    });
            case 10:
                var until = now.AddSeconds(_chance.Of(60));
                return ("Claim", async store => Told(await store.ClaimAsync(peer, 3, now, until, Cancelled)), () => Told(_simulated.ParcelsOf(peer, _simulated.Claim(peer, 3, now, until))));
            case 11 or 12:
                var receipts = Receipts(peer);
                ImmutableArray<Settled> settled = [.. _entries.Select(entry => entry.Dossier).Distinct().Where(_ => _chance.OneIn(3))
                    .Select(dossier => new Settled(dossier, _chance.OneIn(2) ? now.AddSeconds(5) : null, _chance.OneIn(5) ? "REFUSED" : null, _chance.OneIn(3) ? now : null))];
                return ("Settle",
                    async store =>
                    {
                        await store.SettleAsync(peer, receipts, settled, Cancelled);
                        return "done";
                    },
                    () =>
                    {
                        _simulated.Settle(peer, receipts, settled);
                        return "done";
                    });
            case 13:
                var pause = TimeSpan.FromSeconds(5);
                var longest = TimeSpan.FromSeconds(60);
                return ("ClaimGaps",
                    async store => string.Join(' ', (await store.ClaimGapsAsync(peer, 100, now, pause, longest, Cancelled)).Order()),
                    () => string.Join(' ', _simulated.ClaimGaps(peer, 100, now, pause, longest).Order()));
            case 14:
                return ("CountWithoutOpening", async store => $"{await store.CountWithoutOpeningAsync(peer, Cancelled)}", () => $"{_simulated.CountWithoutOpening(peer)}");
            case 15:
                var bucket = DossierDigest.BucketOf(id);
                return ("Compare",
                    async store => $"{string.Join(' ', await store.GetBucketsAsync(peer, Cancelled))} {string.Join(' ', await store.ListDossiersAsync(peer, bucket, null, 2, Cancelled))} {(await store.ListDossiersAsync(peer, bucket, id, 2, Cancelled)).Length}",
                    () => $"{string.Join(' ', _simulated.Buckets(peer))} {string.Join(' ', _simulated.List(peer, bucket, null, 2))} {_simulated.List(peer, bucket, id, 2).Length}");
            case 16:
                return ("Announce",
                    async store =>
                    {
                        await store.AnnounceAsync(peer, now, Cancelled);
                        return "done";
                    },
                    () =>
                    {
                        _simulated.Announce(peer, now);
                        return "done";
                    });
            case 17:
                var pending = new PendingWithdrawal(command, Draft(id, Own, int.MaxValue), EntryWire.Write(Draft(id, Own, int.MaxValue), []).Bytes);
                var answered = new Answered(new byte[32], new byte[] { 7 });
                if (!_entries.Exists(entry => entry.Dossier == id) || _simulated.Row(id) is null) goto case 18;
                return ("Pend", async store => $"{await store.PendAsync(pending, answered, now, Cancelled)}", () => $"{_simulated.Pend(pending, answered)}");
            case 18:
                return ("Answer", async store => Told(await store.FindAnswerAsync(command, Cancelled)), () => Told(_simulated.Answer(command)));
            case 19 or 20:
                return HandOver(peer, id);
            default:
                return Told(id);
        }
    }

    /// <summary>What is made of the overviews, and what is told by them.</summary>
    (string, Func<PostgresStore, Task<string>>, Func<string>) Told(DossierId id)
    {
        var now = _now;
        var (until, held, overview) = (_claimedUntil, (_simulated.Row(id)?.Entries.Count ?? 0) + (_chance.OneIn(6) ? 1 : 0), Overview());
        var before = now.AddSeconds(-_chance.Of(100));
        switch (_chance.Of(8))
        {
            case 7:
                var late = before.AddSeconds(-_chance.Of(100));
                return ("TellUndelivered",
                    async store => $"{await store.TellUndeliveredAsync(1000, before, late, now, Cancelled)}",
                    () => $"{_simulated.TellUndelivered(1000, before, late, now, (_, _) => { })}");
            case 0 or 1:
                var next = _claimedUntil = now.AddSeconds(1 + _chance.Of(30));
                // Those of one time come in any order: all, or none can be compared.
                return ("ClaimStale", async store => string.Join(' ', (await store.ClaimStaleAsync(1000, now, next, Cancelled)).Order()), () => string.Join(' ', _simulated.ClaimStale(1000, now, next).Order()));
            case 2 or 3:
                return ("KeepOverviews",
                    async store =>
                    {
                        await store.KeepOverviewsAsync([(id, held, overview)], until, Cancelled);
                        return "done";
                    },
                    () =>
                    {
                        _simulated.KeepOverviews([(id, held, overview)], until);
                        return "done";
                    });
            case 4 when _chance.OneIn(3):
                return ("MarkAllStale",
                    async store =>
                    {
                        await store.MarkAllStaleAsync(Cancelled);
                        return "done";
                    },
                    () =>
                    {
                        _simulated.MarkAllStale();
                        return "done";
                    });
            case 4:
                return ("FindParts",
                    async store => string.Join(' ', (await store.FindPartsAsync(id, Own, Cancelled)).Select(part => part.Entry).Order()),
                    () => string.Join(' ', _simulated.FindParts(id, Own).Select(part => part.Entry).Order()));
            case 5:
                return ("ClaimLastingGaps",
                    async store => string.Join(' ', (await store.ClaimLastingGapsAsync(before, 1000, Cancelled)).Order()),
                    () => string.Join(' ', _simulated.ClaimLastingGaps(before, 1000).Order()));
            default:
                return ("Sweep",
                    async store => $"{await store.SweepAsync(1000, now, Tell, Cancelled)}",
                    () => $"{_simulated.Sweep(1000, now, Tell, (_, _) => { })}");
        }

        (IReadOnlyCollection<Notice>, DateTimeOffset?) Tell(DossierId dossier, DueDebt debt) =>
            ([new Notice(dossier, debt.Key, debt.WarnAt <= now ? NoticeKind.Warning : NoticeKind.Late, 1, debt.Office, now)], debt.DueAt > now ? debt.DueAt : null);
    }

    /// <summary>Debts of few kinds, so that they come and go and come again.</summary>
    Overview Overview() => new(
        "Sent", Peers[0], "Repatriation", "Routine", _chance.OneIn(2) ? Office : null,
        [.. Enumerable.Range(0, 4).Where(_ => _chance.OneIn(2)).Select(number => new DueDebt(
            new DebtKey("Resolve", Own, number, EntryHash.Of([(byte)number]), null), _chance.OneIn(4) ? Another : Office, _now, _chance.OneIn(2) ? _now.AddSeconds(10) : null,
            _chance.OneIn(3) ? null : Clock.Start.AddSeconds(100 * _chance.Of(40)), _chance.OneIn(3) ? TimeSpan.FromDays(1) : null, _chance.Of(2)))], TakenBack: 0);

    /// <summary>Of the entry, to this node and to a peer.</summary>
    ImmutableArray<KeptPart> Parts(Entry entry, params IEnumerable<NodeId> recipients) => [.. recipients.Where(_ => _chance.OneIn(3)).Select(recipient => new KeptPart(entry.Hash, recipient, new byte[] { 9 }))];

    (string, Func<PostgresStore, Task<string>>, Func<string>) HandOver(NodeId peer, DossierId id)
    {
        long? known = _chance.OneIn(4) ? null : HandOverNearby();
        var number = HandOverNearby();
        DossierId[] butFor = _chance.OneIn(3) ? [id] : [];
        return _chance.Of(7) switch
        {
            5 => ("RaiseFloor",
                async store =>
                {
                    await store.RaiseFloorAsync(peer, number + 1, Cancelled);
                    return "done";
                },
                () =>
                {
                    _simulated.RaiseFloor(peer, number + 1);
                    return "done";
                }),
            6 => ("FindFloor", async store => $"{await store.FindFloorAsync(peer, Cancelled)}", () => $"{_simulated.FindFloor(peer)}"),
            0 => ("BeginCatchUp", async store => $"{await store.BeginCatchUpAsync(known, number, Peers, Cancelled)}", () => $"{_simulated.BeginCatchUp(known, number, Peers)}"),
            1 => ("FindCatchUp", async store => $"{await store.FindCatchUpAsync(peer, Cancelled)}", () => $"{_simulated.FindCatchUp(peer)}"),
            2 or 3 => ("EndCatchUp",
                async store =>
                {
                    await store.EndCatchUpAsync(peer, number, butFor, Cancelled);
                    return "done";
                },
                () =>
                {
                    _simulated.EndCatchUp(peer, number, butFor);
                    return "done";
                }),
            _ => ("CountHandOver", async store => $"{await store.CountHandOverAsync(number, Cancelled)}", () => $"{_simulated.CountHandOver(number)}"),
        };
    }

    /// <summary>The last that was counted, or one that it is just behind or just past.</summary>
    long HandOverNearby() => Math.Max(0, _simulated.HandOvers - 1 + _chance.Of(3));

    /// <summary>Right for what is held, or wrong in one way.</summary>
    Append Append()
    {
        var opens = _entries.Count == 0 || _chance.OneIn(6);
        var id = opens ? default : _chance.Of(_entries).Dossier;
        var held = opens ? null : _simulated.Row(id);
        var seq = 1 + (held?.Entries.Where(kept => kept.HandedOnBy is null).Select(kept => kept.Entry.Seq).DefaultIfEmpty().Max() ?? 0);
        var signed = Sign(opens ? Opening() : Draft(id, Own, _chance.OneIn(12) ? Math.Max(seq - 1, 1) : seq), Own);
        if (!_chance.OneIn(10)) _commands++;
        List<PendingWithdrawal> pending = [.. _simulated.ListPending().Take(1).SelectMany(_simulated.Pending).Take(1)];
        return new Append(
            signed, (held?.Entries.Count ?? 0) + (_chance.OneIn(10) ? 1 : 0), Overview(), Parts(signed.Entry, Own, PeerOf(signed.Entry.Dossier)), SetDigest.OfNothing, Between(PeerOf(signed.Entry.Dossier)),
            pending.Count > 0 && _chance.OneIn(3) ? pending[0].Command : new CommandKey(Office, $"command-{_commands:D8}"),
            pending.Count > 0 && _chance.OneIn(3) ? null : new Answered(new byte[32], new byte[] { (byte)seq }), _chance.OneIn(10) ? HandOverNearby() : 0, _now)
        {
            Receipts = (held?.Receipts.Count ?? 0) + (_chance.OneIn(10) ? 1 : 0),
            AskFor = !opens && _chance.OneIn(4) ? [PeerOf(id)] : [],
        };
    }

    Admission Admission()
    {
        var opens = _entries.Count == 0 || _chance.OneIn(5);
        var author = _chance.Of(Peers);
        var signed = opens ? Sign(Opening() with { Author = author }, author)
            : _chance.OneIn(8) ? _chance.Of(_signed)
            : Sign(Draft(_chance.Of(_entries).Dossier, author, 1 + _chance.Of(4)), author);
        var id = signed.Entry.Dossier;
        var waits = _chance.OneIn(3);
        ImmutableArray<HeldEntry> entries = _chance.OneIn(6) ? [] : [new HeldEntry(signed, author, _now)];
        ImmutableArray<SignedReceipt> receipts = [.. _signed.Append(signed).Where(kept => kept.Entry.Dossier == id && _chance.OneIn(2)).Select(kept => Region.PenOf(Own).Receipt(kept.Entry, _now))];
        return new Admission(
            id, entries, _chance.OneIn(3) ? null : Between(PeerOf(id)), Overview(), entries.IsEmpty ? [] : Parts(signed.Entry, Own), _chance.OneIn(3) ? null : SetDigest.OfNothing,
            waits ? _now : null, waits ? [.. Peers.Where(_ => _chance.OneIn(2))] : [], receipts, []);
    }

    ImmutableArray<SignedReceipt> Receipts(NodeId holder) =>
        [.. _signed.Where(_ => _chance.OneIn(4)).Select(signed => Region.PenOf(holder).Receipt(_chance.OneIn(8) ? signed.Entry with { Seq = signed.Entry.Seq + 1 } : signed.Entry, _now))];

    SignedEntry Sign(Entry draft, NodeId author)
    {
        var signed = Region.PenOf(author).Sign(draft);
        _entries.Add(signed.Entry);
        _signed.Add(signed);
        return signed;
    }

    /// <summary>With whom a dossier is, whoever writes into it.</summary>
    static NodeId PeerOf(DossierId id) => Peers[id.ToArray()[0] % Peers.Length];

    static Opening Between(NodeId peer) => new(Kind.Referral, Referral.ProtocolVersion, [Own, peer], []);

    Entry Opening() => Draft(default, Own, 1) with { Opening = Between(Peers[0]), Body = new Opened(
        ReferralType.Repatriation, Own, Peers[0], Instrument.Bilateral, Urgency.Routine, Minority.Adult, Basis.CourtOrder, null, null, false, false,
        new DateOnly(2027, 1, 1), null, Links.None, Clocks.Default(Urgency.Routine)) };

    /// <summary>Different each time, by its time.</summary>
    Entry Draft(DossierId id, NodeId author, int seq) => new(
        default, id, author, seq, Previous: null, Seen: [], Answers: null, _now, new DateOnly(2026, 11, 22), Channel.Node, Office, null, null, [], null, new ConsentWithdrawn(new WithdrawalScope.Everything()));

    static async Task<string> Answer(Func<Task<string>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception violated) when (violated is PostgresException or InvalidOperationException)
        {
            return "throws";
        }
    }

    static string Told(HeldDossier? held) => held is null ? "nothing" : $"""
        {string.Join(' ', held.Entries.OrderBy(kept => kept.Entry.Hash).Select(kept => $"{kept.Entry.Hash}/{kept.HandedOnBy}/{kept.HeldSince:O}"))}
        {string.Join(' ', held.Receipts.Select(receipt => $"{receipt.Hash}/{receipt.Holder}/{receipt.Seq}").Order(StringComparer.Ordinal))}
        stopped {string.Join(' ', held.Stops.Order(Comparer<Stop>.Create((one, other) => one.Peer.CompareTo(other.Peer))))}
        waits since {held.WaitingSince:O}, pending {string.Join(' ', held.Pending.Select(pending => pending.Command.CommandId))}, catching up with {string.Join(' ', held.CatchingUpWith.Order())}
        parts of {string.Join(' ', held.Parts.Order())}
        """;

    static string Told(Answered? answered) => answered is null ? "nothing" : Convert.ToHexString(answered.Answer.Span);

    static string Told(ImmutableArray<Parcel> parcels) =>
        string.Join(' ', parcels.Select(parcel => $"{parcel.Dossier.Short}: {string.Join(',', parcel.Entries.OrderBy(signed => signed.Entry.Seq).ThenBy(signed => signed.Entry.Hash).Select(signed => signed.Entry.Hash))} {parcel.Parts.Length} {parcel.StoppedBy} {parcel.WaitingSince:O}"));
}
