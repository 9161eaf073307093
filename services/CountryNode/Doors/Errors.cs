using Coordination.CountryNode.Desks;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Npgsql;

namespace Coordination.CountryNode.Doors;

/// <summary>Refusals as gRPC clients of any language read them: a status, a sentence, and google.rpc details.</summary>
static partial class Errors
{
    /// <summary>The domain of every reason, as google.rpc.ErrorInfo asks for.</summary>
    public const string Domain = "coordination";

    /// <summary>Where google.rpc.Status travels, by the convention of every gRPC library.</summary>
    const string DetailsKey = "grpc-status-details-bin";

    public static RpcException ToException(this Refusal refusal)
    {
        var code = CodeOf(refusal.Kind);
        var status = new Google.Rpc.Status { Code = (int)code, Message = refusal.Text };
        // Field 1 is called "reason" in today's google.rpc.ErrorInfo; this package still has its first name.
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = Domain, Type = refusal.Reason }));
        if (refusal.Fields.Count > 0)
        {
            var request = new BadRequest();
            request.FieldViolations.AddRange(refusal.Fields.Select(field => new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Text }));
            status.Details.Add(Any.Pack(request));
        }
        return new RpcException(new Grpc.Core.Status(code, refusal.Text), new Metadata { { DetailsKey, status.ToByteArray() } });
    }

    /// <summary>Answers a call, or refuses it for now when the database is away, full, or starting.</summary>
    /// <remarks>A commit may have gone through unheard: the same command again gets its answer.</remarks>
    public static async Task<TResponse> AnswerAsync<TResponse>(ILogger logger, Func<Task<TResponse>> answer)
    {
        try
        {
            return await answer();
        }
        catch (NpgsqlException fault)
        {
            LogStoreUnavailable(logger, fault, fault.SqlState ?? "no answer");
            throw new Refusal(RefusalKind.TryAgain, "STORE_UNAVAILABLE", "The node's database does not answer now. Send the same request again, under the same command_id.").ToException();
        }
    }

    static StatusCode CodeOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Unauthenticated => StatusCode.Unauthenticated,
        RefusalKind.NotAllowed => StatusCode.PermissionDenied,
        RefusalKind.Invalid => StatusCode.InvalidArgument,
        RefusalKind.NotFound => StatusCode.NotFound,
        RefusalKind.NotOpen => StatusCode.FailedPrecondition,
        RefusalKind.AlreadyUsed => StatusCode.AlreadyExists,
        RefusalKind.TryAgain => StatusCode.Unavailable,
    };

    [LoggerMessage(EventId = 500, Level = LogLevel.Error, Message = "The database does not answer ({SqlState}).")]
    static partial void LogStoreUnavailable(ILogger logger, Exception fault, string sqlState);
}
