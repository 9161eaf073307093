-- Somebody looked at what the door turned away: by which office, who of it, and why. It is shown no more, and kept.
alter table audit
    add column discarded_at  timestamptz,
    add column discarded_by  text,
    add column discarded_for text,
    add check ((discarded_at is null) = (discarded_by is null) and (discarded_at is null) = (discarded_for is null));
create index audit_shown on audit (at) where discarded_at is null;
