-- What offices are told of a statement that waits for a second person.

alter table submission
    -- When whoever may approve is told again; null once that was done.
    add column remind_at timestamptz;

-- What waits already is told of at once.
update submission set remind_at = submitted_at where settled_at is null;

create index submission_remind on submission (remind_at) where remind_at is not null and settled_at is null;

-- A notice is about a debt, or about a submission; an opening that waits has no dossier yet.
alter table notice
    alter column dossier_id drop not null,
    alter column clock drop not null,
    alter column owes drop not null,
    alter column number drop not null,
    alter column cause drop not null,
    alter column about drop not null,
    -- For whoever may approve where no office is named.
    add column submission_id text references submission (id),
    drop constraint notice_kind_check,
    add constraint notice_kind_check check (kind in ('Warning', 'Late', 'Escalated', 'Progress', 'Alarm', 'Submitted', 'Waiting', 'SentBack')),
    add constraint notice_of_submission check ((submission_id is not null) = (kind in ('Submitted', 'Waiting', 'SentBack'))),
    add constraint notice_of_debt check (submission_id is not null or num_nulls(dossier_id, clock, owes, number, cause, about) = 0),
    add constraint notice_of_submission_once unique (submission_id, kind, round);
