using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Coordination.CountryNode.Accounts;

/// <summary>Who has an account, and for which offices.</summary>
public sealed class People(AccountsContext accounts, UserManager<Person> persons, Attempts attempts, Pen pen, TimeProvider time)
{
    /// <summary>Printed codes that a person gets at once: each opens once.</summary>
    public const int PrintedCodes = 10;

    /// <summary>Of which a name to sign in by is made: what every keyboard of the region has.</summary>
    public const string NameLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_@";

    const int ShortestName = 3, LongestName = 64;

    /// <summary>Whoever was invited and did not come is invited anew.</summary>
    static readonly TimeSpan InvitationCounts = TimeSpan.FromDays(3);

    /// <summary>Where the digest of an invitation's secret is kept, and until when it counts.</summary>
    const string Own = "coordination", Invitation = "invitation";

    DateOnly Today => RegionalTime.Today(pen.Node, time.GetUtcNow());

    /// <summary>Whether somebody can be called so here.</summary>
    public static bool IsName(string name) => name.Length is >= ShortestName and <= LongestName && name.All(letter => NameLetters.Contains(letter, StringComparison.Ordinal));

    /// <summary>Everybody, by name, each with every grant, newest first, and whether there were too many wrong attempts under the name.</summary>
    public async Task<(Person Person, OfficeGrant[] Grants, bool Locked)[]> ListAsync(CancellationToken cancellationToken)
    {
        var everybody = await accounts.Users.AsNoTracking().OrderBy(person => person.NormalizedUserName).ToArrayAsync(cancellationToken);
        var grants = (await accounts.Grants.AsNoTracking().OrderByDescending(grant => grant.Id).ToArrayAsync(cancellationToken)).ToLookup(grant => grant.PersonId, StringComparer.Ordinal);
        var locked = await attempts.LockedAsync([.. everybody.Select(person => person.UserName!)]);
        return [.. everybody.Select(person => (person, grants[person.Id].ToArray(), locked.Contains(person.UserName!)))];
    }

    /// <summary>Makes a person's account, or empties it: no password, no second factor, no session.</summary>
    /// <returns>What the person shows once to choose both: whose it is, and the secret.</returns>
    public async Task<(string PersonId, string Secret)> InviteAsync(string name, string by)
    {
        var person = await persons.FindByNameAsync(name);
        if (person is null) Done(await persons.CreateAsync(person = new Person { UserName = name }));
        (person.InvitedBy, person.InvitedAt) = (by, time.GetUtcNow());
        if (await persons.HasPasswordAsync(person)) Done(await persons.RemovePasswordAsync(person));
        Done(await persons.SetTwoFactorEnabledAsync(person, enabled: false));
        foreach (var passkey in await persons.GetPasskeysAsync(person)) Done(await persons.RemovePasskeyAsync(person, passkey.CredentialId));
        Done(await persons.ResetAuthenticatorKeyAsync(person));
        await attempts.ForgetAsync(name);
        // Ends every session.
        Done(await persons.UpdateSecurityStampAsync(person));
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Done(await persons.SetAuthenticationTokenAsync(person, Own, Invitation, $"{DigestOf(secret)} {(time.GetUtcNow() + InvitationCounts).ToUnixTimeSeconds()}"));
        return (person.Id, secret);
    }

    /// <summary>Whom an invitation is for; null where it does not count, or no longer.</summary>
    public async Task<Person?> InvitedAsync(string personId, string secret) =>
        await persons.FindByIdAsync(personId) is { } person
        && (await persons.GetAuthenticationTokenAsync(person, Own, Invitation))?.Split(' ') is [var digest, var until]
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(digest), Encoding.ASCII.GetBytes(DigestOf(secret)))
        && time.GetUtcNow().ToUnixTimeSeconds() < long.Parse(until, CultureInfo.InvariantCulture) ? person : null;

    /// <summary>Gives a person the password that it chose, and a second factor; the invitation has served.</summary>
    /// <returns>The key for an authenticator app, and codes to print.</returns>
    public async Task<(string Key, IReadOnlyList<string> Codes)> WelcomeAsync(Person person, string password)
    {
        Done(await persons.RemoveAuthenticationTokenAsync(person, Own, Invitation));
        if (await persons.HasPasswordAsync(person)) Done(await persons.RemovePasswordAsync(person));
        Done(await persons.AddPasswordAsync(person, password));
        Done(await persons.ResetAuthenticatorKeyAsync(person));
        var codes = await persons.GenerateNewTwoFactorRecoveryCodesAsync(person, PrintedCodes) ?? [];
        Done(await persons.SetTwoFactorEnabledAsync(person, enabled: true));
        return (await persons.GetAuthenticatorKeyAsync(person) ?? throw new InvalidOperationException("The key that was just made is not there."), [.. codes]);
    }

    static string DigestOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public Task<Person?> FindAsync(string name) => persons.FindByNameAsync(name);

    /// <summary>Grants an office; the same grant again is the one that stands.</summary>
    public async Task<OfficeGrant> GrantAsync(Person person, Office office, DateOnly from, DateOnly until, string by, CancellationToken cancellationToken)
    {
        var name = office.ToString();
        if (await accounts.Grants.FirstOrDefaultAsync(grant => grant.PersonId == person.Id && grant.Office == name && grant.From == from && grant.Until == until && grant.EndedAt == null, cancellationToken) is { } same) return same;
        var granted = new OfficeGrant { PersonId = person.Id, Office = name, From = from, Until = until, GrantedBy = by, GrantedAt = time.GetUtcNow() };
        accounts.Grants.Add(granted);
        await accounts.SaveChangesAsync(cancellationToken);
        return granted;
    }

    /// <summary>Ends a grant, or finds it ended.</summary>
    /// <returns>False where there is none.</returns>
    public async Task<bool> EndAsync(long grantId, string by, CancellationToken cancellationToken)
    {
        if (await accounts.Grants.FindAsync([grantId], cancellationToken) is not { } grant) return false;
        if (grant.EndedAt is not null) return true;
        (grant.EndedAt, grant.EndedBy) = (time.GetUtcNow(), by);
        await accounts.SaveChangesAsync(cancellationToken);
        return true;
    }

    /// <summary>The offices that a person may act for today, first granted first.</summary>
    public async Task<IReadOnlyList<Office>> OfficesOfAsync(Person person, CancellationToken cancellationToken)
    {
        var grants = await accounts.Grants.AsNoTracking().Where(grant => grant.PersonId == person.Id).OrderBy(grant => grant.Id).ToArrayAsync(cancellationToken);
        return [.. grants.Where(IsInForce).Select(grant => Office.TryParse(grant.Office, out var office) ? office : null).OfType<Office>().Distinct()];
    }

    public bool IsInForce(OfficeGrant grant) => grant.IsInForce(Today);

    static void Done(IdentityResult result)
    {
        if (!result.Succeeded) throw new InvalidOperationException($"An account could not be changed: {string.Join(", ", result.Errors.Select(error => error.Code))}.");
    }
}
