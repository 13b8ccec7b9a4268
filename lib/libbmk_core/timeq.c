/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer queue: a pairing heap of threads ordered by bt_wakeup, without any
 * memory of its own.  Insert is O(1), remove O(log n) amortised.
 * bt_timeq_prev is the left sibling, or the parent for a first child.
 */
#include "sched.h"

static struct bmk_thread *
meld(struct bmk_thread *a, struct bmk_thread *b)
{
	struct bmk_thread *c;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (b->bt_wakeup < a->bt_wakeup) {
		c = a;
		a = b;
		b = c;
	}
	b->bt_timeq_next = a->bt_timeq_child;
	if (b->bt_timeq_next != NULL)
		b->bt_timeq_next->bt_timeq_prev = b;
	b->bt_timeq_prev = a;
	a->bt_timeq_child = b;
	return a;
}

/* Two passes, without recursion: this runs on small stacks. */
static struct bmk_thread *
meld_children(struct bmk_thread *c)
{
	struct bmk_thread *a, *b, *pairs = NULL, *root = NULL;

	while ((a = c) != NULL) {
		b = a->bt_timeq_next;
		c = b != NULL ? b->bt_timeq_next : NULL;
		a->bt_timeq_next = a->bt_timeq_prev = NULL;
		if (b != NULL)
			b->bt_timeq_next = b->bt_timeq_prev = NULL;
		a = meld(a, b);
		a->bt_timeq_next = pairs;
		pairs = a;
	}
	while ((a = pairs) != NULL) {
		pairs = a->bt_timeq_next;
		a->bt_timeq_next = NULL;
		root = meld(root, a);
	}
	return root;
}

void
bmk_timeq_insert(struct bmk_thread **rootp, struct bmk_thread *t)
{
	t->bt_timeq_next = t->bt_timeq_prev = t->bt_timeq_child = NULL;
	*rootp = meld(*rootp, t);
}

void
bmk_timeq_remove(struct bmk_thread **rootp, struct bmk_thread *t)
{
	struct bmk_thread *sub = meld_children(t->bt_timeq_child);

	if (t == *rootp) {
		*rootp = sub;
		return;
	}
	if (t->bt_timeq_prev->bt_timeq_child == t)
		t->bt_timeq_prev->bt_timeq_child = t->bt_timeq_next;
	else
		t->bt_timeq_prev->bt_timeq_next = t->bt_timeq_next;
	if (t->bt_timeq_next != NULL)
		t->bt_timeq_next->bt_timeq_prev = t->bt_timeq_prev;
	*rootp = meld(*rootp, sub);
}
