/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must not stay behind: the private folder, unfinished output files and
 * a running child.  A signal only sets a flag; check_stop() acts on it, then
 * lets the signal end the program as it would have.
 */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bake.h"

static volatile sig_atomic_t stopped;
static pid_t child;
static struct strv files;
static struct bake *owner;

static void
on_signal(int sig)
{
	stopped = sig;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) != 0 && errno != ENOENT;
}

void
clean_now(void)
{
	size_t i;

	if (child > 0) {
		kill(child, SIGTERM);
		waitpid(child, NULL, 0);
		child = 0;
	}
	for (i = 0; i < files.n; i++)
		unlink(files.v[i]);
	files.n = 0;
	if (owner == NULL || owner->b_tmp == NULL)
		return;
	if (owner->b_keeptemp)
		fprintf(stderr, "rumprun-bake: temporary files are in %s\n",
		    owner->b_tmp);
	else
		nftw(owner->b_tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	owner->b_tmp = NULL;
}

void
clean_child(pid_t pid)
{
	child = pid;
}

void
clean_add(const char *path)
{
	strv_add(&files, path);
}

void
clean_forget(const char *path)
{
	strv_remove(&files, path);
}

void
check_stop(void)
{
	int sig = stopped;

	if (sig == 0)
		return;
	clean_now();
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(128 + sig);
}

void
clean_start(struct bake *b)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const char *dir = getenv("TMPDIR");
	struct sigaction sa = { .sa_handler = on_signal };
	char *tmp;
	size_t i;

	/* No SA_RESTART: a wait must see the flag at once. */
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		if (signal(sigs[i], SIG_IGN) != SIG_IGN)
			sigaction(sigs[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (dir == NULL || *dir == '\0')
		dir = "/tmp";
	tmp = fmt("%s/rumprun-bake.XXXXXX", dir);
	if (mkdtemp(tmp) == NULL)
		die("cannot make a temporary folder in %s: %s "
		    "(TMPDIR names another place)", dir, strerror(errno));
	b->b_tmp = tmp;
	owner = b;
}
