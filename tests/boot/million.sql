create table t(id integer primary key, a integer, b text);
with recursive c(x) as (select 1 union all select x+1 from c where x<1000000) insert into t select x, (x*2654435761)%1000003, 'row '||x from c;
create index ta on t(a);
select count(*), sum(a), max(b) from t where a between 1000 and 50000;
select b from t where a=(select min(a) from t);
pragma integrity_check;
