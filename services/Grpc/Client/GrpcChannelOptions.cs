namespace Grpc.Net.Client;

/// <summary>How a channel reaches its server, and what it accepts.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Carries the calls; certificates and connection limits are set here. At most one of this and <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Carries the calls. Its own timeout applies beside the deadline of each call.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Whether the channel disposes the handler or client that it was given.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>In bytes; null means no limit. 4 MiB at first.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>In bytes; null means no limit.</summary>
    public int? MaxSendMessageSize { get; set; }
}
