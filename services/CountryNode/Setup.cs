using System.Security.Authentication;
using System.Security.Cryptography;
using Coordination.CountryNode.Accounts;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Doors;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Pages;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Coordination.CountryNode;

/// <summary>What a node is made of.</summary>
static class Setup
{
    /// <summary>No call runs longer, whatever deadline the caller set.</summary>
    static readonly TimeSpan CallCeiling = TimeSpan.FromSeconds(30);

    /// <summary>How often the node looks whether it can serve: at most so old is what a load balancer is told.</summary>
    static readonly TimeSpan HealthLook = TimeSpan.FromSeconds(5);

    /// <summary>Statements that a connection keeps prepared: more than the store has.</summary>
    const int MostPrepared = 64;

    /// <summary>Of one message: a batch of entries has half of it at most, and what an office sends is far smaller.</summary>
    const int MostBytesReceived = 2 * 1024 * 1024;

    public static void AddNode(this WebApplicationBuilder builder, NodeSettings settings, OfficeDirectory directory, RetentionTable retention)
    {
        var services = builder.Services;
        var keys = new KeyFolder(settings.KeyFolder);
        var node = NodeId.Parse(settings.Id);

        // A line per request would say who works when, and drown what matters.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // What fails at the start is said once, in a sentence, by Program.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // The key folder is what protects its keys, these among them.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        services.AddSingleton(settings);
        services.AddSingleton(keys);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<TrustInForce>();
        services.AddSingleton(_ => Pen.Of(node, keys));
        services.AddSingleton(_ => KeyRing.Of(node, keys));
        services.AddSingleton(new ErasureList(settings.ErasureFolder));
        services.AddSingleton<DossierKeys>();
        services.AddSingleton<ErasedRows>();
        services.AddSingleton<Erasures>();
        services.AddSingleton(directory.At(settings.OfficesHere()));
        // The statement of an append is long: planned once for each connection, not for each entry.
        services.AddSingleton(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.Database) { MaxAutoPrepare = MostPrepared }));
        services.AddSingleton<Outage>();
        services.AddSingleton<IStore, PostgresStore>();
        services.AddSingleton<GrpcPeers>();
        services.AddSingleton<IPeers>(provider => provider.GetRequiredService<GrpcPeers>());

        services.AddSingleton<IHandOverMark, HandOverMark>();
        services.AddSingleton<HandOvers>();
        services.AddSingleton<Safe>();
        services.AddSingleton<Overviews>();
        services.AddSingleton<Deadlines>();
        services.AddSingleton<Bell>();
        services.AddSingleton<Door>();
        services.AddSingleton<Shelf>();
        services.AddSingleton<TakenBack>();
        services.AddSingleton<Attachments>();
        services.AddSingleton<AttachmentShelf>();
        services.AddSingleton<AttachmentRoad>();
        services.AddSingleton<LogWitnesses>();
        services.AddSingleton<LogWitnessRoad>();
        services.AddSingleton<Relay>();
        services.AddSingleton<Gaps>();
        services.AddSingleton<Reconciliation>();
        services.AddHostedService<Roads>();

        services.AddSingleton<Submissions>();
        services.AddSingleton<ReferralLists>();
        services.AddSingleton<Changes>();
        services.AddSingleton<ReferralDesk>();
        services.AddSingleton<SubmissionDesk>();
        services.AddSingleton<AccessLog>();
        services.AddSingleton<CaseFiles>();
        services.AddSingleton(retention);
        services.AddSingleton<RetentionRows>();
        services.AddSingleton<RetentionDesk>();
        services.AddSingleton<AttachmentDesk>();
        services.AddSingleton<Callers>();
        services.AddSingleton<ReferralView>();
        services.AddSingleton<Commands>();
        services.AddSingleton<ApprovalDoor>();
        services.AddSingleton<ReferralDoor>();
        services.AddSingleton<DossierDoor>();
        services.AddSingleton<AttachmentDoor>();
        services.AddSingleton<AuditDoor>();
        services.AddSingleton<RetentionDoor>();
        services.AddSingleton<AccountDoor>();
        services.AddSingleton<Operations>();
        services.AddSingleton<Expiries>();
        services.AddSingleton<OperationsDoor>();
        services.AddSingleton<Transfers>();
        services.AddSingleton<TransferDesk>();
        services.AddSingleton<TransferDoor>();
        services.AddSingleton<PeerDoor>();
        services.AddGrpc(options => options.MaxReceiveMessageSize = MostBytesReceived);
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks().AddCheck<NodeHealth>("node");
        services.Configure<HealthCheckPublisherOptions>(options => (options.Delay, options.Period) = (TimeSpan.Zero, HealthLook));
        // Whatever is away says so itself, and once.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        services.AddRequestTimeouts(options => options.DefaultPolicy = new RequestTimeoutPolicy { Timeout = CallCeiling });
        services.AddAccounts(settings);
        services.AddPages(settings);
        // People come to the console with a cookie, programs to the API with a token; neither counts at the other's listener.
        var consolePort = new Uri(settings.ConsoleAddress).Port;
        services.AddAuthentication("listener")
            .AddPolicyScheme("listener", displayName: null, options => options.ForwardDefaultSelector = request =>
                request.Connection.LocalPort == consolePort ? IdentityConstants.ApplicationScheme : JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer();
        services.AddSingleton<IssuerKeys>();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<IssuerKeys>((options, keys) => keys.Configure(options));
    }

    /// <summary>The offices that act at the node.</summary>
    public static IReadOnlyCollection<Office> OfficesHere(this NodeSettings settings) =>
        [.. settings.Offices.Select(text => Office.TryParse(text, out var office) ? office : null).OfType<Office>()];

    /// <summary>The key folder belongs together, and to this node, and somebody's tokens can be checked.</summary>
    /// <exception cref="NodeCannotStartException">It does not, and why.</exception>
    public static void CheckKeys(this WebApplication node, NodeSettings settings)
    {
        var services = node.Services;
        try
        {
            var (keys, pen, trust) = (services.GetRequiredService<KeyFolder>(), services.GetRequiredService<Pen>(), services.GetRequiredService<TrustInForce>().Current);
            if (trust.KeyOf(pen.Node, pen.Key.Id) is null)
                throw new NodeCannotStartException($"The signing key in the key folder is none of {pen.Node}'s in trust list {trust.Version}. Check Node:Id and Node:KeyFolder.");
            var (ring, now) = (services.GetRequiredService<KeyRing>(), services.GetRequiredService<TimeProvider>().GetUtcNow());
            if (!trust.Nodes[pen.Node].EncryptionKeys.Any(key => key.Key.Id == ring.CurrentId))
                throw new NodeCannotStartException($"The encryption key in the key folder is none of {pen.Node}'s in trust list {trust.Version}. Check Node:Id and Node:KeyFolder.");
            if (trust.EncryptionKeyOf(pen.Node, now) is { } used && !ring.Holds(used.Key.Id))
                throw new NodeCannotStartException($"The key folder lacks {used.Key.Id}, to which others seal under trust list {trust.Version}: what they send could not be opened. Check Node:KeyFolder.");
            using var peer = KeyFolder.ReadCertificate(keys.Peer);
            if (trust.Identify(peer, now) != pen.Node)
                throw new NodeCannotStartException($"{keys.Peer} is no certificate of {pen.Node} that counts now under trust list {trust.Version}. Check Node:Id and Node:KeyFolder.");
            // What certificates say of their end is read when the listeners read them.
            services.GetRequiredService<Expiries>();
            if (settings.Tokens.KeysFile.Length > 0 && IssuerKeys.InFile(settings.Tokens).Count == 0)
                throw new NodeCannotStartException($"{settings.Tokens.KeysFile} holds no key: no token could ever be checked. Check Node:Tokens:KeysFile.");
        }
        catch (Exception unusable) when (unusable is UntrustedListException or CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new NodeCannotStartException($"The key folder or the tokens' keys cannot be used: {unusable.Message} Check Node:KeyFolder and Node:Tokens:KeysFile.", unusable);
        }
    }

    /// <summary>Each listener serves its own callers, and nobody else: peers, people at the console, offices' programs.</summary>
    public static void MapDoors(this WebApplication node, NodeSettings settings)
    {
        var peerPort = new Uri(settings.PeerAddress).Port;
        node.MapWhen(request => request.Connection.LocalPort == peerPort, peers => peers
            .UseRouting()
            .UseRequestTimeouts()
            .UseEndpoints(endpoints => endpoints.MapGrpcService<PeerDoor>()));
        var consolePort = new Uri(settings.ConsoleAddress).Port;
        node.MapWhen(request => request.Connection.LocalPort == consolePort, console => console.UsePages());

        node.UseRouting();
        node.UseRequestTimeouts();
        node.UseAuthentication();
        // Nothing is read of who has no token, not even a message to be refused; a load balancer alone asks without one.
        var issuer = node.Services.GetRequiredService<IssuerKeys>();
        node.Use(async (call, next) =>
        {
            if (call.User.Identity?.IsAuthenticated is true || call.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null) await next(call);
            else await call.WriteAsync(await issuer.RefusalAsync(call));
        });
        node.MapGrpcHealthChecksService().AllowAnonymous();
        node.MapGrpcReflectionService();
        node.MapGrpcService<ReferralDoor>();
        node.MapGrpcService<DossierDoor>();
        node.MapGrpcService<ApprovalDoor>();
        node.MapGrpcService<AttachmentDoor>();
        node.MapGrpcService<AuditDoor>();
        node.MapGrpcService<RetentionDoor>();
        node.MapGrpcService<AccountDoor>();
        node.MapGrpcService<OperationsDoor>();
        node.MapGrpcService<TransferDoor>();
    }

    /// <summary>Three listeners: offices' programs come with bearer tokens, people with browsers, nodes with certificates over TLS 1.3.</summary>
    public static void ListenOn(this WebApplicationBuilder builder, NodeSettings settings)
    {
        var keys = new KeyFolder(settings.KeyFolder);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        // Where the program was built, not published, the console's files are where they were made; they do not change while it runs.
        builder.WebHost.UseStaticWebAssets().UseSetting("ReloadStaticAssetsAtRuntime", "false");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Whoever watches and has gone without a word is let go.
            (kestrel.Limits.Http2.KeepAlivePingDelay, kestrel.Limits.Http2.KeepAlivePingTimeout) = (TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10));
            var trust = new Lazy<TrustInForce>(kestrel.ApplicationServices.GetRequiredService<TrustInForce>);
            var time = kestrel.ApplicationServices.GetRequiredService<TimeProvider>();
            var atHome = new HttpsConnectionAdapterOptions
            {
                ServerCertificate = KeyFolder.ReadCertificate(keys.Api),
                SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            };
            Listen(kestrel, settings.ApiAddress, HttpProtocols.Http2, atHome);
            Listen(kestrel, settings.ConsoleAddress, HttpProtocols.Http1AndHttp2, atHome);
            Listen(kestrel, settings.PeerAddress, HttpProtocols.Http2, new HttpsConnectionAdapterOptions
            {
                ServerCertificate = KeyFolder.ReadCertificate(keys.Peer),
                SslProtocols = SslProtocols.Tls13,
                ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                // A stranger gets no further than the handshake; every request is checked again.
                ClientCertificateValidation = (certificate, _, _) => trust.Value.Current.Identify(certificate, time.GetUtcNow()) is not null,
            });
        });

        static void Listen(KestrelServerOptions kestrel, string address, HttpProtocols protocols, HttpsConnectionAdapterOptions tls)
        {
            var uri = new Uri(address);
            kestrel.Listen(NodeSettings.HostOf(uri)!, uri.Port, listen =>
            {
                listen.Protocols = protocols;
                listen.UseHttps(tls);
            });
        }
    }
}

/// <summary>The node cannot start; the message says why, and what to do.</summary>
sealed class NodeCannotStartException(string message, Exception? inner = null) : Exception(message, inner);
