using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>The protocol of one kind of dossier, as a state that knows what may follow.</summary>
public interface IProtocol<TSelf> where TSelf : class, IProtocol<TSelf>
{
    /// <summary>The state after the opening.</summary>
    static abstract Outcome<TSelf> Open(Entry opening);

    /// <summary>The state after one more entry. The whole protocol, and pure: nothing but the arguments decides.</summary>
    Outcome<TSelf> Next(Entry entry);

    /// <summary>The state after an entry that <see cref="Next"/> found void: its author is told, and may owe a correction.</summary>
    TSelf Missed(Entry entry);

    /// <summary>Of entries that crossed, the lowest rank is taken first, so that the one that must win does.</summary>
    static abstract int Rank(Body body);

    /// <summary>Whether the person takes consent back by it: it counts in every state, and neither a fork, an upgrade stop nor a gap suspends it.</summary>
    static abstract bool IsWithdrawal(Body body);

    /// <summary>The writers in the order in which their crossing entries of one rank are taken.</summary>
    static abstract ImmutableArray<NodeId> Precedence(Entry opening);
}
