using Coordination.Screens.Parts;
using Microsoft.Extensions.Primitives;

namespace Coordination.CountryNode.Pages.Forms;

/// <summary>What somebody typed into a form, as it was typed.</summary>
public sealed class Entered(IReadOnlyDictionary<string, StringValues> values)
{
    /// <summary>By the fields' names.</summary>
    public IReadOnlyDictionary<string, StringValues> Values => values;

    public static Entered Nothing { get; } = new(new Dictionary<string, StringValues>(StringComparer.Ordinal));

    public static async Task<Entered> ReadAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        return new(form.ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal));
    }

    public string Text(string name) => values.TryGetValue(name, out var value) ? value.ToString().Trim() : "";

    /// <summary>A text as the protos take it: lines end as everywhere but in forms.</summary>
    public string Lines(string name) => Text(name).Replace("\r\n", "\n", StringComparison.Ordinal);

    public IReadOnlyList<string> All(string name) => values.TryGetValue(name, out var value) ? [.. value.OfType<string>().Where(text => text.Length > 0)] : [];

    public bool Flag(string name) => Text(name) == "true";

    public EnteredDay Day(string name) => new(Text($"{name}.day"), Text($"{name}.month"), Text($"{name}.year"), Text($"{name}.time"));

    /// <summary>The same, with what is usual filled in.</summary>
    public Entered With(string name, params string[] usual) => new(new Dictionary<string, StringValues>(values, StringComparer.Ordinal) { [name] = usual });

    /// <summary>The same for a day.</summary>
    public Entered With(string name, EnteredDay usual) => With($"{name}.day", usual.Day).With($"{name}.month", usual.Month).With($"{name}.year", usual.Year).With($"{name}.time", usual.Time);
}
