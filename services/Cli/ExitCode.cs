namespace Coordination.Cli;

/// <summary>How coord ends, for scripts.</summary>
static class ExitCode
{
    public const int Done = 0;

    /// <summary>The node said no, and why.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The node cannot be reached, asks to try again, or was not waited for: nobody knows whether it was done.</summary>
    public const int Unavailable = 3;

    /// <summary>What was to be verified, or was played, is not what it should be.</summary>
    public const int Unsound = 4;
}
