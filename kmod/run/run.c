// SPDX-License-Identifier: GPL-2.0-only
/* The transaction: run a plan under its locks, undo a failed part, and report the result. */
#include <linux/kobject.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "run/run.h"

#define CREATE_TRACE_POINTS
#include "run/trace.h"

/* How often to plan again if the topology changes between plan and lock. */
#define RUN_MAX_PLANS 16

/*
 * PCIe r6.0, sec 6.6.1: a function may take 1.0 s before it answers. Locks are held
 * for this time at most, for any timeout of the caller.
 */
#define RUN_LOCKED_MS 1000

/* Numbers of resets, for the tracepoints. */
static atomic64_t run_last_id;

/**
 * pcireset_origin_here - note the calling process as the requester of a reset
 * @origin: filled in
 */
void pcireset_origin_here(struct pcireset_origin *origin)
{
	origin->id = atomic64_inc_return(&run_last_id);
	origin->pid = task_tgid_nr(current);
	get_task_comm(origin->comm, current->group_leader);
}

/**
 * pcireset_origin_next - note another reset that a process requests
 * @caller: the process
 *
 * Return: the same process with a new id.
 */
struct pcireset_origin pcireset_origin_next(const struct pcireset_origin *caller)
{
	struct pcireset_origin origin = *caller;

	origin.id = atomic64_inc_return(&run_last_id);
	return origin;
}

/* Parents before children. */
#define for_each_reached(fn, tx, type) \
	for (fn = run_next_reached(tx, NULL, type); fn; fn = run_next_reached(tx, fn, type))

/* Children before parents. */
#define for_each_reached_reverse(fn, tx, type) \
	for (fn = run_prev_reached(tx, NULL, type); fn; fn = run_prev_reached(tx, fn, type))

static struct pcireset_fn *run_next_reached(struct pcireset_tx *tx, struct pcireset_fn *fn,
					    u32 type)
{
	struct pcireset_fn *end = tx->fns + tx->nr_fns;

	for (fn = fn ? fn + 1 : tx->fns; fn < end; fn++)
		if (pcireset_fn_runs(fn, type))
			return fn;
	return NULL;
}

static struct pcireset_fn *run_prev_reached(struct pcireset_tx *tx, struct pcireset_fn *fn,
					    u32 type)
{
	for (fn = fn ? fn : tx->fns + tx->nr_fns; fn > tx->fns;)
		if (pcireset_fn_runs(--fn, type))
			return fn;
	return NULL;
}

static const struct pci_error_handlers *run_handlers_of(struct pcireset_plan *plan,
							struct pcireset_fn *fn)
{
	/* A caller that holds this lock is the function's driver: do not notify it. */
	if (plan->held && fn->dev == plan->dev)
		return NULL;
	return fn->dev->driver ? fn->dev->driver->err_handler : NULL;
}

static void run_prepare_drivers(struct pcireset_tx *tx, u32 type)
{
	const struct pci_error_handlers *handler;
	struct pcireset_fn *fn;

	for_each_reached_reverse(fn, tx, type) {
		handler = run_handlers_of(tx->plan, fn);
		if (!fn->prepared && handler && handler->reset_prepare)
			handler->reset_prepare(fn->dev);
		fn->prepared = handler;
	}
}

/* A late member is not done: its reset_done follows later. */
static void run_finish_drivers(struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++)
		if (!tx->fns[i].unfinished.kind)
			pcireset_driver_done(&tx->fns[i]);
}

static int run_save_all(struct pcireset_tx *tx, u32 type)
{
	struct pcireset_fn *fn;
	int error;

	for_each_reached(fn, tx, type) {
		error = pcireset_state_save(tx->plan, fn);
		if (error == -ENODEV) {
			tx->plan->why = PCIRESET_WHY_GONE;
			tx->plan->who = pcireset_addr_of(fn->dev);
		}
		if (error)
			return error;
		if (!pcireset_bars_agree(fn)) {
			tx->plan->why = PCIRESET_WHY_BARS;
			tx->plan->who = pcireset_addr_of(fn->dev);
			return -EBUSY;
		}
	}
	return 0;
}

/* Children first: to stop, a driver or a device may need the bridge above it. */
static void run_quiesce_all(struct pcireset_tx *tx, u32 type)
{
	struct pcireset_fn *fn;

	for_each_reached_reverse(fn, tx, type) {
		fn->found.failed = 0;
		fn->found.offset = 0;
		fn->secondary_up = false;
		fn->found.flags &= ~PCIRESET_MEMBER_LATE;
		/* An earlier type has lost this member: do not write to it. */
		if (pcireset_is_lost(fn))
			continue;
		pcireset_state_quiesce(fn);
		pcireset_witness_set(fn, type);
	}
}

static int run_block_all(struct pcireset_tx *tx, u32 type)
{
	struct pcireset_fn *fn;
	int error;

	for_each_reached(fn, tx, type) {
		error = pcireset_iommu_block(fn);
		if (error)
			return error;
	}
	return 0;
}

static void run_restore_untouched(struct pcireset_tx *tx, u32 type)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, tx, type) {
		pcireset_iommu_unblock(fn);
		if (fn->quiesced && !pcireset_is_lost(fn))
			pcireset_state_restore(fn);
	}
}

/* @error: the member did not answer. See run_recover_member() for lost members. */
static void run_set_outcome(struct pcireset_fn *fn, int error)
{
	bool same = !error && pcireset_identity_holds(fn);

	/* All-ones do not identify another device. */
	if (!same && !pcireset_fn_answers(fn))
		error = -ETIMEDOUT;
	if (error) {
		fn->found.outcome = PCIRESET_STATE_DEAD;
		fn->found.failed |= PCIRESET_CHECK_READY;
		fn->found.contained = pcireset_contained(pci_upstream_bridge(fn->dev));
	} else if (!same) {
		fn->found.outcome = PCIRESET_STATE_OTHER;
		fn->found.failed |= PCIRESET_CHECK_IDENTITY;
	} else {
		fn->found.outcome = PCIRESET_STATE_RESTORED;
	}
}

/*
 * Check the identity first: never write to dead hardware or to another device (PCIe
 * r6.0, sec 6.6.1 does not define the effect on a wrong device).
 */
static void run_recover_member(struct pcireset_run *run, struct pcireset_fn *fn)
{
	int error = pcireset_wait_ready(run, fn);

	trace_pcireset_ready(run, fn, error);
	if (!error)
		pcireset_state_woken(fn);
	run_set_outcome(fn, error);
	if (fn->found.outcome == PCIRESET_STATE_RESTORED)
		pcireset_witness_read(fn, run->type->bit);

	/* A late member stays blocked: it would not answer an invalidation of the IOMMU. */
	if (!pcireset_is_late(run->tx, fn))
		pcireset_iommu_unblock(fn);
	if (fn->found.outcome == PCIRESET_STATE_RESTORED)
		pcireset_state_restore(fn);
}

/* A member that no longer answers is dead. Its configuration has not changed. */
static bool run_config_holds(struct pcireset_run *run, struct pcireset_fn *fn)
{
	u32 failed = fn->found.failed;

	if (!pcireset_compares_config(run->plan) || pcireset_check_config(fn))
		return true;
	if (!pcireset_fn_answers(fn)) {
		fn->found.failed = failed;
		fn->found.offset = 0;
		run_set_outcome(fn, -ETIMEDOUT);
	}
	return false;
}

/* Compare config space last, so that it also covers members that left in the meantime. */
static void run_verify_member(struct pcireset_run *run, struct pcireset_fn *fn)
{
	if (fn->found.outcome == PCIRESET_STATE_RESTORED) {
		pcireset_check_link(fn, run->deadline);
		/* A quiet port has other masks than before. */
		if (!fn->masked.quiet)
			run_config_holds(run, fn);
	}
	if (fn->found.proof == PCIRESET_PROOF_UNKNOWN || fn->found.proof == PCIRESET_PROOF_REFUTED)
		fn->found.failed |= PCIRESET_CHECK_PROOF;
	if (pcireset_is_late(run->tx, fn))
		fn->found.flags |= PCIRESET_MEMBER_LATE;
	trace_pcireset_check(run, fn);
}

/*
 * After a wait without locks, the saved state is parked. A VFIO user that opens the member
 * lets the core save its state, so use the core's saved state only with the claim.
 */
static bool run_may_restore(struct pcireset_tx *tx, struct pcireset_fn *fn)
{
	return pcireset_claim_unopened(tx, fn) && !pcireset_state_unpark(fn);
}

/* After the settle time: restore a configuration that was lost again, and report a failure. */
static void run_verify_member_again(struct pcireset_run *run, struct pcireset_fn *fn)
{
	if (fn->found.outcome != PCIRESET_STATE_RESTORED)
		return;

	run_set_outcome(fn, pcireset_fn_answers(fn) ? 0 : -ETIMEDOUT);
	if (fn->found.outcome == PCIRESET_STATE_RESTORED) {
		pcireset_check_link(fn, run->deadline);
		if (!run_config_holds(run, fn) && fn->found.outcome == PCIRESET_STATE_RESTORED &&
		    run_may_restore(run->tx, fn))
			pcireset_state_restore(fn);
	}
	if (pcireset_is_late(run->tx, fn))
		fn->found.flags |= PCIRESET_MEMBER_LATE;
	trace_pcireset_check(run, fn);
}

/* Sleep in slices: a fatal signal for the caller does not wake the batch's threads. */
static void run_sleep_unless_killed(const struct pcireset_run *run, unsigned int ms)
{
	ktime_t until = ktime_add_ms(ktime_get(), ms);

	while (ktime_before(ktime_get(), until) && !pcireset_is_killed(run))
		schedule_timeout_killable(msecs_to_jiffies(min(ms, 100U)));
}

/* Another driver or user had the member in between: its state does not show the reset. */
static bool run_is_reused(const struct pcireset_fn *fn)
{
	return fn->found.outcome == PCIRESET_STATE_RESTORED &&
	       (fn->unfinished.gone || fn->driver_left || fn->dev->driver != fn->planned->driver ||
		pcireset_has_new_user(fn->planned));
}

static struct pcireset_fn *run_first_reused(struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++)
		if (run_is_reused(&tx->fns[i]))
			return &tx->fns[i];
	return NULL;
}

static int run_set_reason(struct pcireset_plan *plan, const struct pcireset_fn *fn, u32 why)
{
	plan->why = why;
	plan->who = pcireset_addr_of(fn->dev);
	return -EIO;
}

/* After a wait without locks. Returns -EIO and sets the reason if the result is unknown. */
static int run_resume(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	struct pcireset_fn *fn;

	if (pcireset_attend_end(run))
		return -EIO;
	fn = run_first_reused(tx);
	return fn ? run_set_reason(plan, fn, PCIRESET_WHY_CHANGED) : 0;
}

/* Wait without locks, because the caller chose the settle time. */
static int run_check_later(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	struct pcireset_fn *fn;
	int error;

	pcireset_attend_begin(run);
	run_sleep_unless_killed(run, plan->request.settle_ms);
	error = run_resume(run);
	if (error)
		return error;
	for_each_reached(fn, tx, run->type->bit)
		run_verify_member_again(run, fn);
	return 0;
}

static void run_recover_members(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;

	/* A link that stays down shows as functions that do not answer. */
	if (type & PCIRESET_LINK_TYPES && !pcireset_wait_secondary(run, plan->bridge))
		run->access_at = ktime_get();

	for_each_reached(fn, tx, type)
		run_recover_member(run, fn);
}

/* Is a member late? Its saved state is kept until it is back. */
static bool run_has_late(struct pcireset_run *run)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, run->tx, run->type->bit)
		if (pcireset_is_late(run->tx, fn))
			return true;
	return false;
}

/* A port that was removed during a wait without locks has no link to wait for. */
static bool run_link_is_down(const struct pcireset_fn *port)
{
	return !port->unfinished.gone && !pcireset_link_is_up(port->dev);
}

/* Is a function directly below a port late because the link is not up yet? */
static bool run_waits_for_link(const struct pcireset_tx *tx, const struct pcireset_fn *port)
{
	int nr = port - tx->fns;
	unsigned int i;

	if (!port->masked.quiet || !run_link_is_down(port))
		return false;
	for (i = 0; i < tx->nr_fns; i++)
		if (tx->fns[i].planned->parent == nr && pcireset_is_late(tx, &tx->fns[i]))
			return true;
	return false;
}

/*
 * A port stays quiet while its link is still expected to come up: if its link is down and
 * a late function is below it, or if the port itself is late. Other ports handle events
 * again.
 */
static void run_keep_quiet(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	bool late = run_has_late(run);
	unsigned int i;

	tx->bridge_fn.masked.stays_quiet = late && run->plan->bridge &&
					   run_link_is_down(&tx->bridge_fn);
	for (i = 0; i < tx->nr_fns; i++)
		tx->fns[i].masked.stays_quiet = pcireset_is_late(tx, &tx->fns[i]) ||
						run_waits_for_link(tx, &tx->fns[i]);
}

static void run_end_quiet(struct pcireset_run *run)
{
	if (run->quiet)
		pcireset_quiet_end(run->tx);
}

/* End the quiet state of all ports, unless the worker has taken it over. */
static void run_end_all_quiet(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	unsigned int i;

	tx->bridge_fn.masked.stays_quiet = false;
	for (i = 0; i < tx->nr_fns; i++)
		tx->fns[i].masked.stays_quiet = false;
	run_end_quiet(run);
	run->quiet = false;
}

static const struct {
	u32 check;
	u32 why;
	int error;
} run_verdicts[] = {
	{ PCIRESET_CHECK_READY, PCIRESET_WHY_NOT_READY, -ETIMEDOUT },
	{ PCIRESET_CHECK_IDENTITY, PCIRESET_WHY_OTHER_DEVICE, -EIO },
	{ PCIRESET_CHECK_CONFIG, PCIRESET_WHY_CONFIG, -EIO },
	{ PCIRESET_CHECK_LINK, PCIRESET_WHY_LINK, -EIO },
	{ PCIRESET_CHECK_PROOF, PCIRESET_WHY_NO_PROOF, -EIO },
};

/* A function below a lost member is lost too. The reason names the lost member. */
static bool run_is_consequence(struct pcireset_tx *tx, const struct pcireset_fn *fn)
{
	return fn->planned->parent >= 0 && pcireset_is_lost(&tx->fns[fn->planned->parent]);
}

static struct pcireset_fn *run_first_failed(struct pcireset_tx *tx, u32 type, u32 check)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, tx, type)
		if (fn->found.failed & check && !run_is_consequence(tx, fn))
			return fn;
	return NULL;
}

static int run_judge(struct pcireset_run *run)
{
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	u32 checks = plan->request.checks | PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;
	unsigned int i;

	report->failed = 0;
	report->proof = PCIRESET_PROOF_NONE;
	report->wait_ns = 0;
	for_each_reached(fn, tx, type) {
		report->failed |= fn->found.failed;
		report->proof = max(report->proof, fn->found.proof);
		report->wait_ns = max(report->wait_ns, fn->found.ready_ns);
	}

	plan->why = PCIRESET_WHY_NONE;
	for (i = 0; i < ARRAY_SIZE(run_verdicts); i++) {
		if (!(checks & run_verdicts[i].check))
			continue;
		fn = run_first_failed(tx, type, run_verdicts[i].check);
		if (!fn)
			continue;
		plan->why = run_verdicts[i].why;
		if (plan->why == PCIRESET_WHY_NOT_READY && fn->found.contained)
			plan->why = PCIRESET_WHY_CONTAINED;
		plan->who = pcireset_addr_of(fn->dev);
		return run_verdicts[i].error;
	}
	return 0;
}

static int run_trigger_failed(struct pcireset_run *run, int error)
{
	run->plan->why = PCIRESET_WHY_TRIGGER;
	run->plan->who = pcireset_addr_of(run->plan->dev);
	return error;
}

/* Returns an error if nothing was issued. */
static int run_issue_type(struct pcireset_run *run)
{
	const struct pcireset_type *type = run->type;
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	int error;

	pcireset_learn_times(tx);
	/* Ports of an earlier type, if it left a late member. */
	run_end_all_quiet(run);
	pcireset_quiet_begin(tx, type->bit);
	run->quiet = true;
	error = pcireset_speed_set(tx);
	if (error) {
		run_restore_untouched(tx, type->bit);
		run_end_all_quiet(run);
		return error;
	}
	run->error = pcireset_issue(run);
	run->patience = ktime_add_ms(run->triggered, plan->request.timeout_ms);
	run->deadline =
		ktime_add_ms(run->triggered, min_t(u32, plan->request.timeout_ms, RUN_LOCKED_MS));
	if (run->error == -ENOMEM) {
		pcireset_speed_restore(tx);
		run_restore_untouched(tx, type->bit);
		run_end_all_quiet(run);
		return run->error;
	}

	report->type = type->bit;
	report->issued |= type->bit;
	report->scope = type->scope;
	report->type_flags = type->bit == plan->types[0] ? plan->type_flags : 0;
	return 0;
}

/* Returns an error if nothing was issued. */
static int run_start_type(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	u32 type = run->type->bit;
	int error;

	run_prepare_drivers(tx, type);
	error = run_save_all(tx, type);
	if (error)
		return error;

	run_quiesce_all(tx, type);
	error = run_block_all(tx, type);
	if (error) {
		run_restore_untouched(tx, type);
		return error;
	}
	return run_issue_type(run);
}

/**
 * pcireset_bring_back - wait for the members after the trigger, and restore them
 * @run: the run, triggered
 *
 * Return: true if this is done; otherwise pcireset_attend() continues, and the locks
 * are released.
 */
bool pcireset_bring_back(struct pcireset_run *run)
{
	run_recover_members(run);
	if (!run_has_late(run) || ktime_after(ktime_get(), run->patience))
		return true;
	run_keep_quiet(run);
	run_end_quiet(run);
	pcireset_attend_begin(run);
	run->attended = true;
	return false;
}

static void run_bring_all_back(struct pcireset_run *run)
{
	ktime_t again;

	if (pcireset_bring_back(run))
		return;
	while (pcireset_attend(run, &again))
		pcireset_sleep_until(again);
}

/* All members are back, or the run no longer waits for them. */
static int run_finish_type(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;
	int error = 0;

	if (run->attended)
		error = run_resume(run);
	run->attended = false;
	if (!error) {
		run_keep_quiet(run);
		run_end_quiet(run);
		for_each_reached(fn, tx, type)
			run_verify_member(run, fn);
		pcireset_speed_check(tx, run->deadline);
	}
	pcireset_speed_restore(tx);
	if (!error && plan->request.settle_ms && !run_has_late(run))
		error = run_check_later(run);

	if (run->error)
		error = run_trigger_failed(run, -EIO);
	else if (!error)
		error = run_judge(run);
	pcireset_stats_issued(run, error);
	return error;
}

/*
 * A member that was late may have become hopeless since: its translation is still blocked,
 * and it is reported as late. The worker does not take it.
 */
static void run_release_member(struct pcireset_fn *fn)
{
	fn->found.flags &= ~PCIRESET_MEMBER_LATE;
	pcireset_iommu_unblock(fn);
	pcireset_state_free(fn);
}

/* Still under the locks: the driver's own saved state belongs to the bound driver. */
static void run_release_members(struct pcireset_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++)
		if (tx->fns[i].unfinished.kind != PCIRESET_LATE)
			run_release_member(&tx->fns[i]);
}

static bool run_has_touched(int error)
{
	return error == -ETIMEDOUT || error == -EIO;
}

static const char *run_result_word(int error, const struct pcireset_report *report)
{
	if (error)
		return "failed";
	return report->proof == PCIRESET_PROOF_SHOWN ? "verified" : "unverified";
}

static void run_announce(struct pcireset_tx *tx, int error, const struct pcireset_report *report)
{
	const struct pcireset_type *type;
	char result_env[40];
	char type_env[40];
	char *env[4];

	if (!report->issued)
		return;

	type = pcireset_type_find(report->type);
	snprintf(type_env, sizeof(type_env), "PCIRESET_TYPE=%s", type->name);
	snprintf(result_env, sizeof(result_env), "PCIRESET_RESULT=%s",
		 run_result_word(error, report));
	env[0] = type_env;
	env[1] = result_env;
	env[2] = tx->late.is_used ? "PCIRESET_LATE=pending" : NULL;
	env[3] = NULL;
	/* After its removal, a device has no path in sysfs and must not have an event. */
	if (pcireset_is_there(tx->plan->dev))
		kobject_uevent_env(&tx->plan->dev->dev.kobj, KOBJ_CHANGE, env);

	if (error)
		pci_warn(tx->plan->dev, "%s reset failed: %04x:%02x:%02x.%d: %s%s\n", type->name,
			 tx->plan->who.domain, tx->plan->who.bus, PCI_SLOT(tx->plan->who.devfn),
			 PCI_FUNC(tx->plan->who.devfn), pcireset_why_text(tx->plan->why),
			 tx->late.is_used ? "; it is restored once it answers" : "");
}

/* Returns -ERESTART if the topology has changed since the plan was made. */
static int run_check_locked(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;

	if (atomic64_read(plan->counter) != plan->topology)
		return -ERESTART;
	pcireset_claim_members(tx);
	if (run->wanted && !pcireset_plan_same(plan, run->wanted))
		return -ESTALE;
	return plan->error;
}

static void run_trace_begin(const struct pcireset_run *run)
{
	const struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	unsigned int i;

	trace_pcireset_begin(run, plan->types[0]);
	if (!trace_pcireset_member_enabled())
		return;
	for (i = 0; i < tx->nr_fns; i++)
		trace_pcireset_member(run, tx->fns[i].dev);
}

/* Takes the locks. On failure no lock is held. */
static int run_lock_and_check(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	int error;

	if (plan->error && run->wanted && !pcireset_plan_same(plan, run->wanted))
		return -ESTALE;
	if (plan->error)
		return plan->error;

	error = pcireset_tx_new(plan, &run->tx);
	if (error)
		return error;
	error = pcireset_lock(run);
	if (error)
		goto put_tx;
	error = run_check_locked(run);
	if (error)
		goto unlock;
	run_trace_begin(run);
	return 0;

unlock:
	pcireset_unlock(run->tx);
put_tx:
	pcireset_tx_put(run->tx);
	run->tx = NULL;
	return error;
}

/* Releases the locks of run_lock_and_check(). */
static int run_unlock(struct pcireset_run *run, int error)
{
	struct pcireset_tx *tx = run->tx;

	/* Nothing was touched unless a type was issued. */
	if (run->report->issued)
		pcireset_late_take(run);
	run_end_all_quiet(run);
	pcireset_speed_restore(tx);
	run_release_members(tx);
	if (!run->adrift)
		run_finish_drivers(tx);
	/* A narrower type was issued, even if a wider one could not be tried. */
	if (error && !run_has_touched(error) && run->report->issued)
		error = -EIO;
	/* Still under the locks: the event names the driver, which may leave without them. */
	if (!run->adrift)
		run_announce(tx, error, run->report);
	if (tx->late.is_used)
		pcireset_unlock_awake(tx);
	else
		pcireset_unlock(tx);
	return error;
}

/* The member is back and was reset. A wider reset does not restore a lost register. */
static bool run_failed_only_config(const struct pcireset_run *run)
{
	u32 others = run->plan->request.checks | PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;

	others &= ~PCIRESET_CHECK_CONFIG;
	return run->plan->why == PCIRESET_WHY_CONFIG && !(run->report->failed & others);
}

/* Is the saved state of a reached member in use again, after a wait without locks? */
static bool run_is_unparked(struct pcireset_fn *fn)
{
	return !fn->saved.state || fn->saved.set_aside || !pcireset_state_unpark(fn);
}

/*
 * The plan was checked under the locks. After a wait without them, a wider type could reach
 * a function that is not in the plan, or one that others use by now.
 */
static bool run_may_widen(struct pcireset_run *run, u32 type)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	struct pcireset_fn *fn;

	if (!run->released)
		return true;
	if (atomic64_read(plan->counter) != plan->topology || run_first_reused(tx))
		return false;
	for_each_reached(fn, tx, type)
		if (!pcireset_claim_again(tx, fn) || !run_is_unparked(fn))
			return false;
	return true;
}

/*
 * A driver that was told to prepare may be the one that a page must be written to, and only
 * this task tells it that the reset is done. So no allocation may wait for I/O until then.
 */
static int run_execute(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	unsigned int i, flags;
	int error;

	error = run_lock_and_check(run);
	if (error)
		return error;
	flags = memalloc_noio_save();
	for (i = 0; i < plan->nr_types; i++) {
		/* The error of the narrower type stays. */
		if (i && !run_may_widen(run, plan->types[i]))
			break;
		run->type = pcireset_type_find(plan->types[i]);
		error = run_start_type(run);
		if (!error) {
			run_bring_all_back(run);
			error = run_finish_type(run);
		}
		if (!run_has_touched(error) || run->adrift || run_failed_only_config(run))
			break;
	}
	error = run_unlock(run, error);
	memalloc_noio_restore(flags);
	return error;
}

/**
 * pcireset_run_fill_report - fill in the report at the end of a run
 * @run: the run; its plan, and its transaction if it has one
 * @error: result of the run
 */
void pcireset_run_fill_report(struct pcireset_run *run, int error)
{
	struct pcireset_report *report = run->report;

	run->plan->error = error;
	report->total_ns = ktime_to_ns(ktime_sub(ktime_get(), run->started));
	if (run->tx)
		pcireset_tx_report(run->tx, report);
	else
		pcireset_plan_report(run->plan, report);
}

static int run_report(struct pcireset_run *run, int error)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;

	if (error == -ERESTART || error == -ESTALE) {
		error = run->wanted ? -ESTALE : -EBUSY;
		plan->why = PCIRESET_WHY_CHANGED;
		plan->who = pcireset_addr_of(plan->dev);
	}
	pcireset_run_fill_report(run, error);
	if (!run->report->issued)
		pcireset_stats_refused();
	trace_pcireset_end(run, error);
	if (tx)
		pcireset_late_start(tx);
	pcireset_tx_put(tx);
	run->tx = NULL;
	return error;
}

static int run_plan_again(struct pcireset_run *run)
{
	struct pcireset_plan *plan;
	int error;

	error = pcireset_plan_make(run->plan->dev, &run->plan->request, run->plan->held, &plan);
	if (error)
		return error;
	pcireset_plan_put(run->plan);
	run->plan = plan;
	return 0;
}

/**
 * pcireset_run_plan - run a plan, or its replacement
 * @run: the run; its plan may be replaced
 *
 * Plans again if functions appear or disappear between plan and lock, a bounded
 * number of times.
 *
 * Context: Process context, may sleep. No device lock is held, except perhaps
 * that of the plan's function.
 * Return: as described at the head of pcireset_api.h.
 */
int pcireset_run_plan(struct pcireset_run *run)
{
	unsigned int left = RUN_MAX_PLANS;
	int error;

	do {
		error = run_execute(run);
		if (error != -ERESTART || !--left)
			break;
		error = run_plan_again(run);
	} while (!error);
	return run_report(run, error);
}

/**
 * pcireset_start - run a plan up to its trigger, and keep its locks
 * @run: its plan has one type
 *
 * Context: Process context, may sleep. The caller may hold locks: no lock is waited
 * for. No allocation of the caller waits for I/O before pcireset_finish().
 * Return: 0 if pcireset_finish() must be called; -EAGAIN if nothing was done, because
 * a lock is not free or the topology changed; otherwise the run is done, and the value
 * is that of pcireset_run_plan().
 */
int pcireset_start(struct pcireset_run *run)
{
	int error;

	run->impatient = true;
	error = run_lock_and_check(run);
	run->impatient = false;
	if (error == -EAGAIN || error == -ERESTART)
		return -EAGAIN;
	if (error)
		return run_report(run, error);

	run->type = pcireset_type_find(run->plan->types[0]);
	error = run_start_type(run);
	return error ? run_report(run, run_unlock(run, error)) : 0;
}

/**
 * pcireset_finish - verify, report and unlock a run of pcireset_start()
 * @run: the run, after pcireset_bring_back() and perhaps pcireset_attend()
 *
 * Return: as pcireset_run_plan().
 */
int pcireset_finish(struct pcireset_run *run)
{
	return run_report(run, run_unlock(run, run_finish_type(run)));
}

/**
 * pcireset_run_like - plan and run
 * @dev: the function
 * @request: what the caller allows
 * @held: the caller holds @dev's device lock
 * @wanted: the plan that the result must equal, or NULL
 * @report: filled in, not NULL
 *
 * Context: as pcireset_run_plan().
 * Return: as pcireset_run_plan().
 */
int pcireset_run_like(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		      const struct pcireset_plan *wanted, struct pcireset_report *report)
{
	struct pcireset_run run = {
		.wanted = wanted,
		.report = report,
		.started = ktime_get(),
	};
	int error;

	pcireset_origin_here(&run.origin);
	error = pcireset_plan_make(dev, request, held, &run.plan);
	if (error)
		return error;
	error = pcireset_run_plan(&run);
	pcireset_plan_put(run.plan);
	return error;
}
