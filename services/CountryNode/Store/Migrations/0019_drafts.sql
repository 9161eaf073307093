-- Referrals that an office has begun to write and not sent. Nothing of them has left the node.
create table draft (
    -- Random: by it the draft's own key is found in the key folder, as a dossier's by its id.
    id         bytea       primary key check (length(id) = 32),
    office     text        not null,
    -- What was entered so far, encrypted under that key.
    content    bytea       not null,
    begun_at   timestamptz not null,
    kept_at    timestamptz not null
);
create index draft_office on draft (office, kept_at desc);
