using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Domain.Tests.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>What a node may come to hold of one dossier: lawful entries, and whatever careless, faulty or stolen pens write.</summary>
/// <remarks>A row of dice tells it all: each die writes one entry, so that a failing history shrinks by leaving dice out.</remarks>
sealed class History
{
    /// <summary>Those that are out of form, or of content that some referrals do not allow.</summary>
    static readonly ImmutableArray<Body> Odd =
    [
        new Declined(DeclineReason.NoCapacity), new Declined(DeclineReason.PersonNotFound), new FoundSafe(Sample.Plan, Pair.Stranger),
        new Misshapen("It states nothing."), Sample.NotUnderstood, Sample.NotUnderstood,
    ];

    const int LongestCareful = 24;

    static readonly ImmutableArray<string> Statements = [.. Protocol.Statements.Keys];

    /// <summary>Of every type.</summary>
    static readonly ImmutableArray<Pair> Pairs =
        [.. Pair.All, .. Enum.GetValues<ReferralType>().Where(type => type is not (ReferralType.Repatriation or ReferralType.LocateAndProtect)).Select(type => Pair.Of("KH", "VN", type))];

    readonly Pair _pair;
    readonly Scene _scene;
    readonly Pen _pen;
    readonly bool _isOnPaper;

    /// <summary>Two careful offices: nothing is out of form, though what they write may cross.</summary>
    readonly bool _isCareful;

    readonly HashSet<Entry> _lost = [];
    readonly HashSet<EntryHash> _beyondRevocation = [];

    /// <summary>The entry that each author writes on from: not its last, once a stolen pen has written.</summary>
    readonly Dictionary<NodeId, Entry> _ends = [];

    History(int first)
    {
        var die = new Die(first);
        _pair = Pairs[die.Of(Pairs.Length)];
        _isCareful = die.Of(3) is 0;
        _isOnPaper = !_isCareful && die.Of(8) is 0;
        var opened = (die.Of(4) is 0 ? Sample.OpenedForChild(_pair) : Sample.Opened(_pair)) with { OnPaper = _isOnPaper };
        if (_pair.Type is ReferralType.FamilyTracing) opened = opened with { BestInterestsOn = Sample.Today };
        if (_pair.Type is ReferralType.Reintegration) opened = opened with { AfterReturn = die.Of(2) is 0 };
        _scene = Scene.Opened(_pair, _isCareful ? opened : die.Of(16) switch { 0 => Sample.NotUnderstood, 1 => opened with { Consent = null }, _ => opened }, salt: first);
        _pen = _scene.Pen;
        _ends[_pair.Sender] = _pen.Opening;
        if (_isCareful) return;
        if (die.Of(16) is 0) _lost.Add(_pen.Opening);
        if (die.Of(32) is 0) _beyondRevocation.Add(_pen.Opening.Hash);
    }

    public IReadOnlyList<Entry> Held => [.. _pen.Written.Where(entry => !_lost.Contains(entry))];

    public IReadOnlySet<EntryHash> BeyondRevocation => _beyondRevocation;

    public NodeId Sender => _pair.Sender;

    public NodeId Receiver => _pair.Receiver;

    public static History Of(int[] dice)
    {
        var history = new History(dice is [var first, ..] ? first : 0);
        foreach (var number in dice.Skip(1)) history.Write(new Die(number));
        return history;
    }

    public Dossier<Referral> Fold() => Fold(Held);

    public Dossier<Referral> Fold(IEnumerable<Entry> held) => Dossier<Referral>.Fold(_pen.Id, [.. held], _beyondRevocation);

    /// <summary>Any statement but those of one kind.</summary>
    public Body AnyBut<TBody>(Die die) where TBody : Body
    {
        var body = Protocol.Statements[Statements[die.Of(Statements.Length)]](_pair);
        return body is TBody ? Sample.Neutral : body;
    }

    /// <summary>The draft, as its author would keep it.</summary>
    public Entry Sign(Entry draft) => draft with { Hash = _pen.NextHash() };

    void Write(Die die)
    {
        if (_isCareful)
        {
            // A dossier has tens of entries; each of these is written where the one before has led.
            for (var i = 0; i < 3 && _pen.Written.Count < LongestCareful; i++) Step.Random(_scene, Fold(_pen.Written).State!.State, die);
            return;
        }
        var how = die.Of(24);
        var author = how is 0 ? Pair.Stranger : die.Of(2) is 0 || _isOnPaper ? _pair.Sender : _pair.Receiver;
        var body = Says(author, die);
        var end = _ends.GetValueOrDefault(author);
        var from = how is 1 or 2 ? Earlier(author, die) : end;

        var entry = _pen.WriteAfter(from, author, body, View(author, from, die));
        entry = _pen.Alter(entry, Told(entry, die));
        switch (how)
        {
            case 3:
                entry = Replace(entry, Spoil(entry, die));
                break;
            case 4:
                _lost.Add(entry);
                break;
            case 5 or 6:
                _beyondRevocation.Add(entry.Hash);
                // The owner goes on from where it stood, or from where the thief left off.
                if (die.Of(2) is 0) return;
                break;
        }
        _ends[author] = entry;
    }

    /// <summary>Half of the time what fits where the referral stands, else anything at all.</summary>
    Body Says(NodeId author, Die die)
    {
        if (die.Of(16) is 0) return Odd[die.Of(Odd.Length)];
        var fits = die.Of(2) is 0 && Fold().State is { } referral && (author == _pair.Sender || author == _pair.Receiver)
            ? Step.Onward(new(_isOnPaper ? die.Of(2) is 0 : author == _pair.Sender, _pair.IsSentByHost), referral.State, die)
            : null;
        var body = Protocol.Statements[fits ?? Statements[die.Of(Statements.Length)]](_pair);
        return body switch
        {
            ReturnPlanned planned => planned with { Plan = new Token((uint)die.Of(3) + 1), Replaces = Fold().State?.Plan?.Token },
            CaseFileReleased released => released with { Version = 1 + die.Of(2) },
            _ => body,
        };
    }

    /// <summary>What stands beside the statement: most often what it needs.</summary>
    Entry Told(Entry entry, Die die)
    {
        var earlier = _pen.Written.SkipLast(1).ToList();
        var asked = earlier.LastOrDefault(other => (entry.Body, other.Body) is
            (InformationSupplied, InformationRequested) or (OnwardAnswered, OnwardProposed) or (AppearanceAnswered, AppearanceAsked)
            or (CaseFileReceived, CaseFileReleased) or (ReturnAgreed, ReturnPlanned) or (Resolved, Met or Accompanied or ContactEnded) or (Corrected, Happening));
        if (die.Of(6) is 0) asked = earlier[die.Of(earlier.Count)];
        var told = entry with
        {
            Answers = asked?.Hash,
            HappenedOn = Sample.Today.AddDays(entry.Body is Lapsed ? 3 : 0),
            Body = entry.Body is Corrected { Replacement: not null } && asked?.Body is Happening wrong and not Corrected ? new Corrected(Righted(wrong, die)) : entry.Body,
        };
        var forReceiver = _isOnPaper ? die.Of(3) > 0 : die.Of(32) is 0;
        return forReceiver || entry.Body is ContinuedOnPaper
            ? told with { OnBehalfOf = forReceiver ? _pair.Receiver : null, Channel = Channel.Letter, Letter = die.Of(8) is 0 ? null : Sample.Letter }
            : told;
    }

    /// <summary>The same statement otherwise.</summary>
    Happening Righted(Happening wrong, Die die) => wrong switch
    {
        AssessmentReported assessment => assessment with { Finding = die.Of(2) is 0 ? Finding.MayReturn : Finding.Pending },
        WishRecorded wish => wish with { Wish = die.Of(2) is 0 ? Wish.Return : Wish.Other },
        Met met => met with { Plan = new Token((uint)die.Of(3) + 1) },
        FoundSafe found => found with { In = die.Of(2) is 0 ? _pair.Host : _pair.Origin },
        _ => wrong,
    };

    /// <summary>What an author has seen of each other chain: at least what it had seen before, at most what is written.</summary>
    ImmutableArray<Entry> View(NodeId author, Entry? from, Die die)
    {
        var view = ImmutableArray.CreateBuilder<Entry>();
        foreach (var chain in _pen.Written.Where(entry => !entry.By(author)).GroupBy(entry => entry.Author))
        {
            var before = from?.Seen.Where(head => head.Author == chain.Key).Select(head => head.Seq).FirstOrDefault() ?? 0;
            var choice = chain.Where(entry => entry.Seq >= before).ToList();
            var least = choice.Count > 0 && (before > 0 || chain.Key == _pair.Sender) ? 1 : 0;
            // Half of the time an author holds everything.
            var upTo = die.Of(2) is 0 ? choice.Count : least + die.Of(choice.Count - least + 1);
            if (upTo > 0) view.Add(choice[upTo - 1]);
        }
        return view.ToImmutable();
    }

    Entry? Earlier(NodeId author, Die die)
    {
        var chain = _pen.Written.Where(entry => entry.By(author)).ToList();
        var place = die.Of(chain.Count + 1);
        return place == 0 ? null : chain[place - 1];
    }

    Entry Spoil(Entry entry, Die die) => die.Of(6) switch
    {
        0 => entry with { Seq = entry.Seq + 1 },
        1 => entry with { Seen = [] },
        2 => entry with { Opening = _pen.Opening.Opening },
        3 => entry with { Seen = [.. entry.Seen, .. entry.Seen] },
        4 => entry with { Previous = _pen.Opening.Hash },
        _ => entry with { Seen = [.. entry.Seen.Select(head => head with { Seq = head.Seq + 1 })] },
    };

    Entry Replace(Entry entry, Entry spoilt)
    {
        _lost.Add(entry);
        return _pen.Keep(spoilt with { Hash = _pen.NextHash() });
    }
}

/// <summary>One number that answers many questions, the same each time.</summary>
sealed class Die(int number)
{
    uint _left = (uint)number;

    /// <summary>From 0 to below <paramref name="sides"/>.</summary>
    public int Of(int sides)
    {
        // Knuth's multiplicative hash; its upper half is the random one.
        _left = (_left + 0x9E3779B9) * 2654435761;
        return (int)((_left >> 16) % (uint)sides);
    }
}
