-- Each thing is told once to each office: to whom a referral is given later, what was told before is told as well.
alter table notice drop constraint notice_dossier_id_clock_owes_number_cause_about_kind_round_key;
create unique index notice_once on notice (dossier_id, clock, owes, number, cause, about, kind, round, coalesce(office, ''));
