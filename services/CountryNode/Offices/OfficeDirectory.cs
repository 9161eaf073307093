using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Offices;

/// <summary>Who supervises whom, who is on duty, what needs a second person, and what a pair has agreed on time.</summary>
/// <remarks>
/// Read once, at the start, from the file that <c>Node:DirectoryFile</c> names; <c>infra/directory.example.json</c> is one.
/// The reads are those that the regional directory will serve.
/// </remarks>
public sealed class OfficeDirectory
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
    };

    /// <summary>What never waits for a second person, whatever a country says (protocol, section 1).</summary>
    static readonly FrozenSet<string> NeverApproved = [nameof(ConsentWithdrawn), nameof(ContactEnded), nameof(NotArrived), nameof(FoundSafe)];

    static readonly FrozenSet<string> Statements =
        [.. typeof(Body).Assembly.GetTypes().Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Body)) && type != typeof(NotUnderstood) && type != typeof(Misshapen)).Select(type => type.Name)];

    readonly FrozenDictionary<Office, Office> _supervising;
    readonly FrozenDictionary<NodeId, Office> _duty;
    readonly FrozenSet<string> _approved;
    readonly ILookup<NodeId, Agreed> _clocks;

    OfficeDirectory(
        IReadOnlyDictionary<Office, Office> supervising, IReadOnlyDictionary<NodeId, Office> duty, IEnumerable<string> approved,
        ILookup<NodeId, Agreed> clocks, WorkingCalendar calendar)
    {
        _supervising = supervising.ToFrozenDictionary();
        _duty = duty.ToFrozenDictionary();
        _approved = approved.ToFrozenSet(StringComparer.Ordinal);
        _clocks = clocks;
        Calendar = calendar;
    }

    /// <summary>A directory that says nothing: nobody supervises, nobody is on duty, nothing is approved, the protocol's clocks run.</summary>
    public static OfficeDirectory Empty { get; } =
        new(new Dictionary<Office, Office>(), new Dictionary<NodeId, Office>(), [], Array.Empty<Agreed>().ToLookup(agreed => agreed.With), WorkingCalendar.WeekendsOnly);

    /// <summary>The offices that act at this node, as its settings name them; null where nobody has said, and every office is taken for one.</summary>
    FrozenSet<Office>? Here { get; init; }

    /// <summary>The same, at a node with these offices.</summary>
    public OfficeDirectory At(IEnumerable<Office> offices) => new(_supervising, _duty, _approved, _clocks, Calendar) { ApprovalReminder = ApprovalReminder, Here = offices.ToFrozenSet() };

    /// <summary>Which offices of a country would be told of deadlines and act nowhere, one sentence each; empty when all act.</summary>
    /// <remarks>Of an office that is removed later the administrators read what it is told; one that never was is a slip.</remarks>
    public IReadOnlyList<string> FaultsAt(NodeId own, IReadOnlyCollection<Office> offices) =>
    [
        .. DutyOf(own) is { } onDuty && !offices.Contains(onDuty) ? [$"The directory names {onDuty} as {own}'s office on duty, which is none of Node:Offices: nobody would be alarmed. Name it there, or another one in Node:DirectoryFile."] : Array.Empty<string>(),
        .. offices.Where(office => SupervisingOf(office) is { } above && !offices.Contains(above))
            .Select(office => $"The directory names {SupervisingOf(office)} to supervise {office}, which is none of Node:Offices: nobody would hear what is late. Name it there, or another one in Node:DirectoryFile."),
    ];

    /// <summary>Whether somebody at this node reads what an office is told.</summary>
    public bool IsHere(Office office) => Here?.Contains(office) is not false;

    /// <summary>Working days, with holidays where a sourced table is there.</summary>
    public WorkingCalendar Calendar { get; }

    /// <summary>To whom it goes when an office of this node is late; null where nobody is named.</summary>
    public Office? SupervisingOf(Office office) => _supervising.GetValueOrDefault(office);

    /// <summary>Who answers at any hour in a country; null where nobody is known to.</summary>
    public Office? DutyOf(NodeId country) => _duty.GetValueOrDefault(country);

    /// <summary>Whether a second person has to approve a statement before it leaves this country.</summary>
    public bool NeedsApproval(Body body) => _approved.Contains(body.Name);

    /// <summary>After how long whoever may approve is told again of what waits: a working day, where the country says nothing else.</summary>
    /// <remarks>An urgent opening is told of again after four hours, whatever a country says.</remarks>
    public Wait ApprovalReminder { get; private init; } = new(1, TimeUnit.WorkingDays);

    /// <summary>The clocks between this country and another: the protocol's, but for what the pair's own instrument sets.</summary>
    /// <remarks>
    /// What an instrument sets holds for urgent referrals too only where it says so, or where the protocol makes no
    /// difference: nobody made an urgent referral slow by agreeing on the usual pace.
    /// </remarks>
    public Clocks ClocksWith(NodeId other, Urgency urgency)
    {
        var own = _clocks[other].Where(agreed => agreed.Holds(urgency)).ToDictionary(agreed => (agreed.Terms.Clock, agreed.Terms.Number), agreed => agreed.Terms);
        return new(new([.. Clocks.Default(urgency).Terms.Select(terms => own.GetValueOrDefault((terms.Clock, terms.Number), terms))]));
    }

    /// <summary>Reads the file.</summary>
    /// <returns>Either the directory, or at least one fault: a sentence that says where and what to do.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public static (OfficeDirectory? Directory, IReadOnlyList<string> Faults) Read(string file)
    {
        DirectoryContent content;
        try
        {
            content = JsonSerializer.Deserialize<DirectoryContent>(File.ReadAllBytes(file), Json) ?? throw new JsonException("it holds null.");
        }
        catch (JsonException malformed)
        {
            // The reader's own words name types of this program, which help nobody who writes the file.
            return (null, [$"{file} is no directory of offices: {Where(malformed)}. See infra/directory.example.json."]);
        }

        var faults = new List<string>();
        var supervising = new Dictionary<Office, Office>();
        foreach (var (of, by) in content.Supervising)
            if (OfficeOf("supervising", of) is { } office && OfficeOf("supervising", by) is { } above)
            {
                if (office == above) Fault($"supervising names {office} as its own supervising office");
                else supervising[office] = above;
            }
        var duty = new Dictionary<NodeId, Office>();
        foreach (var (of, by) in content.Duty)
            if ((Country("duty", of), OfficeOf("duty", by)) is ({ } country, { } office)) duty[country] = office;
        foreach (var statement in content.Approval)
        {
            if (statement is null || !Statements.Contains(statement)) Fault($"approval names {statement ?? "null"}, which is no statement of the protocol");
            else if (NeverApproved.Contains(statement)) Fault($"approval names {statement}, which never waits for a second person");
        }
        var reminder = WaitOf(content.ApprovalReminder);
        if (content.ApprovalReminder is { } given && (reminder is null || given.Count is < 1 or > Wait.Most)) Fault($"approvalReminder: {NoTime(given)}");
        var clocks = content.Clocks.Select(AgreedOf).OfType<Agreed>().ToList();
        foreach (var (with, urgency) in clocks.Select(agreed => agreed.With).Distinct().SelectMany(with => Enum.GetValues<Urgency>().Select(urgency => (with, urgency))))
            if (FaultOf([.. clocks.Where(agreed => agreed.With == with && agreed.Holds(urgency)).Select(agreed => agreed.Terms)], urgency) is { } why) Fault($"clocks with {with}: {why}");
        var holidays = ImmutableDictionary.CreateBuilder<NodeId, ImmutableHashSet<DateOnly>>();
        foreach (var table in content.Holidays)
        {
            if (string.IsNullOrWhiteSpace(table?.Source)) Fault($"holidays of {table?.Country ?? "no country"} name no source; without one, leave them out and weekends alone are counted");
            if (table is null || Country("holidays", table.Country) is not { } country) continue;
            var days = table.Days.Select(day => DateOnly.TryParseExact(day, "yyyy-MM-dd", out var read) ? read : (DateOnly?)null).ToList();
            if (days.Count == 0 || days.Contains(null)) Fault($"holidays of {country}: days such as \"2027-04-13\" are needed");
            else holidays[country] = [.. days.OfType<DateOnly>(), .. holidays.GetValueOrDefault(country) ?? []];
        }
        return faults.Count > 0 ? (null, [.. faults.Distinct()]) : (new(supervising, duty, content.Approval, clocks.ToLookup(agreed => agreed.With), new(holidays.ToImmutable())) { ApprovalReminder = reminder ?? Empty.ApprovalReminder }, []);

        void Fault(string text) => faults.Add($"{file}: {text}.");

        Office? OfficeOf(string where, string? text)
        {
            if (Office.TryParse(text, out var office)) return office;
            Fault($"{where} names {text ?? "null"}, which is no role@unit, such as focal-point@datip");
            return null;
        }

        NodeId? Country(string where, string? text)
        {
            if (NodeId.TryParse(text, out var node) && node.IsCountry) return node;
            Fault($"{where} names {text ?? "null"}, which is no country of the region");
            return null;
        }

        Agreed? AgreedOf(ClockContent? content)
        {
            var with = Country("clocks", content?.With);
            var name = $"clocks with {content?.With}: {content?.Clock ?? "null"}";
            var (clock, urgency) = (Named<Clock>(content?.Clock), Named<Urgency>(content?.Urgency));
            if (clock is null) Fault($"{name} is no clock of the protocol: one of {string.Join(", ", Enum.GetNames<Clock>())} is needed");
            if (content?.Urgency is not null && urgency is null) Fault($"{name} holds for {content.Urgency}, which is neither Routine nor Urgent");
            if (string.IsNullOrWhiteSpace(content?.Source)) Fault($"{name} names no source; say which instrument sets it");
            foreach (var wait in new[] { content?.Warn, content?.Due }.OfType<WaitContent>())
                if (Named<TimeUnit>(wait.Unit) is null || wait.Count is < 1 or > Wait.Most)
                    Fault($"{name}: {NoTime(wait)}");
            return with is { } country && clock is { } known ? new(country, urgency, new ClockTerms(known, content!.Number, WaitOf(content.Warn), WaitOf(content.Due))) : null;
        }

        static string NoTime(WaitContent wait) => $"{wait.Count} {wait.Unit} is no time: 1 to {Wait.Most} of {string.Join(", ", Enum.GetNames<TimeUnit>())} are needed";

        static Wait? WaitOf(WaitContent? content) => content is not null && Named<TimeUnit>(content.Unit) is { } unit ? new Wait(content.Count, unit) : null;

        static TCode? Named<TCode>(string? text) where TCode : struct, Enum =>
            Enum.GetValues<TCode>().Select(code => (TCode?)code).FirstOrDefault(code => code.ToString() == text);

    }

    /// <summary>Where a file of settings is not JSON as it should be.</summary>
    internal static string Where(JsonException malformed) => malformed.LineNumber is { } line
        ? $"line {line + 1}{(malformed.Path is { Length: > 0 } path && path != "$" ? $", at {path}," : "")} is not as it should be"
        : "it is not as it should be";

    /// <summary>Why the protocol cannot run with what an instrument sets; null when it can.</summary>
    static string? FaultOf(IReadOnlyList<ClockTerms> agreed, Urgency urgency)
    {
        var usual = Clocks.Default(urgency).Terms.Where(terms => !agreed.Any(own => (own.Clock, own.Number) == (terms.Clock, terms.Number)));
        return new Clocks(new([.. usual, .. agreed])).Fault()?.TrimEnd('.');
    }

    /// <summary>What the instrument of a pair sets.</summary>
    /// <param name="With">The other country.</param>
    /// <param name="Urgency">For which referrals; null where it does not say.</param>
    /// <param name="Terms">What.</param>
    sealed record Agreed(NodeId With, Urgency? Urgency, ClockTerms Terms)
    {
        public bool Holds(Urgency urgency) => Urgency is { } set
            ? set == urgency
            : urgency is Domain.Referrals.Urgency.Routine
                || Clocks.Default(urgency).Terms.FirstOrDefault(IsSame) == Clocks.Default(Domain.Referrals.Urgency.Routine).Terms.FirstOrDefault(IsSame);

        bool IsSame(ClockTerms terms) => (terms.Clock, terms.Number) == (Terms.Clock, Terms.Number);
    }

    sealed record DirectoryContent
    {
        public Dictionary<string, string?> Supervising { get; init; } = [];
        public Dictionary<string, string?> Duty { get; init; } = [];
        public List<string> Approval { get; init; } = [];
        public WaitContent? ApprovalReminder { get; init; }
        public List<ClockContent?> Clocks { get; init; } = [];
        public List<HolidayContent?> Holidays { get; init; } = [];
    }

    sealed record ClockContent
    {
        public string? With { get; init; }
        public string? Clock { get; init; }
        public int Number { get; init; }
        public string? Urgency { get; init; }
        public WaitContent? Warn { get; init; }
        public WaitContent? Due { get; init; }
        public string? Source { get; init; }
    }

    sealed record WaitContent
    {
        public int Count { get; init; }
        public string? Unit { get; init; }
    }

    sealed record HolidayContent
    {
        public string? Country { get; init; }
        public string? Source { get; init; }
        public List<string> Days { get; init; } = [];
    }
}
