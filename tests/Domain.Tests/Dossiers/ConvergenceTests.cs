using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Domain.Tests.Referrals;
using FsCheck;
using FsCheck.Fluent;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>The property that everything rests on: the same entries mean the same on every node.</summary>
public sealed class ConvergenceTests
{
    const int Many = 10_000;

    const int Some = 2_000;

    const int MostEntries = 24;

    [Fact]
    public void The_same_entries_give_the_same_verdicts_and_state_in_whatever_order_they_come() =>
        ForAll(Many, (history, chance) =>
        {
            var held = history.Held;
            var dossier = history.Fold(held);

            ShouldAgree(history.Fold(held), dossier);
            ShouldAgree(history.Fold(held.Reverse()), dossier);
            ShouldAgree(history.Fold(Shuffled(held, chance)), dossier);
        });

    [Fact]
    public void Two_nodes_that_come_to_hold_the_same_entries_agree_by_whatever_way() =>
        ForAll(Some, (history, chance) =>
        {
            var held = history.Held;
            var dossier = history.Fold(held);
            for (var node = 0; node < 2; node++)
            {
                var arrived = new List<Entry>();
                var placed = new HashSet<EntryHash>();
                foreach (var batch in Shuffled(held, chance).Chunk(1 + chance.Of(MostEntries / 2)))
                {
                    arrived.AddRange(batch);
                    var partial = history.Fold(arrived);
                    ShouldHaveOneVerdictEach(partial, arrived);
                    // What was once in its place never waits again.
                    partial.Entries.Count(judged => placed.Contains(judged.Entry.Hash)).ShouldBe(placed.Count);
                    placed.UnionWith(partial.Entries.Select(judged => judged.Entry.Hash));
                }
                ShouldAgree(history.Fold(arrived), dossier);
            }
        });

    [Fact]
    public void Every_entry_is_applied_recorded_void_stopped_or_waiting_and_no_two_of_these() =>
        ForAll(Some, (history, _) => ShouldHaveOneVerdictEach(history.Fold(), history.Held));

    [Fact]
    public void An_entry_counts_after_all_that_it_descends_from_and_waits_only_for_what_is_missing() =>
        ForAll(Some, (history, _) =>
        {
            var dossier = history.Fold();
            var placed = new HashSet<EntryHash>();
            foreach (var (entry, _) in dossier.Entries)
            {
                // What a stranger writes is void whatever it descends from.
                if (!entry.By(Pair.Stranger)) Past(entry).ShouldBeSubsetOf(placed);
                placed.Add(entry.Hash);
            }
            if (dossier.OpeningEntry is not null)
                dossier.Waiting.ShouldAllBe(entry => Past(entry).Any(hash => !placed.Contains(hash)));
        });

    [Fact]
    public void A_fork_voids_both_and_all_later_ones_of_its_author_but_withdrawals() =>
        ForAll(Some, (history, _) =>
        {
            var dossier = history.Fold();
            foreach (var chain in history.Held.GroupBy(entry => entry.Author))
            {
                var forkedFrom = ForkedFrom(history, chain);
                foreach (var entry in chain.Where(entry => !history.BeyondRevocation.Contains(entry.Hash)))
                {
                    var verdict = dossier.On(entry);
                    if (entry.Seq >= forkedFrom && entry.Body is not ConsentWithdrawn)
                        verdict.ShouldBeOneOf(nameof(ReasonCode.Forked), nameof(ReasonCode.ForeignAuthor), nameof(ReasonCode.WrongForm), "waiting");
                    else
                        verdict.ShouldNotBe(nameof(ReasonCode.Forked));
                }
            }
        });

    [Fact]
    public void Neither_a_fork_nor_an_upgrade_stop_nor_a_gap_suspends_a_withdrawal() =>
        ForAll(Some, (history, _) =>
        {
            var dossier = history.Fold();
            var withdrawals = history.Held.Where(entry => entry.Body is ConsentWithdrawn).ToList();
            foreach (var entry in withdrawals)
            {
                var isWriters = entry.By(history.Sender) || entry.By(history.Receiver);
                var shows = dossier.On(entry) is not nameof(ReasonCode.WrongForm) && !history.BeyondRevocation.Contains(entry.Hash)
                    && (isWriters || dossier.OpeningEntry is null);
                dossier.Withdrawals.Contains(entry).ShouldBe(shows, $"{entry.Author} {entry.Seq} is {dossier.On(entry)}");
                if (shows && dossier.State is not null) dossier.On(entry).ShouldBeOneOf("applied", "waiting");
            }
            dossier.Withdrawals.ShouldBeSubsetOf(withdrawals);

            var all = withdrawals.Any(entry => entry.Body is ConsentWithdrawn { Scope: WithdrawalScope.Everything } && dossier.On(entry) is "applied");
            (dossier.State?.State is ReferralState.Withdrawn).ShouldBe(all);
        });

    [Fact]
    public void Behind_an_upgrade_stop_nothing_but_a_withdrawal_is_applied_and_nothing_is_void_for_the_protocols_reasons() =>
        ForAll(Some, (history, _) =>
        {
            var dossier = history.Fold();
            var behind = dossier.Entries.SkipWhile(judged => judged.Verdict is not Verdict.UpgradeNeeded).Select(judged => judged.Entry).ToList();
            (behind.Count > 0).ShouldBe(dossier.UpgradeNeeded);
            foreach (var entry in behind)
            {
                dossier.On(entry).ShouldBeOneOf(entry.Body is ConsentWithdrawn
                    ? ["applied", "upgrade needed", nameof(ReasonCode.ForeignAuthor), nameof(ReasonCode.WrongForm), nameof(ReasonCode.KeyRevoked)]
                    : ["upgrade needed", nameof(ReasonCode.ForeignAuthor), nameof(ReasonCode.WrongForm), nameof(ReasonCode.KeyRevoked), nameof(ReasonCode.Forked)]);
            }
        });

    [Fact]
    public void What_is_asked_before_an_entry_is_written_is_what_becomes_of_it() =>
        ForAll(Some, (history, chance) =>
        {
            var dossier = history.Fold();
            // Of a fork's two ends a draft can have seen but one.
            if (dossier.State is not { } state || dossier.UpgradeNeeded || HasForked(history.Sender) || HasForked(history.Receiver)) return;

            // A withdrawal counts also on a branch that breaks off, which no draft has seen.
            if (history.Held.Any(entry => entry.Body is ConsentWithdrawn && IsOffItsChain(entry))) return;
            if (!WritesOn(history.Sender) || !WritesOn(history.Receiver)) return;
            foreach (var author in new[] { history.Sender, history.Receiver }.Where(author => dossier.OpeningEntry!.Opening!.Writers.Contains(author)))
            {
                // A correction is judged by what it corrects, before the fold.
                var body = history.AnyBut<Corrected>(chance);
                var answers = history.Held[chance.Of(history.Held.Count)].Hash;
                var draft = history.Sign(dossier.Draft(author, new Statement(Sample.Desk, body, Sample.Today, Channel.Node) { Answers = answers }, Sample.Now));
                // A number that a broken branch bears already cannot be written once more without a fork.
                if (history.Held.Any(entry => entry.By(author) && entry.Seq == draft.Seq)) continue;
                history.Fold([.. history.Held, draft]).On(draft).ShouldBe(state.Next(draft).Word());
            }

            bool HasForked(NodeId author) => ForkedFrom(history, history.Held.Where(entry => entry.By(author))) < int.MaxValue;

            // A chain may break off and go on elsewhere; but not who named a head that no node names, or has not yet got back what it wrote itself.
            bool WritesOn(NodeId author) => history.Held.Where(entry => entry.By(author)).All(entry =>
                IsOffItsChain(entry) || (dossier.On(entry) is not (nameof(ReasonCode.WrongForm) or "waiting") && entry.Seen.All(IsAHead)));

            bool IsAHead(Head head) => head.Author != Pair.Stranger && history.Held.Any(entry => entry.Hash == head.Hash && !IsOffItsChain(entry));

            bool IsOffItsChain(Entry entry)
            {
                var previous = history.Held.FirstOrDefault(other => other.Hash == entry.Previous);
                return previous is null ? entry.Seq > 1 : previous.Author != entry.Author || previous.Seq != entry.Seq - 1 || IsOffItsChain(previous);
            }
        });

    [Fact]
    public void The_histories_hold_every_situation()
    {
        var seen = new Dictionary<string, int>();
        ForAll(Many, (history, _) =>
        {
            foreach (var situation in Situations(history, history.Fold()).Distinct())
                seen[situation] = seen.GetValueOrDefault(situation) + 1;
        });

        string[] every =
        [
            "applied", "recorded", "upgrade needed", "waiting", nameof(ReasonCode.AnswersNothing), nameof(ReasonCode.Retracted), nameof(ReasonCode.OtherPlan),
            nameof(ReasonCode.WishMissing), nameof(ReasonCode.OutcomeNotOpen), nameof(ReasonCode.NotOpen), nameof(ReasonCode.WrongParticipant), nameof(ReasonCode.CodeNotAllowed), nameof(ReasonCode.ForeignAuthor),
            nameof(ReasonCode.WrongForm), nameof(ReasonCode.Forked), nameof(ReasonCode.KeyRevoked), nameof(ReasonCode.OpeningVoid), nameof(ReasonCode.ConsentMissing),
            .. Enum.GetNames<ReferralState>().Select(state => $"stands {state}"),
            "the opening is missing", "the opening is void", "the opening is not understood", "an entry of good form crossed another's",
            "a withdrawal on a fork", "a withdrawal behind a stop", "a withdrawal behind a gap", "a withdrawal after a void opening",
            "everything fits", "on paper", "corrected", "something is owed", "a contradiction", .. Protocol.Statements.Values.Select(statement => $"applied {statement(Pair.Usual).Name}"),
            "both forked", "a stop with entries behind it", "all of one chain seen late",
        ];
        every.Where(situation => seen.GetValueOrDefault(situation) < 3).ShouldBeEmpty();
    }

    static IEnumerable<string> Situations(History history, Dossier<Referral> dossier)
    {
        var held = history.Held;
        foreach (var entry in held) yield return dossier.On(entry);
        foreach (var entry in held.Where(entry => dossier.On(entry) is "applied")) yield return $"applied {entry.Body.Name}";
        if (held.Any(entry => entry.Body is Corrected { Replacement: not null } && dossier.On(entry) is "applied")) yield return "corrected";
        if (held.Any(entry => entry.OnBehalfOf is not null && dossier.On(entry) is "applied")) yield return "on paper";
        if (dossier.State is { Debts.Count: > 0 }) yield return "something is owed";
        if (dossier.State is { } torn && torn.Debts.Any(debt => debt.Clock is Clock.Resolve)) yield return "a contradiction";

        if (dossier.State is { } state) yield return $"stands {state.State}";
        if (dossier.OpeningEntry is null) yield return "the opening is missing";
        else if (dossier.State is null) yield return dossier.UpgradeNeeded ? "the opening is not understood" : "the opening is void";
        if (held.Count > 5 && dossier.Entries.Length == held.Count && dossier.Entries.All(judged => judged.Verdict is Verdict.Applied)) yield return "everything fits";
        if (dossier.Entries.SkipWhile(judged => judged.Verdict is not Verdict.UpgradeNeeded).Count() > 3) yield return "a stop with entries behind it";

        var forked = held.Where(entry => dossier.On(entry) is nameof(ReasonCode.Forked)).ToList();
        if (forked.Select(entry => entry.Author).Distinct().Count() == 2) yield return "both forked";

        var stopped = dossier.Entries.TakeWhile(judged => judged.Verdict is not Verdict.UpgradeNeeded).Count();
        foreach (var entry in dossier.Withdrawals)
        {
            if (forked.Any(fork => fork.By(entry.Author) && fork.Seq <= entry.Seq)) yield return "a withdrawal on a fork";
            if (dossier.Entries.Skip(stopped).Any(judged => judged.Entry == entry && judged.Verdict is Verdict.Applied)) yield return "a withdrawal behind a stop";
            if (dossier.Waiting.Contains(entry)) yield return "a withdrawal behind a gap";
            if (dossier.On(entry) is nameof(ReasonCode.OpeningVoid)) yield return "a withdrawal after a void opening";
        }

        var applied = dossier.Entries.Where(judged => judged.Verdict is Verdict.Applied).Select(judged => judged.Entry).ToList();
        if (applied.Any(entry => applied.Any(other => other.Author != entry.Author && entry.Seq > 1 && other.Seq > 1
            && !entry.Seen.Any(head => head.Seq >= other.Seq) && !other.Seen.Any(head => head.Seq >= entry.Seq))))
            yield return "an entry of good form crossed another's";
        if (applied.Any(entry => entry.Seq > 3 && entry.Seen.All(head => head.Seq == 1))) yield return "all of one chain seen late";
    }

    /// <summary>Random histories, and chance for the test itself. A failure prints the dice, shrunk, and the seed.</summary>
    static void ForAll(int histories, Action<History, Die> holds) =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue).ArrayOf(), ArbMap.Default.ArbFor<int[]>().Shrinker), (int[] dice) => holds(History.Of(dice), new Die(dice.Aggregate(0, (sum, die) => unchecked((sum * 31) + die)))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(histories).WithEndSize(MostEntries).WithQuietOnSuccess(true));

    static void ShouldAgree(Dossier<Referral> one, Dossier<Referral> other)
    {
        one.State.ShouldBe(other.State);
        one.State?.Debts.ShouldBe(other.State!.Debts);
        one.UpgradeNeeded.ShouldBe(other.UpgradeNeeded);
        one.Entries.SequenceEqual(other.Entries).ShouldBeTrue("verdicts differ");
        one.Waiting.SequenceEqual(other.Waiting).ShouldBeTrue("other entries wait");
        one.Withdrawals.SequenceEqual(other.Withdrawals).ShouldBeTrue("withdrawals differ");
        one.Heads.SequenceEqual(other.Heads).ShouldBeTrue("heads differ");
    }

    static void ShouldHaveOneVerdictEach(Dossier<Referral> dossier, IReadOnlyCollection<Entry> held)
    {
        var told = dossier.Entries.Select(judged => judged.Entry.Hash).Concat(dossier.Waiting.Select(entry => entry.Hash)).ToList();
        told.Count.ShouldBe(held.Count);
        told.ToHashSet().SetEquals(held.Select(entry => entry.Hash)).ShouldBeTrue();
        dossier.Entries.ShouldAllBe(judged => judged.Verdict != null);
        foreach (var judged in dossier.Entries) dossier.VerdictOn(judged.Entry.Hash).ShouldBe(judged.Verdict);
    }

    /// <summary>The first number under which a chain holds two entries that stand under their key; the greatest number where none does.</summary>
    static int ForkedFrom(History history, IEnumerable<Entry> chain) =>
        chain.Where(entry => !history.BeyondRevocation.Contains(entry.Hash))
            .GroupBy(entry => entry.Seq).Where(place => place.Count() > 1).Select(place => place.Key).DefaultIfEmpty(int.MaxValue).Min();

    static IEnumerable<EntryHash> Past(Entry entry) =>
        entry.Seen.Select(head => head.Hash).Concat(entry.Previous is { } previous ? [previous] : []);

    static List<Entry> Shuffled(IEnumerable<Entry> entries, Die chance)
    {
        var shuffled = entries.ToList();
        for (var i = shuffled.Count - 1; i > 0; i--)
        {
            var j = chance.Of(i + 1);
            (shuffled[i], shuffled[j]) = (shuffled[j], shuffled[i]);
        }
        return shuffled;
    }
}
