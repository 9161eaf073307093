using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Postgres;
using Npgsql;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>What PostgreSQL keeps, and what it does not.</summary>
public sealed class StoreTests(SharedRegion shared)
{
    static readonly Office Office = Office.TryParse("focal-point@test", out var office) ? office : throw new FormatException();

    [Fact]
    public async Task An_append_that_was_judged_on_another_set_writes_nothing()
    {
        await WithStoreAsync(async (store, database) =>
        {
            var (thailand, laos) = (shared.Region.PenOf("TH"), shared.Region.PenOf("LA"));
            var opening = thailand.Open("LA");
            (await store.AppendAsync(Append(opening, judgedOn: 0, "opens"), Cancelled)).ShouldBe(AppendOutcome.Kept);
            var next = thailand.Continue(opening, new Domain.Referrals.Cancelled());

            // An entry of the other side comes in between judging and appending.
            var theirs = laos.Begin(new Domain.Referrals.Acknowledged(), opening);
            await store.AdmitAsync([opening.Entry.Dossier], _ => [new Admission(
                opening.Entry.Dossier, [new HeldEntry(theirs, laos.Node, Now)], opening.Entry.Opening, Overview.OfNothing with { State = "Received" }, [], SetDigest.OfNothing, null, [], [], [])], Cancelled);

            var before = await CountsAsync(database);
            (await store.AppendAsync(Append(next, judgedOn: 1, "cancels"), Cancelled)).ShouldBe(AppendOutcome.JudgeAgain);
            (await CountsAsync(database)).ShouldBe(before);
            (await store.AppendAsync(Append(next, judgedOn: 2, "cancels"), Cancelled)).ShouldBe(AppendOutcome.Kept);
            (await CountsAsync(database)).ShouldBe("3 entries, 1 outbox, 2 answers");
        });
    }

    [Fact]
    public async Task Appends_that_arrive_together_share_a_transaction_and_each_has_its_own_outcome()
    {
        await WithStoreAsync(async (store, database) =>
        {
            var thailand = shared.Region.PenOf("TH");
            var openings = Enumerable.Range(0, 40).Select(_ => thailand.Open("LA")).ToList();
            var opened = await Task.WhenAll(openings.Select((opening, i) => store.AppendAsync(Append(opening, judgedOn: 0, $"opens {i}") with { Known = i == 5 ? 100 : 0 }, Cancelled)));
            opened.Select((outcome, i) => outcome == (i == 5 ? AppendOutcome.Behind : AppendOutcome.Kept)).ShouldAllBe(right => right);
            (await CountsAsync(database)).ShouldBe("39 entries, 39 outbox, 39 answers");
            await using (var command = database.CreateCommand("select count(distinct xmin::text) from entry"))
                ((long)(await command.ExecuteScalarAsync(Cancelled))!).ShouldBeLessThan(39);

            // Among those that go on, one was judged on another set, one's command was answered before, and two are of one dossier.
            var next = openings.Select((opening, i) => Append(thailand.Continue(opening, new Domain.Referrals.Cancelled()), judgedOn: i == 10 ? 2 : 1, i == 20 ? "opens 21" : $"cancels {i}"))
                .Where((_, i) => i != 5).Append(Append(thailand.Continue(openings[30], new Domain.Referrals.ContactEnded()), judgedOn: 1, "ends")).ToList();
            var outcomes = await Task.WhenAll(next.Select(append => store.AppendAsync(append, Cancelled)));
            outcomes.Count(outcome => outcome is AppendOutcome.Kept).ShouldBe(37);
            outcomes.Count(outcome => outcome is AppendOutcome.JudgeAgain).ShouldBe(3);
            (await CountsAsync(database)).ShouldBe("76 entries, 39 outbox, 76 answers");
        });
    }

    [Fact]
    public async Task What_is_done_before_the_commit_is_done_once_it_is_sure_and_undoes_it_if_it_fails()
    {
        await WithStoreAsync(async (store, database) =>
        {
            var thailand = shared.Region.PenOf("TH");
            var opening = thailand.Open("LA");
            var next = Append(thailand.Continue(opening, new Domain.Referrals.Cancelled()), judgedOn: 1, "cancels");
            await store.AppendAsync(Append(opening, judgedOn: 0, "opens"), Cancelled);
            var before = await CountsAsync(database);
            var done = 0;

            (await store.AppendAsync(next with { JudgedOn = 2, BeforeCommit = () => done++ }, Cancelled)).ShouldBe(AppendOutcome.JudgeAgain);
            (await store.AppendAsync(next with { Known = 100, BeforeCommit = () => done++ }, Cancelled)).ShouldBe(AppendOutcome.Behind);
            done.ShouldBe(0);
            await Should.ThrowAsync<IOException>(() => store.AppendAsync(next with { BeforeCommit = () => throw new IOException("full") }, Cancelled));
            (await CountsAsync(database)).ShouldBe(before);
            (await store.AppendAsync(next with { BeforeCommit = () => done++ }, Cancelled)).ShouldBe(AppendOutcome.Kept);
            done.ShouldBe(1);
            (await CountsAsync(database)).ShouldBe("2 entries, 1 outbox, 2 answers");
        });
    }

    [Fact]
    public async Task What_one_carries_nobody_else_claims_until_the_lease_is_over()
    {
        await WithStoreAsync(async (store, _) =>
        {
            var laos = NodeId.Parse("LA");
            await store.AppendAsync(Append(shared.Region.PenOf("TH").Open("LA"), judgedOn: 0, "opens"), Cancelled);
            var until = Now.AddSeconds(30);
            (await store.ClaimAsync(laos, 10, Now, until, Cancelled)).Single().Entries.Length.ShouldBe(1);
            (await store.ClaimAsync(laos, 10, Now, until, Cancelled)).ShouldBeEmpty();
            (await store.ClaimAsync(laos, 10, until.AddSeconds(-1), until, Cancelled)).ShouldBeEmpty();
            (await store.ClaimAsync(laos, 10, until, until.AddSeconds(30), Cancelled)).Length.ShouldBe(1);
        });
    }

    [Fact]
    public async Task An_overview_that_was_made_before_a_receipt_came_is_made_again()
    {
        await WithStoreAsync(async (store, _) =>
        {
            var (thailand, laos) = (shared.Region.PenOf("TH"), shared.Region.PenOf("LA"));
            var opening = thailand.Open("LA");
            var id = opening.Entry.Dossier;
            var next = thailand.Continue(opening, new Domain.Referrals.Cancelled());
            await store.AppendAsync(Append(opening, judgedOn: 0, "opens"), Cancelled);

            // What was made while a receipt came, without it, is not kept.
            await store.MarkAllStaleAsync(Cancelled);
            (await store.ClaimStaleAsync(10, Now, Now.AddSeconds(30), Cancelled)).ShouldBe([id]);
            await store.SettleAsync(laos.Node, [laos.Receipt(opening.Entry, Now)], [], Cancelled);
            await store.KeepOverviewsAsync([(id, 1, Overview.OfNothing)], Now.AddSeconds(30), Cancelled);
            // The cancellation is judged without the receipt too, and the overview is made by it meanwhile.
            (await store.ClaimStaleAsync(10, Now, Now.AddSeconds(30), Cancelled)).ShouldBe([id]);
            await store.KeepOverviewsAsync([(id, 1, Overview.OfNothing)], Now.AddSeconds(30), Cancelled);
            (await store.ClaimStaleAsync(10, Now.AddHours(1), Now.AddHours(2), Cancelled)).ShouldBeEmpty();

            (await store.AppendAsync(Append(next, judgedOn: 1, "cancels"), Cancelled)).ShouldBe(AppendOutcome.Kept);
            (await store.ClaimStaleAsync(10, Now, Now.AddSeconds(30), Cancelled)).ShouldBe([id]);
            await store.KeepOverviewsAsync([(id, 2, Overview.OfNothing)], Now.AddSeconds(30), Cancelled);
            (await store.AppendAsync(Append(thailand.Continue(next, new Domain.Referrals.ContactEnded()), judgedOn: 2, "goes on") with { Receipts = 1 }, Cancelled)).ShouldBe(AppendOutcome.Kept);
            (await store.ClaimStaleAsync(10, Now, Now.AddSeconds(30), Cancelled)).ShouldBeEmpty();
        });
    }

    [Fact]
    public async Task A_comparison_that_was_begun_before_the_database_was_set_back_again_ends_no_catching_up()
    {
        await WithStoreAsync(async (store, _) =>
        {
            var laos = NodeId.Parse("LA");
            (await store.BeginCatchUpAsync(5, 0, [laos], Cancelled)).ShouldBe(5);
            (await store.BeginCatchUpAsync(9, 0, [laos], Cancelled)).ShouldBe(9);
            await store.EndCatchUpAsync(laos, 5, [], Cancelled);
            (await store.FindCatchUpAsync(laos, Cancelled)).ShouldBe(9);
            await store.EndCatchUpAsync(laos, 9, [], Cancelled);
            (await store.FindCatchUpAsync(laos, Cancelled)).ShouldBeNull();
        });
    }

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    static DateTimeOffset Now { get; } = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    static Append Append(Coordination.Hosting.Dossiers.SignedEntry entry, int judgedOn, string commandId) => new(
        entry, judgedOn, Overview.OfNothing with { State = "Sent" }, [], SetDigest.OfNothing, new Opening(Kind.Referral, 1, [NodeId.Parse("TH"), NodeId.Parse("LA")], []),
        new CommandKey(Office, commandId), new Answered(new byte[32], new byte[1]), 0, Now);

    static async Task<string> CountsAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select (select count(*) from entry) || ' entries, ' || (select count(*) from outbox) || ' outbox, ' || (select count(*) from command) || ' answers'");
        return (string)(await command.ExecuteScalarAsync(Cancelled))!;
    }

    async Task WithStoreAsync(Func<PostgresStore, NpgsqlDataSource, Task> test)
    {
        var database = await shared.Postgres.CreateDatabaseAsync("store", Cancelled);
        try
        {
            await using var source = NpgsqlDataSource.Create(database.ConnectionString);
            await Migrations.ApplyAsync(source, typeof(PostgresStore).Assembly, Cancelled);
            await test(new PostgresStore(source, shared.Region.PenOf("TH")), source);
        }
        finally
        {
            await shared.Postgres.DropDatabaseAsync(database, CancellationToken.None);
        }
    }
}
