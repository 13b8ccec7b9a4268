#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The compiler wrapper as makefiles, configure and CMake use it.  Programs are
# run on spt.  usage: t_cc.sh BUILD
set -u
bin=$1/bin
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
T=$bin/x86_64-rumprun-linux-musl
failed=0
check() {	# name, then a command that must succeed
	name=$1; shift
	if "$@" >"$work/log" 2>&1; then echo "ok   cc: $name"; return; fi
	echo "FAIL cc: $name"; failed=1; head -5 "$work/log"
}
refuses() {	# words that the error must hold, then a command that must fail
	words=$1; shift
	rm -f out
	! "$@" >msg 2>&1 && [ ! -e out ] && grep -q "$words" msg
}
runs() {	# expected output, program
	"$bin/rumprun-bake" spt_generic "$2.img" "$2" &&
	    [ "$("$bin/rumprun" --timeout 120 spt "$2.img")" = "$1" ]
}

cat > hello.c <<'E2'
#include <stdio.h>
int main(void) { printf("hello %d\n", 42); return 0; }
E2
cat > ctor.c <<'E2'
#include <stdio.h>
static __thread int tls = 7;
__attribute__((constructor(200))) static void b(void) { printf("b"); }
__attribute__((constructor(101))) static void a(void) { printf("a"); }
__attribute__((constructor)) static void c(void) { printf("c%d", tls); }
__attribute__((destructor)) static void d(void) { printf("d\n"); }
int main(void) { printf("-main-"); return 0; }
E2
cat > weak.c <<'E2'
extern int nobody(void) __attribute__((weak));
int gone(void) { return nobody ? nobody() : 0; }
int kept(void) { return 7; }
E2
cat > useweak.c <<'E2'
#include <stdio.h>
int kept(void);
int main(void) { printf("%d\n", kept()); return 0; }
E2
echo 'int missing(void); int main(void) { return missing(); }' > undef.c
echo 'int twice(int x) { return 2 * x; }' > twice.c
cat > use.c <<'E2'
#include <stdio.h>
#include <math.h>
int twice(int);
int common_symbol;
int main(int c, char **v) { (void)v; printf("%d %.0f\n", twice(21), sqrt(c + 143.0)); return 0; }
E2
only_gates() { ! nm -u "$1" | grep -v ' w ' |
    grep -vE ' (rump_sysimpl_[a-z0-9_]+|_GLOBAL_OFFSET_TABLE_)$' &&
    [ "$(nm -g --defined-only "$1" | awk '{ print $3 }')" = rumprun_entry ]; }

check "compile and link" "$T-gcc" -O2 -g -Wall -Werror -o hello hello.c
check "lines for debuggers, unless -g0 is given" sh -c "'$T-gcc' -c twice.c &&
    readelf -S twice.o | grep -q debug_line && '$T-gcc' -g0 -c twice.c &&
    ! readelf -S twice.o | grep -q debug_line"
check "only gates are undefined, only the entry is global" only_gates hello
check "runs" runs "hello 42" hello
check "constructors in order, TLS, destructors" sh -c \
    "'$T-cc' -O2 -o ctor ctor.c"
check "constructors run" runs "abc7-main-d" ctor
check "weak symbol that nobody defines" sh -c "'$T-gcc' -c weak.c &&
    '$T-ar' rc libweak.a weak.o && '$T-gcc' -o weak useweak.c -L. -lweak"
check "weak symbol is no symbol" runs "7" weak
check "undefined symbol is an error that names it" \
    refuses missing "$T-gcc" -o out undef.c
check "-shared is refused" refuses shared "$T-gcc" -shared -o out twice.c
if mkfifo pipe && mkdir folder; then
	check "an output that is no file stays what it is" sh -c \
	    "cat pipe >piped & '$T-gcc' -O2 -o pipe hello.c && wait &&
	    [ -p pipe ] && [ -s piped ]"
	check "a folder is no output" refuses folder "$T-gcc" -o folder hello.c
fi
check "-m32 is refused" refuses x86-64 "$T-gcc" -m32 -o out hello.c
check "-fsanitize is refused" refuses sanitizers \
    "$T-gcc" -fsanitize=address -o out hello.c
lto() { "$T-gcc" -flto -O2 -c twice.c use.c && "$T-ar" rcs libtwice.a twice.o &&
    "$T-ranlib" libtwice.a && "$T-gcc" -flto -O2 -o lto use.o -L. -ltwice -lm; }
check "LTO objects in an archive" lto
check "LTO program runs" runs "42 12" lto
sections() { "$T-gcc" -ffunction-sections -fdata-sections -fcommon \
    -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-rpath,/x -pthread -static-pie \
    -march=x86-64 -o sect use.c twice.c -lpthread -lm; }
check "flags of ordinary builds" sections
check "its program runs" runs "42 12" sect
check "-dumpmachine" sh -c "[ \$('$T-gcc' -dumpmachine) = x86_64-rumprun-linux-musl ]"
check "preprocess from standard input" sh -c \
    "echo '#include <stdio.h>' | '$T-cpp' - | grep -q printf"
check "the host's headers stay out" sh -c \
    "! '$T-gcc' -E -v hello.c 2>&1 | grep -q '^ /usr/include'"
check "-x c from standard input" sh -c \
    "'$T-gcc' -x c -o stdin - < hello.c && [ -f stdin ]"
check "dependencies" sh -c "'$T-gcc' -MD -c hello.c && grep -q stdio.h hello.d"
check "@file" sh -c "echo '-O1 -o resp hello.c' > args && '$T-gcc' @args && [ -f resp ]"
check "syscall(n) and an unknown call" sh -c "cat > sc.c <<'E3'
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { int r = syscall(999); printf(\"%d %d %d\n\", r, errno == ENOSYS, syscall(SYS_getpid) == getpid()); return 0; }
E3
'$T-gcc' -o sc sc.c"
sc() { "$bin/rumprun-bake" spt_generic sc.img sc &&
    "$bin/rumprun" --timeout 120 spt sc.img > sc.out 2>&1
    grep -q '^-1 1 1$' sc.out && grep -q '999 does not exist' sc.out; }
check "it is ENOSYS, named on the console" sc
cat > show.c <<'E4'
#include <stdio.h>
int main(int c, char **v)
{
	for (int i = 0; i < c; i++)
		printf("[%s]", v[i]);
	return c;
}
E4
run_here() { RUMPRUN_RUN=spt "$T-gcc" -o show show.c
    rc=0; ./show 'a "b\' '' > show.out || rc=$?
    [ $rc = 3 ] && [ "$(cat show.out)" = '[show][a "b\][]' ]; }
check "RUMPRUN_RUN=spt: the output runs here" run_here
baked() { "$bin/rumprun-bake" spt_generic show.img show &&
    [ "$("$bin/rumprun" spt show.img x)" = '[show][x]' ]; }
check "and can be baked" baked
conf() { mkdir -p cm && cat > cm/CMakeLists.txt <<'E2'
cmake_minimum_required(VERSION 3.13)
project(x C)
include(CheckFunctionExists)
check_function_exists(getpid HAVE_GETPID)
check_function_exists(no_such_function HAVE_NO_SUCH)
if(NOT HAVE_GETPID OR HAVE_NO_SUCH)
  message(FATAL_ERROR "checks are wrong")
endif()
add_library(twice ../twice.c)
add_executable(x ../use.c)
target_link_libraries(x twice m)
E2
cmake -S cm -B cmb -DCMAKE_TOOLCHAIN_FILE="$bin/../share/rumpkit/rumprun.cmake" &&
    cmake --build cmb && cp cmb/x cmx; }
check "a CMake project" conf
check "its program runs" runs "42 12" cmx
exit $failed
