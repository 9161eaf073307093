using Coordination.Screens.Parts;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Pages.Forms;

/// <summary>One field of a form.</summary>
/// <param name="Name">The path to it in the request: what a door calls it when it is at fault.</param>
/// <param name="Kind">How it is filled in.</param>
/// <param name="Label">In the language of the page.</param>
/// <param name="Hint">What helps to fill it in; null for nothing.</param>
/// <param name="Describes">Where it goes in the request; null where it is no field of the protos.</param>
/// <param name="Choices">Of a choice; null for none.</param>
/// <param name="IsRequired">Without it the form says nothing.</param>
public sealed record FormField(string Name, FieldKind Kind, string Label, string? Hint = null, FieldDescriptor? Describes = null, IReadOnlyList<Choice>? Choices = null, bool IsRequired = false);

/// <summary>How a field is filled in.</summary>
public enum FieldKind
{
    Text = 1,
    Note,
    Number,
    Flag,
    Day,
    Instant,
    Choice,
    Choices,
}
