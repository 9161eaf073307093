using System.Buffers.Binary;
using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests;

/// <summary>Writes the entries of one dossier, and keeps them in the order in which they were written.</summary>
/// <param name="salt">Changes every hash: where hashes must decide nothing, a test takes several.</param>
sealed class Pen(int salt = 0)
{
    readonly List<Entry> _written = [];

    public DossierId Id => Opening.Dossier;

    public Entry Opening => _written[0];

    public IReadOnlyList<Entry> Written => _written;

    /// <summary>A pen that has opened the pair's referral.</summary>
    public static Pen Open(Pair pair, int salt = 0) => Open(pair, Sample.Opened(pair), salt);

    /// <inheritdoc cref="Open(Pair, int)"/>
    public static Pen Open(Pair pair, Body opened, int salt = 0)
    {
        var pen = new Pen(salt);
        ImmutableArray<NodeId> writers = opened is Opened { OnPaper: true } ? [pair.Sender] : [pair.Sender, pair.Receiver];
        pen.Keep(pen.OpeningEntry(pair.Sender, opened, new Opening(Kind.Referral, Referral.ProtocolVersion, writers, [])));
        return pen;
    }

    /// <summary>An opening that is not kept.</summary>
    public Entry OpeningEntry(NodeId author, Body body, Opening opening)
    {
        var hash = NextHash();
        return new Entry(
            hash, new DossierId(hash), author, Seq: 1, Previous: null, Seen: [], Answers: null,
            Sample.Now, Sample.Today, Channel.Node, Sample.Desk, OnBehalfOf: null, Letter: null, Particulars: [], opening, body);
    }

    /// <summary>The author's next entry, which has seen everything written so far.</summary>
    public Entry Write(NodeId author, Body body) =>
        WriteAfter(Last(author), author, body, [.. _written.GroupBy(entry => entry.Author).Where(chain => chain.Key != author).Select(chain => chain.Last())]);

    /// <summary>The same, with what a test says of it beside its place.</summary>
    public Entry Write(NodeId author, Body body, Func<Entry, Entry> alter)
    {
        var entry = Write(author, body);
        return Alter(entry, alter(entry));
    }

    /// <summary>Puts an altered entry in the place of the one just written.</summary>
    public Entry Alter(Entry entry, Entry altered)
    {
        if (_written[^1] != entry) throw new InvalidOperationException("Only the last entry is altered.");
        return _written[^1] = altered;
    }

    /// <summary>The author's next entry, answering another.</summary>
    public Entry Answer(NodeId author, Entry answered, Body body) => Write(author, body, entry => entry with { Answers = answered.Hash });

    /// <summary>The author's next entry, which has seen no more than the one before.</summary>
    public Entry WriteUnseeing(NodeId author, Body body, EntryHash? answers = null)
    {
        var last = Last(author);
        return Keep(Unwritten(last, author, body) with { Seen = last?.Seen ?? [HeadOf(Opening)], Answers = answers });
    }

    /// <summary>An entry in a place of its own choosing: a fork where that is taken.</summary>
    public Entry WriteAfter(Entry? previous, NodeId author, Body body, params ImmutableArray<Entry> seen) =>
        Keep(Unwritten(previous, author, body) with { Seen = [.. seen.Select(HeadOf)] });

    /// <summary>Keeps an entry that a test has altered, as one of its own.</summary>
    public Entry Keep(Entry altered)
    {
        _written.Add(altered);
        return altered;
    }

    public static Head HeadOf(Entry entry) => new(entry.Author, entry.Seq, entry.Hash);

    /// <summary>A hash of nothing that is written.</summary>
    public EntryHash NextHash()
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(bytes, salt);
        BinaryPrimitives.WriteInt32BigEndian(bytes[4..], ++_hashes);
        return EntryHash.Of(bytes);
    }

    public Dossier<Referral> Fold() => Fold(_written);

    public Dossier<Referral> FoldWithout(params Entry[] missing) => Fold(_written.Except(missing));

    public Dossier<Referral> Fold(IEnumerable<Entry> held, params EntryHash[] beyondRevocation) =>
        Dossier<Referral>.Fold(Id, [.. held], beyondRevocation.ToHashSet());

    int _hashes;

    Entry? Last(NodeId author) => _written.LastOrDefault(entry => entry.By(author));

    Entry Unwritten(Entry? previous, NodeId author, Body body) => new(
        NextHash(), Id, author, (previous?.Seq ?? 0) + 1, previous?.Hash, Seen: [], Answers: null,
        Sample.Now, Sample.Today, Channel.Node, Sample.Desk, OnBehalfOf: null, Letter: null, Particulars: [], Opening: null, body);
}
