namespace Coordination.Interop.Referrals;

/// <summary>The path of a referral, played by a client that we did not write.</summary>
public sealed class PythonOffice(Python python, TwoCountries countries)
{
    [Fact(Timeout = 120_000)]
    public async Task Python_opens_acknowledges_takes_up_and_declines_and_is_refused_with_reasons()
    {
        var printed = await python.RunScriptAsync("Referrals/office.py", [countries.Region.RegionFile], TestContext.Current.CancellationToken);
        printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
        [
            "taken up, and both nodes say the same",
            "returned and completed, and both nodes say the same and read the same beside it",
            "both nodes hold the same entries",
            "the entries name offices",
            "declined, and both nodes say the same",
            "refused as FAILED_PRECONDITION NOT_OPEN",
            "refused as INVALID_ARGUMENT CODE_UNKNOWN",
            "refused as INVALID_ARGUMENT FIELD_INVALID",
            "refused as NOT_FOUND DOSSIER_NOT_FOUND",
        ]);
    }
}
