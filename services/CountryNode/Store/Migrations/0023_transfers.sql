-- What whoever leaves an office leaves for whoever comes: a note, and the list of open matters at that moment, signed. It is the
-- office's, one for each; a new one takes the place of the one before, and what stood in that can be read no more.
create table transfer (
    office   text        primary key,
    -- Random: by it the transfer's own key is found in the key folder, as a dossier's by its id.
    id       bytea       not null unique check (length(id) = 32),
    -- A SignedTransfer, encrypted under that key.
    content  bytea       not null,
    left_by  text        not null,
    left_at  timestamptz not null,
    taken_by text,
    taken_at timestamptz,
    check ((taken_by is null) = (taken_at is null))
);
