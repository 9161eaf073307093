namespace Coordination.Screens.Tests.SignIn;

/// <summary>Who gets into a console, and who does not.</summary>
public sealed class SignInTests(Consoles consoles)
{
    [Fact]
    public async Task Whoever_was_invited_chooses_a_password_and_signs_in_with_a_printed_code()
    {
        await using var visitor = await consoles.VisitAsync("TH");
        await visitor.AcceptAsync("focal-point");
        await visitor.AccessibleAsync();
        await visitor.SignInAsync();
        (await visitor.ReadAsync()).ShouldContain("Waits for us");
        await visitor.AccessibleAsync();
    }
}
