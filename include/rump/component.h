/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Component registration: a descriptor in the link set rump_components.
 * The base walks the set at rump_init(), factions in the order below and
 * nothing promised inside one.  A constructor returns 0 or a positive errno;
 * a failure is named and stops the boot.
 *
 *	RUMP_COMPONENT(ramdisk, RUMP_FACTION_DEV)
 *	{
 *		return 0;
 *	}
 */
#ifndef RUMP_COMPONENT_H
#define RUMP_COMPONENT_H

enum rump_faction {
	RUMP_FACTION_BASE,	/* what every later phase may use */
	RUMP_FACTION_VFS,
	RUMP_FACTION_FS,	/* file systems register with VFS */
	RUMP_FACTION_NET,
	RUMP_FACTION_DEV,
	RUMP_FACTION_LATE,	/* after all drivers: mounts, interfaces */
	RUMP_NFACTIONS
};

struct rump_component {
	const char	*rc_name;
	enum rump_faction rc_faction;
	int		(*rc_init)(void);	/* 0 or errno */
};

/* Sets hold pointers: gcc pads sets of structs. */
#define RUMP_COMPONENT(name, faction)					\
	static int rump_comp_##name##_init(void);			\
	static const struct rump_component rump_comp_##name = {		\
		#name, faction, rump_comp_##name##_init			\
	};								\
	static const struct rump_component *const rump_compp_##name	\
	    __attribute__((__section__("rump_components"),		\
	    __used__, __retain__)) = &rump_comp_##name;			\
	static int rump_comp_##name##_init(void)

/*
 * For what costs something at run time and is wanted by some calls only: in
 * images where code that says RUMP_COMPONENT_USED(name) is linked.  Same file.
 */
#define RUMP_COMPONENT_IFUSED(name, faction)				\
	static int rump_comp_##name##_init(void);			\
	static const struct rump_component rump_comp_##name = {		\
		#name, faction, rump_comp_##name##_init			\
	};								\
	static const struct rump_component *const rump_compp_##name	\
	    __attribute__((__section__("rump_components_ifused"),	\
	    __used__)) = &rump_comp_##name;				\
	static int rump_comp_##name##_init(void)
#define RUMP_COMPONENT_USED(name)					\
	__asm__ __volatile__("" : : "r"(&rump_compp_##name))

#endif /* RUMP_COMPONENT_H */
