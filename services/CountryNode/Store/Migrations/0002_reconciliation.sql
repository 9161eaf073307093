-- What two nodes compare to find what every road lost.

-- SHA-256 over the sorted hashes of all entries of the dossier's writers; null until the opening is held. Kept with every
-- entry, so that a comparison folds nothing.
alter table dossier add column digest bytea check (length(digest) = 32);

update dossier set digest = (
    select sha256(string_agg(entry.hash, ''::bytea order by entry.hash)) from entry
    join participant on participant.dossier_id = entry.dossier_id and participant.node = entry.author and participant.writes
    where entry.dossier_id = dossier.id)
where kind is not null or exists (select from participant where participant.dossier_id = dossier.id);

-- How often something that this node wrote was handed over. The key folder, which no backup of this database holds, knows
-- the same number: a database that is behind it was set back.
create table hand_over (
    one    boolean primary key default true check (one),
    number bigint  not null check (number >= 0)
);

insert into hand_over (number) values (0);

-- With whom this node still has to catch up before it signs on, after its database was set back.
create table catch_up (
    peer       text   not null,
    -- One dossier; empty for every dossier that names the peer.
    dossier_id bytea  not null check (length(dossier_id) in (0, 32)),
    -- The hand-over that was known when it began: a comparison that was begun before that does not end it.
    number     bigint not null,
    primary key (peer, dossier_id)
);

-- Withdrawals of consent that act here and could not be signed yet.
create table pending_withdrawal (
    office     text        not null,
    command_id text        not null,
    dossier_id bytea       not null references dossier (id),
    -- An entry that descends from nothing and never leaves: what is to be signed, by whom, of which day.
    draft      bytea       not null,
    pended_at  timestamptz not null,
    primary key (office, command_id),
    foreign key (office, command_id) references command (office, command_id)
);

create index pending_withdrawal_dossier on pending_withdrawal (dossier_id);

-- A gap that lasts is said once, whichever replica finds it: since when the one lasted that was said.
alter table dossier add column gap_said timestamptz;

create index dossier_waiting on dossier (waiting_since) where waiting_since is not null;

-- Since when the peer answers that it waits for something missing; null while it does not.
alter table outbox add column waiting_since timestamptz;
