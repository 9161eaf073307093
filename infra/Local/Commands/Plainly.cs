using System.Net.Sockets;
using Npgsql;

namespace Coordination.Local;

/// <summary>Turns what goes wrong on a machine into one plain sentence and exit code 1.</summary>
static class Plainly
{
    public static async Task<int> RunAsync(Func<Task> work)
    {
        try
        {
            await work();
            return 0;
        }
        catch (LocalException fault)
        {
            return Say(fault.Message);
        }
        catch (IOException fault) when (Disk.IsFull(fault))
        {
            return Say("The disk is full: free some space and start again.");
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.DiskFull)
        {
            return Say("The disk is full: free some space and start again.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NpgsqlException or SocketException or System.ComponentModel.Win32Exception)
        {
            return Say($"This machine refused: {fault.Message}");
        }
    }

    static int Say(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }
}
