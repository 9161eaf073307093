using Coordination.Contracts.Dossier.V1;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SignedReceipt = Coordination.Hosting.Dossiers.SignedReceipt;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>What counts as a node's word that it holds a chain.</summary>
public sealed class ReceiptTests : IDisposable
{
    readonly DevelopmentAuthority _authority = DevelopmentAuthority.Create(["TH", "LA"]);

    [Theory]
    [InlineData(1795316645, 0, true)]
    [InlineData(946684800, 0, true)]
    [InlineData(7258118399, 999_999_999, true)]
    [InlineData(946684799, 999_999_999, false)]
    [InlineData(7258118400, 0, false)]
    [InlineData(long.MaxValue, 0, false)]
    [InlineData(1795316645, -1, false)]
    [InlineData(1795316645, 1_000_000_000, false)]
    public void A_receipt_names_an_instant_from_2000_to_2199_since_deadlines_are_reckoned_from_it(long seconds, int nanos, bool counts) =>
        (Read(new Timestamp { Seconds = seconds, Nanos = nanos }) is not null).ShouldBe(counts);

    [Fact]
    public void A_receipt_without_an_instant_is_none() => Read(null).ShouldBeNull();

    public void Dispose() => _authority.Dispose();

    SignedReceipt? Read(Timestamp? receivedAt)
    {
        var trust = TrustList.Read(
            _authority.Sign(_authority.NewList(_ => "https://127.0.0.1:1")).ToByteArray(), KeyPool.Of("root", _authority.Root), current: null);
        var (entry, key) = (GoldenEntries.All["Opened"], _authority.SigningKey("LA"));
        var receipt = new Receipt
        {
            DossierId = ByteString.CopyFrom(entry.Dossier.ToArray()),
            Author = "TH",
            Seq = 1,
            Hash = ByteString.CopyFrom(entry.Hash.ToArray()),
            ReceivedAt = receivedAt,
            Holder = "LA",
        }.ToByteArray();
        var signature = SignedBytes.Sign(SignatureKind.Receipt, key, receipt);
        return SignedReceipt.Read(
            new() { Receipt = ByteString.CopyFrom(receipt), Signature = ByteString.CopyFrom(signature), KeyId = SignedBytes.KeyId("LA", key) }, trust);
    }
}
