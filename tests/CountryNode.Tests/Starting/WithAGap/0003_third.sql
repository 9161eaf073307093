create table third (id integer primary key);
