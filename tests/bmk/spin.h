/* SPDX-License-Identifier: BSD-2-Clause */
long spin(volatile int *stop, volatile long *rounds, unsigned long seed);
