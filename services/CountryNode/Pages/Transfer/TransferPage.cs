using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Identity;
using Person = Coordination.CountryNode.Accounts.Person;

namespace Coordination.CountryNode.Pages;

/// <summary>What whoever leaves an office leaves there, and whoever comes finds: a note, and the signed list of what is open.</summary>
static class TransferPage
{
    public const string SignedPath = Navigation.Transfer + "/signed";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Navigation.Transfer, (Calls calls, Screen screen, TrustInForce trust, UserManager<Person> people) => ShowAsync(calls, screen, trust, people, "", Faults.None));
        pages.MapPost(Navigation.Transfer, LeaveAsync);
        pages.MapPost($"{Navigation.Transfer}/take-over/{{id}}", async (string id, Calls calls) =>
        {
            if (Links.Read(id) is not { } transfer) return Screen.Nothing();
            await calls.Transfers.TakeOverAsync(new() { TransferId = transfer });
            return Results.LocalRedirect(Navigation.Transfer);
        });
        pages.MapGet(SignedPath, async (Calls calls) =>
            (await calls.Transfers.GetTransferAsync(new())).Transfer is { } signed ? Results.File(signed.ToByteArray(), "application/octet-stream", "hand-over.bin") : Screen.Nothing());
    }

    static async Task<IResult> LeaveAsync(HttpContext http, Calls calls, Screen screen, TrustInForce trust, UserManager<Person> people)
    {
        var entered = await Entered.ReadAsync(http);
        try
        {
            await calls.Transfers.LeaveTransferAsync(new() { Note = entered.Lines("note"), Replaces = Links.Read(entered.Text("replaces")) ?? ByteString.Empty });
            return Results.LocalRedirect(Navigation.Transfer);
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition)
        {
            return await ShowAsync(calls, screen, trust, people, entered.Text("note"), Refusals.ToFaults(refused, screen.Words, [new("note", FieldKind.Note, screen.Words["Note for whoever comes"])]));
        }
    }

    static async Task<IResult> ShowAsync(Calls calls, Screen screen, TrustInForce trust, UserManager<Person> people, string note, Faults faults)
    {
        var lies = await calls.Transfers.GetTransferAsync(new());
        var transfer = lies.Transfer is { } signed ? Transfer.Parser.ParseFrom(signed.Transfer) : null;
        return Screen.Show<TransferView>(
            new TransferModel(
                transfer, lies.Transfer is { } its && IsRight(its, transfer!, trust.Current, screen), lies.Transfer?.KeyId ?? "", lies.TransferId, await NameAsync(transfer?.LeftBy ?? ""), await NameAsync(lies.TakenBy), lies.TakenAt, note, faults),
            faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

        // Whoever came with a token is not among the console's people.
        async Task<string> NameAsync(string person) => person.Length > 0 && await people.FindByIdAsync(person) is { UserName: { } name } ? name : person;
    }

    /// <summary>Whether this node signed it, for this office.</summary>
    static bool IsRight(SignedTransfer signed, Transfer transfer, TrustList trust, Screen screen) =>
        NodeId.TryParse(transfer.Node, out var node) && node == screen.Country && Hosting.Dossiers.DossierWire.Write(screen.Office!).Equals(transfer.Office) && trust.KeyOf(node, signed.KeyId) is { } key && key.Pool.Verify(SignatureKind.Transfer, signed.Transfer.Span, signed.Signature.Span);
}

/// <param name="Transfer">What lies in the office; null for nothing.</param>
/// <param name="IsRight">Its signature was verified just now.</param>
/// <param name="KeyId">The key that signed it.</param>
/// <param name="Id">By which it is taken over.</param>
/// <param name="LeftBy">Who left it.</param>
/// <param name="TakenBy">Who took over; empty for nobody yet.</param>
/// <param name="TakenAt">UTC.</param>
/// <param name="Note">What was typed into the form.</param>
/// <param name="Faults">What is wrong with it.</param>
public sealed record TransferModel(
    Transfer? Transfer, bool IsRight, string KeyId, ByteString Id, string LeftBy, string TakenBy, Google.Protobuf.WellKnownTypes.Timestamp? TakenAt, string Note, Faults Faults);
