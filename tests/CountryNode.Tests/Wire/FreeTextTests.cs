using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>Entries are kept and handed on for ever: no word about a person may find a place in one.</summary>
/// <remarks>
/// Every field that could hold words is listed here with the form that it is checked against. A new one fails until
/// it is listed, and then until it refuses words.
/// </remarks>
public sealed class FreeTextTests
{
    const string Day = "a day, YYYY-MM-DD", Code = "a country's or node's code", PlaceCode = "a place code", Unit = "a unit of the directory",
        Hash = "32 bytes", Token = "16 bytes";

    static readonly Dictionary<string, string> Forms = new(StringComparer.Ordinal)
    {
        ["coordination.dossier.v1.Entry.dossier_id"] = Hash,
        ["coordination.dossier.v1.Entry.nonce"] = Token,
        ["coordination.dossier.v1.Entry.author"] = Code,
        ["coordination.dossier.v1.Entry.previous"] = Hash,
        ["coordination.dossier.v1.Entry.answers"] = Hash,
        ["coordination.dossier.v1.Entry.happened_on"] = Day,
        ["coordination.dossier.v1.Entry.on_behalf_of"] = Code,
        ["coordination.dossier.v1.Entry.letter"] = Hash,
        ["coordination.dossier.v1.ParticularsDigest.recipient"] = Code,
        ["coordination.dossier.v1.ParticularsDigest.digest"] = Hash,
        ["coordination.dossier.v1.Head.author"] = Code,
        ["coordination.dossier.v1.Head.hash"] = Hash,
        ["coordination.dossier.v1.Opening.writers"] = Code,
        ["coordination.dossier.v1.Opening.readers"] = Code,
        ["coordination.directory.v1.Office.unit"] = Unit,
        ["coordination.referral.v1.Opened.host"] = Code,
        ["coordination.referral.v1.Opened.origin"] = Code,
        ["coordination.referral.v1.Opened.reply_by"] = Day,
        ["coordination.referral.v1.Opened.best_interests_on"] = Day,
        ["coordination.referral.v1.Opened.earlier_referral"] = Token,
        ["coordination.referral.v1.Opened.group"] = Token,
        ["coordination.referral.v1.Opened.assistance"] = Token,
        ["coordination.referral.v1.Consent.recipients"] = Code,
        ["coordination.referral.v1.Consent.until"] = Day,
        ["coordination.referral.v1.ConsentWithdrawn.Part.recipients"] = Code,
        ["coordination.referral.v1.OnwardProposed.country"] = Code,
        ["coordination.referral.v1.CaseFileReleased.case_file"] = Hash,
        ["coordination.referral.v1.WishRecorded.on"] = Day,
        ["coordination.referral.v1.ChildSafeguardRecorded.on"] = Day,
        ["coordination.referral.v1.ReturnPlanned.plan"] = Token,
        ["coordination.referral.v1.ReturnPlanned.replaces"] = Token,
        ["coordination.referral.v1.ReturnPlanned.travel_on"] = Day,
        ["coordination.referral.v1.ReturnPlanned.meeting_point"] = PlaceCode,
        ["coordination.referral.v1.ReturnHeld.until"] = Day,
        ["coordination.referral.v1.Accompanied.plan"] = Token,
        ["coordination.referral.v1.Accompanied.place"] = PlaceCode,
        ["coordination.referral.v1.DidNotTravel.plan"] = Token,
        ["coordination.referral.v1.DidNotTravel.place"] = PlaceCode,
        ["coordination.referral.v1.Met.plan"] = Token,
        ["coordination.referral.v1.Met.place"] = PlaceCode,
        ["coordination.referral.v1.NotArrived.plan"] = Token,
        ["coordination.referral.v1.NotArrived.place"] = PlaceCode,
        ["coordination.referral.v1.FoundSafe.plan"] = Token,
        ["coordination.referral.v1.FoundSafe.in"] = Code,
        ["coordination.referral.v1.FollowUpReported.next_due"] = Day,
    };

    /// <summary>Sentences, short and long, in letters of more than one kind, and one that begins as a good value does.</summary>
    static readonly Dictionary<string, string[]> Words = new(StringComparer.Ordinal)
    {
        [Day] = ["She is afraid.", "2026-11-22 she was afraid", "ວັນທີ 22"],
        [Code] = ["She is afraid.", "LA, where her aunt is", "ລາວ"],
        [PlaceCode] = ["She waits at the bridge.", "LA-VTE-FB1 by the bridge", "LA-VTE-she waits", "LA-ສະພານ"],
        [Unit] = ["She is afraid.", "datip, ask for the aunt", "Datip", "ພະແນກ"],
        [Hash] = ["She is afraid.", "She is afraid of going home and nobody asked why.", "ນາງຢ້ານ"],
        [Token] = ["She is afraid.", "She is afraid of going home.", "ນາງຢ້ານ"],
    };

    public static TheoryData<string> Fields => [.. Forms.Keys];

    [Fact]
    public void Every_field_of_an_entry_that_could_hold_words_has_a_form()
    {
        // Nothing that an entry can hold is of a kind that takes whatever it is given.
        Place.Messages.Where(message => message.FullName.StartsWith("google.", StringComparison.Ordinal)).Select(message => message.FullName).ShouldBe(["google.protobuf.Timestamp"]);
        Place.Messages.SelectMany(message => message.Fields.InDeclarationOrder())
            .Where(field => field.FieldType is FieldType.String or FieldType.Bytes or FieldType.Group)
            .Select(field => field.FullName).ShouldBe(Forms.Keys, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_of_an_entry_refuses_words(string field)
    {
        var tried = 0;
        foreach (var name in GoldenEntries.All.Keys)
        {
            for (var i = 0; Place.AllIn(GoldenEntries.Message(name)).Where(place => place.Field.FullName == field).ElementAtOrDefault(i) is not null; i++)
            {
                foreach (var words in Words[Forms[field]])
                {
                    var wire = GoldenEntries.Message(name);
                    var place = Place.AllIn(wire).Where(place => place.Field.FullName == field).ElementAt(i);
                    place.Put(place.Field.FieldType is FieldType.Bytes ? ByteString.CopyFromUtf8(words) : words);
                    var read = EntryWire.Read(wire.ToByteArray());
                    (read?.Body is null or Misshapen).ShouldBeTrue($"{field} of {name} takes words.");
                    (read?.Body as Misshapen)?.Why.ShouldNotContain(words);
                    tried++;
                }
            }
        }
        tried.ShouldBeGreaterThan(0);
    }
}
