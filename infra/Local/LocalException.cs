namespace Coordination.Local;

/// <summary>Something on this machine keeps the region from running; the message is one plain sentence that says what to do.</summary>
public sealed class LocalException(string message, Exception? inner = null) : Exception(message, inner);
