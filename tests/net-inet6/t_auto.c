/* SPDX-License-Identifier: BSD-2-Clause */
/* components: net net_inet net_mcast net_config net_inet6 vfs vfs_tmpfs */
/*
 * "method":"auto" of the configuration against a router on a fake interface;
 * /etc/resolv.conf from its RDNSS and DNSSL options; static addresses.
 */
#include "wire6.h"
#include <rump/config.h>
#undef sent

static struct fake *fk;
static struct frame in, out;

extern const struct rump_config_handler *const __start_rumprun_config[];
extern const struct rump_config_handler *const __stop_rumprun_config[];

static int
config(const char *const *vals)
{
	const struct rump_config_handler *const *h;
	int error = ENXIO;

	for (h = __start_rumprun_config; h < __stop_rumprun_config &&
	    error == ENXIO; h++)
		if (strcmp((*h)->rh_key, "net") == 0)
			error = (*h)->rh_handle(vals);
	return error;
}

static int stop;

static void
advertise(int malformed)
{
	struct inaddr prefix = addr("2001:db8:b::"),
	    dns = addr("2001:db8:b::53"), dns2 = addr("fe80::53");
	uint8_t *p = PAY6(&in);

	ip6frame(&in, PEERLL, "ff02::1", 58, 255, 16 + 32 + 40 + 24);
	memset(p, 0, 112);
	p[0] = 134;
	put16(p + 6, 1800);
	p += 16;
	p[0] = 3;
	p[1] = 4;
	p[2] = 64;
	p[3] = 0xc0;
	put16(p + 6, 3600);
	put16(p + 10, 3600);
	memcpy(p + 16, &prefix, 16);
	p += 32;
	p[0] = 25;
	p[1] = 5;
	put16(p + 6, 600);
	memcpy(p + 8, &dns, 16);
	memcpy(p + 24, &dns2, 16);
	p += 40;
	p[0] = 31;
	p[1] = 3;
	put16(p + 6, 600);
	memcpy(p + 8, malformed ? "\7exa\nple\3org" : "\7example\3org", 13);
	icmp6sum(&in, 112);
	inject(fk, &in);
}

/* The router: answers solicitations until it is stopped. */
static void *
router(void *arg)
{
	(void)arg;
	if (rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		abort();
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (sent(fk, &out) && out.f_len >= 62 && out.f_b[20] == 58 &&
		    out.f_b[54] == 133)
			advertise(0);
		usleep(5000);
	}
	return NULL;
}

static int
contains(const char *file, const char *text)
{
	static char buf[2000];
	int fd = (int)rump_sys_open(file, O_RDONLY, 0);
	long n = 0;

	if (fd >= 0) {
		n = rump_sys_read(fd, buf, sizeof(buf) - 1);
		(void)rump_sys_close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
	return strcmp(buf, text) == 0;
}

int
main(void)
{
	const char *vals[RUMP_CONFIG_NFIELDS] = { NULL };
	const char *text = "search example.org\n"
	    "nameserver 2001:db8:b::53\nnameserver fe80::53%fk0\n";
	pthread_t t;
	int i;

	rump_ip6_daddelay = rump_ip6_rsdelay = 0;
	if (rump_init() != 0 || rump_pub_lwproc_rfork(RUMP_RFCFDG) != 0)
		return 1;
	K(fk = fake_attach("fk0", 0));
	pthread_create(&t, NULL, router, NULL);
	vals[RUMP_CONFIG_IF] = "fk0";
	vals[RUMP_CONFIG_TYPE] = "inet6";
	vals[RUMP_CONFIG_METHOD] = "auto";
	CHECK_EQ(config(vals), 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	CHECK_EQ(addrflags(fk, "2001:db8:b::ff:fe00:1") & ~0x200U, 0);
	for (i = 0; i < 300 && !contains("/etc/resolv.conf", text); i++)
		usleep(10000);
	CHECK(contains("/etc/resolv.conf", text));
	/* Names that are none change nothing; nothing is added twice. */
	advertise(1);
	advertise(0);
	usleep(50000);
	CHECK(contains("/etc/resolv.conf", text));
	/* One that is given may be used at once. */
	vals[RUMP_CONFIG_METHOD] = "static";
	vals[RUMP_CONFIG_ADDR] = "2001:db8:c::1";
	vals[RUMP_CONFIG_GW] = "2001:db8:c::2";
	CHECK_EQ(config(vals), 0);
	CHECK((addrflags(fk, "2001:db8:c::1") & (IFA_F_TENTATIVE |
	    IFA_F_OPTIMISTIC)) == (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC));
	echo6(&in, PEER6, "2001:db8:c::1", 8);
	neighbour(fk, PEER6);
	inject(fk, &in);
	neighbour(fk, "2001:db8:c::2");
	CHECK(wait6(fk, &out, 129));
	CHECK(waitaddr(fk, "2001:db8:c::1"));
	CHECK_EQ(addrflags(fk, "2001:db8:c::1") & IFA_F_OPTIMISTIC, 0);
	return check_done();
}
