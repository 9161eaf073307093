namespace Coordination.Local;

/// <summary>One of the six countries, and the offices that its node has on a development machine.</summary>
/// <param name="Id">ISO 3166 alpha-2: the node's id.</param>
/// <param name="Name">As a person says it.</param>
/// <param name="Unit">The directory unit of its offices: the body that receives referrals there.</param>
public sealed record Country(string Id, string Name, string Unit)
{
    /// <summary>All six, in the order of their ids.</summary>
    public static IReadOnlyList<Country> All { get; } =
    [
        new("CN", "China", "mps"), // Ministry of Public Security, Anti-Trafficking Office
        new("KH", "Cambodia", "ncct"), // National Committee for Counter Trafficking
        new("LA", "Lao PDR", "ahtd"), // Anti-Human Trafficking Department
        new("MM", "Myanmar", "dsw"), // Department of Social Welfare
        new("TH", "Thailand", "datip"), // Division of Anti-Trafficking in Persons
        new("VN", "Viet Nam", "mps"), // Ministry of Public Security
    ];

    /// <summary>Its offices, each <c>role@unit</c>.</summary>
    public IReadOnlyList<string> Offices { get; } = 
    [
        $"focal-point@{Unit}", $"focal-point@{Unit}-head", $"case-worker@{Unit}", $"approver@{Unit}", $"auditor@{Unit}", $"administrator@{Unit}", $"prosecutor@{Unit}",
    ];

    /// <summary>The office that answers at any hour, and that others are told of.</summary>
    public string DutyOffice => $"focal-point@{Unit}";

    /// <summary>The office that supervises, when another is late.</summary>
    public string SupervisingOffice => $"focal-point@{Unit}-head";

    /// <summary>The country with this id, in capitals.</summary>
    /// <exception cref="LocalException">No country has this id.</exception>
    public static Country Of(string id) => All.FirstOrDefault(c => c.Id == id)
        ?? throw new LocalException($"{id} is not a country of the region: choose among {string.Join(", ", All.Select(c => c.Id))}.");

    /// <summary>Reads <c>TH,LA</c>.</summary>
    /// <exception cref="LocalException">One is unknown, or named twice.</exception>
    public static IReadOnlyList<string> Parse(string list)
    {
        var ids = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(i => Of(i.ToUpperInvariant()).Id).ToList();
        return ids.Distinct().Count() == ids.Count ? ids : throw new LocalException($"{list} names a country twice: name each once.");
    }
}
