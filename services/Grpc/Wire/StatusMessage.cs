using System.Buffers;
using System.Globalization;
using System.Text;

namespace Grpc.Wire;

/// <summary>Status-Message of the gRPC over HTTP/2 document: UTF-8, with all but printable ASCII and the percent sign itself percent-encoded.</summary>
static class StatusMessage
{
    static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c != '%')]);

    public static string Encode(string text)
    {
        // HTTP strips blanks at both ends of a value, so those are encoded as well.
        if (!text.AsSpan().ContainsAnyExcept(Plain) && text.AsSpan().Trim(' ').Length == text.Length) return text;

        var bytes = Encoding.UTF8.GetBytes(text);
        var encoded = new StringBuilder(bytes.Length * 2);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            var atTheEdge = i == 0 || i == bytes.Length - 1;
            if (Plain.Contains(c) && !(c == ' ' && atTheEdge)) encoded.Append(c);
            else encoded.Append('%').Append(bytes[i].ToString("X2", CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }

    /// <summary>Never fails: a broken escape stays as it came, and bytes that are no UTF-8 become the replacement character.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%')) return encoded;

        var bytes = new ArrayBufferWriter<byte>(encoded.Length);
        for (var rest = encoded.AsSpan(); !rest.IsEmpty;)
        {
            if (rest.Length >= 3 && rest[0] == '%' && byte.TryParse(rest[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Write([value]);
                rest = rest[3..];
                continue;
            }

            var next = rest[1..].IndexOf('%');
            var taken = next < 0 ? rest.Length : next + 1;
            Encoding.UTF8.GetBytes(rest[..taken], bytes);
            rest = rest[taken..];
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
