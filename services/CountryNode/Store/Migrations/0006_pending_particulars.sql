-- The particulars of a withdrawal that is not signed yet, encrypted under the dossier's key; empty for none.
alter table pending_withdrawal add column at_rest bytea not null default '';
