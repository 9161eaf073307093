using System.Collections.Immutable;
using System.Text.Json;
using Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Offices;

/// <summary>Classes of data that a node keeps. Numbers are those of the protos.</summary>
public enum DataClass
{
    CaseCompleted = 1,
    CaseDeclined,
    CaseCancelled,
    CaseWithdrawn,
    CaseEnteredInError,
    SubmissionDecided,
    Answer,
    Refused,
}

/// <summary>What becomes of data whose period is over. Numbers are those of the protos.</summary>
public enum RetentionAction
{
    /// <summary>The dossier's key is destroyed and what was kept under it emptied; entries and digests stay.</summary>
    Erase = 1,

    /// <summary>The rows are deleted.</summary>
    Delete,
}

/// <summary>A row of the table.</summary>
/// <param name="Class">Of which data.</param>
/// <param name="Days">For how many days after the day that is counted from, in this country.</param>
/// <param name="Action">What happens then.</param>
public sealed record RetentionRule(DataClass Class, int Days, RetentionAction Action)
{
    /// <summary>The final state of a class of cases; null for rows.</summary>
    public ReferralState? State => Class switch
    {
        DataClass.CaseCompleted => ReferralState.Completed,
        DataClass.CaseDeclined => ReferralState.Declined,
        DataClass.CaseCancelled => ReferralState.Cancelled,
        DataClass.CaseWithdrawn => ReferralState.Withdrawn,
        DataClass.CaseEnteredInError => ReferralState.EnteredInError,
        DataClass.SubmissionDecided or DataClass.Answer or DataClass.Refused => null,
    };
}

/// <summary>What a country deletes, and after how long. Periods are national law: none is built in, and what has no row is kept for ever.</summary>
/// <remarks>Read once, at the start, from the file that <c>Node:RetentionFile</c> names; <c>infra/retention.example.json</c> is one.</remarks>
public sealed record RetentionTable(ImmutableArray<RetentionRule> Rules)
{
    /// <summary>In days: nothing is counted beyond a century.</summary>
    const int Longest = 36525;

    /// <summary>In days: a program that repeats a command after its answer is gone would do it twice.</summary>
    const int ShortestAnswer = 30;

    /// <summary>Keeps everything for ever.</summary>
    public static RetentionTable Empty { get; } = new([]);

    /// <summary>Reads the file.</summary>
    /// <returns>Either the table, or at least one fault: a sentence that says where and what to do.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public static (RetentionTable? Table, IReadOnlyList<string> Faults) Read(string file)
    {
        TableContent content;
        try
        {
            content = JsonSerializer.Deserialize<TableContent>(File.ReadAllBytes(file), OfficeDirectory.Json) ?? throw new JsonException("it holds null.");
        }
        catch (JsonException malformed)
        {
            return (null, [$"{file} is no table of periods: {OfficeDirectory.Where(malformed)}. See infra/retention.example.json."]);
        }

        var faults = new List<string>();
        var rules = ImmutableArray.CreateBuilder<RetentionRule>();
        foreach (var row in content.Table)
        {
            var name = row?.Class ?? "null";
            var (of, action) = (Named<DataClass>(row?.Class), Named<RetentionAction>(row?.Action));
            if (of is null) Fault($"{name} is no class of data: one of {Names<DataClass>()} is needed");
            if (action is null) Fault($"{name}: {row?.Action ?? "null"} is no action: one of {Names<RetentionAction>()} is needed");
            if (row?.Days is not (>= 0 and <= Longest)) Fault($"{name}: {(row?.Days is { } days ? $"{days}" : "null")} days is no period: 0 to {Longest} is needed");
            else if (of is DataClass.Answer && row.Days < ShortestAnswer) Fault($"{name}: {row.Days} days are too short: a command that is repeated later would be done twice. {ShortestAnswer} or more is needed");
            if (string.IsNullOrWhiteSpace(row?.Source)) Fault($"{name} names no source: say which law sets the period");
            if (of is not { } known || action is not { } does || row?.Days is not { } count) continue;
            var rule = new RetentionRule(known, count, does);
            if (does is RetentionAction.Erase != rule.State is not null) Fault($"{name}: {row.Action} does not fit. Cases are erased, since their entries stay; anything else is deleted");
            if (rules.Any(other => other.Class == known)) Fault($"{name} stands there twice");
            rules.Add(rule);
        }
        return faults.Count > 0 ? (null, [.. faults.Distinct()]) : (new(rules.ToImmutable()), []);

        void Fault(string text) => faults.Add($"{file}: {text}.");
    }

    /// <summary>As the file writes it: <c>case-completed</c>.</summary>
    public static string NameOf(Enum code) => string.Concat(code.ToString().Select((letter, i) => char.IsUpper(letter) ? $"{(i > 0 ? "-" : "")}{char.ToLowerInvariant(letter)}" : $"{letter}"));

    static string Names<TCode>() where TCode : struct, Enum => string.Join(", ", Enum.GetValues<TCode>().Select(code => NameOf(code)));

    static TCode? Named<TCode>(string? text) where TCode : struct, Enum => Enum.GetValues<TCode>().Select(code => (TCode?)code).FirstOrDefault(code => NameOf(code!.Value) == text);

    sealed record TableContent
    {
        public List<RowContent?> Table { get; init; } = [];
    }

    sealed record RowContent
    {
        public string? Class { get; init; }
        public int? Days { get; init; }
        public string? Action { get; init; }
        public string? Source { get; init; }
    }
}
