using Coordination.Contracts.Directory.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Pages.Forms;
using Coordination.CountryNode.Pages.SignIn;
using Coordination.Hosting;
using Coordination.Screens.Parts;
using Grpc.Core;

namespace Coordination.CountryNode.Pages;

/// <summary>Who works at this console, and for which offices from when until when: for administrators.</summary>
static class PeoplePage
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Navigation.People, (Calls calls, Screen screen, NodeSettings settings) => ShowAsync(calls, screen, settings, Entered.Nothing, Faults.None, null));
        // Whoever finds a screen that was left open makes nobody's account theirs.
        var changes = pages.MapGroup("").AddEndpointFilter(async (context, next) =>
            context.HttpContext.RequestServices.GetRequiredService<Screen>() is { IsConfirmed: false } screen && Navigation.May(screen.Office!, Act.ManageAccounts) ? await ConfirmPage.AskAsync(context.HttpContext, screen) : await next(context));
        changes.MapPost($"{Navigation.People}/invite", InviteAsync);
        changes.MapPost($"{Navigation.People}/grant", GrantAsync);
        changes.MapPost($"{Navigation.People}/end/{{grant}}", async (string grant, Calls calls) =>
        {
            await calls.Accounts.EndGrantAsync(new() { GrantId = grant });
            return Results.LocalRedirect(Navigation.People);
        });
    }

    /// <summary>As the page calls them.</summary>
    static IReadOnlyList<FormField> Fields(Screen screen) =>
    [
        new("name", FieldKind.Text, screen.Words["Name to sign in by"]), new("office", FieldKind.Choice, screen.Words["Office"]),
        new("from", FieldKind.Day, screen.Words["From"]), new("until", FieldKind.Day, screen.Words["Until which day, inclusive"]),
    ];

    static async Task<IResult> ShowAsync(Calls calls, Screen screen, NodeSettings settings, Entered entered, Faults faults, string? invitation)
    {
        var people = await calls.Accounts.ListPeopleAsync(new());
        return Screen.Show<PeopleView>(new PeopleModel(
            [.. people.People], [.. settings.Offices.Select(office => new Choice(office, screen.Words.Office(office)))], entered, faults, invitation), faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
    }

    static async Task<IResult> InviteAsync(HttpContext http, Calls calls, Screen screen, NodeSettings settings)
    {
        var entered = await Entered.ReadAsync(http);
        try
        {
            var invited = await calls.Accounts.InviteAsync(new() { Name = entered.Text("name") });
            return await ShowAsync(calls, screen, settings, entered, Faults.None, $"{http.Request.Scheme}://{http.Request.Host}{invited.Path}");
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument)
        {
            return await ShowAsync(calls, screen, settings, entered, Refusals.ToFaults(refused, screen.Words, Fields(screen)), null);
        }
    }

    static async Task<IResult> GrantAsync(HttpContext http, Calls calls, Screen screen, NodeSettings settings)
    {
        var entered = await Entered.ReadAsync(http);
        var reading = new Reading(entered, screen.Country, screen.Words);
        var request = new GrantOfficeRequest { Name = entered.Text("person"), From = reading.Day("from"), Until = reading.Day("until") };
        if (Domain.Dossiers.Office.TryParse(entered.Text("office"), out var office)) request.Office = Hosting.Dossiers.DossierWire.Write(office);
        if (!reading.Faults.Any)
        {
            try
            {
                await calls.Accounts.GrantOfficeAsync(request);
                return Results.LocalRedirect(Navigation.People);
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument || Refusals.ReasonOf(refused) == "PERSON_NOT_FOUND")
            {
                return await ShowAsync(calls, screen, settings, entered, Refusals.ToFaults(refused, screen.Words, Fields(screen)), null);
            }
        }
        return await ShowAsync(calls, screen, settings, entered, reading.Faults, null);
    }
}

/// <param name="People">By name.</param>
/// <param name="Offices">That can be granted.</param>
/// <param name="Entered">What was filled in.</param>
/// <param name="Faults">What is wrong with it.</param>
/// <param name="Invitation">The page on which whoever was invited chooses a password: shown once; null for none.</param>
public sealed record PeopleModel(IReadOnlyList<Person> People, IReadOnlyList<Choice> Offices, Entered Entered, Faults Faults, string? Invitation);
