namespace Coordination.Simulation.Tests;

/// <summary>What goes wrong. A campaign in which one of them never struck shows nothing, and fails.</summary>
enum Fault
{
    /// <summary>A call does not arrive.</summary>
    RequestLost = 1,

    /// <summary>A call is done, and the caller never hears.</summary>
    AnswerLost,

    /// <summary>A call arrives late, maybe long after its caller gave up.</summary>
    Delayed,

    /// <summary>A call arrives twice.</summary>
    Duplicated,

    /// <summary>A call arrives after one that was made later.</summary>
    Overtaken,

    /// <summary>Two nodes cannot reach each other for a while.</summary>
    Partition,

    /// <summary>A process is killed when it asks something of its store, which then does not happen.</summary>
    CrashBeforeCommit,

    /// <summary>A process is killed after the store did what it was asked, before it hears.</summary>
    CrashAfterCommit,

    /// <summary>A process is killed when it calls a peer, before the call leaves.</summary>
    CrashBeforeCall,

    /// <summary>A process is killed when a peer's answer comes.</summary>
    CrashAfterAnswer,

    /// <summary>The store fails, and did nothing.</summary>
    StoreFails,

    /// <summary>The store did what it was asked, and its connection breaks before it says so.</summary>
    StoreAnswerLost,

    /// <summary>An office gives up waiting in the middle of its command.</summary>
    OfficeHungUp,

    /// <summary>A node's clock is wrong from the beginning.</summary>
    ClockSkew,

    /// <summary>A node's clock is set, forward or back.</summary>
    ClockJump,

    /// <summary>A node's database is put back to an older backup.</summary>
    BackupPutBack,

    /// <summary>An entry is handed on before what it descends from.</summary>
    OutOfTurn,

    /// <summary>A peer hands on again what it holds, in any order.</summary>
    HandedOnAgain,

    /// <summary>Bytes that are no entry come to the door.</summary>
    Malformed,

    /// <summary>An entry comes to the door under a signature that is not its author's.</summary>
    Forged,

    /// <summary>An entry comes to the door under a key that no trust list names.</summary>
    UnknownKey,
}
