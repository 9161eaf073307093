using System.Reflection;

namespace Coordination.Local;

/// <summary>The clone that this program was built in.</summary>
public static class Checkout
{
    /// <summary>The folder that holds <c>Coordination.sln</c>.</summary>
    /// <exception cref="LocalException">The program does not run from a clone.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>Where a run keeps what it makes.</summary>
    public static string RunFolder => Path.Combine(Root, ".run");

    /// <summary>The program of a country node, built in the same configuration as this one.</summary>
    public static string CountryNode => Built("CountryNode", "Coordination.CountryNode.dll");

    /// <summary>The program coord, built alike.</summary>
    public static string Coord => Built("Cli", "coord.dll");

    /// <summary>The course of events that is played where Thailand and Lao PDR run.</summary>
    public static string FirstScenario => Path.Combine(Root, "infra", "scenarios", "thailand-lao-return.json");

    static string Built(string project, string program) => Path.Combine(Root, "services", project, "bin", Configuration, "net10.0", program);

    static string Configuration =>
        typeof(Checkout).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Coordination.sln"))) return folder.FullName;
        throw new LocalException($"{AppContext.BaseDirectory} is not inside a clone of the project: run infra/run from a clone.");
    }
}
