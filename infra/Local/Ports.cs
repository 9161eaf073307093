using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Coordination.Local;

/// <summary>Ports of 127.0.0.1 that this run alone uses.</summary>
/// <remarks>
/// They lie below the range from which the kernel takes the ports of outgoing connections, and each is held by a lock
/// on a file as long as this object lives: so neither a run in parallel nor a connection takes the port of a node
/// that is down for a while.
/// </remarks>
public sealed class Ports : IDisposable
{
    const int First = 20_000, Last = 30_000;

    static readonly string Folder = Path.Combine(Path.GetTempPath(), $"coordination-ports-{Environment.UserName}");

    readonly List<FileStream> _held = [];

    /// <summary>A port that nobody listens on.</summary>
    public int Take()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last);
            if (TryTake(port)) return port;
        }
        throw new LocalException($"No free port was found between {First} and {Last}: stop what listens there.");
    }

    /// <summary>This port and no other.</summary>
    /// <exception cref="LocalException">Somebody listens on it.</exception>
    public int Take(int port) => TryTake(port)
        ? port
        : throw new LocalException($"Port {port} of 127.0.0.1 is taken: stop what listens there, or choose other ports with --base-port.");

    /// <summary>Sees to it that so many ports exist from the first one on.</summary>
    /// <exception cref="LocalException">Some do not.</exception>
    internal static void Check(int first, int count)
    {
        var highest = IPEndPoint.MaxPort - count + 1;
        if (first < 1 || first > highest)
            throw new LocalException($"{count} ports do not follow each other from {first}: choose a --base-port between 1 and {highest}.");
    }

    public void Dispose()
    {
        foreach (var held in _held) held.Dispose();
        _held.Clear();
    }

    bool TryTake(int port)
    {
        Directory.CreateDirectory(Folder);
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(Folder, $"{port}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return false;
        }
        if (!IsFree(port))
        {
            file.Dispose();
            return false;
        }
        _held.Add(file);
        return true;
    }

    static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
