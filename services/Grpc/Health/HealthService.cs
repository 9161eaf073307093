using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.Server.HealthChecks;

/// <summary>What ASP.NET Core's health checks say, over gRPC: of the server as a whole, under the empty name.</summary>
/// <remarks>The checks run now and then, not with each question: a crowd that asks costs nothing. A server that stops ends its streams, as all do.</remarks>
sealed class HealthService : Health.V1.Health.HealthBase, IHealthCheckPublisher
{
    readonly Lock _gate = new();
    readonly HashSet<ChannelWriter<ServingStatus>> _watchers = [];
    ServingStatus _status = ServingStatus.Unknown;

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var status = report.Status is HealthStatus.Unhealthy ? ServingStatus.NotServing : ServingStatus.Serving;
            if (_status != status)
                foreach (var watcher in _watchers) watcher.TryWrite(status);
            _status = status;
        }
        return Task.CompletedTask;
    }

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        request.Service.Length == 0
            ? Task.FromResult(new HealthCheckResponse { Status = _status })
            : throw new RpcException(new Status(StatusCode.NotFound, "Health is told of the server as a whole: leave the service empty."));

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // Whoever reads slowly is told how it stands, not how it stood.
        var news = Channel.CreateBounded<ServingStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            news.Writer.TryWrite(request.Service.Length == 0 ? _status : ServingStatus.ServiceUnknown);
            if (request.Service.Length == 0) _watchers.Add(news.Writer);
        }
        try
        {
            await foreach (var status in news.Reader.ReadAllAsync(context.CancellationToken))
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
        }
        finally
        {
            lock (_gate) _watchers.Remove(news.Writer);
        }
    }
}
