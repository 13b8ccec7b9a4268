/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net */
/* Addresses as text and as sockaddrs, against the host's libc. */
#include <errno.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <net/inaddr.h>
#include "../check.h"

static const char *const texts[] = {
	"1.2.3.4", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3",
	"1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "", "1..2.3", "::", "::1", "1::",
	"fe80::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
	"1::2::3", ":::", ":1", "1:", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
	"12345::", "g::", "::ffff:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4",
	"1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "2001:DB8::A",
	"0:0:0:0:0:0:0:0", "1:0:0:2:0:0:0:3", "fe80::1%lo", "1::2:",
};

static void
text(const char *s)
{
	struct inaddr a, b;
	struct in6_addr a6;
	struct in_addr a4;
	char buf[48];
	int ok = 0;

	if (inet_pton(AF_INET, s, &a4) == 1) {
		b = inaddr_from4(a4.s_addr);
		ok = 1;
	} else if (inet_pton(AF_INET6, s, &a6) == 1) {
		memcpy(&b, &a6, 16);
		ok = 1;
	}
	if ((inaddr_parse(s, &a) == 0) != ok)
		printf("text \"%s\"\n", s);
	CHECK_EQ(inaddr_parse(s, &a) == 0, ok);
	if (!ok)
		return;
	CHECK(inaddr_eq(&a, &b));
	inaddr_format(&a, buf, sizeof(buf));
	CHECK_EQ(inaddr_parse(buf, &b), 0);
	CHECK(inaddr_eq(&a, &b));
}

int
main(void)
{
	char b1[48], b2[48];
	struct sockaddr_in6 s6;
	struct sockaddr_in s4;
	struct inaddr a, b;
	uint16_t port;
	uint32_t scope;
	unsigned i, k;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		text(texts[i]);
	srand(1);
	for (i = 0; i < 50000; i++) {
		for (k = 0; k < 8; k++)
			a.ia_h[k] = rand() & 1 ? 0 : (uint16_t)rand() &
			    (rand() & 1 ? 0xffff : net16(0xf));
		a.ia_b[0] |= 0x20;	/* libc writes ::1.2.3.4 otherwise */
		inaddr_format(&a, b1, sizeof(b1));
		inet_ntop(AF_INET6, &a, b2, sizeof(b2));
		CHECK(strcmp(b1, b2) == 0);
		CHECK(inaddr_parse(b1, &b) == 0 && inaddr_eq(&a, &b));
	}
	memset(&s6, 0, sizeof(s6));
	s6.sin6_family = AF_INET6;
	s6.sin6_port = 7;
	s6.sin6_addr = in6addr_loopback;
	s6.sin6_scope_id = 3;
	CHECK_EQ(inaddr_fromsock((void *)&s6, sizeof(s6), &a, &port, &scope),
	    0);
	CHECK(inaddr_isloop(&a) && port == 7 && scope == 3);
	CHECK_EQ(inaddr_fromsock((void *)&s6, 24, &a, &port, &scope), 0);
	CHECK_EQ(scope, 0);
	CHECK_EQ(inaddr_fromsock((void *)&s6, 23, &a, &port, NULL), EINVAL);
	CHECK_EQ(inaddr_tosock(&a, 9, 0, 0, (void *)&s6), sizeof(s6));
	a = inaddr_from4(htonl(0x7f000001));
	CHECK_EQ(inaddr_tosock(&a, 9, 0, 0, (void *)&s4), sizeof(s4));
	CHECK(s4.sin_family == AF_INET && s4.sin_port == 9 &&
	    s4.sin_addr.s_addr == htonl(0x7f000001));
	CHECK_EQ(inaddr_fromsock((void *)&s4, 15, &a, &port, NULL), EINVAL);
	CHECK_EQ(inaddr_fromsock((void *)&s4, 1, &a, &port, NULL), EINVAL);
	s4.sin_family = AF_UNIX;
	CHECK_EQ(inaddr_fromsock((void *)&s4, 16, &a, &port, NULL),
	    EAFNOSUPPORT);
	CHECK_EQ(inaddr_tosock(&a, 9, 0, AF_INET6, (void *)&s6), sizeof(s6));
	return check_done();
}
