/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conformance test of a librumpuser: what the case files share.
 *
 * Only rumpuser.h and the C functions of doc/contracts.md are used, so that
 * the same sources run on every platform.  fake.c plays the rump kernel: it
 * has virtual CPUs of its own and watches who gives them back and when.
 */
#ifndef TESTS_RUMPUSER_CONFORM_H
#define TESTS_RUMPUSER_CONFORM_H

#include <rump/rumpuser.h>

/* What the fake rump kernel knows of a thread. */
struct lwp {
	int	 l_holds;	/* a virtual CPU */
	int	 l_gaveback;	/* how often it was given back */
	int	 l_temp;	/* made for a thread of the platform's */
	void	*l_interlock;	/* of the last backend_unschedule */
	int	 l_ownedatsched;	/* interlock was ours at schedule */
	struct rumpuser_mtx *l_watch;	/* KMUTEX: look at its owner */
};

/* All tests run while this is the number of virtual CPUs. */
extern const struct rumpuser_hyperup fake_hyperup;
void	fake_start(struct lwp *main);	/* after rumpuser_init() */
void	fake_stop(void);
void	fake_setncpu(int);
struct lwp *fake_self(void);

/* Threads of the test, each with an lwp and a virtual CPU. */
struct tthread {
	struct lwp	 tt_lwp;
	void		(*tt_fn)(void *);
	void		*tt_arg;
	void		*tt_cookie;
};
void	t_spawn(struct tthread *, void (*)(void *), void *);
void	t_join(struct tthread *);
void	t_msleep(int ms);
int64_t	t_now(void);		/* monotonic nanoseconds */
void	t_fail(const char *file, int line, const char *what, long long a,
	    long long b);
int	t_get(int *);		/* shared between threads */
void	t_set(int *, int);
void	t_add(int *, int);
/* Sleeps until *p >= val; 0 when that takes longer than 5 s. */
int	t_until(int *p, int val);

#define T_CHECK(expr) do {						\
	if (!(expr))							\
		t_fail(__FILE__, __LINE__, #expr, 0, 1);		\
} while (0)
#define T_EQ(a, b) do {							\
	long long t_a = (long long)(a), t_b = (long long)(b);		\
	if (t_a != t_b)							\
		t_fail(__FILE__, __LINE__, #a " == " #b, t_a, t_b);	\
} while (0)
/* A failure, with a number that all systems share. */
#define T_ERROR(e) do {							\
	int t_e = (e);							\
	if (t_e <= 0 || t_e > 34 || t_e == 11)				\
		t_fail(__FILE__, __LINE__, #e " is a shared errno",	\
		    t_e, 1);						\
} while (0)
/* The statement must not give the virtual CPU back ... */
#define T_KEEPS(stmt) do {						\
	int t_n = fake_self()->l_gaveback;				\
	stmt;								\
	T_EQ(fake_self()->l_gaveback, t_n);				\
	T_EQ(fake_self()->l_holds, 1);					\
} while (0)
/* ... must give it back (and have it again after) ... */
#define T_GIVES(stmt) do {						\
	int t_n = fake_self()->l_gaveback;				\
	stmt;								\
	T_CHECK(fake_self()->l_gaveback > t_n);				\
	T_EQ(fake_self()->l_holds, 1);					\
} while (0)
/* ... may do either, but has it after. */
#define T_BALANCED(stmt) do {						\
	stmt;								\
	T_EQ(fake_self()->l_holds, 1);					\
} while (0)

/* Nanoseconds: what does not wait takes less, on the slowest machine. */
#define T_SOON		30000000000

#define T_EBUSY		16
#define T_ENOENT	2
#define T_EEXIST	17

void	case_init(void);
void	case_memory(void);
void	case_clock(void);
void	case_misc(void);
void	case_thread(void);
void	case_mutex(void);
void	case_cv(void);
void	case_rw(void);
void	case_file(void);
void	case_bio(void);

/* The whole test; returns the number of failures. */
int	rumpuser_conformance(void);

#endif /* TESTS_RUMPUSER_CONFORM_H */
