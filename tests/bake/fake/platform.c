/* SPDX-License-Identifier: BSD-2-Clause */
/* The least platform that can be baked; it is linked, never run. */
struct rumprun_prog { const char *rp_name; void (*rp_entry)(void); };
extern const struct rumprun_prog rumprun_progs[];
extern const unsigned rumprun_nprogs;
extern const char rump_rootfs_start[] __attribute__((__weak__));
extern const char rump_rootfs_end[] __attribute__((__weak__));
const char *volatile fake_sink;
void _start(void);

void
_start(void)
{
	unsigned i;

	for (i = 0; i < rumprun_nprogs; i++) {
		fake_sink = rumprun_progs[i].rp_name;
		rumprun_progs[i].rp_entry();
	}
	fake_sink = rump_rootfs_start;
	fake_sink = rump_rootfs_end;
}
