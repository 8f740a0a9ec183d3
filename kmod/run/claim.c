// SPDX-License-Identifier: GPL-2.0-only
/* Keep the owner of each member, and keep VFIO users out, while the locks are held. */
#include <linux/vfio_pci_core.h>

#include "run/run.h"

/*
 * Only the holder of a VFIO group can use it before its file is released, and
 * pcireset_owners references that file. An iommufd does not keep its device: once the
 * device is closed, another iommufd can claim it. So claim the device again for the
 * same iommufd, which makes a claim by another one fail. The second check is for a
 * device that was closed before the claim. The device lock keeps the function in its
 * IOMMU group until claim_release_owner().
 */
static bool claim_owner(const struct pcireset_owners *owners, struct pcireset_fn *fn)
{
	struct iommufd_ctx *iommufd;

	if (!pcireset_owner_find(owners, fn->dev, &iommufd))
		return false;
	if (!iommufd)
		return true;
	if (pcireset_claim_dma(&fn->dev->dev, iommufd))
		return false;
	fn->locks.owner_kept = pcireset_owner_has_group(owners, iommufd, fn->dev);
	if (!fn->locks.owner_kept)
		pcireset_release_dma(&fn->dev->dev);
	return fn->locks.owner_kept;
}

/* The owner may have closed the function after it was planned. */
static void claim_owned(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	if (fn->planned->flags & PCIRESET_MEMBER_OWNED && !claim_owner(plan->request.owners, fn))
		fn->planned->flags &= ~PCIRESET_MEMBER_OWNED;
}

/* Members may share a set. Returns false if the set's lock is not free. */
static bool claim_vfio_set(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	struct vfio_device_set *set = pcireset_vfio_set(fn->dev);
	unsigned int i;

	if (!set)
		return true;
	for (i = 0; i < tx->nr_fns; i++)
		if (tx->fns[i].locks.vfio_set == set)
			return true;
	if (!mutex_trylock(&set->lock))
		return false;
	fn->locks.vfio_set = set;
	return true;
}

/**
 * pcireset_claim_try - keep VFIO users from opening a member
 * @tx: the transaction
 * @fn: the member
 *
 * To open a function, VFIO takes the lock of its device set, and it tries device locks
 * with that lock held. The caller has those of members, so this lock is only tried, too.
 * A driver that calls keeps VFIO users out itself.
 *
 * Context: The caller holds the member's device lock. It calls pcireset_claim_end() in
 * both cases.
 * Return: false if VFIO has the lock of the member's set.
 */
bool pcireset_claim_try(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	return !tx->plan->request.by_user || claim_vfio_set(tx, fn);
}

/**
 * pcireset_claim_members - look at all members again, and keep their owners and users
 * @tx: the transaction, whose members are locked; refused if a member has an obstacle
 *
 * Owners stay as they are until pcireset_claim_end().
 *
 * Context: The caller holds the locks of all members: pcireset_claim_try() was called.
 */
void pcireset_claim_members(struct pcireset_tx *tx)
{
	unsigned int i;

	tx->plan->error = 0;
	tx->plan->why = PCIRESET_WHY_NONE;
	for (i = 0; i < tx->nr_fns; i++) {
		struct pcireset_fn *fn = &tx->fns[i];

		pcireset_plan_read_driver(tx->plan, fn->planned);
		claim_owned(tx->plan, fn);
		pcireset_plan_find_obstacle(tx->plan, fn->planned);
	}
	pcireset_plan_decide(tx->plan);
}

/* A member that a reset has reached may be silent. Another one needs to be as it was planned. */
static bool claim_has_obstacle(const struct pcireset_plan *plan, const struct pcireset_fn *fn)
{
	struct pcireset_planned planned = *fn->planned;

	if (fn->unfinished.gone || fn->driver_left || fn->dev->driver != planned.driver ||
	    pcireset_has_new_user(&planned))
		return true;
	if (fn->found.outcome != PCIRESET_STATE_UNTOUCHED)
		return false;
	pcireset_plan_find_obstacle(plan, &planned);
	return planned.why_not;
}

/**
 * pcireset_claim_again - keep the owner and the users of a member after a wait without locks
 * @tx: the transaction
 * @fn: the member, without an obstacle when pcireset_claim_members() looked at it
 *
 * A member that was opened since then is refused, also without a descriptor: its state is
 * from before.
 *
 * Context: The caller holds the member's locks. It calls pcireset_claim_end() in both cases.
 * Return: true if a reset of the member is still allowed.
 */
bool pcireset_claim_again(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	const struct pcireset_plan *plan = tx->plan;

	/* A narrower type may have claimed it again already. */
	if (!fn->locks.owner_kept) {
		if (claim_has_obstacle(plan, fn))
			return false;
		if (fn->planned->flags & PCIRESET_MEMBER_OWNED &&
		    !claim_owner(plan->request.owners, fn))
			return false;
	}
	if (plan->request.by_user)
		return pcireset_claim_unopened(tx, fn);
	return fn->planned->vfio_open || !pcireset_vfio_is_open(fn->dev);
}

/**
 * pcireset_claim_unopened - keep VFIO users out of a member that is about to be restored
 * @tx: the transaction
 * @fn: the member
 *
 * The saved state is from before the reset. It must not reach a user who has opened the
 * member since, unless the reset was allowed while it was open.
 *
 * Context: The caller holds the member's device lock. It calls pcireset_claim_end() in
 * both cases.
 * Return: true if no user has opened the member since, and none can.
 */
bool pcireset_claim_unopened(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	if (fn->planned->vfio_open)
		return true;
	return claim_vfio_set(tx, fn) && !pcireset_vfio_is_open(fn->dev);
}

/**
 * pcireset_claim_wait - wait for VFIO's lock, for pcireset_claim_unopened()
 * @fn: the member, without a claim
 *
 * VFIO has this lock while it opens, resets or closes a function of the set. So a neighbour
 * that is opened again and again leaves hardly a moment in which it could be tried. Those
 * that wait get it one after the other.
 *
 * Context: Process context. The caller holds the member's device lock and no other: VFIO
 * only tries device locks while it has the lock of a set.
 */
void pcireset_claim_wait(struct pcireset_fn *fn)
{
	struct vfio_device_set *set = fn->planned->vfio_open ? NULL : pcireset_vfio_set(fn->dev);

	if (!set)
		return;
	mutex_lock(&set->lock);
	fn->locks.vfio_set = set;
}

/**
 * pcireset_claim_end - end what pcireset_claim_members() or pcireset_claim_unopened() began
 * @fn: the member
 *
 * Context: The caller holds the member's device lock.
 */
void pcireset_claim_end(struct pcireset_fn *fn)
{
	if (fn->locks.vfio_set)
		mutex_unlock(&fn->locks.vfio_set->lock);
	fn->locks.vfio_set = NULL;
	if (fn->locks.owner_kept)
		pcireset_release_dma(&fn->dev->dev);
	fn->locks.owner_kept = false;
}
