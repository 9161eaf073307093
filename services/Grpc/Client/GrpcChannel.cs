using Grpc.Client;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A way to one server over HTTP/2. Safe for many callers at once; make one and keep it.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    readonly Uri _address;
    readonly GrpcChannelOptions _options;
    readonly HttpMessageInvoker _http;
    readonly bool _ownsHttp;
    readonly CancellationTokenSource _disposed = new();

    GrpcChannel(Uri address, GrpcChannelOptions options) : base(address.Authority)
    {
        if (options is { HttpClient: not null, HttpHandler: not null })
            throw new ArgumentException("Give a channel a handler or a client, not both.", nameof(options));

        _address = address;
        _options = options;
        _http = options.HttpClient ?? new HttpMessageInvoker(options.HttpHandler ?? OwnHandler(), disposeHandler: true);
        _ownsHttp = options.DisposeHttpClient || options is { HttpClient: null, HttpHandler: null };
    }

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <param name="address">Scheme, host and port; a path is left aside.</param>
    /// <param name="channelOptions">How the server is reached.</param>
    /// <exception cref="ArgumentException">The address is neither http nor https, or the options name two ways to reach it.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException("The address of a gRPC server begins with http:// or https://.", nameof(address));
        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker() => new HttpCallInvoker(_address, _http, _options, _disposed.Token);

    /// <summary>Ends the calls under way with CANCELLED.</summary>
    public void Dispose()
    {
        if (_disposed.IsCancellationRequested) return;
        _disposed.Cancel();
        if (_ownsHttp) _http.Dispose();
    }

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    // What a call carries goes to the address that was given and to no other.
    static SocketsHttpHandler OwnHandler() => new() { EnableMultipleHttp2Connections = true, AllowAutoRedirect = false, UseCookies = false };
}
