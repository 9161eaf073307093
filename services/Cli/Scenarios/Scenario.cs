using Coordination.Contracts.Referral.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.Cli.Scenarios;

/// <summary>A referral as two countries play it: who says what in which order, and where it stands then.</summary>
/// <param name="Title">What it shows, in one sentence.</param>
/// <param name="Source">Where the course of events comes from.</param>
/// <param name="Nodes">The nodes that play.</param>
/// <param name="Persons">How many persons travel together, each with a dossier of their own.</param>
/// <param name="OnPaper">The country that takes part on paper, and so must have no node; null where there is none.</param>
/// <param name="Steps">In their order; the first one opens, and no other.</param>
sealed record Scenario(string Title, string Source, IReadOnlyList<string> Nodes, int Persons, string? OnPaper, IReadOnlyList<Step> Steps);

/// <summary>One thing that an office says.</summary>
/// <param name="Tells">What happens, for whoever reads along.</param>
/// <param name="By">The node at which it is said.</param>
/// <param name="Office">As which of its offices.</param>
/// <param name="Method">The method of the API that says it.</param>
/// <param name="Request">What is sent, but for the command's id, the dossier and what it answers.</param>
/// <param name="As">By which name later steps answer it; null where none does.</param>
/// <param name="Answers">The name of the step that it answers; null where it answers none.</param>
/// <param name="First">The first person of whom it is said, counted from 1.</param>
/// <param name="Last">The last one.</param>
/// <param name="Then">Where their referrals stand afterwards, at every node.</param>
/// <param name="Refused">The reason by which the node refuses it; null where it is to be written.</param>
sealed record Step(
    string Tells, string By, string Office, MethodDescriptor Method, ByteString Request, string? As, string? Answers, int First, int Last, ReferralState Then, string? Refused)
{
    /// <summary>Who says it where nobody is named, and who reads along.</summary>
    public const string FocalPoint = "focal-point";
}
