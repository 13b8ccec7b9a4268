/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests start: argv[1] says what to do.  Every start first looks
 * whether its variables are as in a new program, then scribbles over them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIG	300000

static int five = 5, *ptr = &five, zero;
static char big[BIG], text[] = "text";
static __thread int seven = 7, local;
static int made;

static void __attribute__((__constructor__))
make(void)
{
	made++;
}

static int
stale(void)
{
	int bad = five != 5 || ptr != &five || zero != 0 || big[0] != 0 ||
	    big[BIG - 1] != 0 || strcmp(text, "text") != 0 || seven != 7 ||
	    local != 0 || made != 1 || getenv("MADE_UP") != NULL;

	five++;
	ptr = &zero;
	zero--;
	memset(big, 1, sizeof(big));
	text[0] = 'n';
	seven = local = 8;
	setenv("MADE_UP", "1", 1);
	return bad;
}

static void *
forever(void *arg)
{
	(void)arg;
	for (;;)
		sleep(1000);
	return NULL;
}

static void
leave(int sig)
{

	_exit(sig);
}

static int
fds(void)
{
	int fd;

	for (fd = 0; fd < 100; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			printf("%d ", fd);
	printf("\n");
	return 0;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static __attribute__((__noinline__, __noclone__)) int
deeper(volatile char *above)
{
	volatile char here[4096];

	here[0] = above[0];
	return deeper(here) + here[0];
}
#pragma GCC diagnostic pop

/* The process ends by a signal that is its own fault. */
static int
crash(const char *how)
{
	volatile int none = 0;
	volatile char c = 0;
	char *p;
	int fd;

	if (strcmp(how, "segv") == 0)
		*(volatile int *)(long)none = 1;
	if (strcmp(how, "fpe") == 0)
		return 1000 / none;
	if (strcmp(how, "ill") == 0)
		__asm__ volatile("ud2");
	if (strcmp(how, "free") == 0) {
		p = malloc(100);
		__asm__("" : "+r"(p));
		p += 8;
		__asm__("" : "+r"(p));
		free(p);
	}
	if (strcmp(how, "trap") == 0)
		__asm__ volatile("int3");
	if (strcmp(how, "stack") == 0) {
		/* Where there is no limit, it would take all memory. */
		setrlimit(RLIMIT_STACK, &(struct rlimit){ 8 << 20, 8 << 20 });
		return deeper(&c);
	}
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "ignored") == 0) {
		signal(SIGSEGV, SIG_IGN);
		*(volatile int *)(long)none = 1;
	}
	if (strcmp(how, "bus") == 0) {
		fd = memfd_create("x", 0);
		if (ftruncate(fd, 100) != 0)
			return 31;
		p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
		return p[0] != 0 ? 32 : p[4096];
	}
	return 33;
}

/* What t_shared has in a file. */
struct shared {
	sem_t		go, went;
	pthread_mutex_t	mutex;
	pthread_cond_t	cond;
	int		turn;
};

/* Takes part until it is told to die with the mutex. */
static int
shared(const char *file)
{
	int fd = open(file, O_RDWR);
	struct shared *sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (fd < 0 || sh == MAP_FAILED || sem_wait(&sh->go) != 0)
		return 41;
	sem_post(&sh->went);
	if (pthread_mutex_lock(&sh->mutex) != 0)
		return 42;
	while (sh->turn != 1)
		pthread_cond_wait(&sh->cond, &sh->mutex);
	sh->turn = 2;
	pthread_cond_broadcast(&sh->cond);
	while (sh->turn != 3)
		pthread_cond_wait(&sh->cond, &sh->mutex);
	sem_post(&sh->went);
	usleep(20000);
	_exit(0);
}

static int
named(const char *a, const char *b)
{
	sem_t *x = sem_open(a, 0), *y = sem_open(b, 0);

	return x == SEM_FAILED || y == SEM_FAILED || sem_wait(x) != 0 ||
	    sem_post(y) != 0;
}

static void *
crash_thread(void *how)
{
	exit(crash(how));
}

static int
signals(void)
{
	struct sigaction sa;
	sigset_t set;
	int sig;

	sigprocmask(SIG_BLOCK, NULL, &set);
	for (sig = 1; sig < 32; sig++) {
		sigaction(sig, NULL, &sa);
		if (sigismember(&set, sig))
			printf("blocked %d ", sig);
		if (sa.sa_handler == SIG_IGN)
			printf("ignored %d ", sig);
		else if (sa.sa_handler != SIG_DFL)
			printf("caught %d ", sig);
	}
	printf("\n");
	return 0;
}

static int
show(char **argv)
{
	extern char **environ;
	char **e, cwd[1000];

	if (strcmp(argv[1], "args") == 0) {
		for (; *argv != NULL; argv++)
			printf("[%s]", *argv);
		for (e = environ; *e != NULL; e++)
			if (strcmp(*e, "MADE_UP=1") != 0)
				printf(" %s", *e);
		printf("\n");
	} else if (strcmp(argv[1], "cwd") == 0) {
		printf("%s %o\n", getcwd(cwd, sizeof(cwd)), umask(0));
	} else {
		printf("pgid %s sid %s\n", getpgrp() == getpid() ? "own" :
		    getpgrp() == getpgid(getppid()) ? "parent's" : "other",
		    getsid(0) == getpid() ? "own" :
		    getsid(0) == getsid(getppid()) ? "parent's" : "other");
	}
	return 0;
}

/* A child that outlives us says who its parent is then. */
static int
orphan(char **argv)
{
	int go[2];
	pid_t pid;
	char *args[] = { argv[2], "ppid", NULL };

	if (pipe(go) != 0 || (pid = vfork()) == -1)
		return 20;
	if (pid == 0) {
		dup2(go[0], 0);
		close(go[0]);
		close(go[1]);
		execv(argv[2], args);
		_exit(21);
	}
	return 0;		/* the pipe's last writer: the child sees it */
}

static int
ppid(void)
{
	char c;
	int i;

	while (read(0, &c, 1) > 0)
		continue;
	for (i = 0; i < 30000 && getppid() != 1; i++)
		usleep(1000);
	printf("ppid %d\n", getppid());
	return 0;
}

static struct __user_cap_header_struct caphdr = {
	_LINUX_CAPABILITY_VERSION_3, 0
};

/* One that is told by the bounding set is "all". */
static void
capset_print(const char *name, uint64_t set)
{
	uint64_t bset = 0;
	int i;

	for (i = 0; i < 64; i++)
		bset |= (uint64_t)(prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) <<
		    i;
	if (set != 0 && set == bset)
		printf(" %s all", name);
	else
		printf(" %s %llx", name, (unsigned long long)set);
}

static int
caps(void)
{
	struct __user_cap_data_struct d[2];
	uint64_t amb = 0;
	uid_t r, e, s;
	int i;

	getresuid(&r, &e, &s);
	printf("%d %d %d", (int)r, (int)e, (int)s);
	if (syscall(SYS_capget, &caphdr, d) != 0)
		return 51;
	for (i = 0; i < 64; i++)
		amb |= (uint64_t)(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET,
		    i, 0, 0) == 1) << i;
	capset_print("eff", d[0].effective | (uint64_t)d[1].effective << 32);
	capset_print("perm", d[0].permitted | (uint64_t)d[1].permitted << 32);
	capset_print("inh", d[0].inheritable | (uint64_t)d[1].inheritable <<
	    32);
	printf(" amb %llx", (unsigned long long)amb);
	printf(" secure %x nnp %d\n", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}

/* Letters, each a change of what we may; then the program given. */
static int
become(const char *how, char **argv)
{
	const unsigned kill = 1U << CAP_KILL;
	struct __user_cap_data_struct d[2] = { { kill, kill, kill }, { 0 } };
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC), error = 0;

	for (; *how != '\0' && !error; how++)
		switch (*how) {
		case 'k':
			error = prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
			break;
		case 'n':
			error = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			break;
		case 'r':
			error = prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0,
			    0);
			break;
		case 'b':
			error = prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0);
			break;
		case 'a':
			error = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
			    CAP_KILL, 0, 0);
			break;
		case 'c':
			error = (int)syscall(SYS_capset, &caphdr, d);
			break;
		case 'u':
			error = setresuid(5, 5, 5);
			break;
		case 'e':
			error = setresuid(0, 5, 0);
			break;
		case 'f':
			error = setresuid(5, 0, 0);
			break;
		}
	if (error)
		return 52;
	/* Its folders may be closed to user 5; an image has no files. */
	if (fd >= 0)
		fexecve(fd, argv, environ);
	else
		execv(argv[0], argv);
	return 53;
}

static int
act(char **argv)
{
	const char *what = argv[1];
	pthread_t t;
	char buf[4096];
	ssize_t n;
	int i;

	if (argv[2] != NULL)
		unsetenv("MADE_UP");
	if (strcmp(what, "exit") == 0)
		return atoi(argv[2]);
	if (strcmp(what, "forever") == 0)
		forever(NULL);
	if (strcmp(what, "fds") == 0)
		return fds();
	if (strcmp(what, "crash") == 0 && argv[3] == NULL)
		return crash(argv[2]);
	if (strcmp(what, "crash") == 0) {
		pthread_create(&t, NULL, crash_thread, argv[2]);
		forever(NULL);
	}
	if (strcmp(what, "shared") == 0)
		return shared(argv[2]);
	if (strcmp(what, "named") == 0)
		return named(argv[2], argv[3]);
	if (strcmp(what, "signals") == 0)
		return signals();
	if (strcmp(what, "caps") == 0)
		return caps();
	if (strcmp(what, "become") == 0)
		return become(argv[2], argv + 3);
	if (strcmp(what, "orphan") == 0)
		return orphan(argv);
	if (strcmp(what, "ppid") == 0)
		return ppid();
	if (strcmp(what, "getppid") == 0)
		return getppid() != atoi(argv[2]);
	if (strcmp(what, "getpid") == 0)
		return getpid() != atoi(argv[2]);
	if (strcmp(what, "cat") == 0) {
		while ((n = read(0, buf, sizeof(buf))) > 0)
			if (write(1, buf, (size_t)n) != n)
				return 22;
		return 0;
	}
	if (strcmp(what, "leak") == 0) {
		for (i = 0; i < 64; i++)
			memset(malloc(10000), 1, 10000);
		memset(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 1 << 20);
		return open("/dev/null", O_RDONLY) < 0;
	}
	if (strcmp(what, "threads") == 0) {
		for (i = 0; i < 3; i++)
			if (pthread_create(&t, NULL, forever, NULL) != 0)
				return 23;
		if (argv[2] == NULL)
			return 0;
		execv(argv[2], argv + 2);
		return 24;
	}
	if (strcmp(what, "spin") == 0) {
		signal(SIGXCPU, leave);
		alarm(600);
		for (;;)
			;
	}
	if (strcmp(what, "exec") == 0) {
		execv(argv[2], argv + 2);
		return errno;
	}
	return show(argv);
}

int
main(int argc, char **argv)
{
	if (stale()) {
		printf("stale: %d %d %d %d %d %d %d\n", five, zero, big[0],
		    text[0], seven, local, made);
		return 99;
	}
	return argc < 2 ? 0 : act(argv);
}
