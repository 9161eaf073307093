using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Dossier.V1;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf.WellKnownTypes;

namespace Coordination.CountryNode.Desks;

/// <summary>What the node's work rests on, and when it runs out.</summary>
/// <remarks>Certificates are read once, as the listeners read them: a file that was renewed counts from the next start.</remarks>
public sealed class Expiries(KeyFolder keys, TrustInForce trust, Pen pen, TimeProvider time)
{
    /// <summary>What runs out sooner has to be seen to: a new trust list needs the signatures of two countries.</summary>
    static readonly TimeSpan Enough = TimeSpan.FromDays(30);

    readonly (ExpiryKind Kind, DateTimeOffset At)[] _own = [(ExpiryKind.PeerCertificate, EndOf(keys.Peer)), (ExpiryKind.ApiCertificate, EndOf(keys.Api))];

    /// <summary>The soonest first. A key that has a successor, or no end, is not among them.</summary>
    public IReadOnlyList<Expiry> List()
    {
        var (now, list) = (time.GetUtcNow(), trust.Current);
        var ends = new List<(ExpiryKind Kind, string Node, DateTimeOffset At)> { (ExpiryKind.TrustList, "", list.ValidUntil) };
        ends.AddRange(_own.Select(own => (own.Kind, pen.Node.ToString(), own.At)));
        foreach (var node in list.Nodes.Values)
        {
            var id = node.Id.ToString();
            ends.Add((ExpiryKind.TlsAuthority, id, EndOf(node.TlsAuthority)));
            if (LastEnd([.. node.Keys.Where(key => key.Revocation is null).Select(key => key.Until)]) is { } signing) ends.Add((ExpiryKind.SigningKey, id, signing));
            if (LastEnd([.. node.EncryptionKeys.Select(key => key.Until)]) is { } encryption) ends.Add((ExpiryKind.EncryptionKey, id, encryption));
        }
        return [.. ends.OrderBy(end => end.At).Select(end => new Expiry { Kind = end.Kind, Node = end.Node, At = Timestamp.FromDateTimeOffset(end.At), Good = end.At > now + Enough })];
    }

    /// <summary>When the last of a node's keys for one use ends; null where one has no end, or there is none.</summary>
    static DateTimeOffset? LastEnd(IReadOnlyCollection<DateTimeOffset?> ends) => ends.Contains(null) ? null : ends.Max();

    static DateTimeOffset EndOf(string file)
    {
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(file));
        return EndOf(certificate);
    }

    static DateTimeOffset EndOf(X509Certificate2 certificate) => new(certificate.NotAfter);
}
