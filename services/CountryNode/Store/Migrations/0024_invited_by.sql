-- Who invited a person last, as grants have it: an invitation empties an account.
alter table accounts.person add column invited_by text, add column invited_at timestamptz;
