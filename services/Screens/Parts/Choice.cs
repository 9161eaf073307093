namespace Coordination.Screens.Parts;

/// <summary>One code to choose.</summary>
/// <param name="Code">As it is sent.</param>
/// <param name="Label">In the language of the page.</param>
/// <param name="Explanation">More of it; empty for nothing.</param>
public sealed record Choice(string Code, string Label, string Explanation = "");
