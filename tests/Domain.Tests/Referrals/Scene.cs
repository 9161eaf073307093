using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>A referral that two careful countries have brought to a state, with everything seen by both, and what can then be written.</summary>
sealed class Scene
{
    readonly Dictionary<NodeId, Entry> _information = [];
    readonly Dictionary<NodeId, Entry> _appearance = [];
    readonly Dictionary<NodeId, Entry> _releases = [];
    Entry? _onward;
    uint _planned;
    Entry? _plan;
    Entry? _contact;

    Scene(Pair pair, Body opened, int salt) => (Pair, Pen) = (pair, Pen.Open(pair, opened, salt));

    /// <summary>How a return may be under way: who planned it, and whether it is held.</summary>
    public sealed record Circumstances(bool PlannedByHost = true, bool IsHeld = false)
    {
        public static ImmutableArray<Circumstances> Of(ReferralState state) => state switch
        {
            ReferralState.Assessed => [new(), new(IsHeld: true)],
            ReferralState.ReturnPlanned or ReferralState.ReturnAgreed => [new(), new(PlannedByHost: false), new(IsHeld: true)],
            _ => [new()],
        };
    }

    public Pair Pair { get; }

    public Pen Pen { get; }

    public static Scene At(ReferralState state, Pair pair, Circumstances circumstances, int salt = 0)
    {
        var scene = new Scene(pair, Sample.Opened(pair), salt);
        scene.Go(state, circumstances);
        return scene;
    }

    /// <summary>A referral of which nothing but the opening was written.</summary>
    public static Scene Opened(Pair pair, Body opened, int salt = 0) => new(pair, opened, salt);

    /// <summary>Each has seen all that the other wrote.</summary>
    public void Meet()
    {
        Pen.Write(Pair.Host, Sample.Neutral);
        Pen.Write(Pair.Origin, Sample.Neutral);
    }

    /// <summary>Writes a statement of the table as it would be written here, in knowledge of all or of no more than before.</summary>
    public Entry Write(NodeId author, string statement, bool seeing = true)
    {
        var other = author == Pair.Host ? Pair.Origin : Pair.Host;
        var known = (_plan?.Body as ReturnPlanned)?.Plan;
        var body = Protocol.Statements[statement](Pair);
        if (body is ReturnPlanned) body = Sample.Planned(new Token((author == Pair.Host ? 2u : 3u) + (_planned * 2)), seeing ? Pen.Fold().State?.Plan?.Token : known);
        if (known is { } plan) body = OnPlan(body, plan);
        if (body is CaseFileReleased) body = new CaseFileReleased(_releases.ContainsKey(author) ? 2 : 1, Sample.Letter);
        var answered = body switch
        {
            InformationSupplied => _information.GetValueOrDefault(other),
            AppearanceAnswered => _appearance.GetValueOrDefault(other),
            OnwardAnswered => _onward,
            CaseFileReceived => _releases.GetValueOrDefault(other),
            ReturnAgreed => _plan,
            Resolved => _contact,
            _ => null,
        };
        var entry = seeing ? Pen.Write(author, body) : Pen.WriteUnseeing(author, body);
        entry = Pen.Alter(entry, entry with
        {
            Answers = answered?.Hash,
            HappenedOn = body is Lapsed ? Sample.Opened(Pair).ReplyBy.AddDays(1) : Sample.Today,
            Channel = body is ContinuedOnPaper ? Channel.Letter : Channel.Node,
            Letter = body is ContinuedOnPaper ? Sample.Letter : null,
        });
        // What crosses is not answered by who does not know of it.
        if (seeing) Remember(entry);
        return entry;
    }

    void Remember(Entry entry)
    {
        switch (entry.Body)
        {
            case InformationRequested: _information[entry.Author] = entry; break;
            case AppearanceAsked: _appearance[entry.Author] = entry; break;
            case OnwardProposed: _onward = entry; break;
            case CaseFileReleased: _releases[entry.Author] = entry; break;
            case ReturnPlanned:
                _plan = entry;
                _planned++;
                break;
            case ContactEnded: _contact = entry; break;
        }
    }

    /// <summary>A word on the plan that was last made known.</summary>
    static Body OnPlan(Body body, Token plan) => body switch
    {
        Accompanied said => said with { Plan = plan },
        DidNotTravel said => said with { Plan = plan },
        Met said => said with { Plan = plan },
        NotArrived said => said with { Plan = plan },
        FoundSafe said => said with { Plan = plan },
        _ => body,
    };

    void Go(ReferralState state, Circumstances circumstances)
    {
        var (host, origin) = (Pair.Host, Pair.Origin);
        switch (state)
        {
            case ReferralState.Lapsed: Write(Pair.Sender, "Lapsed"); return;
            case ReferralState.Declined: Write(Pair.Receiver, "Declined"); return;
            case ReferralState.Cancelled: Write(Pair.Sender, "Cancelled"); return;
            case ReferralState.EnteredInError: Write(Pair.Sender, "EnteredInError"); return;
            case ReferralState.Completed:
                Go(ReferralState.Returned, circumstances);
                Write(origin, "Completed(Returned)");
                return;
            case ReferralState.Withdrawn:
                Go(ReferralState.EnRoute, circumstances);
                Write(host, "ConsentWithdrawn(Everything)");
                return;
        }

        foreach (var author in new[] { host, origin })
        {
            Write(author, "InformationRequested");
            Write(author, "AppearanceAsked");
        }
        Write(host, "ContactEnded");
        if (state >= ReferralState.Received) Write(Pair.Receiver, "Acknowledged");
        if (state >= ReferralState.Received) Write(Pair.Receiver, "OnwardProposed");
        if (state < ReferralState.TakenUp) return;
        Write(Pair.Receiver, "TakenUp");
        Write(host, "CaseFileReleased");
        Write(origin, "CaseFileReleased");
        if (state < ReferralState.Assessed) return;
        Write(origin, "AssessmentReported(MayReturn)");
        Write(host, "WishRecorded(Return)");
        if (state >= ReferralState.ReturnPlanned)
        {
            var planner = circumstances.PlannedByHost ? host : origin;
            Remember(Pen.Write(planner, Sample.Planned(Sample.Plan)));
            if (state >= ReferralState.ReturnAgreed) Write(planner == host ? origin : host, "ReturnAgreed");
        }
        if (circumstances.IsHeld) Write(host, "ReturnHeld");
        if (state >= ReferralState.EnRoute) Write(host, "Accompanied");
        if (state is ReferralState.Unaccounted) Write(origin, "NotArrived");
        if (state >= ReferralState.Returned) Write(origin, "Met");
        if (state is ReferralState.InReintegration) Write(origin, "FollowUpReported(Done)");
    }
}
