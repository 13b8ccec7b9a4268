# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Python 3.11.2: `python3 -m test` of the modules in python/modules.  The
# standard library is in the root file system, the extension modules are linked
# in (_ctypes is not: it wants dlopen); the interpreter is in the image twelve
# times, as one of asyncio's tests starts ten at once.
sources="python3.11 zlib bzip2 xz-utils sqlite3 openssl"
ossl="no-shared no-dso no-engine no-tests no-async no-aria no-camellia no-seed
no-sm2 no-sm3 no-sm4 no-cms no-ts no-cmp no-gost no-srp no-comp no-rfc3779
no-legacy no-afalgeng no-secure-memory"
build()
{
	r=$progs/lib-root
	# Linux's own headers, which musl-gcc leaves out.
	if [ "$kind" = linux ]; then
		mkdir "$progs/linux-headers"
		ln -s /usr/include/linux /usr/include/asm-generic \
		    /usr/include/x86_64-linux-gnu/asm "$progs/linux-headers"
		CC="$CC -idirafter $progs/linux-headers"
	fi
	(cd ../src-zlib && CHOST=$host CC=$CC ./configure --static \
	    --prefix="$r" && make -j2 libz.a && make install)
	(cd ../src-bzip2 && make -j2 libbz2.a CC="$CC" AR=$AR RANLIB=$RANLIB &&
	    cp bzlib.h "$r/include" && cp libbz2.a "$r/lib")
	(cd ../src-xz-utils && ./configure $cross CC="$CC" --prefix="$r" \
	    --disable-shared --disable-nls && make -j2 -C src/liblzma install)
	(cd ../src-sqlite3 && ./configure $cross CC="$CC" --prefix="$r" \
	    --disable-shared --disable-readline --disable-tcl \
	    --disable-load-extension --enable-threadsafe &&
	    make -j2 libsqlite3.la && make lib_install &&
	    cp sqlite3.h "$r/include")
	(cd ../src-openssl && CC=$CC AR=$AR RANLIB=$RANLIB ./Configure \
	    linux-x86_64 $ossl --libdir=lib --prefix="$r" --openssldir=/etc/ssl &&
	    make -j2 build_libs && make install_dev)
	build_python
}
# What configure cannot find out without running programs; as Debian's machine
# answers it.  musl's threads have 128 KiB of stack, too little for Python.
build_python()
{
	./configure $cross --prefix=/usr --with-build-python=/usr/bin/python3.11 \
	    --disable-shared --without-ensurepip --with-openssl="$r" \
	    CC="$CC" AR=$AR READELF=/usr/bin/readelf \
	    CFLAGS="-DTHREAD_STACK_SIZE=0x100000" \
	    CPPFLAGS="-I$r/include" LDFLAGS="-L$r/lib" \
	    PKG_CONFIG_LIBDIR="$r/lib/pkgconfig" MODULE_BUILDTYPE=static \
	    ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no \
	    ac_cv_buggy_getaddrinfo=no ac_cv_posix_semaphores_enabled=yes \
	    ac_cv_broken_sem_getvalue=no
	cp Modules/Setup.stdlib Modules/Setup.local
	make -j2 python pybuilddir.txt
	cp python "$progs/python3"
}
tests()
{
	. "$here/python/tests.sh"
	python_tests
}
