using System.Collections.Immutable;

namespace Coordination.Screens.Parts;

/// <summary>What is wrong with what was entered, each with what to do.</summary>
/// <param name="All">In the order of the form.</param>
public sealed record Faults(ImmutableArray<Fault> All)
{
    public static Faults None { get; } = new([]);

    public bool Any => All.Length > 0;

    /// <summary>What is wrong with one field; null for nothing.</summary>
    public string? Of(string field) => All.FirstOrDefault(fault => fault.Field == field)?.Text;

    /// <summary>One more.</summary>
    public Faults With(string field, string text) => new(All.Add(new(field, text)));
}

/// <summary>What is wrong with one field.</summary>
/// <param name="Field">Its name; empty for the whole form.</param>
/// <param name="Text">What is wrong and what to do, in the language of the page.</param>
public sealed record Fault(string Field, string Text);
