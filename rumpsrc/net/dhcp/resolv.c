/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a lease says about names: /etc/resolv.conf, when there are files in
 * this image, and the host name, when nobody gave one.
 */
#include <linux/fcntl.h>

#include <kern/init.h>
#include <kern/log.h>
#include <kern/proc.h>
#include <kern/str.h>
#include <net/inaddr.h>
#include "dhcp.h"

#define RESOLV		"/etc/resolv.conf"

/* The gates of vfs, called as a program would; NULL: not in this image. */
long	rump_sysimpl_open(const char *, int, unsigned)
	    __attribute__((__weak__));
long	rump_sysimpl_mkdir(const char *, unsigned) __attribute__((__weak__));
long	rump_sysimpl_write(int, const void *, size_t)
	    __attribute__((__weak__));
long	rump_sysimpl_close(int) __attribute__((__weak__));

static void
write_file(const char *text, size_t len)
{
	long fd;

	if (rump_sysimpl_open == NULL || rump_sysimpl_mkdir == NULL ||
	    rump_sysimpl_write == NULL || rump_sysimpl_close == NULL)
		return;
	rump_unschedule();		/* gates take a CPU themselves */
	(void)rump_sysimpl_mkdir("/etc", 0755);
	fd = rump_sysimpl_open(RESOLV, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd >= 0) {
		(void)rump_sysimpl_write((int)fd, text, len);
		(void)rump_sysimpl_close((int)fd);
	}
	rump_schedule();
	if (fd < 0)
		rump_printf(RESOLV ": not written: error %ld\n", -fd);
}

static void
add(char *text, size_t size, const char *key, const char *value)
{
	strlcat(text, key, size);
	strlcat(text, value, size);
	strlcat(text, "\n", size);
}

void
dhcp_resolver(const struct dhcp_reply *dr)
{
	char text[400] = "", addr[48];
	struct inaddr a;
	unsigned i;

	if (dr->dr_hostname[0] != '\0')
		rump_hostname_offer(dr->dr_hostname);
	if (dr->dr_domain[0] != '\0')
		add(text, sizeof(text), "search ", dr->dr_domain);
	for (i = 0; i < dr->dr_ndns; i++) {
		a = inaddr_from4(dr->dr_dns[i]);
		add(text, sizeof(text), "nameserver ",
		    inaddr_format(&a, addr, sizeof(addr)));
	}
	if (dr->dr_ndns != 0)
		write_file(text, strlen(text));
}
