using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Referrals;

/// <summary>What would become of a statement if one country made it now.</summary>
/// <param name="Body">The statement, with the code that matters and whatever else it needs to fit.</param>
/// <param name="Answers">What it would answer; null where it answers nothing, or nothing is asked.</param>
/// <param name="Reason">Why it is not open, or would contradict; null when it is open.</param>
/// <param name="Contradicts">It would be recorded: an office confirms the contradiction before it signs.</param>
public sealed record Offer(Body Body, EntryHash? Answers, Reason? Reason, bool Contradicts);

/// <summary>What is open now, asked of the protocol itself: no second list of what is allowed when.</summary>
public sealed partial record Referral
{
    /// <summary>Every statement that a country can make, each code apart, with what would become of it.</summary>
    /// <param name="blank">The entry that the country would write now, whatever it states.</param>
    public IEnumerable<Offer> Offers(Entry blank)
    {
        var by = Actor(blank);
        return Statements(by, blank.HappenedOn).Select(statement => Offered(blank with { Body = statement.Body, Answers = statement.Answers }));
    }

    /// <summary>What is open in every state, in a dossier of any kind: to give it to an office, to go on by letter, and to put right each thing that the own country told.</summary>
    /// <param name="dossier">Whose fold this is.</param>
    /// <param name="blank">As for <see cref="Offers"/>.</param>
    /// <param name="office">To which it would be given.</param>
    public IEnumerable<Offer> OffersAtAnyTime(Dossier<Referral> dossier, Entry blank, Office office)
    {
        yield return Offered(blank with { Body = new UnitAssigned(office) });
        yield return Offered(blank with { Body = new ContinuedOnPaper(), Letter = default(Digest), Channel = Channel.Letter });
        foreach (var said in dossier.Entries.Where(judged => judged.Verdict is Verdict.Applied or Verdict.Recorded or Verdict.Void { Reason.Code: ReasonCode.Retracted }).Select(judged => judged.Entry))
            if (said.By(blank.Author) && said.OnBehalfOf is null && said.Body is Happening happened and not Corrected && !IsWithdrawal(happened))
                yield return Offered(blank with { Body = new Corrected(happened), Answers = said.Hash });
    }

    Offer Offered(Entry entry) => Next(entry) switch
    {
        Voided<Referral> voided => new Offer(entry.Body, entry.Answers, voided.Reason, Contradicts: false),
        Recorded<Referral> recorded => new Offer(entry.Body, entry.Answers, recorded.Reason, Contradicts: true),
        _ => new Offer(entry.Body, entry.Answers, Reason: null, Contradicts: false),
    };

    IEnumerable<(Body Body, EntryHash? Answers)> Statements(NodeId by, DateOnly today)
    {
        var other = Parties.Other(by);
        var plan = Plan?.Token ?? CurrentJourney?.Plan ?? default;
        var at = RegionalTime.StartOf(by, today);

        yield return (new Acknowledged(), null);
        yield return (new InformationRequested(), null);
        yield return (new InformationSupplied(), Asked(QuestionKind.Information));
        yield return (new TakenUp(), null);
        foreach (var reason in Enum.GetValues<DeclineReason>()) yield return (new Declined(reason), null);
        yield return (new OnwardProposed(NodeId.Countries.First(country => !Parties.Include(country))), null);
        yield return (new OnwardAnswered(true), Asked(QuestionKind.Onward));
        yield return (new ConsentRecorded(Consent ?? new Consent(new([Purpose.Protection]), new([other]), today)), null);
        yield return (new CaseFileReleased(Releases.Count(release => release.By == by) + 1, default), null);
        yield return (new CaseFileReceived(), Releases.LastOrDefault(release => release.By == other && !release.IsReceived)?.Entry);
        yield return (new IdentificationChanged(), null);
        foreach (var answer in Enum.GetValues<LocationAnswer>()) yield return (new LocationAnswered(answer), null);
        yield return (new TracingAnswered(), null);
        foreach (var finding in Enum.GetValues<Finding>()) yield return (new AssessmentReported(finding, false, false), null);
        foreach (var wish in Enum.GetValues<Wish>()) yield return (new WishRecorded(wish, today), null);
        foreach (var safeguard in Enum.GetValues<Safeguard>()) yield return (new ChildSafeguardRecorded(safeguard, today), null);
        yield return (new PreparationReported(PreparationItem.TravelDocument, PreparationStatus.Asked), null);
        yield return (new ReturnPlanned(new Token(UInt128.MaxValue), Plan?.Token, today, at, PlaceCode.Anywhere(Parties.Origin)), null);
        yield return (new ReturnAgreed(), Plan?.Entry);
        yield return (new ReturnHeld(today, PersonAgrees: true), null);
        yield return (new HoldEnded(), null);
        yield return (new ReturnPostponed(), null);
        yield return (new Accompanied(plan, PlaceCode.Anywhere(Parties.Host), at), null);
        yield return (new DidNotTravel(plan, PlaceCode.Anywhere(Parties.Host), at), null);
        yield return (new Met(plan, PlaceCode.Anywhere(Parties.Origin), at), null);
        yield return (new NotArrived(plan, PlaceCode.Anywhere(Parties.Origin), at), null);
        yield return (new FoundSafe(plan, Parties.Host), null);
        yield return (new FoundSafe(plan, Parties.Origin), null);
        yield return (new ReintegrationStarted(), null);
        yield return (new FollowUpReported(Enumerable.Range(1, 99).First(number => !FollowedUp.Contains(number)), FollowUpResult.Done, null), null);
        yield return (new AppearanceAsked(), null);
        yield return (new AppearanceAnswered(AppearanceAnswer.Granted), Asked(QuestionKind.Appearance));
        yield return (new AppearanceDone(), null);
        yield return (new EntitlementNoted(), null);
        yield return (new ProceedingsNoted(), null);
        yield return (new ContactEnded(), null);
        yield return (new ContactResumed(), null);
        foreach (var outcome in Enum.GetValues<ReferralOutcome>()) yield return (new Completed(outcome), null);
        yield return (new Cancelled(), null);
        yield return (new ConsentWithdrawn(new WithdrawalScope.Everything()), null);
        yield return (new DataStopped(DataFate.Retained, RetentionBasis.StatutoryRetention, PaperRecall.All), null);
        yield return (new Lapsed(MissingStep.Acknowledgement), null);
        yield return (new EnteredInError(), null);
        foreach (var resolution in Enum.GetValues<Resolution>())
            yield return (new Resolved(resolution), Doubts.FirstOrDefault(doubt => doubt.IsOpenTo(by))?.Entry);

        EntryHash? Asked(QuestionKind kind) => Questions.FirstOrDefault(question => question.Kind == kind && question.By == other && question.Answer is null)?.Entry;
    }
}
