/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Name servers and search lists that routers tell (RFC 8106), for
 * /etc/resolv.conf: lines that it does not have yet are added by a thread,
 * as packets are not handled where files may be.
 */
#include <linux/fcntl.h>
#include "inet6_priv.h"

#define RESOLV		"/etc/resolv.conf"
#define RESOLV_MAX	1024

/* The gates of vfs, called as a program would; NULL: not in this image. */
long	rump_sysimpl_open(const char *, int, unsigned)
	    __attribute__((__weak__));
long	rump_sysimpl_mkdir(const char *, unsigned) __attribute__((__weak__));
long	rump_sysimpl_read(int, void *, size_t) __attribute__((__weak__));
long	rump_sysimpl_write(int, const void *, size_t)
	    __attribute__((__weak__));
long	rump_sysimpl_close(int) __attribute__((__weak__));

/* ii_lock held. */
static void
server(struct in6_dns *dn, const struct inaddr *a, int add)
{
	unsigned i;

	for (i = 0; i < dn->dn_n; i++)
		if (inaddr_eq(&dn->dn_server[i], a))
			break;
	if (add && i == dn->dn_n && i < IN6_NDNS)
		dn->dn_server[dn->dn_n++] = *a;
	else if (!add && i < dn->dn_n)
		dn->dn_server[i] = dn->dn_server[--dn->dn_n];
}

static int
hostchar(uint8_t c)
{

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* One name of labels (RFC 1035, 3.1) to text; its bytes, 0: malformed. */
static unsigned
domain(const uint8_t *p, unsigned n, char *to, unsigned size)
{
	unsigned i = 0, out = 0, len, k;

	while (i < n && (len = p[i]) != 0) {
		if (len > 63 || i + 1 + len >= n || out + len + 2 > size)
			return 0;
		for (k = 0; k < len; k++)
			if (!hostchar(p[i + 1 + k]))
				return 0;
		if (out > 0)
			to[out++] = '.';
		memcpy(to + out, p + i + 1, len);
		out += len;
		i += len + 1;
	}
	to[out] = '\0';
	return i < n ? i + 1 : 0;
}

/* ii_lock held. */
static void
search(struct in6_dns *dn, const uint8_t *p, unsigned n)
{
	char name[IN6_SEARCH];
	unsigned used;

	dn->dn_search[0] = '\0';
	for (; n > 0 && p[0] != 0; p += used, n -= used) {
		if ((used = domain(p, n, name, sizeof(name))) == 0 ||
		    strlen(dn->dn_search) + strlen(name) + 2 >
		    sizeof(dn->dn_search))
			return;
		if (dn->dn_search[0] != '\0')
			strlcat(dn->dn_search, " ", sizeof(dn->dn_search));
		strlcat(dn->dn_search, name, sizeof(dn->dn_search));
	}
}

void
nd6_dns(struct in6_if *ii, const uint8_t *opt, unsigned len)
{
	struct inaddr a;
	uint32_t lifetime;
	unsigned i;

	memcpy(&lifetime, opt + 4, 4);
	rump_mutex_enter(&ii->ii_lock);
	if (opt[0] == ND_OPT_DNSSL) {
		if (lifetime == 0)
			ii->ii_dns.dn_search[0] = '\0';
		else
			search(&ii->ii_dns, opt + 8, len - 8);
	} else
		for (i = 8; i + 16 <= len; i += 16) {
			memcpy(&a, opt + i, 16);
			if (!inaddr_is4(&a) && a.ia_b[0] != 0xff)
				server(&ii->ii_dns, &a, lifetime != 0);
		}
	rump_mutex_exit(&ii->ii_lock);
}

/* --- the file --- */

/* Is the line in the text? */
static int
has_line(const char *text, const char *line)
{
	size_t len = strlen(line);
	const char *p;

	for (p = text; p != NULL && *p != '\0';) {
		if (strncmp(p, line, len) == 0 &&
		    (p[len] == '\n' || p[len] == '\0'))
			return 1;
		if ((p = strchr(p, '\n')) != NULL)
			p++;
	}
	return 0;
}

static void
want(char *to, const char *have, const char *key, const char *value,
    const char *suffix)
{
	char line[IN6_SEARCH + 32];

	strlcpy(line, key, sizeof(line));
	strlcat(line, value, sizeof(line));
	strlcat(line, suffix, sizeof(line));
	if (has_line(have, line))
		return;
	strlcat(to, line, RESOLV_MAX);
	strlcat(to, "\n", RESOLV_MAX);
}

static void
append(const char *text)
{
	long fd;

	(void)rump_sysimpl_mkdir("/etc", 0755);
	fd = rump_sysimpl_open(RESOLV, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd < 0)
		return;
	(void)rump_sysimpl_write((int)fd, text, strlen(text));
	(void)rump_sysimpl_close((int)fd);
}

static void
load(char *have)
{
	long fd = rump_sysimpl_open(RESOLV, O_RDONLY, 0), n = 0;

	if (fd >= 0) {
		n = rump_sysimpl_read((int)fd, have, RESOLV_MAX - 1);
		(void)rump_sysimpl_close((int)fd);
	}
	have[n > 0 ? n : 0] = '\0';
}

static void
write_out(struct in6_if *ii, const struct in6_dns *dn)
{
	char *have = rump_kmem_zalloc(2 * RESOLV_MAX), *add, addr[48];
	unsigned i;

	if (have == NULL)
		return;
	add = have + RESOLV_MAX;
	rump_unschedule();		/* gates take a CPU themselves */
	load(have);
	if (dn->dn_search[0] != '\0')
		want(add, have, "search ", dn->dn_search, "");
	for (i = 0; i < dn->dn_n; i++)
		want(add, have, "nameserver ", inaddr_format(
		    &dn->dn_server[i], addr, sizeof(addr)),
		    in6_islinklocal(&dn->dn_server[i]) ? ii->ii_dnsscope : "");
	if (add[0] != '\0')
		append(add);
	rump_schedule();
	rump_kmem_free(have, 2 * RESOLV_MAX);
}

/* Until there is nothing new; then, with ii_lock, it says that it is gone. */
static void
dns_thread(void *arg)
{
	struct in6_if *ii = arg;
	struct in6_dns dn;
	int news;

	for (;;) {
		rump_mutex_enter(&ii->ii_lock);
		dn = ii->ii_dns;
		news = memcmp(&dn, &ii->ii_dnswritten, sizeof(dn)) != 0;
		ii->ii_dnswritten = dn;
		ii->ii_dnsbusy = (uint8_t)news;
		rump_mutex_exit(&ii->ii_lock);
		if (!news)
			return;
		write_out(ii, &dn);
	}
}

void
nd6_dns_write(struct in6_if *ii)
{
	int start;

	if (rump_sysimpl_open == NULL || rump_sysimpl_mkdir == NULL ||
	    rump_sysimpl_write == NULL || rump_sysimpl_close == NULL ||
	    rump_sysimpl_read == NULL)
		return;
	rump_mutex_enter(&ii->ii_lock);
	start = !ii->ii_dnsbusy && memcmp(&ii->ii_dns, &ii->ii_dnswritten,
	    sizeof(ii->ii_dns)) != 0;
	if (start)
		ii->ii_dnsbusy = 1;
	rump_mutex_exit(&ii->ii_lock);
	if (!start || rump_kthread_create(dns_thread, ii, "rdnss") == 0)
		return;
	rump_mutex_enter(&ii->ii_lock);
	ii->ii_dnsbusy = 0;
	rump_mutex_exit(&ii->ii_lock);
}

void
rump_in6_dns(struct ifnet *ifp, const struct inaddr *servers, unsigned n,
    const uint8_t *names, unsigned len)
{
	struct in6_if *ii = in6_ifstate(ifp);
	unsigned i;

	if (ii == NULL)
		return;
	rump_mutex_enter(&ii->ii_lock);
	for (i = 0; i < n; i++)
		server(&ii->ii_dns, &servers[i], 1);
	if (len > 0)
		search(&ii->ii_dns, names, len);
	rump_mutex_exit(&ii->ii_lock);
	nd6_dns_write(ii);
}
