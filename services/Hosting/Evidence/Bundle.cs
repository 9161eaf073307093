using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Coordination.Domain.Dossiers;
using Google.Protobuf;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Hosting.Evidence;

/// <summary>What shows one dossier, as files of a zip that any program reads.</summary>
/// <remarks>
/// <c>bundle.json</c> a <see cref="Label"/> · <c>entries/0001-TH-1.entry</c> each a serialised coordination.dossier.v1.SignedEntry,
/// numbered so that each comes after what it descends from, with author and number in the author's chain · <c>receipts/0001-LA-TH-1.receipt</c> each a serialised
/// coordination.dossier.v1.SignedReceipt, with its holder and the entry up to which it goes · <c>trust/1.list</c> serialised
/// coordination.peer.v1.SignedTrustLists by their places · only where they were asked for, <c>particulars/&lt;entry hash&gt;.part</c>, the salt
/// and the serialised coordination.dossier.v1.Part that were sealed, and <c>particulars/&lt;entry hash&gt;.json</c>, the same to be read.
/// Names help people; nothing is believed for its name.
/// </remarks>
public sealed class Bundle
{
    /// <summary>The layout above.</summary>
    public const int Format = 1;

    /// <summary>In bytes, of the zip and of all that it holds, at most: a dossier of tens of entries has some tens of thousands.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    /// <summary>Files, at most.</summary>
    public const int MostFiles = 10_000;

    const int BytesAtATime = 64 * 1024;

    const string LabelFile = "bundle.json";
    const string EntryFile = ".entry";
    const string ReceiptFile = ".receipt";
    const string ListFile = ".list";
    const string PartFile = ".part";
    const string TextFile = ".json";

    static readonly JsonSerializerOptions LabelJson = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Zip keeps no time zone; the same evidence makes the same bytes.</summary>
    static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    Bundle(Label label, ImmutableArray<BundleFile> files) => (Label, Files) = (label, files);

    /// <summary>What it says of itself; nobody signed that.</summary>
    public Label Label { get; }

    /// <summary>By name.</summary>
    public ImmutableArray<BundleFile> Files { get; }

    public IEnumerable<BundleFile> Entries => In("entries", EntryFile);

    public IEnumerable<BundleFile> Receipts => In("receipts", ReceiptFile);

    public IEnumerable<BundleFile> TrustLists => In("trust", ListFile);

    public IEnumerable<BundleFile> Parts => In("particulars", PartFile);

    /// <summary>Particulars to be read.</summary>
    public IEnumerable<BundleFile> Texts => In("particulars", TextFile);

    /// <summary>The entry beside which particulars are, as the file's name says it.</summary>
    public static string EntryOf(BundleFile particulars) => Path.GetFileNameWithoutExtension(particulars.Name);

    /// <summary>Whether a file that is called so should hold that entry, wherever it counts.</summary>
    public static bool IsNameOf(string name, Entry entry) => name.EndsWith(Called(entry.Author.ToString(), entry.Seq), StringComparison.Ordinal);

    /// <summary>Makes a bundle of what a node handed out.</summary>
    /// <param name="dossier">The dossier.</param>
    /// <param name="evidence">As the node gave it.</param>
    /// <param name="particulars">In clear; none unless they were asked for.</param>
    public static Bundle Of(ByteString dossier, Wire.GetEvidenceResponse evidence, IEnumerable<ClearParticulars> particulars)
    {
        var label = new Label(
            Format, Convert.ToHexStringLower(dossier.Span), evidence.Node, evidence.HeldAt.ToDateTimeOffset(), evidence.Entries.Count, evidence.Receipts.Count);
        var files = ImmutableArray.CreateBuilder<BundleFile>();
        files.Add(new(LabelFile, JsonSerializer.SerializeToUtf8Bytes(label, LabelJson)));
        foreach (var (place, signed) in evidence.Entries.Index())
        {
            var entry = Wire.Entry.Parser.ParseFrom(signed.Entry);
            files.Add(new($"entries/{place + 1:0000}{Called(entry.Author, entry.Seq)}", signed.ToByteArray()));
        }
        foreach (var (place, signed) in evidence.Receipts.Index())
        {
            var receipt = Wire.Receipt.Parser.ParseFrom(signed.Receipt);
            files.Add(new($"receipts/{place + 1:0000}-{receipt.Holder}-{receipt.Author}-{receipt.Seq}{ReceiptFile}", signed.ToByteArray()));
        }
        foreach (var (place, list) in evidence.TrustLists.Index()) files.Add(new($"trust/{place + 1}{ListFile}", list.ToByteArray()));
        foreach (var clear in particulars)
        {
            files.Add(new($"particulars/{clear.Entry}{PartFile}", clear.Part.ToByteArray()));
            files.Add(new($"particulars/{clear.Entry}{TextFile}", Encoding.UTF8.GetBytes(clear.Json)));
        }
        return new Bundle(label, files.ToImmutable());
    }

    /// <summary>Writes the zip.</summary>
    public void Write(Stream zip)
    {
        using var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var file in Files)
        {
            var entry = archive.CreateEntry(file.Name, CompressionLevel.NoCompression);
            entry.LastWriteTime = NoTime;
            using var into = entry.Open();
            into.Write(file.Bytes.Span);
        }
    }

    /// <summary>Reads a zip, no further than a bundle goes.</summary>
    /// <param name="zip">Can be sought in.</param>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static BundleRead Read(Stream zip)
    {
        if (zip.Length > MostBytes) return new Flaw(FlawCode.TooLarge, $"The file has {zip.Length} bytes, and no bundle has more than {MostBytes}.");
        var files = new SortedDictionary<string, BundleFile>(StringComparer.Ordinal);
        try
        {
            if (ReadFiles(zip, files) is { } flaw) return flaw;
        }
        catch (Exception broken) when (broken is InvalidDataException or NotSupportedException or ArgumentException or EndOfStreamException)
        {
            return new Flaw(FlawCode.NoBundle, "The file is no zip, or a damaged one.");
        }
        if (!files.TryGetValue(LabelFile, out var file)) return new Flaw(FlawCode.NoBundle, $"The file is no bundle: it lacks {LabelFile}.");
        return ReadLabel(file.Bytes.Span) switch
        {
            null => new Flaw(FlawCode.NoBundle, $"{LabelFile} cannot be read."),
            { Format: not Format and var format } => new Flaw(FlawCode.NoBundle, $"The bundle is of format {format}, and this program reads format {Format} alone."),
            var label => new BundleRead.Is(new Bundle(label, [.. files.Values])),
        };
    }

    static Flaw? ReadFiles(Stream zip, SortedDictionary<string, BundleFile> files)
    {
        using var archive = new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true);
        if (archive.Entries.Count > MostFiles) return new(FlawCode.TooLarge, $"The bundle holds more than {MostFiles} files.");
        var left = MostBytes;
        // Zip programs write an empty entry for a folder.
        foreach (var entry in archive.Entries.Where(entry => !entry.FullName.EndsWith('/')))
        {
            if (!IsPart(entry.FullName)) return new(FlawCode.NoBundle, $"The bundle holds {Plainly(entry.FullName)}, which is no part of a bundle.");
            using var content = entry.Open();
            if (ReadAtMost(left, content) is not { } bytes) return new(FlawCode.TooLarge, $"With {entry.FullName} the bundle comes to more than {MostBytes} bytes.");
            left -= bytes.Length;
            if (!files.TryAdd(entry.FullName, new(entry.FullName, bytes))) return new(FlawCode.Twice, $"The bundle holds {entry.FullName} twice.");
        }
        return null;
    }

    /// <summary>What a stream holds; null where that is more. What a zip says of sizes is whatever its maker wrote.</summary>
    static byte[]? ReadAtMost(int most, Stream content)
    {
        using var read = new MemoryStream();
        var some = new byte[BytesAtATime];
        while (content.Read(some) is > 0 and var length)
        {
            if (read.Length + length > most) return null;
            read.Write(some, 0, length);
        }
        return read.ToArray();
    }

    static Label? ReadLabel(ReadOnlySpan<byte> json)
    {
        try
        {
            var label = JsonSerializer.Deserialize<Label>(json, LabelJson);
            return NodeId.TryParse(label?.Node, out _) && label!.Dossier is { Length: 2 * EntryHash.Length } id && id.All(char.IsAsciiHexDigitLower) ? label : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether a name is one of the layout's: a file in its folder, in one spelling. Of letters, digits and marks alone: names stand in sentences on somebody's screen.</summary>
    static bool IsPart(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '/')
        && (name == LabelFile || name.Split('/') is [var folder, var file] && (folder, Path.GetExtension(file)) is ("entries", EntryFile) or ("receipts", ReceiptFile) or ("trust", ListFile) or ("particulars", PartFile or TextFile));

    static string Plainly(string name) => string.Concat(name.Take(80).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

    static string Called(string author, long seq) => $"-{author}-{seq}{EntryFile}";

    IEnumerable<BundleFile> In(string folder, string extension) => Files.Where(file => (Path.GetDirectoryName(file.Name), Path.GetExtension(file.Name)) == (folder, extension));
}

/// <summary>What a file turned out to be. Closed.</summary>
public abstract record BundleRead
{
    private BundleRead() { }

    public sealed record Is(Bundle Bundle) : BundleRead;

    public sealed record Not(Flaw Flaw) : BundleRead;

    public static implicit operator BundleRead(Flaw flaw) => new Not(flaw);
}

/// <summary>One file of a bundle.</summary>
/// <param name="Name">With its folder.</param>
/// <param name="Bytes">All of it.</param>
public sealed record BundleFile(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>What a bundle says of itself. Nobody signed it: it helps to find what is missing, and shows nothing.</summary>
/// <param name="Format">Of the layout.</param>
/// <param name="Dossier">64 hexadecimal digits.</param>
/// <param name="Node">Which handed it out.</param>
/// <param name="HeldAt">When, UTC.</param>
/// <param name="Entries">How many.</param>
/// <param name="Receipts">How many.</param>
public sealed record Label(int Format, string Dossier, string Node, DateTimeOffset HeldAt, int Entries, int Receipts);

/// <summary>The particulars of one entry in clear.</summary>
/// <param name="Entry">Whose.</param>
/// <param name="Part">What was sealed.</param>
/// <param name="Json">Its content, to be read.</param>
public sealed record ClearParticulars(EntryHash Entry, ByteString Part, string Json);
