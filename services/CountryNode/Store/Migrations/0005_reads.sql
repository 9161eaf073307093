-- What streams of changes need to be resumed after anything, and what keeps lists quick.

-- The order in which entries came, told by no clock: taken under the lock of the dossier, so that in one dossier nothing
-- comes before what was committed earlier; between dossiers any order is right.
alter table unnumbered rename to unnumbered_before;
create table unnumbered (
    entry_hash bytea  primary key references entry (hash),
    arrived    bigint not null generated always as identity unique
);

-- What was numbered before is numbered anew: its numbers have no trail.
insert into unnumbered (entry_hash) select entry_hash from change order by number;
insert into unnumbered (entry_hash)
    select entry.hash from unnumbered_before join entry on entry.hash = unnumbered_before.entry_hash order by entry.held_since, entry.author, entry.seq, entry.hash;
drop table unnumbered_before;
delete from change;

-- What tells one history of changes from another: SHA-256 over the trail before and the entry. After a restore the same
-- number may be the same entry and yet follow on others.
alter table change add column trail bytea not null check (length(trail) = 32);

-- Each list in its order, so that a page reads what it shows. What has no date comes last.
drop index debt_due;
create index debt_listed on debt (coalesce(due_at, 'infinity'::timestamptz), dossier_id, clock, owes, number, cause, about);
create index debt_office on debt (office, owes, coalesce(due_at, 'infinity'::timestamptz), dossier_id);
-- What is late.
create index debt_due on debt (due_at, dossier_id) where due_at is not null;
create index dossier_office on dossier (office, held_since desc, id desc);
create index dossier_counterpart on dossier (counterpart, held_since desc, id desc);
create index dossier_state on dossier (state, held_since desc, id desc);
