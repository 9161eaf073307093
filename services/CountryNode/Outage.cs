using Npgsql;

namespace Coordination.CountryNode;

/// <summary>Says of the database, and of the key folder, once why it cannot be used, once in a while that this lasts, and of the database that it is back: whatever waits for it asks many times a second.</summary>
public sealed partial class Outage(TimeProvider time, ILogger<Outage> logger)
{
    /// <summary>Between two sentences while it lasts.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>The database is back once nothing has failed for as long: the last answers of before come among the first failures.</summary>
    static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);

    readonly Spell _database = new(time);
    readonly Spell _keys = new(time);

    /// <summary>Whether the database was away, full or starting, and the same again may succeed.</summary>
    public static bool IsOne(Exception? fault) =>
        fault is NpgsqlException { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown };

    /// <summary>The database did not answer.</summary>
    public void DatabaseFailed(Exception fault)
    {
        switch (_database.Fail())
        {
            case Spell.News.Begins:
                LogAway(logger, fault, (fault as PostgresException)?.SqlState ?? "no answer");
                break;
            case Spell.News.Lasts:
                LogStillAway(logger, _database.Lasted.TotalSeconds, _database.Failures);
                break;
        }
    }

    /// <summary>The database answered.</summary>
    public void DatabaseAnswered()
    {
        if (_database.End(Calm) is { } ended) LogBack(logger, ended.Lasted.TotalSeconds, ended.Failures);
    }

    /// <summary>The key folder failed, or is full.</summary>
    public void KeysFailed(Exception fault)
    {
        // Nobody says that it works again: a spell is over when nothing has failed for as long.
        _keys.End(Pause);
        switch (_keys.Fail())
        {
            case Spell.News.Begins:
                LogKeysUnavailable(logger, fault);
                break;
            case Spell.News.Lasts:
                LogKeysStillUnavailable(logger, _keys.Lasted.TotalSeconds, _keys.Failures);
                break;
        }
    }

    /// <summary>One thing that fails, and goes on failing for a while.</summary>
    sealed class Spell(TimeProvider time)
    {
        readonly Lock _gate = new();
        bool _lasts;
        long _since;
        long _said;
        long _last;

        public enum News
        {
            /// <summary>Nothing to say.</summary>
            None = 1,
            Begins,
            Lasts,
        }

        public int Failures { get; private set; }

        /// <summary>From the first failure to the last.</summary>
        public TimeSpan Lasted => time.GetElapsedTime(_since, _last);

        public News Fail()
        {
            lock (_gate)
            {
                var now = time.GetTimestamp();
                (_last, Failures) = (now, Failures + 1);
                if (!_lasts)
                {
                    (_lasts, _since, _said) = (true, now, now);
                    return News.Begins;
                }
                if (time.GetElapsedTime(_said, now) < Pause) return News.None;
                _said = now;
                return News.Lasts;
            }
        }

        /// <summary>How long it lasted, if nothing has failed for so long; null when nothing lasted, or it is too soon to say.</summary>
        public (TimeSpan Lasted, int Failures)? End(TimeSpan calm)
        {
            lock (_gate)
            {
                if (!_lasts || time.GetElapsedTime(_last) < calm) return null;
                var ended = (Lasted, Failures);
                (_lasts, Failures) = (false, 0);
                return ended;
            }
        }
    }

    [LoggerMessage(EventId = 500, Level = LogLevel.Error, Message = "The database does not answer ({SqlState}). Whatever needs it is refused for now, or tried again; this is not said again with every failure.")]
    static partial void LogAway(ILogger logger, Exception fault, string sqlState);

    [LoggerMessage(EventId = 502, Level = LogLevel.Warning, Message = "The database has not answered for {Seconds:F0} s; {Failures} requests and retries have failed.")]
    static partial void LogStillAway(ILogger logger, double seconds, int failures);

    [LoggerMessage(EventId = 503, Level = LogLevel.Warning, Message = "The database answers again. It did not for {Seconds:F0} s; {Failures} requests and retries failed.")]
    static partial void LogBack(ILogger logger, double seconds, int failures);

    [LoggerMessage(EventId = 501, Level = LogLevel.Error, Message = "The key folder, or the list of erasures, cannot be used: look at the folder and its disk. This is not said again with every failure.")]
    static partial void LogKeysUnavailable(ILogger logger, Exception fault);

    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "The key folder has not been usable for {Seconds:F0} s; {Failures} requests have failed.")]
    static partial void LogKeysStillUnavailable(ILogger logger, double seconds, int failures);
}
