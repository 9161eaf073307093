using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Offices;

/// <summary>Who supervises whom, who is on duty, what needs a second person, and what a pair has agreed on time.</summary>
/// <remarks>
/// Read once, at the start, from the file that <c>Node:DirectoryFile</c> names; <c>infra/Local</c> writes one as an example.
/// The reads are those that the regional directory will serve.
/// </remarks>
public sealed class OfficeDirectory
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
    };

    /// <summary>What never waits for a second person, whatever a country says (protocol, section 1).</summary>
    static readonly FrozenSet<string> NeverApproved = [nameof(ConsentWithdrawn), nameof(ContactEnded), nameof(NotArrived), nameof(FoundSafe)];

    static readonly FrozenSet<string> Statements =
        [.. typeof(Body).Assembly.GetTypes().Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Body)) && type != typeof(NotUnderstood) && type != typeof(Misshapen)).Select(type => type.Name)];

    readonly FrozenDictionary<Office, Office> _supervising;
    readonly FrozenDictionary<NodeId, Office> _duty;
    readonly FrozenSet<string> _approved;
    readonly ILookup<NodeId, ClockTerms> _clocks;

    OfficeDirectory(
        IReadOnlyDictionary<Office, Office> supervising, IReadOnlyDictionary<NodeId, Office> duty, IEnumerable<string> approved,
        IEnumerable<(NodeId With, ClockTerms Terms)> clocks, WorkingCalendar calendar)
    {
        _supervising = supervising.ToFrozenDictionary();
        _duty = duty.ToFrozenDictionary();
        _approved = approved.ToFrozenSet(StringComparer.Ordinal);
        _clocks = clocks.ToLookup(clock => clock.With, clock => clock.Terms);
        Calendar = calendar;
    }

    /// <summary>A directory that says nothing: nobody supervises, nobody is on duty, nothing is approved, the protocol's clocks run.</summary>
    public static OfficeDirectory Empty { get; } =
        new(new Dictionary<Office, Office>(), new Dictionary<NodeId, Office>(), [], [], WorkingCalendar.WeekendsOnly);

    /// <summary>Working days, with holidays where a sourced table is there.</summary>
    public WorkingCalendar Calendar { get; }

    /// <summary>To whom it goes when an office of this node is late; null where nobody is named.</summary>
    public Office? SupervisingOf(Office office) => _supervising.GetValueOrDefault(office);

    /// <summary>Who answers at any hour in a country; null where nobody is known to.</summary>
    public Office? DutyOf(NodeId country) => _duty.GetValueOrDefault(country);

    /// <summary>Whether a second person has to approve a statement before it leaves this country.</summary>
    public bool NeedsApproval(Body body) => _approved.Contains(body.Name);

    /// <summary>The clocks between this country and another: the protocol's, but for what the pair's own instrument sets.</summary>
    public Clocks ClocksWith(NodeId other, Urgency urgency)
    {
        var own = _clocks[other].ToDictionary(terms => (terms.Clock, terms.Number));
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
            content = JsonSerializer.Deserialize<DirectoryContent>(File.ReadAllBytes(file), Json) ?? new();
        }
        catch (JsonException malformed)
        {
            return (null, [$"{file} is no directory of offices: {malformed.Message}"]);
        }

        var faults = new List<string>();
        var supervising = content.Supervising.ToDictionary(pair => OfficeOf("supervising", pair.Key), pair => OfficeOf("supervising", pair.Value));
        var duty = content.Duty.ToDictionary(pair => Country("duty", pair.Key), pair => OfficeOf("duty", pair.Value));
        foreach (var statement in content.Approval)
        {
            if (!Statements.Contains(statement)) Fault($"approval names {statement}, which is no statement of the protocol");
            else if (NeverApproved.Contains(statement)) Fault($"approval names {statement}, which never waits for a second person");
        }
        var clocks = content.Clocks.Select(clock => (With: Country("clocks", clock.With), Terms: new ClockTerms(clock.Clock, clock.Number, clock.Warn?.ToWait(), clock.Due?.ToWait()))).ToList();
        foreach (var pair in clocks.GroupBy(clock => clock.With))
            if (new Clocks(new([.. Clocks.Default(Urgency.Routine).Terms.Where(terms => !pair.Any(own => (own.Terms.Clock, own.Terms.Number) == (terms.Clock, terms.Number))), .. pair.Select(own => own.Terms)])).Fault() is { } why)
                Fault($"clocks with {pair.Key}: {why.TrimEnd('.')}");
        foreach (var clock in content.Clocks.Where(clock => string.IsNullOrWhiteSpace(clock.Source)))
            Fault($"clocks with {clock.With}: {clock.Clock} names no source; say which instrument sets it");
        foreach (var table in content.Holidays.Where(table => string.IsNullOrWhiteSpace(table.Source)))
            Fault($"holidays of {table.Country} name no source; without one, leave them out and weekends alone are counted");
        var holidays = content.Holidays.GroupBy(table => Country("holidays", table.Country)).ToImmutableDictionary(tables => tables.Key, tables => tables.SelectMany(table => table.Days).ToImmutableHashSet());
        return faults.Count > 0 ? (null, faults) : (new(supervising, duty, content.Approval, clocks, new(holidays)), []);

        void Fault(string text) => faults.Add($"{file}: {text}.");

        Office OfficeOf(string where, string text)
        {
            if (Office.TryParse(text, out var office)) return office;
            Fault($"{where} names {text}, which is no role@unit, such as focal-point@datip");
            return Office.TryCreate(Role.FocalPoint, "none", out var none) ? none : throw new System.Diagnostics.UnreachableException();
        }

        NodeId Country(string where, string text)
        {
            if (!NodeId.TryParse(text, out var node) || !node.IsCountry) Fault($"{where} names {text}, which is no country of the region");
            return node;
        }
    }

    sealed record DirectoryContent
    {
        public Dictionary<string, string> Supervising { get; init; } = [];
        public Dictionary<string, string> Duty { get; init; } = [];
        public List<string> Approval { get; init; } = [];
        public List<ClockContent> Clocks { get; init; } = [];
        public List<HolidayContent> Holidays { get; init; } = [];
    }

    sealed record ClockContent
    {
        public required string With { get; init; }
        public required Clock Clock { get; init; }
        public int Number { get; init; }
        public WaitContent? Warn { get; init; }
        public WaitContent? Due { get; init; }
        public required string Source { get; init; }
    }

    sealed record WaitContent
    {
        public required int Count { get; init; }
        public required TimeUnit Unit { get; init; }

        public Wait ToWait() => new(Count, Unit);
    }

    sealed record HolidayContent
    {
        public required string Country { get; init; }
        public required string Source { get; init; }
        public required List<DateOnly> Days { get; init; }
    }
}
