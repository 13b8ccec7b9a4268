/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /init of a Linux guest for the tables: loads /mods/0, 1, ... in that order,
 * mounts what programs expect, gives lo and the first other interface its
 * address, which is the first argument, and becomes /prog with the others.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
modules(void)
{
	char name[32];
	int i, fd;

	for (i = 0;; i++) {
		snprintf(name, sizeof(name), "/mods/%d", i);
		if ((fd = open(name, O_RDONLY)) < 0)
			return;
		if (syscall(SYS_finit_module, fd, "", 0) != 0)
			perror(name);
		close(fd);
	}
}

static void
interface(const char *name, const char *addr)
{
	struct ifreq r = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&r.ifr_addr;
	int s = socket(AF_INET, SOCK_DGRAM, 0), try;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	in->sin_family = AF_INET;
	inet_pton(AF_INET, addr, &in->sin_addr);
	for (try = 0; ioctl(s, SIOCSIFADDR, &r) != 0 && try < 300; try++)
		usleep(10000);
	inet_pton(AF_INET, addr[0] == '1' && addr[1] == '2' ? "255.0.0.0" :
	    "255.255.255.0", &in->sin_addr);
	ioctl(s, SIOCSIFNETMASK, &r);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(s, SIOCSIFFLAGS, &r) != 0)
		perror(name);
	close(s);
}

int
main(int argc, char **argv)
{
	char *env[] = { "PATH=/", NULL };

	if (argc < 2)
		return 1;

	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	mkdir("/dev/shm", 01777);
	mount("shm", "/dev/shm", "tmpfs", 0, NULL);
	modules();
	interface("lo", "127.0.0.1");
	interface("eth0", argv[1]);
	iopl(3);
	argv[1] = "/prog";
	execve(argv[1], argv + 1, env);
	perror(argv[1]);
	return 1;
}
