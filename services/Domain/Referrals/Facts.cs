using Coordination.Domain.Dossiers;
using S = Coordination.Domain.Referrals.ReferralState;

namespace Coordination.Domain.Referrals;

/// <summary>What the protocol's rows read and move beside the state.</summary>
public sealed partial record Referral
{
    /// <summary>What remains of the consent; null when none was given, or all was withdrawn.</summary>
    public Consent? Consent { get; init; }

    /// <summary>What was withdrawn in part: it comes back only by a consent recorded in knowledge of it.</summary>
    public ValueList<PartWithdrawn> Parts { get; init; }

    /// <summary>The person's own consent was recorded since the opening, and not withdrawn.</summary>
    public bool ConsentIsRecorded { get; init; }

    public ValueList<CaseFileRelease> Releases { get; init; }

    /// <summary>The last assessment; null while there is none.</summary>
    public AssessmentReported? Assessment { get; init; }

    /// <summary>The person's last wish; null while none was recorded.</summary>
    public WishRecorded? Wish { get; init; }

    /// <summary>Safeguards for a child, in the order in which they were told.</summary>
    public ValueList<ChildSafeguardRecorded> Safeguards { get; init; }

    /// <summary>How far each preparation item is: the last word on each, but that a refusal stands until somebody who knew of it says otherwise.</summary>
    public ValueList<PreparationReported> Preparation { get; init; }

    /// <summary>The refusals of preparation items that stand.</summary>
    public ValueList<PreparationRefused> Refusals { get; init; }

    /// <summary>The plan that stands, or that the last journey carried out; null while there is none.</summary>
    public Plan? Plan { get; init; }

    /// <summary>The journey of every plan, also of those that never stood; the newest plan's last.</summary>
    public ValueList<Journey> Journeys { get; init; }

    /// <summary>The last hold; null while there was none.</summary>
    public Hold? Hold { get; init; }

    /// <summary>What was asked, and what answered it.</summary>
    public ValueList<Question> Questions { get; init; }

    public bool IsLocated { get; init; }

    public bool IsTraced { get; init; }

    public bool HasAppeared { get; init; }

    /// <summary>The follow-ups that were made, or declined by the person, by number.</summary>
    public ValueSet<int> FollowedUp { get; init; }

    /// <summary>When the next follow-up is wanted; null where nobody said.</summary>
    public AnnouncedFollowUp? NextFollowUp { get; init; }

    /// <summary>What waits for a word of one country or both, or has waited.</summary>
    public ValueList<Doubt> Doubts { get; init; }

    /// <summary>Who has said what became of the data since the referral ended.</summary>
    public ValueSet<NodeId> DataStoppedBy { get; init; }

    /// <summary>How it was completed; null before that, and again once a happening has opened it anew.</summary>
    public ReferralOutcome? Outcome { get; init; }

    /// <summary>The office of each country that has it: the one it was assigned to, or else the first that acted.</summary>
    public ValueList<OfficeInCharge> Offices { get; init; }

    public bool IsOpen => State is >= S.Sent and <= S.InReintegration;

    public bool IsFinal => State is >= S.Declined;

    public bool IsMinor => Opened.Minority is not Minority.Adult;

    /// <summary>The return is held.</summary>
    public bool IsHeld => Hold is { IsOver: false };

    /// <summary>The newest plan of whose journey anything was said; null while nothing was.</summary>
    public Journey? CurrentJourney => Journeys.LastOrDefault(journey => journey.Position is not Position.Unknown);

    /// <summary>Whether something may be released to a country on a day, in the author's country.</summary>
    /// <remarks>What the person took from a recipient, no other basis gives back.</remarks>
    public Reason? ReleaseFault(NodeId recipient, DateOnly on)
    {
        if (IsWithdrawnFrom(recipient))
            return new(ReasonCode.ConsentMissing, $"The person withdrew the consent that {recipient} receives anything, and has not agreed anew.");
        return Opened.Basis is Basis.Consent ? ConsentFault(recipient, on) : null;
    }

    /// <summary>On what rests what a country hears of the person on a day, in the author's country: the consent, while it covers that, whatever the referral was opened on.</summary>
    public Basis BasisFor(NodeId recipient, DateOnly on) => ConsentFault(recipient, on) is null ? Basis.Consent : Opened.Basis;

    /// <summary>Why the consent in force does not let a country hear of the person on a day, in the author's country; null when it does.</summary>
    Reason? ConsentFault(NodeId recipient, DateOnly on) => CoverageFault(recipient) switch
    {
        { } uncovered => uncovered,
        null => Consent!.Until < on ? new(ReasonCode.ConsentExpired, "The consent had ended.") : null,
    };

    /// <summary>Why the consent in force is not for a country, or not for what the referral is for, whatever the day; null when it is.</summary>
    Reason? CoverageFault(NodeId recipient)
    {
        if (Consent?.Recipients.Contains(recipient) is not true)
            return new(ReasonCode.ConsentMissing, $"No consent is in force that {recipient} receives the case file.");
        return Consent.Purposes.Any(Opened.Type.Purposes().Contains)
            ? null
            : new(ReasonCode.ConsentMissing, $"The consent in force is not for {string.Join(" or ", Opened.Type.Purposes())}, which is what the referral is for.");
    }

    /// <summary>Without the consent that was withdrawn in part, and with what went to the countries that are taken out of it taken back.</summary>
    Referral WithoutPart(WithdrawalScope.Part part, Entry entry) => this with
    {
        Consent = Consent?.Without(part),
        Parts = Parts.Add(new(part, entry.Author, entry.Seq)),
        Releases = Changed(Releases, release => part.Recipients.Contains(Parties.Other(release.By)), release => release with { IsTakenBack = true }),
    };

    /// <summary>The person took a country out of those that may receive anything, and has not given it back.</summary>
    public bool IsWithdrawnFrom(NodeId recipient) =>
        Parts.Any(part => part.Part.Recipients.Contains(recipient)) && Consent?.Recipients.Contains(recipient) is not true;

    /// <summary>The state that knows what a happening tells.</summary>
    Referral Told(Entry entry)
    {
        var by = Actor(entry);
        return entry.Body switch
        {
            // Also while the referral has lapsed: it may go on. A referral that was withdrawn does not.
            ConsentRecorded recorded when State is not S.Withdrawn && (by == Parties.Host || by == Stay) => this with
            {
                Consent = Parts.Where(part => !entry.DescendsFrom(part.Author, part.Seq)).Aggregate(recorded.Consent, (left, part) => left.Without(part.Part)),
                ConsentIsRecorded = true,
            },
            CaseFileReceived => this with { Releases = Changed(Releases, release => release.Entry == entry.Answers, release => release with { IsReceived = true }) },
            AssessmentReported assessment => this with { Assessment = assessment },
            WishRecorded wish => this with { Wish = wish },
            ChildSafeguardRecorded safeguard => this with { Safeguards = Safeguards.Add(safeguard) },
            PreparationReported report => Prepared(entry, report),
            FollowUpReported report => this with { FollowedUp = new(FollowedUp.Append(report.Number)), NextFollowUp = report.NextDue is { } day ? new(report.Number + 1, day) : NextFollowUp },
            AppearanceDone => this with { HasAppeared = true },
            ContactEnded => Doubting(DoubtKind.ContactEnded, entry),
            ContactResumed => InContact(entry),
            DataStopped => this with { DataStoppedBy = new(DataStoppedBy.Append(by)) },
            UnitAssigned assigned => this with { Offices = Offices.Where(office => office.Country != by).Add(new(by, assigned.Office)) },
            _ => this,
        };
    }

    /// <summary>The person is in contact again. Whoever says so has not heard of a loss that it does not descend from.</summary>
    Referral InContact(Entry entry) => this with { Doubts = Doubts.Where(doubt => doubt.Kind is not DoubtKind.ContactEnded || !entry.DescendsFrom(doubt.Author, doubt.Seq)) };

    Referral Prepared(Entry entry, PreparationReported report)
    {
        var others = Refusals.Where(refusal => refusal.Item != report.Item || !entry.DescendsFrom(refusal.Author, refusal.Seq));
        var standing = report.Status is PreparationStatus.Refused ? others.Add(new(report.Item, entry.Author, entry.Seq)) : others;
        var isRefused = standing.Any(refusal => refusal.Item == report.Item);
        return this with
        {
            Refusals = standing,
            Preparation = Preparation.Where(other => other.Item != report.Item).Add(isRefused ? report with { Status = PreparationStatus.Refused } : report),
        };
    }

    Referral Asking(QuestionKind kind, Entry entry, NodeId by) => this with { Questions = Questions.Add(new(kind, entry.Hash, by, Answer: null)) };

    Outcome<Referral> Answering(QuestionKind kind, Entry entry, NodeId by) =>
        Questions.Any(question => question.Entry == entry.Answers && question.Kind == kind && question.Answer is null && question.By != by)
            ? this with { Questions = Changed(Questions, question => question.Entry == entry.Answers, question => question with { Answer = entry.Hash }) }
            : AnswersNothing(entry);

    Outcome<Referral> Releasing(Entry entry, CaseFileReleased released, NodeId by)
    {
        if (ReleaseFault(Parties.Other(by), entry.HappenedOn) is { } fault) return new Voided<Referral>(fault);
        return released.Version == Releases.Count(release => release.By == by) + 1
            ? this with { Releases = Releases.Add(new(entry.Hash, by, IsReceived: false, IsTakenBack: false)) }
            : Void.Because(ReasonCode.CodeNotAllowed, "The versions of a case file are 1, 2, 3…, each once.");
    }

    /// <summary>Why nobody can plan so; null when it can be planned.</summary>
    Reason? PlanFault(Entry entry, ReturnPlanned planned)
    {
        if (planned.Replaces != Plan?.Token) return new(ReasonCode.OtherPlan, "The plan does not name the one that it replaces: another stands, or none.");
        if (Journeys.Any(journey => journey.Plan == planned.Plan && (journey.Standing is not PlanStanding.Void || journey.Position is not Position.Unknown)))
            return new(ReasonCode.OtherPlan, "A new plan has a token of its own.");
        if (Assessment?.Finding is not Finding.MayReturn) return new(ReasonCode.ReturnNotAssessed, "No assessment stands by which the person may return.");
        if (!IsMinor)
            return Wish is { Wish: Referrals.Wish.Return, On: var on } && on <= entry.HappenedOn && entry.HappenedOn.DayNumber - on.DayNumber <= WishStandsFor
                ? null
                : new(ReasonCode.WishMissing, $"A return is planned on the person's wish to return, recorded at most {WishStandsFor} days before.");
        if (!Safeguards.Any(safeguard => safeguard.Safeguard is Safeguard.BestInterests && safeguard.On <= entry.HappenedOn))
            return new(ReasonCode.BestInterestsMissing, "A child's return is planned only after the child's best interests were determined.");
        return Assessment.CareSuitable || Preparation.Any(report => report is { Item: PreparationItem.ReceivingShelter, Status: PreparationStatus.Done })
            ? null
            : new(ReasonCode.CareMissing, "A child returns to suitable care or to a receiving shelter.");
    }

    Referral Planning(Entry entry, ReturnPlanned planned, NodeId by) => WithoutPlan() with
    {
        State = S.ReturnPlanned,
        Plan = new(planned.Plan, entry.Hash, by, planned.TravelOn, planned.MeetingAt, planned.MeetingPoint),
        Journeys = WithoutPlan().Journeys.Where(journey => journey.Plan != planned.Plan).Add(new(planned.Plan, PlanStanding.NotAgreed, null, null)),
    };

    Referral Agreeing() => this with
    {
        State = S.ReturnAgreed,
        Journeys = Changed(Journeys, journey => journey.Plan == Plan!.Token, journey => journey with { Standing = PlanStanding.Agreed }),
    };

    /// <summary>The plan is over, and the return is planned anew.</summary>
    Referral WithoutPlan() => Ending(S.Assessed) with { Plan = null };

    /// <summary>The state in which no plan is carried out any more; what became of the data is to be said anew.</summary>
    Referral Ending(S state) => this with
    {
        State = state,
        DataStoppedBy = default,
        Journeys = Changed(Journeys, journey => journey.Plan == Plan?.Token, journey => journey with { Standing = PlanStanding.Ended }),
    };

    /// <summary>
    /// The row of the journey. The newest plan of which anything was said is where the person is, unless an entry that knew
    /// of it has moved the state since; who knew of a word can only be taken after it, so a word that changes the position
    /// moves the state, and one that does not leaves it.
    /// </summary>
    Outcome<Referral> Travelling(Entry entry)
    {
        var (token, word) = entry.Body switch
        {
            Accompanied said => (said.Plan, JourneyWord.Accompanied),
            DidNotTravel said => (said.Plan, JourneyWord.DidNotTravel),
            Met said => (said.Plan, JourneyWord.Met),
            NotArrived said => (said.Plan, JourneyWord.NotArrived),
            FoundSafe said => (said.Plan, said.In == Parties.Host ? JourneyWord.FoundInHost : JourneyWord.FoundInOrigin),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var last = new Said(word, entry.Author, entry.Seq, entry.Seen.Where(head => head.Author != entry.Author).Select(head => head.Seq).DefaultIfEmpty().Max());
        var before = Journeys.FirstOrDefault(journey => journey.Plan == token) ?? new(token, PlanStanding.Void, null, null);
        var after = Actor(entry) == Parties.Host ? before with { Host = last } : before with { Origin = last };

        var told = this with
        {
            Journeys = Journeys.Any(journey => journey.Plan == token)
                ? Changed(Journeys, journey => journey.Plan == token, _ => after)
                : new ValueList<Journey>([after, .. Journeys]),
        };
        if (after.Position != before.Position && after.Equals(told.CurrentJourney)) told = told.At(after.Position);
        // Whoever saw the person has the contact that was lost before.
        if (entry.Body is Met or FoundSafe) told = told.InContact(entry);
        if (State is S.Withdrawn) return told;

        if (before.Standing is not PlanStanding.Agreed && before.Position is Position.Unknown)
            return new Recorded<Referral>(
                told.Doubting(DoubtKind.Contradiction, entry),
                new(ReasonCode.Contradicts, $"{entry.Body.Name} carries out a plan that was not agreed, or had ended: it counts, and both sides owe a resolution."));
        return after.Position is Position.Contradicted && before.Position is not Position.Contradicted ? told.Doubting(DoubtKind.Contradiction, entry) : told;
    }

    /// <summary>Where a position puts the referral and the person: the country of stay is the host until the journey gives Returned.</summary>
    Referral At(Position position)
    {
        var (state, stay) = position switch
        {
            Position.Unknown => (State, Stay),
            Position.EnRoute => (S.EnRoute, Parties.Host),
            Position.Unaccounted or Position.Contradicted => (S.Unaccounted, Parties.Host),
            Position.InOrigin => (S.Returned, Parties.Origin),
            Position.InHost => (S.Assessed, Parties.Host),
        };
        var at = State is S.Withdrawn ? this with { Stay = stay } : this with { State = state, Stay = stay, Outcome = state is S.Completed ? Outcome : null };
        // The next return is followed up from its own beginning.
        return position is Position.InHost ? at with { FollowedUp = default, NextFollowUp = null } : at;
    }

    /// <summary>Something was said of a journey that the author of the entry did not know.</summary>
    bool SaidUnknownTo(Entry entry) => Journeys
        .SelectMany(journey => new[] { journey.Host, journey.Origin })
        .Any(said => said is not null && !entry.DescendsFrom(said.Author, said.Seq));

    /// <summary>Why the case is not closed so; null when it can be.</summary>
    Reason? CompletionFault(Entry entry, ReferralOutcome outcome, NodeId by)
    {
        if (outcome is not ReferralOutcome.ContactEnded && by != Parties.Sender && by != Stay)
            return new(ReasonCode.WrongParticipant, $"Completed is for {Parties.Sender} to write, or for the country of stay.");
        if (SaidUnknownTo(entry)) return new(ReasonCode.JourneyUnseen, "More was said of the journey than the author knew.");
        return IsOpenOutcome(outcome) ? null : new(ReasonCode.OutcomeNotOpen, $"The referral cannot end as {outcome} where it stands.");
    }

    /// <summary>The protocol's table of outcomes.</summary>
    bool IsOpenOutcome(ReferralOutcome outcome) => (outcome, State) switch
    {
        (ReferralOutcome.Returned, S.Returned or S.InReintegration) => CurrentJourney?.Position is Position.InOrigin,
        (ReferralOutcome.ReintegratedInPlace, S.InReintegration) => CurrentJourney?.Position is not Position.InOrigin,
        (ReferralOutcome.StaysInHostCountry or ReferralOutcome.ThirdCountry, S.Assessed) => true,
        (ReferralOutcome.ProceedingsOnly, S.TakenUp or S.Assessed) => HasAppeared,
        (ReferralOutcome.TracingDone, S.Assessed) => IsTraced,
        (ReferralOutcome.ContactEnded, S.Unaccounted) => Doubts.Any(doubt => doubt.Kind is DoubtKind.ContactEnded && doubt.Stands.Count == 2),
        (ReferralOutcome.ContactEnded, >= S.TakenUp and <= S.InReintegration) => Doubts.Any(doubt => doubt is { Kind: DoubtKind.ContactEnded, IsRetracted: false }),
        _ => false,
    };

    Referral Doubting(DoubtKind kind, Entry entry) => this with
    {
        Doubts = Doubts.Add(new(kind, entry.Hash, entry.Author, entry.Seq, kind is DoubtKind.Missed ? new([Actor(entry)]) : new([Parties.Host, Parties.Origin]), default, IsRetracted: false)),
    };

    Referral Resolving(Entry entry, NodeId by, Resolution resolution) => this with
    {
        Doubts = Changed(Doubts, doubt => doubt.Entry == entry.Answers, doubt => doubt with
        {
            Owed = doubt.Owed.Except(new([by])),
            Stands = resolution is Resolution.Stands ? new(doubt.Stands.Append(by)) : doubt.Stands,
            IsRetracted = doubt.IsRetracted || resolution is Resolution.Retracted,
        }),
    };

    static ValueList<T> Changed<T>(ValueList<T> list, Func<T, bool> which, Func<T, T> change) =>
        new([.. list.Select(member => which(member) ? change(member) : member)]);
}

/// <summary>A part of the consent that was withdrawn, by the entry <paramref name="Seq"/> of <paramref name="Author"/>.</summary>
public sealed record PartWithdrawn(WithdrawalScope.Part Part, NodeId Author, int Seq);

/// <summary>A preparation item that was refused, by the entry <paramref name="Seq"/> of <paramref name="Author"/>.</summary>
public sealed record PreparationRefused(PreparationItem Item, NodeId Author, int Seq);

/// <summary>A case file released.</summary>
/// <param name="Entry">Its CaseFileReleased.</param>
/// <param name="By">Who released it.</param>
/// <param name="IsReceived">The other side said that it has it.</param>
/// <param name="IsTakenBack">The person took the consent from the country that it went to: it is closed for good, whatever is consented to later.</param>
public sealed record CaseFileRelease(EntryHash Entry, NodeId By, bool IsReceived, bool IsTakenBack);

/// <summary>A plan for the return, as ReturnPlanned said it.</summary>
public sealed record Plan(Token Token, EntryHash Entry, NodeId By, DateOnly TravelOn, DateTimeOffset MeetingAt, PlaceCode MeetingPoint);

/// <summary>A follow-up that was announced for a day.</summary>
/// <param name="Number">Which.</param>
/// <param name="On">The day, in the country of stay.</param>
public sealed record AnnouncedFollowUp(int Number, DateOnly On);

/// <summary>A hold of the return.</summary>
/// <param name="Entry">Which holds it.</param>
/// <param name="Until">The last day, inclusive, in the host's country.</param>
/// <param name="IsOver">It was ended.</param>
public sealed record Hold(EntryHash Entry, DateOnly Until, bool IsOver);

/// <summary>Something asked of the other country.</summary>
/// <param name="Kind">What sort.</param>
/// <param name="Entry">Which asked.</param>
/// <param name="By">Who asked.</param>
/// <param name="Answer">The entry that answered; null while none did.</param>
public sealed record Question(QuestionKind Kind, EntryHash Entry, NodeId By, EntryHash? Answer);

/// <summary>What one country can ask of the other.</summary>
public enum QuestionKind
{
    Information = 1,
    Onward,
    Appearance,
}

/// <summary>Why a word is waited for.</summary>
public enum DoubtKind
{
    /// <summary>A happening does not fit, or two contradict each other.</summary>
    Contradiction = 1,

    /// <summary>The person is out of contact.</summary>
    ContactEnded,

    /// <summary>A decision was void: its author says whether it had acted on it.</summary>
    Missed,
}

/// <summary>What waits for a word of one country or both.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Entry">About which entry.</param>
/// <param name="Author">Who wrote that.</param>
/// <param name="Seq">As which of its chain.</param>
/// <param name="Owed">Who has not spoken yet.</param>
/// <param name="Stands">Who said that it stands.</param>
/// <param name="IsRetracted">Somebody retracted.</param>
public sealed record Doubt(DoubtKind Kind, EntryHash Entry, NodeId Author, int Seq, ValueSet<NodeId> Owed, ValueSet<NodeId> Stands, bool IsRetracted)
{
    public bool IsOpenTo(NodeId country) => Owed.Contains(country);
}

/// <summary>The office that has the referral in one country.</summary>
public sealed record OfficeInCharge(NodeId Country, Office Office);
