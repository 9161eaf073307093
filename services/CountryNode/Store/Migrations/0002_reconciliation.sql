-- What two nodes compare to find what every road lost.

-- SHA-256 over the sorted hashes of all entries of the dossier's writers; null until the opening is held. Kept with every
-- entry, so that a comparison folds nothing.
alter table dossier add column digest bytea check (length(digest) = 32);

update dossier set digest = (
    select sha256(string_agg(entry.hash, ''::bytea order by entry.hash)) from entry
    join participant on participant.dossier_id = entry.dossier_id and participant.node = entry.author and participant.writes
    where entry.dossier_id = dossier.id)
where kind is not null or exists (select from participant where participant.dossier_id = dossier.id);
