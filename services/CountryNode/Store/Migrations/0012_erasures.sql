-- Which keys were destroyed, as far as this database knows: the list outside it has to know as many.
create table erasure (
    -- A dossier; of an opening that waited for a second person, the key that it had of its own.
    dossier_id bytea       primary key check (length(dossier_id) = 32),
    erased_at  timestamptz not null
);

-- What was to be read beside the statement is erased, and it is written no more.
alter table submission add column erased boolean not null default false;
