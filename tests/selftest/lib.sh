# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Part of selftest.sh: building, baking, running, results.
s=$build/selftest
T=x86_64-rumprun-linux-musl
short=${SHORT:+-short}

# Debian's source as it is, unpacked in $src; then the case's build() there.
# For Linux with Debian's musl and the same options.  A build is repeated when
# the case, the pinned source or the toolchain has changed.
build_program()
{
	kind=guest
	[ "$place" != linux ] || kind=linux
	progs=$s/$name/$kind
	key=$(cat "$here/cases/$name.sh" "$here/lib.sh" "$here/../../mk/sources" \
	    $([ $kind = linux ] || echo "$build/bin/rumprun-cc.sh" \
	    "$build/$T/lib/libc.a") | sha256sum)
	mkdir -p "$progs"
	exec 8>"$progs/.lock"
	flock 8
	if [ "$key" = "$(cat "$progs/.built" 2>/dev/null)" ]; then
		exec 8>&-
		return 0
	fi
	echo "  BUILD   selftest/$name/$kind"
	rm -rf "$progs"/* "$progs/.built"
	for p in $sources; do
		"$here/../../mk/fetch.sh" "$p" "$build/sources"
		mkdir "$progs/src-$p"
		tar -xf "$(ls "$build"/sources/"${p}"_*.orig.tar.*)" \
		    -C "$progs/src-$p" --strip-components=1
	done
	src=$progs/src-${sources%% *}
	(set +e; build_in "$src") >"$progs/build.log" 2>&1 </dev/null || {
		echo "FAIL selftest: $name: build for $kind"
		tail -n 20 "$progs/build.log" | cut -c1-300
		exit 1
	}
	echo "$key" >"$progs/.built"
	exec 8>&-
}
build_in()
{
	cd "$1" || exit 1
	unset MAKEFLAGS MFLAGS MAKELEVEL BUILD CFLAGS LDFLAGS SHORT
	case $kind in
	guest)	export PATH="$build/bin:$PATH"
		host=$T CC=$T-gcc AR=$T-ar RANLIB=$T-ranlib ;;
	linux)	host=x86_64-linux-musl CC="musl-gcc -static" AR=ar RANLIB=ranlib ;;
	esac
	set -ex
	cross="--host=$host --build=x86_64-linux-gnu"
	build
}

# image PROGRAM [ROOT]: bakes it unless nothing changed; name in $image.
image()
{
	case $place in
	linux)	return ;;
	spt)	set=spt_net ;;
	hw)	set=hw_virtio ;;
	esac
	image=$s/$name/$1.$place
	[ -f "$image" ] && [ "$progs/$1" -ot "$image" ] && [ -z "$(find \
	    "$build/lib/rumpkit" ${2:+"$2"} -newer "$image" | head -1)" ] ||
		"$build/bin/rumprun-bake" ${2:+--rootfs "$2"} "$set" \
		    "$image" "$progs/$1"
}

# boot PROGRAM [ARGUMENT...]: runs it in $root, which is the guest's root file
# system; a machine of its own each time, with $mem MiB.
boot()
{
	p=$1; shift
	case $place in
	linux)	(cd "$root" && exec env -i HOME=/ timeout "${limit:-600}" \
		    "$progs/$p" "$@") ;;
	spt)	"$build/bin/rumprun" spt -e HOME=/ -M "${mem:-256}" \
		    --timeout "${limit:-600}" "$image" "$@" ;;
	hw)	"$build/bin/rumprun" qemu --machine q35 -e HOME=/ \
		    -M "${mem:-256}" --timeout "${limit:-600}" "$image" "$@" ;;
	esac </dev/null
}

# One line for each test.
result() { echo "$1 $2" >>"$results"; }
# t TEST COMMAND...: by its status; what it prints is in the log.
t()
{
	test=$1; shift
	echo "== $test" >>"$log"
	if ("$@") >>"$log" 2>&1; then result ok "$test"
	else result FAIL "$test"
	fi
}

run_suite()
{
	. "$here/cases/$name.sh"
	build_program
	work=$s/work/$name.$place results=$s/$name.$place$short
	log=$results.log
	rm -rf "$work" "$log" "$results"
	mkdir -p "$work"
	: >"$results"
	start=$(date +%s)
	tests
	rm -rf "$work"
	printf '  %-12s %-5s %5d ok %4d FAIL %4d skip, %d s\n' "$name" "$place" \
	    "$(count ok "$results")" "$(count FAIL "$results")" \
	    "$(count skip "$results")" $(($(date +%s) - start))
}
count() { grep -c "^$1 " "$2" || true; }

# The tests that passed on Linux and not here, or were not run here at all.
worse()
{
	grep '^ok ' "$s/$name.linux$short" | sort >"$s/$name.want"
	grep '^ok ' "$s/$name.$1$short" | sort | comm -23 "$s/$name.want" - |
	    sed 's/^ok //'
	rm "$s/$name.want"
}
compare_results()
{
	rc=0
	for place in spt hw; do
		n=0
		for test in $(worse $place | tr ' ' '~'); do
			why=$(known "$place" "$(echo "$test" | tr '~' ' ')")
			if [ -n "$why" ]; then continue; fi
			n=$((n + 1))
			[ $n -gt 20 ] || echo "FAIL selftest: $name: $test on $place"
		done
		if [ $n != 0 ]; then rc=1; else
			echo "ok   selftest: $name on $place: $(count ok \
			    "$s/$name.$place$short") of $(count ok \
			    "$s/$name.linux$short") that pass on Linux"
		fi
	done
	exit $rc
}
# known PLACE TEST: why it cannot pass in a unikernel, from known/NAME:
# TEST (a pattern), then the reason.
known()
{
	[ -f "$here/known/$name" ] || return 0
	while read -r pattern why; do
		# shellcheck disable=SC2254 # a pattern
		case $2 in $pattern) echo "$why"; return ;; esac
	done <"$here/known/$name"
}

print_table()
{
	printf '| program | tests | Linux | spt | hw |\n'
	printf '| --- | --- | --- | --- | --- |\n'
	for name; do
		f=$s/$name
		[ -f "$f.linux" ] || continue
		printf '| %s | %d | %d | %s | %s |\n' "$name" \
		    "$(grep -c . "$f.linux")" "$(count ok "$f.linux")" \
		    "$([ ! -f "$f.spt" ] || count ok "$f.spt")" \
		    "$([ ! -f "$f.hw" ] || count ok "$f.hw")"
	done
}
