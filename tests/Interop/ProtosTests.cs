using System.Diagnostics;
using Coordination.Local;

namespace Coordination.Interop;

public sealed class ProtosTests
{
    [Fact]
    public async Task The_protos_pass_buf_lint()
    {
        var buf = Path.Combine(Checkout.Root, "infra", "npm", "node_modules", ".bin", "buf");
        File.Exists(buf).ShouldBeTrue("buf is missing: start with infra/test, which installs it");
        using var lint = Process.Start(new ProcessStartInfo(buf, ["lint"])
        {
            WorkingDirectory = Path.Combine(Checkout.Root, "protos"),
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        var findings = lint.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = lint.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await lint.WaitForExitAsync(TestContext.Current.CancellationToken);

        (await findings + await errors).ShouldBeEmpty();
        lint.ExitCode.ShouldBe(0);
    }
}
