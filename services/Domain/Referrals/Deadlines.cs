using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Referrals;

/// <summary>When a debt warns and is due.</summary>
/// <param name="WarnAt">UTC; null where nobody is warned.</param>
/// <param name="DueAt">UTC; what is not done by then is late.</param>
/// <param name="AgainEvery">How often lateness is told again; null for once.</param>
/// <param name="ProgressEvery">How many months apart a note on progress is wanted until then; 0 for none.</param>
public sealed record Deadline(DateTimeOffset? WarnAt, DateTimeOffset DueAt, TimeSpan? AgainEvery, int ProgressEvery);

/// <summary>When entries were written, and when they came to be held.</summary>
/// <param name="Written">UTC: when their authors wrote them, by their own word.</param>
/// <param name="ReceivedByOther">UTC, by the receipts of the other country: since when it holds them; those that it does not are missing.</param>
public sealed record Receipts(IReadOnlyDictionary<EntryHash, DateTimeOffset> Written, IReadOnlyDictionary<EntryHash, DateTimeOffset> ReceivedByOther);

/// <summary>What is due when: beside the fold, since receipts and calendars are no entries. No state changes by time.</summary>
public sealed partial record Referral
{
    /// <summary>When a debt is due; null while its clock does not run: nobody has received its cause, or an answer is waited for.</summary>
    /// <remarks>
    /// It is counted in working days of the country that must act. While a question of the country that must act is
    /// unanswered, its clock stands. A hold is due by the end of its own last day, if that comes first.
    /// </remarks>
    public Deadline? Due(Debt debt, Receipts receipts, WorkingCalendar calendar)
    {
        var terms = Opened.Clocks.Of(debt.Clock, debt.Number, Opened.Urgency);
        var progress = debt.Clock is Clock.Assess or Clock.Locate or Clock.Trace ? 1 : 0;
        var again = debt.Clock is Clock.Find ? TimeSpan.FromDays(1) : (TimeSpan?)null;

        if (debt is { Clock: Clock.Prepare, On: { } travel })
            return new(terms.Warn is { } before ? calendar.Before(debt.Owes, travel, before) : null, RegionalTime.EndOf(debt.Owes, travel), null, 0);
        if (debt.On is { } day) return new(null, RegionalTime.EndOf(debt.Owes, day), null, 0);
        if (debt.Clock is Clock.Delivery && (Opened.OnPaper || receipts.ReceivedByOther.ContainsKey(debt.Cause))) return null;
        if (Since(debt, receipts) is not { } start) return null;
        foreach (var (asked, answered) in Waits())
        {
            if (answered <= start || asked > From(start).DueAt) continue;
            if (answered is null) return null;
            start += answered.Value - (asked > start ? asked : start);
        }
        return From(start);

        Deadline From(DateTimeOffset from)
        {
            var warnAt = terms.Warn is { } warn ? calendar.After(debt.Owes, from, warn) : (DateTimeOffset?)null;
            var dueAt = calendar.After(debt.Owes, from, terms.Due!.Value);
            // Nobody is held longer than was said: it warns at the beginning of the last day at the latest.
            return debt.Clock is Clock.EndHold && Hold is { Until: var last }
                ? new(Earlier(warnAt, RegionalTime.StartOf(debt.Owes, last)), Earlier(dueAt, RegionalTime.EndOf(debt.Owes, last))!.Value, again, progress)
                : new(warnAt, dueAt, again, progress);
        }

        IEnumerable<(DateTimeOffset Asked, DateTimeOffset? Answered)> Waits() => StandsWhileAsking(debt.Clock)
            ? from question in Questions
              where question.Kind is QuestionKind.Information && question.By == debt.Owes && receipts.ReceivedByOther.ContainsKey(question.Entry)
              let asked = receipts.ReceivedByOther[question.Entry]
              orderby asked
              select (asked, question.Answer is { } answer && receipts.ReceivedByOther.TryGetValue(answer, out var received) ? received : (DateTimeOffset?)null)
            : [];
    }

    /// <summary>UTC: since when the country that must act knows of a debt; null where nobody is known to.</summary>
    /// <remarks>
    /// Whoever stated the cause knows of it at once, whether or not a line is up: what it owes itself runs from when the
    /// entry was written. That time is in the entry, so that both nodes show the same dates; a receipt that is older, by a
    /// clock that disagrees, wins. What the other country owes runs from that country's receipt; on paper everything from
    /// the beginning of the day on which the cause happened.
    /// </remarks>
    public DateTimeOffset? Since(Debt debt, Receipts receipts)
    {
        if (debt.At is { } at) return at;
        if (Opened.OnPaper) return RegionalTime.StartOf(debt.Owes, debt.CausedOn);
        var received = receipts.ReceivedByOther.TryGetValue(debt.Cause, out var there) ? there : (DateTimeOffset?)null;
        if (debt.CausedBy != debt.Owes) return received;
        return receipts.Written.TryGetValue(debt.Cause, out var written) ? Earlier(written, received ?? written) : received;
    }

    /// <summary>The earlier of two; null where the first is.</summary>
    static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset other) => one > other ? other : one;

    /// <summary>The clocks of work that may wait for what the other side knows; never those of a person on the road, of data, or of a word that is owed.</summary>
    static bool StandsWhileAsking(Clock clock) => clock is Clock.Acknowledge or Clock.TakeUpOrDecline or Clock.ReleaseCaseFile or Clock.Assess
        or Clock.PlanReturn or Clock.AgreeToReturn or Clock.Locate or Clock.Trace or Clock.DecideOn;
}
