using Coordination.CountryNode.Doors;
using Microsoft.AspNetCore.Antiforgery;

namespace Coordination.CountryNode.Pages;

/// <summary>A form is sent for the office that it was opened for: what somebody writes for one of their offices is never signed by another.</summary>
sealed class ForOneOffice : IAntiforgeryAdditionalDataProvider
{
    public string GetAdditionalData(HttpContext context) => Of(context);

    public bool ValidateAdditionalData(HttpContext context, string additionalData) => additionalData == Of(context);

    static string Of(HttpContext context) => context.User.FindFirst(Callers.OfficeClaim)?.Value ?? "";
}
