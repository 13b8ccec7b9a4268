/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: what is wrong is said in one line, and nothing is run;
 * -n prints a command that a shell takes as it is.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static struct result res;

static void
test_bad_options(void)
{
	const char *g = guest("guest");

	EXPECT_ERROR("no platform", "-n");
	EXPECT_ERROR("no image", "qemu");
	EXPECT_ERROR("unknown platform bhyve", "bhyve", g);
	EXPECT_ERROR("xen: not yet", "xen", g);
	EXPECT_ERROR("firecracker: not yet", "firecracker", g);
	EXPECT_ERROR("unknown option -Z", "qemu", "-Z", g);
	EXPECT_ERROR("unknown option --nonsense", "qemu", "--nonsense", g);
	EXPECT_ERROR("needs a value", "qemu", "-M");
	EXPECT_ERROR("-M 12X", "qemu", "-M", "12X", g);
	EXPECT_ERROR("-M -1", "qemu", "-M", "-1", g);
	EXPECT_ERROR("-M 0", "qemu", "-M", "0", g);
	EXPECT_ERROR("-D 65536", "qemu", "-D", "65536", g);
	EXPECT_ERROR("-e NOVALUE", "qemu", "-e", "NOVALUE", g);
	EXPECT_ERROR("--machine vax", "qemu", "--machine", "vax", g);
	EXPECT_ERROR("--boot floppy", "qemu", "--boot", "floppy", g);
	EXPECT_ERROR("quote is not closed", "qemu", "-g", "a 'b", g);
	EXPECT_ERROR("exclude each other", "qemu", "-d", "-i", g);
	EXPECT_ERROR("-o FILE", "iso", g);
	EXPECT_ERROR("--uefi boots ISO", "qemu", "--uefi", g);
	EXPECT_ERROR("folder /nonexistent", "qemu", "--core", "/nonexistent/c",
	    g);
	EXPECT_ERROR("--core does not apply", "iso", "-o", "x", "--core", "c",
	    g);
	EXPECT_ERROR("--core and -D", "spt", "-D", "1234", "--core", "c", g);
	EXPECT_ERROR("cannot be read", "qemu", "-b", "/nonexistent", g);
}

static void
test_bad_networks(void)
{
	const char *g = guest("guest");

	EXPECT_ERROR("expected tag,interface", "qemu", "-I", "t", g);
	EXPECT_ERROR("no -I with that tag", "qemu", "-W", "t,inet,dhcp", g);
	EXPECT_ERROR("neither inet", "qemu", "-W", "t,ipx,dhcp", g);
	EXPECT_ERROR("is no inet address", "qemu", "-W",
	    "t,inet,static,10.0.0.256/8", g);
	EXPECT_ERROR("mask 33", "qemu", "-W", "t,inet,static,10.0.0.1/33", g);
	EXPECT_ERROR("expected addr/mask", "qemu", "-W",
	    "t,inet,static,10.0.0.1", g);
	EXPECT_ERROR("is no inet address", "qemu", "-W",
	    "t,inet,static,10.0.0.1/8,gw", g);
	EXPECT_ERROR("there is an interface", "qemu", "-I", "t,a", "-I",
	    "t,b", g);
	EXPECT_ERROR("ip tuntap add nosuchtap0 mode tap", "qemu", "-I",
	    "nosuchtap0,vioif", g);
	EXPECT_ERROR("ip tuntap add nosuchtap0 mode tap", "spt", "-I",
	    "nosuchtap0,vioif", guest("guest-spt"));
	EXPECT_ERROR("TAP devices only", "spt", "-I", "t,vioif,user",
	    guest("guest-spt"));
	EXPECT_ERROR("longer than 15", "qemu", "-I",
	    "a-name-of-16-chr,vioif", g);
	EXPECT_ERROR("there is no -I", "qemu", "--pcap", "f", g);
	EXPECT_ERROR("no -I with that tag", "qemu", "-I", "t,vioif,user",
	    "--pcap", "u,f", g);
	EXPECT_ERROR("several interfaces", "qemu", "-I", "t,vioif,user",
	    "-I", "u,vioif,user", "--pcap", "f", g);
	EXPECT_ERROR("has a capture", "qemu", "-I", "t,vioif,user",
	    "--pcap", "f", "--pcap", "t,f", g);
	EXPECT_ERROR("/nonexistent/f", "qemu", "-I", "t,vioif,user",
	    "--pcap", "/nonexistent/f", g);
}

static void
test_bad_images(void)
{
	char empty[] = "/tmp/t_options.XXXXXX";
	int fd = mkstemp(empty);

	EXPECT_ERROR("No such file", "qemu", "/nonexistent");
	EXPECT_ERROR("the file is empty", "qemu", empty);
	EXPECT_ERROR("neither ELF nor ISO", "qemu", "/etc/passwd");
	EXPECT_ERROR("rumprun-bake did not make", "qemu", "/bin/true");
	EXPECT_ERROR("rumprun-bake did not make", "spt", "/bin/true");
	EXPECT_ERROR("not an image yet, bake it", "qemu", guest("guest.o"));
	EXPECT_ERROR("not a regular file", "qemu", "/dev/null");
	EXPECT_ERROR("s a directory", "qemu", "/tmp");
	EXPECT_ERROR("image is for hw, run with: rumprun qemu", "spt",
	    guest("guest"));
	EXPECT_ERROR("image is for spt, run with: rumprun spt", "qemu",
	    guest("guest-spt"));
	EXPECT_ERROR("needs at least 268435456 KiB of memory, -M gives it "
	    "262144", "qemu", guest("guest-big"));
	EXPECT_ERROR("needs at least 2048 KiB", "qemu", "-M", "2047K",
	    guest("guest"));
	/* Cut off within the ELF header, and a header that lies. */
	CHECK_EQ((int)write(fd, "\177ELF\2\1\1", 7), 7);
	EXPECT_ERROR("not an image", "qemu", empty);
	CHECK_EQ((int)pwrite(fd, "\2\0\76\0\1\0\0\0\0\0\0\0\0\0\0\0"
	    "\377\377\377\377\377\377\377\177", 24, 16), 24);
	CHECK_EQ((int)pwrite(fd, "\70\0\377\377\0\0", 6, 54), 6);
	CHECK_EQ(ftruncate(fd, 64), 0);
	EXPECT_ERROR("not an image", "qemu", empty);
	close(fd);
	unlink(empty);
}

/* What a shell makes of the printed line. */
static void
test_dry_run(void)
{
	static char line[70000], out[65536];
	size_t n;
	FILE *fp;

	RUN(&res, "-n", "qemu", "--boot", "multiboot", "-M", "2", "-e",
	    "A=it's \"x\" $HOME `id` \\", "-g", "-foo 'b c'",
	    guest("guest"), "a\tb", "");
	CHECK_EQ(res.status, 0);
	CHECK_EQ(res.errlen, 0);
	CHECK(strchr(res.out, '\n') == res.out + res.outlen - 1);
	res.out[res.outlen - 1] = '\0';
	snprintf(line, sizeof(line), "printf '%%s\\n' %s", res.out);
	fp = popen(line, "r");
	n = fread(out, 1, sizeof(out) - 1, fp);
	out[n] = '\0';
	CHECK_EQ(pclose(fp), 0);
	CHECK(strncmp(out, "qemu-system-x86_64\n", 19) == 0);
	CHECK(strstr(out, "\n-m\n2M\n") != NULL);
	CHECK(strstr(out, "\n-foo\nb c\n") != NULL);
	CHECK(strstr(out, "\n{\"env\":[\"A=it's \\\"x\\\" $HOME `id` \\\\\"],"
	    "\"rc\":[{\"argv\":[\"a\\tb\",\"\"]}]}\n") != NULL);
	if (check_failures)
		printf("%s\n", out);

	RUN(&res, "-n", "-S", "qemu", guest("guest"));
	CHECK(strncmp(res.out, "sudo qemu-system", 16) == 0);
	RUN(&res, "-n", "spt", guest("guest-spt"), "x");
	CHECK(strncmp(res.out, "env -i /", 8) == 0);
	CHECK(strstr(res.out, "--rumpkit-mem=268435456 -- '{\"rc\":[{\"argv\":"
	    "[\"x\"]}]}'") != NULL);
}

/* The printed command, run by hand, works. */
static void
test_by_hand(void)
{
	FILE *fp;
	char out[300];
	size_t n;

	RUN(&res, "-n", "qemu", "--boot", "multiboot", guest("guest"),
	    "exit=5");
	res.out[res.outlen - 1] = '\0';
	strcat(res.out, " 2>&1 </dev/null");
	fp = popen(res.out, "r");
	n = fread(out, 1, sizeof(out) - 1, fp);
	out[n] = '\0';
	CHECK_EQ(pclose(fp) >> 8, 11);	/* isa-debug-exit: 5 * 2 + 1 */
	CHECK(strstr(out, "booted by multiboot") != NULL);
	CHECK(strstr(out, "\001exit 005\n") != NULL);
}

int
main(void)
{
	test_bad_options();
	test_bad_networks();
	test_bad_images();
	test_dry_run();
	test_by_hand();
	RUN(&res, "--help");
	CHECK_EQ(res.status, 0);
	CHECK(strstr(res.out, "usage: rumprun") != NULL);
	RUN(&res, "--version");
	CHECK_EQ(res.status, 0);

	/* Tools that are not there are named with their package. */
	setenv("PATH", "/nonexistent", 1);
	EXPECT_ERROR("install the package qemu-system-x86", "qemu",
	    guest("guest"));
	EXPECT_ERROR("install the package grub-common", "iso", "-o", "/tmp/x",
	    guest("guest"));
	EXPECT_ERROR("install the package gdbserver", "spt", "-D", "1234",
	    guest("guest-spt"));
	return check_done();
}
