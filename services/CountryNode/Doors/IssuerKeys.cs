using Coordination.Hosting;
using Coordination.CountryNode.Desks;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Coordination.CountryNode.Doors;

/// <summary>The keys by which bearer tokens are checked: those of a file, or those that the issuer's discovery document leads to, fetched anew once in a while.</summary>
/// <remarks>An issuer that is away stops nothing: the keys that it had count on, and of what cannot be checked yet it is said that it cannot.</remarks>
public sealed partial class IssuerKeys(NodeSettings settings, ILogger<IssuerKeys> logger) : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    /// <summary>For so long a key counts after its issuer has withdrawn it.</summary>
    static readonly TimeSpan Fetched = TimeSpan.FromHours(1);

    /// <summary>A token under a key that is not known leads to another look, but not more often than this; nor is an issuer that is away asked more often.</summary>
    static readonly TimeSpan LooksAgain = TimeSpan.FromSeconds(15);

    /// <summary>Callers wait while it is asked.</summary>
    static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(2), AnswerLimit = TimeSpan.FromSeconds(5);

    const int LongestDocument = 1024 * 1024;

    /// <summary>Why the keys cannot be had; null where they can.</summary>
    volatile string? _away;

    /// <summary>What a caller is told whose token is under a key that cannot be had.</summary>
    static Refusal Away { get; } = new(
        RefusalKind.TryAgain, "ISSUER_UNAVAILABLE", "The token cannot be checked now: its issuer does not give this node the keys. The token may well be right: try the same call again in a minute. If that lasts, tell whoever runs the node.");

    /// <summary>What everybody is told who comes without a token that counts.</summary>
    public async Task<Refusal> RefusalAsync(HttpContext call) =>
        _away is not null && (await call.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme)).Failure is SecurityTokenSignatureKeyNotFoundException ? Away : Callers.TokenNeeded;

    public void Configure(JwtBearerOptions options)
    {
        var tokens = settings.Tokens;
        options.MapInboundClaims = false;
        options.TokenHandlers.Clear();
        options.TokenHandlers.Add(new RememberedTokens());
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = tokens.Issuer,
            ValidAudience = tokens.Audience,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256],
        };
        if (tokens.DiscoveryAddress.Length == 0)
        {
            options.TokenValidationParameters.IssuerSigningKeys = InFile(tokens);
            return;
        }
        var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectLimit, PooledConnectionLifetime = Fetched }) { Timeout = AnswerLimit, MaxResponseContentBufferSize = LongestDocument };
        options.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(tokens.DiscoveryAddress, this, new HttpDocumentRetriever(http) { RequireHttps = true })
        {
            AutomaticRefreshInterval = Fetched,
            RefreshInterval = LooksAgain,
            // What the issuer has withdrawn counts no more, though it was good once.
            UseLastKnownGoodConfiguration = false,
        };
    }

    /// <summary>The keys of the file that the settings name.</summary>
    public static IList<SecurityKey> InFile(TokenSettings tokens) => new JsonWebKeySet(File.ReadAllText(tokens.KeysFile)).GetSigningKeys();

    async Task<OpenIdConnectConfiguration> IConfigurationRetriever<OpenIdConnectConfiguration>.GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        try
        {
            var found = await OpenIdConnectConfigurationRetriever.GetAsync(address, retriever, cancel);
            // Whoever else's document it is, its tokens would count.
            if (found.Issuer != settings.Tokens.Issuer) throw new InvalidOperationException($"The document is that of {found.Issuer}, and Node:Tokens:Issuer says {settings.Tokens.Issuer}.");
            if (found.SigningKeys.Count == 0) throw new InvalidOperationException("The document leads to no key.");
            if (_away is not null) LogBack(logger, address);
            _away = null;
            return found;
        }
        catch (Exception fault)
        {
            // Said once, and again when it is for another reason.
            var why = fault.GetBaseException().Message;
            if (why != _away) LogAway(logger, address, why);
            _away = why;
            throw;
        }
    }

    [LoggerMessage(EventId = 420, Level = LogLevel.Warning, Message = "The keys of the issuer of bearer tokens cannot be had from {Address}: {Reason} Those that were had count on; tokens under others are refused as not to be checked now. It is asked again.")]
    static partial void LogAway(ILogger logger, string address, string reason);

    [LoggerMessage(EventId = 421, Level = LogLevel.Information, Message = "The keys of the issuer of bearer tokens are to be had again from {Address}.")]
    static partial void LogBack(ILogger logger, string address);
}
