-- Commands that wait for a second person. Nothing of them has left the node.

create table submission (
    id           text        primary key,
    -- By which command: the same again gets the same submission.
    office       text        not null,
    command_id   text        not null,
    -- Who submitted it, as the office's accounts know the person: whoever approves is another. Never leaves the node.
    person       text        not null,
    -- Null for an opening.
    dossier_id   bytea       references dossier (id),
    statement    text        not null,
    -- What would be stated, as an entry without its place.
    draft        bytea       not null,
    -- The particulars, encrypted under the dossier's key, or for an opening under one of their own.
    at_rest      bytea       not null,
    earlier      bytea       check (length(earlier) = 32),
    -- The office knows that it contradicts.
    contradicts  boolean     not null,
    submitted_at timestamptz not null,
    -- Null while it waits.
    settled_at   timestamptz,
    settled_as   text        check (settled_as in ('Approved', 'SentBack')),
    settled_by   text,
    reason       text,
    check ((settled_at is null) = (settled_as is null)),
    unique (office, command_id)
);

create index submission_waiting on submission (submitted_at) where settled_at is null;
create index submission_office on submission (office, submitted_at);
create index submission_dossier on submission (dossier_id);

-- Who approves in whose place, and when: days in this country, both inclusive.
create table delegation (
    from_office text not null,
    to_office   text not null,
    from_day    date not null,
    until_day   date not null,
    primary key (from_office, to_office)
);

create index delegation_to on delegation (to_office);
