using System.Diagnostics;
using Coordination.Domain.Referrals;
using Coordination.Local;

namespace Coordination.CountryNode.Tests.Evidence;

/// <summary>What coord tells a person of a bundle.</summary>
public sealed class ToldTests : IDisposable
{
    readonly Exported _exported = new();
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-told-");

    [Fact]
    public async Task What_coord_tells_of_a_bundle_names_who_left_out_what_they_had_receipted()
    {
        // Laos goes on without having seen what it gave a receipt for.
        _exported.Entries.RemoveAt(4);
        _exported.Receipts[2] = _exported.Laos.Receipt(_exported.Entries[3].Entry, Exported.Now.AddHours(-1));
        _exported.Add(_exported.Laos.Continue(_exported.Entries[2], new PreparationReported(PreparationItem.Escort, PreparationStatus.Asked), _exported.Entries[0]));
        _exported.Export();
        var told = await TellAsync();
        // The receipt is older than all that Laos wrote.
        told.Where(line => line.Contains("It leaves out what its author had given a receipt for.", StringComparison.Ordinal)).Select(line => line[..4]).ShouldBe(["LA 1", "LA 2", "LA 3"]);
    }

    [Fact]
    public async Task A_note_of_several_lines_forges_none_of_the_history()
    {
        _exported.ExportWithParticulars("first\nTH 9  2027-01-01  Thailand: Completed.", new InformationRequested());
        var told = await TellAsync();
        told.ShouldContain("Beside TH 3, note: first");
        told.ShouldContain("    | TH 9  2027-01-01  Thailand: Completed.");
        told.ShouldNotContain(line => line.StartsWith("TH 9", StringComparison.Ordinal));
    }

    async Task<string[]> TellAsync()
    {
        var (bundle, root) = (Path.Combine(_folder.FullName, "bundle.zip"), Path.Combine(_folder.FullName, "root.pem"));
        await File.WriteAllBytesAsync(bundle, _exported.Zip(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(root, _exported.Authority.Root.ExportSubjectPublicKeyInfoPem(), TestContext.Current.CancellationToken);
        using var coord = Process.Start(new ProcessStartInfo("dotnet", [Checkout.Coord, "dossier", "verify", bundle, "--root", root]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var told = await coord.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await coord.WaitForExitAsync(TestContext.Current.CancellationToken);
        coord.ExitCode.ShouldBe(0);
        return told.Split('\n');
    }

    public void Dispose()
    {
        _exported.Dispose();
        _folder.Delete(recursive: true);
    }
}
