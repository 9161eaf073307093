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

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall(options, channelDisposed);
        var opening = OpenAsync(call, method, host, () => new MessageContent(Bytes(request, method.RequestMarshaller)));
        var responses = new ResponseStream<TResponse>(call, opening, method.ResponseMarshaller.ContextualDeserializer);
        return new AsyncServerStreamingCall<TResponse>(responses, call.ResponseHeadersAsync, () => call.Status, () => call.Trailers, call.Cancel);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall(options, channelDisposed);
        var content = new StreamContent(call.Over);
        var answer = AnswerAsync(call, OpenAsync(call, method, host, () => content), method.ResponseMarshaller.ContextualDeserializer);
        var requests = new RequestStream<TRequest>(call, content, answer, method.RequestMarshaller.ContextualSerializer, limits.MaxSendMessageSize);
        return new AsyncClientStreamingCall<TRequest, TResponse>(requests, answer, call.ResponseHeadersAsync, () => call.Status, () => call.Trailers, call.Cancel);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall(options, channelDisposed);
        var content = new StreamContent(call.Over);
        var opening = OpenAsync(call, method, host, () => content);
        var requests = new RequestStream<TRequest>(call, content, opening, method.RequestMarshaller.ContextualSerializer, limits.MaxSendMessageSize);
        var responses = new ResponseStream<TResponse>(call, opening, method.ResponseMarshaller.ContextualDeserializer);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(requests, responses, call.ResponseHeadersAsync, () => call.Status, () => call.Trailers, call.Cancel);
    }

    async Task<TResponse> UnaryAsync<TRequest, TResponse>(ClientCall call, Method<TRequest, TResponse> method, string? host, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        using var _ = call;
        try
        {
            using var content = new MessageContent(Bytes(request, method.RequestMarshaller));
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

    // The headers of a stream, and what it needs to end when nobody looks.
    async Task<MessageReader> OpenAsync<TRequest, TResponse>(ClientCall call, Method<TRequest, TResponse> method, string? host, Func<HttpContent> content)
    {
        try
        {
            var reader = await call.SendAsync(http, new Uri(address, method.FullName), host, content(), limits.MaxReceiveMessageSize);
            call.ReleaseWhenOver();
            return reader;
        }
        catch (Exception e)
        {
            var failure = call.Failed(e);
            call.Cancel();
            call.Dispose();
            throw failure;
        }
    }

    // The one answer to a stream of requests.
    static async Task<T> AnswerAsync<T>(ClientCall call, Task<MessageReader> opening, Func<DeserializationContext, T> deserialize)
        where T : class
    {
        var reader = await opening;
        try
        {
            var (response, broken) = await OneAsync(reader, deserialize, call.Over);
            call.End(broken);
            return response!;
        }
        catch (Exception e)
        {
            throw call.Failed(e);
        }
        finally
        {
            call.Cancel();
            call.Dispose();
        }
    }

    ReadOnlyMemory<byte> Bytes<T>(T message, Marshaller<T> marshaller)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new MessageWriter(buffer, limits.MaxSendMessageSize).Write(message, marshaller.ContextualSerializer);
        return buffer.WrittenMemory;
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
}
