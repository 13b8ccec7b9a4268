/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the agent in the guest and the stand-in for a program on Linux say to
 * each other: frames of a type, a length, that many bytes.  One connection is
 * one run of the program.
 */
#ifndef SELFTEST_FRAME_H
#define SELFTEST_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define AGENT_PORT	7777
#define FRAME_MAX	65536
#define IN_MAX		4096	/* a pipe of this size takes the next bytes */
				/* only when it is empty */

enum frame_type {
	/* to the guest, in this order */
	F_ROOT = 'r',		/* the folder that both sides keep alike */
	F_CWD = 'c',		/* "": a folder that is gone */
	F_PROG = 'p',		/* path to start */
	F_ARG = 'a',
	F_ENV = 'e',
	F_RUN = 'g',		/* struct run_how; the program starts */
	/* then, at any time */
	F_IN = 'i',		/* of standard input, empty at its end; at */
				/* most IN_MAX, the next one after F_TAKEN: */
				/* what the program leaves stays on Linux */
	F_NOREAD = 'n',		/* nobody reads this descriptor any more */
	F_KILL = 'k',		/* a signal */
	/* from the guest */
	F_OUT = 'o',
	F_ERR = 'E',
	F_TAKEN = 't',		/* the program has read all of F_IN */
	F_END = 'x',		/* struct run_end; after it only files */
	F_FAIL = 'f',		/* a text: it was not started */
	/* files that changed, both ways: before F_RUN, after F_END */
	F_NODE = 'N',		/* struct node_head, path, link's target */
	F_DATA = 'D',		/* of the last F_NODE, in sequence */
	F_HOLE = 'H',		/* uint64_t bytes of zeros */
	F_GONE = 'G',		/* a path */
	F_SYNCED = 'S',		/* no more of them */
};

/* Where a descriptor leads; above the standard ones only to files. */
#define NFD	10
enum fd_kind { FD_PIPE, FD_FILE, FD_CLOSED, FD_LIKE_OUT, FD_COPY };

#define NGROUPS	16

struct run_how {
	uint32_t	rh_umask;
	uint32_t	rh_uid, rh_gid, rh_ngroups;
	uint32_t	rh_groups[NGROUPS];
	uint64_t	rh_ignored;	/* signals, 1 << number */
	struct {
		uint32_t	kind;	/* enum fd_kind */
		uint32_t	flags;	/* FD_FILE: of open */
		uint64_t	offset;
		char		path[1000];
	} rh_fd[NFD];
};

struct run_end {
	int32_t		re_status;	/* as wait gives it */
	int64_t		re_read;	/* of what came by F_IN */
	int64_t		re_offset[NFD];	/* FD_FILE, FD_COPY: where it is now */
};

struct node_head {
	uint32_t	nh_mode, nh_uid, nh_gid;
	uint32_t	nh_single;	/* no other name has these contents */
	uint32_t	nh_rdev;
	uint32_t	nh_pathlen;	/* the rest is the target, of a */
	uint32_t	nh_hard;	/* symbolic link or a hard link */
	uint32_t	nh_pad;
	int64_t		nh_size, nh_sec, nh_nsec;
	int64_t		nh_asec, nh_ansec;	/* read then */
};

/* 0, or -1: the other side is gone (or sends nonsense). */
int	frame_send(int, int type, const void *, size_t);
/* Into a buffer of FRAME_MAX + 1, a zero byte after it. */
int	frame_recv(int, int *type, char *, size_t *);
#endif /* SELFTEST_FRAME_H */
