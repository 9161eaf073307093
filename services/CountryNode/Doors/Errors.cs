using Coordination.CountryNode.Desks;
using Coordination.Domain.Dossiers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Npgsql;

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
        var status = refusal.ToStatus();
        return new RpcException(new Grpc.Core.Status((StatusCode)status.Code, refusal.Text), new Metadata { { DetailsKey, status.ToByteArray() } });
    }

    /// <summary>Refuses a call before its message is read: an answer of headers alone, as the gRPC protocol allows.</summary>
    public static Task WriteAsync(this HttpContext context, Refusal refusal)
    {
        var status = refusal.ToStatus();
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = status.Code.ToString();
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(refusal.Text);
        context.Response.Headers[DetailsKey] = Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');
        return context.Response.CompleteAsync();
    }

    static Google.Rpc.Status ToStatus(this Refusal refusal)
    {
        var status = new Google.Rpc.Status { Code = (int)CodeOf(refusal.Kind), Message = refusal.Text };
        // Field 1 is called "reason" in today's google.rpc.ErrorInfo; this package still has its first name.
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = Domain, Type = refusal.Reason }));
        if (refusal.Fields.Count > 0)
        {
            var request = new BadRequest();
            request.FieldViolations.AddRange(refusal.Fields.Select(field => new BadRequest.Types.FieldViolation { Field = field.Field, Description = field.Text }));
            status.Details.Add(Any.Pack(request));
        }
        return status;
    }

    /// <summary>Reads a dossier's id.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is none.</exception>
    public static DossierId ReadId(ByteString bytes, string field = "dossier_id") =>
        DossierId.TryRead(bytes.Span, out var id) ? id : throw Refusal.Invalid("FIELD_INVALID", field, "is no id: 32 bytes are needed").ToException();

    /// <summary>Answers a call, or refuses it for now when the database or the key folder is away, full, or starting.</summary>
    /// <remarks>A commit may have gone through unheard: the same command again gets its answer.</remarks>
    public static async Task<TResponse> AnswerAsync<TResponse>(Outage outage, Func<Task<TResponse>> answer)
    {
        try
        {
            return await answer();
        }
        catch (NpgsqlException fault) when (Outage.IsOne(fault))
        {
            outage.DatabaseFailed(fault);
            throw new Refusal(RefusalKind.TryAgain, "STORE_UNAVAILABLE", "The node's database does not answer now. Send the same request again, under the same command_id.").ToException();
        }
        // What cannot be parsed is an IOException to protobuf, and no fault of the folder.
        catch (Exception fault) when (fault is (IOException and not InvalidProtocolBufferException) or UnauthorizedAccessException)
        {
            outage.KeysFailed(fault);
            throw new Refusal(RefusalKind.TryAgain, "KEYS_UNAVAILABLE", "The node's key folder, or its list of erasures, cannot be used now, or is full: ask the operator to look. Send the same request again, under the same command_id; without particulars it may be written at once.").ToException();
        }
    }

    /// <summary>Does what may take longer than other calls, for at most a while.</summary>
    /// <param name="longest">How long.</param>
    /// <param name="work">Until its token is cancelled.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="RpcException">DEADLINE_EXCEEDED: it took longer.</exception>
    public static async Task<TResponse> WithinAsync<TResponse>(TimeSpan longest, Func<CancellationToken, Task<TResponse>> work, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(longest);
        try
        {
            return await work(ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.DeadlineExceeded, $"This took longer than {longest.TotalMinutes} minutes, which is as long as it may. Try again on a faster line, or in smaller files."));
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
}
