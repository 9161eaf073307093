using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Coordination.Local;
using Npgsql;

namespace Coordination.Benchmarks;

/// <summary>A person at the console of a node in which many dossiers are open: how long each page takes until its first byte.</summary>
static class Pages
{
    /// <summary>In milliseconds: what comes sooner is taken for at once.</summary>
    const double WantedP95 = 200;

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <param name="extent">How many dossiers are open, and how often each page is asked for.</param>
    /// <param name="region">The database server is this one's; the nodes are others.</param>
    /// <param name="stop">Stops.</param>
    public static async Task<IReadOnlyList<Row>> MeasureAsync(Extent extent, Region region, CancellationToken stop)
    {
        await using var own = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = region.Postgres }, stop);
        var node = own["TH"];
        using (var offices = new Offices(own, node)) await offices.OpenAsync(Limit, extent.Waiting, stop);
        await using var database = NpgsqlDataSource.Create(node.DatabaseConnectionString);
        if (!await Poll.UntilAsync(async () => await AskAsync("select count(*) from outbox") == 0, Limit, stop)) throw new LocalException($"The other country did not get all: see {node.LogFile}.");
        var open = await AskAsync("select count(*) from dossier where state = 'Sent'");
        var dossier = Convert.ToHexStringLower((byte[])(await AskForAsync("select id from dossier order by id limit 1"))!);

        var rows = new List<Row>();
        foreach (var (role, paths) in ((string, string[])[])
        [
            ("focal-point", ["/", "/referrals", $"/referrals/{dossier}", $"/referrals/{dossier}/say/InformationRequested", "/new", "/approvals", "/counterparts", "/hand-over", "/account"]),
            ("auditor", ["/audit", "/audit?verify=true"]), ("administrator", ["/people", "/operations"]),
        ])
        {
            using var person = new Person(own, node);
            await person.SignInAsync($"invented-{role}", $"{role}@{node.Country.Unit}", stop);
            foreach (var path in paths)
            {
                await person.ManyAsync(path, extent.Pages / 10 + 1, stop);
                List<double> files = [(await person.ManyAsync(Person.File, extent.Pages, stop)).P50], shown = [], all = [];
                for (var round = 0; round < extent.Rounds; round++)
                {
                    var took = await person.TookAsync(path, extent.Pages, stop);
                    all.AddRange(took);
                    shown.Add(Latency.Of(took).P50);
                    files.Add((await person.ManyAsync(Person.File, extent.Pages, stop)).P50);
                }
                var latency = Latency.Of(all);
                var (measured, ceiling) = (new Figure($"one person, one connection; the median, {open:#,0} dossiers open", "ms", shown), new Figure("a file of the console, from the same node over the same connection", "ms", files));
                rows.Add(new($"first byte of {path.Replace(dossier, "…", StringComparison.Ordinal)}", measured, ceiling, $"p95 < {WantedP95:0} ms", measured.Median / ceiling.Median, latency.P95 < WantedP95, latency, []));
            }
        }
        return rows;

        async Task<long> AskAsync(string sql) => (long)(await AskForAsync(sql))!;

        async Task<object?> AskForAsync(string sql)
        {
            await using var command = database.CreateCommand(sql);
            return await command.ExecuteScalarAsync(stop);
        }
    }
}

/// <summary>Somebody with a browser's cookies and one connection.</summary>
sealed partial class Person : IDisposable
{
    /// <summary>What every page is made with.</summary>
    public const string File = "/lib/console.css";

    const string Password = "four words from nowhere";

    readonly Region _region;
    readonly RegionNode _node;
    readonly HttpClient _browser;

    public Person(Region region, RegionNode node)
    {
        (_region, _node) = (region, node);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(region.AuthoritiesFile);
        var handler = new SocketsHttpHandler
        {
            CookieContainer = new CookieContainer(),
            MaxConnectionsPerServer = 1,
            // A browser knows that every name below localhost is this machine; a resolver need not.
            ConnectCallback = async (where, cancelled) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, where.DnsEndPoint.Port, cancelled);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        handler.SslOptions.ApplicationProtocols = [SslApplicationProtocol.Http11];
        _browser = new HttpClient(handler) { BaseAddress = new Uri(node.ConsoleAddress) };
    }

    /// <summary>Takes up an invitation, and signs in with a printed code.</summary>
    public async Task SignInAsync(string name, string office, CancellationToken stop)
    {
        var invitation = await _region.InviteAsync(_node, name, office, stop);
        var codes = Code().Matches(await SendAsync(invitation, invitation, stop, ("password", Password), ("again", Password)));
        await SendAsync("/sign-in", "/sign-in", stop, ("name", name), ("password", Password));
        var home = await SendAsync("/sign-in/second", "", stop, ("code", codes[0].Groups["code"].Value));
        if (!home.Contains("/sign-out", StringComparison.Ordinal)) throw new LocalException($"{name} could not sign in: see {_node.LogFile}.");
    }

    string _last = "";

    /// <summary>Sends a form, with what shows that it comes from a page of the console.</summary>
    async Task<string> SendAsync(string to, string from, CancellationToken stop, params (string Name, string Value)[] fields)
    {
        if (from.Length > 0) _last = await _browser.GetStringAsync(new Uri(from, UriKind.RelativeOrAbsolute), stop);
        var token = Token().Match(_last).Groups["token"].Value;
        using var form = new FormUrlEncodedContent([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)), KeyValuePair.Create("__RequestVerificationToken", token)]);
        using var answer = await _browser.PostAsync(new Uri(to, UriKind.RelativeOrAbsolute), form, stop);
        return _last = await answer.Content.ReadAsStringAsync(stop);
    }

    public async Task<Latency> ManyAsync(string path, int times, CancellationToken stop) => Latency.Of(await TookAsync(path, times, stop));

    /// <summary>How long each asking took until the first byte, in milliseconds.</summary>
    public async Task<IReadOnlyList<double>> TookAsync(string path, int times, CancellationToken stop)
    {
        var took = new List<double>();
        for (var time = 0; time < times; time++)
        {
            var asked = Stopwatch.GetTimestamp();
            using var answer = await _browser.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, stop);
            await using var body = await answer.Content.ReadAsStreamAsync(stop);
            var first = new byte[1];
            await body.ReadExactlyAsync(first, stop);
            took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            await body.CopyToAsync(Stream.Null, stop);
            if (answer.StatusCode is not HttpStatusCode.OK || answer.RequestMessage!.RequestUri!.AbsolutePath != path.Split('?')[0]) throw new LocalException($"{path} answers {answer.StatusCode} at {answer.RequestMessage!.RequestUri}: see {_node.LogFile}.");
        }
        return took;
    }

    public void Dispose() => _browser.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();

    [GeneratedRegex("<li><code>(?<code>[^<]+)</code></li>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
