namespace Coordination.Domain.Dossiers;

/// <summary>What a protocol makes of one entry. Closed: applied, recorded or void.</summary>
public abstract record Outcome<TState>
{
    private protected Outcome() { }

    public static implicit operator Outcome<TState>(TState state) => new Applied<TState>(state);

    public static implicit operator Outcome<TState>(Void refusal) => new Voided<TState>(refusal.Reason);
}

/// <summary>The entry stands; this is the state after it.</summary>
public sealed record Applied<TState>(TState State) : Outcome<TState>;

/// <summary>A happening that does not fit: it counts, and both sides owe a resolution.</summary>
public sealed record Recorded<TState>(TState State, Reason Reason) : Outcome<TState>;

/// <summary>The entry is void: kept, and changes nothing.</summary>
public sealed record Voided<TState>(Reason Reason) : Outcome<TState>;

/// <summary>An entry that the fold does not apply, with the reason; converts to the outcome of any protocol.</summary>
public sealed record Void(Reason Reason)
{
    public static Void Because(ReasonCode code, string text) => new(new Reason(code, text));
}

/// <summary>Why an entry is void or only recorded: a code for programs, a sentence for people.</summary>
public sealed record Reason(ReasonCode Code, string Text);

/// <summary>The reasons that programs tell apart.</summary>
public enum ReasonCode
{
    /// <summary>A decision that the state does not allow.</summary>
    NotOpen = 1,

    /// <summary>The statement is the other participant's to make.</summary>
    WrongParticipant,

    /// <summary>A code that is not allowed in this dossier.</summary>
    CodeNotAllowed,

    /// <summary>The author is no writer of the dossier.</summary>
    ForeignAuthor,

    /// <summary>The entry's form is not what the protocol asks for.</summary>
    WrongForm,

    /// <summary>The author wrote two entries in one place, here or before.</summary>
    Forked,

    /// <summary>The key was revoked, and this entry lies beyond the heads that stand.</summary>
    KeyRevoked,

    /// <summary>The dossier's opening is itself void.</summary>
    OpeningVoid,

    /// <summary>There is no consent, or it does not name the receiver.</summary>
    ConsentMissing,

    /// <summary>The consent had ended.</summary>
    ConsentExpired,

    /// <summary>A minor's referral without the one who authorised it.</summary>
    AuthorisationMissing,

    /// <summary>Tracing a minor's family without a determination of best interests.</summary>
    BestInterestsMissing,

    /// <summary>An answer is waited for until a day before the opening.</summary>
    ReplyByPassed,

    /// <summary>It answers nothing that is asked now.</summary>
    AnswersNothing,

    /// <summary>Its author took it back.</summary>
    Retracted,

    /// <summary>A happening that does not fit: it counts, and both sides owe a resolution.</summary>
    Contradicts,

    /// <summary>No assessment stands by which the person may return.</summary>
    ReturnNotAssessed,

    /// <summary>The person's wish to return is missing, older than 30 days, or another.</summary>
    WishMissing,

    /// <summary>A child without a receiving shelter or suitable care.</summary>
    CareMissing,

    /// <summary>It names another plan than the one that stands, or one that was used.</summary>
    OtherPlan,

    /// <summary>The return is held.</summary>
    Held,

    /// <summary>A hold is renewed only with the person's agreement.</summary>
    PersonHasNotAgreed,

    /// <summary>The outcome is not open where the referral stands.</summary>
    OutcomeNotOpen,

    /// <summary>Written without knowledge of what was said of the journey.</summary>
    JourneyUnseen,

    /// <summary>The day to reply by has not passed.</summary>
    NotDueYet,
}
