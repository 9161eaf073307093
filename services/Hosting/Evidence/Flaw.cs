namespace Coordination.Hosting.Evidence;

/// <summary>What is wrong with a bundle: a code for programs, a sentence for people.</summary>
public sealed record Flaw(FlawCode Code, string Text);

/// <summary>What programs tell apart.</summary>
public enum FlawCode
{
    /// <summary>It is no zip, or holds what no bundle holds, or not what every bundle does.</summary>
    NoBundle = 1,

    /// <summary>It is larger than any bundle.</summary>
    TooLarge,

    /// <summary>A trust list does not count under this root.</summary>
    Untrusted,

    /// <summary>What should be an entry, a receipt or particulars is none.</summary>
    Unreadable,

    /// <summary>No trust list names the key.</summary>
    KeyUnknown,

    /// <summary>What was signed was changed, or somebody else signed it.</summary>
    BadSignature,

    /// <summary>It is of another dossier.</summary>
    OtherDossier,

    /// <summary>It is there more than once.</summary>
    Twice,

    /// <summary>An entry that others speak of is not there.</summary>
    EntryMissing,

    /// <summary>A receipt, or a number of them, does not fit the entries.</summary>
    ReceiptsDiffer,

    /// <summary>An entry stands where another counts.</summary>
    Misplaced,

    /// <summary>They are not the particulars that an entry names, or are shown otherwise than they read.</summary>
    ParticularsDiffer,

    /// <summary>The key was not in use.</summary>
    KeyNotInUse,

    /// <summary>The key was compromised, and the entry lies beyond those that stand under it.</summary>
    KeyRevoked,
}
