-- What goes with case files and is too large for them, in pieces, each encrypted under the dossier's own key.
create table attachment (
    dossier_id    bytea       not null references dossier (id),
    -- Who released it, or will: an id is an author's own.
    author        text        not null,
    id            text        not null,
    -- Under which CaseFileReleased it is pulled; null for this node's own.
    release       bytea       references entry (hash),
    -- A serialised coordination.referral.v1.Attachment, encrypted; empty while an office is still sending it.
    about_at_rest bytea       not null default '',
    added_at      timestamptz not null,
    -- All of it is here, and its hash is the one that its release names.
    complete      boolean     not null default false,
    -- When its author is asked for it next; doubled with every try.
    ask_at        timestamptz not null,
    tries         integer     not null default 0,
    primary key (dossier_id, author, id)
);

create index attachment_release on attachment (release);
create index attachment_asked on attachment (author, ask_at) where not complete and release is not null;

create table attachment_piece (
    dossier_id bytea   not null,
    author     text    not null,
    id         text    not null,
    number     integer not null check (number >= 0),
    at_rest    bytea   not null,
    primary key (dossier_id, author, id, number),
    foreign key (dossier_id, author, id) references attachment (dossier_id, author, id) on delete cascade
);

-- Whether the attachments that a pulled case file names are in the table above.
alter table case_file add attachments_noted boolean not null default false;

create index case_file_unnoted on case_file (recipient) where not attachments_noted;
