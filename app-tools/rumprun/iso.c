/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bootable ISO image, for BIOS and UEFI, disk and CD: GRUB, the image, its
 * configuration as a module (GRUB's quoting is no JSON's).  The file appears
 * whole or not at all.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "launch.h"

/*
 * When all goes well nothing is printed but the mark that tells the launcher
 * where the guest's own output begins.  On BIOS the guest gets VGA text; the
 * command multiboot2 chooses otherwise, so that is set after it.  On UEFI the
 * console includes the serial port already.
 */
static const char grubcfg[] =
"if [ \"$grub_platform\" = pc ]; then\n"
"	serial --unit=0 --speed=115200\n"
"	terminal_output --append serial\n"
"else\n"
"	insmod all_video\n"
"fi\n"
"if multiboot2 /boot/image; then\n"
"%s"
"	if [ \"$grub_platform\" = pc ]; then set gfxpayload=text; fi\n"
"	echo\n"
"	echo \"" BOOT_MARK "\"\n"
"	boot\n"
"fi\n"
"echo\n"
"echo \"rumpkit: the image could not be started\"\n"
"sleep --interruptible 5\n"
"halt\n";

static char *workdir;		/* for the clean-up */
static char *partial;		/* unfinished output file */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st; (void)type; (void)ftw;
	return remove(path);
}

static void
cleanup(void)
{
	if (partial != NULL)
		unlink(partial);
	if (workdir != NULL)
		nftw(workdir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
on_signal(int sig)
{
	(void)sig;
	/* grub-mkrescue is in our group and ends too; wait() sees it. */
}

static void
put_file(const char *dir, const char *name, const void *data, size_t len)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd, error;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		fail("%s: %s", path, strerror(errno));
	error = write_all(fd, data, len);
	if (close(fd) == -1 && error == 0)
		error = errno;
	if (error != 0)
		fail("%s: %s", path, strerror(error));
	free(path);
}

/*
 * GRUB reads section headers, needs none, and refuses relocations, even none
 * of them: the copy has no section headers.
 */
static void
put_image(const char *dir, const struct image *im)
{
	char *copy = xmalloc(im->im_size);
	Elf64_Ehdr *eh = (Elf64_Ehdr *)copy;

	memcpy(copy, im->im_data, im->im_size);
	eh->e_shoff = 0;
	eh->e_shnum = eh->e_shstrndx = 0;
	put_file(dir, "cd/boot/image", copy, im->im_size);
	free(copy);
}

static void
make_dir(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);

	if (mkdir(path, 0755) == -1)
		fail("%s: %s", path, strerror(errno));
	free(path);
}

/* The tree that becomes the CD, and a place for GRUB's own files. */
static void
make_tree(const struct image *im, const char *config)
{
	const char *tmp = getenv("TMPDIR");
	char *cfg;

	workdir = xasprintf("%s/rumprun.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(workdir) == NULL) {
		cfg = workdir;
		workdir = NULL;
		fail("%s: %s", cfg, strerror(errno));
	}
	make_dir(workdir, "tmp");
	make_dir(workdir, "cd");
	make_dir(workdir, "cd/boot");
	make_dir(workdir, "cd/boot/grub");
	cfg = xasprintf(grubcfg, config[0] == '\0' ? "" :
	    "	module2 /boot/config.json\n");
	put_file(workdir, "cd/boot/grub/grub.cfg", cfg, strlen(cfg));
	put_image(workdir, im);
	if (config[0] != '\0')
		put_file(workdir, "cd/boot/config.json", config,
		    strlen(config));
	free(cfg);
}

static void
check_tools(void)
{
	static const struct { const char *file, *package; } need[] = {
		{ "/usr/lib/grub/i386-pc", "grub-pc-bin" },
		{ "/usr/lib/grub/x86_64-efi", "grub-efi-amd64-bin" },
	};

	if (find_program("grub-mkrescue") == NULL)
		fail("grub-mkrescue not found, install the package "
		    "grub-common");
	if (find_program("xorriso") == NULL)
		fail("xorriso not found, install the package xorriso");
	if (find_program("mformat") == NULL)
		fail("mformat not found, install the package mtools");
	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++)
		if (access(need[i].file, R_OK) == -1)
			fail("%s not found, install the package %s",
			    need[i].file, need[i].package);
}

/* Runs it, quiet unless it fails: then the end of what it said. */
static void
run_quietly(const struct strvec *cmd, const char *tmp)
{
	char *log = xasprintf("%s/log", tmp), *text;
	size_t len = 0;
	int ws;
	pid_t pid;

	pid = fork();
	if (pid == -1)
		fail("fork: %s", strerror(errno));
	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		setenv("TMPDIR", tmp, 1);
		execvp(cmd->sv_v[0], cmd->sv_v);
		_exit(127);
	}
	while (waitpid(pid, &ws, 0) == -1)
		continue;
	if (WIFEXITED(ws) && WEXITSTATUS(ws) == 0)
		return;
	text = read_file(log, &len);
	fail("%s failed:\n%s", cmd->sv_v[0], text == NULL ? "" :
	    text + (len > 2000 ? len - 2000 : 0));
}

int
iso_make(const struct options *o, const struct image *im, const char *config)
{
	struct strvec cmd = { NULL, 0 };
	struct sigaction sa = { .sa_handler = on_signal };

	if (im->im_iso)
		fail("%s: is an ISO image already", im->im_path);
	check_tools();
	atexit(cleanup);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	if (!o->o_dryrun)
		make_tree(im, config);
	sv_add1(&cmd, "grub-mkrescue");
	sv_add1(&cmd, "-o");
	sv_add(&cmd, "%s.%d.tmp", o->o_output, (int)getpid());
	sv_add(&cmd, "%s/cd", workdir != NULL ? workdir : "DIR");
	sv_add1(&cmd, "--");
	sv_add1(&cmd, "-volid");
	sv_add1(&cmd, ISO_VOLUME);
	if (o->o_dryrun) {
		sv_print(&cmd);
		return 0;
	}
	partial = cmd.sv_v[2];
	run_quietly(&cmd, xasprintf("%s/tmp", workdir));
	if (rename(partial, o->o_output) == -1)
		fail("%s: %s", o->o_output, strerror(errno));
	partial = NULL;
	return 0;
}
