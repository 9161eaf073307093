using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>What a node may come to hold of one dossier: lawful entries, and whatever careless, faulty or stolen pens write.</summary>
/// <remarks>A row of dice tells it all: each die writes one entry, so that a failing history shrinks by leaving dice out.</remarks>
sealed class History
{
    static readonly ImmutableArray<Body> Bodies =
    [
        Sample.Acknowledged, Sample.Acknowledged, Sample.Acknowledged, Sample.TakenUp, Sample.TakenUp, Sample.TakenUp,
        Sample.Declined, Sample.Cancelled, Sample.WithdrawnPart, Sample.WithdrawnPart, Sample.WithdrawnAll,
        new Declined(DeclineReason.NoCapacity), new Declined(DeclineReason.PersonNotFound), Sample.Opened(Pair.Usual),
        new Misshapen("It states nothing."), Sample.NotUnderstood,
    ];

    readonly Pair _pair;
    readonly Pen _pen;

    /// <summary>Two careful offices: nothing is out of form, though what they write may cross.</summary>
    readonly bool _isCareful;

    readonly HashSet<Entry> _lost = [];
    readonly HashSet<EntryHash> _beyondRevocation = [];

    /// <summary>The entry that each author writes on from: not its last, once a stolen pen has written.</summary>
    readonly Dictionary<NodeId, Entry> _ends = [];

    History(int first)
    {
        var die = new Die(first);
        _pair = Pair.All[die.Of(Pair.All.Length)];
        _isCareful = die.Of(4) is 0;
        var opened = Sample.Opened(_pair);
        _pen = Pen.Open(_pair, _isCareful ? opened : die.Of(16) switch { 0 => Sample.NotUnderstood, 1 => opened with { Consent = null }, _ => opened }, salt: first);
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

    /// <summary>The draft, as its author would keep it.</summary>
    public Entry Sign(Entry draft) => draft with { Hash = _pen.NextHash() };

    void Write(Die die)
    {
        var how = _isCareful ? int.MaxValue : die.Of(24);
        var author = how is 0 ? Pair.Stranger : die.Of(2) is 0 ? _pair.Sender : _pair.Receiver;
        var body = _isCareful ? NextStep(author, die) : Bodies[die.Of(Bodies.Length)];
        var end = _ends.GetValueOrDefault(author);
        var from = how is 1 or 2 ? Earlier(author, die) : end;

        var entry = _pen.WriteAfter(from, author, body, View(author, from, die));
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

    /// <summary>What a careful office would write, if nothing crossed it.</summary>
    Body NextStep(NodeId author, Die die)
    {
        ImmutableArray<Body> steps = author == _pair.Sender ? [Sample.Cancelled] : [Sample.Acknowledged, Sample.TakenUp, Sample.Declined];
        var step = steps.FirstOrDefault(step => !_pen.Written.Any(entry => entry.Body == step));
        return die.Of(12) switch
        {
            0 => Sample.WithdrawnAll,
            < 6 when step is not null => step,
            _ => Sample.WithdrawnPart,
        };
    }

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
