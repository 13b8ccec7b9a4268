/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens an archive that may be compressed: by gzip, xz, bzip2 or zstd, which
 * then runs as a child and writes to the descriptor that is given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rootfs.h"

/* The program that unpacks what begins like this, NULL: none is needed. */
static const char *
unpacker(const unsigned char *m)
{
	if (m[0] == 0x1f && m[1] == 0x8b)
		return "gzip";
	if (memcmp(m, "\xfd" "7zXZ", 5) == 0)
		return "xz";
	if (memcmp(m, "BZh", 3) == 0)
		return "bzip2";
	if (memcmp(m, "\x28\xb5\x2f\xfd", 4) == 0)
		return "zstd";
	return NULL;
}

/* Takes over fd; what comes out is read from the descriptor returned. */
static int
start(const char *path, const char *prog, int fd, pid_t *childp)
{
	struct strv av = { 0 };
	posix_spawn_file_actions_t fa;
	extern char **environ;
	int fds[2], error;

	strv_add(&av, prog);
	strv_add(&av, "-dc");
	if (pipe2(fds, O_CLOEXEC) != 0)
		die("cannot make a pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fd, 0);
	posix_spawn_file_actions_adddup2(&fa, fds[1], 1);
	/* It fails as we do, and one complaint is enough. */
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(childp, prog, &fa, NULL, av.v, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (error)
		die("--rootfs %s: cannot run %s: %s", path, prog,
		    strerror(error));
	clean_child(*childp);
	close(fd);
	close(fds[1]);
	return fds[0];
}

int
unpack_open(const char *path, pid_t *childp)
{
	unsigned char magic[6] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *prog;

	if (fd < 0 || pread(fd, magic, sizeof(magic), 0) < 0)
		die("--rootfs %s: %s", path, strerror(errno));
	prog = unpacker(magic);
	*childp = 0;
	return prog ? start(path, prog, fd, childp) : fd;
}

int
unpack_end(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		check_stop();
	clean_child(0);
	return status;
}
