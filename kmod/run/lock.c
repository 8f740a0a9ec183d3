// SPDX-License-Identifier: GPL-2.0-only
/* The locks of a plan: all of them or none, and never one waited for while another is held. */
#include <linux/delay.h>
#include <linux/pm_runtime.h>
#include <linux/random.h>

#include "pcireset.h"

/*
 * Each function has two locks: its device lock, which keeps drivers from being
 * bound and unbound and the core from resetting it, and the config access lock,
 * which keeps user space out of its config space.
 *
 * Everything is only ever tried. Whoever fails gives all back and waits with
 * empty hands, so there is no order to violate: not the core's, which since
 * 6.10 takes the bridge before the function, and not that of a caller who
 * holds the function's lock already and therefore comes in the other order.
 */

/* How long others may be in the way: longer than any probe() should take. */
#define WAIT_MS 5000
/* A caller that holds a lock makes others wait meanwhile. */
#define WAIT_HELD_MS 1000

static bool try_lock(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	/* Somebody watches it after a reset, and will take its locks again. */
	if (pcireset_is_unfinished(fn->dev, PCIRESET_WATCHED, plan))
		return false;
	if (!plan->held || fn->dev != plan->dev) {
		if (!device_trylock(&fn->dev->dev))
			return false;
		fn->device_locked = true;
	}
	fn->cfg_locked = pci_cfg_access_trylock(fn->dev);
	return fn->cfg_locked;
}

static void unlock(struct pcireset_fn *fn)
{
	pcireset_vfio_let_open(fn);
	if (fn->owner_kept)
		pcireset_owner_let_go(fn->dev);
	if (fn->cfg_locked)
		pci_cfg_access_unlock(fn->dev);
	if (fn->device_locked)
		device_unlock(&fn->dev->dev);
	fn->owner_kept = false;
	fn->cfg_locked = false;
	fn->device_locked = false;
}

static void unlock_all(struct pcireset_plan *plan)
{
	unsigned int i = plan->nr_fns;

	while (i--)
		unlock(&plan->fns[i]);
	unlock(&plan->bridge_fn);
}

/* The bridge first, then parents before children, as the core does. */
static struct pcireset_fn *try_all(struct pcireset_plan *plan)
{
	unsigned int i;

	if (plan->bridge && !try_lock(plan, &plan->bridge_fn))
		return &plan->bridge_fn;
	for (i = 0; i < plan->nr_fns; i++)
		if (!try_lock(plan, &plan->fns[i]))
			return &plan->fns[i];
	return NULL;
}

static void resume(struct pcireset_fn *fn)
{
	/* An error means no runtime PM for this device: it is on anyhow. */
	pm_runtime_get_sync(&fn->dev->dev);
	fn->resumed = true;
}

static void resume_all(struct pcireset_plan *plan)
{
	unsigned int i;

	if (plan->bridge)
		resume(&plan->bridge_fn);
	for (i = 0; i < plan->nr_fns; i++)
		resume(&plan->fns[i]);
}

static void suspend_all(struct pcireset_plan *plan)
{
	unsigned int i = plan->nr_fns;

	while (i--)
		if (plan->fns[i].resumed)
			pm_runtime_put(&plan->fns[i].dev->dev);
	if (plan->bridge_fn.resumed)
		pm_runtime_put(&plan->bridge->dev);
}

/* pciehp removes functions, for which it needs their locks. */
static void tell_hotplug(struct pcireset_plan *plan)
{
	unsigned int i;

	pcireset_hotplug_tell(plan, &plan->bridge_fn);
	for (i = 0; i < plan->nr_fns; i++)
		pcireset_hotplug_tell(plan, &plan->fns[i]);
}

static int give_up(struct pcireset_plan *plan, struct pcireset_fn *fn, int error)
{
	plan->why = PCIRESET_WHY_LOCK;
	plan->who = pcireset_addr_of(fn->dev);
	return error;
}

/* Two callers who want each other's locks must not keep step. */
static void wait_a_moment(unsigned int round)
{
	unsigned int ms = min(1U << min(round, 4U), 16U);

	usleep_range(500, 500 + ms * USEC_PER_MSEC / 2 + get_random_u32() % (ms * 512));
}

static int lock_within(struct pcireset_run *run, unsigned int ms)
{
	struct pcireset_plan *plan = run->plan;
	ktime_t until = ktime_add_ms(ktime_get(), ms);
	struct pcireset_fn *fn;
	unsigned int round;

	for (round = 0;; round++) {
		fn = try_all(plan);
		if (!fn)
			return 0;
		unlock_all(plan);

		if (!ms)
			return give_up(plan, fn, -EAGAIN);
		if (pcireset_is_killed(run))
			return give_up(plan, fn, -EINTR);
		if (ktime_after(ktime_get(), until))
			return give_up(plan, fn, -EBUSY);
		wait_a_moment(round);
	}
}

static unsigned int patience_ms(const struct pcireset_run *run)
{
	return pcireset_plan_caller(run->plan) == PCIRESET_CALLER_LOCKED ? WAIT_HELD_MS : WAIT_MS;
}

/**
 * pcireset_lock - take all locks of a plan
 * @run: the plan, and who wants it
 *
 * Context: Process context. Holds no lock but, if the plan says so, the device
 * lock of its function; and any lock if @run is impatient.
 * Return: 0, -EAGAIN if a lock was in the way of a caller who does not wait,
 * -EBUSY if it still was after a bounded time, -EINTR on a fatal signal. On
 * failure nothing is held and the plan tells who was in the way.
 */
int pcireset_lock(struct pcireset_run *run)
{
	int error;

	resume_all(run->plan);
	if (run->impatient || run->plan->request.flags & PCIRESET_RESET_TRY)
		error = lock_within(run, 0);
	else
		error = lock_within(run, patience_ms(run));
	if (error)
		suspend_all(run->plan);
	return error;
}

/**
 * pcireset_relock - take the locks of a plan again
 * @run: its locks were given back by pcireset_unlock_awake()
 *
 * Waits a bounded time also for a caller who does not wait for locks: it has
 * begun. Once the caller is killed, each lock is tried once.
 *
 * Context: as pcireset_lock().
 * Return: 0, -EBUSY, or -EINTR on a fatal signal.
 */
int pcireset_relock(struct pcireset_run *run)
{
	return lock_within(run, patience_ms(run));
}

/**
 * pcireset_unlock_awake - give back the locks, and keep the members powered
 * @plan: the plan
 */
void pcireset_unlock_awake(struct pcireset_plan *plan)
{
	unlock_all(plan);
	tell_hotplug(plan);
}

/**
 * pcireset_let_sleep - end what pcireset_unlock_awake() keeps
 * @plan: the plan
 */
void pcireset_let_sleep(struct pcireset_plan *plan)
{
	suspend_all(plan);
}

/**
 * pcireset_lock_bridge - resume all members of a plan, and keep others off its bridge
 * @run: the plan, whose caller itself keeps drivers off the members
 *
 * Takes only the bridge's config access lock: the caller may hold any device lock.
 * pcireset_unlock() gives it back.
 *
 * Context: Process context.
 * Return: 0, -EBUSY if the lock was not free for a bounded time, -EINTR on a
 * fatal signal; then nothing is held and the plan tells who was in the way.
 */
int pcireset_lock_bridge(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	ktime_t until = ktime_add_ms(ktime_get(), WAIT_HELD_MS);
	struct pcireset_fn *fn = &plan->bridge_fn;

	resume_all(plan);
	while (!pci_cfg_access_trylock(fn->dev)) {
		if (pcireset_is_killed(run))
			return give_up(plan, fn, -EINTR);
		if (ktime_after(ktime_get(), until))
			return give_up(plan, fn, -EBUSY);
		usleep_range(500, 1000);
	}
	fn->cfg_locked = true;
	return 0;
}

/**
 * pcireset_unlock - give back what pcireset_lock() or pcireset_lock_bridge() took
 * @plan: the plan
 */
void pcireset_unlock(struct pcireset_plan *plan)
{
	unlock_all(plan);
	tell_hotplug(plan);
	suspend_all(plan);
}

/**
 * pcireset_try_lock_one - take the locks of one member
 * @plan: the plan, of which no lock is held but perhaps the caller's own
 * @fn: the member
 *
 * Return: true if both were free.
 */
bool pcireset_try_lock_one(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	if (try_lock(plan, fn))
		return true;
	unlock(fn);
	return false;
}

/**
 * pcireset_unlock_one - give back what pcireset_try_lock_one() took
 * @fn: the member
 */
void pcireset_unlock_one(struct pcireset_fn *fn)
{
	unlock(fn);
}

static bool try_port(struct pcireset_fn *fn)
{
	if (fn->quiet)
		fn->device_locked = device_trylock(&fn->dev->dev);
	return !fn->quiet || fn->device_locked;
}

static bool try_ports(struct pcireset_plan *plan)
{
	unsigned int i;

	if (!try_port(&plan->bridge_fn))
		return false;
	for (i = 0; i < plan->nr_fns; i++)
		if (!try_port(&plan->fns[i]))
			return false;
	return true;
}

/**
 * pcireset_lock_ports - take the device locks of all ports that are quiet
 * @plan: the plan, of which no lock is held
 *
 * Waits with empty hands, as long as it takes.
 */
void pcireset_lock_ports(struct pcireset_plan *plan)
{
	unsigned int round;

	for (round = 0; !try_ports(plan); round++) {
		unlock_all(plan);
		wait_a_moment(round);
	}
}

/**
 * pcireset_unlock_ports - give back what pcireset_lock_ports() took
 * @plan: the plan
 */
void pcireset_unlock_ports(struct pcireset_plan *plan)
{
	unlock_all(plan);
	tell_hotplug(plan);
}
