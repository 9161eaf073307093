using System.Collections;
using System.Collections.Immutable;

namespace Coordination.Domain.Dossiers;

/// <summary>A set that is equal to another of the same members, so that records which hold one are.</summary>
public readonly struct ValueSet<T>(IEnumerable<T> members) : IEquatable<ValueSet<T>>, IReadOnlyCollection<T> where T : struct
{
    readonly ImmutableSortedSet<T>? _members = [.. members];

    public int Count => Members.Count;

    public bool Contains(T member) => Members.Contains(member);

    public ValueSet<T> Except(ValueSet<T> others) => new(Members.Except(others.Members));

    public bool Equals(ValueSet<T> other) => Members.SetEquals(other.Members);

    public override bool Equals(object? obj) => obj is ValueSet<T> other && Equals(other);

    public override int GetHashCode() => Members.Aggregate(0, HashCode.Combine);

    public IEnumerator<T> GetEnumerator() => Members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public static bool operator ==(ValueSet<T> left, ValueSet<T> right) => left.Equals(right);

    public static bool operator !=(ValueSet<T> left, ValueSet<T> right) => !left.Equals(right);

    /// <summary>The members in ascending order.</summary>
    public override string ToString() => string.Join(", ", Members);

    ImmutableSortedSet<T> Members => _members ?? ImmutableSortedSet<T>.Empty;
}
