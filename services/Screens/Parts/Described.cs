namespace Coordination.Screens.Parts;

/// <summary>Which elements a reader's program reads along with a field.</summary>
static class Described
{
    /// <summary>Their ids; null for none.</summary>
    public static string? By(string id, string? hint, string? fault) => (hint, fault) switch
    {
        (null, null) => null,
        (null, _) => $"{id}-fault",
        (_, null) => $"{id}-hint",
        _ => $"{id}-hint {id}-fault",
    };
}
