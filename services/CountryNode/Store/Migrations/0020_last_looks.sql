-- Up to where a person has seen what changed, for each office that the person acts for: a place in the node's history of changes.
create table accounts.last_look (
    person_id text not null references accounts.person (id) on delete cascade,
    office    text not null,
    place     text not null,
    primary key (person_id, office)
);
