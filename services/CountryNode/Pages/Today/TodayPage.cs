using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http.Timeouts;
using Notice = Coordination.Contracts.Referral.V1.Notice;
using Whose = Coordination.Contracts.Referral.V1.Whose;

namespace Coordination.CountryNode.Pages.Today;

/// <summary>What a day begins with: what waits for this country, late first; whom it waits for; what changed since the person last looked; what the office was told.</summary>
static class TodayPage
{
    public const string LivePath = "/today/live", SeenPath = "/today/seen";

    const uint Rows = 50;
    const int MostChanges = 50;

    /// <summary>What is owed becomes late without anybody writing anything.</summary>
    static readonly TimeSpan LooksAgain = TimeSpan.FromMinutes(1);

    /// <summary>After so long a browser asks anew, and whoever was signed out meanwhile gets no answer.</summary>
    static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Navigation.Today, async (Gathering gathering, Screen screen, CancellationToken cancellationToken) =>
            Navigation.HomeOf(screen.Office!) is var home && home != Navigation.Today
                ? Results.LocalRedirect(home)
                : Screen.Show<TodayView>(await gathering.GatherAsync(cancellationToken)));
        pages.MapGet(LivePath, StreamAsync).WithMetadata(new DisableRequestTimeoutAttribute());
        pages.MapPost(SeenPath, async (HttpContext http, Screen screen, LastLooks looks) =>
        {
            if (ChangePlace.Read((await http.Request.ReadFormAsync(http.RequestAborted))["place"].ToString()) is { } place)
                await looks.KeepAsync(screen.Person!.Id, screen.Office!, place, http.RequestAborted);
            return Results.LocalRedirect(Navigation.Today);
        });
    }

    /// <summary>The same lists again whenever they change, as server-sent events.</summary>
    static async Task StreamAsync(HttpContext http, Gathering gathering, Changes changes, Bell bell, Screen screen, IServiceProvider services, ILoggerFactory loggers, TimeProvider time)
    {
        http.Response.ContentType = "text/event-stream";
        await using var renderer = new HtmlRenderer(services, loggers);
        var (until, sent, place, gathered) = (time.GetUtcNow() + LongestStream, "", (ChangePlace?)null, DateTimeOffset.MinValue);
        try
        {
            while (time.GetUtcNow() < until)
            {
                // Nothing came, and nothing can have become late since: nothing is asked.
                if (await changes.LastAsync(http.RequestAborted) is var last && (last != place || time.GetUtcNow() - gathered >= LooksAgain))
                {
                    (place, gathered) = (last, time.GetUtcNow());
                    var model = await gathering.GatherAsync(http.RequestAborted);
                    var html = await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<TodayLists>(ParameterView.FromDictionary(new Dictionary<string, object?>(StringComparer.Ordinal) { ["Model"] = model }))).ToHtmlString());
                    if (html != sent)
                    {
                        foreach (var line in (sent = html).Split('\n')) await http.Response.WriteAsync($"data: {line}\n", http.RequestAborted);
                        await http.Response.WriteAsync("\n", http.RequestAborted);
                        await http.Response.Body.FlushAsync(http.RequestAborted);
                    }
                }
                await bell.WaitAsync(screen.Country, http.RequestAborted);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The browser has gone.
        }
    }

    /// <summary>What the page shows, as it is now.</summary>
    public sealed class Gathering(Calls calls, Screen screen, Changes changes, LastLooks looks, ReferralDesk desk)
    {
        public async Task<TodayModel> GatherAsync(CancellationToken cancellationToken)
        {
            var ours = await calls.Referrals.ListDueAsync(new() { Whose = Whose.OwedByUs, PageSize = Rows }, cancellationToken: cancellationToken);
            var theirs = await calls.Referrals.ListDueAsync(new() { Whose = Whose.OwedToUs, PageSize = Rows }, cancellationToken: cancellationToken);
            var notices = Navigation.May(screen.Office!, Act.ReadNotices) ? (await calls.Referrals.ListNoticesAsync(new() { PageSize = 20 }, cancellationToken: cancellationToken)).Notices : [];
            var (news, place) = await NewsAsync(cancellationToken);
            return new TodayModel([.. ours.Rows], [.. theirs.Rows], [.. notices], news, place.ToString(), ours.NextPageToken.Length > 0, theirs.NextPageToken.Length > 0);
        }

        async Task<(IReadOnlyList<News> News, ChangePlace Place)> NewsAsync(CancellationToken cancellationToken)
        {
            var (person, office) = (screen.Person!.Id, screen.Office!);
            // Who looks for the first time begins here; a place that a restore undid is none.
            if (await looks.FindAsync(person, office, cancellationToken) is not { } since || !await changes.KnowsAsync(since, cancellationToken))
                await looks.KeepAsync(person, office, since = await changes.LastAsync(cancellationToken), cancellationToken);
            var news = new List<News>();
            var place = since;
            foreach (var change in await changes.ReadAsync(since.Number, MostChanges, cancellationToken))
            {
                place = change.Place;
                if (await desk.IsShutOutAsync(change.Dossier, office, cancellationToken) || EntryWire.Read(change.Bytes.Span) is not { } entry || (entry.Author == screen.Country && entry.Office == office)) continue;
                news.Add(new News(ByteString.CopyFrom(change.Dossier.ToArray()), entry.Author.ToString(), entry.Body.Name));
            }
            return (news, place);
        }
    }
}

/// <param name="Ours">What this country owes, what is due first first.</param>
/// <param name="Theirs">What it waits for.</param>
/// <param name="Notices">What the office was told, newest first.</param>
/// <param name="News">What others wrote since the person last looked, oldest first.</param>
/// <param name="Place">Up to where the news go.</param>
/// <param name="OursGoOn">This country owes more than is listed.</param>
/// <param name="TheirsGoOn">It waits for more than is listed.</param>
public sealed record TodayModel(IReadOnlyList<DueRow> Ours, IReadOnlyList<DueRow> Theirs, IReadOnlyList<Notice> Notices, IReadOnlyList<News> News, string Place, bool OursGoOn, bool TheirsGoOn);

/// <param name="Dossier">32 bytes.</param>
/// <param name="Author">Which country.</param>
/// <param name="Statement">What it stated.</param>
public sealed record News(ByteString Dossier, string Author, string Statement);
