namespace Coordination.CountryNode.Peers;

/// <summary>How long a call between nodes lives.</summary>
public static class Calls
{
    /// <summary>After that its caller gives it up, and whoever is called is told; shorter than the relay's lease.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    /// <summary>After that a stream of attachments is given up and resumed where it stopped: time for 25 MiB over a line of half a megabit.</summary>
    public static readonly TimeSpan LongestPull = TimeSpan.FromMinutes(10);

    /// <summary>After that whatever a call carried has been kept, or never will be: the deadline, and what a node takes to finish with what it was doing then.</summary>
    public static readonly TimeSpan Over = Deadline + TimeSpan.FromSeconds(5);
}
