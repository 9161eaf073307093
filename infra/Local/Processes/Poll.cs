using System.Diagnostics;

namespace Coordination.Local;

/// <summary>Looks again and again until a deadline.</summary>
public static class Poll
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>False when the condition did not come true in time.</summary>
    public static Task<bool> UntilAsync(Func<bool> condition, TimeSpan limit, CancellationToken cancellationToken = default) =>
        UntilAsync(() => Task.FromResult(condition()), limit, cancellationToken);

    /// <summary>False when the condition did not come true in time.</summary>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > limit) return false;
            await Task.Delay(Pause, cancellationToken);
        }
        return true;
    }
}
