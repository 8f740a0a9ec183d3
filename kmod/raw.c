// SPDX-License-Identifier: GPL-2.0-only
/* Only the reset and the wait: for callers that save and restore themselves. */
#include "run/run.h"
#include "run/trace.h"

static int raw_set_reason(struct pcireset_plan *plan, int error, u32 why)
{
	plan->why = why;
	plan->who = pcireset_addr_of(plan->dev);
	return error;
}

/*
 * A function that answered before the reset must have the same identity afterwards, or
 * nothing more is written to it.
 */
static int raw_check_identity(struct pcireset_fn *fn)
{
	if (pcireset_identity_holds(fn))
		return 0;
	fn->found.outcome = PCIRESET_STATE_OTHER;
	fn->found.failed |= PCIRESET_CHECK_IDENTITY;
	return -EIO;
}

static int raw_wait_and_check(struct pcireset_run *run, struct pcireset_fn *fn)
{
	int error = pcireset_wait_ready(run, fn);

	if (!error)
		return raw_check_identity(fn);
	fn->found.outcome = PCIRESET_STATE_DEAD;
	fn->found.failed |= PCIRESET_CHECK_READY;
	return error;
}

static int raw_wait_all(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	unsigned int i;
	int error = 0;

	if (run->type->bit & PCIRESET_LINK_TYPES)
		error = pcireset_wait_secondary(run, plan->bridge);
	/*
	 * Functions below another bridge cannot be reached before the caller has restored
	 * that bridge.
	 */
	for (i = 0; i < tx->nr_fns && !error; i++)
		if (tx->fns[i].planned->parent < 0)
			error = raw_wait_and_check(run, &tx->fns[i]);
	return error;
}

static int raw_block_all(struct pcireset_tx *tx)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < tx->nr_fns && !error; i++) {
		pcireset_identity_note(&tx->fns[i]);
		error = pcireset_iommu_block(&tx->fns[i]);
	}
	return error;
}

static bool raw_is_same(const struct pcireset_fn *fn)
{
	return fn->found.ready_ns && fn->found.outcome == PCIRESET_STATE_UNTOUCHED;
}

static void raw_unblock_all(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++) {
		if (!run->report->issued || raw_is_same(&tx->fns[i]))
			pcireset_iommu_unblock(&tx->fns[i]);
		else
			pcireset_iommu_unblock_lost(&tx->fns[i]);
	}
}

static int raw_trigger_and_wait(struct pcireset_run *run, u32 type)
{
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;
	int error;

	pcireset_learn_times(tx);
	pcireset_quiet_begin(tx, type);
	error = pcireset_issue(run);
	run->deadline = ktime_add_ms(run->triggered, plan->request.timeout_ms);
	if (error != -ENOMEM) {
		report->type = type;
		report->issued = type;
		report->scope = run->type->scope;
		report->proof = PCIRESET_PROOF_UNKNOWN;
	}
	if (!error)
		error = raw_wait_all(run);
	report->wait_ns = ktime_to_ns(ktime_sub(ktime_get(), run->triggered));
	pcireset_quiet_end(tx);
	return error;
}

static int raw_reset_and_wait(struct pcireset_run *run)
{
	struct pcireset_tx *tx = run->tx;
	u32 type = run->plan->types[0];
	int error;

	run->type = pcireset_type_find(type);
	trace_pcireset_begin(run, type);
	error = raw_block_all(tx);
	if (!error)
		error = raw_trigger_and_wait(run, type);
	raw_unblock_all(run);
	return error;
}

static int raw_run(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_planned *other;
	int error = plan->error;

	if (error)
		return error;
	if (plan->nr_fns > 1) {
		other = &plan->fns[plan->fns[0].dev == plan->dev];
		plan->why = PCIRESET_WHY_SCOPE;
		plan->who = pcireset_addr_of(other->dev);
		return -EBUSY;
	}

	error = pcireset_tx_new(plan, &run->tx);
	if (!error)
		error = pcireset_lock(run);
	if (error)
		return error;
	if (atomic64_read(plan->counter) == plan->topology)
		error = raw_reset_and_wait(run);
	else
		error = raw_set_reason(plan, -EBUSY, PCIRESET_WHY_CHANGED);
	pcireset_unlock(run->tx);
	return error;
}

/* The first function that has failed, or the one that was asked for. */
static void raw_set_reason_of_failed(struct pcireset_tx *tx, u32 check, u32 why, u32 otherwise)
{
	unsigned int i;

	for (i = 0; i < tx->nr_fns; i++) {
		if (!(tx->fns[i].found.failed & check))
			continue;
		tx->plan->why = why;
		tx->plan->who = pcireset_addr_of(tx->fns[i].dev);
		return;
	}
	raw_set_reason(tx->plan, 0, otherwise);
}

static int raw_report(struct pcireset_run *run, int error)
{
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;
	struct pcireset_tx *tx = run->tx;

	if (error == -ETIMEDOUT)
		raw_set_reason_of_failed(tx, PCIRESET_CHECK_READY, PCIRESET_WHY_NOT_READY,
					 PCIRESET_WHY_NOT_READY);
	else if (error == -EIO)
		raw_set_reason_of_failed(tx, PCIRESET_CHECK_IDENTITY, PCIRESET_WHY_OTHER_DEVICE,
					 PCIRESET_WHY_TRIGGER);
	pcireset_run_fill_report(run, error);
	if (report->issued)
		pcireset_stats_issued(run, error);
	else
		pcireset_stats_refused();
	trace_pcireset_end(run, error);
	pcireset_tx_put(tx);
	pcireset_plan_put(plan);
	return error;
}

static void raw_init_run(struct pcireset_run *run, struct pcireset_report *report)
{
	*run = (struct pcireset_run){ .report = report, .started = ktime_get() };
	pcireset_origin_here(&run->origin);
}

/**
 * pcireset_raw_function_locked - reset a function and nothing else
 * @dev: the function; the caller holds its device lock
 * @types: mask of the allowed PCI_RESET_*
 * @report: result of the reset, or NULL
 *
 * Saves nothing, restores nothing, proves nothing. Refuses to affect any function
 * except @dev, because nobody would restore it.
 *
 * Context: Process context, may sleep. The caller holds only @dev's device lock.
 * Return: 0, -EBUSY also if another function would be affected, -ETIMEDOUT, -EIO,
 * or a value from the list at the beginning of pcireset_api.h.
 */
int pcireset_raw_function_locked(struct pci_dev *dev, u32 types, struct pcireset_report *report)
{
	struct pcireset_request request = { .types = types };
	struct pcireset_report unwanted = { NULL };
	struct pcireset_run run;
	int error;

	device_lock_assert(&dev->dev);
	raw_init_run(&run, report ? report : &unwanted);
	error = pcireset_plan_make(dev, &request, true, &run.plan);
	if (error)
		return error;
	return raw_report(&run, raw_run(&run));
}
PCIRESET_EXPORT(pcireset_raw_function_locked);

/**
 * pcireset_raw_bus - issue a secondary bus reset and wait, nothing else
 * @bridge: the bridge to reset the secondary bus of
 * @report: result of the reset, or NULL
 *
 * Uses the hotplug slot below @bridge if there is one, so that its driver does not
 * treat the link down event as a removal. Saves nothing, restores nothing, calls
 * no driver. Waits for the functions directly below @bridge.
 *
 * Context: Process context, may sleep. The caller keeps drivers away from all
 * functions below @bridge, by their device locks or by being their driver.
 * Takes @bridge's config access lock, which the caller must not hold.
 * Return: 0; -ENODEV if nothing is below @bridge; -EOPNOTSUPP; -EBUSY if the
 * config access lock is not available; -ETIMEDOUT; -EIO.
 */
int pcireset_raw_bus(struct pci_dev *bridge, struct pcireset_report *report)
{
	struct pcireset_request request = {
		.types = PCI_RESET_SLOT | PCI_RESET_BUS,
		.force = PCIRESET_ALL_FORCE,
		/* The caller holds device locks, so nothing is waited for. */
		.flags = PCIRESET_RESET_TRY,
	};
	struct pcireset_report unwanted = { NULL };
	struct pcireset_run run;
	struct pci_dev *child;
	int error;

	raw_init_run(&run, report ? report : &unwanted);
	child = pcireset_first_below(bridge);
	if (!child)
		return -ENODEV;
	error = pcireset_plan_make(child, &request, false, &run.plan);
	pci_dev_put(child);
	if (error)
		return error;

	error = run.plan->error;
	if (!error)
		error = pcireset_tx_new(run.plan, &run.tx);
	if (!error)
		error = pcireset_lock_bridge(&run);
	if (!error) {
		error = raw_reset_and_wait(&run);
		pcireset_unlock(run.tx);
	}
	return raw_report(&run, error);
}
PCIRESET_EXPORT(pcireset_raw_bus);
