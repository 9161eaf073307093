-- Peers whose databases were set back: up to which of its hand-overs what arrives from each is late.
create table floor (
    peer      text   primary key,
    hand_over bigint not null check (hand_over > 0)
);
