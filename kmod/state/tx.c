// SPDX-License-Identifier: GPL-2.0-only
/* Transactions: made from a plan, and freed when the last user has released them. */
#include <linux/slab.h>

#include "state/state.h"

/**
 * pcireset_tx_new - make a transaction for a plan
 * @plan: the plan
 * @ret_tx: the transaction; nothing is locked or saved yet
 *
 * Return: 0 or -ENOMEM.
 */
int pcireset_tx_new(struct pcireset_plan *plan, struct pcireset_tx **ret_tx)
{
	struct pcireset_tx *tx = kzalloc(sizeof(*tx), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!tx)
		return -ENOMEM;
	tx->fns = kvcalloc(plan->nr_fns, sizeof(*tx->fns), GFP_KERNEL_ACCOUNT);
	if (plan->nr_fns && !tx->fns) {
		kfree(tx);
		return -ENOMEM;
	}
	kref_init(&tx->ref);
	kref_get(&plan->ref);
	tx->plan = plan;
	tx->nr_fns = plan->nr_fns;
	tx->bridge_fn.dev = plan->bridge;
	tx->bridge_fn.planned = &plan->bridge_fn;
	for (i = 0; i < plan->nr_fns; i++) {
		tx->fns[i].dev = plan->fns[i].dev;
		tx->fns[i].planned = &plan->fns[i];
	}
	*ret_tx = tx;
	return 0;
}

static void tx_free(struct kref *ref)
{
	struct pcireset_tx *tx = container_of(ref, struct pcireset_tx, ref);

	kvfree(tx->fns);
	pcireset_plan_put(tx->plan);
	kfree(tx);
}

/**
 * pcireset_tx_put - release a transaction
 * @tx: the transaction, or NULL
 */
void pcireset_tx_put(struct pcireset_tx *tx)
{
	if (tx)
		kref_put(&tx->ref, tx_free);
}

/**
 * pcireset_tx_report - report the members of a transaction
 * @tx: the transaction
 * @report: its members, why and who are written
 */
void pcireset_tx_report(const struct pcireset_tx *tx, struct pcireset_report *report)
{
	unsigned int i;

	pcireset_plan_report(tx->plan, report);
	for (i = 0; report->members && i < min(tx->nr_fns, report->max_members); i++) {
		const struct pcireset_found *found = &tx->fns[i].found;
		struct pcireset_member *member = &report->members[i];

		member->flags |= found->flags;
		member->state = found->outcome;
		member->proof = found->proof;
		member->failed = found->failed;
		member->offset = found->offset;
		member->ready_ns = found->ready_ns;
	}
}
