using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Coordination.Domain.Dossiers;

/// <summary>A list that is equal to another of the same members in the same order, so that records which hold one are.</summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public readonly struct ValueList<T>(ImmutableArray<T> members) : IEquatable<ValueList<T>>, IReadOnlyList<T>
{
    readonly ImmutableArray<T> _members = members;

    public int Count => Members.Length;

    public T this[int index] => Members[index];

    public ValueList<T> Add(T member) => new(Members.Add(member));

    public ValueList<T> Where(Func<T, bool> keeps) => new([.. Members.AsEnumerable().Where(keeps)]);

    public bool Equals(ValueList<T> other) => Members.AsSpan().SequenceEqual(other.Members.AsSpan());

    public override bool Equals(object? obj) => obj is ValueList<T> other && Equals(other);

    public override int GetHashCode() => Members.Aggregate(0, HashCode.Combine);

    public IEnumerator<T> GetEnumerator() => Members.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public static bool operator ==(ValueList<T> left, ValueList<T> right) => left.Equals(right);

    public static bool operator !=(ValueList<T> left, ValueList<T> right) => !left.Equals(right);

    /// <summary>The members in their order.</summary>
    public override string ToString() => string.Join(", ", Members);

    ImmutableArray<T> Members => _members.IsDefault ? [] : _members;
}

/// <summary>Makes lists out of collection expressions, which else would add to a copy.</summary>
public static class ValueList
{
    public static ValueList<T> Create<T>(ReadOnlySpan<T> members) => new([.. members]);
}
