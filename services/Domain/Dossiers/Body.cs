namespace Coordination.Domain.Dossiers;

/// <summary>What an entry states, in codes and dates. Closed: every body is in this assembly.</summary>
public abstract record Body
{
    private protected Body() { }

    /// <summary>As the protocol's table calls it.</summary>
    public string Name => GetType().Name;
}

/// <summary>Something that an office decides. Void where it is not open.</summary>
public abstract record Decision : Body
{
    private protected Decision() { }
}

/// <summary>A fact of the world. Never void for its place; one that does not fit is recorded.</summary>
public abstract record Happening : Body
{
    private protected Happening() { }
}

/// <summary>A statement, a code or a protocol's version that only a newer program understands.</summary>
public sealed record NotUnderstood : Body;

/// <summary>A known statement that lacks what its row of the protocol asks for, or holds what it cannot.</summary>
/// <param name="Why">In words that a developer of the other side can act on; never a value that was read.</param>
public sealed record Misshapen(string Why) : Body;
