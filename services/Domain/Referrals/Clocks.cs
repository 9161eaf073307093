using System.Collections.Immutable;
using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Referrals;

/// <summary>What can be owed, and by when. The rows of the protocol's table of clocks.</summary>
public enum Clock
{
    /// <summary>The road carries the opening to the receiver; an operator looks after it.</summary>
    Delivery = 1,
    Acknowledge,
    TakeUpOrDecline,
    ReleaseCaseFile,
    SupplyInformation,
    Assess,
    PlanReturn,
    AgreeToReturn,

    /// <summary>One for each open preparation item; due on the day of travel.</summary>
    Prepare,

    /// <summary>Runs from the meeting time of the plan.</summary>
    Arrive,

    /// <summary>The host says how the person who was met had set out. Runs as <see cref="Resolve"/> does.</summary>
    TellDeparture,

    /// <summary>Of both, while the person is unaccounted for; again every day.</summary>
    Find,
    Locate,
    Trace,

    /// <summary>The country of stay says how it goes on, where nothing else is owed.</summary>
    DecideOn,

    /// <summary>An answer to an onward proposal, or to a request for an appearance.</summary>
    Answer,
    PlanReintegration,

    /// <summary>Four, by number.</summary>
    FollowUp,
    EndHold,
    Contact,
    Resolve,
    StopData,
}

/// <summary>When one clock warns and when it is due.</summary>
/// <param name="Clock">Which.</param>
/// <param name="Number">Which follow-up, from 1; 0 for every other clock.</param>
/// <param name="Warn">From the start; before the day of travel for Prepare; null where nobody is warned.</param>
/// <param name="Due">From the start; null for Prepare alone, which is due on the day of travel.</param>
public sealed record ClockTerms(Clock Clock, int Number, Wait? Warn, Wait? Due);

/// <summary>The clocks in force for one referral: each once.</summary>
public sealed record Clocks(ValueList<ClockTerms> Terms)
{
    /// <summary>The clocks, and the follow-ups, that a referral needs.</summary>
    public static ImmutableArray<(Clock Clock, int Number)> Needed { get; } =
        [.. Enum.GetValues<Clock>().Where(clock => clock is not Clock.FollowUp).Select(clock => (clock, 0)), .. Enumerable.Range(1, 4).Select(number => (Clock.FollowUp, number))];

    /// <summary>As an opening from before there were clocks has them: the protocol's own run.</summary>
    public static Clocks Unsaid { get; } = new(new ValueList<ClockTerms>([]));

    /// <summary>The terms of one clock.</summary>
    /// <exception cref="InvalidOperationException">The opening lacks it, which makes the opening void.</exception>
    public ClockTerms Of(Clock clock, int number, Urgency urgency) => (this == Unsaid ? Default(urgency) : this).Terms.Single(terms => terms.Clock == clock && terms.Number == (clock is Clock.FollowUp ? number : 0));

    /// <summary>Why a referral cannot run on these; null when it can.</summary>
    public string? Fault()
    {
        if (this == Unsaid) return null;
        foreach (var (clock, number) in Needed)
            if (Terms.Count(terms => (terms.Clock, terms.Number) == (clock, number)) != 1)
                return $"The clocks name {clock}{(number > 0 ? $" {number}" : "")} once.";
        if (Terms.Count != Needed.Length) return "The clocks number follow-ups alone, from 1 to 4.";
        if (Terms.FirstOrDefault(terms => terms.Due is null != terms.Clock is Clock.Prepare) is { } odd) return $"{odd.Clock} is due after a time, unless it is Prepare, which is due on the day of travel.";
        return Terms.SelectMany(terms => new[] { terms.Warn, terms.Due }).Any(wait => wait is { Count: < 1 or > Wait.Most }) ? $"A clock runs for 1 to {Wait.Most} units." : null;
    }

    /// <summary>The protocol's table of clocks, section 1, where the pair's instrument says nothing else.</summary>
    /// <remarks>
    /// Where the table has an hour for urgent referrals and no warning of its own, the warning comes at half the time.
    /// It has no row for telling the departure of somebody who was met, nor for the end of the follow-ups: they run as
    /// a contradiction and as "decide on" do.
    /// </remarks>
    public static Clocks Default(Urgency urgency) => new(new ValueList<ClockTerms>(
    [
        new(Clock.Delivery, 0, new(12, TimeUnit.Hours), new(24, TimeUnit.Hours)),
        urgency is Urgency.Urgent ? new(Clock.Acknowledge, 0, new(2, TimeUnit.Hours), new(4, TimeUnit.Hours)) : new(Clock.Acknowledge, 0, new(24, TimeUnit.Hours), new(2, TimeUnit.WorkingDays)),
        urgency is Urgency.Urgent ? new(Clock.TakeUpOrDecline, 0, new(12, TimeUnit.Hours), new(24, TimeUnit.Hours)) : new(Clock.TakeUpOrDecline, 0, new(5, TimeUnit.WorkingDays), new(7, TimeUnit.WorkingDays)),
        new(Clock.ReleaseCaseFile, 0, new(2, TimeUnit.WorkingDays), new(3, TimeUnit.WorkingDays)),
        new(Clock.SupplyInformation, 0, new(5, TimeUnit.WorkingDays), new(7, TimeUnit.WorkingDays)),
        new(Clock.Assess, 0, new(45, TimeUnit.WorkingDays), new(60, TimeUnit.WorkingDays)),
        new(Clock.PlanReturn, 0, new(20, TimeUnit.WorkingDays), new(30, TimeUnit.WorkingDays)),
        new(Clock.AgreeToReturn, 0, new(3, TimeUnit.WorkingDays), new(5, TimeUnit.WorkingDays)),
        new(Clock.Prepare, 0, new(5, TimeUnit.WorkingDays), null),
        new(Clock.Arrive, 0, null, new(6, TimeUnit.Hours)),
        new(Clock.TellDeparture, 0, new(1, TimeUnit.WorkingDays), new(3, TimeUnit.WorkingDays)),
        new(Clock.Find, 0, new(1, TimeUnit.Hours), new(24, TimeUnit.Hours)),
        new(Clock.Locate, 0, new(20, TimeUnit.WorkingDays), new(30, TimeUnit.WorkingDays)),
        new(Clock.Trace, 0, new(20, TimeUnit.WorkingDays), new(30, TimeUnit.WorkingDays)),
        new(Clock.DecideOn, 0, new(10, TimeUnit.WorkingDays), new(15, TimeUnit.WorkingDays)),
        new(Clock.Answer, 0, new(5, TimeUnit.WorkingDays), new(7, TimeUnit.WorkingDays)),
        new(Clock.PlanReintegration, 0, new(10, TimeUnit.WorkingDays), new(15, TimeUnit.WorkingDays)),
        new(Clock.FollowUp, 1, null, new(1, TimeUnit.Months)),
        new(Clock.FollowUp, 2, null, new(3, TimeUnit.Months)),
        new(Clock.FollowUp, 3, null, new(6, TimeUnit.Months)),
        new(Clock.FollowUp, 4, null, new(12, TimeUnit.Months)),
        new(Clock.EndHold, 0, new(20, TimeUnit.Days), new(30, TimeUnit.Days)),
        new(Clock.Contact, 0, new(20, TimeUnit.Days), new(30, TimeUnit.Days)),
        new(Clock.Resolve, 0, new(1, TimeUnit.WorkingDays), new(3, TimeUnit.WorkingDays)),
        new(Clock.StopData, 0, new(12, TimeUnit.Hours), new(24, TimeUnit.Hours)),
    ]));
}
