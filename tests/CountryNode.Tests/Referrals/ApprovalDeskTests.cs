using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>What becomes of a statement between its submission and the second person's word, by a clock that a test sets.</summary>
public sealed class ApprovalDeskTests(SharedRegion shared)
{
    /// <summary>Noon in Bangkok.</summary>
    static readonly DateTimeOffset Noon = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(5), TimeSpan.Zero);

    static readonly Digest Letter = Digest.Of("A letter."u8);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_approved_says_everything_that_was_submitted()
    {
        await using var thailand = await StartAsync("Opened", "Acknowledged", "InformationSupplied");
        var (earlier, cambodia, day) = ((await thailand.OpenAsync()).Dossier, NodeId.Parse("KH"), RegionalTime.Today(thailand.Pen.Node, Noon));
        var opening = await ApprovedAsync(thailand, null, thailand.Opening("KH") with { OnPaper = true },
            command => command with { HappenedOn = day.AddDays(-2), Channel = Channel.NoteVerbale, Letter = Letter, Earlier = earlier });
        (opening.HappenedOn, opening.Channel, opening.Letter, ((Opened)opening.Body).Links.Earlier).ShouldBe((day.AddDays(-2), Channel.NoteVerbale, Letter, Token.OfEarlier(earlier)));

        Func<Command, Command> forCambodia = command => command with { OnBehalfOf = cambodia, Channel = Channel.Letter, Letter = Letter, HappenedOn = day.AddDays(-1) };
        var acknowledged = await ApprovedAsync(thailand, opening.Dossier, new Acknowledged(), forCambodia);
        (acknowledged.OnBehalfOf, acknowledged.Channel, acknowledged.Letter, acknowledged.HappenedOn).ShouldBe((cambodia, Channel.Letter, Letter, day.AddDays(-1)));
        var asked = await thailand.WriteAsync(opening.Dossier, new InformationRequested(), with: forCambodia);
        (await ApprovedAsync(thailand, opening.Dossier, new InformationSupplied(), command => command with { Answers = asked.Hash })).Answers.ShouldBe(asked.Hash);
    }

    [Fact]
    public async Task What_has_become_a_contradiction_while_it_waited_goes_back()
    {
        await using var thailand = await StartAsync("IdentificationChanged");
        var id = (await thailand.OpenAsync()).Dossier;
        var submission = await SubmitAsync(thailand, id, new IdentificationChanged());
        await thailand.WriteAsync(id, new Cancelled());
        await GoesBackAsync(thailand, submission, "CONTRADICTS");
        // Whoever knew that it contradicts, and said why, has it written.
        (await ApprovedAsync(thailand, id, new IdentificationChanged(), command => command with { ConfirmsContradiction = true })).Body.ShouldBe(new IdentificationChanged());
    }

    [Fact]
    public async Task A_case_file_whose_consent_and_a_plan_whose_wish_ended_while_they_waited_go_back()
    {
        await using var thailand = await StartAsync("CaseFileReleased", "ReturnPlanned");
        var day = RegionalTime.Today(thailand.Pen.Node, Noon);
        Func<Command, Command> forCambodia = command => command with { OnBehalfOf = NodeId.Parse("KH"), Channel = Channel.Letter, Letter = Letter };
        var id = (await thailand.WriteAsync(null, thailand.Opening("KH") with { OnPaper = true })).Dossier;
        foreach (var body in new Body[] { new Acknowledged(), new TakenUp(), new AssessmentReported(Finding.MayReturn, SafetyPlan: false, CareSuitable: false) })
            await thailand.WriteAsync(id, body, with: forCambodia);
        await thailand.WriteAsync(id, new WishRecorded(Wish.Return, day));
        var plan = new ReturnPlanned(new Token(7), null, day.AddDays(40), RegionalTime.StartOf(thailand.Pen.Node, day.AddDays(40)).AddHours(9), Place);
        var (planned, released) = (await SubmitAsync(thailand, id, plan), await SubmitAsync(thailand, id, new CaseFileReleased(1, default)));

        thailand.Clock.Now = Noon.AddDays(31);
        await GoesBackAsync(thailand, planned, "WISH_MISSING");
        thailand.Clock.Now = Noon.AddDays(301);
        await GoesBackAsync(thailand, released, "CONSENT_EXPIRED");
    }

    [Fact]
    public async Task Why_something_was_sent_back_is_kept_and_erased_as_what_was_submitted_is()
    {
        await using var thailand = await StartAsync("InformationRequested");
        const string reason = "The brother of her employer reads what comes there.";
        var id = (await thailand.OpenAsync()).Dossier;
        var submission = await SubmitAsync(thailand, id, new InformationRequested(), command => command with { Particulars = "asked"u8.ToArray() });
        (await thailand.Submissions.SendBackAsync(submission, thailand.OfficeOf("approver"), "another", reason, Cancelled)).ShouldBeNull();
        (await ReadAsync()).ShouldBe(reason);
        foreach (var table in (string[])["submission", "notice", "command"])
            (await thailand.AskAsync<string>($"select coalesce(string_agg(row::text, ''), '') from {table} as row")).ShouldSatisfyAllConditions(
                rows => rows.ShouldNotBeEmpty(), rows => rows.ShouldNotContain("brother"), rows => rows.ShouldNotContain(Convert.ToHexStringLower("brother"u8)));

        // It opens for nothing else that is kept in the dossier.
        await thailand.AskAsync<object?>("update submission set reason_at_rest = at_rest");
        (await ReadAsync()).ShouldContain("cannot be read");
        await thailand.WriteAsync(id, new Cancelled());
        await thailand.WriteAsync(id, new DataStopped(DataFate.Erased, null, PaperRecall.All));
        (await ReadAsync()).ShouldContain("erased");

        // An opening has a key of its own, before it has a dossier.
        await using var vietnam = await StartAsync("Opened");
        var opening = await SubmitAsync(vietnam, null, vietnam.Opening());
        (await vietnam.Submissions.SendBackAsync(opening, vietnam.OfficeOf("approver"), "another", reason, Cancelled)).ShouldBeNull();
        (await vietnam.Submissions.ListAsync(vietnam.OfficeOf(), null, 10, Cancelled)).Single().Reason.ShouldBe(reason);

        async Task<string> ReadAsync() => (await thailand.Submissions.ListAsync(thailand.OfficeOf(), null, 10, Cancelled)).Single().Reason;
    }

    [Fact]
    public async Task What_waits_and_what_was_sent_back_is_listed_page_by_page_and_nothing_twice_while_more_come()
    {
        await using var thailand = await StartAsync("Opened");
        var submitted = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            // Some at the very same time.
            thailand.Clock.Now = Noon.AddMinutes(i / 2);
            submitted.Add(await SubmitAsync(thailand, null, thailand.Opening()));
        }
        string[] back = [submitted[1], submitted[5], submitted[4], submitted[8]];
        foreach (var (place, id) in back.Index())
        {
            thailand.Clock.Now = Noon.AddHours(1 + (place / 2));
            (await thailand.Submissions.SendBackAsync(id, thailand.OfficeOf("approver"), "another", "Look again.", Cancelled)).ShouldBeNull();
        }
        var all = await PagesAsync(thailand.OfficeOf(), 200);
        all.Take(5).ShouldBe(submitted.Except(back), ignoreOrder: true);
        all.Skip(5).Take(2).ShouldBe(back.Skip(2), ignoreOrder: true);
        all.Skip(7).ShouldBe(back.Take(2), ignoreOrder: true);
        foreach (var size in (int[])[1, 2, 3, 5]) (await PagesAsync(thailand.OfficeOf(), size)).ShouldBe(all);
        (await PagesAsync(thailand.OfficeOf("approver"), 2)).ShouldBe(all.Take(5));
        (await PagesAsync(thailand.OfficeOf(), 2, more: true)).Distinct().Count().ShouldBeGreaterThan(9);

        async Task<List<string>> PagesAsync(Office office, int size, bool more = false)
        {
            var (ids, after) = (new List<string>(), (SubmissionPlace?)null);
            while (await thailand.Submissions.ListAsync(office, after, size, Cancelled) is { IsEmpty: false } page)
            {
                page.Length.ShouldBeLessThanOrEqualTo(size);
                ids.AddRange(page.Select(waiting => waiting.Submission.Id));
                after = page[^1].Submission.Place;
                if (more && ids.Count < 6) await SubmitAsync(thailand, null, thailand.Opening());
            }
            ids.ShouldBeUnique();
            return ids;
        }
    }

    [Fact]
    public async Task Whoever_approves_for_another_does_so_by_the_days_of_the_country()
    {
        await using var thailand = await StartAsync("Opened");
        // Half past six in the morning in Bangkok.
        thailand.Clock.Now = Noon.AddHours(18.5);
        var day = RegionalTime.Today(thailand.Pen.Node, thailand.Clock.Now);
        day.ShouldNotBe(DateOnly.FromDateTime(thailand.Clock.Now.UtcDateTime));
        var submission = await SubmitAsync(thailand, null, thailand.Opening());
        foreach (var (first, last, may) in new[] { (day.AddDays(-1), day.AddDays(-1), false), (day.AddDays(1), day.AddDays(2), false), (day, day, true) })
        {
            (await thailand.Submissions.DelegateAsync(thailand.OfficeOf("approver"), HomeNode.Parse("focal-point@elsewhere"), first, last, Cancelled)).ShouldBeNull();
            var outcome = await thailand.Submissions.ApproveAsync(submission, HomeNode.Parse("focal-point@elsewhere"), "another", (_, _) => [], Cancelled);
            (outcome is CommandOutcome.Done).ShouldBe(may, $"{first} to {last}");
        }
    }

    [Fact]
    public async Task A_correction_and_a_retraction_of_what_a_country_wants_approved_wait_and_are_for_whoever_may_say_it()
    {
        await using var thailand = await StartAsync("IdentificationChanged");
        var id = (await thailand.OpenAsync()).Dossier;
        var said = await ApprovedAsync(thailand, id, new IdentificationChanged(), command => command);
        foreach (var correction in new[] { new Corrected(new IdentificationChanged()), new Corrected(null) })
        {
            var byWorker = await thailand.RefusedAsync(id, correction, said.Hash, command => command with { Key = command.Key with { Office = thailand.OfficeOf("case-worker") } });
            byWorker.Reason.ShouldBe("OFFICE_NOT_ALLOWED");
            var before = await thailand.AskAsync<long>("select count(*) from entry");
            var submission = await SubmitAsync(thailand, id, correction, command => command with { Answers = said.Hash });
            (await thailand.AskAsync<long>("select count(*) from entry")).ShouldBe(before);
            (await ApproveAsync(thailand, submission)).ShouldBeOfType<CommandOutcome.Done>();
            (await thailand.AskAsync<long>("select count(*) from entry")).ShouldBe(before + 1);
        }
        // What a case worker may say, no second person has to see.
        var wish = await thailand.WriteAsync(id, new WishRecorded(Wish.Other, RegionalTime.Today(thailand.Pen.Node, Noon)));
        await thailand.WriteAsync(id, new Corrected(null), wish.Hash, command => command with { Key = command.Key with { Office = thailand.OfficeOf("case-worker") } });
    }

    static PlaceCode Place => PlaceCode.TryParse("KH-ANY", out var place) ? place : throw new FormatException();

    async Task<HomeNode> StartAsync(params string[] approval)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(new { approval }), Cancelled);
            return await HomeNode.StartAsync(shared, "TH", new FakeClock(Noon), OfficeDirectory.Read(file).Directory!);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Submits what has to wait, and gives the submission's id.</summary>
    static async Task<string> SubmitAsync(HomeNode node, DossierId? dossier, Body body, Func<Command, Command>? with = null)
    {
        var command = new Command(new CommandKey(node.OfficeOf(), OfficeClient.NewCommandId()), "somebody", RandomNumberGenerator.GetBytes(32), dossier, body) { CaseFile = HomeNode.CaseFileOf(body) };
        var outcome = await node.Submissions.HandAsync(with?.Invoke(command) ?? command, (_, _) => throw new InvalidOperationException($"{body.Name} does not wait"), Encoding.ASCII.GetBytes, Cancelled);
        return Encoding.ASCII.GetString(outcome.ShouldBeOfType<CommandOutcome.Done>((outcome as CommandOutcome.Refused)?.Refusal.Text).Answer.Span);
    }

    static Task<CommandOutcome> ApproveAsync(HomeNode node, string submission) =>
        node.Submissions.ApproveAsync(submission, node.OfficeOf("approver"), "another", (_, _) => [], Cancelled);

    static async Task<Entry> ApprovedAsync(HomeNode node, DossierId? dossier, Body body, Func<Command, Command> with)
    {
        var submission = await SubmitAsync(node, dossier, body, with);
        Entry? written = null;
        var outcome = await node.Submissions.ApproveAsync(submission, node.OfficeOf("approver"), "another", (held, _) =>
        {
            written = held.Entries[^1].Entry;
            return [];
        }, Cancelled);
        outcome.ShouldBeOfType<CommandOutcome.Done>((outcome as CommandOutcome.Refused)?.Refusal.Text);
        return written!;
    }

    static async Task GoesBackAsync(HomeNode node, string submission, string reason)
    {
        (await ApproveAsync(node, submission)).ShouldBeOfType<CommandOutcome.Refused>().Refusal.Reason.ShouldBe(reason);
        (await node.Submissions.ListAsync(node.OfficeOf(), null, 10, Cancelled)).Single(waiting => waiting.Submission.Id == submission).Submission.Settled.ShouldBe(Settlement.SentBack);
    }
}
