using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Coordination.Hosting.Trust;

/// <summary>The node's keys, in a folder that no backup of the database holds.</summary>
/// <remarks>
/// <c>trust-root.pem</c> the root's public key · <c>trust-list.bin</c> a serialised SignedTrustList ·
/// <c>signing.pem</c> the private key for entries and receipts · <c>encryption.pem</c> the private key that opens what is
/// sealed to the node, and <c>encryption-*.pem</c> retired ones, kept while anything that was sealed to them is to be
/// opened, and new ones that the trust list does not name yet · <c>peer.pem</c> and <c>api.pem</c> certificate and
/// private key of the listeners for peers, and for people and programs · <c>dossiers/</c> a key for each dossier's sealed parts
/// (<see cref="Sealing.DossierKeys"/>) · <c>console/</c> what the console's cookies are made with · <c>hand-overs.bin</c> see <see cref="HandOverMark"/>. All replicas of a node share one folder.
/// What was destroyed here is listed elsewhere: <see cref="Sealing.ErasureList"/>.
/// </remarks>
public sealed record KeyFolder(string Path)
{
    public string TrustRoot => In("trust-root.pem");
    public string TrustList => In("trust-list.bin");
    public string Signing => In("signing.pem");
    public string Encryption => In("encryption.pem");
    public string Peer => In("peer.pem");
    public string Api => In("api.pem");
    public string HandOvers => In("hand-overs.bin");
    public string Dossiers => In("dossiers");
    public string Console => In("console");

    /// <summary>The files of the encryption keys that are retired, or not in use yet.</summary>
    public IEnumerable<string> OtherEncryption => Directory.EnumerateFiles(Path, "encryption-*.pem");

    /// <summary>Reads a key of EC P-256, public or private.</summary>
    /// <exception cref="CryptographicException">The file holds no such key.</exception>
    public static ECDsa ReadKey(string file)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(file));
        if (key.KeySize != 256) throw new CryptographicException($"{file} holds a key of {key.KeySize} bits; EC P-256 is needed.");
        return key;
    }

    /// <summary>Reads a certificate with its private key from one file.</summary>
    public static X509Certificate2 ReadCertificate(string file) => X509Certificate2.CreateFromPemFile(file, file);

    string In(string name) => System.IO.Path.Combine(Path, name);
}
