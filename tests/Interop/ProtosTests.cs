using System.Diagnostics;
using Coordination.Interop.Referrals;
using Coordination.Local;

namespace Coordination.Interop;

public sealed class ProtosTests
{
    static readonly string Protos = Path.Combine(Checkout.Root, "protos");

    static readonly string Released = Path.Combine(Protos, "released.binpb");

    [Fact]
    public async Task The_protos_pass_buf_lint() => (await BufAsync(Protos, "lint")).ShouldBe((0, ""));

    [Fact]
    public async Task What_was_released_is_read_and_written_as_before()
    {
        (await BufAsync(Protos, "breaking", "--against", Released)).ShouldBe((0, ""));

        // The same with another number for one field.
        using var folder = new Folder();
        foreach (var file in Directory.EnumerateFiles(Protos, "*", SearchOption.AllDirectories))
        {
            var copy = folder[Path.GetRelativePath(Protos, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        var statements = folder["coordination/referral/v1/statements.proto"];
        var text = await File.ReadAllTextAsync(statements, TestContext.Current.CancellationToken);
        text.ShouldContain("string reply_by = 10;");
        await File.WriteAllTextAsync(statements, text.Replace("string reply_by = 10;", "string reply_by = 99;", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (code, says) = await BufAsync(folder["."], "breaking", "--against", Released);
        code.ShouldNotBe(0);
        says.ShouldContain("reply_by");
    }

    static async Task<(int Code, string Says)> BufAsync(string folder, params IReadOnlyList<string> arguments)
    {
        var buf = Path.Combine(Checkout.Root, "infra", "npm", "node_modules", ".bin", "buf");
        File.Exists(buf).ShouldBeTrue("buf is missing: start with infra/test, which installs it");
        using var process = Process.Start(new ProcessStartInfo(buf, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var printed = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await printed + await said);
    }
}
