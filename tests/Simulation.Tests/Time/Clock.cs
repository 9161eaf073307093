namespace Coordination.Simulation.Tests;

/// <summary>The clock on a node's wall. It may be wrong, and may be set; what has to pass passes all the same.</summary>
sealed class Clock(Agenda agenda)
{
    /// <summary>When every simulation begins.</summary>
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    /// <summary>By how much it is fast.</summary>
    public TimeSpan Fast { get; set; }

    public DateTimeOffset Now => Start + agenda.Now + Fast;

    /// <summary>The clock as one run of the node's program sees it; its timers end with that run.</summary>
    public TimeProvider For(Home home) => new Provider(this, agenda, home);

    sealed class Provider(Clock clock, Agenda agenda, Home home) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => agenda.Now.Ticks;

        public override DateTimeOffset GetUtcNow() => clock.Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(agenda, home, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    sealed class Timer(Agenda agenda, Home home, TimerCallback callback, object? state) : ITimer
    {
        int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan) agenda.In(dueTime, home, _ => Ring(setting, period), null);
            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        void Ring(int setting, TimeSpan period)
        {
            if (setting != _setting) return;
            if (period > TimeSpan.Zero) agenda.In(period, home, _ => Ring(setting, period), null);
            callback(state);
        }
    }
}
