using System.Security.Cryptography;
using Google.Protobuf;

namespace Coordination.CountryNode.Pages;

/// <summary>Where things are.</summary>
static class Links
{
    public static string To(ByteString dossier) => $"{Navigation.Referrals}/{Convert.ToHexStringLower(dossier.Span)}";

    /// <summary>A dossier or an entry, by the 64 digits in an address; null for anything else.</summary>
    public static ByteString? Read(string id) => id.Length == 64 && id.All(char.IsAsciiHexDigitLower) ? ByteString.CopyFrom(Convert.FromHexString(id)) : null;

    public static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);

    /// <summary>Made once per form: sent twice, it is done once.</summary>
    public static string NewCommandId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>By the first digits a dossier is known at a glance.</summary>
    public static string Short(ByteString id) => Convert.ToHexStringLower(id.Span)[..8];
}
