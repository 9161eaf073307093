using System.Diagnostics;
using Coordination.Interop;
using Coordination.Local;

[assembly: AssemblyFixture(typeof(Python))]

namespace Coordination.Interop;

/// <summary>Debian's Python with its gRPC: stubs of wire.proto and of protos/ in a folder that goes with the tests, and programs that use them.</summary>
public sealed class Python : IAsyncLifetime
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-wire-");

    static string Here => AppContext.BaseDirectory;

    static string Protos => Path.Combine(Checkout.Root, "protos");

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await GenerateAsync(Path.Combine(Here, "Wire"), ["wire.proto"], token);
        foreach (var folder in (string[])["Health", "Reflection"])
            await GenerateAsync(Path.Combine(Checkout.Root, "services", "Grpc", folder), [$"{folder.ToLowerInvariant()}.proto"], token);
        await GenerateAsync(Protos, [.. Directory.GetFiles(Protos, "*.proto", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Protos, file))], token);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    Task GenerateAsync(string folder, string[] files, CancellationToken token) => Programs.RunAsync(
        "protoc", [$"--proto_path={folder}", $"--python_out={_folder}", $"--grpc_python_out={_folder}", "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", .. files], input: "", token);

    /// <summary>Runs one of our scripts to its end and returns what it printed.</summary>
    public Task<string> RunScriptAsync(string script, string[] arguments, CancellationToken token) =>
        Programs.RunAsync("/usr/bin/python3", ["-B", Path.Combine(Here, script), _folder.FullName, .. arguments], input: "", token);

    /// <summary>Starts one of our scripts, which ends when its input does.</summary>
    public Process StartScript(string script, params string[] arguments) => Programs.Start("/usr/bin/python3", ["-B", Path.Combine(Here, script), _folder.FullName, .. arguments]);
}
