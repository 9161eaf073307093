-- Dossiers in which the person took the consent from a country to which case files had gone.
create table taken_back (
    dossier_id bytea   primary key references dossier (id) on delete cascade,
    -- How many case files were taken back, and of how many the keys are destroyed: fewer while a legal hold is in force.
    releases   integer not null check (releases > 0),
    erased     integer not null default 0
);

create index taken_back_unerased on taken_back (dossier_id) where releases <> erased;

-- Made out once for what is held already.
update dossier set stale_until = '-infinity';
