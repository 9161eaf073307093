using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Desks;

/// <summary>What the desk knows of a statement and the protocol does not: today's date, the clock, and slips of the hand that would silence a deadline.</summary>
static class Checks
{
    /// <summary>In days, from setting out to being met.</summary>
    const int LongestJourney = 7;

    /// <summary>By which an office's clock may be ahead of the node's.</summary>
    static readonly TimeSpan Skew = TimeSpan.FromMinutes(10);

    /// <summary>Why nobody is spoken for by this command; null when it may be: the other country, where it takes part on paper, by its letter.</summary>
    public static Refusal? OnBehalf(Command command, HeldDossier held)
    {
        if (command.OnBehalfOf is not { } other || held.Entries.Select(kept => kept.Entry.Body).OfType<Opened>().FirstOrDefault() is not { } opened) return null;
        if (!opened.OnPaper) return Refusal.Invalid("WRONG_FORM", "command.on_behalf_of", "is set, but both countries have a node: neither writes the other's half");
        if (other != Parties.Of(opened).Receiver) return Refusal.Invalid("WRONG_FORM", "command.on_behalf_of", $"is another country than {Parties.Of(opened).Receiver}, to which the referral went on paper");
        var missing = new List<FieldFault>();
        if (command.Letter is null) missing.Add(new("command.letter", "is missing: the digest of what the other country said on paper is needed"));
        if (command.Channel is Channel.Node) missing.Add(new("command.channel", "is this system, or missing: name how the letter came"));
        return missing.Count > 0 ? Refusal.Invalid(missing) : null;
    }

    /// <summary>Why a statement cannot be meant as it stands; null when it can. What is put right is checked as what is said.</summary>
    public static Refusal? Statement(Command command, Dossier<Referral> dossier, DateOnly today, DateTimeOffset now) => command.Body switch
    {
        Decision when command.HappenedOn < dossier.OpeningEntry!.HappenedOn => Refusal.Invalid("HAPPENED_ON_BEFORE_OPENING", "command.happened_on", $"lies before {dossier.OpeningEntry.HappenedOn:yyyy-MM-dd}, when the referral was opened: check the year"),
        // The key is destroyed by whoever says so, when it is said; a correction takes the place of what was said before.
        Corrected { Replacement: DataStopped { Fate: DataFate.Erased } } => Refusal.Invalid("ERASED_BY_CORRECTION", "corrected.referral_data_stopped.fate", "is Erased, and a correction erases nothing: say DataStopped anew"),
        Corrected { Replacement: { } said } => Said(said, "corrected.referral_", dossier, today, now),
        // What was said before may have ended since; what is said now may not.
        FollowUpReported report when report.NextDue < (command.HappenedOn ?? today) => Refusal.Invalid("NEXT_DUE_PASSED", "follow_up_reported.next_due", "lies before the day of the follow-up"),
        ConsentRecorded recorded when recorded.Consent.Until < today => Refusal.Invalid("CONSENT_EXPIRED", "consent_recorded.consent.until", "has passed: ask the person again"),
        ReturnPlanned planned when planned.TravelOn < (command.OnBehalfOf is null ? today : command.HappenedOn ?? today) => Refusal.Invalid("TRAVEL_ON_PASSED", "return_planned.travel_on", "lies before the day of the plan"),
        ReturnPlanned planned when planned.TravelOn > today.AddYears(1) => Refusal.Invalid("TRAVEL_ON_FAR", "return_planned.travel_on", "lies more than a year ahead: check the year"),
        ReturnPlanned planned when dossier.State is { } referral && !IsOnTheWay(planned, referral.Parties) =>
            Refusal.Invalid("MEETING_AT_WRONG", "return_planned.meeting_at", $"is not between the day of travel and {LongestJourney} days after it: the alarm for a person who does not arrive depends on it"),
        ReturnPlanned planned when dossier.State is { } referral && !referral.Parties.Include(planned.MeetingPoint.Country) => Elsewhere("return_planned.meeting_point", referral.Parties),
        ReturnHeld hold when hold.Until < (command.HappenedOn ?? today) => Refusal.Invalid("UNTIL_PASSED", "return_held.until", "lies before the day of the hold"),
        ReturnHeld hold when hold.Until > today.AddYears(1) => Refusal.Invalid("UNTIL_FAR", "return_held.until", "lies more than a year ahead: check the year"),
        var said => Said(said, "", dossier, today, now),
    };

    public static Refusal Ahead(string field) => Refusal.Invalid("DATE_AHEAD", field, "lies ahead: today or a day before is needed");

    /// <param name="said">For the first time or anew.</param>
    /// <param name="at">What stands before the names of its fields.</param>
    /// <param name="dossier">In which.</param>
    /// <param name="today">In this country.</param>
    /// <param name="now">UTC.</param>
    static Refusal? Said(Body said, string at, Dossier<Referral> dossier, DateOnly today, DateTimeOffset now) => said switch
    {
        WishRecorded wish when wish.On > today => Ahead($"{at}wish_recorded.on"),
        ChildSafeguardRecorded safeguard when safeguard.On > today => Ahead($"{at}child_safeguard_recorded.on"),
        FollowUpReported report when report.NextDue > today.AddYears(1) => Refusal.Invalid("NEXT_DUE_FAR", $"{at}follow_up_reported.next_due", "lies more than a year ahead: check the year"),
        _ when OnTheRoad(said) is { } seen && dossier.State is { } referral && !referral.Parties.Include(seen.Place.Country) => Elsewhere($"{at}{seen.Name}.place", referral.Parties),
        _ when OnTheRoad(said) is { } seen && seen.At > now + Skew => Refusal.Invalid("AT_AHEAD", $"{at}{seen.Name}.at", "lies ahead: say it when it has happened"),
        _ => null,
    };

    static bool IsOnTheWay(ReturnPlanned planned, Parties parties) =>
        planned.MeetingAt >= RegionalTime.StartOf(parties.Host, planned.TravelOn) && planned.MeetingAt < RegionalTime.StartOf(parties.Host, planned.TravelOn.AddDays(LongestJourney + 1));

    /// <summary>When and where somebody saw a person on the road, and the name of the field that says so; null for what says nothing of it.</summary>
    static (string Name, DateTimeOffset At, PlaceCode Place)? OnTheRoad(Body body) => body switch
    {
        Accompanied said => ("accompanied", said.At, said.Place),
        DidNotTravel said => ("did_not_travel", said.At, said.Place),
        Met said => ("met", said.At, said.Place),
        NotArrived said => ("not_arrived", said.At, said.Place),
        _ => null,
    };

    /// <summary>A person travels between the two countries: a code of a third is a slip, and it would stand in the entry for ever.</summary>
    static Refusal Elsewhere(string field, Parties parties) => Refusal.Invalid("PLACE_ELSEWHERE", field, $"is in neither {parties.Host} nor {parties.Origin}");
}
