-- A log that was set back goes on beside what was countersigned of it before: a witness may countersign a row of the same number again.
alter table log_witness drop constraint log_witness_pkey;
alter table log_witness add column place bigint generated always as identity primary key;
alter table log_witness add constraint log_witness_head unique (node, witness, number, head);
-- The row of this node's log that acknowledges that the log does not fit; null for none.
alter table log_witness add column acknowledged_by bigint;
