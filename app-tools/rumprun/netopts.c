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
find(struct options *o, const char *tag)
{
	struct netif *ni;

	for (size_t i = 0; i < o->o_nnet; i++)
		if (strcmp(o->o_net[i].ni_tag, tag) == 0)
			return &o->o_net[i];
	if (tag[strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
	    "WXYZ0123456789_-.")] != '\0' || tag[0] == '\0')
		fail("network tag \"%s\": expected letters and digits", tag);
	o->o_net = realloc(o->o_net, (o->o_nnet + 1) * sizeof(*ni));
	if (o->o_net == NULL)
		fail("out of memory");
	ni = &o->o_net[o->o_nnet++];
	memset(ni, 0, sizeof(*ni));
	ni->ni_tag = xstrdup(tag);
	return ni;
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
	ni = find(o, field[0]);
	if (ni->ni_guest != NULL)
		fail("-I %s: there is an interface with that tag", arg);
	ni->ni_guest = guest_name(o, field[1]);
	if (n == 2) {
		ni->ni_backend = xasprintf("tap,ifname=%s,script=no,"
		    "downscript=no", field[0]);
		return;
	}
	/* Rumprun's users write '-net tap,...' there. */
	opts = field[2];
	if (strncmp(opts, "-net ", 5) == 0)
		opts += 5;
	else if (strncmp(opts, "-netdev ", 8) == 0)
		opts += 8;
	ni->ni_backend = xstrdup(opts);
}

/* "addr/mask" into its halves; the mask is a prefix length or dotted. */
static void
static_address(struct netif *ni, const char *arg, char *text)
{
	bool inet6 = strcmp(ni->ni_type, "inet6") == 0;
	int family = inet6 ? AF_INET6 : AF_INET, max = inet6 ? 128 : 32;
	unsigned char bin[16];
	char *slash = strchr(text, '/'), *end;
	long prefix;

	if (slash == NULL)
		fail("-W %s: expected addr/mask", arg);
	*slash = '\0';
	ni->ni_addr = text;
	ni->ni_mask = slash + 1;
	if (inet_pton(family, text, bin) != 1)
		fail("-W %s: %s is no %s address", arg, text, ni->ni_type);
	if (!inet6 && inet_pton(AF_INET, ni->ni_mask, bin) == 1)
		return;
	prefix = strtol(ni->ni_mask, &end, 10);
	if (ni->ni_mask[0] < '0' || ni->ni_mask[0] > '9' || *end != '\0' ||
	    prefix > max)
		fail("-W %s: mask %s is not from 0 to %d", arg, ni->ni_mask,
		    max);
}

void
netopts_address(struct options *o, const char *arg)
{
	char *field[MAXFIELDS];
	unsigned char bin[16];
	struct netif *ni;
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
	ni = find(o, field[0]);
	if (ni->ni_configured)
		fail("-W %s: tag %s has an address", arg, field[0]);
	ni->ni_configured = true;
	ni->ni_type = field[1];
	ni->ni_method = field[2];
	if (strcmp(field[2], inet6 ? "auto" : "dhcp") == 0 && n == 3)
		return;
	if (strcmp(field[2], "static") != 0 || n < 4)
		fail("-W %s: expected %s or static,addr/mask[,gw]", arg,
		    inet6 ? "auto" : "dhcp");
	static_address(ni, arg, field[3]);
	if (n == 5) {
		ni->ni_gw = field[4];
		if (inet_pton(family, ni->ni_gw, bin) != 1)
			fail("-W %s: %s is no %s address", arg, ni->ni_gw,
			    ni->ni_type);
	}
}

void
netopts_check(const struct options *o)
{
	for (size_t i = 0; i < o->o_nnet; i++)
		if (o->o_net[i].ni_guest == NULL)
			fail("-W %s,...: no -I with that tag",
			    o->o_net[i].ni_tag);
}
