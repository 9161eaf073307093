using System.Diagnostics;
using Coordination.Interop;
using Coordination.Interop.Wire;
using Coordination.Local;

[assembly: AssemblyFixture(typeof(Python))]

namespace Coordination.Interop;

/// <summary>Debian's Python with its gRPC: stubs of wire.proto and of protos/ in a folder that goes with the tests, and programs that use them.</summary>
public sealed class Python : IAsyncLifetime
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-wire-");

    public string CertificateFile => Path.Combine(_folder.FullName, "ca.pem");

    static string Here => AppContext.BaseDirectory;

    static string Protos => Path.Combine(Checkout.Root, "protos");

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(CertificateFile, WireServer.Certificate.ExportCertificatePem(), token);
        await GenerateAsync(Path.Combine(Here, "Wire"), ["wire.proto"], token);
        await GenerateAsync(Protos, [.. Directory.GetFiles(Protos, "*.proto", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Protos, file))], token);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    Task GenerateAsync(string folder, string[] files, CancellationToken token) => RunAsync(
        "protoc", [$"--proto_path={folder}", $"--python_out={_folder}", $"--grpc_python_out={_folder}", "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", .. files], token);

    /// <summary>Runs one of our scripts to its end and returns what it printed.</summary>
    public Task<string> RunScriptAsync(string script, string[] arguments, CancellationToken token) =>
        RunAsync("/usr/bin/python3", ["-B", Path.Combine(Here, script), _folder.FullName, .. arguments], token);

    /// <summary>Starts one of our scripts, which ends when its input does.</summary>
    public Process StartScript(string script) => Start("/usr/bin/python3", ["-B", Path.Combine(Here, script), _folder.FullName]);

    static async Task<string> RunAsync(string program, string[] arguments, CancellationToken token)
    {
        using var process = Start(program, arguments);
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = process.StandardError.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            process.ExitCode.ShouldBe(0, await errors);
            return await output;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
