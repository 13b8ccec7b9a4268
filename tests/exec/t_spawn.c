/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * posix_spawn, vfork and execve of other programs.  usage: t_spawn DIR, where
 * the helpers are; the same on Linux and in an image.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "run.h"

#define EXITED(n) ((n) << 8)

static void
test_fresh(void)
{
	int i;

	for (i = 0; i < 20; i++)
		CHECK_OUT(0, "", NULL, NULL, prog("helper"));
	CHECK_OUT(EXITED(42), "", NULL, NULL, prog("helper"), "exit", "42");
	/* A helper that execs another, and itself. */
	CHECK_OUT(EXITED(3), "", NULL, NULL, prog("helper"), "exec",
	    prog("helper2"), "exit", "3");
	CHECK_OUT(EXITED(4), "", NULL, NULL, prog("helper"), "exec",
	    prog("helper"), "exec", prog("helper"), "exit", "4");
	/* With other threads; nothing of them is left. */
	CHECK_OUT(0, "", NULL, NULL, prog("helper"), "threads");
	CHECK_OUT(0, "", NULL, NULL, prog("helper"), "threads");
	CHECK_OUT(EXITED(5), "", NULL, NULL, prog("helper"), "threads",
	    prog("helper"), "exit", "5");
}

static void
test_arguments(void)
{
	static char *env[] = { "A=1", "B=", NULL };
	char **saved = environ, *big, want[1000], **many;
	int i;

	environ = env;
	snprintf(want, sizeof(want), "[%s][args][][x y] A=1 B=\n",
	    prog("helper"));
	CHECK_OUT(0, want, NULL, NULL, prog("helper"), "args", "", "x y");
	environ = saved;
	/* Too long together; one that fits arrives whole. */
	big = malloc(3 << 20);
	many = calloc(100, sizeof(char *));
	memset(big, 'x', 100000);
	big[100000] = '\0';
	many[0] = prog("helper");
	many[1] = "cwd";
	for (i = 2; i < 99; i++)
		many[i] = big;
	CHECK_EQ(output(want, sizeof(want), NULL, NULL, many), -E2BIG);
	many[3] = NULL;
	CHECK_EQ(output(want, sizeof(want), NULL, NULL, many), 0);
	free(big);
	free(many);
}

static void
test_descriptors(void)
{
	posix_spawn_file_actions_t fa;
	int a = dup(0), b = fcntl(0, F_DUPFD, 30);
	int c = fcntl(0, F_DUPFD_CLOEXEC, 31);
	char file[] = "/tmp/t_spawn.XXXXXX", buf[100], want[100];
	int fd = mkstemp(file);

	CHECK(a == 3 && b == 30 && c == 31 && fd == 4);
	/* 4 is the file; the pipe's ends are close-on-exec. */
	CHECK_OUT(0, "0 1 2 3 4 30 \n", NULL, NULL, prog("helper"), "fds");
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addclose(&fa, 3);
	posix_spawn_file_actions_adddup2(&fa, 31, 40);
	posix_spawn_file_actions_adddup2(&fa, 31, 31);
	CHECK_OUT(0, "0 1 2 4 30 31 40 \n", &fa, NULL, prog("helper"),
	    "fds");
	CHECK_EQ(write(fd, "content\n", 8), 8);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, file, O_RDONLY, 0);
	CHECK_OUT(0, "content\n", &fa, NULL, prog("helper"), "cat");
	/* An action that fails is the spawn's error. */
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/none/such", O_RDONLY, 0);
	CHECK_EQ(output(buf, sizeof(buf), &fa, NULL, ARGV(prog("helper"))),
	    -ENOENT);
	/* Offsets are shared: the child reads on where we are. */
	CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fd, 0);
	CHECK_OUT(0, "tent\n", &fa, NULL, prog("helper"), "cat");
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8);
	/* The working directory and umask are the parent's at the start. */
	CHECK_EQ(chdir("/tmp"), 0);
	umask(031);
	snprintf(want, sizeof(want), "/tmp 31\n");
	CHECK_OUT(0, want, NULL, NULL, prog("helper"), "cwd");
	CHECK_EQ(umask(022), 031);
	CHECK_EQ(chdir("/"), 0);
	unlink(file);
	close(a);
	close(b);
	close(c);
	close(fd);
}

static void
on_signal(int sig)
{
	(void)sig;
}

static void
test_attributes(void)
{
	posix_spawnattr_t at;
	sigset_t set;

	CHECK_OUT(0, "pgid parent's sid parent's\n", NULL, NULL,
	    prog("helper"), "ids");
	posix_spawnattr_init(&at);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&at, 0);
	CHECK_OUT(0, "pgid own sid parent's\n", NULL, &at, prog("helper"),
	    "ids");
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSID);
	CHECK_OUT(0, "pgid own sid own\n", NULL, &at, prog("helper"), "ids");

	/* Ignored stays ignored, blocked blocked, caught is not. */
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	CHECK_OUT(0, "blocked 1 ignored 12 \n", NULL, NULL, prog("helper"),
	    "signals");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	posix_spawnattr_setsigdefault(&at, &set);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	posix_spawnattr_setsigmask(&at, &set);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGDEF |
	    POSIX_SPAWN_SETSIGMASK);
	CHECK_OUT(0, "blocked 15 \n", NULL, &at, prog("helper"), "signals");
	/* Ours are as they were. */
	CHECK(signal(SIGUSR1, SIG_DFL) == on_signal);
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
	sigprocmask(SIG_SETMASK, NULL, &set);
	CHECK(sigismember(&set, SIGHUP) && !sigismember(&set, SIGTERM));
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void
write_file(const char *path, const char *text, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), (long)strlen(text));
	close(fd);
	chmod(path, (mode_t)mode);
}

/* Limits go along; of CPU time the child has used none. */
static void
test_limits(void)
{
	struct rlimit old, rl;

	CHECK_EQ(getrlimit(RLIMIT_CPU, &old), 0);
	rl = old;
	rl.rlim_cur = 1;
	signal(SIGXCPU, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_CPU, &rl), 0);
	CHECK_OUT(SIGXCPU << 8, "", NULL, NULL, prog("helper"), "spin");
	CHECK_EQ(setrlimit(RLIMIT_CPU, &old), 0);
	signal(SIGXCPU, SIG_DFL);
}

static void
test_paths(void)
{
	static char *one[] = { "E=1", NULL };
	char **saved = environ, buf[1000], want[1000], line[1200];
	char s[40], s2[40], l[40], *script, *two, *lnk;

	snprintf(s, sizeof(s), "/tmp/t_spawn.s%d", (int)getpid());
	snprintf(s2, sizeof(s2), "/tmp/t_spawn.t%d", (int)getpid());
	snprintf(l, sizeof(l), "/tmp/t_spawn.l%d", (int)getpid());
	script = strdup(s), two = strdup(s2), lnk = strdup(l);
#define NOT_RUN(error, path) \
	CHECK_EQ(output(buf, sizeof(buf), NULL, NULL, ARGV(path)), -(error))
	NOT_RUN(ENOENT, prog("nothing"));
	NOT_RUN(ENOENT, "");
	NOT_RUN(EACCES, "/tmp");
	NOT_RUN(EACCES, "/");
	NOT_RUN(ENAMETOOLONG, memset(line, 'a', sizeof(line) - 1) ?
	    (line[1199] = '\0', line) : line);
	unlink(s);
	unlink(s2);
	unlink(l);
	snprintf(line, sizeof(line), "#! %s \targs -x y  \nignored\n",
	    prog("helper"));
	write_file(s, line, 0755);
	environ = one;
	/* One argument, blanks inside it stay. */
	snprintf(line, sizeof(line), "#!%s args\n", prog("helper"));
	write_file(s, line, 0755);
	snprintf(want, sizeof(want), "[%s][args][%s][one][two] E=1\n",
	    prog("helper"), s);
	CHECK_OUT(0, want, NULL, NULL, script, "one", "two");
	/* A script whose interpreter is a script. */
	snprintf(line, sizeof(line), "#!%s", s);
	write_file(s2, strcat(line, " a b\n"), 0755);
	snprintf(want, sizeof(want), "[%s][args][%s][a b][%s][z] E=1\n",
	    prog("helper"), s, s2);
	CHECK_OUT(0, want, NULL, NULL, two, "z");
	environ = saved;
	write_file(s2, line, 0644);
	NOT_RUN(EACCES, two);
	write_file(s2, "#!/none/such\n", 0755);
	NOT_RUN(ENOENT, two);
	snprintf(line, sizeof(line), "#!%s\n", s2);
	write_file(s2, line, 0755);
	NOT_RUN(ELOOP, two);
	write_file(s2, "just text\n", 0755);
	NOT_RUN(ENOEXEC, two);
	write_file(s2, "#!\n", 0755);
	NOT_RUN(ENOEXEC, two);
	CHECK_EQ(symlink(prog("helper"), l), 0);
	CHECK_OUT(EXITED(6), "", NULL, NULL, lnk, "exit", "6");
	CHECK_EQ(unlink(l), 0);
	CHECK_EQ(symlink("/none/helper", l), 0);
	NOT_RUN(ENOENT, lnk);
	/* A program is where it is, not in any folder. */
	NOT_RUN(ENOENT, "/tmp/helper");
	NOT_RUN(ENOENT, "/none/helper");
	snprintf(line, sizeof(line), "%s/helper", s2);
	NOT_RUN(ENOTDIR, line);
	CHECK_EQ(chdir("/tmp"), 0);
	NOT_RUN(ENOENT, "./helper");
	CHECK(mkdir(dir, 0755) == 0 || errno == EEXIST);
	CHECK_EQ(chdir(dir), 0);
	CHECK_OUT(EXITED(7), "", NULL, NULL, "./helper", "exit", "7");
	CHECK_EQ(chdir("/"), 0);
	unlink(s);
	unlink(s2);
	unlink(l);
	free(script);
	free(two);
	free(lnk);
}

/* The first folder of PATH that has the program, not the first of all. */
static void
test_search(void)
{
	char *saved = strdup(getenv("PATH") != NULL ? getenv("PATH") : "/bin");
	char path[1100];
	pid_t pid = -1;
	int st = -1;

	snprintf(path, sizeof(path), "/tmp:/none:%s:/dev", dir);
	setenv("PATH", path, 1);
	CHECK_EQ(posix_spawnp(&pid, "helper", NULL, NULL, ARGV("h", "exit",
	    "8"), environ), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, EXITED(8));
	setenv("PATH", "/tmp:/none", 1);
	CHECK_EQ(posix_spawnp(&pid, "helper", NULL, NULL, ARGV("h", "exit",
	    "8"), environ), ENOENT);
	setenv("PATH", saved, 1);
	free(saved);
}

static void
test_vfork(void)
{
	volatile int kept = 1;
	char me[20];
	volatile int i;
	pid_t pid;
	int st;

	snprintf(me, sizeof(me), "%d", getpid());
	pid = vfork();
	if (pid == 0) {
		kept = getpid();	/* the parent sees it */
		_exit(11);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(pid > 0 && kept == pid);
	CHECK_EQ(st, EXITED(11));
	for (i = 0; i < 3; i++) {
		pid = vfork();
		if (pid == 0) {
			execl(prog("helper"), "h", "getppid", me, NULL);
			_exit(12);
		}
		CHECK_EQ(waitpid(pid, &st, 0), pid);
		CHECK_EQ(st, 0);
	}
	pid = vfork();
	if (pid == 0) {
		execl(prog("nothing"), "h", NULL);
		_exit(errno);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, EXITED(ENOENT));
	/* Its descriptors are its own. */
	pid = vfork();
	if (pid == 0) {
		close(0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(fcntl(0, F_GETFD) != -1);
	/* A child of a child. */
	pid = vfork();
	if (pid == 0) {
		if ((kept = vfork()) == 0)
			_exit(1);
		_exit(waitpid(kept, &st, 0) == kept ? WEXITSTATUS(st) : 9);
	}
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(st, EXITED(1));
}

/* A hole for a new program's stack, but not for the page that guards it. */
static void
hole(size_t page, size_t stack)
{
	char *p = mmap(NULL, page + stack + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char buf[100];

	CHECK(p != MAP_FAILED);
	p[page - 1] = 'x';
	p[page + stack] = 'y';
	CHECK_EQ(munmap(p + page, stack), 0);
	CHECK_EQ(output(buf, sizeof(buf), NULL, NULL, ARGV(prog("nop"))), 0);
	CHECK_EQ(p[page - 1], 'x');
	CHECK_EQ(p[page + stack], 'y');
	CHECK_EQ(munmap(p, page), 0);
	CHECK_EQ(munmap(p + page + stack, page), 0);
}

/* The pages around it stay.  What is mapped first fills holes elsewhere. */
static void
test_neighbours(void)
{
	const size_t stack = 8UL << 20;
	char *fill[16];
	int i;

	for (i = 0; i < 16; i++)
		fill[i] = mmap(NULL, stack, PROT_NONE, MAP_PRIVATE |
		    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	for (i = 0; i < 32; i++)
		hole(4096, stack);
	for (i = 0; i < 16; i++)
		CHECK_EQ(munmap(fill[i], stack), 0);
}

int
main(int argc, char **argv)
{
	char pid[20];
	sigset_t none;
	int fd, sig;

	for (fd = 3; fd < 100; fd++)
		close(fd);
	/* Who is started in the background or by nohup ignores some. */
	for (sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dir = argc > 1 ? argv[1] : "/bin";
	test_fresh();
	test_arguments();
	test_descriptors();
	test_attributes();
	test_vfork();
	test_limits();
	test_paths();
	test_search();
	test_neighbours();
	if (check_done())
		return 1;
	/* We become another program and stay the same process. */
	snprintf(pid, sizeof(pid), "%d", getpid());
	execl(prog("helper"), "h", "getpid", pid, NULL);
	return 1;
}
