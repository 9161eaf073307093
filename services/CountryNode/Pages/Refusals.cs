using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;

namespace Coordination.CountryNode.Pages;

/// <summary>What a door refused, as a page says it.</summary>
static class Refusals
{
    const string DetailsKey = "grpc-status-details-bin";

    /// <summary>Shows a page, or the page that says why there is none.</summary>
    public static async ValueTask<object?> ShowAsync(Func<ValueTask<object?>> page)
    {
        try
        {
            return await page();
        }
        // Whoever may not see it is told nothing else than whoever asks for what is not there.
        catch (RpcException refused) when (refused.StatusCode is StatusCode.NotFound or StatusCode.PermissionDenied)
        {
            return Screen.Show<NothingHereView>(false, StatusCodes.Status404NotFound);
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable)
        {
            return Screen.Show<NotNowView>(false, StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>For programs: UPPER_SNAKE_CASE; empty where none was said.</summary>
    public static string ReasonOf(RpcException refused) => Details(refused) is { } details && details.Details.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor)) is { } info ? info.Unpack<ErrorInfo>().Type : "";

    /// <summary>What is wrong with each field, or with the whole.</summary>
    public static Faults ToFaults(RpcException refused, Words words)
    {
        var fields = Details(refused)?.Details.FirstOrDefault(detail => detail.Is(BadRequest.Descriptor))?.Unpack<BadRequest>().FieldViolations;
        return fields is { Count: > 0 }
            ? new([.. fields.Select(field => new Fault(field.Field, words[field.Description]))])
            : Faults.None.With("", words[refused.Status.Detail]);
    }

    static Google.Rpc.Status? Details(RpcException refused) =>
        refused.Trailers.FirstOrDefault(trailer => trailer.Key == DetailsKey) is { } trailer ? Google.Rpc.Status.Parser.ParseFrom(ByteString.CopyFrom(trailer.ValueBytes)) : null;
}
