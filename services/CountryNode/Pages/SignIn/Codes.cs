namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>Second factors as people type them.</summary>
static class Codes
{
    /// <summary>Without what people put between.</summary>
    public static string Plain(string typed) => string.Concat(typed.Where(letter => !char.IsWhiteSpace(letter) && letter != '-')).ToUpperInvariant();

    /// <summary>Six digits are an app's.</summary>
    public static bool IsOfApp(string plain) => plain.Length == 6 && plain.All(char.IsAsciiDigit);

    /// <summary>A printed code as it is kept.</summary>
    public static string Printed(string plain) => plain.Length == 10 ? $"{plain[..5]}-{plain[5..]}" : plain;
}
