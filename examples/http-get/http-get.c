/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An HTTP client with a TCP/IP stack of its own, on a TAP device.
 *	RUMP_NET0=tap:tap0 http-get 10.0.0.2/24 10.0.0.1 80 /
 * Its address (or "dhcp"), the server's, its port, what to get.
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rump/netconfig.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char buf[4096], *slash;
	ssize_t n;
	int s;

	if (argc != 5 || inet_pton(AF_INET, argv[2], &sin.sin_addr) != 1)
		errx(2, "usage: http-get ADDR/PREFIX|dhcp SERVER PORT PATH");
	sin.sin_port = htons((uint16_t)atoi(argv[3]));
	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		errx(1, "no rump kernel");
	if ((slash = strchr(argv[1], '/')) != NULL)
		*slash++ = '\0';
	if (slash != NULL ?
	    rump_pub_netconfig_ipv4_ifaddr_cidr("eth0", argv[1], atoi(slash)) :
	    rump_pub_netconfig_dhcp_ipv4_oneshot("eth0"))
		errx(1, "%s: no address", argv[1]);

	s = rump_sys_socket(AF_INET, SOCK_STREAM, 0);
	if (s == -1 || rump_sys_connect(s, (void *)&sin, sizeof(sin)) == -1)
		err(1, "%s:%s", argv[2], argv[3]);
	n = snprintf(buf, sizeof(buf), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n",
	    argv[4], argv[2]);
	if (rump_sys_write(s, buf, (size_t)n) != n)
		err(1, "write");
	while ((n = rump_sys_read(s, buf, sizeof(buf))) > 0)
		(void)!write(1, buf, (size_t)n);
	if (n == -1)
		err(1, "read");
	return 0;
}
