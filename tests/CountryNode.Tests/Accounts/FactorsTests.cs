using Coordination.CountryNode.Accounts;
using Coordination.CountryNode.Store;
using Coordination.Hosting;
using Coordination.Hosting.Postgres;
using Coordination.Local;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Coordination.CountryNode.Tests.Accounts;

/// <summary>What people show to be let in: once, a few times at most, and no word about who is known.</summary>
public sealed class FactorsTests(SharedRegion shared)
{
    const string Name = "invented-person", Password = "four words from nowhere";

    readonly FakeClock _clock = new(new DateTimeOffset(2026, 11, 27, 12, 0, 10, TimeSpan.Zero));
    readonly CountingHasher _hasher = new();

    [Fact]
    public async Task A_code_of_an_app_counts_once_also_at_two_processes_at_the_same_time()
    {
        await using var node = await StartAsync();
        var (key, _) = await InviteAsync(node);
        var code = AppCode.Of(key, AppCode.StepAt(_clock.Now));
        var shown = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => AsAnotherAsync(node, factors => factors.CodeAsync, code)));
        shown.Count(one => one is Shown.Right).ShouldBe(1);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, code)).ShouldBe(Shown.Wrong);

        // Nor does one from before it; the next one does, also where the phone is half a minute ahead.
        (await AsAnotherAsync(node, factors => factors.CodeAsync, AppCode.Of(key, AppCode.StepAt(_clock.Now) - 1))).ShouldBe(Shown.Wrong);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, AppCode.Of(key, AppCode.StepAt(_clock.Now) + 1))).ShouldBe(Shown.Right);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, AppCode.Of(key, AppCode.StepAt(_clock.Now) + 2))).ShouldBe(Shown.Wrong);
    }

    [Fact]
    public async Task A_printed_code_counts_once_also_at_two_processes_at_the_same_time()
    {
        await using var node = await StartAsync();
        var (_, codes) = await InviteAsync(node);
        var shown = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => AsAnotherAsync(node, factors => factors.CodeAsync, codes[0])));
        shown.Count(one => one is Shown.Right).ShouldBe(1);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, codes[0])).ShouldBe(Shown.Wrong);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, codes[1].Replace("-", " ", StringComparison.Ordinal).ToLowerInvariant())).ShouldBe(Shown.Right);
    }

    [Fact]
    public async Task Of_many_wrong_attempts_at_once_five_are_looked_at_and_a_quarter_of_an_hour_later_the_right_one_is()
    {
        await using var node = await StartAsync();
        await InviteAsync(node);
        var before = _hasher.Looked;
        var shown = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PasswordAsync(node, Name, "not the password at all")));
        // The last of them is told at once that it was.
        shown.Count(one => one is Shown.Wrong).ShouldBe(Attempts.Most - 1);
        shown.ShouldAllBe(one => one == Shown.Wrong || one == Shown.Locked);
        (_hasher.Looked - before).ShouldBe(Attempts.Most);
        (await PasswordAsync(node, Name, Password)).ShouldBe(Shown.Locked);
        _clock.Now += Attempts.Remembered;
        (await PasswordAsync(node, Name, Password)).ShouldBe(Shown.Right);
    }

    [Fact]
    public async Task A_right_password_takes_back_nothing_of_the_wrong_codes_before_and_a_right_code_all()
    {
        await using var node = await StartAsync();
        var (key, codes) = await InviteAsync(node);
        for (var wrong = 1; wrong < Attempts.Most; wrong++)
        {
            (await PasswordAsync(node, Name, Password)).ShouldBe(Shown.Right);
            (await AsAnotherAsync(node, factors => factors.CodeAsync, "not-a-code")).ShouldBe(Shown.Wrong);
        }
        (await PasswordAsync(node, Name, Password)).ShouldBe(Shown.Right);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, codes[0])).ShouldBe(Shown.Right);
        for (var wrong = 1; wrong < Attempts.Most; wrong++) (await AsAnotherAsync(node, factors => factors.CodeAsync, "000 000")).ShouldBe(Shown.Wrong);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, "000 000")).ShouldBe(Shown.Locked);
        (await AsAnotherAsync(node, factors => factors.CodeAsync, AppCode.Of(key, AppCode.StepAt(_clock.Now)))).ShouldBe(Shown.Locked);
    }

    [Fact]
    public async Task Under_a_name_that_nobody_has_as_much_is_done_and_the_same_is_said_as_for_a_wrong_password()
    {
        await using var node = await StartAsync();
        await InviteAsync(node);
        await using (var scope = node.CreateAsyncScope()) await scope.ServiceProvider.GetRequiredService<People>().InviteAsync("invited-only", "administrator@nowhere somebody");
        await PasswordAsync(node, "somebody-else", "whatever it is");
        foreach (var name in (string[])[Name, Name.ToUpperInvariant(), "invited-only", "nobody-of-this-name", "no\0name", ""])
        {
            var before = _hasher.Looked;
            (await PasswordAsync(node, name, "not the password at all")).ShouldBe(Shown.Wrong, name);
            (_hasher.Looked - before).ShouldBe(1, name);
        }
        // Also what is said once there were too many.
        for (var again = 2; again < Attempts.Most; again++) (await PasswordAsync(node, "nobody-of-this-name", "not the password at all")).ShouldBe(Shown.Wrong);
        (await PasswordAsync(node, "nobody-of-this-name", "not the password at all")).ShouldBe(Shown.Locked);
    }

    static async Task<(string Key, IReadOnlyList<string> Codes)> InviteAsync(ServiceProvider node)
    {
        await using var scope = node.CreateAsyncScope();
        var people = scope.ServiceProvider.GetRequiredService<People>();
        var (id, secret) = await people.InviteAsync(Name, "administrator@nowhere somebody");
        return await people.WelcomeAsync((await people.InvitedAsync(id, secret))!, Password);
    }

    static async Task<Shown> PasswordAsync(ServiceProvider node, string name, string password)
    {
        await using var scope = node.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<Factors>().PasswordAsync(name, password)).Shown;
    }

    /// <summary>A request of its own, as at another process: what it knows of the person it has read itself.</summary>
    static async Task<Shown> AsAnotherAsync(ServiceProvider node, Func<Factors, Func<Person, string, Task<Shown>>> look, string typed)
    {
        await using var scope = node.CreateAsyncScope();
        var person = (await scope.ServiceProvider.GetRequiredService<UserManager<Person>>().FindByNameAsync(Name))!;
        return await look(scope.ServiceProvider.GetRequiredService<Factors>())(person, typed);
    }

    async Task<ServiceProvider> StartAsync()
    {
        var database = await shared.Postgres.CreateDatabaseAsync("accounts", TestContext.Current.CancellationToken);
        var source = NpgsqlDataSource.Create(database.ConnectionString);
        await Migrations.ApplyAsync(source, typeof(PostgresStore).Assembly, TestContext.Current.CancellationToken);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddHttpContextAccessor();
        services.AddSingleton<TimeProvider>(_clock);
        services.AddSingleton(source);
        services.AddSingleton(_ => Hosting.Dossiers.Pen.Of(Domain.Dossiers.NodeId.Parse("TH"), shared.Region["TH"].Keys));
        services.AddAccounts(Settings());
        services.AddSingleton<IPasswordHasher<Person>>(_hasher);
        return services.BuildServiceProvider();
    }

    NodeSettings Settings() => new()
    {
        Id = "TH", Database = "", KeyFolder = shared.Region["TH"].KeyFolder, ErasureFolder = "", ApiAddress = "", ConsoleAddress = "", ConsoleName = "th.localhost", PeerAddress = "",
        Tokens = DevelopmentIssuer.Settings("TH", ""), Offices = [], DirectoryFile = "", RetentionFile = "",
    };

    /// <summary>The hasher of the console, which counts how often it compared.</summary>
    sealed class CountingHasher : PasswordHasher<Person>
    {
        int _looked;

        public int Looked => _looked;

        public override PasswordVerificationResult VerifyHashedPassword(Person user, string hashedPassword, string providedPassword)
        {
            Interlocked.Increment(ref _looked);
            return base.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
