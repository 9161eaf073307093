using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Server;

/// <summary>What the caller sends, message by message.</summary>
sealed class RequestStream<T>(ServerCall call, Func<DeserializationContext, T> deserialize) : MessageStream<T>
    where T : class
{
    protected override async ValueTask<T?> NextAsync(CancellationToken token)
    {
        using var linked = call.Linked(token);
        return await call.ReadAsync(deserialize, linked?.Token ?? call.CancellationToken);
    }
}

/// <summary>What the handler sends. A write is done when the connection has room for more, so that a slow caller makes the handler slow.</summary>
sealed class ResponseStream<T>(ServerCall call, Action<T, SerializationContext> serialize) : IServerStreamWriter<T>
    where T : class
{
    readonly Turn _turn = new("write");

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        _turn.Take();
        try
        {
            using var linked = call.Linked(cancellationToken);
            await call.SendAsync(message, serialize, linked?.Token ?? call.CancellationToken);
        }
        finally
        {
            _turn.Pass();
        }
    }
}
