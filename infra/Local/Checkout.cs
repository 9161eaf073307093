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
    public static string CountryNode => Path.Combine(
        Root, "services", "CountryNode", "bin", Configuration, "net10.0", "Coordination.CountryNode.dll");

    static string Configuration =>
        typeof(Checkout).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Coordination.sln"))) return folder.FullName;
        throw new LocalException($"{AppContext.BaseDirectory} is not inside a clone of the project: run infra/run from a clone.");
    }
}
