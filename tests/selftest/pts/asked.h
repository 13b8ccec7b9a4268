/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before tests of asynchronous I/O: the year of POSIX that they ask
 * for, and the headers that they count on others to include.
 */
#ifndef PTS_ASKED_H
#define PTS_ASKED_H

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#undef _POSIX_ASYNCHRONOUS_IO
#define _POSIX_ASYNCHRONOUS_IO	200112L

#endif
