/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What components do with the guest configuration.  A component that can
 * carry out the entries of a key ("net", "blk", "mount") registers a handler
 * in the link set rumprun_config:
 *
 *	RUMP_CONFIG(mount, vals)
 *	{
 *		return do_mount(vals[RUMP_CONFIG_MOUNTPOINT], ...);
 *	}
 *
 * It is called after rump_init(), once for each entry in the order of the
 * configuration, on a host thread that holds no virtual CPU.  vals[] is
 * indexed by the enum below; what was not said is NULL; names and value sets
 * are checked before (doc: lib/librumprun/README.md).  The strings stay.  It
 * returns 0, ENXIO when the entry belongs to another component's handler of
 * the same key, or another errno, which stops the boot.
 */
#ifndef RUMP_CONFIG_H
#define RUMP_CONFIG_H

enum rump_config_field {
	/* net */
	RUMP_CONFIG_IF = 0,
	RUMP_CONFIG_TYPE,	/* inet, inet6 */
	RUMP_CONFIG_METHOD,	/* dhcp, auto, static */
	RUMP_CONFIG_ADDR,
	RUMP_CONFIG_MASK,	/* prefix length or dotted */
	RUMP_CONFIG_GW,
	RUMP_CONFIG_CLONER,	/* "true": create the interface first */
	/* blk, mount */
	RUMP_CONFIG_SOURCE = 0,
	RUMP_CONFIG_PATH,
	RUMP_CONFIG_FSTYPE,
	RUMP_CONFIG_MOUNTPOINT,
	RUMP_CONFIG_OPTIONS,
	RUMP_CONFIG_NFIELDS = 7
};

struct rump_config_handler {
	const char	*rh_key;
	int		(*rh_handle)(const char *const *vals);
};

#define RUMP_CONFIG(key, vals)						\
	static int rump_config_##key(const char *const *);		\
	static const struct rump_config_handler rump_configh_##key = {	\
		#key, rump_config_##key					\
	};								\
	static const struct rump_config_handler *const			\
	    rump_confighp_##key __attribute__((				\
	    __section__("rumprun_config"), __used__, __retain__)) =	\
	    &rump_configh_##key;					\
	static int rump_config_##key(const char *const *vals)

#endif /* RUMP_CONFIG_H */
