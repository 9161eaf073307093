-- What lists, deadlines and streams of changes know: made from the folds, and from nothing else.

alter table dossier
    -- The other country.
    add column counterpart text,
    add column type        text check (type in (
        'Repatriation', 'Reintegration', 'FamilyTracing', 'HostProtection', 'WitnessAppearance', 'LocateAndProtect')),
    add column urgency     text check (urgency in ('Routine', 'Urgent')),
    -- The office of this node that has it, role@unit.
    add column office      text,
    -- Since when it is held at all: lists are in this order.
    add column held_since  timestamptz not null default now(),
    -- The overview may have changed without an entry; null while it is right. A replica that remakes it holds it until then.
    add column stale_until timestamptz;

create index dossier_listed on dossier (held_since desc, id desc);
-- By which a later referral names an earlier one: the first 16 bytes of SHA-256('coord/earlier-referral/v1' ‖ 0 ‖ id).
create index dossier_earlier on dossier (substring(sha256('\x636f6f72642f6561726c6965722d726566657272616c2f763100'::bytea || id) from 1 for 16));
create index dossier_stale on dossier (stale_until) where stale_until is not null;

-- What is owed now, with its dates. Replaced whole with every entry; what was told stays told (notice).
create table debt (
    dossier_id     bytea       not null references dossier (id),
    clock          text        not null,
    owes           text        not null,
    number         integer     not null check (number >= 0),
    cause          bytea       not null check (length(cause) = 32),
    -- The entry to be answered; empty where none is.
    about          bytea       not null check (length(about) in (0, 32)),
    -- The office that must act, role@unit.
    office         text,
    awaiting_since timestamptz,
    warn_at        timestamptz,
    due_at         timestamptz,
    again_every    interval,
    progress_every integer     not null default 0,
    -- When something may have to be told of it; null when never.
    look_at        timestamptz,
    primary key (dossier_id, clock, owes, number, cause, about)
);

create index debt_look on debt (look_at) where look_at is not null;
create index debt_due on debt (due_at, dossier_id);

-- What offices were told, each thing once.
create table notice (
    id         bigint      generated always as identity primary key,
    dossier_id bytea       not null references dossier (id),
    clock      text        not null,
    owes       text        not null,
    number     integer     not null,
    cause      bytea       not null,
    about      bytea       not null,
    kind       text        not null check (kind in ('Warning', 'Late', 'Escalated', 'Progress', 'Alarm')),
    round      integer     not null check (round >= 1),
    -- To whom, role@unit; null for the node's administrators.
    office     text,
    at         timestamptz not null,
    unique (dossier_id, clock, owes, number, cause, about, kind, round)
);

create index notice_office on notice (office, id);

-- Particulars, encrypted under the dossier's own key, which is not in this database nor in its backups.
create table part (
    entry_hash bytea not null references entry (hash),
    dossier_id bytea not null references dossier (id),
    recipient  text  not null,
    -- Empty when it was erased.
    at_rest    bytea not null,
    primary key (entry_hash, recipient)
);

create index part_dossier on part (dossier_id, recipient);

-- Entries that came to be held and have no number yet. Written with the entry; numbered by whoever reads the changes first.
create table unnumbered (
    entry_hash bytea primary key references entry (hash)
);

-- The order in which this node came to hold entries, without gaps: numbers are given in transactions that take turns, so
-- that whoever has read up to one has read all below it.
create table change (
    number     bigint primary key check (number >= 1),
    entry_hash bytea  not null unique references entry (hash)
);

insert into unnumbered (entry_hash) select hash from entry;
update dossier set
    held_since = coalesce((select min(entry.held_since) from entry where entry.dossier_id = dossier.id), held_since),
    stale_until = '-infinity';
