using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;

namespace Coordination.CountryNode.Pages.Forms;

/// <summary>What people write in their own words beside a statement, and in which language they do.</summary>
static class FreeText
{
    public const string Note = "particulars.note", Language = "particulars.text_language", TranslationOwed = "particulars.translation_owed";

    /// <summary>The note, and the language of all that is text.</summary>
    public static IReadOnlyList<FormField> Fields(Words words) =>
    [
        new(Note, FieldKind.Note, words["Note for the people of both countries"], words["Sealed; nobody on the way can read it. No name, nothing by which the person is known."]),
        new(Language, FieldKind.Choice, words["In which language you write here"], Choices: Languages(words)),
        new(TranslationOwed, FieldKind.Flag, words["It still has to be translated"], words["The other country sees that a translation is owed."]),
    ];

    public static IReadOnlyList<Choice> Languages(Words words) => [.. SpokenLanguages.All.Select(language => new Choice(language.Code, words[language.Name]))];

    /// <summary>Whoever writes is taken to write in the language in which they read.</summary>
    public static Entered Usual(Entered entered, Words words) => entered.With(Language, SpokenLanguages.CodeOf(words.Language.Tag));

    /// <summary>Puts the note beside a statement, and the language where anything is written at all.</summary>
    /// <param name="particulars">With what else is told.</param>
    /// <param name="entered">What was typed.</param>
    /// <param name="isWritten">Something else than the note is text.</param>
    public static void Into(Particulars particulars, Entered entered, bool isWritten)
    {
        particulars.Note = entered.Lines(Note);
        if (!isWritten && particulars.Note.Length == 0) return;
        particulars.TextLanguage = entered.Text(Language);
        particulars.TranslationOwed = entered.Flag(TranslationOwed);
    }
}
