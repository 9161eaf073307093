using System.Collections;
using Coordination.Contracts.Referral.V1;
using Coordination.Screens.Languages;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Pages;

/// <summary>What messages say, in words.</summary>
static class Spoken
{
    /// <summary>What is owed: which follow-up, which item.</summary>
    public static string Debt(Debt debt, Words words) => (debt.Clock, debt.Number) switch
    {
        (Clock.FollowUp, var number and > 0) => words["{0}, number {1}", Vocabulary.Code(debt.Clock, words), number],
        (Clock.Prepare, var item and > 0) => words["{0}: {1}", Vocabulary.Code(debt.Clock, words), Vocabulary.Code((PreparationItem)item, words)],
        _ => Vocabulary.Code(debt.Clock, words),
    };

    /// <summary>What a case file says, part by part; parts that say nothing are left out, as are fields.</summary>
    public static IEnumerable<(string Part, IReadOnlyList<IReadOnlyList<(string Label, string Value)>> Rows)> CaseFile(CaseFile file, Words words)
    {
        foreach (var field in Contracts.Referral.V1.CaseFile.Descriptor.Fields.InDeclarationOrder())
        {
            IReadOnlyList<(string, string)>[] rows = field.Accessor.GetValue(file) switch
            {
                string text => [[(Vocabulary.CaseFilePart(field.Name, words), text)]],
                IEnumerable several => [.. several.OfType<IMessage>().Select(Row)],
                IMessage one => [Row(one)],
                _ => [],
            };
            if (rows.Where(row => row.Any(said => said.Item2.Length > 0)).ToArray() is { Length: > 0 } said) yield return (field.Name, said);
        }

        IReadOnlyList<(string, string)> Row(IMessage message) =>
        [
            .. message.Descriptor.Fields.InDeclarationOrder().Select(field => (Vocabulary.Field($"{message.Descriptor.Name}.{field.Name}", words).Label, Value(field, field.Accessor.GetValue(message))))
                .Where(said => said.Item2.Length > 0),
        ];

        string Value(FieldDescriptor field, object value) => (field.FieldType, value) switch
        {
            (FieldType.Bool, true) => words["Yes"],
            (FieldType.Enum, _) when field.EnumType.FindValueByNumber(Convert.ToInt32(value)) is { Number: not 0 } code => Vocabulary.Code(code, words),
            (_, string text) => text,
            (_, ulong number) => number.ToString(),
            _ => "",
        };
    }

    public static string Notice(Notice notice, Words words) => words["{0}: {1}",
        notice.SubmissionId.Length > 0 ? Vocabulary.ToDo(notice.Statement, words) : Vocabulary.Code(notice.Clock, words), Vocabulary.Code(notice.Kind, words)];
}
