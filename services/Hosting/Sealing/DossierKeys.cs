using System.Collections.Immutable;
using System.Security.Cryptography;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;

namespace Coordination.Hosting.Sealing;

/// <summary>The key under which a dossier's sealed parts are kept in the database, one of 256 bits per dossier, so that destroying it erases them.</summary>
/// <remarks>
/// <para>
/// <c>dossiers/&lt;first two digits&gt;/&lt;dossier&gt;.key</c> in the key folder, which no backup of the database holds. All
/// replicas of a node share the folder; none keeps a key in memory, so that what one destroys no other goes on using.
/// <c>&lt;dossier&gt;.gone</c> is the tombstone of a destroyed key: no key is ever made for that dossier again.
/// </para>
/// <para>
/// What <see cref="Destroy"/> promises: no program reads the key from this folder again. What it cannot promise: that the
/// medium forgets. The key is overwritten before it is unlinked, but an SSD writes elsewhere and keeps the old block for a
/// while, and so do file systems that copy on write, that journal data, or that keep snapshots. The key folder therefore
/// belongs on an encrypted volume whose own key can be discarded. A copy of the folder brings a destroyed key back: the
/// <see cref="ErasureList"/>, which is elsewhere, is written first, and replayed before a node opens its ports.
/// </para>
/// <para>An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> from any of these is a fault of the folder, never an answer about a key.</para>
/// </remarks>
public sealed class DossierKeys(KeyFolder folder, ErasureList erasures)
{
    const byte Version = 1;
    const int KeyLength = 32;
    const int NonceLength = 12;
    const int TagLength = 16;
    const int Overhead = 1 + NonceLength + TagLength;
    const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;

    /// <summary>Encrypts under the dossier's key, which is made if there is none yet and is on the disk before this returns.</summary>
    /// <param name="dossier">Whose key.</param>
    /// <param name="plaintext">What is to be kept.</param>
    /// <param name="associatedData">What the bytes belong to, such as the id of their row: they open for nothing else.</param>
    public Protection Protect(DossierId dossier, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var place = PlaceOf(dossier);
        var found = Find(place);
        if (found is Found.Nothing)
        {
            Make(place);
            found = Find(place);
        }
        switch (found)
        {
            case Found.Destroyed: return new Protection.Destroyed();
            case Found.Nothing: throw new IOException($"{place.Key} was made and is not there: somebody else removes keys.");
            case Found.Key(var key):
                // Also when another replica made it: it may not have come as far as this.
                Flush(place);
                var kept = new byte[Overhead + plaintext.Length];
                kept[0] = Version;
                var nonce = kept.AsSpan(1, NonceLength);
                RandomNumberGenerator.Fill(nonce);
                using (var aes = new AesGcm(key, TagLength))
                    aes.Encrypt(nonce, plaintext, kept.AsSpan((1 + NonceLength)..^TagLength), kept.AsSpan(^TagLength..), Associated(place, associatedData));
                CryptographicOperations.ZeroMemory(key);
                return new Protection.Protected(kept);
            default: return new Protection.Damaged();
        }
    }

    /// <summary>Decrypts what <see cref="Protect"/> returned.</summary>
    /// <param name="dossier">Whose key.</param>
    /// <param name="kept">What was kept.</param>
    /// <param name="associatedData">As it was protected with.</param>
    public Disclosure Open(DossierId dossier, ReadOnlySpan<byte> kept, ReadOnlySpan<byte> associatedData)
    {
        var place = PlaceOf(dossier);
        switch (Find(place))
        {
            case Found.Destroyed: return new Disclosure.Destroyed();
            case Found.Nothing: return new Disclosure.Damaged(Damage.KeyMissing);
            case Found.Key(var key):
                try
                {
                    if (kept.Length < Overhead || kept[0] != Version) return new Disclosure.Damaged(Damage.Altered);
                    var plaintext = new byte[kept.Length - Overhead];
                    using var aes = new AesGcm(key, TagLength);
                    aes.Decrypt(kept[1..][..NonceLength], kept[(1 + NonceLength)..^TagLength], kept[^TagLength..], plaintext, Associated(place, associatedData));
                    return new Disclosure.Opened(plaintext);
                }
                catch (AuthenticationTagMismatchException)
                {
                    return new Disclosure.Damaged(Damage.Altered);
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(key);
                }
            default: return new Disclosure.Damaged(Damage.KeyDamaged);
        }
    }

    /// <summary>Whether something can be kept of a dossier now; makes no key.</summary>
    public Keeping Look(DossierId dossier)
    {
        switch (Find(PlaceOf(dossier)))
        {
            case Found.Destroyed: return Keeping.Destroyed;
            case Found.Damaged: return Keeping.Damaged;
            case Found.Key(var key):
                CryptographicOperations.ZeroMemory(key);
                return Keeping.Possible;
            default: return Keeping.Possible;
        }
    }

    /// <summary>Destroys the dossier's key for good, whether or not it has one. What <see cref="Open"/> finds out from then on is that it is destroyed.</summary>
    /// <remarks>Safe to repeat, and to be repeated after a crash: the record in the list is on the disk first, then the tombstone, and from then on the key is used by nobody.</remarks>
    public void Destroy(DossierId dossier)
    {
        erasures.Add(dossier);
        var place = PlaceOf(dossier);
        MakeFolders(place);
        using (var tombstone = new FileStream(place.Tombstone, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = OwnersFile,
        }))
        {
            tombstone.Flush(flushToDisk: true);
        }
        Flush(place);
        Erase(place);
    }

    /// <summary>Every dossier with a tombstone.</summary>
    public ImmutableHashSet<DossierId> ListDestroyed() => Directory.Exists(folder.Dossiers)
        ? [.. Directory.EnumerateFiles(folder.Dossiers, "*.gone", SearchOption.AllDirectories).Select(file => ErasureList.TryRead(Path.GetFileNameWithoutExtension(file))).OfType<DossierId>()]
        : [];

    /// <summary>Destroys again whatever keys of these dossiers are there, be it half, or have no tombstone.</summary>
    /// <returns>How many were not destroyed.</returns>
    public int DestroyAgain(IEnumerable<DossierId> dossiers)
    {
        var files = Directory.Exists(folder.Dossiers)
            ? Directory.EnumerateFiles(folder.Dossiers, "*", SearchOption.AllDirectories).Select(Path.GetFileName).ToLookup(name => name!.Split('.')[0], StringComparer.Ordinal)
            : Array.Empty<string?>().ToLookup(name => name!, StringComparer.Ordinal);
        var again = dossiers.Where(dossier => !files[dossier.ToString()].SequenceEqual([$"{dossier}.gone"])).ToList();
        foreach (var dossier in again) Destroy(dossier);
        return again.Count;
    }

    /// <summary>Reads the key, unless it is destroyed.</summary>
    Found Find(Place place)
    {
        var found = Read(place);
        // Looked for after the reading, never before: the tombstone is there before the key is touched.
        if (!SharedFiles.Exists(place.Tombstone)) return found;
        // Whoever made it had not seen the tombstone, or whoever destroyed it did not come to the end.
        if (found is not Found.Nothing) Erase(place);
        if (found is Found.Key(var key)) CryptographicOperations.ZeroMemory(key);
        return new Found.Destroyed();
    }

    static Found Read(Place place)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(place.Key);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Found.Nothing();
        }
        var whole = file.Length == KeyLength + SHA256.HashSizeInBytes && Check(place, file.AsSpan(0, KeyLength)).AsSpan().SequenceEqual(file.AsSpan(KeyLength));
        Found found = whole ? new Found.Key(file[..KeyLength]) : new Found.Damaged();
        CryptographicOperations.ZeroMemory(file);
        return found;
    }

    /// <summary>Makes the key if nobody else does at the same time: it appears whole under its name, and only once.</summary>
    static void Make(Place place)
    {
        MakeFolders(place);
        var mine = $"{place.Stem}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}.new";
        var key = RandomNumberGenerator.GetBytes(KeyLength);
        try
        {
            using (var file = new FileStream(mine, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersFile }))
            {
                file.Write(key);
                file.Write(Check(place, key));
                file.Flush(flushToDisk: true);
            }
            SharedFiles.LinkIfAbsent(mine, place.Key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            File.Delete(mine);
        }
    }

    /// <summary>Overwrites and unlinks the key, and what a maker that was killed left behind.</summary>
    void Erase(Place place)
    {
        foreach (var file in Directory.GetFiles(place.Folder, $"{place.Name}.*").Where(file => file != place.Tombstone))
        {
            try
            {
                using var key = new FileStream(file, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete });
                key.Write(RandomNumberGenerator.GetBytes(KeyLength + SHA256.HashSizeInBytes));
                key.Flush(flushToDisk: true);
            }
            catch (FileNotFoundException)
            {
                // Another replica was faster.
            }
            File.Delete(file);
        }
        Flush(place);
    }

    /// <summary>Of the key and its dossier: a file that was cut, zeroed by a crash or put under another name is not taken for a key.</summary>
    static byte[] Check(Place place, ReadOnlySpan<byte> key)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("coord/dossier-key/v1\0"u8);
        hash.AppendData(place.Dossier.ToArray());
        hash.AppendData(key);
        return hash.GetHashAndReset();
    }

    static byte[] Associated(Place place, ReadOnlySpan<byte> data) => [Version, .. place.Dossier.ToArray(), .. data];

    static void MakeFolders(Place place)
    {
        Directory.CreateDirectory(place.Root, OwnersFolder);
        Directory.CreateDirectory(place.Folder, OwnersFolder);
    }

    /// <summary>Puts on the disk that the files are there, and the folders that lead to them.</summary>
    void Flush(Place place)
    {
        SharedFiles.FlushFolder(place.Folder);
        SharedFiles.FlushFolder(place.Root);
        SharedFiles.FlushFolder(folder.Path);
    }

    Place PlaceOf(DossierId dossier) => new(folder.Dossiers, dossier);

    /// <summary>Where a dossier's key is, or was.</summary>
    sealed record Place(string Root, DossierId Dossier)
    {
        public string Name { get; } = Dossier.ToString();
        public string Folder => Path.Combine(Root, Name[..2]);
        public string Stem => Path.Combine(Folder, Name);
        public string Key => $"{Stem}.key";
        public string Tombstone => $"{Stem}.gone";
    }

    /// <summary>What there is under a dossier's name.</summary>
    abstract record Found
    {
        public sealed record Key(byte[] Bytes) : Found;
        public sealed record Nothing : Found;
        public sealed record Damaged : Found;
        public sealed record Destroyed : Found;
    }
}

/// <summary>Whether something can be kept of a dossier.</summary>
public enum Keeping
{
    /// <summary>It has a key, or one is made when it is needed.</summary>
    Possible = 1,

    /// <summary>Its key was destroyed; nothing more is kept of it.</summary>
    Destroyed,

    /// <summary>Its key's file is damaged: an operator puts back a copy.</summary>
    Damaged,
}

/// <summary>What became of bytes that were to be kept. Closed.</summary>
public abstract record Protection
{
    private Protection() { }

    /// <summary>These bytes may be kept anywhere: they open under the dossier's key alone.</summary>
    public sealed record Protected(ReadOnlyMemory<byte> Bytes) : Protection;

    /// <summary>The dossier's key was destroyed; nothing more is kept of it.</summary>
    public sealed record Destroyed : Protection;

    /// <summary>The key's file is damaged: an operator puts back a copy, or the dossier's sealed parts are lost.</summary>
    public sealed record Damaged : Protection;
}

/// <summary>What became of bytes that were to be read again. Closed.</summary>
public abstract record Disclosure
{
    private Disclosure() { }

    /// <summary>What was protected, unchanged.</summary>
    public sealed record Opened(ReadOnlyMemory<byte> Plaintext) : Disclosure;

    /// <summary>The dossier's key was destroyed, as it should have been.</summary>
    public sealed record Destroyed : Disclosure;

    /// <summary>It cannot be read, and nobody meant that.</summary>
    public sealed record Damaged(Damage Why) : Disclosure;
}

/// <summary>Why kept bytes do not open although their key was not destroyed.</summary>
public enum Damage
{
    /// <summary>There is no key, and no tombstone either: the key folder is not the one that they were protected with.</summary>
    KeyMissing = 1,

    /// <summary>The key's file was cut, changed, or is another dossier's.</summary>
    KeyDamaged,

    /// <summary>The bytes were changed, belong to something else, or were protected under a key that is lost.</summary>
    Altered,
}
