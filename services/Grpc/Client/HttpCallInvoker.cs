using System.Buffers;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Wire;

namespace Grpc.Client;

/// <summary>Starts calls to one server.</summary>
sealed class HttpCallInvoker(Uri address, HttpMessageInvoker http, GrpcChannelOptions limits, CancellationToken channelDisposed) : CallInvoker
{
    // On a thread of the pool, so that no synchronisation context of the caller can wait for itself.
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        Task.Run(() => AsyncUnaryCall(method, host, options, request).ResponseAsync).GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall(options, channelDisposed);
        return new AsyncUnaryCall<TResponse>(UnaryAsync(call, method, host, request), call.ResponseHeadersAsync, () => call.Status, () => call.Trailers, call.Cancel);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw Streams(method.FullName);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        throw Streams(method.FullName);

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        throw Streams(method.FullName);

    async Task<TResponse> UnaryAsync<TRequest, TResponse>(ClientCall call, Method<TRequest, TResponse> method, string? host, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        using var _ = call;
        try
        {
            var buffer = new ArrayBufferWriter<byte>();
            new MessageWriter(buffer, limits.MaxSendMessageSize).Write(request, method.RequestMarshaller.ContextualSerializer);
            using var content = new MessageContent(buffer.WrittenMemory);
            var reader = await call.SendAsync(http, new Uri(address, method.FullName), host, content, limits.MaxReceiveMessageSize);
            var (response, broken) = await OneAsync(reader, method.ResponseMarshaller.ContextualDeserializer, call.Over);
            call.End(broken);
            return response!;
        }
        catch (Exception e)
        {
            throw call.Failed(e);
        }
    }

    static async Task<(T? Message, Status? Broken)> OneAsync<T>(MessageReader reader, Func<DeserializationContext, T> deserialize, CancellationToken over)
        where T : class
    {
        try
        {
            var message = await reader.ReadAsync(deserialize, over);
            return message is null || await reader.ReadAsync(deserialize, over) is not null ? (null, NotOneMessage) : (message, null);
        }
        catch (RpcException e)
        {
            return (null, e.Status);
        }
    }

    // "Response cardinality violation" of the statuscodes document.
    static Status NotOneMessage { get; } = new(StatusCode.Unimplemented, "The server answered with none or more than one message.");

    static NotSupportedException Streams(string method) => new($"{method} streams messages, which this client does not support.");
}
