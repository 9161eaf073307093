using Coordination.Domain.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>One thing that a schedule holds, and that can be left out of it to see whether it matters.</summary>
abstract record Planned
{
    /// <summary>An office asks for something: what, is drawn from its number and from what it sees then.</summary>
    public sealed record Asked(int Number, TimeSpan At, NodeId Node) : Planned
    {
        public override string ToString() => $"{At.TotalSeconds,8:F3} s  {Node}: command {Number}";
    }

    /// <summary>The office of a command waits no longer than this for its first answer.</summary>
    public sealed record HungUp(int Command, TimeSpan After) : Planned
    {
        public override string ToString() => $"            {Fault.OfficeHungUp}: command {Command} is given up after {After.TotalMilliseconds:F1} ms";
    }

    /// <summary>Something happens to a node's nth call of one kind, be it of its store or of a peer.</summary>
    public sealed record AtCall(Fault Fault, NodeId Node, string Call, int Nth) : Planned
    {
        public override string ToString() => $"            {Fault}: {Node}, {Call} no. {Nth}";
    }

    /// <summary>Something happens to the nth call of one kind on its way between two nodes.</summary>
    public sealed record OnRoad(Fault Fault, NodeId From, NodeId To, string Call, int Nth, TimeSpan By) : Planned
    {
        public override string ToString() => $"            {Fault}: {From} to {To}, {Call} no. {Nth}{(By > TimeSpan.Zero ? $", by {By.TotalSeconds:F3} s" : "")}";
    }

    /// <summary>Two nodes cannot reach each other.</summary>
    public sealed record Cut(NodeId One, NodeId Other, TimeSpan At, TimeSpan For) : Planned
    {
        public override string ToString() => $"{At.TotalSeconds,8:F3} s  {Fault.Partition}: {One} and {Other} for {For.TotalSeconds:F3} s";
    }

    /// <summary>What a node sends another arrives late: also what it sent before it was put back.</summary>
    public sealed record Slow(NodeId From, NodeId To, TimeSpan At, TimeSpan For, TimeSpan By) : Planned
    {
        public override string ToString() => $"{At.TotalSeconds,8:F3} s  {Fault.Delayed}: {From} to {To}, everything for {For.TotalSeconds:F3} s, by {By.TotalSeconds:F3} s";
    }

    /// <summary>A node's clock is set.</summary>
    public sealed record ClockSet(Fault Fault, NodeId Node, TimeSpan At, TimeSpan By) : Planned
    {
        public override string ToString() => $"{At.TotalSeconds,8:F3} s  {Fault}: {Node} by {By.TotalSeconds:F3} s";
    }

    /// <summary>Days pass, during which nothing happens: every clock is that much later.</summary>
    public sealed record Leap(TimeSpan At, TimeSpan By) : Planned
    {
        public override string ToString() => $"{At.TotalSeconds,8:F3} s  {By.TotalDays:F2} days pass";
    }

    /// <summary>A node's database is put back to what it was at a time before.</summary>
    public sealed record PutBack(NodeId Node, TimeSpan To, TimeSpan At) : Planned
    {
        public override string ToString() => $"{At.TotalSeconds,8:F3} s  {Fault.BackupPutBack}: {Node} to {To.TotalSeconds:F3} s";
    }

    /// <summary>Something odd comes to a node's door under another's certificate.</summary>
    public sealed record Knock(Fault Fault, int Number, TimeSpan At, NodeId From, NodeId To) : Planned
    {
        public override string ToString() => $"{At.TotalSeconds,8:F3} s  {Fault}: {From} to {To}, no. {Number}";
    }
}
