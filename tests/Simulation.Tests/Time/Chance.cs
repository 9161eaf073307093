namespace Coordination.Simulation.Tests;

/// <summary>Random numbers from a seed: the same on every machine and under every version of .NET.</summary>
/// <remarks>SplitMix64 (Steele, Lea and Flood, 2014).</remarks>
sealed class Chance(ulong seed)
{
    const ulong Golden = 0x9E3779B97F4A7C15;

    ulong _state = seed;

    /// <summary>A stream of its own for one purpose: what is drawn there changes nothing elsewhere.</summary>
    public static Chance For(ulong seed, string purpose, params ReadOnlySpan<int> numbers)
    {
        // FNV-1a, since a string's own hash differs from process to process.
        var hash = 14695981039346656037 ^ seed;
        foreach (var letter in purpose) hash = (hash ^ letter) * 1099511628211;
        foreach (var number in numbers) hash = (hash ^ (uint)number) * 1099511628211;
        return new Chance(Mix(hash));
    }

    public ulong Next() => Mix(_state += Golden);

    /// <summary>From 0 to below <paramref name="sides"/>.</summary>
    public int Of(int sides) => (int)(Next() % (ulong)sides);

    /// <summary>Once in so many.</summary>
    public bool OneIn(int times) => Of(times) == 0;

    public T Of<T>(IReadOnlyList<T> choices) => choices[Of(choices.Count)];

    public T Of<T>() where T : struct, Enum => Of(Enum.GetValues<T>());

    /// <summary>Both inclusive.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + new TimeSpan((long)(Next() % (ulong)((most - least).Ticks + 1)));

    /// <inheritdoc cref="Between(TimeSpan, TimeSpan)"/>
    public TimeSpan Between(double leastSeconds, double mostSeconds) => Between(TimeSpan.FromSeconds(leastSeconds), TimeSpan.FromSeconds(mostSeconds));

    public void Fill(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)Next();
    }

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
