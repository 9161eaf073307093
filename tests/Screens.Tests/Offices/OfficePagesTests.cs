using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Tests;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Google.Protobuf;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Offices;

/// <summary>What an office, and whoever looks after the node, finds beside its referrals.</summary>
public sealed class OfficePagesTests(Consoles consoles)
{
    [Fact]
    public async Task Whoever_leaves_an_office_leaves_a_note_with_the_signed_list_and_whoever_comes_takes_over()
    {
        await using var leaves = await consoles.SignInAsync("TH", "case-worker");
        await using var comes = await consoles.SignInAsync("TH", "case-worker");
        await leaves.GoAsync("/hand-over");
        await leaves.FillAsync(("note", "The shelter by the river telephones on Mondays."));
        await leaves.SendAsync();
        (await leaves.ReadAsync()).ShouldContain("Verified: signed by this node");

        await comes.GoAsync("/hand-over");
        var said = await comes.ReadAsync();
        said.ShouldContain("The shelter by the river telephones on Mondays.");
        said.ShouldContain(leaves.Name);
        said.ShouldContain("Not yet");
        await comes.LeaveAsync(comes.Page.GetByRole(AriaRole.Button, new() { Name = "I have read this and go on with it" }));
        // Who took over first stands.
        (await leaves.Page.EvaluateAsync<int>("""
            async () => {
              const id = document.querySelector("form[action*='take-over']").action;
              const token = document.querySelector("main [name='__RequestVerificationToken']").value;
              return (await fetch(id, { method: 'POST', body: new URLSearchParams({ __RequestVerificationToken: token }) })).status;
            }
            """)).ShouldBe(200);
        await leaves.GoAsync("/hand-over");
        (await leaves.ReadAsync()).ShouldContain($"{comes.Name}, ");

        var download = comes.Page.WaitForDownloadAsync();
        await comes.Page.GetByRole(AriaRole.Link, new() { Name = "Download it as signed" }).ClickAsync();
        var signed = SignedTransfer.Parser.ParseFrom(await File.ReadAllBytesAsync(await (await download).PathAsync(), TestContext.Current.CancellationToken));
        Transfer.Parser.ParseFrom(signed.Transfer).Note.ShouldStartWith("The shelter");
    }

    [Fact]
    public async Task A_list_that_was_changed_is_said_to_count_for_nothing_and_a_colleagues_note_does_not_go_unread()
    {
        await using var focal = await consoles.SignInAsync("LA", "case-worker");
        await using var colleague = await consoles.SignInAsync("LA", "case-worker");
        await focal.GoAsync("/hand-over");
        await colleague.GoAsync("/hand-over");
        await focal.FillAsync(("note", "first"));
        await focal.SendAsync();
        await colleague.FillAsync(("note", "in haste"));
        await colleague.SendAsync();
        (await colleague.ReadAsync()).ShouldContain("a colleague left it meanwhile");
        (await colleague.Page.Locator("[name=note]").InputValueAsync()).ShouldBe("in haste");

        var office = $"case-worker@{focal.Node.Country.Unit}";
        var id = DossierId.Read(await focal.Node.AskAsync<byte[]>("select id from transfer where office = $1", office));
        var (keys, place) = (focal.Node.DossierKeys(), (byte[])[.. "transfer "u8, .. id.ToArray()]);
        var signed = SignedTransfer.Parser.ParseFrom(keys.Open(id, await focal.Node.AskAsync<byte[]>("select content from transfer where office = $1", office), place).ShouldBeOfType<Disclosure.Opened>().Plaintext.Span);
        var changed = Transfer.Parser.ParseFrom(signed.Transfer);
        changed.Note = "second";
        signed.Transfer = changed.ToByteString();
        await focal.Node.AskAsync<object?>("update transfer set content = $1 where office = $2", keys.Protect(id, signed.ToByteArray(), place).ShouldBeOfType<Protection.Protected>().Bytes.ToArray(), office);
        await focal.GoAsync("/hand-over");
        (await focal.ReadAsync()).ShouldContain("Does not count: it was changed");
    }

    [Fact]
    public async Task A_note_that_is_too_long_is_kept_and_its_field_named()
    {
        await using var focal = await consoles.SignInAsync("TH", "focal-point@datip-head");
        await focal.GoAsync("/hand-over");
        await focal.FillAsync(("note", new string('a', 4001)));
        await focal.SendAsync();
        (await focal.ReadAsync()).ShouldContain("Note for whoever comes: is longer than 4000 characters");
        (await focal.Page.Locator("[name=note]").InputValueAsync()).Length.ShouldBe(4001);
    }

    [Fact]
    public async Task Operations_say_in_words_what_a_person_should_look_at_and_it_is_put_aside_with_a_reason()
    {
        await using var administrator = await consoles.SignInAsync("TH", "administrator");
        await administrator.Node.AskAsync<object?>("insert into audit (at, reason, peer, entry_hash) values (now() - interval '1 day', 'BAD_SIGNATURE', 'LA', $1)", RandomNumberGenerator.GetBytes(32));
        await administrator.GoAsync("/operations");
        var said = await administrator.ReadAsync();
        said.ShouldContain("A person should look at what is marked");
        said.ShouldContain("Lao PDR – the signature is wrong");
        said.ShouldContain("Certificate for other countries");
        await administrator.LeaveAsync(administrator.Page.GetByRole(AriaRole.Button, new() { Name = "Put aside" }));
        (await administrator.ReadAsync()).ShouldContain("Choose why it is put aside.");
        await administrator.AccessibleAsync();
        await administrator.FillAsync(("reason", "DISCARD_REASON_SENDER_TOLD"));
        await administrator.LeaveAsync(administrator.Page.GetByRole(AriaRole.Button, new() { Name = "Put aside" }));
        (await administrator.ReadAsync()).ShouldNotContain("the signature is wrong");
    }

    [Fact]
    public async Task Counterparts_are_shown_with_who_answers_what_binds_both_and_where_that_was_read()
    {
        await using var focal = await consoles.SignInAsync("TH");
        await focal.GoAsync("/counterparts");
        var laos = await focal.Page.Locator("section[aria-labelledby=c-LA]").InnerTextAsync();
        laos.ShouldContain("Anti-Human Trafficking Department, Ministry of Public Security");
        laos.ShouldContain("COMMIT Memorandum of Understanding, 2004-10-29");
        laos.ShouldContain("MOU trafficking especially women and children, 2005-07-13");
        laos.ShouldContain("Source: en.vietnamplus.vn 94631");
        laos.ShouldNotContain("Agreement women and children");
        (await focal.Page.Locator("section[aria-labelledby=c-KH]").InnerTextAsync()).ShouldContain("2003 (brief); date not read in text");
        (await focal.Page.Locator("section").CountAsync()).ShouldBe(5);
    }

    [Fact]
    public async Task The_chain_of_the_access_log_is_verified_and_a_row_that_was_changed_is_named()
    {
        await using var auditor = await consoles.SignInAsync("LA", "auditor");
        await auditor.GoAsync("/audit");
        await auditor.FollowAsync("Verify the whole chain now");
        (await auditor.ReadAsync()).ShouldContain("rows follow each other, unchanged.");
        await auditor.Node.AskAsync<object?>("update access set bytes = set_byte(bytes, length(bytes) - 1, get_byte(bytes, length(bytes) - 1) # 1) where number = 1");
        await auditor.GoAsync("/audit?verify=true");
        var said = await auditor.ReadAsync();
        said.ShouldContain("The chain does not hold");
        said.ShouldContain("Row 1 ");
        await auditor.Node.AskAsync<object?>("update access set bytes = set_byte(bytes, length(bytes) - 1, get_byte(bytes, length(bytes) - 1) # 1) where number = 1");
        await auditor.GoAsync("/audit?verify=true");
        (await auditor.ReadAsync()).ShouldContain("The chain holds");
    }
}
