/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ISO image boots by BIOS and UEFI, on pc and q35, and gives the guest's
 * output and nothing else.
 */
#include <dirent.h>
#include <elf.h>
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

/* A copy of the guest whose first section claims to be relocations. */
static void
with_relocations(const char *path)
{
	static char buf[1 << 20];
	FILE *fp = fopen(guest("guest"), "r");
	size_t n = fread(buf, 1, sizeof(buf), fp);
	Elf64_Ehdr *eh = (Elf64_Ehdr *)buf;
	Elf64_Shdr *sh = (Elf64_Shdr *)(buf + eh->e_shoff);

	fclose(fp);
	CHECK(n > sizeof(*eh) && eh->e_shnum > 1);
	sh[1].sh_type = SHT_RELA;
	fp = fopen(path, "w");
	CHECK_EQ(fwrite(buf, 1, n, fp), n);
	fclose(fp);
}

/* An ISO image that GRUB cannot start says so and ends. */
static void
test_refused(const char *iso)
{
	static char junk[1 << 20];
	FILE *fp;
	char *p;
	size_t n;

	/* Another Multiboot 2 magic in the ISO's copy of the kernel. */
	fp = fopen(iso, "r+");
	for (long at = 0; (n = fread(junk, 1, sizeof(junk), fp)) > 8; ) {
		p = memmem(junk, n, "\xd6\x50\x52\xe8\0\0\0\0\x18", 9);
		if (p != NULL) {
			fseek(fp, at + (p - junk), SEEK_SET);
			fputc(0, fp);
			fseek(fp, at + (long)n, SEEK_SET);
		}
		at += (long)n;
	}
	fclose(fp);
	RUN(&res, "qemu", iso);
	CHECK_EQ(res.status, 125);
	CHECK(strstr(res.out, "rumpkit: the image could not be started")
	    != NULL);
}

int
main(void)
{
	char dir[] = "/tmp/t_iso.XXXXXX", iso[64], tmp[64], kernel[64];

	CHECK(mkdtemp(dir) != NULL);
	snprintf(iso, sizeof(iso), "%s/x.iso", dir);
	snprintf(tmp, sizeof(tmp), "%s/tmp", dir);
	snprintf(kernel, sizeof(kernel), "%s/kernel", dir);
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

	/* Input waits until the guest is there to take it. */
	RUN(&res, "iso", "-o", iso, guest("guest"), "quiet", "echo");
	RUN_INPUT(&res, "hi", "qemu", "-i", iso);
	CHECK_EQ(res.status, 0);
	CHECK(strcmp(res.out, "ready\r\n<104><105><4>\r\n") == 0);

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
	with_relocations(kernel);
	RUN(&res, "iso", "-o", iso, kernel);
	CHECK_EQ(res.status, 0);
	RUN(&res, "qemu", iso);
	CHECK(strcmp(res.out, "booted by multiboot2, flags 0\n\n") == 0);
	test_refused(iso);
	unlink(kernel);

	RUN(&res, "iso", "-o", "/nonexistent/x.iso", guest("guest"));
	CHECK_EQ(res.status, 125);
	CHECK(res.errlen != 0);
	CHECK_EQ(files_in(tmp), 0);
	unlink(iso);
	rmdir(tmp);
	CHECK_EQ(rmdir(dir), 0);
	return check_done();
}
