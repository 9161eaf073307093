namespace Grpc.Core;

/// <summary>How a call ended; numbers and meanings are those of gRPC's statuscodes document.</summary>
public enum StatusCode
{
    OK = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>A status code with words for a developer.</summary>
/// <param name="statusCode">How the call ended.</param>
/// <param name="detail">Travels to the other side as <c>grpc-message</c>.</param>
/// <param name="debugException">What led here on this side; never travels.</param>
public struct Status(StatusCode statusCode, string detail, Exception? debugException)
{
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    public Status(StatusCode statusCode, string detail) : this(statusCode, detail, debugException: null)
    {
    }

    public StatusCode StatusCode { get; } = statusCode;
    public string Detail { get; } = detail;
    public Exception? DebugException { get; } = debugException;

    public override readonly string ToString() => DebugException is { } cause
        ? $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\", DebugException=\"{cause.GetType()}: {cause.Message}\")"
        : $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")";
}

/// <summary>A call that ended with a status other than OK: thrown by a client, or by a handler to answer so.</summary>
public class RpcException : Exception
{
    public RpcException(Status status) : this(status, Metadata.Empty)
    {
    }

    public RpcException(Status status, string message) : this(status, Metadata.Empty, message)
    {
    }

    public RpcException(Status status, Metadata trailers) : this(status, trailers, status.ToString())
    {
    }

    public RpcException(Status status, Metadata trailers, string message) : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    public Status Status { get; }
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>What came, or is to go, with the status: <c>grpc-status-details-bin</c> among others.</summary>
    public Metadata Trailers { get; }
}
