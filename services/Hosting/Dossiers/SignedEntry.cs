using System.Security.Cryptography;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Hosting.Dossiers;

/// <summary>An entry with the bytes and the signature that every node keeps and hands on unchanged.</summary>
public sealed record SignedEntry(Entry Entry, ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Signature, string KeyId)
{
    public Wire.SignedEntry ToWire() => new()
    {
        Entry = UnsafeByteOperations.UnsafeWrap(Bytes),
        Signature = UnsafeByteOperations.UnsafeWrap(Signature),
        KeyId = KeyId,
    };
}

/// <summary>A node's signed word that it holds a chain up to and including one entry.</summary>
/// <param name="Dossier">The dossier.</param>
/// <param name="Author">Whose chain.</param>
/// <param name="Seq">Up to where, inclusive.</param>
/// <param name="Hash">Of that entry.</param>
/// <param name="Holder">The node that holds it.</param>
/// <param name="ReceivedAt">UTC, by the holder's clock.</param>
/// <param name="Bytes">As signed.</param>
/// <param name="Signature">The holder's.</param>
/// <param name="KeyId">The holder's key.</param>
public sealed record SignedReceipt(
    DossierId Dossier, NodeId Author, int Seq, EntryHash Hash, NodeId Holder, DateTimeOffset ReceivedAt,
    ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Signature, string KeyId)
{
    public Wire.SignedReceipt ToWire() => new()
    {
        Receipt = UnsafeByteOperations.UnsafeWrap(Bytes),
        Signature = UnsafeByteOperations.UnsafeWrap(Signature),
        KeyId = KeyId,
    };

    /// <summary>Reads a receipt and checks the holder's signature.</summary>
    /// <returns>Null when it is malformed, or not signed by a key of its holder.</returns>
    public static SignedReceipt? Read(Wire.SignedReceipt signed, TrustList trust)
    {
        try
        {
            var wire = Wire.Receipt.Parser.ParseFrom(signed.Receipt);
            if (wire.Seq is 0 or > int.MaxValue) return null;
            var fields = new FieldReader();
            var receivedAt = fields.Instant("received_at", wire.ReceivedAt);
            if (fields.Faults.Count > 0) return null;
            if (!NodeId.TryParse(wire.Author, out var author) || !NodeId.TryParse(wire.Holder, out var holder)) return null;
            if (trust.KeyOf(holder, signed.KeyId)?.Pool.Verify(SignatureKind.Receipt, signed.Receipt.Span, signed.Signature.Span) is not true) return null;
            return new SignedReceipt(
                DossierId.Read(wire.DossierId.Span), author, (int)wire.Seq, EntryHash.Read(wire.Hash.Span), holder,
                receivedAt, signed.Receipt.Memory, signed.Signature.Memory, signed.KeyId);
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>What this node signs with.</summary>
/// <param name="Node">Who it is.</param>
/// <param name="Key">Its signing key.</param>
public sealed record Pen(NodeId Node, KeyPool Key)
{
    /// <summary>Fills the nonce of an opening and the salts of particulars, so that nobody guesses a dossier's id, or a short note by its digest.</summary>
    /// <remarks>Another source is for the simulation alone: both are in the bytes of entries, and the same seed must give the same.</remarks>
    public Action<Span<byte>> Random { get; init; } = RandomNumberGenerator.Fill;

    /// <summary>Reads the signing key of a node's key folder.</summary>
    public static Pen Of(NodeId node, KeyFolder folder)
    {
        using var key = KeyFolder.ReadKey(folder.Signing);
        return new Pen(node, KeyPool.Of(SignedBytes.KeyId(node.ToString(), key), key));
    }

    /// <summary>The nonce that a draft is signed with: random for an opening, none for any other.</summary>
    public byte[] NonceFor(Entry draft)
    {
        var nonce = new byte[draft.Opening is null ? 0 : EntryWire.NonceLength];
        if (nonce.Length > 0) Random(nonce);
        return nonce;
    }

    /// <summary>Writes and signs an entry without particulars.</summary>
    /// <param name="draft">By this node.</param>
    public SignedEntry Sign(Entry draft) => Sign(draft, NonceFor(draft));

    /// <summary>Writes and signs an entry.</summary>
    /// <param name="draft">By this node.</param>
    /// <param name="nonce">As <see cref="NonceFor"/> gave it.</param>
    public SignedEntry Sign(Entry draft, ReadOnlySpan<byte> nonce)
    {
        var (entry, bytes) = EntryWire.Write(draft, nonce);
        return new SignedEntry(entry, bytes, Key.Sign(SignatureKind.Entry, bytes), Key.Id);
    }

    /// <summary>Writes and signs that this node holds a chain up to an entry.</summary>
    public SignedReceipt Receipt(Entry upTo, DateTimeOffset receivedAt)
    {
        var wire = new Wire.Receipt
        {
            DossierId = ByteString.CopyFrom(upTo.Dossier.ToArray()),
            Author = upTo.Author.ToString(),
            Seq = (uint)upTo.Seq,
            Hash = ByteString.CopyFrom(upTo.Hash.ToArray()),
            ReceivedAt = Timestamp.FromDateTimeOffset(receivedAt),
            Holder = Node.ToString(),
        };
        var bytes = wire.ToByteArray();
        return new SignedReceipt(upTo.Dossier, upTo.Author, upTo.Seq, upTo.Hash, Node, receivedAt, bytes, Key.Sign(SignatureKind.Receipt, bytes), Key.Id);
    }
}
