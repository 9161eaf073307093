using System.IO.Compression;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Body = Coordination.Domain.Dossiers.Body;
using SignedEntry = Coordination.Hosting.Dossiers.SignedEntry;
using SignedReceipt = Coordination.Hosting.Dossiers.SignedReceipt;

namespace Coordination.CountryNode.Tests.Evidence;

/// <summary>A dossier of Thailand and Lao PDR without a node, and the bundle of it, file by file.</summary>
sealed class Exported : IDisposable
{
    public DevelopmentAuthority Authority { get; } = DevelopmentAuthority.Create(["TH", "LA", "VN", "KH"]);

    public Contracts.Peer.V1.TrustList List { get; }

    public Pen Thailand { get; }

    public Pen Laos { get; }

    /// <summary>In the order in which they count: TH 1, LA 1, LA 2, TH 2, LA 3.</summary>
    public List<SignedEntry> Entries { get; } = [];

    public List<SignedReceipt> Receipts { get; } = [];

    /// <summary>By name. Whoever changes a bundle changes these.</summary>
    public SortedDictionary<string, byte[]> Files { get; private set; } = [];

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public Exported()
    {
        List = Authority.NewList(_ => "https://127.0.0.1:1");
        (Thailand, Laos) = (PenOf("TH"), PenOf("LA"));
        var opening = Add(Thailand.Open("LA"));
        var acknowledged = Add(Laos.Begin(new Domain.Referrals.Acknowledged(), opening));
        var takenUp = Add(Laos.Continue(acknowledged, new Domain.Referrals.TakenUp(), opening));
        var asked = Add(Thailand.Continue(opening, new Domain.Referrals.InformationRequested(), takenUp));
        Add(Laos.Continue(takenUp, new Domain.Referrals.PreparationReported(Domain.Referrals.PreparationItem.Escort, Domain.Referrals.PreparationStatus.Asked), asked));
        Receipts.AddRange([Laos.Receipt(opening.Entry, Now), Thailand.Receipt(takenUp.Entry, Now), Laos.Receipt(asked.Entry, Now)]);
        Export();
    }

    public Pen PenOf(string node) => new(NodeId.Parse(node), KeyPool.Of(SignedBytes.KeyId(node, Authority.SigningKey(node)), Authority.SigningKey(node)));

    public KeyPool Root => KeyPool.Of("root", Authority.Root);

    public SignedEntry Add(SignedEntry entry)
    {
        Entries.Add(entry);
        return entry;
    }

    /// <summary>Makes the files anew from what is held and from the list as it stands.</summary>
    public void Export(params IEnumerable<ClearParticulars> particulars)
    {
        var evidence = new GetEvidenceResponse { Node = "TH", HeldAt = Timestamp.FromDateTimeOffset(Now), TrustLists = { Authority.Sign(List).ToByteString() } };
        evidence.Entries.AddRange(Entries.Select(entry => entry.ToWire()));
        evidence.Receipts.AddRange(Receipts.Select(receipt => receipt.ToWire()));
        using var zip = new MemoryStream();
        Bundle.Of(Entries[0].Id(), evidence, particulars).Write(zip);
        using var archive = new ZipArchive(zip, ZipArchiveMode.Read);
        Files = new(archive.Entries.ToDictionary(file => file.FullName, Read), StringComparer.Ordinal);
    }

    /// <summary>Adds an entry with particulars for both, and exports it with Thailand's in clear.</summary>
    public SignedEntry ExportWithParticulars(string note, Body body)
    {
        var content = new Particulars { Note = note };
        var draft = Thailand.Continue(Entries.Last(entry => entry.Entry.Author == Thailand.Node), body, Entries[^1]).Entry;
        var parts = new[] { Laos.Node, Thailand.Node }.Select(to => SealedPart.Of(draft, [], to, content.ToByteArray(), Thailand.Random)).ToList();
        var entry = Add(Thailand.Sign(draft with { Particulars = [.. parts.Select(part => part.Digest)] }));
        Export(new ClearParticulars(entry.Entry.Hash, ByteString.CopyFrom(parts[1].Bytes.Span), JsonFormatter.Default.Format(content)));
        return entry;
    }

    public static string NameOf(EntryHash entry, string extension) => $"particulars/{entry}.{extension}";

    /// <summary>The zip of the files as they are now.</summary>
    public byte[] Zip()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in Files)
            {
                using var into = archive.CreateEntry(name, CompressionLevel.Optimal).Open();
                into.Write(bytes);
            }
        }
        return zip.ToArray();
    }

    public Verified Verify(ReadOnlyMemory<byte>? further = null) => Verify(Zip(), Root, further);

    public static Verified Verify(byte[] zip, KeyPool root, ReadOnlyMemory<byte>? further = null)
    {
        using var stream = new MemoryStream(zip);
        return Bundle.Read(stream) switch
        {
            BundleRead.Is read => Verification.Of(read.Bundle, root, further),
            BundleRead.Not not => new Verified.Unsound(not.Flaw, null),
            _ => throw new NotSupportedException(),
        };
    }

    /// <summary>What is wrong, which must be that.</summary>
    public void ShouldBe(FlawCode code, string text) => Verify().ShouldBeOfType<Verified.Unsound>().Flaw.ShouldBe(new Flaw(code, text));

    public Findings ShouldBeSound() => Verify().ShouldBeOfType<Verified.Sound>().Findings;

    public void Dispose() => Authority.Dispose();

    static byte[] Read(ZipArchiveEntry file)
    {
        using var content = file.Open();
        using var read = new MemoryStream();
        content.CopyTo(read);
        return read.ToArray();
    }
}
