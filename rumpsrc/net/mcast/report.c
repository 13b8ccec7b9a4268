/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a host tells of its groups, in both families (RFC 3376, 3810): a change
 * of what holds is reported REPORT_ROBUST times, each time as the difference
 * between what was surely told and what holds now; questions are answered
 * after a random time.  How messages look: igmp.c, mld6.c.  One callout for
 * each interface.
 */
#include <linux/if.h>
#include "mcast.h"

#define REPORT_ROBUST	2
#define REPORT_UNSOL	(NSEC_PER_SEC)		/* between reports */
#define REPORT_UNSOLOLD	(10 * NSEC_PER_SEC)	/* of older versions */

static void report_timeout(void *);

static int64_t
report_random(int64_t max)
{

	return max <= 0 ? 0 : (int64_t)(in_random() % (uint64_t)max);
}

static const struct mcastops *
report_ops(const struct ingroup *ig)
{

	return rump_mcastops[!inaddr_is4(&ig->ig_addr)];
}

/* ig_lock held. */
static int
report_version(const struct mcastops *mo, const struct inifgroups *igs,
    int64_t now)
{

	return now < igs->ig_v1until ? 1 : now < igs->ig_v2until ? 2 :
	    mo->mo_newest;
}

/* ig_lock held. */
static void
report_arm(struct inifgroups *igs, int64_t when)
{

	if (igs->ig_due != 0 && igs->ig_due <= when)
		return;
	if (igs->ig_timer.co_fn == NULL)
		rump_callout_init(&igs->ig_timer, report_timeout, igs);
	igs->ig_due = when;
	rump_callout_schedule(&igs->ig_timer, when);
}

static int
report_silent(const struct ingroup *ig)
{

	return report_ops(ig)->mo_silent(ig) ||
	    (in_ifflags(ig->ig_groups->ig_if) & IFF_LOOPBACK);
}

void
ingroup_changed(struct ingroup *ig)
{
	int64_t now = rump_monotonic();

	/* Nobody is told of these; but the timer reaps them. */
	ig->ig_retrans = report_silent(ig) ? 0 : REPORT_ROBUST;
	ig->ig_changedue = now;
	report_arm(ig->ig_groups, now);
}

void
inmulti_restart(struct inifgroups *igs)
{
	struct ingroup *ig;

	rump_mutex_enter(&igs->ig_lock);
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next) {
		infilter_clear(&ig->ig_told);
		ingroup_changed(ig);
	}
	rump_mutex_exit(&igs->ig_lock);
}

/* --- what is told; ig_lock held; messages are linked by m_nextpkt --- */

/* What has changed since it was told (RFC 3376, 5.1; RFC 3810, 6.1). */
static void
report_difference(const struct mcastops *mo, struct mbuf **q,
    const struct ingroup *ig)
{
	const struct infilter *old = &ig->ig_told, *new = &ig->ig_now;

	if (old->if_exclude != new->if_exclude) {
		mo->mo_record(q, ig, new->if_exclude ? REC_TO_EX : REC_TO_IN,
		    new, NULL, 0, 1);
	} else if (new->if_exclude) {
		mo->mo_record(q, ig, REC_ALLOW, old, new, 0, 0);
		mo->mo_record(q, ig, REC_BLOCK, new, old, 0, 0);
	} else {
		mo->mo_record(q, ig, REC_ALLOW, new, old, 0, 0);
		mo->mo_record(q, ig, REC_BLOCK, old, new, 0, 0);
	}
}

/* What holds now, of the sources that were asked about (5.2; 6.2). */
static void
report_current(const struct mcastops *mo, struct mbuf **q,
    const struct ingroup *ig)
{
	const struct infilter *asked = &ig->ig_asked, *now = &ig->ig_now;

	if (asked->if_n != 0)
		mo->mo_record(q, ig, REC_IS_IN, asked, now, !now->if_exclude,
		    0);
	else if (now->if_exclude || now->if_n != 0)
		mo->mo_record(q, ig, now->if_exclude ? REC_IS_EX : REC_IS_IN,
		    now, NULL, 0, 1);
}

static void
report_answer(const struct mcastops *mo, struct mbuf **q, struct ingroup *ig,
    int version)
{

	ig->ig_querydue = 0;
	if (report_silent(ig) || ig->ig_members == NULL)
		return;
	if (version == mo->mo_newest)
		report_current(mo, q, ig);
	else
		mo->mo_old(q, ig, version);
	infilter_clear(&ig->ig_asked);
}

static void
report_tell(const struct mcastops *mo, struct mbuf **q, struct ingroup *ig,
    int version, int64_t now)
{

	ig->ig_changedue = 0;
	if (ig->ig_retrans == 0)
		return;
	if (version == mo->mo_newest)
		report_difference(mo, q, ig);
	else if (ig->ig_members != NULL)
		mo->mo_old(q, ig, version);
	else if (mo->mo_leave(q, ig, version))
		ig->ig_retrans = 1;
	if (--ig->ig_retrans > 0)
		ig->ig_changedue = now + 1 + report_random(version ==
		    mo->mo_newest ? REPORT_UNSOL : REPORT_UNSOLOLD);
	else
		(void)infilter_copy(&ig->ig_told, &ig->ig_now);
}

static inline int64_t
earlier(int64_t a, int64_t b)
{

	return a == 0 ? b : b == 0 || a < b ? a : b;
}

/* All that is due; when the next is.  0: nothing. */
static int64_t
report_run(const struct mcastops *mo, struct inifgroups *igs, struct mbuf **q,
    int64_t now)
{
	int version = report_version(mo, igs, now);
	int all = igs->ig_alldue != 0 && igs->ig_alldue <= now;
	int64_t next = 0;
	struct ingroup **gp, *ig;

	if (all)
		igs->ig_alldue = 0;
	for (gp = &igs->ig_list; (ig = *gp) != NULL;) {
		if (all)
			infilter_clear(&ig->ig_asked);
		if (all || (ig->ig_querydue != 0 && ig->ig_querydue <= now))
			report_answer(mo, q, ig, version);
		if (ig->ig_changedue != 0 && ig->ig_changedue <= now)
			report_tell(mo, q, ig, version, now);
		if (ig->ig_members == NULL && ig->ig_changedue == 0) {
			ingroup_reap(gp);
			continue;
		}
		next = earlier(next, earlier(ig->ig_querydue,
		    ig->ig_changedue));
		gp = &ig->ig_next;
	}
	return earlier(next, igs->ig_alldue);
}

static void
report_timeout(void *arg)
{
	const struct mcastops *mo = NULL;
	struct inifgroups *igs = arg;
	struct mbuf *q = NULL, *m;
	struct ifnet *ifp = NULL;
	int64_t next = 0;

	rump_mutex_enter(&igs->ig_lock);
	igs->ig_due = 0;
	/* All of a list are of one family. */
	if (igs->ig_list != NULL) {
		mo = report_ops(igs->ig_list);
		next = report_run(mo, igs, &q, rump_monotonic());
	} else
		igs->ig_alldue = 0;
	if (next != 0)
		report_arm(igs, next);
	if (q != NULL)
		ifp = rump_if_get(igs->ig_if->if_index);
	rump_mutex_exit(&igs->ig_lock);
	while ((m = q) != NULL) {
		q = m->m_nextpkt;
		m->m_nextpkt = NULL;
		if (ifp != NULL && (in_ifflags(ifp) & IFF_UP))
			mo->mo_send(ifp, m);
		else
			m_freem(m);
	}
	if (ifp != NULL)
		rump_if_rele(ifp);
}

/* --- what is heard; ig_lock held --- */

static void
report_asked(struct ingroup *ig, const struct inaddr *src, unsigned nsrc,
    int64_t due)
{

	/* A second question before the answer: about everything (5.2). */
	if (nsrc > INMULTI_ASKED || ig->ig_querydue != 0)
		nsrc = 0;
	(void)infilter_copy(&ig->ig_asked, &(struct infilter){ 0,
	    (uint16_t)nsrc, (struct inaddr *)(uintptr_t)src });
	ig->ig_querydue = earlier(ig->ig_querydue, due);
	report_arm(ig->ig_groups, due);
}

void
inmulti_query(struct inifgroups *igs, const struct inaddr *group,
    const struct inaddr *src, unsigned nsrc, int64_t max)
{
	int64_t due = rump_monotonic() + 1 + report_random(max);
	struct ingroup *ig;

	if (group == NULL) {
		if (igs->ig_list != NULL) {
			igs->ig_alldue = earlier(igs->ig_alldue, due);
			report_arm(igs, due);
		}
		return;
	}
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		if (inaddr_eq(&ig->ig_addr, group))
			report_asked(ig, src, nsrc, due);
}

void
inmulti_heard(struct inifgroups *igs, const struct inaddr *group)
{
	const struct mcastops *mo = rump_mcastops[!inaddr_is4(group)];
	struct ingroup *ig;

	if (report_version(mo, igs, rump_monotonic()) == mo->mo_newest)
		return;
	for (ig = igs->ig_list; ig != NULL; ig = ig->ig_next)
		if (inaddr_eq(&ig->ig_addr, group) && ig->ig_members != NULL) {
			ig->ig_querydue = 0;
			if (ig->ig_retrans < REPORT_ROBUST) {
				ig->ig_changedue = 0;
				ig->ig_retrans = 0;
			}
		}
}
