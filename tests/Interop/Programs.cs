using System.Diagnostics;

namespace Coordination.Interop;

/// <summary>Programs that we did not write, and scripts that use them.</summary>
static class Programs
{
    /// <summary>Runs a program to its end and returns what it printed; one that fails, fails the test with what it complained of.</summary>
    public static async Task<string> RunAsync(string program, string[] arguments, string input, CancellationToken token)
    {
        using var process = Start(program, arguments);
        return await ReadToEndAsync(process, input, token);
    }

    /// <summary>What a program prints until its end; one that fails, fails the test with what it complained of.</summary>
    public static async Task<string> ReadToEndAsync(Process process, string input, CancellationToken token)
    {
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = process.StandardError.ReadToEndAsync(token);
            try
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), token);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read everything: its exit code and its errors tell why.
            }
            await process.WaitForExitAsync(token);
            process.ExitCode.ShouldBe(0, await errors);
            return await output;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>Starts a program with its input, output and errors in the test's hand.</summary>
    public static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
