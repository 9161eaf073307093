-- What a node holds of every dossier that names it. Entries are only ever added.

create table dossier (
    id            bytea       primary key check (length(id) = 32),
    -- Null until the opening is held.
    kind          text        check (kind in ('Referral')),
    -- How many entries are held, waiting ones too. Whoever writes compares it with what it judged on: the set only
    -- grows, so the same number is the same set, and the same heads.
    held          integer     not null check (held >= 0),
    -- Where the dossier stands, as its protocol calls it; null while its opening is missing or void.
    state         text,
    -- Since when entries wait for something that is missing; null while none does.
    waiting_since timestamptz
);

-- Whom to ask for what is missing, while something is. Each peer by itself: a slow one delays no other.
create table gap (
    dossier_id  bytea       not null references dossier (id),
    peer        text        not null,
    tries       integer     not null default 0,
    -- The next try is nobody's before this.
    fetch_after timestamptz not null,
    primary key (dossier_id, peer)
);

create index gap_due on gap (peer, fetch_after);

create table participant (
    dossier_id bytea   not null references dossier (id),
    node       text    not null,
    writes     boolean not null,
    primary key (dossier_id, node)
);

create index participant_node on participant (node, dossier_id);

create table entry (
    hash         bytea       primary key check (length(hash) = 32),
    dossier_id   bytea       not null references dossier (id),
    author       text        not null,
    seq          integer     not null check (seq >= 1),
    -- As signed and as sent.
    bytes        bytea       not null,
    signature    bytea       not null,
    key_id       text        not null,
    -- The peer that handed it on; null for what this node wrote itself.
    handed_on_by text,
    held_since   timestamptz not null
);

-- Not unique: both entries of a fork are kept as evidence.
create index entry_chain on entry (dossier_id, author, seq);

-- This node itself never writes two entries in one place.
create unique index entry_written_once on entry (dossier_id, seq) where handed_on_by is null;

create table receipt (
    dossier_id  bytea       not null references dossier (id),
    author      text        not null,
    seq         integer     not null check (seq >= 1),
    hash        bytea       not null references entry (hash),
    holder      text        not null,
    received_at timestamptz not null,
    bytes       bytea       not null,
    signature   bytea       not null,
    key_id      text        not null,
    primary key (hash, holder)
);

create index receipt_chain on receipt (dossier_id, holder, author, seq);

-- One row per peer and dossier while the peer lacks something that this node wrote. Committed with the entry.
create table outbox (
    peer          text        not null,
    dossier_id    bytea       not null references dossier (id),
    -- The peer's receipt has to reach this far before the row goes.
    last_seq      integer     not null check (last_seq >= 1),
    queued_at     timestamptz not null,
    -- Whoever carries the row holds it until then, or it rests until then; null while neither.
    claimed_until timestamptz,
    -- Why the peer refused for good; a person has to look.
    stopped_by    text,
    primary key (peer, dossier_id)
);

create index outbox_dossier on outbox (dossier_id);
create index outbox_due on outbox (peer, queued_at);

-- What was answered to a command, so that the same command again gets the same answer.
create table command (
    office       text        not null,
    command_id   text        not null,
    request_hash bytea       not null,
    answer       bytea       not null,
    answered_at  timestamptz not null,
    primary key (office, command_id)
);

-- What the door refused, or kept without letting it count. Codes and digests only.
create table audit (
    id         bigint      generated always as identity primary key,
    at         timestamptz not null,
    reason     text        not null,
    peer       text        not null,
    entry_hash bytea       not null,
    dossier_id bytea,
    -- The same again from the same peer adds no row.
    unique (entry_hash, reason, peer)
);
