using System.Diagnostics;
using Coordination.Local;

namespace Coordination.Interop;

/// <summary>Node.js with the packages of infra/npm.</summary>
static class JavaScript
{
    /// <summary>Runs one of our scripts to its end and returns what it printed. Its first argument is the folder of its packages.</summary>
    public static Task<string> RunScriptAsync(string script, string[] arguments, CancellationToken token, string input = "") =>
        Programs.RunAsync("node", [Path.Combine(AppContext.BaseDirectory, script), Packages(), .. arguments], input, token);

    /// <summary>Starts one of our scripts, which ends when its input does.</summary>
    public static Process StartScript(string script, params string[] arguments) => Programs.Start("node", [Path.Combine(AppContext.BaseDirectory, script), Packages(), .. arguments]);

    static string Packages()
    {
        var npm = Path.Combine(Checkout.Root, "infra", "npm");
        File.Exists(Path.Combine(npm, "node_modules", ".package-lock.json")).ShouldBeTrue("npm's packages are missing: start with infra/test, which installs them");
        return npm;
    }
}
