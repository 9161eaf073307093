namespace Grpc.Core;

/// <summary>One call as its handler sees it.</summary>
public abstract class ServerCallContext
{
    Dictionary<object, object>? _userState;

    /// <summary>The path: <c>/package.Service/Method</c>.</summary>
    public string Method => MethodCore;

    /// <summary>The host that the caller asked for.</summary>
    public string Host => HostCore;

    /// <summary>The caller's address, as <c>ipv4:127.0.0.1:50051</c>.</summary>
    public string Peer => PeerCore;

    /// <summary>In UTC; <see cref="DateTime.MaxValue"/> when the caller gave none.</summary>
    public DateTime Deadline => DeadlineCore;

    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Fires when the caller has gone, when the deadline has passed, and at the server's own ceiling.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>Sent after the answer, or with the refusal.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>How the call ends when the handler returns.</summary>
    public Status Status
    {
        get => StatusCore;
        set => StatusCore = value;
    }

    public WriteOptions? WriteOptions
    {
        get => WriteOptionsCore;
        set => WriteOptionsCore = value;
    }

    public AuthContext AuthContext => AuthContextCore;

    /// <summary>Whatever code along the call wants to hand on.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <summary>Sends the headers at once instead of with the first message.</summary>
    /// <exception cref="InvalidOperationException">Headers were sent already.</exception>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    public ContextPropagationToken CreatePropagationToken(ContextPropagationOptions? options = null) => CreatePropagationTokenCore(options);

    protected abstract string MethodCore { get; }
    protected abstract string HostCore { get; }
    protected abstract string PeerCore { get; }
    protected abstract DateTime DeadlineCore { get; }
    protected abstract Metadata RequestHeadersCore { get; }
    protected abstract CancellationToken CancellationTokenCore { get; }
    protected abstract Metadata ResponseTrailersCore { get; }
    protected abstract Status StatusCore { get; set; }
    protected abstract WriteOptions? WriteOptionsCore { get; set; }
    protected abstract AuthContext AuthContextCore { get; }
    protected virtual IDictionary<object, object> UserStateCore => _userState ??= [];
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);
    protected abstract ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options);
}

/// <summary>Who calls, in gRPC's own words. ASP.NET Core's <c>HttpContext.User</c> and client certificate say more.</summary>
public class AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
{
    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;
    public string? PeerIdentityPropertyName { get; } = peerIdentityPropertyName;
    public IEnumerable<AuthProperty> PeerIdentity => PeerIdentityPropertyName is { } name ? FindPropertiesByName(name) : [];
    public IEnumerable<AuthProperty> Properties => properties.Values.SelectMany(values => values);
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) => properties.TryGetValue(propertyName, out var found) ? found : [];
}

/// <summary>One thing known of the caller.</summary>
public class AuthProperty
{
    readonly byte[] _value;

    AuthProperty(string name, byte[] value) => (Name, _value) = (name, value);

    public string Name { get; }
    public string Value => System.Text.Encoding.UTF8.GetString(_value);
    public byte[] ValueBytes => [.. _value];

    public static AuthProperty Create(string name, byte[] valueBytes) => new(name, [.. valueBytes]);
}

/// <summary>What of a call is handed on to the calls that its handler makes.</summary>
public class ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
{
    public static readonly ContextPropagationOptions Default = new();

    public bool IsPropagateDeadline { get; } = propagateDeadline;
    public bool IsPropagateCancellation { get; } = propagateCancellation;
}

/// <summary>Hands a call's deadline and cancellation on.</summary>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }
}
