namespace Coordination.Screens.Parts;

/// <summary>How much it matters.</summary>
public enum AlertKind
{
    Info = 1,
    Success,
    Warning,
    Error,
}
