using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Google.Protobuf;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Hosting.Sealing;

/// <summary>What is sealed to one recipient beside one entry: a salt, where it belongs, and the content.</summary>
/// <param name="Recipient">To whom.</param>
/// <param name="Bytes">The plaintext of the seal.</param>
public sealed record SealedPart(NodeId Recipient, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>In bytes, of the random salt: without it, whoever guesses a short note could check the guess by the digest.</summary>
    const int SaltLength = 32;

    /// <summary>What the entry holds of it.</summary>
    public ParticularsDigest Digest => new(Recipient, Domain.Dossiers.Digest.Of(Bytes.Span));

    /// <summary>Writes the part of an entry that is not signed yet.</summary>
    /// <param name="draft">The entry, in its place.</param>
    /// <param name="nonce">Of an opening; none for any other.</param>
    /// <param name="recipient">To whom.</param>
    /// <param name="content">What is to be read.</param>
    /// <param name="random">Fills the salt.</param>
    public static SealedPart Of(Entry draft, ReadOnlySpan<byte> nonce, NodeId recipient, ReadOnlyMemory<byte> content, Action<Span<byte>> random)
    {
        var part = Place(draft, nonce, recipient);
        part.Content = UnsafeByteOperations.UnsafeWrap(content);
        var bytes = new byte[SaltLength + part.CalculateSize()];
        random(bytes.AsSpan(0, SaltLength));
        part.WriteTo(bytes.AsSpan(SaltLength));
        return new(recipient, bytes);
    }

    /// <summary>The content of particulars, if they are the ones that the entry names, and say themselves that they belong there.</summary>
    /// <param name="bytes">The plaintext of the seal.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="entryBytes">As signed: an opening's nonce is in them.</param>
    /// <param name="recipient">Who reads.</param>
    /// <returns>Null when it is anything else.</returns>
    public static ReadOnlyMemory<byte>? Read(ReadOnlyMemory<byte> bytes, Entry entry, ReadOnlyMemory<byte> entryBytes, NodeId recipient) =>
        entry.Particulars.Where(digest => digest.Recipient == recipient).Select(digest => Read(bytes, digest.Digest, entry, entryBytes, recipient)).FirstOrDefault();

    /// <summary>The content of a case file, if it is the one that its release names, and says itself that it belongs there.</summary>
    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, Entry, ReadOnlyMemory{byte}, NodeId)"/>
    public static ReadOnlyMemory<byte>? ReadCaseFile(ReadOnlyMemory<byte> bytes, Entry entry, ReadOnlyMemory<byte> entryBytes, NodeId recipient) =>
        entry.Body is CaseFileReleased released ? Read(bytes, released.CaseFile, entry, entryBytes, recipient) : null;

    static ReadOnlyMemory<byte>? Read(ReadOnlyMemory<byte> bytes, Digest named, Entry entry, ReadOnlyMemory<byte> entryBytes, NodeId recipient)
    {
        if (bytes.Length < SaltLength || Domain.Dossiers.Digest.Of(bytes.Span) != named) return null;
        Wire.Part part;
        try
        {
            part = Wire.Part.Parser.ParseFrom(bytes.Span[SaltLength..]);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
        var content = part.Content;
        part.Content = ByteString.Empty;
        var nonce = entry.Opening is null ? ByteString.Empty : Wire.Entry.Parser.ParseFrom(entryBytes.Span).Nonce;
        // Not null alone: that would be an empty content.
        return part.Equals(Place(entry, nonce.Span, recipient)) ? content.Memory : (ReadOnlyMemory<byte>?)null;
    }

    /// <summary>The content of a part that <see cref="Read(ReadOnlyMemory{byte}, Entry, ReadOnlyMemory{byte}, NodeId)"/> has taken.</summary>
    public static ReadOnlyMemory<byte> ContentOf(ReadOnlyMemory<byte> bytes) => Wire.Part.Parser.ParseFrom(bytes.Span[SaltLength..]).Content.Memory;

    static Wire.Part Place(Entry entry, ReadOnlySpan<byte> nonce, NodeId recipient) => new()
    {
        DossierId = entry.Opening is null ? ByteString.CopyFrom(entry.Dossier.ToArray()) : ByteString.Empty,
        Nonce = ByteString.CopyFrom(nonce),
        Author = entry.Author.ToString(),
        Seq = (uint)entry.Seq,
        Recipient = recipient.ToString(),
    };
}
