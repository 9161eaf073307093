using System.Globalization;

namespace Coordination.Local;

/// <summary>The server's programs, and the account that they run under.</summary>
/// <remarks>PostgreSQL refuses to run as root; then it runs as the user postgres, who comes with the package.</remarks>
sealed record PostgresPrograms(string Folder)
{
    static readonly string[] AsPostgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"];

    static bool AreRoot => Environment.IsPrivilegedProcess;

    /// <summary>The newest that is installed.</summary>
    /// <exception cref="LocalException">None is.</exception>
    public static PostgresPrograms Find()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(d => double.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(d => Path.Combine(d, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(onPath).FirstOrDefault(HasServer) is { } folder
            ? new(folder)
            : throw new LocalException("PostgreSQL's server is not installed: install it (on Debian or Ubuntu: apt-get install postgresql), or name a running one in COORDINATION_POSTGRES.");
    }

    /// <summary>A command line that runs one of the programs under the right account.</summary>
    public IReadOnlyList<string> Command(string program, params IReadOnlyList<string> arguments) =>
        [.. AreRoot ? AsPostgres : [], Path.Combine(Folder, program), .. arguments];

    /// <summary>Makes the folder for the server's data: inside <paramref name="wanted"/> if its account can get there, else a folder of its own under /var/tmp.</summary>
    public static async Task<string> MakeFolderAsync(string wanted, string name, CancellationToken cancellationToken)
    {
        if (!AreRoot) return PrivateFile.Folder(Path.Combine(wanted, "postgres"));

        var folder = await CanReachAsync(wanted, cancellationToken) ? Path.Combine(wanted, "postgres") : Path.Combine("/var/tmp", $"coordination-{name}");
        await ChildProcess.RunAsync(["install", "-d", "-o", "postgres", "-g", "postgres", "-m", "0700", folder], cancellationToken);
        return folder;
    }

    /// <summary>Hands a file to the server's account.</summary>
    public static async Task GiveAsync(string file, CancellationToken cancellationToken)
    {
        if (AreRoot) await ChildProcess.RunAsync(["chown", "postgres:postgres", file], cancellationToken);
    }

    static bool HasServer(string folder) => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"));

    static async Task<bool> CanReachAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            await ChildProcess.RunAsync([.. AsPostgres, "test", "-x", folder], cancellationToken);
            return true;
        }
        catch (LocalException)
        {
            return false;
        }
    }
}
