-- What one person wrote alone, because nobody else was on duty and a life was at risk: a second person says afterwards whether it was right.
alter table submission
    -- Its entry; null for what is written only once it is approved.
    add column written bytea references entry (hash),
    -- By when a second person has to have said so.
    add column due_at timestamptz,
    add constraint submission_written check ((written is null) = (due_at is null));

create index submission_alone on submission (submitted_at, id) where written is not null;
create unique index submission_written_once on submission (written) where written is not null;
