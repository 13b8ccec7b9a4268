/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ISO image boots by BIOS and UEFI, on pc and q35, and gives the guest's
 * output and nothing else.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static struct result res;

static int
files_in(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

static void
check_output(const char *what)
{
	CHECK_EQ(res.status, 42);
	CHECK_EQ(res.errlen, 0);
	CHECK(strcmp(res.out, "booted by multiboot2, flags 0\n"
	    "{\"env\":[\"A=$x'\"],\"rc\":[{\"argv\":[\"exit=42\",\"a b\"]}]}\n")
	    == 0);
	if (check_failures)
		printf("%s: %s%s\n", what, res.out, res.err);
}

int
main(void)
{
	char dir[] = "/tmp/t_iso.XXXXXX", iso[64], tmp[64];

	CHECK(mkdtemp(dir) != NULL);
	snprintf(iso, sizeof(iso), "%s/x.iso", dir);
	snprintf(tmp, sizeof(tmp), "%s/tmp", dir);
	mkdir(tmp, 0700);
	setenv("TMPDIR", tmp, 1);
	RUN(&res, "iso", "-o", iso, "-e", "A=$x'", guest("guest"), "exit=42",
	    "a b");
	CHECK_EQ(res.status, 0);
	CHECK_EQ(res.outlen + res.errlen, 0);
	CHECK_EQ(files_in(tmp), 0);
	CHECK_EQ(files_in(dir), 2);

	RUN(&res, "qemu", iso);
	check_output("BIOS, pc");
	RUN(&res, "qemu", "--machine", "q35", iso);
	check_output("BIOS, q35");
	RUN(&res, "qemu", "--uefi", iso);
	check_output("UEFI, pc");
	RUN(&res, "qemu", "--uefi", "--machine", "q35", iso);
	check_output("UEFI, q35");

	EXPECT_ERROR("give them to rumprun iso", "qemu", iso, "argument");
	EXPECT_ERROR("does not boot on microvm", "qemu", "--machine",
	    "microvm", iso);
	EXPECT_ERROR("is an ISO image", "iso", "-o", "/tmp/y.iso", iso);
	EXPECT_ERROR("run with: rumprun qemu", "spt", iso);

	/* Without configuration, and a place that cannot be written. */
	RUN(&res, "iso", "-o", iso, guest("guest"));
	CHECK_EQ(res.status, 0);
	RUN(&res, "qemu", iso);
	CHECK(strcmp(res.out, "booted by multiboot2, flags 0\n\n") == 0);
	RUN(&res, "iso", "-o", "/nonexistent/x.iso", guest("guest"));
	CHECK_EQ(res.status, 125);
	CHECK(res.errlen != 0);
	CHECK_EQ(files_in(tmp), 0);
	unlink(iso);
	rmdir(tmp);
	CHECK_EQ(rmdir(dir), 0);
	return check_done();
}
