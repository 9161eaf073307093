using System.Diagnostics;
using System.Text.Json;
using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>coord in a process of its own, at a region that it knows by the region file alone.</summary>
/// <param name="regionFile">Where that file is.</param>
sealed class Coord(string regionFile)
{
    public Coord(Region region) : this(region.RegionFile)
    {
    }

    /// <summary>The file by which it knows its region.</summary>
    public string RegionFile => regionFile;

    /// <summary>A day to reply by: a node takes none that lies years ahead.</summary>
    public static string ReplyBy { get; } = TimeProvider.System.GetUtcNow().AddDays(30).ToString("yyyy-MM-dd");

    /// <summary>A referral from Thailand to Lao PDR.</summary>
    public static IReadOnlyList<string> Opening { get; } =
        ["referral", "open", "--to", "LA", "--type", "Repatriation", "--reply-by", ReplyBy, "--minority", "Adult", "--basis", "Consent", "--consent-purposes", "Return", "--consent-until", "2099-12-31"];

    public async Task<string> OpenAsync() => (await JsonAsync([.. Opening])).GetProperty("dossierId").GetString()!;

    public Task UntilAsync(string node, string id, string state) => UntilAsync(node, id, referral => State(referral) == state);

    public async Task UntilAsync(string node, string id, Func<JsonElement, bool> wanted) =>
        (await Poll.UntilAsync(async () =>
        {
            var (code, printed, _) = await RunAsync("referral", "show", id, "--node", node, "--json");
            return code == 0 && wanted(JsonDocument.Parse(printed).RootElement);
        }, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue();

    public async Task<JsonElement> JsonAsync(params string[] line)
    {
        var (code, printed, said) = await RunAsync([.. line, "--json"]);
        code.ShouldBe(0, said);
        return JsonDocument.Parse(printed).RootElement;
    }

    public static string State(JsonElement referral) => referral.GetProperty("state").GetString()!;

    public Task<(int Code, string Printed, string Said)> RunAsync(params string[] line) => FeedAsync("", line);

    /// <summary>With this on its standard input.</summary>
    public async Task<(int Code, string Printed, string Said)> FeedAsync(string input, params string[] line)
    {
        var token = TestContext.Current.CancellationToken;
        using var coord = Start(line);
        try
        {
            var (printed, said) = (coord.StandardOutput.ReadToEndAsync(token), coord.StandardError.ReadToEndAsync(token));
            await coord.StandardInput.WriteAsync(input.AsMemory(), token);
            coord.StandardInput.Close();
            await coord.WaitForExitAsync(token);
            return (coord.ExitCode, await printed, await said);
        }
        finally
        {
            if (!coord.HasExited) coord.Kill();
        }
    }

    /// <summary>As at a terminal: what is run in the background begins with Ctrl-C turned off.</summary>
    public Process Start(params string[] line)
    {
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Checkout.Coord, .. line]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["COORD_REGION"] = regionFile;
        return Process.Start(start)!;
    }
}

/// <summary>Files of one test.</summary>
sealed class Folder : IDisposable
{
    readonly string _path = Directory.CreateTempSubdirectory("coord-").FullName;

    /// <summary>Where a file is, or would be.</summary>
    public string this[string name] => Path.Combine(_path, name);

    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
