using Google.Protobuf;

namespace Coordination.Hosting.Dossiers;

/// <summary>What only a newer program wrote into a message.</summary>
public static class UnknownFields
{
    /// <summary>Whether a message, or one within it, holds a field that this program does not know.</summary>
    /// <param name="message">As it was read from <paramref name="bytes"/>.</param>
    /// <param name="bytes">As they came.</param>
    /// <remarks>Protobuf has no public way to ask; dropping such fields makes the message smaller.</remarks>
    public static bool AreIn(IMessage message, ReadOnlySpan<byte> bytes) =>
        message.Descriptor.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes).CalculateSize() != message.CalculateSize();
}
