using Coordination.Domain.Dossiers;
using S = Coordination.Domain.Referrals.ReferralState;

namespace Coordination.Domain.Referrals;

/// <summary>Something that one country owes, and the entry since which it does.</summary>
/// <param name="Clock">What, and by when.</param>
/// <param name="Owes">The country that must act.</param>
/// <param name="Number">Which follow-up, or the preparation item's code; 0 elsewhere.</param>
/// <param name="About">The entry to be answered or spoken on; null where the state itself is what waits.</param>
/// <param name="On">The day that it is due, in the country that must act, where one is set; null where the clock's terms say.</param>
/// <param name="At">UTC: the instant from which the clock runs, where one is set; null where it is the receipt of the cause.</param>
/// <param name="Cause">The entry that made it owed.</param>
/// <param name="CausedBy">The country that stated it.</param>
/// <param name="CausedOn">The day on which that happened.</param>
public sealed record Debt(Clock Clock, NodeId Owes, int Number, EntryHash? About, DateOnly? On, DateTimeOffset? At, EntryHash Cause, NodeId CausedBy, DateOnly CausedOn)
{
    /// <summary>The same matter: its clock runs on, whatever else was written.</summary>
    public bool IsSameMatter(Debt other) =>
        (Clock, Owes, Number, About, On, At) == (other.Clock, other.Owes, other.Number, other.About, other.On, other.At);
}

/// <summary>Who owes what: a function of the state alone; the clock starts with the entry that first made it owed.</summary>
public sealed partial record Referral
{
    /// <summary>What is owed now, beginning with what has been owed longest.</summary>
    public ValueList<Debt> Debts { get; init; }

    /// <summary>The state with what is owed in it.</summary>
    Referral Owing(Referral? before, Entry cause, NodeId by)
    {
        var acted = cause.Office is { } office && cause.Body is not UnitAssigned && Offices.All(other => other.Country != by)
            ? this with { Offices = Offices.Add(new(by, office)) }
            : this;
        var owed = acted.Owed().Select(debt => debt with { Cause = cause.Hash, CausedBy = by, CausedOn = cause.HappenedOn }).ToList();
        var kept = before is null ? [] : before.Debts.Where(debt => owed.Any(debt.IsSameMatter));
        return acted with { Debts = new([.. kept, .. owed.Where(debt => !kept.Any(debt.IsSameMatter))]) };
    }

    /// <summary>The protocol's table of clocks, read as: in which state who owes what.</summary>
    IEnumerable<Debt> Owed()
    {
        var (sender, receiver, host, origin) = Parties;
        var releases = Opened.Type is ReferralType.LocateAndProtect ? receiver : sender;
        var isReleased = Releases.Any(release => release.By == releases);

        if (State is S.Sent && !Opened.OnPaper) yield return Owe(Clock.Delivery, sender);
        if (State is S.Sent or S.Lapsed) yield return Owe(Clock.Acknowledge, receiver);
        if (State is S.Received) yield return Owe(Clock.TakeUpOrDecline, receiver);
        var mayRelease = !IsWithdrawnFrom(Parties.Other(releases)) && (Opened.Basis is not Basis.Consent || CoverageFault(Parties.Other(releases)) is null);
        if (State is >= S.TakenUp and <= S.InReintegration && !isReleased && mayRelease) yield return Owe(Clock.ReleaseCaseFile, releases);
        // Nobody owes what the person does not agree to; how to go on without it is the host's to decide.
        if (State is S.TakenUp && !isReleased && !mayRelease) yield return Owe(Clock.DecideOn, host);

        foreach (var question in Questions.Where(question => question.Answer is null && (IsOpen || (State is S.Completed && question.Kind is QuestionKind.Appearance))))
            yield return Owe(question.Kind is QuestionKind.Information ? Clock.SupplyInformation : Clock.Answer, Parties.Other(question.By), about: question.Entry);

        if (State is S.TakenUp or S.Assessed)
        {
            // An assessment that came before the referral was taken up has not carried it on.
            var assess = isReleased && (State is S.TakenUp || (!IsTraced && Assessment?.Finding is null or Finding.Pending));
            var locate = Opened.Type is ReferralType.LocateAndProtect && !IsLocated;
            var trace = Opened.Type is ReferralType.FamilyTracing && !IsTraced;
            if (assess) yield return Owe(Clock.Assess, origin);
            if (locate) yield return Owe(Clock.Locate, receiver);
            if (trace) yield return Owe(Clock.Trace, origin);
            if (State is S.Assessed && Assessment?.Finding is Finding.MayReturn && Wish?.Wish is Referrals.Wish.Return) yield return Owe(Clock.PlanReturn, host);
            // Whatever was found, and be it that nothing is yet: the host decides on, while the origin goes on finding out.
            else if (State is S.Assessed && (Assessment is not null || !(assess || locate || trace))) yield return Owe(Clock.DecideOn, host);
        }

        if (State is S.ReturnPlanned && !IsHeld) yield return Owe(Clock.AgreeToReturn, Parties.Other(Plan!.By), about: Plan.Entry);
        if (State is >= S.TakenUp and <= S.ReturnAgreed)
            foreach (var refused in Preparation.Where(report => report.Status is PreparationStatus.Refused))
                yield return Owe(Clock.DecideOn, host, number: (int)refused.Item);
        // While a return is held nobody prepares it, and nobody is expected.
        if (State is S.ReturnAgreed && !IsHeld)
            foreach (var open in Preparation.Where(report => report.Status is PreparationStatus.Asked))
                yield return Owe(Clock.Prepare, Preparing(open.Item), number: (int)open.Item, on: Plan!.TravelOn);
        if (State is >= S.Assessed and <= S.ReturnAgreed && IsHeld) yield return Owe(Clock.EndHold, host, about: Hold!.Entry);

        // A withdrawal stops data, not the search.
        if ((State is S.ReturnAgreed ? !IsHeld : State is S.EnRoute or S.Withdrawn) && Plan is { } plan
            && Journeys.FirstOrDefault(journey => journey.Plan == plan.Token) is { Standing: PlanStanding.Agreed, ArrivalTold: false })
            yield return Owe(Clock.Arrive, origin, at: plan.MeetingAt);
        else if (State is S.EnRoute || (State is S.Withdrawn && CurrentJourney?.Position is Position.EnRoute))
            yield return Owe(Clock.Arrive, origin);
        if ((IsOpen || State is S.Withdrawn) && CurrentJourney is { DepartureUntold: true }) yield return Owe(Clock.TellDeparture, host);
        if (State is S.Unaccounted || (State is S.Withdrawn && CurrentJourney?.Position is Position.Unaccounted or Position.Contradicted))
        {
            yield return Owe(Clock.Find, host);
            yield return Owe(Clock.Find, origin);
        }

        if (State is S.Returned) yield return Owe(Clock.PlanReintegration, Stay);
        if (State is S.Returned or S.InReintegration)
        {
            var left = Enumerable.Range(1, 4).Where(number => !FollowedUp.Contains(number)).ToList();
            foreach (var number in left) yield return Owe(Clock.FollowUp, Stay, number: number, on: NextFollowUp?.Number == number ? NextFollowUp.On : null);
            if (left.Count == 0) yield return Owe(Clock.DecideOn, Stay);
        }

        foreach (var doubt in Doubts.Where(doubt => doubt.Kind is not DoubtKind.ContactEnded || IsOpen))
            foreach (var country in doubt.Owed)
                yield return Owe(doubt.Kind is DoubtKind.ContactEnded ? Clock.Contact : Clock.Resolve, country, about: doubt.Entry);

        if (State is S.Declined or S.Cancelled or S.Withdrawn or S.EnteredInError)
            foreach (var country in new[] { sender, receiver }.Where(country => !DataStoppedBy.Contains(country)))
                yield return Owe(Clock.StopData, country);
    }

    static Debt Owe(Clock clock, NodeId owes, int number = 0, EntryHash? about = null, DateOnly? on = null, DateTimeOffset? at = null) =>
        new(clock, owes, number, about, on, at, Cause: default, CausedBy: default, CausedOn: default);

    /// <summary>The country that sees to a preparation item: the one whose authorities give it.</summary>
    NodeId Preparing(PreparationItem item) => item switch
    {
        PreparationItem.TravelDocument or PreparationItem.ReceivingShelter => Parties.Origin,
        PreparationItem.ExitPermit or PreparationItem.CourtRelease or PreparationItem.MedicalFitness or PreparationItem.Escort or PreparationItem.Transport => Parties.Host,
        PreparationItem.Funding => Parties.Sender,
    };
}
