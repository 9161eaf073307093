using System.Collections.Frozen;
using System.Globalization;
using Coordination.CountryNode.Desks;
using Coordination.Domain.Dossiers;
using Coordination.Hosting;
using Coordination.Hosting.Trust;
using Grpc.Core;
using Microsoft.IdentityModel.Tokens;

namespace Coordination.CountryNode.Doors;

/// <summary>Who knocks: an office by its bearer token, a node by its certificate.</summary>
public sealed class Callers(NodeSettings settings, TrustInForce trust, TimeProvider time)
{
    /// <summary>The claim that names the office, as <c>role@unit</c>.</summary>
    public const string OfficeClaim = "office";

    /// <summary>What who comes without a valid token is told.</summary>
    public static Refusal TokenNeeded { get; } = new(
        RefusalKind.Unauthenticated, "TOKEN_MISSING_OR_INVALID", "A valid bearer token of this node's issuer is needed: send it as the metadata \"authorization: Bearer …\".");

    /// <summary>What a stream that outlived its token is told.</summary>
    public static Refusal TokenExpired { get; } = new(
        RefusalKind.Unauthenticated, "TOKEN_EXPIRED", "The bearer token has expired: resume with a new one, from the cursor of the last change that came.");

    readonly FrozenSet<Office> _offices = settings.Offices.Select(text => Domain.Dossiers.Office.TryParse(text, out var office) ? office : null).OfType<Office>().ToFrozenSet();

    /// <summary>The office that the token names.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED without a valid token, PERMISSION_DENIED when the office is none of this node's.</exception>
    public Domain.Dossiers.Office Office(ServerCallContext context)
    {
        var user = context.GetHttpContext().User;
        if (user.Identity?.IsAuthenticated is not true) throw TokenNeeded.ToException();
        if (!Domain.Dossiers.Office.TryParse(user.FindFirst(OfficeClaim)?.Value, out var office) || !_offices.Contains(office))
            throw new Refusal(RefusalKind.NotAllowed, "OFFICE_UNKNOWN", "The token's office is none of this node's. Ask the administrator to grant the office, then for a new token.").ToException();
        return office;
    }

    /// <summary>The same, of an office that may do something.</summary>
    /// <exception cref="RpcException">As <see cref="Office(ServerCallContext)"/>; PERMISSION_DENIED also when the office may not.</exception>
    public Domain.Dossiers.Office Office(ServerCallContext context, Act act)
    {
        var office = Office(context);
        return Rights.Check(office, act) is { } refusal ? throw refusal.ToException() : office;
    }

    /// <summary>Whether an office is one of this node's.</summary>
    public bool IsOfficeHere(Domain.Dossiers.Office office) => _offices.Contains(office);

    /// <summary>The person that the token names, as the issuer knows them: two persons approve, not two tokens of one.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED when the token names nobody.</exception>
    public string Person(ServerCallContext context) =>
        context.GetHttpContext().User.FindFirst("sub")?.Value is { Length: > 0 } person
            ? person
            : throw new Refusal(RefusalKind.Unauthenticated, "TOKEN_WITHOUT_PERSON", "The token names no person: a token with the claim \"sub\" is needed.").ToException();

    /// <summary>UTC: when the token is no longer taken; never where it does not say. A call that lasts has to look again.</summary>
    public DateTimeOffset TokenExpires(ServerCallContext context) =>
        long.TryParse(context.GetHttpContext().User.FindFirst("exp")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) + TokenValidationParameters.DefaultClockSkew
            : DateTimeOffset.MaxValue;

    /// <summary>The node that the client certificate belongs to, by the trust list in force now: a connection may be older.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED for a certificate that is no known node's, or no longer.</exception>
    public NodeId Peer(ServerCallContext context) =>
        context.GetHttpContext().Connection.ClientCertificate is { } certificate && trust.Current.Identify(certificate, time.GetUtcNow()) is { } node
            ? node
            : throw new Refusal(RefusalKind.Unauthenticated, "CERTIFICATE_UNKNOWN", "The client certificate is no known node's under the trust list in force.").ToException();
}
