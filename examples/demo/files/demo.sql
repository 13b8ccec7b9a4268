create table planet(name text, moons integer);
insert into planet values ('Mercury', 0), ('Venus', 0), ('Earth', 1), ('Mars', 2),
 ('Jupiter', 95), ('Saturn', 146), ('Uranus', 28), ('Neptune', 16);
select name || ' has ' || moons || ' moons' from planet where moons > 10 order by moons desc;
select 'sqlite says: ' || integrity_check from pragma_integrity_check;
