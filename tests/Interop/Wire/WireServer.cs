using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using Coordination.Interop.Wire;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

[assembly: AssemblyFixture(typeof(WireServer))]

namespace Coordination.Interop.Wire;

/// <summary>Kestrel with the wire service: HTTP/2 in the clear, HTTP/2 under TLS, and HTTP/1.1, each on a free port.</summary>
/// <remarks>Its end fails the run if anything was logged as an error that no test provoked.</remarks>
public sealed class WireServer : IAsyncLifetime
{
    /// <summary>A header of every response: which connection it came over.</summary>
    public const string ConnectionHeader = "x-connection";

    readonly LogWatch _logs = new();
    readonly WebApplication _app;

    public WireServer() : this(keepAlive: null)
    {
    }

    /// <param name="keepAlive">After so much silence a connection is asked whether it lives, and lost after as much again; null for never.</param>
    internal WireServer(TimeSpan? keepAlive)
    {
        var builder = WebApplication.CreateSlimBuilder();
        // A check that fails is a test's doing.
        builder.Logging.ClearProviders().AddProvider(_logs).AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            if (keepAlive is { } pause) (kestrel.Limits.Http2.KeepAlivePingDelay, kestrel.Limits.Http2.KeepAlivePingTimeout) = (pause, pause);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = Certificate;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.ClientCertificateValidation = (_, _, _) => true;
                });
            });
        });
        builder.Services.AddGrpc();
        builder.Services.AddGrpcHealthChecks().AddCheck("wellness", () => new HealthCheckResult(Health));
        builder.Services.Configure<HealthCheckPublisherOptions>(options => (options.Delay, options.Period) = (TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        builder.Services.AddGrpcReflection();
        builder.Services.AddSingleton<Sleepers>();
        builder.Services.AddRequestTimeouts();
        builder.Services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, ByHeader>("test", null);
        builder.Services.AddAuthorization();

        _app = builder.Build();
        _app.Use((http, next) =>
        {
            http.Response.Headers[ConnectionHeader] = http.Connection.Id;
            return next(http);
        });
        _app.UseRouting();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.UseRequestTimeouts();
        _app.MapGrpcService<WireDoor>();
        _app.MapGrpcHealthChecksService();
        _app.MapGrpcReflectionService();
        _app.MapGet("/page/of", () => "a page");
    }

    public static X509Certificate2 Certificate { get; } = NewCertificate("localhost");

    /// <summary>The same in PEM, in a file that goes with the server.</summary>
    public string CertificateFile { get; } = Path.Combine(Path.GetTempPath(), $"coordination-wire-{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}.pem");

    public Uri Clear => Address(0);
    public Uri Http1 => Address(1);
    public Uri Tls => Address(2);

    /// <summary>What its health check says.</summary>
    internal HealthStatus Health { get; set; } = HealthStatus.Healthy;

    internal Sleepers Sleepers => _app.Services.GetRequiredService<Sleepers>();

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(CertificateFile, Certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Takes no new calls, and waits for those under way.</summary>
    internal Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        File.Delete(CertificateFile);
        _logs.Unexpected.ShouldBeEmpty();
    }

    /// <summary>A certificate signed by itself, for a server or a client on this machine.</summary>
    internal static X509Certificate2 NewCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddHours(12));
    }

    Uri Address(int listener) =>
        new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ElementAt(listener));

    /// <summary>Takes a caller's name from a header.</summary>
    sealed class ByHeader(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers.Authorization.ToString() is not { Length: > 0 } name) return Task.FromResult(AuthenticateResult.NoResult());
            var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name)));
        }
    }
}

/// <summary>Keeps what a server logs as errors, but for those that a test provoked.</summary>
sealed class LogWatch : ILoggerProvider, ILogger
{
    readonly ConcurrentQueue<string> _unexpected = new();

    public IReadOnlyCollection<string> Unexpected => _unexpected;

    public ILogger CreateLogger(string categoryName) => this;
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && exception is not UnforeseenException) _unexpected.Enqueue($"{formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
