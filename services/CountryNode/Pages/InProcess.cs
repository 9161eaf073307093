using System.Collections.Frozen;
using System.Security.Cryptography;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Doors;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Coordination.CountryNode.Pages;

/// <summary>The doors, as the console calls them: the API's first client, in the same process. What a door refuses to a program it refuses to a page.</summary>
public sealed class InProcess : ServiceBinderBase
{
    readonly Dictionary<string, Func<IMessage, ServerCallContext, Task<IMessage>>> _methods = new(StringComparer.Ordinal);

    public InProcess(ReferralDoor referrals, DossierDoor dossiers, ApprovalDoor approvals, AttachmentDoor attachments, AuditDoor audit, RetentionDoor retention, AccountDoor accounts, OperationsDoor operations, TransferDoor transfers)
    {
        ReferralService.BindService(this, referrals);
        DossierService.BindService(this, dossiers);
        ApprovalService.BindService(this, approvals);
        AttachmentService.BindService(this, attachments);
        AuditService.BindService(this, audit);
        RetentionService.BindService(this, retention);
        AccountService.BindService(this, accounts);
        OperationsService.BindService(this, operations);
        TransferService.BindService(this, transfers);
        Attachments = attachments;
        Methods = _methods.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>By the method's full name on the wire, <c>/package.Service/Method</c>.</summary>
    public FrozenDictionary<string, Func<IMessage, ServerCallContext, Task<IMessage>>> Methods { get; }

    public AttachmentDoor Attachments { get; }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        _methods[method.FullName] = async (request, context) => (IMessage)await handler!((TRequest)request, context);

    // Files go by the door itself, a piece at a time, and changes by the bell.
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) { }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) { }
}

/// <summary>The doors for one request of the console.</summary>
public sealed class Calls(InProcess doors, IHttpContextAccessor http) : CallInvoker
{
    public ReferralService.ReferralServiceClient Referrals => new(this);
    public DossierService.DossierServiceClient Dossiers => new(this);
    public ApprovalService.ApprovalServiceClient Approvals => new(this);
    public AuditService.AuditServiceClient Audit => new(this);
    public AccountService.AccountServiceClient Accounts => new(this);
    public OperationsService.OperationsServiceClient Operations => new(this);
    public TransferService.TransferServiceClient Transfers => new(this);

    /// <summary>Calls a method that is known by its description.</summary>
    /// <exception cref="RpcException">The door refused.</exception>
    public Task<IMessage> CallAsync(MethodDescriptor method, IMessage request) => CallAsync($"/{method.Service.FullName}/{method.Name}", request);

    /// <summary>Adds an attachment as it comes: each piece goes on before the next is read.</summary>
    /// <exception cref="RpcException">The door refused, and kept nothing of it.</exception>
    public async Task<Attachment> AddAttachmentAsync(ByteString dossier, Stream content)
    {
        using var pieces = new Pieces(dossier, content);
        return (await doors.Attachments.AddAttachment(pieces, new Call("/coordination.referral.v1.AttachmentService/AddAttachment", Http))).Attachment;
    }

    /// <summary>Opens an attachment, and hands on first what it is, then each piece as it is read.</summary>
    /// <exception cref="RpcException">The door refused, be it after some pieces.</exception>
    public Task OpenAttachmentAsync(OpenAttachmentRequest request, Func<OpenAttachmentResponse, Task> take) =>
        doors.Attachments.OpenAttachment(request, new Taker(take), new Call("/coordination.referral.v1.AttachmentService/OpenAttachment", Http));

    HttpContext Http => http.HttpContext ?? throw new InvalidOperationException("Only a page calls.");

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        new(AnswerAsync<TResponse>(method.FullName, (IMessage)request), Task.FromResult(Metadata.Empty), () => Status.DefaultSuccess, () => Metadata.Empty, () => { });

    async Task<TResponse> AnswerAsync<TResponse>(string method, IMessage request) => (TResponse)await CallAsync(method, request);

    Task<IMessage> CallAsync(string method, IMessage request) => doors.Methods[method](request, new Call(method, Http));

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    /// <summary>What a door reads of an attachment: first the dossier, then one piece after the other out of the same memory.</summary>
    sealed class Pieces(ByteString dossier, Stream content) : IAsyncStreamReader<AddAttachmentRequest>, IDisposable
    {
        readonly byte[] _piece = new byte[64 * 1024];
        bool _begun;

        public AddAttachmentRequest Current { get; private set; } = new() { DossierId = dossier };

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!_begun) return _begun = true;
            var read = await ReadAsync(cancellationToken);
            Current = new() { Data = UnsafeByteOperations.UnsafeWrap(_piece.AsMemory(0, read)) };
            return read > 0;
        }

        /// <exception cref="RpcException">INVALID_ARGUMENT: the browser sent less than it said; no folder here is to blame.</exception>
        async Task<int> ReadAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await content.ReadAsync(_piece, cancellationToken);
            }
            catch (Exception cut) when (cut is IOException or InvalidDataException)
            {
                throw CutOff.ToException();
            }
        }

        static Refusal CutOff { get; } = Refusal.Invalid("FIELD_INVALID", "data", "broke off before the whole file had come: send it again");

        public void Dispose() => CryptographicOperations.ZeroMemory(_piece);
    }

    /// <summary>Where a door writes an attachment.</summary>
    sealed class Taker(Func<OpenAttachmentResponse, Task> take) : IServerStreamWriter<OpenAttachmentResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(OpenAttachmentResponse message) => take(message);

        public Task WriteAsync(OpenAttachmentResponse message, CancellationToken cancellationToken) => take(message);
    }

    /// <summary>A call that came from a page: whoever is signed in is who calls.</summary>
    sealed class Call : ServerCallContext
    {
        readonly HttpContext _http;

        public Call(string method, HttpContext http)
        {
            (MethodCore, _http) = (method, http);
            UserState["__HttpContext"] = http;
        }

        protected override string MethodCore { get; }
        protected override string HostCore => _http.Request.Host.Value ?? "";
        protected override string PeerCore => "console";
        protected override DateTime DeadlineCore => DateTime.MaxValue;
        protected override Metadata RequestHeadersCore => Metadata.Empty;
        protected override CancellationToken CancellationTokenCore => _http.RequestAborted;
        protected override Metadata ResponseTrailersCore { get; } = [];
        protected override Status StatusCore { get; set; }
        protected override WriteOptions? WriteOptionsCore { get; set; }
        protected override AuthContext AuthContextCore { get; } = new(null, []);
        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();
    }
}
