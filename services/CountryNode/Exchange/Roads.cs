using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Peers;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Polly;
using Polly.Retry;

namespace Coordination.CountryNode.Exchange;

/// <summary>Keeps a relay, a filler of gaps, a road for attachments, the countersigning of the access log and a reconciliation going for each peer, apart from each other: a slow country delays no other. Withdrawals that had to wait are signed, what was taken back is erased, and offices are told what is due, and what waits for a second person.</summary>
public sealed partial class Roads(
    Relay relay, Gaps gaps, AttachmentRoad attachments, LogWitnessRoad logWitnesses, TakenBack takenBack, Reconciliation reconciliation, ReferralDesk desk, SubmissionDesk submissions, Deadlines deadlines, Bell bell, TrustInForce trust, Pen pen, Outage outage, TimeProvider time, ILogger<Roads> logger) : BackgroundService
{
    /// <summary>Between two looks for a newer trust list, for gaps, for when to compare, for what can be signed now, and for gaps that last.</summary>
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var roads = new Dictionary<NodeId, Task>
        {
            [pen.Node] = Task.WhenAll(
                KeepGoingAsync(pen.Node, desk.SignPendingAsync, token => Task.Delay(Look, time, token), stoppingToken),
                KeepGoingAsync(pen.Node, takenBack.EraseAsync, token => Task.Delay(Look, time, token), stoppingToken),
                KeepGoingAsync(pen.Node, SayLastingAsync, token => Task.Delay(Look, time, token), stoppingToken),
                KeepGoingAsync(pen.Node, submissions.RemindAsync, token => Task.Delay(Look, time, token), stoppingToken),
                KeepGoingAsync(pen.Node, TellAllAsync, token => Task.Delay(Look, time, token), stoppingToken)),
        };
        while (!stoppingToken.IsCancellationRequested)
        {
            trust.Reload();
            foreach (var peer in trust.Current.Nodes.Keys.Where(node => !roads.ContainsKey(node)))
                roads[peer] = Task.WhenAll(
                    KeepGoingAsync(peer, token => CarryAllAsync(peer, token), token => bell.WaitAsync(peer, token), stoppingToken),
                    KeepGoingAsync(peer, token => gaps.FillAsync(peer, token), token => Task.Delay(Look, time, token), stoppingToken),
                    KeepGoingAsync(peer, token => attachments.PullAsync(peer, token), token => Task.Delay(Look, time, token), stoppingToken),
                    KeepGoingAsync(peer, token => logWitnesses.RunWhenDueAsync(peer, token), token => Task.Delay(Look, time, token), stoppingToken),
                    KeepGoingAsync(peer, token => reconciliation.RunWhenDueAsync(peer, token), token => Task.Delay(Look, time, token), stoppingToken));
            await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(roads.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task TellAllAsync(CancellationToken cancellationToken)
    {
        while (await deadlines.RunAsync(cancellationToken)) { }
    }

    async Task SayLastingAsync(CancellationToken cancellationToken)
    {
        await gaps.SayLastingAsync(cancellationToken);
        outage.DatabaseAnswered();
    }

    async Task CarryAllAsync(NodeId peer, CancellationToken cancellationToken)
    {
        while (await relay.CarryAsync(peer, cancellationToken)) { }
    }

    async Task KeepGoingAsync(NodeId road, Func<CancellationToken, Task> work, Func<CancellationToken, Task> rest, CancellationToken cancellationToken)
    {
        var patience = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(fault => fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(250),
                MaxDelay = LongestPause,
                UseJitter = true,
                OnRetry = retry =>
                {
                    if (retry.Outcome.Exception is PeerUnavailableException unavailable)
                    {
                        reconciliation.Lost(road, unavailable.Message);
                        LogUnavailable(logger, unavailable.Message, retry.RetryDelay.TotalSeconds);
                    }
                    else if (retry.Outcome.Exception is { } fault && Outage.IsOne(fault)) outage.DatabaseFailed(fault);
                    else LogFault(logger, retry.Outcome.Exception, road.ToString(), retry.RetryDelay.TotalSeconds);
                    return default;
                },
            })
            .Build();
        while (!cancellationToken.IsCancellationRequested)
        {
            await patience.ExecuteAsync(async token => await work(token), cancellationToken);
            await rest(cancellationToken);
        }
    }

    [LoggerMessage(EventId = 301, Level = LogLevel.Warning, Message = "{Why} Tried again in {Seconds:F1} s.")]
    static partial void LogUnavailable(ILogger logger, string why, double seconds);

    [LoggerMessage(EventId = 302, Level = LogLevel.Error, Message = "The road to {Peer} failed; tried again in {Seconds:F1} s.")]
    static partial void LogFault(ILogger logger, Exception? fault, string peer, double seconds);
}
