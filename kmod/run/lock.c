// SPDX-License-Identifier: GPL-2.0-only
/* The locks of a plan: all or none. Never wait for one while another is held. */
#include <linux/delay.h>
#include <linux/pm_runtime.h>
#include <linux/random.h>

#include "run/run.h"

/*
 * Each function has two locks. Its device lock keeps drivers from being bound and
 * unbound, and the core from resetting it. Its config access lock keeps user space
 * out of its config space. Functions of VFIO have that of their device set as well.
 *
 * Locks are only tried. If one is not free, all others are released before the wait.
 * So there is no order to violate: neither that of the core, which since 6.10 takes
 * the bridge before the function, nor that of a caller that already holds the
 * function's lock.
 */

/* How long to wait for locks of others: longer than any probe() should take. */
#define LOCK_WAIT_MS 5000
/* A caller that already holds a lock makes others wait meanwhile. */
#define LOCK_WAIT_HELD_MS 1000

static bool lock_try_one(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	/* Another reset checks the function once more, and will take its locks again. */
	if (pcireset_is_unfinished(fn->dev, PCIRESET_SETTLING, tx))
		return false;
	if (!tx->plan->held || fn->dev != tx->plan->dev) {
		if (!device_trylock(&fn->dev->dev))
			return false;
		fn->locks.device_locked = true;
	}
	fn->locks.cfg_locked = pci_cfg_access_trylock(fn->dev);
	return fn->locks.cfg_locked && pcireset_claim_try(tx, fn);
}

static void lock_release_one(struct pcireset_fn *fn)
{
	pcireset_claim_end(fn);
	if (fn->locks.cfg_locked)
		pci_cfg_access_unlock(fn->dev);
	if (fn->locks.device_locked)
		device_unlock(&fn->dev->dev);
	fn->locks.cfg_locked = false;
	fn->locks.device_locked = false;
}

static void lock_release_all(struct pcireset_tx *tx)
{
	unsigned int i = tx->nr_fns;

	while (i--)
		lock_release_one(&tx->fns[i]);
	lock_release_one(&tx->bridge_fn);
}

/* The bridge first, then parents before children, as the core does. */
static struct pcireset_fn *lock_try_all(struct pcireset_tx *tx)
{
	unsigned int i;

	if (tx->plan->bridge && !lock_try_one(tx, &tx->bridge_fn))
		return &tx->bridge_fn;
	for (i = 0; i < tx->nr_fns; i++)
		if (!lock_try_one(tx, &tx->fns[i]))
			return &tx->fns[i];
	return NULL;
}

static void lock_wake_one(struct pcireset_fn *fn)
{
	/* An error means no runtime PM for this device: it is on anyhow. */
	pm_runtime_get_sync(&fn->dev->dev);
	fn->locks.resumed = true;
}

static void lock_wake_all(struct pcireset_tx *tx)
{
	unsigned int i;

	if (tx->plan->bridge)
		lock_wake_one(&tx->bridge_fn);
	for (i = 0; i < tx->nr_fns; i++)
		lock_wake_one(&tx->fns[i]);
}

static void lock_let_one_sleep(struct pcireset_fn *fn)
{
	if (fn->locks.resumed)
		pm_runtime_put(&fn->dev->dev);
	fn->locks.resumed = false;
}

static void lock_let_all_sleep(struct pcireset_tx *tx)
{
	unsigned int i = tx->nr_fns;

	while (i--)
		lock_let_one_sleep(&tx->fns[i]);
	lock_let_one_sleep(&tx->bridge_fn);
}

/* Without the locks: pciehp needs them to remove functions. */
static void lock_notify_hotplug(struct pcireset_tx *tx)
{
	unsigned int i;

	pcireset_hotplug_notify(tx, &tx->bridge_fn);
	for (i = 0; i < tx->nr_fns; i++)
		pcireset_hotplug_notify(tx, &tx->fns[i]);
}

static int lock_give_up(struct pcireset_plan *plan, struct pcireset_fn *fn, int error)
{
	plan->why = PCIRESET_WHY_LOCK;
	plan->who = pcireset_addr_of(fn->dev);
	return error;
}

/* A random time: two callers that want each other's locks must not stay in step. */
static void lock_wait_a_moment(unsigned int round)
{
	unsigned int ms = min(1U << min(round, 4U), 16U);

	usleep_range(500, 500 + ms * USEC_PER_MSEC / 2 + get_random_u32() % (ms * 512));
}

static int lock_within(struct pcireset_run *run, unsigned int ms)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	ktime_t until = ktime_add_ms(ktime_get(), ms);
	struct pcireset_fn *fn;
	unsigned int round;

	for (round = 0;; round++) {
		fn = lock_try_all(tx);
		if (!fn)
			return 0;
		lock_release_all(tx);

		if (!ms)
			return lock_give_up(plan, fn, -EAGAIN);
		if (pcireset_is_killed(run))
			return lock_give_up(plan, fn, -EINTR);
		if (ktime_after(ktime_get(), until))
			return lock_give_up(plan, fn, -EBUSY);
		lock_wait_a_moment(round);
	}
}

static unsigned int lock_patience_ms(const struct pcireset_run *run)
{
	return pcireset_plan_caller(run->plan) == PCIRESET_CALLER_LOCKED ? LOCK_WAIT_HELD_MS :
									   LOCK_WAIT_MS;
}

/**
 * pcireset_lock - take all locks of a plan
 * @run: the run of the plan
 *
 * Context: Process context. The caller holds no lock, except the device lock of the
 * plan's function if the plan says so. It may hold any lock if @run is impatient.
 * Return: 0, -EAGAIN if a lock is not free and the caller does not wait, -EBUSY if a
 * lock was not free for a bounded time, -EINTR on a fatal signal. On failure nothing
 * is held and the plan names the function.
 */
int pcireset_lock(struct pcireset_run *run)
{
	int error;

	lock_wake_all(run->tx);
	if (run->impatient || run->plan->request.flags & PCIRESET_RESET_TRY)
		error = lock_within(run, 0);
	else
		error = lock_within(run, lock_patience_ms(run));
	if (error)
		lock_let_all_sleep(run->tx);
	return error;
}

/**
 * pcireset_relock - take the locks of a plan again
 * @run: the run, whose locks pcireset_unlock_awake() has released
 *
 * Waits for a bounded time even if the caller does not wait for locks, because its
 * reset has begun. After a fatal signal each lock is tried once.
 *
 * Context: as pcireset_lock().
 * Return: 0, -EBUSY, or -EINTR on a fatal signal.
 */
int pcireset_relock(struct pcireset_run *run)
{
	return lock_within(run, lock_patience_ms(run));
}

/**
 * pcireset_unlock_awake - release the locks, and keep the members awake
 * @tx: the transaction
 */
void pcireset_unlock_awake(struct pcireset_tx *tx)
{
	lock_release_all(tx);
	lock_notify_hotplug(tx);
}

/**
 * pcireset_let_sleep - end what pcireset_unlock_awake() keeps
 * @tx: the transaction
 */
void pcireset_let_sleep(struct pcireset_tx *tx)
{
	lock_let_all_sleep(tx);
}

/**
 * pcireset_lock_bridge - wake all members of a plan, and lock its bridge
 * @run: the run, whose caller itself keeps drivers off the members
 *
 * Takes only the bridge's config access lock: the caller may hold any device lock.
 * pcireset_unlock() releases it.
 *
 * Context: Process context.
 * Return: 0, -EBUSY if the lock was not free for a bounded time, -EINTR on a
 * fatal signal. Then nothing is held and the plan names the function.
 */
int pcireset_lock_bridge(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	ktime_t until = ktime_add_ms(ktime_get(), LOCK_WAIT_HELD_MS);
	struct pcireset_fn *fn = &tx->bridge_fn;
	int error = 0;

	lock_wake_all(tx);
	while (!pci_cfg_access_trylock(fn->dev)) {
		if (pcireset_is_killed(run))
			error = -EINTR;
		else if (ktime_after(ktime_get(), until))
			error = -EBUSY;
		if (error) {
			lock_let_all_sleep(tx);
			return lock_give_up(run->plan, fn, error);
		}
		usleep_range(500, 1000);
	}
	fn->locks.cfg_locked = true;
	return 0;
}

/**
 * pcireset_unlock - release the locks of pcireset_lock() or pcireset_lock_bridge()
 * @tx: the transaction
 */
void pcireset_unlock(struct pcireset_tx *tx)
{
	lock_release_all(tx);
	lock_notify_hotplug(tx);
	lock_let_all_sleep(tx);
}

/**
 * pcireset_try_lock_one - take the locks of one member
 * @tx: the transaction, of which no lock is held, except perhaps the caller's own
 * @fn: the member
 *
 * Return: true if both were free.
 */
bool pcireset_try_lock_one(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	if (lock_try_one(tx, fn))
		return true;
	lock_release_one(fn);
	return false;
}

/**
 * pcireset_unlock_one - release the locks of pcireset_try_lock_one()
 * @fn: the member
 */
void pcireset_unlock_one(struct pcireset_fn *fn)
{
	lock_release_one(fn);
}

static bool lock_try_port(struct pcireset_fn *fn)
{
	if (fn->masked.quiet)
		fn->locks.device_locked = device_trylock(&fn->dev->dev);
	return !fn->masked.quiet || fn->locks.device_locked;
}

static bool lock_try_ports(struct pcireset_tx *tx)
{
	unsigned int i;

	if (!lock_try_port(&tx->bridge_fn))
		return false;
	for (i = 0; i < tx->nr_fns; i++)
		if (!lock_try_port(&tx->fns[i]))
			return false;
	return true;
}

/**
 * pcireset_lock_ports - take the device locks of all ports that are quiet
 * @tx: the transaction, of which no lock is held
 *
 * Releases all of them before each wait. Has no time limit.
 */
void pcireset_lock_ports(struct pcireset_tx *tx)
{
	unsigned int round;

	for (round = 0; !lock_try_ports(tx); round++) {
		lock_release_all(tx);
		lock_wait_a_moment(round);
	}
}

/**
 * pcireset_unlock_ports - release the locks of pcireset_lock_ports()
 * @tx: the transaction
 */
void pcireset_unlock_ports(struct pcireset_tx *tx)
{
	lock_release_all(tx);
	lock_notify_hotplug(tx);
}
