using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Coordination.Hosting.Trust;
using Coordination.Interop.Wire.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.Benchmarks;

/// <summary>One call with half a kilobyte each way, under h2load: gRPC in services/Grpc beside Kestrel alone, in one process, and gRPC over TLS.</summary>
/// <param name="Row">The row of the report.</param>
/// <param name="Grpc">CPU time of the server per call, in microseconds.</param>
/// <param name="Tls">What TLS adds to it.</param>
sealed partial record Unary(Row Row, double Grpc, double Tls)
{
    const string Echo = "/coordination.interop.v1.WireService/Echo";
    const int Connections = 4, Streams = 16;

    public static async Task<Unary> MeasureAsync(Extent extent, Region region, CancellationToken stop)
    {
        var body = Path.Combine(region.Folder, "echo.bin");
        await File.WriteAllBytesAsync(body, Framed(new EchoRequest { Payload = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(500)) }), stop);
        using var ports = new Ports();
        var (bare, grpc, tls) = (ports.Take(), ports.Take(), ports.Take());
        using var certificate = KeyFolder.ReadCertificate(region.Nodes[0].Keys.Api);
        await using var alone = await BareAsync(bare, stop);
        await using var server = await GrpcAsync(options =>
        {
            options.ListenLocalhost(grpc, listen => listen.Protocols = HttpProtocols.Http2);
            options.ListenLocalhost(tls, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(certificate);
            });
        }, stop);

        // Compiled by then: both servers have answered as often as they will be asked.
        foreach (var address in (string[])[Clear(bare), Clear(grpc), Safe(tls)]) await LoadAsync(address, extent.Calls, body, stop);
        List<Loaded> ceilings = [await LoadAsync(Clear(bare), extent.Calls, body, stop)], measured = [], safe = [];
        for (var round = 0; round < extent.Rounds; round++)
        {
            measured.Add(await LoadAsync(Clear(grpc), extent.Calls, body, stop));
            ceilings.Add(await LoadAsync(Clear(bare), extent.Calls, body, stop));
            safe.Add(await LoadAsync(Safe(tls), extent.Calls, body, stop));
        }
        var (least, call, over) = (ceilings.Average(load => load.Cpu), measured.Average(load => load.Cpu), safe.Average(load => load.Cpu));
        var row = Row.Of(
            "one unary call, 0.5 KB, no TLS", new($"services/Grpc on Kestrel, h2load -c {Connections} -m {Streams}", "/s", [.. measured.Select(load => load.PerSecond)]),
            new("bare Kestrel reading and answering the same bytes with a trailer, same h2load", "/s", [.. ceilings.Select(load => load.PerSecond)]),
            0.8, Latency.Of(measured.SelectMany(load => load.Milliseconds)),
            [
                new("server, whole", call, "this process, in which both servers run, over h2load's calls"),
                new("Kestrel alone", least, "the same over the calls of the ceiling"),
                new("gRPC and protobuf", call - least, "the difference"),
                new("TLS, were it on", over - call, "what the same call takes more over TLS 1.3: not part of this row"),
            ]);
        return new(row, call, over - call);

        static string Clear(int port) => $"http://127.0.0.1:{port}{Echo}";

        static string Safe(int port) => $"https://127.0.0.1:{port}{Echo}";
    }

    static async Task<Loaded> LoadAsync(string address, int calls, string body, CancellationToken stop)
    {
        var log = $"{body}.log";
        File.Delete(log);
        var before = Environment.CpuUsage.TotalTime;
        var output = await Tools.RunAsync(
            Tools.H2Load(), ["-c", $"{Connections}", "-m", $"{Streams}", "-n", $"{calls}", "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers", $"--log-file={log}", address], stop);
        var spent = Environment.CpuUsage.TotalTime - before;
        if (Tools.Number(output, Succeeded()) != calls) throw new LocalException($"Not every call succeeded: {output}");
        // Start, status, microseconds.
        var took = File.ReadLines(log).Select(line => double.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture) / 1000).ToList();
        return new(Tools.Number(output, PerSecond()), spent.TotalMicroseconds / calls, took);
    }

    static byte[] Framed(EchoRequest request)
    {
        var message = request.ToByteArray();
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    /// <summary>The least that a server can do: no gRPC, no protobuf, no routing.</summary>
    static async Task<WebApplication> BareAsync(int port, CancellationToken stop)
    {
        var app = Builder(options => options.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http2)).Build();
        app.Run(async http =>
        {
            var reader = http.Request.BodyReader;
            var read = await reader.ReadAsync();
            while (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                read = await reader.ReadAsync();
            }
            http.Response.ContentType = "application/grpc";
            await http.Response.StartAsync();
            foreach (var segment in read.Buffer) http.Response.BodyWriter.Write(segment.Span);
            reader.AdvanceTo(read.Buffer.End);
            http.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync(stop);
        return app;
    }

    static async Task<WebApplication> GrpcAsync(Action<KestrelServerOptions> listen, CancellationToken stop)
    {
        var builder = Builder(listen);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<EchoDoor>();
        var app = builder.Build();
        app.MapGrpcService<EchoDoor>();
        await app.StartAsync(stop);
        return app;
    }

    static WebApplicationBuilder Builder(Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(listen);
        return builder;
    }

    sealed class EchoDoor : WireService.WireServiceBase
    {
        public override Task<EchoResponse> Echo(EchoRequest request, ServerCallContext context) => Task.FromResult(new EchoResponse { Payload = request.Payload });
    }

    sealed record Loaded(double PerSecond, double Cpu, IReadOnlyList<double> Milliseconds);

    [GeneratedRegex(@"finished in [^,]+, (?<number>[\d.]+) req/s", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"(?<number>\d+) succeeded", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Succeeded();
}
