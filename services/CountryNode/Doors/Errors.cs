using Coordination.CountryNode.Desks;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Coordination.CountryNode.Doors;

/// <summary>Refusals as gRPC clients of any language read them: a status, a sentence, and google.rpc details.</summary>
static class Errors
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
}
