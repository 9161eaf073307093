namespace Coordination.Screens.Parts;

/// <summary>The id of a field's element, by the field's name.</summary>
public static class FieldId
{
    public static string Of(string field) => $"f-{field.Replace('.', '-').Replace('[', '-').Replace("]", "", StringComparison.Ordinal)}";

    /// <summary>Of the choice of one code.</summary>
    public static string Of(string field, string code) => $"{Of(field)}-{code}";
}
