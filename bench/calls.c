/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls by kind, one thread's or a pair's, timed or counted:
 *	calls NAME		nanoseconds a call
 *	calls mark N		all kinds N times (the slow ones N / 20), each
 *				between two marks for insncount.c
 *	calls serve		the same answer to GET /NAME, port 8080
 *	calls names		the kinds' names
 * A kind does one thing once; what it needs is made before.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BIG	(1UL << 20)
#define SLICE	1000000.0	/* ns */
#define RUNS	31
#define WAIT	128		/* FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE */
#define WAKE	129
#define MARK()	__asm__ __volatile__("xchgw %%bx, %%bx" : : : "memory")

static int fds[2], back[2], file, turn;
static char buf[4096];
static volatile int sink;

static void
check(int ok, const char *what)
{

	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void
do_getppid(void)
{

	sink = getppid();
}

static void
do_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	sink = (int)ts.tv_nsec;
}

static void
pipe_of(size_t n)
{

	check(write(fds[1], buf, n) == (ssize_t)n, "write");
	check(read(fds[0], buf, n) == (ssize_t)n, "read");
}

static void
do_pipe1(void)
{

	pipe_of(1);
}

static void
do_pipe4k(void)
{

	pipe_of(sizeof(buf));
}

static void
write_of(size_t n)
{

	check(pwrite(file, buf, n, 0) == (ssize_t)n, "pwrite");
}

static void
read_of(size_t n)
{

	check(pread(file, buf, n, 0) == (ssize_t)n, "pread");
}

static void
do_write1(void)
{

	write_of(1);
}

static void
do_write4k(void)
{

	write_of(sizeof(buf));
}

static void
do_read1(void)
{

	read_of(1);
}

static void
do_read4k(void)
{

	read_of(sizeof(buf));
}

/* Waits until it is side's turn, and gives it to the other one. */
static void
take_turn(int side)
{

	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != side)
		syscall(SYS_futex, &turn, WAIT, !side, NULL, NULL, 0);
	__atomic_store_n(&turn, !side, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &turn, WAKE, 1, NULL, NULL, 0);
}

static void
do_futex(void)
{

	take_turn(0);
}

static void
peer_futex(void)
{

	take_turn(1);
}

static void
do_ping(void)
{

	check(write(fds[1], buf, 1) == 1, "write");
	check(read(back[0], buf, 1) == 1, "read");
}

static void
peer_ping(void)
{
	char c;

	check(read(fds[0], &c, 1) == 1, "read");
	check(write(back[1], &c, 1) == 1, "write");
}

static void *
nothing(void *arg)
{

	return arg;
}

static void
do_thread(void)
{
	pthread_t t;

	check(pthread_create(&t, NULL, nothing, NULL) == 0, "pthread_create");
	pthread_join(t, NULL);
}

static void
map_of(size_t n)
{
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	check(p != MAP_FAILED, "mmap");
	for (i = 0; i < n; i += 4096)
		p[i] = 1;
	munmap(p, n);
}

static void
do_map1(void)
{

	map_of(4096);
}

static void
do_map256(void)
{

	map_of(BIG);
}

static const struct kind {
	const char	*k_name;
	void		(*k_do)(void);
	void		(*k_peer)(void);	/* another thread's part */
	int		 k_slow;
} kinds[] = {
	{ "getppid", do_getppid, NULL, 0 },
	{ "clock_gettime", do_clock, NULL, 0 },
	{ "pipe-1", do_pipe1, NULL, 0 },
	{ "pipe-4096", do_pipe4k, NULL, 0 },
	{ "tmpfs-write-1", do_write1, NULL, 0 },
	{ "tmpfs-write-4096", do_write4k, NULL, 0 },
	{ "tmpfs-read-1", do_read1, NULL, 0 },
	{ "tmpfs-read-4096", do_read4k, NULL, 0 },
	{ "futex-pingpong", do_futex, peer_futex, 0 },
	{ "pipe-pingpong", do_ping, peer_ping, 0 },
	{ "thread-create-join", do_thread, NULL, 1 },
	{ "mmap-touch-munmap", do_map1, NULL, 1 },
	{ "mmap-256-pages", do_map256, NULL, 1 },
	{ NULL, NULL, NULL, 0 }
};

static void
prepare(void)
{
	char name[] = "/dev/shm/calls.XXXXXX";

	check(pipe(fds) == 0 && pipe(back) == 0, "pipe");
	check((file = mkstemp(name)) >= 0, name);
	unlink(name);
	write_of(sizeof(buf));
}

struct peer {
	void	(*p_do)(void);
	long	 p_n;
};

static void *
peer(void *arg)
{
	struct peer *p = arg;
	long i;

	for (i = 0; i < p->p_n; i++)
		p->p_do();
	return NULL;
}

/* The first tenth is not measured. */
static double
run(const struct kind *k, long n, int marks)
{
	struct timespec a, b;
	struct peer p = { k->k_peer, n + n / 10 };
	pthread_t t;
	long i;

	if (p.p_do != NULL)
		check(pthread_create(&t, NULL, peer, &p) == 0, k->k_name);
	for (i = 0; i < n / 10; i++)
		k->k_do();
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (marks)
		MARK();
	for (i = 0; i < n; i++)
		k->k_do();
	if (marks)
		MARK();
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (p.p_do != NULL)
		pthread_join(t, NULL);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	    (double)(b.tv_nsec - a.tv_nsec)) / (double)n;
}

static const struct kind *
find(const char *name)
{
	const struct kind *k;

	for (k = kinds; k->k_name != NULL; k++)
		if (strcmp(k->k_name, name) == 0)
			return k;
	errno = EINVAL;
	check(0, name);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Of some runs, each of n, what one in `part` is faster than. */
static double
some(const struct kind *k, long n, int runs, int part)
{
	double ns[RUNS];
	int i;

	for (i = 0; i < runs; i++)
		ns[i] = run(k, n, 0);
	qsort(ns, (size_t)runs, sizeof(ns[0]), compare);
	return ns[runs / part];
}

/* Of runs so short that a busy machine leaves some of them alone. */
static double
measure(const struct kind *k)
{
	long n = 10;

	while (some(k, n, 5, 5) * (double)n < SLICE)
		n *= 2;
	return some(k, n, RUNS, 10);
}

static void
answer(FILE *f)
{
	char name[80];

	if (fscanf(f, "GET /%70s", name) == 1) {
		fprintf(f, "HTTP/1.0 200 OK\r\n\r\n");
		if (strcmp(name, "HTTP/1.1") != 0)	/* "GET / ..." */
			fprintf(f, "%.2f\n", measure(find(name)));
		fflush(f);
	}
	shutdown(fileno(f), SHUT_WR);
	while (fgetc(f) != EOF)
		;
}

static void
serve(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_port = htons(8080) };
	int s = socket(AF_INET, SOCK_STREAM, 0), c;
	FILE *f;

	check(bind(s, (void *)&in, sizeof(in)) == 0 && listen(s, 5) == 0,
	    "port 8080");
	for (;;) {
		check((c = accept(s, NULL, NULL)) >= 0, "accept");
		check((f = fdopen(c, "r+")) != NULL, "fdopen");
		answer(f);
		fclose(f);
	}
}

static void
mark_all(long n)
{
	const struct kind *k;

	for (k = kinds; k->k_name != NULL; k++)
		(void)run(k, k->k_slow ? n / 20 : n, 1);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "names";
	const struct kind *k;

	if (strcmp(what, "names") == 0) {
		for (k = kinds; k->k_name != NULL; k++)
			printf("%s %d\n", k->k_name, k->k_slow ? 20 : 1);
		return 0;
	}
	prepare();
	if (strcmp(what, "serve") == 0)
		serve();
	if (strcmp(what, "mark") == 0)
		mark_all(argc > 2 ? atol(argv[2]) : 1000);
	else
		printf("%.2f\n", measure(find(what)));
	return 0;
}
