/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The QEMU command line.  The console is the first serial port, on QEMU's
 * stdin and stdout; stderr carries QEMU's own messages and what the guest
 * writes to the debug port 0xe9, its exit record (doc/contracts.md).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "launch.h"
#include "report.h"
#include "tap.h"

#define QEMU		"qemu-system-x86_64"
#define QEMU_PACKAGE	"qemu-system-x86"

static bool
is_microvm(const struct options *o)
{
	return strcmp(o->o_machine, "microvm") == 0;
}

/* Transport of a virtio device on this machine. */
static const char *
virtio_bus(const struct options *o)
{
	return is_microvm(o) ? "device" : "pci";
}

static void
add_machine(struct strvec *cmd, const struct options *o)
{
	sv_add1(cmd, "-nodefaults");
	sv_add1(cmd, "-no-user-config");
	sv_add1(cmd, "-display");
	sv_add1(cmd, "none");
	sv_add1(cmd, "-no-reboot");
	sv_add1(cmd, "-machine");
	/* The option ROMs would only be searched for boot devices. */
	sv_add(cmd, "%s%s%s", o->o_machine, is_microvm(o) ?
	    ",x-option-roms=off" : "", o->o_core != NULL ?
	    ",memory-backend=ram" : "");
	sv_add1(cmd, "-accel");
	sv_add1(cmd, o->o_target == TARGET_KVM ? "kvm" : "tcg");
	sv_add1(cmd, "-cpu");
	sv_add1(cmd, o->o_target == TARGET_KVM ? "host" : "max");
	sv_add1(cmd, "-m");
	if (o->o_memory % (1 << 20) == 0)
		sv_add(cmd, "%lluM", (unsigned long long)o->o_memory >> 20);
	else
		sv_add(cmd, "%lluK", (unsigned long long)o->o_memory >> 10);
	if (o->o_name != NULL) {
		sv_add1(cmd, "-name");
		sv_add(cmd, "guest=%s", qemu_escape(o->o_name));
	}
}

/* For a core file: memory that is still there when QEMU has ended. */
static void
add_memory(struct strvec *cmd, struct guest *g, const struct options *o)
{
	if (o->o_core == NULL)
		return;
	g->g_memfd = memfile("memory", "", 0);
	if (ftruncate(g->g_memfd, (off_t)o->o_memory) == -1)
		fail("--core %s: memory: %s", o->o_core, strerror(errno));
	sv_add1(cmd, "-object");
	sv_add(cmd, "memory-backend-file,id=ram,size=%llu,share=on,"
	    "mem-path=/dev/fd/%d", (unsigned long long)o->o_memory,
	    g->g_memfd);
	if (o->o_dryrun)
		note("/dev/fd/%d: the machine's memory", g->g_memfd);
}

static void
add_console(struct strvec *cmd)
{
	sv_add1(cmd, "-chardev");
	sv_add1(cmd, "stdio,id=console,signal=off");
	sv_add1(cmd, "-serial");
	sv_add1(cmd, "chardev:console");
	sv_add1(cmd, "-chardev");
	sv_add1(cmd, "file,id=control,path=/dev/stderr");
	sv_add1(cmd, "-device");
	sv_add1(cmd, "isa-debugcon,iobase=0xe9,chardev=control");
	sv_add1(cmd, "-device");
	sv_add1(cmd, "isa-debug-exit,iobase=0x501,iosize=4");
}

static void
add_disks(struct strvec *cmd, const struct options *o)
{
	const struct disk *d;
	const char *format;
	size_t len;

	for (size_t i = 0; i < o->o_ndisk; i++) {
		d = &o->o_disk[i];
		if (access(d->d_path, R_OK | W_OK) == -1)
			fail("-b %s: cannot be read and written", d->d_path);
		len = strlen(d->d_path);
		format = len > 6 && strcmp(d->d_path + len - 6, ".qcow2") == 0
		    ? "qcow2" : "raw";
		sv_add1(cmd, "-blockdev");
		sv_add(cmd, "node-name=ld%zu,driver=%s,file.driver=file,"
		    "file.filename=%s", i, format, qemu_escape(d->d_path));
		sv_add1(cmd, "-device");
		sv_add(cmd, "virtio-blk-%s,drive=ld%zu", virtio_bus(o), i);
	}
}

/* What a capture shows is as on a wire: no offloads then. */
#define NO_OFFLOADS ",csum=off,gso=off,host_tso4=off,host_tso6=off," \
    "host_ecn=off,host_ufo=off,guest_csum=off,guest_tso4=off," \
    "guest_tso6=off,guest_ecn=off,guest_ufo=off"

static void
add_capture(struct strvec *cmd, const struct options *o,
    const struct netif *ni)
{
	int fd;

	if (ni->ni_pcap == NULL)
		return;
	if (!o->o_dryrun) {
		fd = open(ni->ni_pcap, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd == -1)
			fail("--pcap %s: %s", ni->ni_pcap, strerror(errno));
		close(fd);
	}
	sv_add1(cmd, "-object");
	sv_add(cmd, "filter-dump,id=pcap-%s,netdev=%s,file=%s,maxlen=262144",
	    ni->ni_tag, ni->ni_tag, qemu_escape(ni->ni_pcap));
}

/* A backend is "type" or "type,options"; ours is the id. */
static void
add_net(struct strvec *cmd, const struct options *o, const struct netif *ni)
{
	const char *rest = strchrnul(ni->ni_backend, ',');
	const unsigned char *mac = ni->ni_mac;
	unsigned mtu = 0;

	/* Whatever is wrong is said better here than by QEMU. */
	if (ni->ni_tap != NULL && !o->o_dryrun)
		close(tap_open(ni, &mtu));
	sv_add1(cmd, "-netdev");
	/* QEMU writes a TAP device's header into the capture, too. */
	sv_add(cmd, "%.*s,id=%s%s%s", (int)(rest - ni->ni_backend),
	    ni->ni_backend, ni->ni_tag, rest, ni->ni_pcap != NULL &&
	    ni->ni_tap != NULL ? ",vnet_hdr=off" : "");
	sv_add1(cmd, "-device");
	sv_add(cmd, "virtio-net-%s,netdev=%s,"
	    "mac=%02x:%02x:%02x:%02x:%02x:%02x%s%s%s", virtio_bus(o),
	    ni->ni_tag, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
	    is_microvm(o) ? "" : ",romfile=",
	    mtu != 0 && mtu != 1500 ? xasprintf(",host_mtu=%u", mtu) : "",
	    ni->ni_pcap != NULL ? NO_OFFLOADS : "");
	add_capture(cmd, o, ni);
}

static void
add_debugger(struct strvec *cmd, const struct options *o)
{
	if (o->o_gdbport != 0) {
		sv_add1(cmd, "-gdb");
		sv_add(cmd, "tcp:127.0.0.1:%d", o->o_gdbport);
	}
	if (o->o_paused)
		sv_add1(cmd, "-S");
}

/*
 * QEMU prefers a Multiboot 1 header to a PVH note, so for PVH it gets a copy
 * without the former.  Under Multiboot QEMU puts the path before the command
 * line, and the guest cuts off the first word: a path with a blank is
 * replaced by a copy's.
 */
static void
add_kernel(struct strvec *cmd, const struct options *o,
    const struct image *im, const char *config)
{
	bool pvh = o->o_boot == BOOT_PVH, norandom = o->o_gdbport != 0;

	sv_add1(cmd, "-kernel");
	if (pvh || norandom || im->im_changed ||
	    strchr(im->im_path, ' ') != NULL) {
		int fd = image_copy(im, pvh, norandom);

		sv_add(cmd, "/dev/fd/%d", fd);
		if (o->o_dryrun)
			note("/dev/fd/%d: copy of %s%s%s%s", fd, im->im_path,
			    pvh ? " without its Multiboot header" : "",
			    norandom ? ", not randomised" : "",
			    im->im_changed ? ", with --trace or --stats" :
			    "");
	} else {
		sv_add1(cmd, im->im_path);
	}
	if (strlen(config) > CONFIG_CMDLINE_MAX) {
		int fd = memfile("config", config, strlen(config));

		sv_add1(cmd, "-initrd");
		sv_add(cmd, "/dev/fd/%d", fd);
		if (o->o_dryrun)
			note("/dev/fd/%d: %s", fd, config);
	} else if (config[0] != '\0') {
		sv_add1(cmd, "-append");
		sv_add1(cmd, config);
	}
}

static void
add_firmware(struct strvec *cmd)
{
	static const char *const files[] = {
		"/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF.fd",
		"/usr/share/edk2/ovmf/OVMF.fd"
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (access(files[i], R_OK) == 0) {
			sv_add1(cmd, "-bios");
			sv_add1(cmd, files[i]);
			return;
		}
	}
	fail("no UEFI firmware found, install the package ovmf");
}

static void
add_iso(struct strvec *cmd, const struct options *o, const struct image *im,
    const char *config)
{
	if (is_microvm(o))
		fail("%s: an ISO image does not boot on microvm, "
		    "use --machine pc or q35", im->im_path);
	if (config[0] != '\0')
		fail("%s: an ISO image carries its configuration and "
		    "arguments, give them to rumprun iso", im->im_path);
	if (o->o_uefi)
		add_firmware(cmd);
	/* GRUB wants a display, even if no one looks. */
	sv_add1(cmd, "-vga");
	sv_add1(cmd, "std");
	sv_add1(cmd, "-blockdev");
	sv_add(cmd, "node-name=cd,driver=raw,read-only=on,file.driver=file,"
	    "file.filename=%s", qemu_escape(im->im_path));
	sv_add1(cmd, "-device");
	sv_add1(cmd, "ide-cd,drive=cd");
}

void
qemu_command(struct guest *g, const struct options *o,
    const struct image *im, const char *config)
{
	struct strvec *cmd = &g->g_cmd;
	const char *why;

	if (find_program(QEMU) == NULL)
		fail("%s not found, install the package %s", QEMU,
		    QEMU_PACKAGE);
	if (o->o_target == TARGET_KVM && !kvm_probe(&why))
		fail("no usable KVM here: %s; run with: rumprun qemu", why);
	if (o->o_uefi && !im->im_iso)
		fail("--uefi boots ISO images; make one with: rumprun iso");
	sv_add1(cmd, QEMU);
	add_machine(cmd, o);
	add_memory(cmd, g, o);
	add_console(cmd);
	report_qemu(cmd, o);
	if (im->im_iso)
		add_iso(cmd, o, im, config);
	else
		add_kernel(cmd, o, im, config);
	add_disks(cmd, o);
	for (size_t i = 0; i < o->o_nnet; i++)
		add_net(cmd, o, &o->o_net[i]);
	add_debugger(cmd, o);
	for (size_t i = 0; i < o->o_qemuargs.sv_n; i++)
		sv_add1(cmd, o->o_qemuargs.sv_v[i]);
	g->g_records = true;
	g->g_serial = true;
	g->g_holdboot = im->im_iso && im->im_ours;
}
