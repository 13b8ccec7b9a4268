/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network options: -I names an interface of the guest and what is behind it
 * on the host, -W gives it an address.  They meet by their tag, in any order.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netopts.h"

#define MAXFIELDS	5

/* Cuts s at up to max-1 commas; returns the number of fields. */
static int
cut(char *s, char **field, int max)
{
	int n = 0;

	for (;;) {
		field[n++] = s;
		s = strchr(s, ',');
		if (s == NULL || n == max)
			return n;
		*s++ = '\0';
	}
}

static struct netif *
find(const struct options *o, const char *tag)
{
	for (size_t i = 0; i < o->o_nnet; i++)
		if (strcmp(o->o_net[i].ni_tag, tag) == 0)
			return &o->o_net[i];
	return NULL;
}

/* Locally administered; of the tag, so the same every time. */
static void
make_mac(struct netif *ni)
{
	uint64_t h = 0xcbf29ce484222325;	/* FNV-1a */

	for (const char *s = ni->ni_tag; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	ni->ni_mac[0] = 0x02;
	for (int i = 1; i < 6; i++)
		ni->ni_mac[i] = (unsigned char)(h >> (8 * (5 - i)));
}

static struct netif *
add(struct options *o, const char *tag)
{
	struct netif *ni;

	if (tag[strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
	    "WXYZ0123456789_-.")] != '\0' || tag[0] == '\0')
		fail("network tag \"%s\": expected letters and digits", tag);
	o->o_net = realloc(o->o_net, (o->o_nnet + 1) * sizeof(*ni));
	if (o->o_net == NULL)
		fail("out of memory");
	ni = &o->o_net[o->o_nnet];
	memset(ni, 0, sizeof(*ni));
	ni->ni_tag = xstrdup(tag);
	make_mac(ni);
	return ni;
}

/* The device of "tap,ifname=NAME[,...]", NULL when it is something else. */
static char *
tap_name(const char *backend)
{
	const char *name;

	if (strncmp(backend, "tap,", 4) != 0)
		return NULL;
	name = strstr(backend, ",ifname=");
	if (name == NULL)
		return NULL;
	name += strlen(",ifname=");
	return xasprintf("%.*s", (int)strcspn(name, ","), name);
}

/* The name in the guest: as given, or with the next free number. */
static char *
guest_name(const struct options *o, const char *base)
{
	size_t len = strlen(base);
	int unit = 0;

	if (len == 0)
		fail("-I: the interface has no name");
	if (base[len - 1] >= '0' && base[len - 1] <= '9')
		return xstrdup(base);
	for (size_t i = 0; i < o->o_nnet; i++) {
		const char *name = o->o_net[i].ni_guest;

		if (name != NULL && strncmp(name, base, len) == 0)
			unit++;
	}
	return xasprintf("%s%d", base, unit);
}

void
netopts_interface(struct options *o, const char *arg)
{
	char *field[3];
	struct netif *ni;
	const char *opts;
	int n;

	n = cut(xstrdup(arg), field, 3);
	if (n < 2)
		fail("-I %s: expected tag,interface[,options]", arg);
	if (find(o, field[0]) != NULL)
		fail("-I %s: there is an interface with that tag", arg);
	ni = add(o, field[0]);
	ni->ni_guest = guest_name(o, field[1]);
	o->o_nnet++;
	if (n == 2) {
		ni->ni_backend = xasprintf("tap,ifname=%s,script=no,"
		    "downscript=no", field[0]);
	} else {
		/* Rumprun's users write '-net tap,...' there. */
		opts = field[2];
		if (strncmp(opts, "-net ", 5) == 0)
			opts += 5;
		else if (strncmp(opts, "-netdev ", 8) == 0)
			opts += 8;
		ni->ni_backend = xstrdup(opts);
	}
	ni->ni_tap = tap_name(ni->ni_backend);
}

/* "addr/mask" into its halves; the mask is a prefix length or dotted. */
static void
static_address(struct netaddr *na, const char *arg, char *text)
{
	bool inet6 = strcmp(na->na_type, "inet6") == 0;
	int family = inet6 ? AF_INET6 : AF_INET, max = inet6 ? 128 : 32;
	unsigned char bin[16];
	char *slash = strchr(text, '/'), *end;
	long prefix;

	if (slash == NULL)
		fail("-W %s: expected addr/mask", arg);
	*slash = '\0';
	na->na_addr = text;
	na->na_mask = slash + 1;
	if (inet_pton(family, text, bin) != 1)
		fail("-W %s: %s is no %s address", arg, text, na->na_type);
	if (!inet6 && inet_pton(AF_INET, na->na_mask, bin) == 1)
		return;
	prefix = strtol(na->na_mask, &end, 10);
	if (na->na_mask[0] < '0' || na->na_mask[0] > '9' || *end != '\0' ||
	    prefix > max)
		fail("-W %s: mask %s is not from 0 to %d", arg, na->na_mask,
		    max);
}

static struct netaddr *
add_address(struct options *o)
{
	struct netaddr *na;

	o->o_addr = realloc(o->o_addr, (o->o_naddr + 1) * sizeof(*na));
	if (o->o_addr == NULL)
		fail("out of memory");
	na = &o->o_addr[o->o_naddr++];
	memset(na, 0, sizeof(*na));
	return na;
}

void
netopts_address(struct options *o, const char *arg)
{
	char *field[MAXFIELDS];
	unsigned char bin[16];
	struct netaddr *na;
	int n, family;
	bool inet6;

	n = cut(xstrdup(arg), field, MAXFIELDS);
	if (n < 3)
		fail("-W %s: expected tag,inet,dhcp or "
		    "tag,inet,static,addr/mask[,gw]", arg);
	inet6 = strcmp(field[1], "inet6") == 0;
	family = inet6 ? AF_INET6 : AF_INET;
	if (!inet6 && strcmp(field[1], "inet") != 0)
		fail("-W %s: %s is neither inet nor inet6", arg, field[1]);
	na = add_address(o);
	na->na_tag = field[0];
	na->na_type = field[1];
	na->na_method = field[2];
	if (strcmp(field[2], inet6 ? "auto" : "dhcp") == 0 && n == 3)
		return;
	if (strcmp(field[2], "static") != 0 || n < 4)
		fail("-W %s: expected %s or static,addr/mask[,gw]", arg,
		    inet6 ? "auto" : "dhcp");
	static_address(na, arg, field[3]);
	if (n == 5) {
		na->na_gw = field[4];
		if (inet_pton(family, na->na_gw, bin) != 1)
			fail("-W %s: %s is no %s address", arg, na->na_gw,
			    na->na_type);
	}
}

const struct netif *
netopts_find(const struct options *o, const char *tag)
{
	return find(o, tag);
}

/* "FILE", of the only interface, or "TAG,FILE". */
static void
check_pcap(struct options *o, const char *arg)
{
	const char *file = strchr(arg, ','), *tag = NULL;
	struct netif *ni = o->o_nnet == 1 ? &o->o_net[0] : NULL;

	if (file != NULL) {
		tag = xasprintf("%.*s", (int)(file - arg), arg);
		ni = find(o, tag);
		file++;
	}
	if (ni == NULL && file != NULL)
		fail("--pcap %s: no -I with that tag", arg);
	if (ni == NULL)
		fail(o->o_nnet == 0 ? "--pcap %s: there is no -I" :
		    "--pcap %s: several interfaces, expected TAG,FILE", arg);
	if (ni->ni_pcap != NULL)
		fail("--pcap %s: that interface has a capture", arg);
	ni->ni_pcap = xstrdup(file != NULL ? file : arg);
	if (ni->ni_pcap[0] == '\0')
		fail("--pcap %s: expected [TAG,]FILE", arg);
}

void
netopts_check(struct options *o)
{
	for (size_t i = 0; i < o->o_naddr; i++)
		if (find(o, o->o_addr[i].na_tag) == NULL)
			fail("-W %s,...: no -I with that tag",
			    o->o_addr[i].na_tag);
	for (size_t i = 0; i < o->o_pcap.sv_n; i++)
		check_pcap(o, o->o_pcap.sv_v[i]);
}
