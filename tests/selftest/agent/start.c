/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts a program as its stand-in was started: descriptors, folder, user,
 * umask, ignored signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

int
agent_high(int fd)
{
	int h = fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 100);

	if (fd != -1)
		close(fd);
	return h;
}

/* Root's plain programs are started as they are, others by `runas`. */
static void
other_user(struct run *r)
{
	const struct run_how *how = &r->r_how;
	char ids[40 + 12 * NGROUPS];
	int len;

	if (how->rh_uid == 0 && how->rh_gid == 0 && (how->rh_ngroups == 0 ||
	    (how->rh_ngroups == 1 && how->rh_groups[0] == 0)))
		return;
	len = snprintf(ids, sizeof(ids), "%u %u", how->rh_uid, how->rh_gid);
	for (uint32_t i = 0; i < how->rh_ngroups && i < NGROUPS; i++)
		len += snprintf(ids + len, sizeof(ids) - (size_t)len, " %u",
		    how->rh_groups[i]);
	if (r->r_argc > NARGS - 2)
		return;
	memmove(r->r_argv + 2, r->r_argv,
	    (size_t)r->r_argc * sizeof(r->r_argv[0]));
	r->r_argc += 2;
	r->r_argv[0] = strdup(ids);
	r->r_argv[1] = r->r_prog;
	r->r_prog = strdup("/bin/runas");
}

/* A folder that has no name any more. */
static int
gone_folder(void)
{
	char name[] = "/goneXXXXXX";
	int fd = mkdtemp(name) == NULL ? -1 :
	    agent_high(open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	rmdir(name);
	return fd;
}

/* What the program shall ignore we ignore while it is started. */
static int
spawn(struct run *r, const posix_spawn_file_actions_t *fa,
    posix_spawnattr_t *attr)
{
	uint64_t ignored = r->r_how.rh_ignored;
	sigset_t set;
	int error;

	sigfillset(&set);
	pthread_mutex_lock(&tree_lock);
	for (int i = 1; i < 64; i++)
		if (ignored & (uint64_t)1 << i) {
			sigdelset(&set, i);
			signal(i, SIG_IGN);
		}
	posix_spawnattr_setsigdefault(attr, &set);
	umask(r->r_how.rh_umask);
	error = posix_spawn(&r->r_pid, r->r_prog, fa, attr, r->r_argv,
	    r->r_env);
	umask(0);
	for (int i = 1; i < 64; i++)
		if (i != SIGPIPE && ignored & (uint64_t)1 << i)
			signal(i, SIG_DFL);
	pthread_mutex_unlock(&tree_lock);
	return error;
}

int
agent_start(struct run *r)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int gone = *r->r_cwd == '\0' ? gone_folder() : -1, error;

	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	if (gone != -1)
		posix_spawn_file_actions_addfchdir_np(&fa, gone);
	else
		posix_spawn_file_actions_addchdir_np(&fa, r->r_cwd);
	other_user(r);
	for (int i = 0; i < NFD; i++)
		if (r->r_child[i] == -1 && i < 3)
			posix_spawn_file_actions_addclose(&fa, i);
		else if (r->r_child[i] != -1)
			posix_spawn_file_actions_adddup2(&fa, r->r_child[i], i);
	/* As often as the image has it, it may run at once. */
	for (int tries = 0; tries < 3000; tries++) {
		error = spawn(r, &fa, &attr);
		if (error != ETXTBSY)
			break;
		usleep(10000);
	}
	posix_spawn_file_actions_destroy(&fa);
	if (gone != -1)
		close(gone);
	for (int i = 0; i < NFD; i++)
		if (r->r_pipe[i] != -1)
			close(r->r_child[i]);
	return error;
}
