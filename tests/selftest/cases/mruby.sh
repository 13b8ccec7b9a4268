# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# mruby 3.1.0: mrbtest, the tests of the language, the library and all gems of
# the core, as `rake test` builds and runs them; one line for each assertion.
# Where it calls fork, the child moves descriptors and execs: vfork is enough.
sources=mruby
# The host's mruby has the compiler of the library, nothing else.
build()
{
	cat >"$progs/config.rb" <<-'EOT'
	MRuby::Build.new do |conf|
	  conf.toolchain :gcc
	  conf.gem :core => "mruby-bin-mrbc"
	end
	MRuby::CrossBuild.new("target") do |conf|
	  conf.toolchain :gcc
	  conf.cc.defines << "fork=vfork"
	  conf.cc.command = conf.linker.command = ENV["TARGET_CC"]
	  conf.archiver.command = ENV["TARGET_AR"]
	  conf.gembox "full-core"
	  conf.enable_test
	end
	EOT
	TARGET_CC=$CC TARGET_AR=$AR
	unset CC AR
	export TARGET_CC TARGET_AR MRUBY_CONFIG="$progs/config.rb"
	ruby ./minirake -j 2 -v test:build
	cp build/target/bin/mrbtest "$progs"
}
# "name : ." and a letter for what is no pass; a name may come several times,
# and what the kernel says may stand before the letter.
tests()
{
	root=$work/root
	mkdir -p "$root/etc" "$root/tmp" "$root/usr/bin"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	other=
	if [ "$place" != linux ]; then
		other busybox busybox
		commands "$root"
	fi
	# shellcheck disable=SC2086 # nothing, on Linux
	image mrbtest "$root" $other $other
	rc=0
	boot mrbtest -v >"$log" 2>&1 || rc=$?
	awk -v rc=$rc '
	function result(word, name) {
		gsub(/[ \t]+/, "_", name)
		if (n[name]++)
			name = name "." n[name]
		print word, name
	}
	BEGIN {
		word["."] = word["W"] = "ok"; word["?"] = "skip"
		word["F"] = word["X"] = "FAIL"
	}
	sub(/rumpkit: system call .*/, "") { begun = $0; getline; $0 = begun $0 }
	/ : [.?FXW]$/ {
		c = substr($0, length($0))
		sub(/ : .$/, "")
		result(word[c], $0)
	}
	# The end of an assertion that has others in it.
	/^[FX]$/ { result("FAIL", "enclosing") }
	/^  Total: / { total = $2 }
	END { result(total ? "ok" : "FAIL", "status") }' "$log" >>"$results"
}
