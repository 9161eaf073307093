-- Why something was sent back is words about a case: encrypted as the particulars of the submission are, and erased with
-- them. What was kept in clear is not kept on.
alter table submission
    drop column reason,
    -- Empty for none.
    add column reason_at_rest bytea not null default '';
