using System.Text.RegularExpressions;
using Coordination.CountryNode.Pages.Forms;
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
        // Whoever may not see it is told nothing else than whoever asks for what is not there; what a form gets wrong its own page says, and here an address is odd.
        catch (RpcException refused) when (refused.StatusCode is StatusCode.NotFound or StatusCode.PermissionDenied or StatusCode.InvalidArgument)
        {
            return Screen.Nothing();
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable)
        {
            return Screen.Show<NotNowView>(false, StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>For programs: UPPER_SNAKE_CASE; empty where none was said.</summary>
    public static string ReasonOf(RpcException refused) => Details(refused) is { } details && details.Details.FirstOrDefault(detail => detail.Is(ErrorInfo.Descriptor)) is { } info ? info.Unpack<ErrorInfo>().Type : "";

    /// <summary>What is wrong with each field, or with the whole.</summary>
    /// <param name="refused">As the door said it.</param>
    /// <param name="words">In which it is told.</param>
    /// <param name="fields">Those of the form: each is called what it is called there.</param>
    public static Faults ToFaults(RpcException refused, Words words, IEnumerable<FormField> fields)
    {
        var wrong = Details(refused)?.Details.FirstOrDefault(detail => detail.Is(BadRequest.Descriptor))?.Unpack<BadRequest>().FieldViolations;
        if (wrong is not { Count: > 0 }) return Faults.None.With("", Said(refused.Status.Detail, words));
        var known = fields.ToArray();
        return new([.. wrong.Select(fault => At(fault, known))]);

        // A door names a list where a form names each of its rows.
        Fault At(BadRequest.Types.FieldViolation fault, FormField[] known) =>
            known.FirstOrDefault(field => field.Name == fault.Field || RowNumber.Replace(field.Name, ".") == fault.Field) is { } field
                ? new(field.Name, words["{0}: {1}", field.Label, Said(fault.Description, words)])
                : new("", words["{0}: {1}", fault.Field, Said(fault.Description, words)]);
    }

    /// <summary>A door's sentence in the language of the page, states and statements in it in words.</summary>
    public static string Said(string sentence, Words words) => words.Sentence(sentence, within => Vocabulary.Named(within, words));

    static readonly Regex RowNumber = new(@"\.\d+\.", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    static Google.Rpc.Status? Details(RpcException refused) =>
        refused.Trailers.FirstOrDefault(trailer => trailer.Key == DetailsKey) is { } trailer ? Google.Rpc.Status.Parser.ParseFrom(ByteString.CopyFrom(trailer.ValueBytes)) : null;
}
