/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest configuration from the hypervisor's fw_cfg device, file
 * opt/rumpkit/config, when the loader brought none.  Runs once, at boot, in
 * the path that is measured: by DMA a read costs no instruction a byte; the
 * data port is for devices without it.  What the device says is not trusted:
 * the first DIR_MAX files are looked at, sizes are bounded as a module's are.
 */
#include "hw.h"
#include "cpu.h"

#define PORT_SELECT	0x510
#define PORT_DATA	0x511
#define PORT_DMA	0x514		/* address, upper half first */

#define KEY_SIGNATURE	0x00
#define KEY_FEATURES	0x01
#define KEY_DIR		0x19
#define FEATURE_DMA	0x02

#define DMA_ERROR	0x01
#define DMA_READ	0x02
#define DMA_SELECT	0x08
#define DMA_SPIN	1000000

#define CONFIG_MAX	0x100000

/* As the device has them: big endian. */
struct fw_file {
	uint32_t	ff_size;
	uint16_t	ff_select, ff_reserved;
	char		ff_name[56];
};
struct fw_dir {
	uint32_t	fd_count;
	struct fw_file	fd_file[];
};
struct fw_dma {
	uint32_t	fa_control, fa_length;
	uint64_t	fa_address;
};
#define DIR_MAX	((BMK_PAGE_SIZE - sizeof(struct fw_dir)) / \
		    sizeof(struct fw_file))

static const char name[] = "opt/rumpkit/config";

static void
port_read(unsigned key, void *buf, size_t len)
{
	outw(PORT_SELECT, (uint16_t)key);
	__asm__ __volatile__("rep insb" : "+D"(buf), "+c"(len) :
	    "d"(PORT_DATA) : "memory");
}

/* buf in the direct map.  0: the device did not do it. */
static int
dma_read(unsigned key, void *buf, size_t len)
{
	volatile struct fw_dma fa = {
		__builtin_bswap32(key << 16 | DMA_SELECT | DMA_READ),
		__builtin_bswap32((uint32_t)len),
		__builtin_bswap64((uint64_t)buf - hw_dm_base)
	};
	uint64_t pa = hw_vtophys((const void *)&fa);
	unsigned spin = 0;

	outl(PORT_DMA, __builtin_bswap32((uint32_t)(pa >> 32)));
	outl(PORT_DMA + 4, __builtin_bswap32((uint32_t)pa));
	while (fa.fa_control & ~__builtin_bswap32(DMA_ERROR) &&
	    ++spin < DMA_SPIN)
		__builtin_ia32_pause();
	/* buf has changed. */
	__asm__ __volatile__("" : : : "memory");
	return fa.fa_control == 0;
}

/* The device pads with zeros what is shorter than len. */
static void
fetch(unsigned key, void *buf, size_t len)
{
	uint8_t features = 0;

	port_read(KEY_FEATURES, &features, 1);
	if ((features & FEATURE_DMA) == 0 || !dma_read(key, buf, len))
		port_read(key, buf, len);
}

static const struct fw_file *
find(const struct fw_dir *fd)
{
	uint32_t n = __builtin_bswap32(fd->fd_count), i;

	if (n > DIR_MAX)
		n = DIR_MAX;
	for (i = 0; i < n; i++)
		if (memcmp(fd->fd_file[i].ff_name, name, sizeof(name)) == 0)
			return &fd->fd_file[i];
	return NULL;
}

static void
too_long(size_t len)
{
	bmk_printf("rumpkit: fw_cfg %s: %lu bytes, at most %lu can be used\n",
	    name, (unsigned long)len, (unsigned long)CONFIG_MAX);
	bmk_platform_halt(1);
}

static const char *
load(const struct fw_file *ff)
{
	size_t len = __builtin_bswap32(ff->ff_size);
	int order = 0;
	char *p;

	if (len > CONFIG_MAX)
		too_long(len);
	while (BMK_PAGE_SIZE << order <= len)
		order++;
	p = bmk_page_alloc(order);
	if (p == NULL)
		bmk_panic("no memory for the configuration");
	fetch(__builtin_bswap16(ff->ff_select), p, len);
	p[len] = '\0';
	return p;
}

/* Overrides the one of memory.c. */
void
hw_config_none(void)
{
	const struct fw_file *ff;
	struct fw_dir *fd;
	uint32_t sig = 0;

	if (!hw_hypervisor())
		return;
	port_read(KEY_SIGNATURE, &sig, sizeof(sig));
	if (sig != 0x554d4551)		/* "QEMU" */
		return;
	fd = bmk_page_alloc(0);
	if (fd == NULL)
		return;
	fetch(KEY_DIR, fd, BMK_PAGE_SIZE);
	ff = find(fd);
	if (ff != NULL)
		bmk_platform_config = load(ff);
	bmk_page_free(fd, 0);
}
