/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Errors, memory, strings, files, child processes of rumprun-bake.  Errors
 * are one line on stderr: what was wrong, where, what was expected.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bake.h"

static void
complain(const char *format, va_list ap)
{
	fflush(stdout);
	fputs("rumprun-bake: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

void
warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
}

void
die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
	clean_now();
	exit(1);
}

void
die_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
	fputs("usage: rumprun-bake [options] SET OUTPUT PROGRAM..."
	    "   (--help tells more)\n", stderr);
	clean_now();
	exit(2);
}

void *
xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (p == NULL)
		die("out of memory");
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (p == NULL)
		die("out of memory");
	return p;
}

char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		die("out of memory");
	return p;
}

char *
fmt(const char *format, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, format);
	n = vasprintf(&s, format, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	return s;
}

void
strv_add(struct strv *sv, const char *s)
{
	/* Grows when n + 1 reaches a power of two. */
	if ((sv->n & (sv->n + 1)) == 0)
		sv->v = xrealloc(sv->v, (2 * sv->n + 2) * sizeof(*sv->v));
	sv->v[sv->n++] = xstrdup(s);
	sv->v[sv->n] = NULL;
}

bool
strv_has(const struct strv *sv, const char *s)
{
	size_t i;

	for (i = 0; i < sv->n; i++)
		if (strcmp(sv->v[i], s) == 0)
			return true;
	return false;
}

void
strv_remove(struct strv *sv, const char *s)
{
	size_t i, n;

	for (i = n = 0; i < sv->n; i++)
		if (strcmp(sv->v[i], s) != 0)
			sv->v[n++] = sv->v[i];
	/* Room stays right: strv_add() would only allocate too often. */
	while (sv->n > n)
		sv->v[--sv->n] = NULL;
}

const char *
base_name(const char *path)
{
	const char *s = strrchr(path, '/');

	return s ? s + 1 : path;
}

/* Edit distance; words are short. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j, diag, up, best;
	size_t row[64];

	if (la > 63 || lb > 63)
		return 64;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diag = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			up = row[j];
			best = diag + (a[i - 1] != b[j - 1]);
			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diag = up;
		}
	}
	return row[lb];
}

const char *
nearest(const struct strv *names, const char *word)
{
	size_t i, d, best = 2 + strlen(word) / 4;
	const char *found = NULL;

	for (i = 0; i < names->n; i++) {
		d = distance(names->v[i], word);
		/* vfs_tmpfs for tmpfs: the end of a name counts as near. */
		if (strlen(word) > 2 && strstr(names->v[i], word) && d > 1)
			d = 1;
		if (d <= best && (found == NULL || d < best)) {
			best = d;
			found = names->v[i];
		}
	}
	return found ? fmt(", did you mean %s?", found) : "";
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
list_files(struct strv *out, const char *dir, const char *prefix,
    const char *suffix)
{
	size_t np = strlen(prefix), ns = strlen(suffix), n;
	struct dirent *de;
	char *name;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		n = strlen(de->d_name);
		if (n < np + ns || strncmp(de->d_name, prefix, np) != 0 ||
		    strcmp(de->d_name + n - ns, suffix) != 0)
			continue;
		name = fmt("%.*s", (int)(n - np - ns), de->d_name + np);
		if (!strv_has(out, name))
			strv_add(out, name);
		free(name);
	}
	closedir(d);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
}

static char *
read_fd(int fd, size_t *lenp)
{
	size_t len = 0, room = 4096;
	char *buf = xrealloc(NULL, room);
	ssize_t n;

	for (;;) {
		n = read(fd, buf + len, room - len - 1);
		check_stop();
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (room - len < 2)
			buf = xrealloc(buf, room *= 2);
	}
	buf[len] = '\0';
	if (lenp)
		*lenp = len;
	if (n < 0) {
		free(buf);
		return NULL;
	}
	return buf;
}

char *
read_text(const char *path, size_t *lenp)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	char *s;

	if (fd < 0)
		return NULL;
	s = read_fd(fd, lenp);
	error = errno;
	close(fd);
	errno = error;
	return s;
}

static void
show_command(char *const argv[])
{
	size_t i;

	for (i = 0; argv[i]; i++)
		fprintf(stderr, "%s%s", i ? " " : "+ ", argv[i]);
	fputc('\n', stderr);
}

int
run(const struct bake *b, char *const argv[], char **outp)
{
	posix_spawn_file_actions_t fa;
	int fds[2], status, error;
	pid_t pid;
	extern char **environ;

	if (b->b_verbose)
		show_command(argv);
	if (pipe2(fds, O_CLOEXEC) != 0)
		die("cannot make a pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fds[1], 1);
	posix_spawn_file_actions_adddup2(&fa, fds[1], 2);
	error = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (error)
		die("cannot run %s: %s; install binutils", argv[0],
		    strerror(error));
	close(fds[1]);
	clean_child(pid);
	*outp = read_fd(fds[0], NULL);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		check_stop();
	clean_child(0);
	if (WIFSIGNALED(status))
		die("%s was killed: %s", argv[0], strsignal(WTERMSIG(status)));
	return WEXITSTATUS(status);
}
