using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace Coordination.CountryNode.Accounts;

/// <summary>What people show to be let in: a password and a code, or a key, which is both. The one place that looks at them.</summary>
/// <remarks>A key is a passkey or a hardware key: something that its owner has, and opens with a PIN, a finger or a face.</remarks>
public sealed class Factors(UserManager<Person> persons, IPasskeyHandler<Person> keys, Attempts attempts, NpgsqlDataSource database, IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>Nobody needs more keys, and a browser is told all of them.</summary>
    public const int MostKeys = 10;

    /// <summary>A key answers within this long of the page on which it is asked for.</summary>
    static readonly TimeSpan QuestionCounts = TimeSpan.FromMinutes(15);

    /// <summary>A code of an app counts a step before and after its own, since clocks differ (RFC 6238, 5.2).</summary>
    static readonly int[] Steps = [0, -1, 1];

    /// <summary>The hash of a password that is nobody's, to compare with.</summary>
    static string? _nobodys;

    readonly ITimeLimitedDataProtector _shown = protection.CreateProtector("what keys are shown for").ToTimeLimitedDataProtector();
    readonly ITimeLimitedDataProtector _added = protection.CreateProtector("what keys are added by").ToTimeLimitedDataProtector();

    /// <summary>Looks at a password. Under a name that nobody has, as much is done as for a wrong one, and the same is said.</summary>
    /// <returns>Whose it is, where it is right and the person has a second factor.</returns>
    public async Task<(Shown Shown, Person? Person)> PasswordAsync(string name, string password)
    {
        if (await attempts.TakeAsync(name) is not { } wrong) return (Shown.Locked, null);
        var person = People.IsName(name) ? await persons.FindByNameAsync(name) : null;
        if (person?.PasswordHash is null)
        {
            persons.PasswordHasher.VerifyHashedPassword(new Person(), _nobodys ??= persons.PasswordHasher.HashPassword(new Person(), Convert.ToHexString(RandomNumberGenerator.GetBytes(16))), password);
            return (wrong, null);
        }
        // Without a second factor nobody is let in: an invitation leads to both.
        if (!await persons.CheckPasswordAsync(person, password) || !person.TwoFactorEnabled) return (wrong, null);
        await attempts.GiveBackAsync(name);
        return (Shown.Right, person);
    }

    /// <summary>Looks at a code of an authenticator app, or a printed one: each counts once.</summary>
    /// <param name="person">Who shows it.</param>
    /// <param name="typed">As it was typed, with whatever people put between.</param>
    public async Task<Shown> CodeAsync(Person person, string typed)
    {
        if (await attempts.TakeAsync(person.UserName!) is not { } wrong) return Shown.Locked;
        var code = string.Concat(typed.Where(letter => !char.IsWhiteSpace(letter) && letter != '-')).ToUpperInvariant();
        var right = code.Length == 6 && code.All(char.IsAsciiDigit)
            ? await AppCodeAsync(person, code)
            : (await persons.RedeemTwoFactorRecoveryCodeAsync(person, code.Length == 10 ? $"{code[..5]}-{code[5..]}" : code)).Succeeded;
        if (!right) return wrong;
        await attempts.ForgetAsync(person.UserName!);
        return Shown.Right;
    }

    /// <summary>Asks for a key.</summary>
    /// <param name="person">Whose; null for anybody's, who says so by showing it.</param>
    /// <param name="http">The request for the page.</param>
    /// <returns>Null for a person who has none.</returns>
    public async Task<KeyQuestion?> AskForKeyAsync(Person? person, HttpContext http)
    {
        if (person is not null && (await persons.GetPasskeysAsync(person)).Count == 0) return null;
        var made = await keys.MakeRequestOptionsAsync(person, http);
        return Question(_shown, made.RequestOptionsJson, made.AssertionState);
    }

    /// <summary>Looks at what a key answered: once for each time that it was asked for.</summary>
    /// <param name="person">Who shows it; null where the key says it.</param>
    /// <param name="answer">The key's, and what it was asked.</param>
    /// <param name="http">The request.</param>
    /// <returns>Whose it is, where it counts.</returns>
    public async Task<(Shown Shown, Person? Person)> KeyAsync(Person? person, KeyAnswer answer, HttpContext http)
    {
        if (Open(_shown, answer.Seal) is not { } asked) return (Shown.Wrong, null);
        var result = await keys.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = http, CredentialJson = answer.Text, AssertionState = asked.State });
        if (!result.Succeeded || !result.User.TwoFactorEnabled || person is not null && result.User.Id != person.Id) return (Shown.Wrong, null);
        if ((await attempts.LockedAsync(result.User.UserName!)).Count > 0) return (Shown.Locked, null);
        if (!await IsFirstAsync("key_asked_at", result.User, asked.At)) return (Shown.Wrong, null);
        // How often it was used is kept: a copy of it would be found out.
        if (!(await persons.AddOrUpdatePasskeyAsync(result.User, result.Passkey)).Succeeded) return (Shown.Wrong, null);
        await attempts.ForgetAsync(result.User.UserName!);
        return (Shown.Right, result.User);
    }

    /// <summary>Asks for a key that is to be one of a person's.</summary>
    public async Task<KeyQuestion> AskForNewKeyAsync(Person person, HttpContext http)
    {
        var made = await keys.MakeCreationOptionsAsync(new PasskeyUserEntity { Id = person.Id, Name = person.UserName!, DisplayName = person.UserName! }, http);
        return Question(_added, made.CreationOptionsJson, made.AttestationState);
    }

    /// <summary>Makes a key one of a person's.</summary>
    /// <returns>False where it did not answer as it should, or is somebody's already.</returns>
    public async Task<bool> AddKeyAsync(Person person, string name, KeyAnswer answer, HttpContext http)
    {
        if (Open(_added, answer.Seal) is not { } asked) return false;
        var result = await keys.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = http, CredentialJson = answer.Text, AttestationState = asked.State });
        if (!result.Succeeded || result.UserEntity.Id != person.Id) return false;
        result.Passkey.Name = name;
        return (await persons.AddOrUpdatePasskeyAsync(person, result.Passkey)).Succeeded;
    }

    async Task<bool> AppCodeAsync(Person person, string code)
    {
        if (await persons.GetAuthenticatorKeyAsync(person) is not { } key) return false;
        var now = AppCode.StepAt(time.GetUtcNow());
        foreach (var step in Steps.Select(off => now + off))
            if (AppCode.Of(key, step) == code) return await IsFirstAsync("app_step", person, step);
        return false;
    }

    /// <summary>Keeps up to where a person has shown something, if it is further than before; one statement, so that of two at once one is first.</summary>
    async Task<bool> IsFirstAsync<T>(string column, Person person, T place)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteAsync($"update accounts.person set {column} = @place where id = @Id and {column} < @place", new { person.Id, place }) == 1;
    }

    KeyQuestion Question(ITimeLimitedDataProtector seal, string options, string? state) => new(options, seal.Protect(JsonSerializer.Serialize(new Asked(state!, time.GetUtcNow())), QuestionCounts));

    static Asked? Open(ITimeLimitedDataProtector seal, string sealedQuestion)
    {
        try
        {
            return JsonSerializer.Deserialize<Asked>(seal.Unprotect(sealedQuestion));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    sealed record Asked(string State, DateTimeOffset At);
}

/// <summary>What became of what somebody showed.</summary>
public enum Shown
{
    Right = 1,
    Wrong = 2,

    /// <summary>There were too many wrong attempts under the name, this one maybe the last of them: nothing is looked at for a while.</summary>
    Locked = 3,
}

/// <summary>What a browser asks a key.</summary>
/// <param name="Options">For the browser, as JSON.</param>
/// <param name="Seal">What the node has to know when the answer comes; it keeps nothing meanwhile.</param>
public sealed record KeyQuestion(string Options, string Seal);

/// <summary>What a key answered.</summary>
/// <param name="Seal">Of the <see cref="KeyQuestion"/>.</param>
/// <param name="Text">As JSON; empty where there was no answer.</param>
public sealed record KeyAnswer(string Seal, string Text)
{
    /// <summary>The fields of a form that carry it.</summary>
    public const string SealField = "asked", TextField = "answer";

    public static KeyAnswer In(IFormCollection form) => new(form[SealField].ToString(), form[TextField].ToString());
}
