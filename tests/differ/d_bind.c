/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may have the same port: both families, wildcards, IPV6_V6ONLY,
 * SO_REUSEADDR, SO_REUSEPORT, listeners, lo or any interface.  Sockets with
 * SO_REUSEPORT and without it are not mixed: on Linux the first that is found
 * decides.
 */
#include "dnet.h"

#define NSOCK	6
static int s[NSOCK];
static int mode;	/* 1: SO_REUSEPORT */

void
differ_begin(void)
{
	net_begin();
	mode = once_in(4);
	for (unsigned i = 0; i < NSOCK; i++)
		s[i] = -1;
}

void
differ_end(void)
{
	for (unsigned i = 0; i < NSOCK; i++)
		if (s[i] >= 0)
			close(s[i]);
}

void
differ_step(void)
{
	static const char *const places[] = { "127.0.0.1", "127.0.0.2",
	    "0.0.0.0", "::1", "::", "::ffff:127.0.0.1" };
	unsigned i = below(NSOCK);
	const char *n = places[below(6)];
	int one = 1, v6 = strchr(n, ':') != NULL;
	int type = once_in(2) ? SOCK_STREAM : SOCK_DGRAM;
	char text[64] = "";
	union addr a;
	socklen_t len = addr_make(&a, n, 1 + below(2));

	if (s[i] >= 0)
		close(s[i]);
	s[i] = -1;
	if (once_in(6)) {
		say("close %u", i);
		return;
	}
	s[i] = socket(v6 ? AF_INET6 : AF_INET, type, 0);
	if (mode != 0 || once_in(2)) {
		strcat(text, mode ? " port" : " addr");
		setsockopt(s[i], SOL_SOCKET, mode ? SO_REUSEPORT : SO_REUSEADDR,
		    &one, sizeof(one));
	}
	if (v6 && n[2] != 'f' && once_in(2)) {
		strcat(text, " v6only");
		setsockopt(s[i], IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	}
	if (once_in(4)) {
		strcat(text, " lo");
		setsockopt(s[i], SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	}
	say("%u %s %s%s: %ld", i, type == SOCK_STREAM ? "tcp" : "udp",
	    addr_str(&a, len), text, RES(bind(s[i], &a.sa, len)));
	if (type == SOCK_STREAM && once_in(2))
		say(" listen %ld", RES(listen(s[i], 1)));
}
