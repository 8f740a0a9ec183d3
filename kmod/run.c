// SPDX-License-Identifier: GPL-2.0-only
/* The transaction: a plan carried out under its locks, undone where it fails, and told. */
#include <linux/kobject.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "pcireset.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* The topology moved between plan and lock: how often to plan anew. */
#define MAX_PLANS 16

/* Parents before children. */
#define for_each_reached(fn, plan, type) \
	for (fn = next_reached(plan, NULL, type); fn; fn = next_reached(plan, fn, type))

/* Children before parents. */
#define for_each_reached_reverse(fn, plan, type) \
	for (fn = prev_reached(plan, NULL, type); fn; fn = prev_reached(plan, fn, type))

static struct pcireset_fn *next_reached(struct pcireset_plan *plan, struct pcireset_fn *fn,
					u32 type)
{
	struct pcireset_fn *end = plan->fns + plan->nr_fns;

	for (fn = fn ? fn + 1 : plan->fns; fn < end; fn++)
		if (pcireset_fn_runs(fn, type))
			return fn;
	return NULL;
}

static struct pcireset_fn *prev_reached(struct pcireset_plan *plan, struct pcireset_fn *fn,
					u32 type)
{
	for (fn = fn ? fn : plan->fns + plan->nr_fns; fn > plan->fns;)
		if (pcireset_fn_runs(--fn, type))
			return fn;
	return NULL;
}

static bool is_lost(const struct pcireset_fn *fn)
{
	return fn->outcome == PCIRESET_STATE_DEAD || fn->outcome == PCIRESET_STATE_OTHER;
}

static const struct pci_error_handlers *handlers(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	/* A caller that holds its own lock is that driver: it knows. */
	if (plan->held && fn->dev == plan->dev)
		return NULL;
	return fn->dev->driver ? fn->dev->driver->err_handler : NULL;
}

static void prepare_drivers(struct pcireset_plan *plan, u32 type)
{
	const struct pci_error_handlers *handler;
	struct pcireset_fn *fn;

	for_each_reached_reverse(fn, plan, type) {
		handler = handlers(plan, fn);
		if (!fn->prepared && handler && handler->reset_prepare)
			handler->reset_prepare(fn->dev);
		fn->prepared = true;
	}
}

static void finish_drivers(struct pcireset_plan *plan)
{
	const struct pci_error_handlers *handler;
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_fn *fn = &plan->fns[i];

		handler = handlers(plan, fn);
		if (fn->prepared && handler && handler->reset_done)
			handler->reset_done(fn->dev);
		fn->prepared = false;
	}
}

static int save_all(struct pcireset_plan *plan, u32 type)
{
	struct pcireset_fn *fn;
	int error;

	error = pcireset_bridge_save(plan);
	if (error)
		return error;
	for_each_reached(fn, plan, type) {
		error = pcireset_state_save(fn);
		if (error)
			return error;
	}
	return 0;
}

/* Children first: a driver or a device may need what is above it to stop. */
static void quiesce_all(struct pcireset_plan *plan, u32 type)
{
	struct pcireset_fn *fn;

	for_each_reached_reverse(fn, plan, type) {
		fn->failed = 0;
		fn->offset = 0;
		fn->secondary_up = false;
		/* Lost to an earlier type: nothing is written to it. */
		if (is_lost(fn))
			continue;
		pcireset_state_quiesce(fn);
		pcireset_witness_set(fn);
	}
}

static int block_all(struct pcireset_plan *plan, u32 type)
{
	struct pcireset_fn *fn;
	int error;

	for_each_reached(fn, plan, type) {
		error = pci_dev_reset_iommu_prepare(fn->dev);
		if (error)
			return error;
		fn->blocked = true;
	}
	return 0;
}

static void unblock(struct pcireset_fn *fn)
{
	if (fn->blocked)
		pci_dev_reset_iommu_done(fn->dev);
	fn->blocked = false;
}

static void restore_untouched(struct pcireset_plan *plan, u32 type)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, plan, type) {
		unblock(fn);
		if (fn->quiesced && !is_lost(fn))
			pcireset_state_restore(fn);
	}
}

/* @error: it did not answer. Whoever is lost is not written to, see recover(). */
static void take_outcome(struct pcireset_fn *fn, int error)
{
	if (error) {
		fn->outcome = PCIRESET_STATE_DEAD;
		fn->failed |= PCIRESET_CHECK_READY;
	} else if (!pcireset_identity_holds(fn)) {
		fn->outcome = PCIRESET_STATE_OTHER;
		fn->failed |= PCIRESET_CHECK_IDENTITY;
	} else {
		fn->outcome = PCIRESET_STATE_RESTORED;
	}
}

/*
 * Identity comes first: hardware that is dead or another device is never
 * written to (PCIe r6.0, sec 6.6.1 leaves open what a wrong device would do).
 */
static void recover(struct pcireset_run *run, struct pcireset_fn *fn)
{
	int error = pcireset_wait_ready(run, fn);

	trace_pcireset_ready(fn->dev, error, fn->ready_ns);
	take_outcome(fn, error);
	if (fn->outcome == PCIRESET_STATE_RESTORED)
		pcireset_witness_read(fn, run->type->bit);

	unblock(fn);
	if (fn->outcome == PCIRESET_STATE_RESTORED)
		pcireset_state_restore(fn);
}

static void verify(struct pcireset_run *run, struct pcireset_fn *fn)
{
	if (fn->outcome == PCIRESET_STATE_RESTORED) {
		pcireset_check_config(fn, run->scratch);
		pcireset_check_link(fn);
	}
	if (fn->proof == PCIRESET_PROOF_UNKNOWN || fn->proof == PCIRESET_PROOF_REFUTED)
		fn->failed |= PCIRESET_CHECK_PROOF;
	trace_pcireset_check(fn->dev, fn->failed, fn->proof, fn->offset);
}

/* A while later: what was lost again is restored again, and has failed all the same. */
static void verify_again(struct pcireset_run *run, struct pcireset_fn *fn)
{
	if (fn->outcome != PCIRESET_STATE_RESTORED)
		return;

	take_outcome(fn, pcireset_fn_answers(fn) ? 0 : -ETIMEDOUT);
	if (fn->outcome == PCIRESET_STATE_RESTORED) {
		pcireset_check_link(fn);
		if (!pcireset_check_config(fn, run->scratch))
			pcireset_state_restore(fn);
	}
	trace_pcireset_check(fn->dev, fn->failed, fn->proof, fn->offset);
}

static void watch(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_fn *fn;

	if (!plan->request.settle_ms)
		return;
	schedule_timeout_killable(msecs_to_jiffies(plan->request.settle_ms));
	for_each_reached(fn, plan, run->type->bit)
		verify_again(run, fn);
}

static void bring_back(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;

	/* A link that stays down shows as functions that do not answer. */
	if (type & PCI_RESET_LINK)
		pcireset_wait_secondary(run, plan->bridge);

	for_each_reached(fn, plan, type)
		recover(run, fn);
}

static const struct {
	u32 check;
	u32 why;
	int error;
} verdicts[] = {
	{ PCIRESET_CHECK_READY, PCIRESET_WHY_NOT_READY, -ETIMEDOUT },
	{ PCIRESET_CHECK_IDENTITY, PCIRESET_WHY_OTHER_DEVICE, -EIO },
	{ PCIRESET_CHECK_CONFIG, PCIRESET_WHY_CONFIG, -EIO },
	{ PCIRESET_CHECK_LINK, PCIRESET_WHY_LINK, -EIO },
	{ PCIRESET_CHECK_PROOF, PCIRESET_WHY_NO_PROOF, -EIO },
};

/* What is below a member that is lost is lost with it; the reason is the member's. */
static bool is_consequence(struct pcireset_plan *plan, const struct pcireset_fn *fn)
{
	return fn->parent >= 0 && is_lost(&plan->fns[fn->parent]);
}

static struct pci_dev *first_that_failed(struct pcireset_plan *plan, u32 type, u32 check)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, plan, type)
		if (fn->failed & check && !is_consequence(plan, fn))
			return fn->dev;
	return NULL;
}

static int judge_result(struct pcireset_run *run, struct pcireset_report *report)
{
	struct pcireset_plan *plan = run->plan;
	u32 checks = plan->request.checks | PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;
	struct pci_dev *dev;
	unsigned int i;

	report->failed = 0;
	report->proof = PCIRESET_PROOF_NONE;
	report->wait_ns = 0;
	for_each_reached(fn, plan, type) {
		report->failed |= fn->failed;
		report->proof = max(report->proof, fn->proof);
		report->wait_ns = max(report->wait_ns, fn->ready_ns);
	}

	plan->why = PCIRESET_WHY_NONE;
	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		if (!(checks & verdicts[i].check))
			continue;
		dev = first_that_failed(plan, type, verdicts[i].check);
		if (!dev)
			continue;
		plan->why = verdicts[i].why;
		plan->who = pcireset_addr_of(dev);
		return verdicts[i].error;
	}
	return 0;
}

static int trigger_failed(struct pcireset_run *run, int error)
{
	run->plan->why = PCIRESET_WHY_TRIGGER;
	run->plan->who = pcireset_addr_of(run->plan->dev);
	return error;
}

static int issue(struct pcireset_run *run, struct pcireset_report *report)
{
	struct pcireset_plan *plan = run->plan;
	const struct pcireset_type *type = run->type;
	struct pcireset_fn *fn;
	int error;

	pcireset_learn_times(plan);
	pcireset_quiet_begin(plan, type->bit);
	run->settle = 0;
	error = type->trigger(run);
	run->triggered = ktime_get();
	run->deadline = ktime_add_ms(run->triggered, plan->request.timeout_ms);
	trace_pcireset_trigger(plan->dev, type->bit, error);
	if (error == -ENOMEM) {
		restore_untouched(plan, type->bit);
		pcireset_quiet_end(plan, type->bit);
		return error;
	}

	report->type = type->bit;
	report->issued |= type->bit;
	report->scope = type->scope;
	report->type_flags = type->bit == plan->types[0] ? plan->type_flags : 0;

	bring_back(run);
	pcireset_quiet_end(plan, type->bit);
	for_each_reached(fn, plan, type->bit)
		verify(run, fn);
	watch(run);

	if (error)
		return trigger_failed(run, -EIO);
	return judge_result(run, report);
}

static int run_type(struct pcireset_run *run, struct pcireset_report *report)
{
	struct pcireset_plan *plan = run->plan;
	u32 type = run->type->bit;
	int error;

	prepare_drivers(plan, type);
	error = save_all(plan, type);
	if (error)
		return error;

	quiesce_all(plan, type);
	error = block_all(plan, type);
	if (error) {
		restore_untouched(plan, type);
		return error;
	}
	return issue(run, report);
}

/* Under the locks still: the saved state of a driver is that driver's. */
static void release_all(struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		pcireset_state_free(&plan->fns[i]);
}

static bool has_touched(int error)
{
	return error == -ETIMEDOUT || error == -EIO;
}

static int run_types(struct pcireset_plan *plan, struct pcireset_report *report)
{
	struct pcireset_run run = { .plan = plan };
	int error = -ENOMEM;
	unsigned int i;

	run.scratch = kvzalloc(PCI_CFG_SPACE_EXP_SIZE, GFP_KERNEL);
	if (!run.scratch)
		return -ENOMEM;

	for (i = 0; i < plan->nr_types; i++) {
		run.type = pcireset_type_find(plan->types[i]);
		error = run_type(&run, report);
		if (!has_touched(error))
			break;
	}
	release_all(plan);
	finish_drivers(plan);
	kvfree(run.scratch);

	/* A wider type that could not be tried does not undo that a narrower one was. */
	if (error && !has_touched(error) && report->issued)
		error = -EIO;
	return error;
}

static const char *result_word(int error, const struct pcireset_report *report)
{
	if (error)
		return "failed";
	return report->proof == PCIRESET_PROOF_SHOWN ? "verified" : "unverified";
}

static void announce(struct pcireset_plan *plan, int error, const struct pcireset_report *report)
{
	const struct pcireset_type *type;
	char result_env[40];
	char type_env[40];
	char *env[3];

	if (!report->issued)
		return;

	type = pcireset_type_find(report->type);
	snprintf(type_env, sizeof(type_env), "PCIRESET_TYPE=%s", type->name);
	snprintf(result_env, sizeof(result_env), "PCIRESET_RESULT=%s", result_word(error, report));
	env[0] = type_env;
	env[1] = result_env;
	env[2] = NULL;
	kobject_uevent_env(&plan->dev->dev.kobj, KOBJ_CHANGE, env);

	if (error)
		pci_warn(plan->dev, "%s reset failed: %04x:%02x:%02x.%d %s\n", type->name,
			 plan->who.domain, plan->who.bus, PCI_SLOT(plan->who.devfn),
			 PCI_FUNC(plan->who.devfn), pcireset_why_text[plan->why]);
}

/*
 * Returns -ERESTART if the topology moved since the plan was made.
 */
static int execute(struct pcireset_plan *plan, const struct pcireset_plan *wanted,
		   struct pcireset_report *report)
{
	int error;

	error = pcireset_lock(plan);
	if (error)
		return error;

	if (atomic64_read(plan->counter) != plan->topology) {
		error = -ERESTART;
		goto out;
	}
	pcireset_plan_judge(plan);
	if (wanted && !pcireset_plan_same(plan, wanted)) {
		error = -ESTALE;
		goto out;
	}
	error = plan->error;
	if (error)
		goto out;

	trace_pcireset_begin(plan->dev, plan->types[0], plan->nr_fns);
	error = run_types(plan, report);
	/* Under the locks still: the event names the driver, which else may leave. */
	announce(plan, error, report);
out:
	pcireset_unlock(plan);
	return error;
}

static int execute_once(struct pcireset_plan *plan, const struct pcireset_plan *wanted,
			struct pcireset_report *report)
{
	if (plan->error)
		return wanted && !pcireset_plan_same(plan, wanted) ? -ESTALE : plan->error;
	return execute(plan, wanted, report);
}

static void tell(struct pcireset_plan *plan, int error, struct pcireset_report *report)
{
	if (error == -ESTALE) {
		plan->why = PCIRESET_WHY_CHANGED;
		plan->who = pcireset_addr_of(plan->dev);
	}
	plan->error = error;
	pcireset_plan_report(plan, report);
}

/**
 * pcireset_run_like - plan and run
 * @dev: the function
 * @request: what the caller allows
 * @held: the caller holds @dev's device lock
 * @wanted: the plan that the result must equal, or NULL
 * @report: filled in, not NULL
 *
 * Plans anew as long as functions come and go between plan and lock, a bounded
 * number of times.
 *
 * Context: Process context, may sleep. No device lock is held but perhaps
 * @dev's.
 * Return: as described at the head of pcireset_api.h.
 */
int pcireset_run_like(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		      const struct pcireset_plan *wanted, struct pcireset_report *report)
{
	ktime_t start = ktime_get();
	struct pcireset_plan *plan;
	unsigned int left = MAX_PLANS;
	int error;

	for (;;) {
		error = pcireset_plan_make(dev, request, held, &plan);
		if (error)
			return error;
		error = execute_once(plan, wanted, report);
		if (error != -ERESTART || !--left)
			break;
		pcireset_plan_put(plan);
	}

	if (error == -ERESTART) {
		error = wanted ? -ESTALE : -EBUSY;
		plan->why = PCIRESET_WHY_CHANGED;
		plan->who = pcireset_addr_of(dev);
	}
	report->total_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	tell(plan, error, report);
	trace_pcireset_end(dev, report->issued, error, report->total_ns);
	pcireset_plan_put(plan);
	return error;
}
