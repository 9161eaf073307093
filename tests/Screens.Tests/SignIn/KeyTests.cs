using Coordination.CountryNode.Tests;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests.SignIn;

/// <summary>Passkeys and hardware keys: they sign in by themselves, stand for a code, and are nobody else's.</summary>
public sealed class KeyTests(Consoles consoles)
{
    [Fact]
    public async Task A_key_is_added_signs_in_confirms_and_is_refused_once_it_is_removed()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        await VirtualKey.PlugInAsync(visitor);
        await AddKeyAsync(visitor, "blue key");
        (await visitor.ReadAsync()).ShouldContain("blue key, added");
        await visitor.AccessibleAsync();

        // By itself.
        await SignOutAsync(visitor);
        await visitor.AccessibleAsync();
        await ShowKeyAsync(visitor);
        (await visitor.ReadAsync()).ShouldContain("Waits for us");

        // Instead of a code, after the password.
        await SignOutAsync(visitor);
        await visitor.FillAsync(("name", visitor.Name), ("password", Visitor.Password));
        await visitor.SendAsync();
        await visitor.AccessibleAsync();
        await ShowKeyAsync(visitor);
        (await visitor.ReadAsync()).ShouldContain("Waits for us");

        // And before what asks for a second factor anew.
        await visitor.GoAsync("/confirm?to=/account");
        await ShowKeyAsync(visitor);
        visitor.Page.Url.ShouldEndWith("/account");

        // Whoever finds the screen left open takes nobody's key away.
        await Cookies.AgeAsync(visitor, TimeSpan.FromMinutes(6));
        await visitor.LeaveAsync(visitor.Page.Locator("form[action$='/remove'] button"));
        visitor.Page.Url.ShouldContain("/confirm");
        await ShowKeyAsync(visitor);
        (await visitor.ReadAsync()).ShouldContain("blue key, added");
        await visitor.LeaveAsync(visitor.Page.Locator("form[action$='/remove'] button"));
        (await visitor.ReadAsync()).ShouldNotContain("blue key, added");
        await SignOutAsync(visitor);
        await ShowKeyAsync(visitor);
        (await visitor.ReadAsync()).ShouldContain("The key was not recognised. Try again, or sign in with your name, password and a code.");
        await visitor.SignInAsync();
        (await visitor.ReadAsync()).ShouldContain("Waits for us");
    }

    [Fact]
    public async Task A_key_of_one_person_never_lets_in_another()
    {
        await using var one = await consoles.SignInAsync("TH");
        await using var other = await consoles.SignInAsync("TH");
        var (ones, others) = (await VirtualKey.PlugInAsync(one), await VirtualKey.PlugInAsync(other));
        await AddKeyAsync(one, "blue key");
        await AddKeyAsync(other, "red key");
        var (blue, red) = (await ones.ReadAsync(), await others.ReadAsync());
        // One's key, which says that it is the other's.
        await ones.WriteAsync(new
        {
            credentialId = blue.GetProperty("credentialId").GetString(), isResidentCredential = true, rpId = "th.localhost",
            privateKey = blue.GetProperty("privateKey").GetString(), userHandle = red.GetProperty("userHandle").GetString(), signCount = 100,
        });
        await SignOutAsync(one);
        await ShowKeyAsync(one);
        (await one.ReadAsync()).ShouldContain("The key was not recognised.");
        // The other's key by name, without what is secret of it.
        await ones.WriteAsync(new
        {
            credentialId = red.GetProperty("credentialId").GetString(), isResidentCredential = true, rpId = "th.localhost",
            privateKey = blue.GetProperty("privateKey").GetString(), userHandle = red.GetProperty("userHandle").GetString(), signCount = 100,
        });
        await ShowKeyAsync(one);
        (await one.ReadAsync()).ShouldContain("The key was not recognised.");

        // Nor does it stand for a code after the other's password: the answer of the sign-in page, sent from the second one.
        await ones.WriteAsync(new
        {
            credentialId = blue.GetProperty("credentialId").GetString(), isResidentCredential = true, rpId = "th.localhost",
            privateKey = blue.GetProperty("privateKey").GetString(), userHandle = blue.GetProperty("userHandle").GetString(), signCount = 100,
        });
        await one.GoAsync("/sign-in");
        var question = await one.Page.Locator("form[data-key]").EvaluateAsync<string[]>("form => [form.dataset.options, form.elements.asked.value]");
        await one.FillAsync(("name", other.Name), ("password", Visitor.Password));
        await one.SendAsync();
        await one.Page.Locator("form[data-key]").EvaluateAsync("(form, question) => { form.dataset.options = question[0]; form.elements.asked.value = question[1]; }", question);
        await ShowKeyAsync(one);
        (await one.ReadAsync()).ShouldContain("The key was not recognised. Try again, or use a code.");
        // It is one's own all the same.
        await one.GoAsync("/sign-in");
        await ShowKeyAsync(one);
        (await one.ReadAsync()).ShouldContain("Waits for us");
    }

    [Fact]
    public async Task A_key_does_not_let_in_whose_name_is_locked_and_none_that_asks_nobody_who_they_are()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        await VirtualKey.PlugInAsync(visitor);
        await AddKeyAsync(visitor, "blue key");
        await SignOutAsync(visitor);
        for (var again = 0; again < 5; again++)
        {
            await visitor.FillAsync(("name", visitor.Name), ("password", "not the password at all"));
            await visitor.SendAsync();
        }
        await ShowKeyAsync(visitor);
        (await visitor.ReadAsync()).ShouldContain("too many wrong attempts");
        await visitor.GoAsync("/");
        visitor.Page.Url.ShouldContain("/sign-in");

        await using var careless = await consoles.SignInAsync("TH");
        await VirtualKey.PlugInAsync(careless, canBeOpened: false);
        await careless.GoAsync("/account");
        // Whatever the browser is told: the key says that it asked nobody.
        await careless.Page.Locator("form[data-key]").EvaluateAsync("form => { const asked = JSON.parse(form.dataset.options); asked.authenticatorSelection.userVerification = 'discouraged'; form.dataset.options = JSON.stringify(asked); }");
        await AddKeyAsync(careless, "blue key");
        (await careless.ReadAsync()).ShouldContain("The key was not added");
    }

    [Fact]
    public async Task An_answer_of_a_key_counts_once()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        await VirtualKey.PlugInAsync(visitor);
        await AddKeyAsync(visitor, "blue key");
        await SignOutAsync(visitor);
        var sent = "";
        visitor.Page.Request += (_, request) => sent = request.Url.EndsWith("/sign-in/key", StringComparison.Ordinal) ? request.PostData! : sent;
        await ShowKeyAsync(visitor);
        (await visitor.ReadAsync()).ShouldContain("Waits for us");
        // The counter of the key says nothing here, as that of a passkey, which is on several computers.
        await visitor.Node.AskAsync<object?>("update accounts.person_passkey set data = jsonb_set(data, '{SignCount}', '0') where user_id = (select id from accounts.person where user_name = $1)", visitor.Name);
        await SignOutAsync(visitor);
        var answer = System.Web.HttpUtility.ParseQueryString(sent);
        await visitor.Page.Locator("form[data-key]").EvaluateAsync("(form, was) => { form.elements.asked.value = was[0]; form.elements.answer.value = was[1]; HTMLFormElement.prototype.submit.call(form); }", (string[])[answer["asked"]!, answer["answer"]!]);
        await visitor.Page.Locator("[role=alert]").WaitForAsync();
        (await visitor.ReadAsync()).ShouldContain("The key was not recognised.");
    }

    [Fact]
    public async Task A_key_has_a_name_of_its_own_and_is_added_by_whoever_has_just_shown_a_second_factor()
    {
        await using var visitor = await consoles.SignInAsync("TH");
        await VirtualKey.PlugInAsync(visitor);
        await AddKeyAsync(visitor, "");
        (await visitor.ReadAsync()).ShouldContain("Give the key a name");
        await visitor.AccessibleAsync();
        await AddKeyAsync(visitor, "blue key");
        await AddKeyAsync(visitor, "blue key");
        (await visitor.ReadAsync()).ShouldContain("You have a key of this name");
        await AddKeyAsync(visitor, "the same again");
        (await visitor.ReadAsync()).ShouldContain("The key was not added");
        (await visitor.Node.AskAsync<long>("select count(*) from accounts.person_passkey where user_id = (select id from accounts.person where user_name = $1)", visitor.Name)).ShouldBe(1);
    }

    [Fact]
    public async Task Without_scripts_no_page_asks_for_a_key()
    {
        await using var visitor = await consoles.SignInAsync("TH", options: new() { JavaScriptEnabled = false });
        await visitor.GoAsync("/account");
        (await visitor.ReadAsync()).ShouldContain("Passkeys and hardware keys");
        (await visitor.Page.Locator("form[data-key]").IsVisibleAsync()).ShouldBeFalse();
        await SignOutAsync(visitor);
        (await visitor.Page.Locator("form[data-key]").IsVisibleAsync()).ShouldBeFalse();
    }

    static async Task AddKeyAsync(Visitor visitor, string name)
    {
        if (!visitor.Page.Url.Contains("/account", StringComparison.Ordinal)) await visitor.GoAsync("/account");
        await visitor.FillAsync(("key", name));
        await ShowKeyAsync(visitor);
    }

    static Task ShowKeyAsync(Visitor visitor) => visitor.LeaveAsync(visitor.Page.Locator("form[data-key] button"));

    static Task SignOutAsync(Visitor visitor) => visitor.LeaveAsync(visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }));
}
