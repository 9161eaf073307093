using Coordination.CountryNode.Accounts;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Screens.Languages;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Coordination.CountryNode.Pages;

/// <summary>What every page of one request knows: who looks at it, for which office, in which language.</summary>
public sealed class Screen(Pen pen, TimeProvider time)
{
    /// <summary>The cookie of who chose a language without being signed in.</summary>
    public const string LanguageCookie = "language";

    /// <summary>The country whose node this is.</summary>
    public NodeId Country => pen.Node;

    public Words Words { get; private set; } = new(Language.English);

    /// <summary>Null while nobody is signed in.</summary>
    public Person? Person { get; private set; }

    /// <summary>For which the person acts; null where no office is granted today.</summary>
    public Office? Office { get; private set; }

    /// <summary>All that the person may act for today.</summary>
    public IReadOnlyList<Office> Offices { get; private set; } = [];

    /// <summary>The second factor was shown just now.</summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>Where the page is, to come back to.</summary>
    public string Here { get; private set; } = "/";

    public DateTimeOffset Now { get; } = time.GetUtcNow();

    /// <summary>The day in this country.</summary>
    public DateOnly Today => RegionalTime.Today(Country, Now);

    /// <summary>An instant as it is told in this country, on its clocks.</summary>
    public string At(DateTimeOffset instant)
    {
        var local = RegionalTime.In(Country, instant);
        return Words["{0}, {1}", Words.Day(DateOnly.FromDateTime(local.DateTime)), local.ToString("HH:mm")];
    }

    public string At(Google.Protobuf.WellKnownTypes.Timestamp? instant) => instant is null ? "" : At(instant.ToDateTimeOffset());

    /// <summary>By when something is owed: what is due at midnight is due by the end of the day before.</summary>
    public string By(Google.Protobuf.WellKnownTypes.Timestamp due)
    {
        var local = RegionalTime.In(Country, due.ToDateTimeOffset());
        return local.TimeOfDay == TimeSpan.Zero ? Words["end of {0}", Words.Day(DateOnly.FromDateTime(local.DateTime).AddDays(-1))] : At(due);
    }

    /// <summary>A day as a message has it, YYYY-MM-DD.</summary>
    public string Day(string day) => DateOnly.TryParseExact(day, "yyyy-MM-dd", out var read) ? Words.Day(read) : day;

    /// <summary>Begins a request: nobody is known yet.</summary>
    public void Begin(HttpContext http)
    {
        Here = http.Request.Method == HttpMethods.Get ? $"{http.Request.Path}{http.Request.QueryString}" : http.Request.Path;
        var asked = http.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(language => language.Quality ?? 1).Select(language => Language.Of(language.Value.Value?.Split('-')[0]));
        Words = new((Language.Of(http.Request.Cookies[LanguageCookie]) ?? asked.FirstOrDefault(language => language is not null)) ?? Language.English);
    }

    public void SignedIn(Person person, Office? office, IReadOnlyList<Office> offices, bool confirmed)
    {
        (Person, Office, Offices, IsConfirmed) = (person, office, offices, confirmed);
        if (Language.Of(person.Language) is { } chosen) Words = new(chosen);
    }

    /// <summary>What whoever asks for what is not there is shown, and whoever asks for what is not theirs.</summary>
    public static RazorComponentResult Nothing() => Show<NothingHereView>(false, StatusCodes.Status404NotFound);

    /// <summary>Shows a page.</summary>
    /// <param name="model">What it shows: the view's parameter <c>Model</c>.</param>
    /// <param name="status">Of HTTP.</param>
    public static RazorComponentResult Show<TView>(object model, int status = StatusCodes.Status200OK) where TView : IComponent =>
        new(typeof(TView), new Dictionary<string, object?>(StringComparer.Ordinal) { ["Model"] = model }) { StatusCode = status };
}
