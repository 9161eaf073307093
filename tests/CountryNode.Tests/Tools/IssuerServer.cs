using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Coordination.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Coordination.CountryNode.Tests;

/// <summary>An issuer of bearer tokens as a ministry has one: https, a discovery document, and keys that change.</summary>
sealed class IssuerServer : IAsyncDisposable
{
    readonly WebApplication _server;
    readonly string _folder = Directory.CreateTempSubdirectory("coordination-issuer-").FullName;

    IssuerServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=An issuer", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        _server = builder.Build();
        _server.MapGet("/.well-known/openid-configuration", () =>
        {
            Asked++;
            return IsAway ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Json(new { issuer = Name, jwks_uri = $"{Address}/keys" });
        });
        _server.MapGet("/keys", () => Results.Bytes(Issuer.Keys(), "application/json"));
    }

    public string CertificateFile => Path.Combine(_folder, "issuer.pem");

    public string DiscoveryAddress => $"{Address}/.well-known/openid-configuration";

    /// <summary>Whose key it gives.</summary>
    public DevelopmentIssuer Issuer { get; set; } = new();

    /// <summary>As which it gives itself out.</summary>
    public string Name { get; set; } = DevelopmentIssuer.Issuer;

    public bool IsAway { get; set; }

    /// <summary>How often it was.</summary>
    public int Asked { get; private set; }

    string Address => _server.Urls.Single();

    public static async Task<IssuerServer> StartAsync()
    {
        var server = new IssuerServer();
        await server._server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
