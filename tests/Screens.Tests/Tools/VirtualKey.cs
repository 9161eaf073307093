using System.Text.Json;
using Microsoft.Playwright;

namespace Coordination.Screens.Tests;

/// <summary>A passkey or hardware key in a visitor's browser, as chromium plays one: whoever has it opens it.</summary>
public sealed class VirtualKey
{
    readonly ICDPSession _session;
    readonly string _id;

    VirtualKey(ICDPSession session, string id) => (_session, _id) = (session, id);

    /// <param name="visitor">In whose browser.</param>
    /// <param name="canBeOpened">Whether it asks for a PIN, a finger or a face, which its owner then shows.</param>
    public static async Task<VirtualKey> PlugInAsync(Visitor visitor, bool canBeOpened = true)
    {
        var session = await visitor.Page.Context.NewCDPSessionAsync(visitor.Page);
        await session.SendAsync("WebAuthn.enable");
        var made = await session.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = canBeOpened, ["isUserVerified"] = canBeOpened, ["automaticPresenceSimulation"] = true,
            },
        });
        return new(session, made!.Value.GetProperty("authenticatorId").GetString()!);
    }

    /// <summary>What is on it, private keys and all, as only a virtual one gives it away.</summary>
    public async Task<JsonElement> ReadAsync() =>
        (await _session.SendAsync("WebAuthn.getCredentials", new() { ["authenticatorId"] = _id }))!.Value.GetProperty("credentials")[0];

    /// <summary>Makes it another one.</summary>
    public async Task WriteAsync(object credential)
    {
        await _session.SendAsync("WebAuthn.clearCredentials", new() { ["authenticatorId"] = _id });
        await _session.SendAsync("WebAuthn.addCredential", new() { ["authenticatorId"] = _id, ["credential"] = credential });
    }
}
