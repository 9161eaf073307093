-- What people show to be let in counts once and is tried a few times, whichever process of the node is asked, and however many are at once.
alter table accounts.person
    -- The last step of time of which a code of the authenticator app counted: neither it nor an older one counts again.
    add column app_step bigint not null default 0,
    -- When that was asked which a passkey or hardware key answered last: no answer to it, or to what was asked before, counts again.
    add column key_asked_at timestamptz not null default '-infinity';

-- Wrong passwords and codes, by the name under which they were shown, be anybody called so or not: who is locked out learns nothing of the name.
create table accounts.attempt (
    -- SHA-256 of the name in capitals: what people type in its place by mistake is kept nowhere.
    name  bytea primary key,
    wrong integer not null,
    -- From then on it is forgotten.
    until timestamptz not null
);
create index on accounts.attempt (until);
