using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Messages as they come in, at either side.</summary>
abstract class MessageStream<T> : IAsyncStreamReader<T>
    where T : class
{
    readonly Turn _turn = new("read");
    T? _current;

    /// <exception cref="InvalidOperationException">There is none: before the first <see cref="MoveNext"/>, and after the last.</exception>
    public T Current => _current ?? throw new InvalidOperationException("The stream is not at a message.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        _turn.Take();
        try
        {
            _current = null;
            _current = await NextAsync(cancellationToken);
            return _current is not null;
        }
        finally
        {
            _turn.Pass();
        }
    }

    /// <returns>Null: the stream has ended.</returns>
    protected abstract ValueTask<T?> NextAsync(CancellationToken token);
}

/// <summary>One at a time: a second read or write before the first is done is a mistake of the code that asks.</summary>
sealed class Turn(string what)
{
    int _taken;

    /// <exception cref="InvalidOperationException">The one before is not done.</exception>
    public void Take()
    {
        if (Interlocked.Exchange(ref _taken, 1) == 1) throw new InvalidOperationException($"The {what} before this one is not done.");
    }

    public void Pass() => Volatile.Write(ref _taken, 0);
}
