-- Which keys were destroyed, as far as this database knows: the list outside it has to know as many.
create table erasure (
    -- A dossier; of an opening that waited for a second person, the key that it had of its own.
    dossier_id bytea       primary key check (length(dossier_id) = 32),
    erased_at  timestamptz not null,
    -- Who hears of it: whoever reads this node's entry, or its certificate. Null where a crash came between.
    said_by    text        check (said_by in ('Statement', 'Certificate'))
);

-- What was to be read beside the statement is erased, and it is written no more.
alter table submission add column erased boolean not null default false;

-- What is not erased, be it due or asked for. Codes, days and offices, never text.
create table legal_hold (
    number       bigint      generated always as identity primary key,
    dossier_id   bytea       not null references dossier (id),
    basis        text        not null check (basis in ('StatutoryRetention', 'CriminalProceedings', 'CourtOrder')),
    -- A day in this country, inclusive.
    until_day    date        not null,
    placed_at    timestamptz not null,
    placed_by    text        not null,
    -- As the office's accounts know the person; never leaves the node.
    placed_person text       not null,
    -- Null while nobody ended it.
    ended_at     timestamptz,
    ended_by     text,
    ended_person text,
    check (num_nulls(ended_at, ended_by, ended_person) in (0, 3))
);

create index legal_hold_dossier on legal_hold (dossier_id);

-- What was deleted under the country's table of periods, signed. Committed with the deletion.
create table certificate (
    number    bigint      primary key check (number >= 1),
    at        timestamptz not null,
    -- A serialised coordination.dossier.v1.DeletionCertificate.
    bytes     bytea       not null,
    signature bytea       not null,
    key_id    text        not null
);
