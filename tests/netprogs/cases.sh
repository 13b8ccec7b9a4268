# SPDX-License-Identifier: BSD-2-Clause
# Part of netprogs.sh: what each program must do.
# shellcheck shell=sh disable=SC2154,SC2086

users()
{
	printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/\n' \
	    >"$1/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$1/etc/group"
}
# Files to serve, a certificate for both ends; made once.
files()
{
	www=$out/www
	(	flock 9
		[ ! -f "$www/.done" ] || exit 0
		rm -rf "$www"
		mkdir -p "$www/data/conf" "$www/data/logs" "$www/data/html" \
		    "$www/tmp" "$www/etc"
		cp "$here/nginx.conf" "$progs/src-nginx/conf/mime.types" \
		    "$www/data/conf"
		users "$www"
		printf '127.0.0.1 localhost\n%s server\n' $host >"$www/etc/hosts"
		for f in "1 one" "612 index.html" "65536 64k" "1048576 1m" \
		    "16777216 16m"; do
			head -c ${f% *} /dev/urandom >"$www/data/html/${f#* }"
		done
		: >"$www/data/html/empty"
		seq 20000 >"$www/data/html/text"
		openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \
		    -subj /CN=rumpkit -addext \
		    "subjectAltName=IP:$host,IP:$guest,DNS:server" \
		    -keyout "$www/data/conf/key.pem" \
		    -out "$www/data/conf/cert.pem"
		touch "$www/.done"
	) 9>"$www.lock" >"$www.log" 2>&1
}

case_nginx()
{
	files
	image nginx "$www"
	serve 256 80
	client get http://$guest "$www/data/html"
	client get https://$guest "$www/data/html" "$www/data/conf/cert.pem"
	client keepalive $guest 80 2000 "$www/data/html/index.html"
	client many $guest 80 "$many" "$www/data/html/index.html"
	in_ns wrk -t1 -c256 -d3 --timeout 30 http://$guest/index.html >"$work.wrk"
	cat "$work.wrk"
	! grep -E "Socket errors|Non-2xx" "$work.wrk"
	client get http://$guest "$www/data/html"
}

# SAVE and DEBUG RELOAD write the data set to tmpfs and read it back.
case_redis()
{
	image redis-server
	serve 256 6379 --protected-mode no --save "" --dir /tmp \
	    --enable-debug-command yes --appendonly yes \
	    --auto-aof-rewrite-percentage 0
	cli="in_ns redis-cli -h $guest"
	[ "$($cli set key "a value")" = OK ]
	[ "$($cli get key)" = "a value" ]
	in_ns redis-benchmark -h $guest -q -n "$requests" -c 50 \
	    -t ping,set,get,incr,lpush,lrange_100,mset
	in_ns redis-benchmark -h $guest -q -n 5000 -c 16 -P 16 -d 4096 \
	    -t set,get
	in_ns redis-benchmark -h $guest -q -n "$requests" -r 10000 -d 100 \
	    -P 16 -t set,lpush,hset,zadd,sadd
	sum=$($cli debug digest)
	[ "$($cli save)" = OK ]
	[ "$($cli debug reload)" = OK ]
	[ "$($cli debug digest)" = "$sum" ]
	[ "$($cli debug loadaof)" = OK ]
	[ "$($cli debug digest)" = "$sum" ]
	[ "$($cli get key)" = "a value" ]
	$cli info persistence | grep aof_last_write_status:ok
	$cli shutdown nosave || true
	wait $pids
}

# Redis's own tests, those that need neither fork nor a second server (expire
# has some).
case_redistest()
{
	image redis-server
	serve 256 6379 --protected-mode no --save "" --dir /tmp \
	    --enable-debug-command yes
	units=
	for u in type/string type/incr type/hash type/set type/zset keyspace \
	    sort multi pubsub bitops bitfield scripting functions quit; do
		units="$units --single unit/$u"
	done
	rm -rf "$work"
	mkdir "$work"
	cp -r "$progs/src-redis/tests" "$progs/src-redis/runtest" "$work"
	mkdir "$work/src"
	for p in cli benchmark server; do
		ln -s "$(command -v redis-cli)" "$work/src/redis-$p"
	done
	(cd "$work" && timeout 700 nsenter --net="/run/netns/$ns" \
	    ./runtest --host $guest \
	    --port 6379 --clients 1 --timeout 60 --tags \
	    "-slow -needs:repl -needs:save -needs:reset" $units)
	rm -rf "$work"
}

case_memcached()
{
	[ -d "$out/users" ] || {
		mkdir -p "$work/etc"
		users "$work"
		mv -T "$work" "$out/users" || rm -r "$work"
	}
	image memcached "$out/users"
	serve 128 11211 -u root -m 32 -c 512 -t 2 -U 0 -l 0.0.0.0
	client memcached $guest
}

# The server is not there, or busy, until it is done with the one before.
iperf3_to()
{
	tries=0
	until in_ns iperf3 -c $guest "$@" >"$work.iperf3" 2>&1; do
		cat "$work.iperf3"
		tries=$((tries + 1))
		[ $tries -lt 50 ] || return 1
		grep -qE 'unable to connect|server is busy' "$work.iperf3" ||
		    return 1
		sleep 0.2
	done
	cat "$work.iperf3"
}
case_iperf3()
{
	image iperf3
	serve 128 5201 -s
	iperf3_to -n "$bulk"
	iperf3_to -n "$bulk" -R
	iperf3_to -n "$bulk" -P 4
	iperf3_to -u -b 10M -n 1M
	iperf3_to -u -b 10M -n 1M -R
}

# The guest fetches; the text goes through its console.
case_curl()
{
	files
	image curl "$www"
	nsenter --net="/run/netns/$ns" "$here/client.py" serve $host "$www/data/html" \
	    "$www/data/conf/cert.pem" "$www/data/conf/key.pem" &
	pids="$pids $!"
	client wait $host 8080
	client wait $host 8443
	run 128 -sS http://$host:8080/text http://$host:8080/text
	cat "$www/data/html/text" "$www/data/html/text" | cmp - "$work.log"
	run 128 -sS --cacert /data/conf/cert.pem https://server:8443/text
	cmp "$www/data/html/text" "$work.log"
	run 128 -sS -o /tmp/out -w '%{http_code} %{size_download}\n' \
	    http://$host:8080/16m
	[ "$(cat "$work.log")" = "200 16777216" ]
	rc=0
	run 128 -sS https://server:8443/text || rc=$?
	[ $rc = 60 ]	# the certificate is unknown without --cacert
	rc=0
	run 128 -sS http://$host:81/ || rc=$?
	[ $rc = 7 ]	# refused
}
