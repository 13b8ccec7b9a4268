/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc as programs use it; all of it also holds on Linux. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../check.h"

static char buf[1 << 18];

static char *
slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n, len = 0;

	buf[0] = '\0';
	CHECK(fd >= 0);
	if (fd < 0) {
		printf("%s\n", path);
		return buf;
	}
	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	CHECK(n == 0);
	buf[len] = '\0';
	close(fd);
	return buf;
}

/* The number behind key in a text that has it at the start of a line. */
static long
value(const char *text, const char *key)
{
	const char *p = text;
	size_t len = strlen(key);

	for (; p != NULL; p = strchr(p, '\n'), p = p ? p + 1 : p)
		if (strncmp(p, key, len) == 0)
			return strtol(p + len, NULL, 0);
	printf("no %s\n", key);
	return -1;
}

static int
mapped(const void *addr, const char *prot, const char *name)
{
	unsigned long from, to, at = (unsigned long)addr;
	char p[5], path[512], *line, *save;

	for (line = strtok_r(slurp("/proc/self/maps"), "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		path[0] = '\0';
		CHECK(sscanf(line, "%lx-%lx %4s %*x %*x:%*x %*u %511[^\n]",
		    &from, &to, p, path) >= 3);
		if (at >= from && at < to)
			return strcmp(p, prot) == 0 && strstr(path, name);
	}
	return 0;
}

static void
maps(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0), *f;
	int fd = open("/tmp/t_proc.map", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int local = 0;
	FILE *fp;

	CHECK(mapped(p, "rw-p", ""));
	CHECK(mprotect(p, 4096, PROT_READ) == 0);
	CHECK(mapped(p, "r--p", ""));
	CHECK(mapped(p + 4096, "rw-p", ""));
	munmap(p, 8192);
	CHECK(!mapped(p, "rw-p", ""));
	CHECK(ftruncate(fd, 4096) == 0);
	f = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mapped(f, "rw-s", "/tmp/t_proc.map"));
	munmap(f, 4096);
	close(fd);
	unlink("/tmp/t_proc.map");
	CHECK(mapped(&local, "rw-p", "[stack]"));
	CHECK(mapped((void *)(uintptr_t)maps, "r-xp", "t_proc"));
	CHECK(mapped(buf, "rw-p", ""));
	/* read in small pieces it is the same file */
	fp = fopen("/proc/self/maps", "r");
	setvbuf(fp, NULL, _IONBF, 0);
	CHECK(fgets(buf, 100, fp) != NULL && strchr(buf, '-') != NULL);
	fclose(fp);
}

/* What is kept and told. */
static void
test_prctl(void)
{
	int v = -1;

	CHECK(prctl(PR_GET_DUMPABLE) == 1);
	CHECK(prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_GET_DUMPABLE) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 7) == -1 && errno == EINVAL);
	CHECK(prctl(PR_SET_PDEATHSIG, 15) == 0);
	CHECK(prctl(PR_GET_PDEATHSIG, &v) == 0 && v == 15);
	CHECK(prctl(PR_SET_PDEATHSIG, 0) == 0);
	CHECK(prctl(PR_SET_PDEATHSIG, 65) == -1 && errno == EINVAL);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &v) == 0 && v == 1);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
	CHECK(prctl(PR_GET_TIMERSLACK) == 50000);
	CHECK(prctl(PR_SET_TIMERSLACK, 1000) == 0);
	CHECK(prctl(PR_GET_TIMERSLACK) == 1000);
	CHECK(prctl(PR_SET_TIMERSLACK, 0) == 0);
	CHECK(prctl(PR_GET_KEEPCAPS) == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(prctl(12345) == -1 && errno == EINVAL);
}

static void
status(void)
{
	char *s = slurp("/proc/self/status"), name[64];
	long vm, rss, pages;
	FILE *fp;

	CHECK_EQ(value(s, "Pid:"), getpid());
	CHECK_EQ(value(s, "PPid:"), getppid());
	CHECK_EQ(value(s, "Tgid:"), getpid());
	CHECK_EQ(value(s, "Uid:"), getuid());
	CHECK_EQ(value(s, "Threads:"), 1);
	CHECK(value(s, "VmRSS:") > 0);
	CHECK(value(s, "VmSize:") >= value(s, "VmRSS:"));
	CHECK(strstr(s, "\nState:\tR (running)\n") != NULL);
	CHECK(strncmp(s, "Name:\tt_proc\n", 13) == 0);
	fp = fopen("/proc/self/statm", "r");
	CHECK(fscanf(fp, "%ld %ld", &vm, &rss) == 2);
	fclose(fp);
	CHECK(vm > 0 && rss > 0 && rss <= vm);
	/* touching memory shows */
	pages = 256;
	char *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	memset(p, 1, pages * 4096);
	CHECK(value(slurp("/proc/self/status"), "VmRSS:") >= pages * 4);
	munmap(p, pages * 4096);

	test_prctl();
	CHECK(prctl(PR_SET_NAME, "a name)") == 0);
	CHECK(strcmp(slurp("/proc/self/comm"), "a name)\n") == 0);
	s = slurp("/proc/self/stat");
	snprintf(name, sizeof(name), "%d (a name)) R %d ", getpid(),
	    getppid());
	CHECK(strncmp(s, name, strlen(name)) == 0);
	CHECK_EQ(strtol(strrchr(s, ')') + 2 + 2, NULL, 10), getppid());
	int fd = open("/proc/self/comm", O_WRONLY);
	CHECK(write(fd, "t_proc", 6) == 6);
	close(fd);
	CHECK(prctl(PR_GET_NAME, name) == 0 && !strcmp(name, "t_proc"));
}

static uint64_t
sigbits(const char *key)
{
	const char *p = strstr(slurp("/proc/self/status"), key);

	return p != NULL ? strtoull(p + strlen(key), NULL, 16) : ~0ULL;
}

static void
handler(int sig)
{
	(void)sig;
}

static void
signals(void)
{
	sigset_t set, old;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, &old);
	CHECK(sigbits("SigIgn:\t") >> (SIGUSR1 - 1) & 1);
	CHECK(sigbits("SigCgt:\t") >> (SIGUSR2 - 1) & 1);
	CHECK(!(sigbits("SigCgt:\t") >> (SIGUSR1 - 1) & 1));
	CHECK(sigbits("SigBlk:\t") >> (SIGUSR2 - 1) & 1);
	CHECK_EQ(sigbits("ShdPnd:\t"), 0);
	kill(getpid(), SIGUSR2);
	CHECK_EQ(sigbits("ShdPnd:\t"), 1ULL << (SIGUSR2 - 1));
	signal(SIGUSR2, SIG_IGN);
	CHECK_EQ(sigbits("ShdPnd:\t"), 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void
args(int argc, char **argv)
{
	char *s = slurp("/proc/self/cmdline"), *e;
	extern char **environ;
	int i;

	for (i = 0; i < argc; i++) {
		CHECK(strcmp(s, argv[i]) == 0);
		s += strlen(s) + 1;
	}
	/* a program may move its pointers about: the strings stay */
	argv[0] = (char *)"moved";
	CHECK(strcmp(slurp("/proc/self/cmdline"), "moved") != 0);
	e = slurp("/proc/self/environ");
	for (i = 0; environ[i] != NULL; i++) {
		CHECK(strcmp(e, environ[i]) == 0);
		e += strlen(e) + 1;
	}
}

static void
limits(void)
{
	struct rlimit rl;
	char want[80];

	CHECK(getrlimit(RLIMIT_NOFILE, &rl) == 0);
	rl.rlim_cur = 77;
	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	snprintf(want, sizeof(want), "Max open files            77%*s%-20ld "
	    "files", 19, "", (long)rl.rlim_max);
	CHECK(strstr(slurp("/proc/self/limits"), want) != NULL);
	CHECK(strstr(buf, "Max cpu time              unlimited") != NULL);
}

static void
fds(void)
{
	char link[64], path[256], info[64];
	int fd, fd2, p[2], dfd, seen = 0;
	struct stat a, b;
	struct dirent *d;
	ssize_t n;
	DIR *dir;

	mkdir("/tmp/t_proc.d", 0700);
	fd = open("/tmp/t_proc.d/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	CHECK(strcmp(path, "/tmp/t_proc.d/file") == 0);
	CHECK(rename("/tmp/t_proc.d/file", "/tmp/t_proc.d/other") == 0);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	CHECK(strcmp(path, "/tmp/t_proc.d/other") == 0);
	CHECK(write(fd, "hello", 5) == 5);
	/* a description of its own, of the same file */
	fd2 = open(link, O_RDONLY);
	CHECK(fd2 >= 0 && read(fd2, path, 16) == 5);
	snprintf(info, sizeof(info), "/proc/self/fdinfo/%d", fd2);
	CHECK_EQ(value(slurp(info), "pos:"), 5);
	CHECK_EQ(value(buf, "flags:") & O_ACCMODE, O_RDONLY);
	CHECK(stat(link, &a) == 0 && fstat(fd, &b) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK(lstat(link, &a) == 0 && S_ISLNK(a.st_mode));
	CHECK(unlink("/tmp/t_proc.d/other") == 0);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	CHECK(strstr(path, " (deleted)") != NULL);
	/* also without a name it can be opened */
	close(fd2);
	fd2 = open(link, O_RDWR);
	CHECK(fd2 >= 0 && read(fd2, path, 16) == 5);
	close(fd2);
	close(fd);
	CHECK(open(link, O_RDONLY) == -1 && errno == ENOENT);
	/* through a directory */
	dfd = open("/tmp/t_proc.d", O_PATH | O_DIRECTORY);
	snprintf(link, sizeof(link), "/proc/self/fd/%d/new", dfd);
	fd = open(link, O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && access("/tmp/t_proc.d/new", F_OK) == 0);
	close(fd);
	close(dfd);
	unlink("/tmp/t_proc.d/new");
	rmdir("/tmp/t_proc.d");
	/* pipes */
	CHECK(pipe(p) == 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", p[0]);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	fstat(p[0], &a);
	snprintf(info, sizeof(info), "pipe:[%lu]", (long)a.st_ino);
	CHECK(strcmp(path, info) == 0);
	fd = open(link, O_WRONLY);
	CHECK(fd >= 0 && write(fd, "x", 1) == 1 && read(p[0], path, 9) == 1);
	close(p[1]);
	CHECK(write(fd, "y", 1) == 1 && read(p[0], path, 9) == 1);
	close(fd);
	CHECK(read(p[0], path, 9) == 0);
	/* the directory says which there are */
	dir = opendir("/proc/self/fd");
	CHECK(dir != NULL);
	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.') {
			seen |= atoi(d->d_name) == p[0];
			CHECK(fcntl(atoi(d->d_name), F_GETFD) >= 0);
		}
	CHECK(seen);
	closedir(dir);
	close(p[0]);
	/* the usual links */
	fd = open("/dev/fd/1", O_WRONLY);
	CHECK(fd >= 0 || errno == EACCES || errno == ENXIO);
	close(fd);
	CHECK(readlink("/dev/fd", path, sizeof(path)) == 13);
}

static void
places(void)
{
	char a[512], b[512], name[64];
	struct stat st, rt;
	ssize_t n;

	CHECK(chdir("/tmp") == 0);
	n = readlink("/proc/self/cwd", a, sizeof(a) - 1);
	CHECK(n > 0 && getcwd(b, sizeof(b)) && strlen(b) == (size_t)n &&
	    memcmp(a, b, n) == 0);
	CHECK(stat("/proc/self/root/", &st) == 0 && stat("/", &rt) == 0 &&
	    st.st_ino == rt.st_ino && st.st_dev == rt.st_dev);
	CHECK(stat("/proc/self/cwd/../tmp", &st) == 0);
	n = readlink("/proc/self/exe", a, sizeof(a) - 1);
	a[n > 0 ? n : 0] = '\0';
	CHECK(strlen(a) > 7 && !strcmp(a + strlen(a) - 7, "/t_proc"));
	CHECK(realpath("/proc/self/exe", b) != NULL && strcmp(a, b) == 0);
	CHECK(stat(a, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 0111));
	snprintf(name, sizeof(name), "%d", getpid());
	n = readlink("/proc/self", a, sizeof(a) - 1);
	a[n > 0 ? n : 0] = '\0';
	CHECK(strcmp(a, name) == 0);
	CHECK(open("/proc/self/nothing", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(open("/proc/0123", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(open("/proc/self/status", O_WRONLY | O_CREAT, 0600) == -1 ||
	    getuid() == 0);
}

static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;
static volatile int other;

static void *
sleeper(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "sleeper");
	other = (int)syscall(SYS_gettid);
	pthread_mutex_lock(&hold);
	pthread_mutex_unlock(&hold);
	return NULL;
}

static void
threads(void)
{
	char path[64], *s;
	struct dirent *d;
	pthread_t t;
	int n = 0;
	DIR *dir;

	pthread_mutex_lock(&hold);
	CHECK(pthread_create(&t, NULL, sleeper, NULL) == 0);
	while (other == 0)
		usleep(1000);
	CHECK_EQ(value(slurp("/proc/self/status"), "Threads:"), 2);
	dir = opendir("/proc/self/task");
	while (dir != NULL && (d = readdir(dir)) != NULL)
		n += d->d_name[0] != '.';
	closedir(dir);
	CHECK_EQ(n, 2);
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", other);
	CHECK(strcmp(slurp(path), "sleeper\n") == 0);
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", other);
	do
		s = slurp(path);
	while (strstr(s, "(sleeper) S ") == NULL);
	CHECK_EQ(atoi(s), other);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", other);
	CHECK_EQ(value(slurp(path), "Tgid:"), getpid());
	pthread_mutex_unlock(&hold);
	pthread_join(t, NULL);
	CHECK(strcmp(slurp("/proc/thread-self/comm"), "t_proc\n") == 0);
}

static void
system_files(void)
{
	double avg[3], up, idle;
	struct sysinfo si;
	char u1[64], u2[64], *s;
	FILE *fp;

	s = slurp("/proc/meminfo");
	CHECK(value(s, "MemTotal:") > 1024);
	CHECK(value(s, "MemFree:") > 0 &&
	    value(s, "MemFree:") < value(s, "MemTotal:"));
	CHECK(value(s, "MemAvailable:") > 0);
	CHECK(value(s, "SwapTotal:") >= 0);
	CHECK(sysinfo(&si) == 0);
	CHECK_EQ(value(s, "MemTotal:"), si.totalram * si.mem_unit / 1024);
	s = slurp("/proc/cpuinfo");
	CHECK(strncmp(s, "processor\t: 0\nvendor_id\t: ", 26) == 0);
	CHECK(strstr(s, " fpu ") != NULL && strstr(s, " sse2 ") != NULL);
	fp = fopen("/proc/uptime", "r");
	CHECK(fp && fscanf(fp, "%lf %lf", &up, &idle) == 2 && up >= 0);
	fclose(fp);
	CHECK(up <= (double)si.uptime + 100 && up > (double)si.uptime - 1);
	CHECK(getloadavg(avg, 3) == 3 && avg[0] >= 0);
	fp = fopen("/proc/loadavg", "r");
	CHECK(fp && fscanf(fp, "%lf %lf %lf", &avg[0], &avg[1], &avg[2]) == 3);
	fclose(fp);
	s = slurp("/proc/stat");
	CHECK(strncmp(s, "cpu  ", 5) == 0 && strstr(s, "\ncpu0 ") != NULL);
	CHECK(value(s, "btime ") > 1600000000);
	CHECK(value(s, "procs_running ") >= 1);
	CHECK(strncmp(slurp("/proc/version"), "Linux version ", 14) == 0);
	CHECK(strstr(slurp("/proc/filesystems"), "nodev\ttmpfs\n") != NULL);
	CHECK(strstr(buf, "nodev\tproc\n") != NULL);
	CHECK(strstr(slurp("/proc/mounts"), " /proc proc rw") != NULL);
	CHECK(strstr(slurp("/proc/self/mountinfo"), " /proc rw") != NULL);
	CHECK(strstr(slurp("/proc/devices"), "Character devices:") != NULL);
	CHECK(strstr(slurp("/proc/interrupts"), "CPU0") != NULL);
	CHECK(value(slurp("/proc/vmstat"), "nr_free_pages ") > 0);
	slurp("/proc/cmdline");
	/* settings */
	CHECK(strcmp(slurp("/proc/sys/kernel/ostype"), "Linux\n") == 0);
	gethostname(u1, sizeof(u1));
	s = slurp("/proc/sys/kernel/hostname");
	s[strcspn(s, "\n")] = '\0';
	CHECK(strcmp(s, u1) == 0);
	CHECK(atoi(slurp("/proc/sys/kernel/pid_max")) > 300);
	CHECK(atoi(slurp("/proc/sys/kernel/threads-max")) > 20);
	strcpy(u1, slurp("/proc/sys/kernel/random/uuid"));
	strcpy(u2, slurp("/proc/sys/kernel/random/uuid"));
	CHECK(strlen(u1) == 37 && u1[14] == '4' && strcmp(u1, u2) != 0);
	strcpy(u1, slurp("/proc/sys/kernel/random/boot_id"));
	CHECK(strcmp(u1, slurp("/proc/sys/kernel/random/boot_id")) == 0);
	CHECK(strlen(slurp("/proc/sys/kernel/core_pattern")) > 1);
	CHECK(buf[0] != '\n');
	CHECK(atol(slurp("/proc/sys/vm/max_map_count")) >= 65530);
	CHECK(atol(slurp("/proc/sys/fs/file-max")) > 1000);
	CHECK(atol(slurp("/proc/sys/fs/nr_open")) >= 65536);
	CHECK_EQ(atol(slurp("/proc/sys/fs/pipe-max-size")), 1048576);
	slurp("/proc/sys/vm/overcommit_memory");
	CHECK(sysconf(_SC_PHYS_PAGES) > 256);
	CHECK(sysconf(_SC_AVPHYS_PAGES) > 0);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
}

int
main(int argc, char **argv)
{
	args(argc, argv);
	status();
	signals();
	maps();
	limits();
	fds();
	places();
	threads();
	system_files();
	return check_done();
}
