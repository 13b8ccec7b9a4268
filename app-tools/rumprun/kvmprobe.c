/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether KVM works here.  /dev/kvm alone says little: in some containers and
 * nested machines it is there and fails, hangs, or runs a thousand times too
 * slow.  So a child runs ten million turns of a loop in a virtual machine and
 * has a hard time limit, which the parent enforces.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"

#define PROBE_LIMIT	250	/* ms; a real one needs about 10 */
#define PROBE_MEM	4096

enum result { OK, NO_DEVICE, NO_ACCESS, NO_VM, NO_RUN, TOO_SLOW };

static const char *const reason[] = {
	[NO_DEVICE] = "there is no /dev/kvm",
	[NO_ACCESS] = "/dev/kvm cannot be opened (permissions?)",
	[NO_VM] = "/dev/kvm makes no virtual machine",
	[NO_RUN] = "a virtual CPU does not run code",
	[TOO_SLOW] = "a virtual CPU runs, but far too slowly",
};

/* 16-bit: mov ecx, 10000000; loop: dec ecx; jnz loop; hlt */
static const unsigned char code[] = {
	0x66, 0xb9, 0x80, 0x96, 0x98, 0x00, 0x66, 0x49, 0x75, 0xfc, 0xf4
};

static int
setup_registers(int vcpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) == -1)
		return -1;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	memset(&regs, 0, sizeof(regs));
	regs.rflags = 2;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) == -1)
		return -1;
	return ioctl(vcpu, KVM_SET_REGS, &regs);
}

static enum result
probe(void)
{
	struct kvm_userspace_memory_region mem;
	int kvm, vm, vcpu, size;
	struct kvm_run *run;
	void *p;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm == -1)
		return errno == ENOENT ? NO_DEVICE : NO_ACCESS;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	p = mmap(NULL, PROBE_MEM, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (vm == -1 || size < (int)sizeof(*run) || p == MAP_FAILED)
		return NO_VM;
	memcpy(p, code, sizeof(code));
	memset(&mem, 0, sizeof(mem));
	mem.memory_size = PROBE_MEM;
	mem.userspace_addr = (uintptr_t)p;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &mem) == -1)
		return NO_VM;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu == -1 || setup_registers(vcpu) == -1)
		return NO_VM;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    vcpu, 0);
	if (run == MAP_FAILED || ioctl(vcpu, KVM_RUN, 0) == -1 ||
	    run->exit_reason != KVM_EXIT_HLT)
		return NO_RUN;
	return OK;
}

/* A child that the kernel does not let go is left to init. */
static void
reap(pid_t pid)
{
	for (int i = 0; i < 20; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		usleep(10000);
	}
}

bool
kvm_probe(const char **why)
{
	unsigned char answer = TOO_SLOW;
	struct pollfd p;
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fail("kvm: %s", strerror(errno));
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer = (unsigned char)probe();
		_exit(write(fd[1], &answer, 1) == 1 ? 0 : 1);
	}
	close(fd[1]);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	if (poll(&p, 1, PROBE_LIMIT) == 1 && read(fd[0], &answer, 1) != 1)
		answer = NO_RUN;
	close(fd[0]);
	kill(pid, SIGKILL);
	reap(pid);
	*why = reason[answer];
	return answer == OK;
}
