using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Coordination.Interop.Wire;

/// <summary>Posts bytes of any kind to a gRPC server over one connection, and reads what comes back without a gRPC library.</summary>
sealed class RawCaller(Uri server) : IDisposable
{
    readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 });

    public static byte[] Frame(IMessage message) => Frame(0, message.ToByteArray());

    public static byte[] Frame(byte flag, byte[] payload, uint? length = null)
    {
        var prefix = new byte[5];
        prefix[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), length ?? (uint)payload.Length);
        return [.. prefix, .. payload];
    }

    public async Task<RawAnswer> PostAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var response = await OpenAsync(path, body, headers);
        var content = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new RawAnswer(
            (int)response.StatusCode, One(response.Headers, "grpc-status"), One(response.TrailingHeaders, "grpc-status"),
            One(response.Headers, "grpc-message") ?? One(response.TrailingHeaders, "grpc-message"),
            One(response.Headers, "grpc-accept-encoding"), One(response.Headers, WireServer.ConnectionHeader), content);
    }

    /// <summary>The response as soon as its headers are there.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        SendAsync(path, new ByteArrayContent(body), TestContext.Current.CancellationToken, headers);

    /// <summary>The same with a body of any kind, until it is given up.</summary>
    public async Task<HttpResponseMessage> SendAsync(string path, HttpContent body, CancellationToken giveUp, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        if (headers.All(header => header.Name != "te")) request.Headers.TryAddWithoutValidation("te", "trailers");
        foreach (var (name, value) in headers.Where(header => header is not (("content-type", _) or ("te", "")))) request.Headers.TryAddWithoutValidation(name, value);
        var contentType = headers.FirstOrDefault(header => header.Name == "content-type").Value ?? "application/grpc";
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);

        return await _http.SendAsync(request, giveUp);
    }

    public void Dispose() => _http.Dispose();

    static string? One(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.Single() : null;
}

/// <summary>What came back, in the protocol's own words; null means that a header did not come.</summary>
sealed record RawAnswer(int Http, string? StatusInHeaders, string? StatusInTrailers, string? Message, string? AcceptEncoding, string? Connection, byte[] Body)
{
    public string? Status => StatusInHeaders ?? StatusInTrailers;
}
