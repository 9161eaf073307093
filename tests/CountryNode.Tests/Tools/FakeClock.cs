namespace Coordination.CountryNode.Tests;

/// <summary>A clock that a test sets. Timers run by the real one.</summary>
sealed class FakeClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
