-- How far nodes have countersigned each other's access logs: other nodes this one's, and this one theirs.
create table log_witness (
    -- Whose log.
    node      text        not null,
    -- Who countersigned it.
    witness   text        not null,
    -- Up to which row.
    number    bigint      not null check (number >= 1),
    -- The log's head after it.
    head      bytea       not null check (length(head) = 32),
    at        timestamptz not null,
    -- A serialised coordination.dossier.v1.LogWitness, as signed.
    bytes     bytea       not null,
    signature bytea       not null,
    key_id    text        not null,
    primary key (node, witness, number)
);
