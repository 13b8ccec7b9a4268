/* SPDX-License-Identifier: BSD-2-Clause */
/* One "program" of t_user; fs:0 is u_self. */
struct user {
	struct user	*u_self;
	unsigned	 u_id;
	volatile int	*u_stop;
	void		(*u_call)(void);
	void		(*u_exit)(void);
	volatile unsigned long u_rounds;
	unsigned long	 u_sp;
	volatile int	 u_bad;
};
void user_loop(struct user *);
