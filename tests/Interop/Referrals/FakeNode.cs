using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using Coordination.Interop.Wire;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Coordination.Interop.Referrals;

/// <summary>Thailand's node and Lao PDR's at one address, which answer coord as one test wants.</summary>
/// <remarks>Nothing of it is ours but the messages: what it answers may be what no node of ours would.</remarks>
sealed class FakeNode : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly Folder _folder = new();

    FakeNode(WebApplication app)
    {
        _app = app;
        Coord = new Coord(_folder.Write("region.json", JsonSerializer.Serialize(new
        {
            caFile = _folder.Write("ca.pem", WireServer.Certificate.ExportCertificatePem()),
            nodes = ((string[])["TH", "LA"]).Select(id => new { id, apiAddress = app.Urls.Single(), tokens = new Dictionary<string, string> { ["focal-point@test"] = id } }),
        })));
    }

    /// <summary>coord, which knows these nodes and no other.</summary>
    public Coord Coord { get; }

    /// <summary>Starts it.</summary>
    /// <param name="answer">Given the country whose node is asked, the method's name and the request: what is answered. An RpcException is sent with its trailers.</param>
    public static async Task<FakeNode> StartAsync(Func<string, string, ReadOnlyMemory<byte>, Task<IMessage>> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(WireServer.Certificate);
        }));
        var app = builder.Build();
        app.Run(call => AnswerAsync(call, answer));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FakeNode(app);
    }

    /// <summary>One that answers by the method alone, and at once.</summary>
    public static Task<FakeNode> StartAsync(IReadOnlyDictionary<string, IMessage> answers) => StartAsync((_, method, _) => Task.FromResult(answers[method]));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    static async Task AnswerAsync(HttpContext call, Func<string, string, ReadOnlyMemory<byte>, Task<IMessage>> answer)
    {
        const int prefix = 5;
        using var request = new MemoryStream();
        await call.Request.Body.CopyToAsync(request, call.RequestAborted);
        call.Response.ContentType = "application/grpc";
        try
        {
            var message = (await answer(call.Request.Headers.Authorization.ToString()["Bearer ".Length..], call.Request.Path.Value!.Split('/')[^1], request.ToArray().AsMemory(prefix))).ToByteArray();
            var frame = new byte[prefix + message.Length];
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
            message.CopyTo(frame, prefix);
            await call.Response.Body.WriteAsync(frame, call.RequestAborted);
            call.Response.AppendTrailer("grpc-status", "0");
        }
        catch (RpcException refused)
        {
            call.Response.Headers["grpc-status"] = $"{(int)refused.StatusCode}";
            call.Response.Headers["grpc-message"] = refused.Status.Detail;
            foreach (var trailer in refused.Trailers) call.Response.Headers[trailer.Key] = trailer.IsBinary ? Convert.ToBase64String(trailer.ValueBytes) : trailer.Value;
        }
    }
}
