using Npgsql;

namespace Coordination.CountryNode;

/// <summary>Says of the database once why it is away, once in a while that it still is, and once that it is back: whatever waits for it asks many times a second.</summary>
public sealed partial class Outage(TimeProvider time, ILogger<Outage> logger)
{
    /// <summary>Between two sentences while it is away.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>It is back once nothing has failed for as long: the last answers of before come among the first failures.</summary>
    static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    readonly Lock _gate = new();
    bool _isAway;
    long _since;
    long _said;
    long _last;
    int _failures;

    /// <summary>Whether the database was away, full or starting, and the same again may succeed.</summary>
    public static bool IsOne(Exception? fault) =>
        fault is NpgsqlException { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };

    /// <summary>The database did not answer.</summary>
    public void DatabaseFailed(Exception fault)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            (_last, _failures) = (now, _failures + 1);
            if (!_isAway)
            {
                (_isAway, _since, _said) = (true, now, now);
                LogAway(logger, fault, (fault as PostgresException)?.SqlState ?? "no answer");
            }
            else if (time.GetElapsedTime(_said, now) >= Pause)
            {
                _said = now;
                LogStillAway(logger, time.GetElapsedTime(_since, now).TotalSeconds, _failures);
            }
        }
    }

    /// <summary>The database answered.</summary>
    public void DatabaseAnswered()
    {
        lock (_gate)
        {
            if (!_isAway || time.GetElapsedTime(_last) < Calm) return;
            LogBack(logger, time.GetElapsedTime(_since, _last).TotalSeconds, _failures);
            (_isAway, _failures) = (false, 0);
        }
    }

    /// <summary>The key folder failed, or is full.</summary>
    public void KeysFailed(Exception fault) => LogKeysUnavailable(logger, fault);

    [LoggerMessage(EventId = 500, Level = LogLevel.Error, Message = "The database does not answer ({SqlState}). Whatever needs it is refused for now, or tried again; this is not said again with every failure.")]
    static partial void LogAway(ILogger logger, Exception fault, string sqlState);

    [LoggerMessage(EventId = 502, Level = LogLevel.Warning, Message = "The database has not answered for {Seconds:F0} s; {Failures} requests and retries have failed.")]
    static partial void LogStillAway(ILogger logger, double seconds, int failures);

    [LoggerMessage(EventId = 503, Level = LogLevel.Warning, Message = "The database answers again. It did not for {Seconds:F0} s; {Failures} requests and retries failed.")]
    static partial void LogBack(ILogger logger, double seconds, int failures);

    [LoggerMessage(EventId = 501, Level = LogLevel.Error, Message = "The key folder cannot be used: look at the folder and its disk.")]
    static partial void LogKeysUnavailable(ILogger logger, Exception fault);
}
