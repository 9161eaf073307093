using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Simulation.Tests;

/// <summary>What an office sees when it makes up its mind.</summary>
/// <param name="Node">Where it sits.</param>
/// <param name="Others">The other countries of the simulation.</param>
/// <param name="Today">By the node's clock.</param>
/// <param name="Now">By the node's clock.</param>
sealed record Matter(NodeId Node, IReadOnlyList<NodeId> Others, DateOnly Today, DateTimeOffset Now);

/// <summary>What an office makes up its mind to say.</summary>
/// <param name="Statement">With its day, its channel and what it answers.</param>
/// <param name="Contradicts">It knows that it contradicts, and says it all the same.</param>
/// <param name="Earlier">For an opening: the earlier referral of the person.</param>
sealed record Intent(Statement Statement, bool Contradicts = false, DossierId? Earlier = null);

/// <summary>How offices come to say what they say. What is open is asked of the protocol itself; the desk decides.</summary>
static class Statements
{
    /// <summary>People who travel together.</summary>
    const int Groups = 2;

    /// <summary>How often rather than others: what carries the case on from where it stands, or else all dossiers would soon have ended, or stood still.</summary>
    static int Often(Referral referral, Body body) => body switch
    {
        Declined or Cancelled or EnteredInError or ConsentWithdrawn => 1,
        Acknowledged or TakenUp => 40,
        CaseFileReleased => referral.Releases.Count == 0 ? 15 : 2,
        CaseFileReceived or LocationAnswered or TracingAnswered => 12,
        AssessmentReported => referral.Assessment?.Finding is Finding.MayReturn ? 2 : 30,
        WishRecorded => referral.Wish?.Wish is Wish.Return ? 2 : 20,
        ChildSafeguardRecorded => referral.IsMinor && referral.Safeguards.All(done => done.Safeguard is not Safeguard.BestInterests) ? 20 : 2,
        ReturnPlanned => referral.State is ReferralState.Assessed ? 60 : 3,
        ReturnAgreed => 60,
        ReturnHeld => 8,
        HoldEnded => 40,
        Accompanied or DidNotTravel or Met or NotArrived or FoundSafe => referral.State is >= ReferralState.ReturnAgreed and <= ReferralState.Unaccounted ? 15 : 2,
        ReintegrationStarted or FollowUpReported or Resolved => 8,
        InformationSupplied or OnwardAnswered or AppearanceAnswered => 20,
        Lapsed or DataStopped => 6,
        _ => 3,
    };

    /// <summary>Opens a referral of any type, mostly as the protocol wants it.</summary>
    public static Intent Opening(Chance chance, Matter matter, IReadOnlyList<DossierId> earlier)
    {
        var onPaper = chance.OneIn(8);
        var other = chance.Of(onPaper != chance.OneIn(20) ? Region.OnPaper : matter.Others);
        var type = chance.Of<ReferralType>();
        var isOrigin = type is ReferralType.LocateAndProtect != chance.OneIn(20);
        var minority = chance.Of([Minority.Adult, Minority.Adult, Minority.Minor, Minority.Disputed]);
        var isMinor = minority is not Minority.Adult;
        var basis = chance.Of([Basis.Consent, Basis.Consent, Basis.RiskToLife, Basis.CourtOrder]);
        var urgency = chance.Of<Urgency>();
        var body = new Opened(
            type, isOrigin ? other : matter.Node, isOrigin ? matter.Node : other, chance.Of<Instrument>(), urgency, minority, basis,
            basis is Basis.Consent ? new Consent(new(Some<Purpose>(chance)), new(chance.OneIn(15) ? [] : [other]), matter.Today.AddDays(chance.Of([-1, 20, 180, 180, 180, 180]))) : null,
            isMinor != chance.OneIn(20) ? chance.Of<AuthorisedBy>() : null,
            AfterReturn: type is ReferralType.Reintegration or ReferralType.WitnessAppearance && chance.OneIn(2),
            onPaper,
            matter.Today.AddDays(chance.Of([-2, 0, 1, 14, 14, 14])),
            isMinor && !chance.OneIn(5) ? matter.Today.AddDays(-3) : null,
            Links.None with { Group = chance.OneIn(3) ? new Token((UInt128)(1 + chance.Of(Groups))) : null },
            Clocks.Default(urgency));
        return new(new(Officers.FocalPoint, body, matter.Today, Channel.Node), Earlier: earlier.Count > 0 && chance.OneIn(6) ? chance.Of(earlier) : null);
    }

    /// <summary>Goes on with a referral: mostly with what is open, at times with what contradicts, is void, or is not to be had from any list.</summary>
    public static Intent Next(Chance chance, Matter matter, Dossier<Referral> dossier)
    {
        if (dossier.State is not { } referral) return new(new(Officers.FocalPoint, new Cancelled(), matter.Today, Channel.Node));
        var blank = Blank(chance, matter, referral);
        switch (chance.Of(40))
        {
            case 0 or 1 when Correction(chance, matter, dossier, blank) is { } corrected: return corrected;
            case 2: return new(blank with { Body = new UnitAssigned(Officers.Named($"focal-point@unit-{chance.Of(3)}")) });
            case 3: return new(blank with { Body = new ContinuedOnPaper(), Channel = chance.OneIn(4) ? Channel.Node : Channel.Letter, Letter = Digest.Of("letter"u8) });
            case 4: return new(blank with { Body = Varied(chance, matter, referral, new ConsentWithdrawn(new WithdrawalScope.Everything())) });
        }

        var offers = referral.Offers(dossier.Draft(matter.Node, blank, matter.Now)).ToLookup(offer => offer.Contradicts ? Standing.Contradicts : offer.Reason is null ? Standing.Open : Standing.Void);
        var wanted = chance.Of(20) switch { 0 => Standing.Void, 1 => Standing.Contradicts, _ => Standing.Open };
        var choice = (offers[wanted].Any() ? offers[wanted] : offers[Standing.Open]).ToLookup(offer => offer.Body.GetType());
        var types = choice.SelectMany(offered => Enumerable.Repeat(offered.Key, Often(referral, offered.First().Body))).ToList();
        if (types.Count == 0) return new(blank with { Body = new Cancelled() });
        var one = Likely(chance, [.. choice[chance.Of(types)]]);
        return new(blank with { Body = Varied(chance, matter, referral, one.Body), Answers = one.Answers }, one.Contradicts && !chance.OneIn(5));
    }

    /// <summary>Everything of a statement but what is stated. On paper half of it is the other country's word.</summary>
    static Statement Blank(Chance chance, Matter matter, Referral referral)
    {
        var day = matter.Today.AddDays(chance.Of([0, 0, 0, 0, 0, 0, -1, -2, -5, chance.OneIn(4) ? 1 : 0]));
        var blank = new Statement(Officers.FocalPoint, new Acknowledged(), day, chance.OneIn(5) ? chance.Of<Channel>() : Channel.Node);
        var forTheOther = referral.Opened.OnPaper ? chance.OneIn(2) : chance.OneIn(60);
        return forTheOther
            ? blank with { OnBehalfOf = referral.Parties.Other(matter.Node), Channel = Channel.Letter, Letter = chance.OneIn(15) ? null : Digest.Of("letter"u8) }
            : blank;
    }

    /// <summary>Says something that the country said before right, or takes it back; null where it has said nothing.</summary>
    static Intent? Correction(Chance chance, Matter matter, Dossier<Referral> dossier, Statement blank)
    {
        var own = dossier.Entries.Select(judged => judged.Entry).Where(entry => entry.By(matter.Node) && (entry.Body is Happening || chance.OneIn(10))).ToList();
        if (own.Count == 0) return null;
        var wrong = chance.Of(own);
        // These are followed by another, or taken back.
        var right = chance.OneIn(3) || wrong.Body is (not Happening) or ConsentWithdrawn or Corrected or ContinuedOnPaper ? null : Varied(chance, matter, dossier.State!, wrong.Body) as Happening;
        return new(blank with { Body = new Corrected(right), Answers = wrong.Hash, OnBehalfOf = wrong.OnBehalfOf, Letter = wrong.Letter, Channel = wrong.Channel ?? Channel.Node });
    }

    /// <summary>Of the same statement with several codes, rather the one by which a case goes on.</summary>
    static Offer Likely(Chance chance, IReadOnlyList<Offer> offers) =>
        offers.FirstOrDefault(offer => offer.Body is AssessmentReported { Finding: Finding.MayReturn } or WishRecorded { Wish: Wish.Return } or ChildSafeguardRecorded { Safeguard: Safeguard.BestInterests })
            is { } usual && !chance.OneIn(4) ? usual : chance.Of(offers);

    /// <summary>The same statement with other details than the least that fits.</summary>
    static Body Varied(Chance chance, Matter matter, Referral referral, Body body) => body switch
    {
        ConsentRecorded => new ConsentRecorded(new(new(Some<Purpose>(chance)), new([referral.Parties.Sender, referral.Parties.Receiver]), matter.Today.AddDays(chance.Of([-1, 5, 30, 180])))),
        ConsentWithdrawn when !chance.OneIn(3) => new ConsentWithdrawn(new WithdrawalScope.Part(
            new(Some<Purpose>(chance)), new(chance.OneIn(4) ? [chance.Of([referral.Parties.Sender, referral.Parties.Receiver])] : []))),
        AssessmentReported assessment => assessment with { SafetyPlan = chance.OneIn(2), CareSuitable = !chance.OneIn(3) },
        WishRecorded wish => wish with { On = matter.Today.AddDays(-chance.Of([0, 1, 2, 29])) },
        ChildSafeguardRecorded safeguard => safeguard with { On = matter.Today.AddDays(-chance.Of(4)) },
        PreparationReported => new PreparationReported(chance.Of<PreparationItem>(), chance.Of<PreparationStatus>()),
        ReturnPlanned planned => Plan(chance, matter, referral, planned),
        ReturnHeld => new ReturnHeld(matter.Today.AddDays(chance.Of(20)), chance.OneIn(2)),
        Accompanied said => said with { Plan = Of(chance, referral, said.Plan), Place = Place(chance, referral), At = matter.Now },
        DidNotTravel said => said with { Plan = Of(chance, referral, said.Plan), Place = Place(chance, referral), At = matter.Now },
        Met said => said with { Plan = Of(chance, referral, said.Plan), Place = Place(chance, referral), At = matter.Now },
        NotArrived said => said with { Plan = Of(chance, referral, said.Plan), Place = Place(chance, referral), At = matter.Now },
        FoundSafe said => said with { Plan = Of(chance, referral, said.Plan) },
        FollowUpReported report => report with { Result = chance.Of<FollowUpResult>(), NextDue = chance.OneIn(3) ? matter.Today.AddDays(chance.Of(60)) : null },
        OnwardAnswered => new OnwardAnswered(chance.OneIn(2)),
        AppearanceAnswered => new AppearanceAnswered(chance.Of<AppearanceAnswer>()),
        DataStopped => chance.OneIn(2)
            ? new DataStopped(DataFate.Erased, null, chance.Of<PaperRecall>())
            : new DataStopped(DataFate.Retained, chance.Of<RetentionBasis>(), chance.Of<PaperRecall>()),
        _ => body,
    };

    /// <summary>A plan for one person, or one that a group shares.</summary>
    static ReturnPlanned Plan(Chance chance, Matter matter, Referral referral, ReturnPlanned planned)
    {
        var on = matter.Today.AddDays(chance.Of(12));
        var token = referral.Opened.Links.Group is { } group ? new Token((group.Value << 8) + (UInt128)chance.Of(5)) : new Token(chance.Next());
        return planned with
        {
            Plan = token, Replaces = chance.OneIn(15) ? new Token(1) : planned.Replaces, TravelOn = on,
            MeetingAt = RegionalTime.StartOf(referral.Parties.Origin, on).AddHours(chance.Of(24)), MeetingPoint = Place(chance, referral),
        };
    }

    static PlaceCode Place(Chance chance, Referral referral) =>
        PlaceCode.TryParse($"{chance.Of([referral.Parties.Host, referral.Parties.Origin])}-FB{chance.Of(9)}", out var place) ? place : throw new FormatException();

    /// <summary>Mostly the plan that is carried out; at times an older one, or none that anybody made.</summary>
    static Token Of(Chance chance, Referral referral, Token plan) =>
        !chance.OneIn(12) ? plan : chance.OneIn(3) || referral.Journeys.Count == 0 ? new Token(chance.Next()) : chance.Of([.. referral.Journeys]).Plan;

    /// <summary>At least one code.</summary>
    static IEnumerable<TCode> Some<TCode>(Chance chance) where TCode : struct, Enum =>
        Enum.GetValues<TCode>().Where(_ => chance.OneIn(2)).DefaultIfEmpty(chance.Of<TCode>()).ToList();

    enum Standing
    {
        Open = 1,
        Contradicts,
        Void,
    }
}

/// <summary>The offices that act.</summary>
static class Officers
{
    public static Domain.Dossiers.Office FocalPoint { get; } = Named("focal-point@simulated");

    public static Domain.Dossiers.Office CaseWorker { get; } = Named("case-worker@simulated");

    public static Domain.Dossiers.Office Named(string name) => Domain.Dossiers.Office.TryParse(name, out var office) ? office : throw new FormatException(name);
}
