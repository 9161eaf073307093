using Coordination.CountryNode.Accounts;
using Coordination.CountryNode.Pages.SignIn;
using Coordination.Screens.Languages;
using Microsoft.AspNetCore.Identity;

namespace Coordination.CountryNode.Pages;

/// <summary>In which language the console speaks: of a person from any computer, of a visitor in this browser.</summary>
static class LanguagePage
{
    public static void Map(IEndpointRouteBuilder pages) => pages.MapPost("/language", async (HttpContext http, Screen screen, UserManager<Person> persons) =>
    {
        var form = await http.Request.ReadFormAsync();
        if (Language.Of(form["language"]) is { } language)
        {
            http.Response.Cookies.Append(Screen.LanguageCookie, language.Tag, new CookieOptions { Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, MaxAge = TimeSpan.FromDays(365) });
            if (screen.Person is { } person)
            {
                person.Language = language.Tag;
                await persons.UpdateAsync(person);
            }
        }
        return Results.LocalRedirect(SignInPage.To(form["to"]));
    });
}
