using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Tests.Faults.Fuzzing;

/// <summary>One port of a node, called as whoever may call it.</summary>
/// <param name="port">Its address.</param>
/// <param name="token">The office's token; null where a certificate is shown instead.</param>
/// <param name="certificate">The peer's certificate; null where a token is shown instead.</param>
sealed class Target(Uri port, string? token, X509Certificate2? certificate) : IDisposable
{
    public string? Token => token;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Longer than the deadline of a call that is as it should be: a stream goes on for as many hours as its caller says.</summary>
    static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(25);

    readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { SslOptions = Tls(certificate) });

    /// <summary>A message, with the five bytes before it.</summary>
    public static byte[] Framed(IMessage message)
    {
        var bytes = message.ToByteArray();
        var prefix = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), (uint)bytes.Length);
        return [.. prefix, .. bytes];
    }

    public static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>Posts bytes as a gRPC call.</summary>
    /// <returns>The status of gRPC or, before a slash, of HTTP alone, or how else it ended.</returns>
    public async Task<string> PostAsync(string path, byte[] body, string timeout, string contentType, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(port, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        if (token is not null) request.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(CallPatience);
        try
        {
            using var response = await _http.SendAsync(request, patience.Token);
            await response.Content.CopyToAsync(Stream.Null, patience.Token);
            return response.Headers.TryGetValues("grpc-status", out var early) || response.TrailingHeaders.TryGetValues("grpc-status", out early)
                ? early.Single()
                : $"{(int)response.StatusCode}/";
        }
        catch (HttpRequestException reset) when (reset.InnerException is HttpProtocolException or HttpIOException or IOException || reset.HttpRequestError is not HttpRequestError.ConnectionError)
        {
            return "reset/";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "left/";
        }
    }

    /// <summary>Sends bytes on a connection of their own, and reads until the server is done with it, or for a while.</summary>
    public async Task SendAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(port.Host, port.Port, patience.Token);
        var options = Tls(certificate);
        (options.TargetHost, options.ApplicationProtocols) = (port.Host, [SslApplicationProtocol.Http2]);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(options, patience.Token);
        try
        {
            await stream.WriteAsync(bytes, patience.Token);
            await stream.ShutdownAsync();
            await stream.CopyToAsync(Stream.Null, patience.Token);
        }
        catch (IOException)
        {
            // The server had had enough before all was written, or read.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A stream that somebody watches for hours, as a mutated deadline says.
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        certificate?.Dispose();
    }

    /// <summary>The port is the node's own: whoever else listened there would fail the campaign.</summary>
    static SslClientAuthenticationOptions Tls(X509Certificate2? certificate) => new()
    {
        RemoteCertificateValidationCallback = (_, presented, _, _) => presented is not null,
        ClientCertificates = certificate is null ? null : [certificate],
        LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
    };
}
