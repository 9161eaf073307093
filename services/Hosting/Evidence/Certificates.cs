using Coordination.Contracts.Dossier.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using TrustList = Coordination.Hosting.Trust.TrustList;

namespace Coordination.Hosting.Evidence;

/// <summary>Certificates of deletion, checked without asking any node.</summary>
/// <remarks>They show that a node says so, and that it says it unchanged. That nothing is left elsewhere no signature can show.</remarks>
public static class Certificates
{
    /// <summary>The first thing that is wrong with what a node exported, in one sentence; null when nothing is.</summary>
    /// <param name="exported">From the first certificate on.</param>
    /// <param name="root">The public key of the trust list's root.</param>
    /// <param name="further">A newer trust list, if there is one.</param>
    public static string? FlawIn(ListCertificatesResponse exported, KeyPool root, ReadOnlyMemory<byte>? further)
    {
        TrustList trust;
        try
        {
            TrustList[] lists = [TrustList.Read(exported.TrustList.Span, root, current: null), .. further is { } list ? [TrustList.Read(list.Span, root, current: null)] : Array.Empty<TrustList>()];
            trust = lists.MaxBy(list => list.Version)!;
        }
        catch (UntrustedListException refused)
        {
            return $"The trust list does not count under this root: {refused.Message}";
        }
        if (exported.Certificates.Count == 0) return "The file holds no certificate.";
        var (number, of) = (0UL, default(NodeId));
        foreach (var signed in exported.Certificates)
        {
            number++;
            DeletionCertificate certificate;
            try
            {
                certificate = DeletionCertificate.Parser.ParseFrom(signed.Certificate);
            }
            catch (InvalidProtocolBufferException)
            {
                return $"Certificate {number} cannot be read.";
            }
            if (!NodeId.TryParse(certificate.Node, out var node) || certificate.AppliedAt is null) return $"Certificate {number} names no node, or no time.";
            if (trust.KeyOf(node, signed.KeyId) is not { } key) return $"Certificate {number} is signed with a key that the trust list does not name as {node}'s.";
            if (!key.Pool.Verify(SignatureKind.Deletion, signed.Certificate.Span, signed.Signature.Span)) return $"Certificate {number} was changed, or signed by somebody else: its signature is not {node}'s.";
            if (key.Revocation is not null) return $"Certificate {number} is signed with a key of {node} that was revoked: whoever stole it could have signed it.";
            if (certificate.Number != number) return $"Certificate {number} is missing: certificate {certificate.Number} stands in its place.";
            if (number > 1 && node != of) return $"Certificate {number} is {node}'s, and those before it are {of}'s.";
            of = node;
        }
        return null;
    }
}
