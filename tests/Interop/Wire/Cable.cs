using System.Net;
using System.Net.Sockets;

namespace Coordination.Interop.Wire;

/// <summary>A cable between clients and a server of this machine, which a test pulls without a word to either end, or leads to another server.</summary>
sealed class Cable : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _gone = new();
    readonly TaskCompletionSource _serverLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<Task> _carrying = [];
    readonly Stream? _tap;
    readonly Task _accepting;
    volatile int _to;
    volatile CancellationTokenSource _pulled = new();

    /// <param name="to">The server's port.</param>
    /// <param name="tap">Gets a copy of all that is carried, either way; null for nobody.</param>
    public Cable(int to, Stream? tap = null)
    {
        _tap = tap is null ? null : Stream.Synchronized(tap);
        _to = to;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients find it.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Done once the server has closed a connection that was pulled.</summary>
    public Task ServerLeft => _serverLeft.Task;

    /// <summary>What goes over today's connections is lost from now on, though they stay open at both ends; new ones carry as before.</summary>
    public void Pull() => Interlocked.Exchange(ref _pulled, new()).Cancel();

    /// <summary>New connections go to another server.</summary>
    /// <param name="port">Its port.</param>
    public void LeadTo(int port) => _to = port;

    public async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_carrying);
        _gone.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_gone.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                _carrying.Add(CarryAsync(client, server, _pulled.Token));
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task CarryAsync(Socket client, Socket server, CancellationToken pulled)
    {
        using (client)
        using (server)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _to, _gone.Token);
            }
            catch (SocketException)
            {
                // Nobody is there, and the client finds the connection closed.
                return;
            }
            await Task.WhenAll(CarryAsync(client, server, left: null, pulled), CarryAsync(server, client, _serverLeft, pulled));
        }
    }

    async Task CarryAsync(Socket from, Socket to, TaskCompletionSource? left, CancellationToken pulled)
    {
        var bytes = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(bytes, _gone.Token) is > 0 and var read)
            {
                if (pulled.IsCancellationRequested) continue;
                _tap?.Write(bytes.AsSpan(0, read));
                await to.SendAsync(bytes.AsMemory(0, read), _gone.Token);
            }
            if (!pulled.IsCancellationRequested) to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException)
        {
            if (!pulled.IsCancellationRequested) to.Close();
        }
        if (pulled.IsCancellationRequested && !_gone.IsCancellationRequested) left?.TrySetResult();
    }
}
