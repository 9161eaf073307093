using System.Buffers.Binary;
using System.Text;

namespace Coordination.CountryNode.Tests.Faults.Fuzzing;

/// <summary>HTTP/2 by hand (RFC 9113, RFC 7541), so that every byte of it can be wrong.</summary>
static class Frames
{
    const byte Data = 0;
    const byte Headers = 1;
    const byte Settings = 4;
    const byte Ping = 6;
    const byte WindowUpdate = 8;
    const byte EndStream = 1;
    const byte EndHeaders = 4;

    public static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    /// <summary>The frames of one connection that makes one gRPC call.</summary>
    public static IReadOnlyList<byte[]> OfCall(string authority, string path, string? token, byte[] body) =>
    [
        Frame(Settings, 0, 0, []),
        Frame(WindowUpdate, 0, 0, [0, 1, 0, 0]),
        Frame(Headers, EndHeaders, 1, Block(
        [
            (":method", "POST"), (":scheme", "https"), (":authority", authority), (":path", path), ("te", "trailers"), ("content-type", "application/grpc"), ("grpc-timeout", "100m"),
            .. token is null ? Array.Empty<(string, string)>() : [("authorization", $"Bearer {token}")],
        ])),
        Frame(Ping, 0, 0, new byte[8]),
        Frame(Data, EndStream, 1, body),
    ];

    static byte[] Frame(byte type, byte flags, uint stream, byte[] payload)
    {
        var head = new byte[9];
        (head[0], head[1], head[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(5), stream);
        return [.. head, .. payload];
    }

    /// <summary>Each header literally, with a new name, not indexed.</summary>
    static byte[] Block(IEnumerable<(string Name, string Value)> headers) =>
        [.. headers.SelectMany(header => (byte[])[0, .. Text(header.Name), .. Text(header.Value)])];

    static byte[] Text(string text) => [.. Length(text.Length), .. Encoding.ASCII.GetBytes(text)];

    /// <summary>An integer with a prefix of seven bits.</summary>
    static IEnumerable<byte> Length(int length)
    {
        if (length < 127)
        {
            yield return (byte)length;
            yield break;
        }
        yield return 127;
        for (length -= 127; length >= 128; length >>= 7) yield return (byte)(length | 0x80);
        yield return (byte)length;
    }
}
