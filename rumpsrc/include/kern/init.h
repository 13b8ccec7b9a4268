/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_INIT_H
#define KERN_INIT_H

void	rump_lwproc_init(void);		/* process 0 */

#endif /* KERN_INIT_H */
