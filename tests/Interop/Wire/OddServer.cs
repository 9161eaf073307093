using System.Net;
using Coordination.Interop.Wire.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Coordination.Interop.Wire;

/// <summary>A server over HTTP/2 that answers every request as one test wants, with a client to it.</summary>
sealed class OddServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly GrpcChannel _channel;

    OddServer(WebApplication app)
    {
        _app = app;
        _channel = GrpcChannel.ForAddress(app.Urls.Single());
        Client = new WireService.WireServiceClient(_channel);
    }

    public WireService.WireServiceClient Client { get; }

    public static async Task<OddServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new OddServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }
}
