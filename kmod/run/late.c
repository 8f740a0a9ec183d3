// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions with an unfinished reset and without locks: late ones, which a worker
 * restores when they answer, and settling ones, which a caller checks again.
 *
 * Until the worker is done with a late function, its saved state is kept, its driver
 * waits for reset_done, its IOMMU translation is blocked, and its power is on.
 * docs/late.md has the design.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/sched/mm.h>
#include <linux/spinlock.h>
#include <linux/suspend.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "run/run.h"
#include "run/trace.h"

/* Limits of the worker's polling interval, which grows with the elapsed time. */
#define LATE_LOOK_MIN_MS 1
#define LATE_LOOK_MAX_MS 50

/* A slot that reports itself empty for this time is empty. */
#define LATE_PULLED_MS 1000

/* Time limit of a suspend that waits for late functions. */
#define LATE_SUSPEND_MS (PCIRESET_LATE_MS + 5000)

/* Time limit of a shutdown that waits for the worker, which needs the functions' locks. */
#define LATE_SHUTDOWN_MS 5000

/* Maximum number of threads. Each sleeps until the late functions of one reset answer. */
#define LATE_MAX_THREADS 512

/* A link that has just come up reaches its full speed within this time. */
#define LATE_LINK_MS 100

static struct workqueue_struct *late_queue;
/* Resets that have late members. */
static atomic_t late_nr = ATOMIC_INIT(0);
/* Wakes up waiters when a function is removed, and when a reset is done. */
static DECLARE_WAIT_QUEUE_HEAD(late_wait);
static atomic_t late_wakeups = ATOMIC_INIT(0);
/* The machine shuts down: restore nothing more. */
static bool late_is_stopped;

/* Returns the member with an entry of these kinds. Needs pcireset_unfinished_lock. */
static struct pcireset_fn *late_find(const struct pci_dev *dev, u32 kinds)
{
	struct pcireset_unfinished *entry = pcireset_unfinished_find(dev, kinds);

	return entry ? container_of(entry, struct pcireset_fn, unfinished) : NULL;
}

static void late_mark(struct pcireset_tx *tx, struct pcireset_fn *fn,
		      enum pcireset_unfinished_kind kind)
{
	fn->unfinished.dev = fn->dev;
	fn->unfinished.owner = tx;
	pcireset_unfinished_add(&fn->unfinished, kind);
}

static void late_unmark_all(struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++)
		pcireset_unfinished_remove(&tx->fns[i].unfinished);
	pcireset_unfinished_remove(&tx->bridge_fn.unfinished);
}

/**
 * pcireset_driver_done - call a driver's reset_done
 * @fn: the function; the caller holds its device lock
 *
 * Does nothing unless this driver's reset_prepare was called before. A driver that was
 * bound since then has not been notified of the reset.
 */
void pcireset_driver_done(struct pcireset_fn *fn)
{
	const struct pci_error_handlers *handler = fn->prepared;
	struct pci_driver *driver = fn->dev->driver;

	fn->prepared = NULL;
	if (handler && driver && driver->err_handler == handler && handler->reset_done)
		handler->reset_done(fn->dev);
}

/**
 * pcireset_late_unbind - a driver is about to leave a function
 * @dev: the function, whose device lock is held
 *
 * If the driver's reset_prepare was called, calls its reset_done before remove(). The same
 * driver may be bound again before the reset continues.
 */
void pcireset_late_unbind(struct pci_dev *dev)
{
	struct pcireset_tx *tx = NULL;
	struct pcireset_fn *fn;

	spin_lock(&pcireset_unfinished_lock);
	fn = late_find(dev, BIT(PCIRESET_LATE) | BIT(PCIRESET_SETTLING));
	if (fn) {
		tx = fn->unfinished.owner;
		kref_get(&tx->ref);
	}
	spin_unlock(&pcireset_unfinished_lock);
	if (fn) {
		pcireset_driver_done(fn);
		fn->driver_left = true;
	}
	pcireset_tx_put(tx);
}

static void late_wake(void)
{
	atomic_inc(&late_wakeups);
	wake_up_all(&late_wait);
}

/* Returns a member that this call has marked, with a reference to its transaction, or NULL. */
static struct pcireset_fn *late_mark_gone(const struct pci_dev *dev)
{
	struct pcireset_unfinished *entry;

	spin_lock(&pcireset_unfinished_lock);
	entry = pcireset_unfinished_find_present(dev);
	if (entry) {
		entry->gone = true;
		kref_get(&((struct pcireset_tx *)entry->owner)->ref);
	}
	spin_unlock(&pcireset_unfinished_lock);
	return entry ? container_of(entry, struct pcireset_fn, unfinished) : NULL;
}

/**
 * pcireset_late_forget - a function is leaving
 * @dev: the function
 *
 * Context: The caller holds pcireset_topology for writing. No function of this file
 * accesses @dev afterwards.
 */
void pcireset_late_forget(struct pci_dev *dev)
{
	struct pcireset_tx *tx;
	struct pcireset_fn *fn;

	/* Several resets may share a bridge. */
	while ((fn = late_mark_gone(dev))) {
		tx = fn->unfinished.owner;
		/* Before it leaves its IOMMU group. */
		pcireset_iommu_unblock_lost(fn);
		pcireset_tx_put(tx);
		late_wake();
	}
}

/* Returns the port above a member. For a VF, this is the port above its PF. */
static struct pci_dev *late_port(const struct pcireset_fn *fn)
{
	return pci_upstream_bridge(pci_physfn(fn->dev));
}

static bool late_parent_is_missing(const struct pcireset_tx *tx, const struct pcireset_fn *fn)
{
	const struct pcireset_fn *parent = fn->planned->parent < 0 ? NULL :
								     &tx->fns[fn->planned->parent];

	return parent && (pcireset_is_lost(parent) || parent->unfinished.gone);
}

static bool late_is_late(const struct pcireset_fn *fn)
{
	return fn->unfinished.kind == PCIRESET_LATE;
}

/* Can the member still come back? */
static bool late_is_awaited(const struct pcireset_fn *fn)
{
	return late_is_late(fn) && fn->found.outcome == PCIRESET_STATE_DEAD &&
	       !READ_ONCE(fn->unfinished.gone) && !READ_ONCE(late_is_stopped) &&
	       !pcireset_is_disconnected(fn->dev);
}

/*
 * PCIe r6.0, sec 6.6.1: no access before 100 ms after the link came up, or before the
 * time that the function reports. @fn->access_at is 0 while the link is down.
 */
static bool late_may_be_accessed(const struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	struct pci_dev *port = late_port(fn);
	ktime_t now = ktime_get();
	u32 us;

	if (!pcireset_link_is_up(port)) {
		fn->access_at = 0;
		return false;
	}
	if (!fn->access_at) {
		us = ktime_us_delta(now, tx->late.triggered);
		us = port ? pcireset_secondary_us(port, us, fn->saved.times.link_us) : us;
		fn->access_at = ktime_add_us(tx->late.triggered, us);
	}
	return !ktime_before(now, fn->access_at);
}

static bool late_answers(const struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	return late_is_awaited(fn) && !late_parent_is_missing(tx, fn) &&
	       late_may_be_accessed(tx, fn) && pcireset_fn_answers(fn);
}

enum late_verdict {
	LATE_NOT_YET,
	LATE_RESTORED,
	LATE_WRONG,
	LATE_LOST,
	LATE_OPENED,
	LATE_GONE,
};

static const char *const late_words[] = {
	[LATE_RESTORED] = "restored", [LATE_WRONG] = "failed", [LATE_LOST] = "lost",
	[LATE_OPENED] = "lost",       [LATE_GONE] = "removed",
};

/* Tracepoint, counters, uevent and log of the end of a late member. */
static void late_announce(struct pcireset_tx *tx, struct pcireset_fn *fn, enum late_verdict verdict)
{
	s64 ms = ktime_ms_delta(ktime_get(), tx->late.triggered);
	char type_env[40], late_env[40];
	char *env[3] = { type_env, late_env };

	trace_pcireset_late(tx, fn,
			    verdict == LATE_RESTORED ? 0 :
			    verdict == LATE_WRONG    ? -EIO :
			    verdict == LATE_GONE     ? -ENODEV :
						       -ETIMEDOUT);
	pcireset_stats_late(tx->late.type,
			    verdict == LATE_RESTORED ? PCIRESET_LATE_BACK : PCIRESET_LATE_LOST);
	if (verdict == LATE_GONE)
		return;
	snprintf(type_env, sizeof(type_env), "PCIRESET_TYPE=%s", tx->late.type->name);
	snprintf(late_env, sizeof(late_env), "PCIRESET_LATE=%s", late_words[verdict]);
	kobject_uevent_env(&fn->dev->dev.kobj, KOBJ_CHANGE, env);
	if (verdict == LATE_RESTORED)
		pci_info(fn->dev, "back %lld ms after its reset, and restored\n", ms);
	else if (verdict == LATE_WRONG)
		pci_warn(fn->dev, "back %lld ms after its reset, but a check failed\n", ms);
	else if (verdict == LATE_OPENED)
		pci_warn(fn->dev, "opened by VFIO after its reset: its configuration is lost\n");
	else
		pci_warn(fn->dev, "not back %lld ms after its reset: its configuration is lost\n",
			 ms);
}

/* The functions below a bridge that was just restored need their wait from now on. */
static void late_restart_wait_below(struct pcireset_tx *tx, const struct pcireset_fn *bridge)
{
	unsigned int i, nr = bridge - tx->fns;

	for (i = nr + 1; i < tx->nr_fns; i++)
		if (tx->fns[i].planned->parent == (int)nr)
			tx->fns[i].access_at = 0;
}

/* Run the checks that the caller's report would have. */
static bool late_verify(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	u32 checks = plan->request.checks | PCIRESET_CHECK_IDENTITY;

	if (fn->found.outcome == PCIRESET_STATE_OTHER)
		return false;
	pcireset_check_link(fn, ktime_add_ms(ktime_get(), LATE_LINK_MS));
	if (pcireset_compares_config(plan))
		pcireset_check_config(fn);
	if (fn->found.proof == PCIRESET_PROOF_UNKNOWN || fn->found.proof == PCIRESET_PROOF_REFUTED)
		fn->found.failed |= PCIRESET_CHECK_PROOF;
	return !(fn->found.failed & checks);
}

/*
 * Needs the device lock, and pcireset_topology for reading. Returns false if the member
 * does not answer, or if a VFIO user has opened it since the reset.
 */
static bool late_restore(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	bool same;

	if (!pcireset_claim_unopened(tx, fn))
		return false;
	/* Keeps the state that the driver itself has saved in the meantime. */
	if (pcireset_state_unpark(fn))
		return false;
	pcireset_state_woken(fn);
	same = pcireset_identity_holds(fn);
	/* All-ones do not identify another device. */
	if (!same && !pcireset_fn_answers(fn)) {
		pcireset_state_park(fn);
		return false;
	}
	fn->found.ready_ns = ktime_to_ns(ktime_sub(ktime_get(), tx->late.triggered));
	fn->found.outcome = same ? PCIRESET_STATE_RESTORED : PCIRESET_STATE_OTHER;
	fn->found.failed = same ? 0 : PCIRESET_CHECK_IDENTITY;
	fn->found.offset = 0;
	if (same)
		pcireset_witness_read(fn, tx->late.type->bit);
	pcireset_iommu_unblock(fn);
	if (same)
		pcireset_state_restore(fn);
	/* The driver has left, and the restored state has its Bus Master Enable. */
	if (same && fn->planned->driver && !fn->dev->driver)
		pci_clear_master(fn->dev);
	late_restart_wait_below(tx, fn);
	return true;
}

/* End a member's reset. Needs its device lock. */
static void late_end_member(struct pcireset_tx *tx, struct pcireset_fn *fn,
			    enum late_verdict verdict)
{
	pcireset_driver_done(fn);
	pcireset_state_free(fn);
	if (fn->is_expected)
		late_announce(tx, fn, verdict);
	/* late_end_quiet() accesses a port that is still quiet, unless it is removed before. */
	if (fn->masked.quiet)
		late_mark(tx, fn, PCIRESET_QUIET_PORT);
	else
		pcireset_unfinished_remove(&fn->unfinished);
}

/*
 * Takes both locks of the function in the core's order, and VFIO's between them: nobody
 * waits for config space meanwhile. Waits for all, because the worker holds no other lock.
 */
static void late_lock(struct pcireset_fn *fn)
{
	device_lock(&fn->dev->dev);
	pcireset_claim_wait(fn);
	pci_cfg_access_lock(fn->dev);
}

/* Returns false if the function does not answer. */
static bool late_try_restore(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	enum late_verdict verdict = LATE_NOT_YET;

	late_lock(fn);
	down_read(&pcireset_topology);
	if (late_answers(tx, fn) && late_restore(tx, fn))
		verdict = late_verify(tx->plan, fn) ? LATE_RESTORED : LATE_WRONG;
	pcireset_claim_end(fn);
	up_read(&pcireset_topology);
	if (verdict != LATE_NOT_YET)
		late_end_member(tx, fn, verdict);
	pci_dev_unlock(fn->dev);
	return verdict != LATE_NOT_YET;
}

/* All members are below one bridge, so check the first one that is still present. */
static void late_look_for_card(struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++)
		if (late_is_late(&tx->fns[i]) && !tx->fns[i].unfinished.gone)
			break;
	if (i == tx->nr_fns || !pcireset_is_pulled(tx->fns[i].dev))
		tx->late.pulled = 0;
	else if (!tx->late.pulled)
		tx->late.pulled = ktime_get();
}

/* @fn: the first member to check. */
static struct pcireset_fn *late_next_that_answers(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	struct pcireset_fn *end = tx->fns + tx->nr_fns;

	down_read(&pcireset_topology);
	late_look_for_card(tx);
	for (; fn < end; fn++)
		if (late_answers(tx, fn))
			break;
	up_read(&pcireset_topology);
	return fn < end ? fn : NULL;
}

/* Restores one member by @restore. One that cannot be restored yet does not hold up the others. */
static bool late_restore_one(struct pcireset_tx *tx,
			     bool (*restore)(struct pcireset_tx *tx, struct pcireset_fn *fn))
{
	struct pcireset_fn *fn = late_next_that_answers(tx, tx->fns);

	while (fn && !restore(tx, fn))
		fn = late_next_that_answers(tx, fn + 1);
	return fn;
}

/* Has the slot been empty long enough? */
static bool late_is_pulled(const struct pcireset_tx *tx)
{
	return tx->late.pulled &&
	       ktime_after(ktime_get(), ktime_add_ms(tx->late.pulled, LATE_PULLED_MS));
}

static bool late_is_over(const struct pcireset_tx *tx)
{
	ktime_t until = ktime_add_ms(tx->late.triggered, PCIRESET_LATE_MS);

	return ktime_after(ktime_get(), until) || late_is_pulled(tx);
}

/*
 * A contained function: the kernel's own recovery restores it and notifies its driver.
 * A pulled one, or one without power: the hotplug driver removes it, and must get the event.
 */
static bool late_is_hopeless(const struct pcireset_tx *tx, const struct pcireset_fn *fn)
{
	return fn->found.outcome != PCIRESET_STATE_DEAD || fn->found.contained ||
	       pcireset_is_disconnected(fn->dev) || late_is_pulled(tx) ||
	       pcireset_has_no_power(fn->dev);
}

/* Can any late member still come back? */
static bool late_is_any(const struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++)
		if (late_is_awaited(&tx->fns[i]))
			return true;
	return false;
}

static void late_sleep(const struct pcireset_tx *tx)
{
	s64 ms = ktime_ms_delta(ktime_get(), tx->late.triggered) / 32;
	int seen = atomic_read(&late_wakeups);

	ms = clamp_t(s64, ms, LATE_LOOK_MIN_MS, LATE_LOOK_MAX_MS);
	wait_event_timeout(late_wait, atomic_read(&late_wakeups) != seen, msecs_to_jiffies(ms));
}

static void late_wait_for_all(struct pcireset_tx *tx)
{
	while (late_is_any(tx)) {
		if (late_restore_one(tx, late_try_restore))
			continue;
		/* Also for a function that answers only sometimes: the wait must end. */
		if (late_is_over(tx))
			break;
		late_sleep(tx);
	}
}

/* Needs the device lock. */
static enum late_verdict late_last_verdict(const struct pcireset_fn *fn)
{
	if (fn->unfinished.gone)
		return LATE_GONE;
	return pcireset_vfio_is_open(fn->dev) && !fn->planned->vfio_open ? LATE_OPENED : LATE_LOST;
}

/* End members that did not come back or were removed, or that only need reset_done. */
static void late_end_rest(struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++) {
		struct pcireset_fn *fn = &tx->fns[i];

		if (!late_is_late(fn))
			continue;
		pci_dev_lock(fn->dev);
		down_read(&pcireset_topology);
		pcireset_iommu_unblock(fn);
		up_read(&pcireset_topology);
		late_end_member(tx, fn, late_last_verdict(fn));
		pci_dev_unlock(fn->dev);
	}
}

/* From now on, the ports handle link and hotplug events again. */
static void late_end_quiet(struct pcireset_tx *tx)
{
	unsigned int i;

	if (!tx->late.quiet)
		return;
	tx->bridge_fn.masked.stays_quiet = false;
	for (i = 0; i < tx->nr_fns; i++)
		tx->fns[i].masked.stays_quiet = false;
	pcireset_lock_ports(tx);
	down_read(&pcireset_topology);
	pcireset_quiet_end(tx);
	up_read(&pcireset_topology);
	pcireset_unlock_ports(tx);
	late_unmark_all(tx);
}

static void late_work(struct work_struct *work)
{
	struct pcireset_tx *tx = container_of(work, struct pcireset_tx, late.work);
	/* As for run_execute(): drivers wait for the end of the reset. */
	unsigned int flags = memalloc_noio_save();

	late_wait_for_all(tx);
	late_end_rest(tx);
	late_end_quiet(tx);
	memalloc_noio_restore(flags);
	pcireset_let_sleep(tx);
	pcireset_tx_put(tx);
	atomic_dec(&late_nr);
	late_wake();
	/* pcireset_late_exit() waits until this function has returned. */
	module_put(THIS_MODULE);
}

/**
 * pcireset_is_late - check whether the worker must restore a member
 * @tx: the transaction
 * @fn: the member
 *
 * A slot whose presence follows its link seems empty until the link is up, so an empty slot
 * alone does not make a member hopeless.
 *
 * Return: true if it did not answer but may do so, and has a saved state.
 */
bool pcireset_is_late(const struct pcireset_tx *tx, const struct pcireset_fn *fn)
{
	return fn->saved.state && !fn->unfinished.gone && !late_is_hopeless(tx, fn);
}

static void late_describe(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;

	tx->late.type = pcireset_type_find(run->report->type);
	tx->late.id = run->origin.id;
	tx->late.triggered = run->triggered;
	if (run->quiet && tx->plan->bridge)
		late_mark(tx, &tx->bridge_fn, PCIRESET_QUIET_PORT);
}

/**
 * pcireset_attend_begin - release the locks, to wait without them
 * @run: the run, triggered
 *
 * The specification limits the time with locks, and the caller limits the wait. Other
 * resets of this module do not touch the members in the meantime.
 *
 * Context: The caller holds the locks of the plan. This function releases them.
 */
void pcireset_attend_begin(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	unsigned int i;

	run->released = true;
	late_describe(run);
	for (i = 0; i < tx->nr_fns; i++) {
		struct pcireset_fn *fn = &tx->fns[i];

		if (!fn->saved.state)
			continue;
		fn->access_at = run->access_at;
		pcireset_state_park(fn);
		late_mark(tx, fn, pcireset_is_late(tx, fn) ? PCIRESET_LATE : PCIRESET_SETTLING);
	}
	pcireset_unlock_awake(tx);
}

/* Takes the locks if they are free. Returns true if the member is restored. */
static bool late_attend_to(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	bool is_restored;

	if (!pcireset_try_lock_one(tx, fn))
		return false;
	down_read(&pcireset_topology);
	is_restored = late_answers(tx, fn) && late_restore(tx, fn);
	if (is_restored)
		pcireset_state_park(fn);
	up_read(&pcireset_topology);
	pcireset_unlock_one(fn);
	return is_restored;
}

/**
 * pcireset_attend - look at the late members of a run, and restore one that answers
 * @run: the run, after pcireset_attend_begin()
 * @ret_again: when to look again
 *
 * Context: Process context. Does not wait for locks.
 * Return: false if the wait is over.
 */
bool pcireset_attend(struct pcireset_run *run, ktime_t *ret_again)
{
	struct pcireset_tx *tx = run->tx;
	ktime_t now = ktime_get();

	if (!late_is_any(tx))
		return false;
	if (!late_restore_one(tx, late_attend_to) &&
	    (pcireset_is_killed(run) || ktime_after(now, run->patience) || late_is_pulled(tx)))
		return false;
	*ret_again = pcireset_look_again_at(run);
	return true;
}

/**
 * pcireset_attend_end - end what pcireset_attend_begin() began
 * @run: the run
 *
 * If a lock cannot be taken, the run is adrift, and the worker does the rest.
 *
 * Return: 0 with the locks of the plan, or a negative errno.
 */
int pcireset_attend_end(struct pcireset_run *run)
{
	int error;

	error = pcireset_relock(run);
	run->adrift = error;
	if (!error)
		late_unmark_all(run->tx);
	return error;
}

static void late_hand_over(struct pcireset_run *run, struct pcireset_fn *fn)
{
	struct pcireset_tx *tx = run->tx;

	fn->is_expected = pcireset_is_late(tx, fn);
	if (fn->access_at < run->access_at)
		fn->access_at = run->access_at;
	if (fn->is_expected) {
		fn->found.flags |= PCIRESET_MEMBER_LATE;
		pcireset_stats_late(pcireset_type_find(run->report->type), PCIRESET_LATE_BEGIN);
	}
	pcireset_state_park(fn);
	late_mark(tx, fn, PCIRESET_LATE);
	tx->late.is_used = true;
}

/**
 * pcireset_late_take - mark the members that the worker will finish
 * @run: the run, at its end
 *
 * These are the late members; all members with a saved state if @run is adrift. The
 * worker begins after pcireset_late_start(). Until then no other reset of this module
 * touches them.
 *
 * Context: The caller holds the locks of the plan, or none of them if @run is adrift.
 */
void pcireset_late_take(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	unsigned int i;

	down_read(&pcireset_topology);
	for (i = 0; i < tx->nr_fns; i++) {
		struct pcireset_fn *fn = &tx->fns[i];

		if (pcireset_is_late(tx, fn) || (run->adrift && fn->saved.state))
			late_hand_over(run, fn);
	}
	up_read(&pcireset_topology);
	if (!tx->late.is_used)
		return;
	for (i = 0; i < tx->nr_fns; i++)
		if (tx->fns[i].masked.quiet && !late_is_late(&tx->fns[i]))
			late_mark(tx, &tx->fns[i], PCIRESET_QUIET_PORT);
	late_describe(run);
	tx->late.quiet = run->quiet;
	run->quiet = false;
}

/**
 * pcireset_late_start - let the worker begin
 * @tx: the transaction, whose run has been reported
 *
 * Does nothing if pcireset_late_take() marked no member.
 */
void pcireset_late_start(struct pcireset_tx *tx)
{
	if (!tx->late.is_used)
		return;
	__module_get(THIS_MODULE);
	kref_get(&tx->ref);
	/* They belong to the caller, which has released them. */
	tx->plan->held = false;
	tx->plan->request.owners = NULL;
	atomic_inc(&late_nr);
	INIT_WORK(&tx->late.work, late_work);
	queue_work(late_queue, &tx->late.work);
}

/*
 * Delay a suspend: a function that sleeps before it is restored would wake up in the
 * wrong state. The queue is freezable, so a function that becomes late after this makes
 * the freezer fail.
 */
static int late_suspend(struct notifier_block *nb, unsigned long action, void *data)
{
	long left;

	if (action != PM_SUSPEND_PREPARE && action != PM_HIBERNATION_PREPARE)
		return NOTIFY_DONE;
	left = wait_event_killable_timeout(late_wait, !atomic_read(&late_nr),
					   msecs_to_jiffies(LATE_SUSPEND_MS));
	if (left > 0)
		return NOTIFY_DONE;
	return notifier_from_errno(left ? -EINTR : -EBUSY);
}

static struct notifier_block late_pm = {
	.notifier_call = late_suspend,
};

/*
 * Stop the worker before the drivers' shutdown(). A function that was restored after
 * that could do DMA into the next kernel.
 */
static int late_shutdown(struct notifier_block *nb, unsigned long action, void *data)
{
	WRITE_ONCE(late_is_stopped, true);
	late_wake();
	wait_event_timeout(late_wait, !atomic_read(&late_nr), msecs_to_jiffies(LATE_SHUTDOWN_MS));
	return NOTIFY_DONE;
}

static struct notifier_block late_reboot = {
	.notifier_call = late_shutdown,
};

int pcireset_late_init(void)
{
	int error;

	late_queue = alloc_workqueue("pcireset_late", WQ_UNBOUND | WQ_FREEZABLE, LATE_MAX_THREADS);
	if (!late_queue)
		return -ENOMEM;
	error = register_pm_notifier(&late_pm);
	if (error)
		goto err_queue;
	error = register_reboot_notifier(&late_reboot);
	if (error)
		goto err_pm;
	return 0;

err_pm:
	unregister_pm_notifier(&late_pm);
err_queue:
	destroy_workqueue(late_queue);
	return error;
}

void pcireset_late_exit(void)
{
	unregister_reboot_notifier(&late_reboot);
	unregister_pm_notifier(&late_pm);
	destroy_workqueue(late_queue);
}
