#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# x86_64-rumprun-linux-musl-{gcc,cc,cpp}: gcc with musl's headers; linking
# makes one relocatable object that rumprun-bake turns into an image.
# Man page: x86_64-rumprun-linux-musl-gcc(1).
set -eu
triple=x86_64-rumprun-linux-musl
self=$(readlink -f "$0")
sys=${self%/*/*}/$triple
gcc=${RUMPRUN_GCC:-gcc}
name=${0##*/}
die() { echo "$name: $*" >&2; exit 1; }
[ -f "$sys/lib/libc.a" ] || die "no libc in $sys: run make first"
inc=$("$gcc" -print-file-name=include)

# Response files first: gcc's quoting is xargs's.
for a; do
	shift
	case $a in
	@*)	[ -f "${a#@}" ] || { set -- "$@" "$a"; continue; }
		while IFS= read -r a; do set -- "$@" "$a"; done <<EOF
$(xargs -n1 printf '%s\n' < "${a#@}")
EOF
		;;
	*)	set -- "$@" "$a" ;;
	esac
done

link=1 out= inputs= verbose= stdlib=1 startfiles=1 next= n=$#
[ "$name" != "$triple-cpp" ] || { link=; set -- -E "$@"; n=$#; }
# Each argument is taken off the front and, when it stays, put at the end.
while [ "$n" -gt 0 ]; do
	a=$1; shift; n=$((n - 1))
	case $next in
	o) out=$a next=; continue ;;
	keep) set -- "$@" "$a"; next=; continue ;;
	esac
	case $a in
	-c|-S|-E|-M|-MM|-fsyntax-only) link= ;;
	-o) next=o; continue ;;
	-o?*) out=${a#-o}; continue ;;
	-dumpmachine) echo $triple; exit 0 ;;
	-print-sysroot) echo "$sys"; exit 0 ;;
	--version|-v|-V|-###|-dump*|-print*|--print*|--help*|-Q)
		case $a in -v|-###) verbose=1 ;; *) link= inputs=1 ;; esac ;;
	-x|-I|-D|-U|-include|-isystem|-idirafter|-iquote|-imacros|-MF|-MT|-MQ|\
	-L|-l|-Xlinker|-Xassembler|-Xpreprocessor|-T|-u|-e|-z|--param|-iprefix)
		next=keep
		case $a in
		-Xlinker) next=; shift; n=$((n - 1)); continue ;;
		-z|-e|-T) next=; shift; n=$((n - 1)); continue ;;
		-l) inputs=1 ;;
		esac ;;
	-static|-pie|-no-pie|-static-pie|-rdynamic|-pthread|-static-libgcc|-s)
		case $a in -pthread) set -- "$@" -D_REENTRANT ;; esac
		continue ;;
	-fno-pie|-fno-PIE|-fno-pic|-fno-PIC|-mcmodel=*) continue ;;
	-shared) die "-shared: an image has no dynamic linker; link static archives (configure --disable-shared)" ;;
	-fsanitize=*) die "$a: sanitizers run on the posix platform, not in an image" ;;
	-m32|-mx32) die "$a: images are x86-64 only" ;;
	-fsplit-stack|-pg) die "$a is not possible in an image" ;;
	-nostdlib) stdlib= startfiles= ;;
	-nodefaultlibs|-nolibc) stdlib= ;;
	-nostartfiles) startfiles= ;;
	-Wl,*)	# what only a dynamic linker or a final link understands goes
		keep=
		for w in $(echo "${a#-Wl,}" | tr , ' '); do
			case $w in
			--start-group|--end-group|--whole-archive|\
			--no-whole-archive|--wrap=*|--defsym=*|-L*|-l*|-\(|-\))
				keep=$keep,$w ;;
			esac
		done
		[ -n "$keep" ] || continue
		a=-Wl$keep ;;
	-lm|-lpthread|-lrt|-ldl|-lutil|-lresolv|-lxnet|-lcrypt|-lc) continue ;;
	-?*) ;;
	*) inputs=1 ;;
	esac
	set -- "$@" "$a"
done
flags="-nostdinc -isystem $sys/include/fortify -isystem $sys/include -isystem $inc -fPIE"
# A crash is reported with file and line, unless the command says -g0; the
# image has nothing of it, its .debug file has.
flags="$flags -g"
# Canaries on the stack unless the command says otherwise: it comes later.
flags="$flags -fstack-protector-strong"
# Frame pointers: a backtrace goes through the program and its libc.
flags="$flags -fno-omit-frame-pointer -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"

if [ -z "$link" ] || [ -z "$inputs" ]; then
	[ -z "$out" ] || set -- "$@" -o "$out"
	# shellcheck disable=SC2086
	exec "$gcc" $flags "$@"
fi

out=${out:-a.out}
tmp=$out.$$.tmp
# A device (configure scripts write to /dev/null) is written to, not replaced.
special=
if [ -e "$out" ] && [ ! -f "$out" ]; then
	[ ! -d "$out" ] || die "$out: is a folder, expected a file name"
	special=1
	tmp=$(mktemp -u "${TMPDIR:-/tmp}/$name.XXXXXX")
fi
trap 'rm -rf "$tmp" "$tmp.l" "$tmp.u" "$tmp.d" "$tmp.debug"' EXIT
trap 'exit 130' INT TERM HUP
libs= crt=
[ -z "$startfiles" ] || crt=$sys/lib/rumprun-crt0.o
libgcc=$("$gcc" -print-libgcc-file-name)
[ -z "$stdlib" ] || libs="-Wl,--start-group -lc $libgcc ${libgcc%.a}_eh.a -Wl,--end-group"
# The specs keep the host's library folders out.
export RUMPRUN_SYS="$sys"
flags="$flags -specs=$sys/lib/rumprun.specs"
[ -z "$verbose" ] || echo "$name: relocatable link of $out" >&2
# shellcheck disable=SC2086
"$gcc" $flags -r -nostdlib -Wl,-plugin-opt=-linker-output=nolto-rel -Wl,-T,"$sys/lib/rumprun-prog.lds" \
    -Wl,-d,--gc-sections,-u,rumprun_entry,-e,rumprun_entry \
    -o "$tmp" $crt "$@" -x none $libs
# Undefined and local: what ld leaves of weak references in sections that went.
[ -z "$startfiles" ] || readelf -sW "$tmp" |
    awk '$5 == "LOCAL" && $7 == "UND" && $8 != "" { print $8 }' > "$tmp.l"
[ ! -s "$tmp.l" ] || objcopy --strip-symbols="$tmp.l" "$tmp"
# Undefined symbols that no image can supply: let ld say it in its own words.
if [ -n "$startfiles" ] && nm -u "$tmp" | awk '$1 == "U" &&
    $2 !~ /^(rump_sysimpl_|rump_sysent_call$|_GLOBAL_OFFSET_TABLE_$)/ &&
    $2 !~ /^(_?_?etext|_?edata|_?end)$/ { print $2 }' |
    sort > "$tmp.u" && [ -s "$tmp.u" ]; then
	# shellcheck disable=SC2086
	"$gcc" $flags -static-pie -nostdlib -Wl,--gc-sections,-e,rumprun_entry \
	    -o "$tmp" $crt "$@" -x none $libs "$sys/lib/rumprun-gates.o" ||
	    exit 1
	die "undefined symbols in $out: $(tr '\n' ' ' < "$tmp.u")"
fi
[ -z "$startfiles" ] || objcopy --keep-global-symbol=rumprun_entry "$tmp"
# To be run on this machine, as configure scripts do: an spt image with the
# object inside, where rumprun-bake finds it.
if [ "${RUMPRUN_RUN:-}" = spt ] && [ -n "$startfiles" ]; then
	prog=$tmp.d/${out##*/}	# its name is the program's
	mkdir "$tmp.d"
	mv "$tmp" "$prog"
	"${self%/*}/rumprun-bake" spt_generic "$tmp" "$prog"
	objcopy --add-section .rumprun.prog="$prog" "$tmp"
	rm -rf "$tmp.debug" "$tmp.d"
fi
chmod 755 "$tmp"
if [ -n "$special" ]; then
	cat "$tmp" >"$out"
else
	mv "$tmp" "$out"
fi
