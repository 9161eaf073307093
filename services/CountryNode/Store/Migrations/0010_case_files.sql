-- Case files that this node released, or pulled: encrypted under the dossier's own key; empty for what was erased before it came.
create table case_file (
    -- Of its CaseFileReleased.
    entry_hash bytea primary key references entry (hash),
    dossier_id bytea not null references dossier (id),
    -- To whom it was released.
    recipient  text  not null,
    at_rest    bytea not null
);

create index case_file_dossier on case_file (dossier_id);

-- A release that waits for a second person: what would be released, encrypted; empty for anything else.
alter table submission add case_file_at_rest bytea not null default '';

-- Who opened what about a person: each row holds the hash of the one before, so that none can be changed or left out between two.
create table access (
    number bigint      primary key check (number >= 1),
    -- Of the bytes.
    hash   bytea       not null check (length(hash) = 32),
    at     timestamptz not null,
    -- A serialised coordination.dossier.v1.AccessRow.
    bytes  bytea       not null
);
