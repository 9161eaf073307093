using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Messages as they come in.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last <see cref="MoveNext"/> found.</summary>
    T Current { get; }

    /// <returns>False: the stream has ended.</returns>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>Messages to send, one after the other.</summary>
public interface IAsyncStreamWriter<in T>
{
    WriteOptions? WriteOptions { get; set; }

    Task WriteAsync(T message);

    Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? throw new NotSupportedException("This writer takes no cancellation token.") : WriteAsync(message);
}

/// <summary>The answers of a server.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;

/// <summary>The requests of a client.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Tells the server that nothing more follows.</summary>
    Task CompleteAsync();
}

/// <summary>Streams as C# reads them.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>Every message to the end of the stream.</summary>
    /// <exception cref="RpcException">While reading at a client: the call did not end well.</exception>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return AllAsync(streamReader, cancellationToken);
    }

    static async IAsyncEnumerable<T> AllAsync<T>(IAsyncStreamReader<T> stream, [EnumeratorCancellation] CancellationToken token)
    {
        while (await stream.MoveNext(token)) yield return stream.Current;
    }
}
