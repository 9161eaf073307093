using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Screens.Parts;
using Grpc.Core;

namespace Coordination.CountryNode.Pages;

/// <summary>Whether the node does its work, in plain words: for administrators.</summary>
static class OperationsPage
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Navigation.Operations, (Calls calls) => ShowAsync(calls, Faults.None));
        pages.MapPost($"{Navigation.Operations}/resend/{{dossier}}", async (string dossier, Calls calls) =>
        {
            if (Links.Read(dossier) is not { } id) return Screen.Nothing();
            try
            {
                await calls.Operations.ResendAsync(new() { DossierId = id });
            }
            catch (RpcException refused) when (Refusals.ReasonOf(refused) == "NOTHING_WAITS")
            {
                // It was taken meanwhile: the page shows so.
            }
            return Results.LocalRedirect(Navigation.Operations);
        });
        pages.MapPost($"{Navigation.Operations}/discard/{{turnedAway}}", DiscardAsync);
    }

    static async Task<IResult> ShowAsync(Calls calls, Faults faults) =>
        Screen.Show<OperationsView>(new OperationsModel(await calls.Operations.GetOperationsAsync(new()), faults), faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

    static async Task<IResult> DiscardAsync(string turnedAway, HttpContext http, Calls calls, Screen screen)
    {
        var chosen = (await Entered.ReadAsync(http)).Text("reason");
        try
        {
            await calls.Operations.DiscardAsync(new() { TurnedAwayId = turnedAway, Reason = (DiscardReason)(DiscardReasons.FindValueByName(chosen)?.Number ?? 0) });
            return Results.LocalRedirect(Navigation.Operations);
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument)
        {
            return await ShowAsync(calls, Faults.None.With($"reason-{turnedAway}", screen.Words["Choose why it is put aside."]));
        }
    }

    public static Google.Protobuf.Reflection.EnumDescriptor DiscardReasons => DiscardRequest.Descriptor.FindFieldByName("reason").EnumType;
}

/// <param name="Now">How the node is.</param>
/// <param name="Faults">Why something was not put aside.</param>
public sealed record OperationsModel(GetOperationsResponse Now, Faults Faults)
{
    /// <summary>How much a person should look at.</summary>
    public int Troubles => Now.Peers.Count(peer => !peer.Good) + Now.Stopped.Count + Now.Gaps.Count + Now.TurnedAway.Count + Now.Expiries.Count(expiry => !expiry.Good);
}
