using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Local;
using Google.Protobuf;
using DirectoryWire = Coordination.Contracts.Directory.V1;
using DossierWire = Coordination.Contracts.Dossier.V1;
using Domains = Coordination.Domain.Referrals;
using ReferralWire = Coordination.Contracts.Referral.V1;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>Between records and protobuf.</summary>
public sealed class EntryWireTests
{
    [Fact]
    public void Every_code_has_the_same_number_and_name_in_protos_and_domain()
    {
        Same<ReferralWire.ReferralType, Domains.ReferralType>();
        Same<ReferralWire.Instrument, Domains.Instrument>();
        Same<ReferralWire.Urgency, Domains.Urgency>();
        Same<ReferralWire.Minority, Domains.Minority>();
        Same<ReferralWire.Basis, Domains.Basis>();
        Same<ReferralWire.AuthorisedBy, Domains.AuthorisedBy>();
        Same<ReferralWire.Purpose, Domains.Purpose>();
        Same<ReferralWire.DeclineReason, Domains.DeclineReason>();
        Same<DirectoryWire.Role, Role>();
        Same<DirectoryWire.Channel, Channel>();
        Same<DossierWire.Kind, Kind>();

        static void Same<TWire, TDomain>() where TWire : struct, Enum where TDomain : struct, Enum =>
            Enum.GetValues<TDomain>().Select(code => (Convert.ToInt32(code), code.ToString()))
                .ShouldBe(Enum.GetValues<TWire>().Where(code => Convert.ToInt32(code) != 0).Select(code => (Convert.ToInt32(code), code.ToString())));
    }

    [Theory]
    [InlineData("a field that is not known", "NotUnderstood")]
    [InlineData("a code that is not known", "NotUnderstood")]
    [InlineData("a newer protocol", "NotUnderstood")]
    [InlineData("no statement", "Misshapen")]
    [InlineData("no channel", "Misshapen")]
    [InlineData("no office", "Misshapen")]
    [InlineData("no host", "Misshapen")]
    [InlineData("no kind", "Misshapen")]
    public void What_is_newer_is_not_understood_and_what_is_missing_is_misshapen(string change, string body)
    {
        var wire = Opening();
        switch (change)
        {
            case "a field that is not known": wire.MergeFrom(new byte[] { 0xF8, 0x06, 0x01 }); break;
            case "a code that is not known": wire.ReferralOpened.Urgency = (ReferralWire.Urgency)17; break;
            case "a newer protocol": wire.Opening.ProtocolVersion = 2; break;
            case "no statement": wire.ClearBody(); break;
            case "no channel": wire.Channel = DirectoryWire.Channel.Unspecified; break;
            case "no office": wire.Office = null; break;
            case "no host": wire.ReferralOpened.Host = ""; break;
            case "no kind": wire.Opening.Kind = DossierWire.Kind.Unspecified; break;
        }
        EntryWire.Read(wire.ToByteArray())?.Body.Name.ShouldBe(body);
    }

    [Fact]
    public void A_field_that_is_not_known_inside_a_statement_is_not_understood()
    {
        var wire = Opening();
        wire.ReferralOpened.MergeFrom(new byte[] { 0xF8, 0x06, 0x01 });
        EntryWire.Read(wire.ToByteArray())?.Body.ShouldBeOfType<NotUnderstood>();
    }

    [Theory]
    [InlineData("author")]
    [InlineData("seq")]
    [InlineData("nonce")]
    [InlineData("dossier")]
    [InlineData("previous")]
    [InlineData("seen")]
    [InlineData("written at")]
    [InlineData("happened on")]
    [InlineData("unit")]
    public void An_entry_whose_envelope_is_malformed_is_no_entry(string part)
    {
        var wire = Opening();
        switch (part)
        {
            case "author": wire.Author = "XX"; break;
            case "seq": wire.Seq = 0; break;
            case "nonce": wire.Nonce = ByteString.CopyFrom(new byte[15]); break;
            case "dossier": wire.DossierId = ByteString.CopyFrom(new byte[32]); break;
            case "previous": wire.Previous = ByteString.CopyFrom(new byte[31]); break;
            case "seen": wire.Seen.Add(new DossierWire.Head { Author = "LA", Seq = 1, Hash = ByteString.CopyFrom(new byte[1]) }); break;
            case "written at": wire.WrittenAt = null; break;
            case "happened on": wire.HappenedOn = "2026-02-30"; break;
            case "unit": wire.Office.Unit = "Ms. Example"; break;
        }
        EntryWire.Read(wire.ToByteArray()).ShouldBeNull();
    }

    static DossierWire.Entry Opening()
    {
        var golden = Path.Combine(Checkout.Root, "tests", "CountryNode.Tests", "Wire", "Golden", "Opened.hex");
        return DossierWire.Entry.Parser.ParseFrom(Convert.FromHexString(File.ReadAllText(golden).ReplaceLineEndings("")));
    }
}
