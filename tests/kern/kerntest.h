/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the tests of the base. */
#ifndef TESTS_KERN_KERNTEST_H
#define TESTS_KERN_KERNTEST_H

#include <fcntl.h>
#include <string.h>

#include "../rumptest.h"

#endif /* TESTS_KERN_KERNTEST_H */
