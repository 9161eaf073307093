using Coordination.Domain.Dossiers;
using Coordination.Hosting.Evidence;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>What shows a referral to whoever has no node: the bundle that anybody can verify, and a letter of one entry to print.</summary>
static class EvidencePages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet($"{Navigation.Referrals}/{{id}}/evidence", async (string id, Calls calls) =>
        {
            if (Links.Read(id) is not { } dossier) return Screen.Nothing();
            var evidence = await calls.Dossiers.GetEvidenceAsync(new() { DossierId = dossier });
            using var zip = new MemoryStream();
            Bundle.Of(dossier, evidence, []).Write(zip);
            return Results.File(zip.ToArray(), "application/zip", $"dossier-{Links.Short(dossier)}.zip");
        });
        pages.MapGet($"{Navigation.Referrals}/{{id}}/letter/{{entry}}", async (string id, string entry, Calls calls, Screen screen) =>
        {
            if (Links.Read(id) is not { } dossier || Links.Read(entry) is not { } hash) return Screen.Nothing();
            var history = await calls.Dossiers.HistoryAsync(new() { DossierId = dossier });
            if (history.Entries.FirstOrDefault(kept => kept.Hash == hash) is not { } row) return Screen.Nothing();
            var told = Told.Of(row);
            return Screen.Show<LetterView>(new LetterModel(Links.Short(dossier), told with { Beside = await ReferralPages.BesideAsync(dossier, told, calls, screen) }, CheckCode.Of(EntryHash.Read(hash.Span)).ToString()));
        });
    }
}

/// <param name="Dossier">The first digits of its id.</param>
/// <param name="Told">The entry.</param>
/// <param name="CheckCode">By which whoever verifies the bundle finds the entry.</param>
public sealed record LetterModel(string Dossier, Told Told, string CheckCode);
