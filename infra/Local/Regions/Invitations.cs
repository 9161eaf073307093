using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Directory.V1;
using Coordination.Domain.Dossiers;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.Local;

/// <summary>Accounts for the consoles of a region, as a country's administrator makes them.</summary>
public static class Invitations
{
    /// <summary>Invites a person to a node's console for one office, for half a year from today.</summary>
    /// <param name="region">The region.</param>
    /// <param name="node">Whose console.</param>
    /// <param name="name">By which the person will sign in.</param>
    /// <param name="office"><c>role@unit</c>, one of the node's.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The page on which the person chooses a password and a second factor: for one use.</returns>
    public static async Task<string> InviteAsync(this Region region, RegionNode node, string name, string office, CancellationToken cancellationToken = default)
    {
        using var authority = X509Certificate2.CreateFromPem(region.Authority.TlsAuthority(node.Id).ExportCertificatePem());
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { authority } };
        using var channel = GrpcChannel.ForAddress(node.ApiAddress, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        var accounts = new AccountService.AccountServiceClient(channel);
        var asAdministrator = new CallOptions(new Metadata { { "authorization", $"Bearer {node.Tokens[$"administrator@{node.Country.Unit}"]}" } }, cancellationToken: cancellationToken);
        var invitation = await accounts.InviteAsync(new() { Name = name }, asAdministrator);
        var parts = office.Split('@');
        var until = RegionalTime.Today(NodeId.Parse(node.Id), TimeProvider.System.GetUtcNow()).AddMonths(6);
        await accounts.GrantOfficeAsync(
            new() { Name = name, Office = new() { Role = Enum.Parse<Contracts.Directory.V1.Role>(string.Concat(parts[0].Split('-').Select(word => $"{char.ToUpperInvariant(word[0])}{word[1..]}"))), Unit = parts[1] }, Until = until.ToString("yyyy-MM-dd") }, asAdministrator);
        return node.ConsoleAddress + invitation.Path;
    }
}
