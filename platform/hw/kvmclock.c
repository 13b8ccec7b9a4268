/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's paravirtual clock, used for two things that it knows: how fast the
 * TSC is, and what the wall time was at boot.  The structures are written by
 * the hypervisor at physical addresses that we give it.
 */
#include "hw.h"
#include "clock.h"
#include "cpu.h"

#define MSR_KVM_WALL	0x4b564d00
#define MSR_KVM_TIME	0x4b564d01

struct pvclock {
	uint32_t pc_version, pc_pad;
	uint64_t pc_tsc, pc_ns;
	uint32_t pc_mul;		/* ns = (ticks << shift) * mul >> 32 */
	int8_t	 pc_shift;
	uint8_t	 pc_flags, pc_pad2[2];
};
struct pvwall {
	uint32_t pw_version, pw_sec, pw_nsec;
};

/* "KVMKVMKVM" and the feature bit of the newer pair of registers. */
static int
present(void)
{
	struct hw_cpuid c;

	if (!hw_hypervisor())
		return 0;
	c = cpuid(0x40000000, 0);
	return c.ebx == 0x4b4d564b && c.ecx == 0x564b4d56 &&
	    cpuid(0x40000001, 0).eax & 1U << 3;
}

uint64_t
hw_kvm_tsc_hz(void)
{
	static volatile struct pvclock pc __attribute__((__aligned__(64)));
	uint64_t hz;

	if (!present())
		return 0;
	wrmsr(MSR_KVM_TIME, hw_vtophys((const void *)&pc) | 1);
	if (pc.pc_mul == 0)
		return 0;
	hz = (1000000000ULL << 32) / pc.pc_mul;
	hz = pc.pc_shift < 0 ? hz << -pc.pc_shift : hz >> pc.pc_shift;
	wrmsr(MSR_KVM_TIME, 0);
	return hz;
}

int64_t
hw_kvm_wallclock(void)
{
	static volatile struct pvwall pw __attribute__((__aligned__(16)));

	if (!present())
		return 0;
	wrmsr(MSR_KVM_WALL, hw_vtophys((const void *)&pw));
	return (int64_t)pw.pw_sec * 1000000000 + pw.pw_nsec;
}
