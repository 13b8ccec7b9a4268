/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointers to nowhere in calls that fail before they look at them (there is no
 * network in the image): the trace shows the addresses and nothing faults.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <unistd.h>

int
main(void)
{
	static const unsigned long bad[] = { 8, 4095, 0x7fffffffffffUL,
	    1UL << 63, ~0UL, 0xffff800000000000UL };
	struct iovec iov = { (void *)bad[3], 5 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		void *p = (void *)bad[i];

		(void)write(-1, p, 5);
		(void)sendto(-1, p, 5, 0, p, 16);
		(void)syscall(SYS_sendmsg, -1, p, 0);
		(void)bind(-1, p, 128);
		(void)setsockopt(-1, 1, 2, p, 4);
		(void)setsockopt(-1, 1, 2, p, 400);
	}
	(void)syscall(SYS_sendmsg, -1, &mh, 0);
	mh.msg_iov = (void *)bad[4];
	mh.msg_iovlen = 1000;
	mh.msg_name = (void *)bad[0];
	mh.msg_namelen = 16;
	(void)syscall(SYS_sendmsg, -1, &mh, 0);
	/* A buffer whose second page is not there. */
	edge[4090] = 'x';
	(void)mprotect(edge + 4096, 4096, PROT_NONE);
	(void)write(-1, edge + 4090, 20);
	(void)write(-1, edge + 4090, 6);
	return 0;
}
