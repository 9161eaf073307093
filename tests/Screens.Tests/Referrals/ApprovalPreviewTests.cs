using System.Security.Cryptography;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages;
using Coordination.CountryNode.Tests;
using Coordination.Screens.Languages;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests.Referrals;

/// <summary>What a second person sees before it leaves: what the other country will see.</summary>
public sealed class ApprovalPreviewTests(Consoles consoles)
{
    [Fact]
    public async Task An_approver_sees_what_the_other_country_will_see_opens_what_would_be_released_with_a_reason_and_what_is_different()
    {
        await using var bangkok = await consoles.SignInAsync("TH");
        await using var approver = await consoles.SignInAsync("TH", "approver");
        await using var vientiane = await consoles.SignInAsync("LA");
        await bangkok.GoAsync("/new");
        await bangkok.SendAsync();
        await bangkok.FillAsync(("to", "LA"), ("opened.type", "REFERRAL_TYPE_REPATRIATION"), ("opened.minority", "MINORITY_ADULT"), ("opened.basis", "BASIS_COURT_ORDER"));
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        var mark = $"invented note {RandomNumberGenerator.GetHexString(16)}";
        await bangkok.FillAsync(("particulars.preview.sex", "SEX_FEMALE"), ("particulars.preview.language", "kjg"), ("particulars.preview.needs", "INTERPRETER"), ("particulars.preview.identified_by", "invented body"), ("particulars.note", mark));
        await bangkok.SendAsync();
        await bangkok.SendAsync();
        bangkok.Page.Url.ShouldEndWith("/approvals");

        var section = await WaitingAsync(approver, mark);
        var will = await section.InnerTextAsync();
        foreach (var said in (string[])["Safe and voluntary return", "A court ordered it", "Female", "Khmu", "An interpreter", "invented body", mark]) will.ShouldContain(said);
        await approver.AccessibleAsync();
        await approver.LeaveAsync(section.Locator("form[action$='/approve'] button"));
        var referral = new Uri(approver.Page.Url).AbsolutePath;
        await vientiane.UntilAsync(referral, mark);
        // Neither more nor less: what the other country reads beside the opening is what the approver read.
        var reads = await vientiane.Page.Locator(".console-history li").First.Locator("dl").First.InnerTextAsync();
        foreach (var line in reads.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) will.ShouldContain(line);

        await vientiane.SayAsync(referral, "Acknowledged");
        await vientiane.SayAsync(referral, "TakenUp");
        await bangkok.UntilAsync(referral, "Taken up");
        var paper = "%PDF-1.7 invented"u8.ToArray();
        await SubmitAsync(bangkok, referral, paper, ("case_file.names.0.name", Names.Lao), ("case_file.origin_address", "Invented village"), ("case_file.office_contact", "Desk 1"));
        await OpenAsync(approver, referral);
        var first = await approver.ReadAsync();
        first.ShouldContain(Names.Lao);
        first.ShouldContain("It waits for a second person");
        await approver.AccessibleAsync();
        // Whoever looks at it stands in the log with the reason.
        (await approver.Node.AskAsync<long>("select count(*) from access where position(convert_to((select id::text from accounts.person where user_name = $1), 'utf8') in bytes) > 0", approver.Name)).ShouldBe(1);
        var download = await approver.Page.RunAndWaitForDownloadAsync(() => approver.Page.GetByRole(AriaRole.Button, new() { Name = "Download: paper.pdf" }).ClickAsync());
        (await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken)).ShouldBe(paper);
        await ApproveAsync(approver, referral);

        await SubmitAsync(bangkok, referral, null, ("case_file.names.0.name", Names.Thai), ("case_file.office_contact", "Desk 1"), ("case_file.risk_assessment", "Invented threat"));
        await OpenAsync(approver, referral);
        var second = await approver.Page.Locator("main").InnerTextAsync();
        second.ShouldContain("It takes the place of what your country released last");
        (await HeadingAsync("Names")).ShouldContain("changed");
        (await HeadingAsync("What threatens the person")).ShouldContain("new");
        (await HeadingAsync("Where the person comes from")).ShouldContain("not in it any more");
        (await HeadingAsync("Who works on the case")).ShouldNotContain("changed");
        await approver.Page.GetByText("What was released before").First.ClickAsync();
        (await approver.ReadAsync()).ShouldContain(Names.Lao);
        await approver.AccessibleAsync();
        var path = new Uri(approver.Page.Url).AbsolutePath;
        // To whoever may not approve it does not exist.
        await bangkok.GoAsync("/confirm");
        await bangkok.FillAsync(("code", bangkok.NextCode()));
        await bangkok.SendAsync();
        await bangkok.GoAsync(path);
        await bangkok.FillAsync(("reason", "Identity"));
        await bangkok.SendAsync();
        (await bangkok.ReadAsync()).ShouldContain("There is nothing here");

        Task<string> HeadingAsync(string part) => approver.Page.Locator("h2", new() { HasTextString = part }).First.InnerTextAsync();
    }

    [Fact]
    public void Every_field_of_the_particulars_is_shown_to_whoever_reads_them()
    {
        // Read from the protos: whoever adds a field shows it.
        var english = new Words(Language.English);
        var full = (Particulars)Full(Particulars.Descriptor);
        var all = Spoken.Beside(full, english).ToList();
        Walk(Particulars.Descriptor, []);

        void Walk(MessageDescriptor message, string[] path)
        {
            foreach (var field in message.Fields.InDeclarationOrder())
            {
                // Beside an opening the details of the consent are in the preview.
                if (field.FieldType is FieldType.Message && !field.IsMap && !field.IsRepeated) Walk(field.MessageType, [.. path, field.Name]);
                else
                {
                    var without = full.Clone();
                    IMessage at = without;
                    foreach (var part in path) at = (IMessage)at.Descriptor.FindFieldByName(part).Accessor.GetValue(at);
                    field.Accessor.Clear(at);
                    if (path is ["preview", "consent"]) without.Consent = null;
                    var before = path is ["preview", "consent"] ? Spoken.Beside(WithoutConsent(full), english).ToList() : all;
                    Spoken.Beside(without, english).ToList().ShouldNotBe(before, $"{string.Join('.', path)}.{field.Name} is not shown.");
                }
            }
        }

        static Particulars WithoutConsent(Particulars particulars)
        {
            var without = particulars.Clone();
            without.Consent = null;
            return without;
        }
    }

    /// <summary>A message in which every field says something.</summary>
    static IMessage Full(MessageDescriptor message)
    {
        var full = message.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            if (field.IsMap) ((System.Collections.IDictionary)field.Accessor.GetValue(full))["nationality"] = "NATIONAL";
            else if (field.IsRepeated) ((System.Collections.IList)field.Accessor.GetValue(full)).Add(One(field));
            else field.Accessor.SetValue(full, One(field));
        }
        return full;

        static object One(FieldDescriptor field) => field.FieldType switch
        {
            FieldType.String => field.Name switch { "given_on" or "identified_on" => "2026-01-02", "language" or "text_language" => "lao", "identification" => "PRESUMED", "withheld" => "health", "needs" => "ESCORT", "exploitation" => "ForcedLabour", "stated_nationality" => "MM", _ => "invented" },
            FieldType.Bool => true,
            FieldType.UInt32 => 2u,
            FieldType.Bytes => ByteString.CopyFrom(new byte[32]),
            FieldType.Enum => 1,
            FieldType.Message => Full(field.MessageType),
            var other => throw new NotSupportedException($"{field.FullName} is a {other}."),
        };
    }

    static async Task<ILocator> WaitingAsync(Visitor approver, string says)
    {
        await approver.GoAsync("/approvals");
        var section = approver.Page.Locator("section.console-waiting", new() { HasTextString = says });
        (await section.CountAsync()).ShouldBe(1, await approver.ReadAsync());
        return section;
    }

    static async Task SubmitAsync(Visitor visitor, string referral, byte[]? paper, params (string Name, string Value)[] fields)
    {
        await visitor.GoAsync($"{referral}/release");
        await visitor.FillAsync(fields);
        if (paper is not null) await visitor.Page.Locator("input[name=files]").SetInputFilesAsync(new FilePayload { Name = "paper.pdf", MimeType = "application/pdf", Buffer = paper });
        await visitor.SendAsync();
        visitor.Page.Url.ShouldContain("?done=awaiting", customMessage: await visitor.ReadAsync());
    }

    static async Task OpenAsync(Visitor approver, string referral)
    {
        var section = await WaitingAsync(approver, referral.Split('/')[^1][..8]);
        await approver.LeaveAsync(section.Locator("a[href*='/submitted/']"));
        if (approver.Page.Url.Contains("/confirm", StringComparison.Ordinal))
        {
            await approver.FillAsync(("code", approver.NextCode()));
            await approver.SendAsync();
        }
        await approver.FillAsync(("reason", "Supervision"));
        await approver.SendAsync();
    }

    static async Task ApproveAsync(Visitor approver, string referral) =>
        await approver.LeaveAsync((await WaitingAsync(approver, referral.Split('/')[^1][..8])).Locator("form[action$='/approve'] button"));
}
