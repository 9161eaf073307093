using System.Collections.Immutable;
using Coordination.Domain.Dossiers;

namespace Coordination.Hosting.Sealing;

/// <summary>Which keys were destroyed, in a folder on a medium of its own: what a database or a key folder that is put back from a copy has forgotten.</summary>
/// <remarks>
/// <para>
/// <c>&lt;first two digits&gt;/&lt;dossier&gt;</c> is the record of one destroyed key: the name is all of it, so nothing
/// can be torn, and no replica waits for another. <c>list</c> says that the folder holds the list: a mount point without
/// its medium does not. Records are only ever added. All replicas of a node share the folder; no backup puts it back.
/// </para>
/// <para>An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> from any of these is a fault of the folder: nothing counts as erased then.</para>
/// </remarks>
public sealed class ErasureList(string folder)
{
    const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    public string Folder => folder;

    /// <summary>A file that an operator makes when the list is lost for good, and that counts once.</summary>
    public string Rebuild => Path.Combine(folder, "rebuild");

    string Begun => Path.Combine(folder, "list");

    /// <summary>Writes that a key is destroyed: it is on the disk before this returns.</summary>
    /// <exception cref="IOException">The folder fails, or holds no list.</exception>
    public void Add(DossierId dossier)
    {
        if (!SharedFiles.Exists(Begun)) throw new IOException($"{folder} holds no list of erasures: its medium is not mounted, or another folder is in its place.");
        Write(dossier);
    }

    /// <summary>Every destroyed key.</summary>
    public ImmutableHashSet<DossierId> Read() =>
    [
        .. Directory.EnumerateDirectories(folder, "??").SelectMany(Directory.EnumerateFiles)
            .Select(file => TryRead(Path.GetFileName(file))).OfType<DossierId>(),
    ];

    /// <summary>Begins a list, or goes on with one, from records that may be missing in it.</summary>
    public void Begin(IEnumerable<DossierId> missing)
    {
        foreach (var dossier in missing) Write(dossier);
        Make(Begun);
        File.Delete(Rebuild);
        SharedFiles.FlushFolder(folder);
    }

    /// <summary>Whether an operator says that the list is lost for good.</summary>
    public bool IsToBeRebuilt => SharedFiles.Exists(Rebuild);

    void Write(DossierId dossier)
    {
        var name = dossier.ToString();
        var within = Path.Combine(folder, name[..2]);
        Directory.CreateDirectory(within, OwnersFolder);
        Make(Path.Combine(within, name));
        SharedFiles.FlushFolder(within);
        SharedFiles.FlushFolder(folder);
    }

    static void Make(string file)
    {
        using var made = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = OwnersFile,
        });
        made.Flush(flushToDisk: true);
    }

    /// <summary>The dossier that a file is named after; null for any other file.</summary>
    internal static DossierId? TryRead(string name) =>
        name.Length == 2 * EntryHash.Length && name.All(char.IsAsciiHexDigitLower) ? DossierId.Read(Convert.FromHexString(name)) : null;
}
