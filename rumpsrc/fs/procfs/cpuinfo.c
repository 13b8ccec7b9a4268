/* SPDX-License-Identifier: BSD-2-Clause */
/* cpuinfo.c: /proc/cpuinfo, from CPUID (Intel SDM, volume 2A). */
#include <kern/sched.h>
#include <kern/str.h>

#include "procfs_private.h"

struct regs { uint32_t a, b, c, d; };

static struct regs
cpuid(uint32_t leaf, uint32_t sub)
{
	struct regs r;

	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
	    : "a"(leaf), "c"(sub));
	return r;
}

/* Names in order of their bits; "" for those that Linux does not name. */
static const char f1d[] = "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr "
    "pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm "
    "ia64 pbe";
static const char f1c[] = "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 "
    "ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe "
    "popcnt tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor";
static const char f7b[] = "fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 "
    "erms invpcid rtm cqm - mpx rdt_a avx512f avx512dq rdseed adx smap "
    "avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni "
    "avx512bw avx512vl";
static const char f8d[] = "- - - - - - - - - - - syscall - - - - - - - mp nx - "
    "mmxext - - fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow";
static const char f8c[] = "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a "
    "misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp fma4";

static void
flags(struct text *tx, const char *names, uint32_t bits)
{
	size_t n;

	for (; *names != '\0'; bits >>= 1) {
		for (n = 0; names[n] != ' ' && names[n] != '\0'; n++)
			continue;
		if (bits & 1 && names[0] != '-')
			rump_textf(tx, " %.*s", (int)n, names);
		names += n;
		names += *names == ' ';
	}
}

static void
model(struct text *tx)
{
	struct regs v = cpuid(0, 0), r = cpuid(1, 0);
	uint32_t family = r.a >> 8 & 15, mod = r.a >> 4 & 15, i;
	char name[49];

	if (family == 6 || family == 15)
		mod |= r.a >> 12 & 0xf0;
	if (family == 15)
		family += r.a >> 20 & 0xff;
	memset(name, 0, sizeof(name));
	if (cpuid(0x80000000, 0).a >= 0x80000004)
		for (i = 0; i < 3; i++) {
			r = cpuid(0x80000002 + i, 0);
			memcpy(name + 16 * i, &r, 16);
		}
	r = cpuid(1, 0);
	rump_textf(tx, "vendor_id\t: %.4s%.4s%.4s\ncpu family\t: %u\n"
	    "model\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n",
	    (const char *)&v.b, (const char *)&v.d, (const char *)&v.c,
	    family, mod, name[0] != '\0' ? name : "unknown", r.a & 15);
}

static void
features(struct text *tx)
{
	struct regs max = cpuid(0, 0), ext = cpuid(0x80000000, 0);
	struct regs r = cpuid(1, 0), addr = { 0 };

	rump_textf(tx, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\n"
	    "wp\t\t: yes\nflags\t\t:", max.a);
	flags(tx, f1d, r.d);
	if (ext.a >= 0x80000001)
		flags(tx, f8d, cpuid(0x80000001, 0).d);
	flags(tx, f1c, r.c);
	if (ext.a >= 0x80000001)
		flags(tx, f8c, cpuid(0x80000001, 0).c);
	if (max.a >= 7)
		flags(tx, f7b, cpuid(7, 0).b);
	if (ext.a >= 0x80000008)
		addr = cpuid(0x80000008, 0);
	rump_textf(tx, "\nclflush size\t: %u\ncache_alignment\t: %u\n"
	    "address sizes\t: %u bits physical, %u bits virtual\n\n",
	    (r.b >> 8 & 0xff) * 8, (r.b >> 8 & 0xff) * 8, addr.a & 0xff,
	    addr.a >> 8 & 0xff);
}

static int
cpuinfo_read(struct text *tx, const struct procctx *pc)
{
	unsigned i, n = rump_ncpus();

	(void)pc;
	for (i = 0; i < n; i++) {
		rump_textf(tx, "processor\t: %u\n", i);
		model(tx);
		rump_textf(tx, "physical id\t: 0\nsiblings\t: %u\ncore id\t\t"
		    ": %u\ncpu cores\t: %u\n", n, i, n);
		features(tx);
	}
	return 0;
}

RUMP_PROCNODES(pt)
{

	rump_proc_file(pt, "cpuinfo", cpuinfo_read);
}
