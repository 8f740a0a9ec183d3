// SPDX-License-Identifier: GPL-2.0-only
/* The transaction: a plan carried out under its locks, undone where it fails, and told. */
#include <linux/kobject.h>
#include <linux/slab.h>

#include "pcireset.h"

#define CREATE_TRACE_POINTS
#include "run/trace.h"

/* The topology moved between plan and lock: how often to plan anew. */
#define MAX_PLANS 16

/*
 * PCIe r6.0, sec 6.6.1: a function may take 1.0 s before it answers. So long others
 * wait for its locks, and not as long as a caller likes to.
 */
#define LOCKED_MS 1000

/* Numbers of resets, for the tracepoints. */
static atomic64_t last_id;

/**
 * pcireset_origin_here - the calling process as the one who asks for a reset
 * @origin: filled in
 */
void pcireset_origin_here(struct pcireset_origin *origin)
{
	origin->id = atomic64_inc_return(&last_id);
	origin->pid = task_tgid_nr(current);
	get_task_comm(origin->comm, current->group_leader);
}

/**
 * pcireset_origin_next - one more reset that a process asks for
 * @caller: the process
 *
 * Return: the same with an id of its own.
 */
struct pcireset_origin pcireset_origin_next(const struct pcireset_origin *caller)
{
	struct pcireset_origin origin = *caller;

	origin.id = atomic64_inc_return(&last_id);
	return origin;
}

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
		fn->prepared = handler;
	}
}

/* What is late is not over for its driver. */
static void finish_drivers(struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (!plan->fns[i].unfinished)
			pcireset_driver_done(&plan->fns[i]);
}

static int save_all(struct pcireset_plan *plan, u32 type)
{
	struct pcireset_fn *fn;
	int error;

	for_each_reached(fn, plan, type) {
		error = pcireset_state_save(plan, fn);
		if (error == -ENODEV) {
			plan->why = PCIRESET_WHY_GONE;
			plan->who = pcireset_addr_of(fn->dev);
		}
		if (error)
			return error;
		if (!pcireset_bars_agree(fn)) {
			plan->why = PCIRESET_WHY_BARS;
			plan->who = pcireset_addr_of(fn->dev);
			return -EBUSY;
		}
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
		fn->flags &= ~PCIRESET_MEMBER_LATE;
		/* Lost to an earlier type: nothing is written to it. */
		if (pcireset_is_lost(fn))
			continue;
		pcireset_state_quiesce(fn);
		pcireset_witness_set(fn, type);
	}
}

static int block_all(struct pcireset_plan *plan, u32 type)
{
	struct pcireset_fn *fn;
	int error;

	for_each_reached(fn, plan, type) {
		error = pcireset_iommu_block(fn);
		if (error)
			return error;
	}
	return 0;
}

static void restore_untouched(struct pcireset_plan *plan, u32 type)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, plan, type) {
		pcireset_iommu_unblock(fn);
		if (fn->quiesced && !pcireset_is_lost(fn))
			pcireset_state_restore(fn);
	}
}

/* @error: it did not answer. Whoever is lost is not written to, see recover(). */
static void take_outcome(struct pcireset_fn *fn, int error)
{
	bool same = !error && pcireset_identity_holds(fn);

	/* All-ones are no other device. */
	if (!same && !pcireset_fn_answers(fn))
		error = -ETIMEDOUT;
	if (error) {
		fn->outcome = PCIRESET_STATE_DEAD;
		fn->failed |= PCIRESET_CHECK_READY;
		fn->contained = pcireset_contained(pci_upstream_bridge(fn->dev));
	} else if (!same) {
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

	trace_pcireset_ready(run, fn, error);
	if (!error)
		pcireset_quirk_woken(fn);
	take_outcome(fn, error);
	if (fn->outcome == PCIRESET_STATE_RESTORED)
		pcireset_witness_read(fn, run->type->bit);

	/* No IOMMU waits for an answer of what does not answer. */
	if (!pcireset_is_late(fn))
		pcireset_iommu_unblock(fn);
	if (fn->outcome == PCIRESET_STATE_RESTORED)
		pcireset_state_restore(fn);
}

/* What has stopped to answer has no other configuration: it has none. */
static bool config_holds(struct pcireset_run *run, struct pcireset_fn *fn)
{
	u32 failed = fn->failed;

	if (!pcireset_compares_config(run->plan) || pcireset_check_config(fn))
		return true;
	if (!pcireset_fn_answers(fn)) {
		fn->failed = failed;
		fn->offset = 0;
		take_outcome(fn, -ETIMEDOUT);
	}
	return false;
}

/* All of config space comes last: nothing that was looked at before may have left since. */
static void verify(struct pcireset_run *run, struct pcireset_fn *fn)
{
	if (fn->outcome == PCIRESET_STATE_RESTORED) {
		pcireset_check_link(fn, run->deadline);
		/* While its events are expected, a port's masks are not as before. */
		if (!fn->quiet)
			config_holds(run, fn);
	}
	if (fn->proof == PCIRESET_PROOF_UNKNOWN || fn->proof == PCIRESET_PROOF_REFUTED)
		fn->failed |= PCIRESET_CHECK_PROOF;
	if (pcireset_is_late(fn))
		fn->flags |= PCIRESET_MEMBER_LATE;
	trace_pcireset_check(run, fn);
}

/* A while later: what was lost again is restored again, and has failed all the same. */
static void verify_again(struct pcireset_run *run, struct pcireset_fn *fn)
{
	if (fn->outcome != PCIRESET_STATE_RESTORED)
		return;

	take_outcome(fn, pcireset_fn_answers(fn) ? 0 : -ETIMEDOUT);
	if (fn->outcome == PCIRESET_STATE_RESTORED) {
		pcireset_check_link(fn, run->deadline);
		if (!config_holds(run, fn) && fn->outcome == PCIRESET_STATE_RESTORED)
			pcireset_state_restore(fn);
	}
	if (pcireset_is_late(fn))
		fn->flags |= PCIRESET_MEMBER_LATE;
	trace_pcireset_check(run, fn);
}

/* In pieces: whoever kills the caller of a batch does not wake up its threads. */
static void sleep_unless_killed(const struct pcireset_run *run, unsigned int ms)
{
	ktime_t until = ktime_add_ms(ktime_get(), ms);

	while (ktime_before(ktime_get(), until) && !pcireset_is_killed(run))
		schedule_timeout_killable(msecs_to_jiffies(min(ms, 100U)));
}

static int unpark_all(struct pcireset_plan *plan)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < plan->nr_fns && !error; i++)
		if (plan->fns[i].state)
			error = pcireset_state_unpark(&plan->fns[i]);
	return error;
}

/* Somebody else has had it in between: what it is now says nothing about the reset. */
static bool is_anothers(const struct pcireset_fn *fn)
{
	return fn->outcome == PCIRESET_STATE_RESTORED &&
	       (fn->gone || fn->dev->driver != fn->driver || pcireset_has_new_user(fn));
}

static struct pcireset_fn *first_that_is_anothers(struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (is_anothers(&plan->fns[i]))
			return &plan->fns[i];
	return NULL;
}

static int blame(struct pcireset_plan *plan, const struct pcireset_fn *fn, u32 why)
{
	plan->why = why;
	plan->who = pcireset_addr_of(fn->dev);
	return -EIO;
}

/* Back from a wait without locks. Returns -EIO and the reason if the reset cannot be judged. */
static int resume_run(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_fn *fn;

	if (pcireset_attend_end(run))
		return -EIO;
	fn = first_that_is_anothers(plan);
	if (fn)
		return blame(plan, fn, PCIRESET_WHY_CHANGED);
	if (unpark_all(plan))
		return blame(plan, &plan->fns[0], PCIRESET_WHY_CONFIG);
	return 0;
}

/* Nobody waits for a lock meanwhile: how long that is was the caller's choice. */
static int watch(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	struct pcireset_fn *fn;
	int error;

	pcireset_attend_begin(run);
	sleep_unless_killed(run, plan->request.settle_ms);
	error = resume_run(run);
	if (error)
		return error;
	for_each_reached(fn, plan, run->type->bit)
		verify_again(run, fn);
	return 0;
}

static void bring_back(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;

	/* A link that stays down shows as functions that do not answer. */
	if (type & PCI_RESET_LINK && !pcireset_wait_secondary(run, plan->bridge))
		run->settle = ktime_get();

	for_each_reached(fn, plan, type)
		recover(run, fn);
}

/* Those whose state will be kept until they are back. */
static bool has_late(struct pcireset_run *run)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, run->plan, run->type->bit)
		if (pcireset_is_late(fn))
			return true;
	return false;
}

/* Somebody directly below a port is late because the link is not up yet. */
static bool waits_for_link(const struct pcireset_plan *plan, const struct pcireset_fn *port)
{
	int nr = port - plan->fns;
	unsigned int i;

	if (!port->quiet || pcireset_link_is_up(port->dev))
		return false;
	for (i = 0; i < plan->nr_fns; i++)
		if (plan->fns[i].parent == nr && pcireset_is_late(&plan->fns[i]))
			return true;
	return false;
}

/*
 * A link that is down still, or what is below a port that is late, is expected to come
 * up: not only an event, its absence would be a surprise. All other ports hear again.
 */
static void keep_quiet(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	bool late = has_late(run);
	unsigned int i;

	plan->bridge_fn.stays_quiet = late && plan->bridge && !pcireset_link_is_up(plan->bridge);
	for (i = 0; i < plan->nr_fns; i++)
		plan->fns[i].stays_quiet = pcireset_is_late(&plan->fns[i]) ||
					   waits_for_link(plan, &plan->fns[i]);
}

static void end_quiet(struct pcireset_run *run)
{
	if (run->quiet)
		pcireset_quiet_end(run->plan);
}

/* Nothing is waited for by the worker, or not any more by this run. */
static void end_all_quiet(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	unsigned int i;

	plan->bridge_fn.stays_quiet = false;
	for (i = 0; i < plan->nr_fns; i++)
		plan->fns[i].stays_quiet = false;
	end_quiet(run);
	run->quiet = false;
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
	return fn->parent >= 0 && pcireset_is_lost(&plan->fns[fn->parent]);
}

static struct pcireset_fn *first_that_failed(struct pcireset_plan *plan, u32 type, u32 check)
{
	struct pcireset_fn *fn;

	for_each_reached(fn, plan, type)
		if (fn->failed & check && !is_consequence(plan, fn))
			return fn;
	return NULL;
}

static int judge_result(struct pcireset_run *run)
{
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;
	u32 checks = plan->request.checks | PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;
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
		fn = first_that_failed(plan, type, verdicts[i].check);
		if (!fn)
			continue;
		plan->why = verdicts[i].why;
		if (plan->why == PCIRESET_WHY_NOT_READY && fn->contained)
			plan->why = PCIRESET_WHY_CONTAINED;
		plan->who = pcireset_addr_of(fn->dev);
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

/* Returns an error if nothing was issued. */
static int issue(struct pcireset_run *run)
{
	const struct pcireset_type *type = run->type;
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;

	pcireset_learn_times(plan);
	/* Those of a type before, if that left somebody late. */
	end_all_quiet(run);
	pcireset_quiet_begin(plan, type->bit);
	run->quiet = true;
	run->settle = 0;
	run->error = type->trigger(run);
	run->triggered = ktime_get();
	run->patience = ktime_add_ms(run->triggered, plan->request.timeout_ms);
	run->deadline =
		ktime_add_ms(run->triggered, min_t(u32, plan->request.timeout_ms, LOCKED_MS));
	trace_pcireset_trigger(run, type->bit, run->error);
	if (run->error == -ENOMEM) {
		restore_untouched(plan, type->bit);
		end_all_quiet(run);
		return run->error;
	}

	report->type = type->bit;
	report->issued |= type->bit;
	report->scope = type->scope;
	report->type_flags = type->bit == plan->types[0] ? plan->type_flags : 0;
	return 0;
}

/* Returns an error if nothing was issued. */
static int start_type(struct pcireset_run *run)
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
	return issue(run);
}

/**
 * pcireset_bring_back - bring back what a trigger has reset
 * @run: the run, triggered
 *
 * Return: true if that is over; else pcireset_attend() goes on with it, and the locks
 * are gone.
 */
bool pcireset_bring_back(struct pcireset_run *run)
{
	bring_back(run);
	if (!has_late(run) || ktime_after(ktime_get(), run->patience))
		return true;
	keep_quiet(run);
	end_quiet(run);
	pcireset_attend_begin(run);
	run->attended = true;
	return false;
}

static void bring_all_back(struct pcireset_run *run)
{
	ktime_t again;

	if (pcireset_bring_back(run))
		return;
	while (pcireset_attend(run, &again))
		pcireset_sleep_until(again);
}

/* What a trigger has reset is back, or is not waited for. */
static int finish_type(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	u32 type = run->type->bit;
	struct pcireset_fn *fn;
	int error = 0;

	if (run->attended)
		error = resume_run(run);
	run->attended = false;
	if (!error) {
		keep_quiet(run);
		end_quiet(run);
		for_each_reached(fn, plan, type)
			verify(run, fn);
	}
	if (!error && plan->request.settle_ms && !has_late(run))
		error = watch(run);

	if (run->error)
		error = trigger_failed(run, -EIO);
	else if (!error)
		error = judge_result(run);
	pcireset_stats_issued(run, error);
	return error;
}

/* Under the locks still: the saved state of a driver is that driver's. */
static void release_all(struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (!plan->fns[i].unfinished)
			pcireset_state_free(&plan->fns[i]);
}

static bool has_touched(int error)
{
	return error == -ETIMEDOUT || error == -EIO;
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
	char *env[4];

	if (!report->issued)
		return;

	type = pcireset_type_find(report->type);
	snprintf(type_env, sizeof(type_env), "PCIRESET_TYPE=%s", type->name);
	snprintf(result_env, sizeof(result_env), "PCIRESET_RESULT=%s", result_word(error, report));
	env[0] = type_env;
	env[1] = result_env;
	env[2] = plan->late.is_used ? "PCIRESET_LATE=pending" : NULL;
	env[3] = NULL;
	kobject_uevent_env(&plan->dev->dev.kobj, KOBJ_CHANGE, env);

	if (error)
		pci_warn(plan->dev, "%s reset failed: %04x:%02x:%02x.%d %s%s\n", type->name,
			 plan->who.domain, plan->who.bus, PCI_SLOT(plan->who.devfn),
			 PCI_FUNC(plan->who.devfn), pcireset_why_text[plan->why],
			 plan->late.is_used ? "; it will be restored when it does" : "");
}

/* Returns -ERESTART if the topology moved since the plan was made. */
static int check_locked(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;

	if (atomic64_read(plan->counter) != plan->topology)
		return -ERESTART;
	pcireset_plan_judge(plan);
	if (run->wanted && !pcireset_plan_same(plan, run->wanted))
		return -ESTALE;
	return plan->error;
}

static void tell_begin(const struct pcireset_run *run)
{
	const struct pcireset_plan *plan = run->plan;
	unsigned int i;

	trace_pcireset_begin(run, plan->types[0]);
	if (!trace_pcireset_member_enabled())
		return;
	for (i = 0; i < plan->nr_fns; i++)
		trace_pcireset_member(run, plan->fns[i].dev);
}

/* Takes the locks, unless it fails. */
static int begin(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	int error;

	if (plan->error && run->wanted && !pcireset_plan_same(plan, run->wanted))
		return -ESTALE;
	if (plan->error)
		return plan->error;

	error = pcireset_lock(run);
	if (error)
		return error;
	error = check_locked(run);
	if (error) {
		pcireset_unlock(plan);
		return error;
	}
	tell_begin(run);
	return 0;
}

/* Gives back what begin() took. */
static int end(struct pcireset_run *run, int error)
{
	struct pcireset_plan *plan = run->plan;

	/* Nothing was touched unless a type was issued. */
	if (run->report->issued)
		pcireset_late_take(run);
	end_all_quiet(run);
	release_all(plan);
	if (!run->adrift)
		finish_drivers(plan);
	/* A wider type that could not be tried does not undo that a narrower one was. */
	if (error && !has_touched(error) && run->report->issued)
		error = -EIO;
	/* Under the locks still: the event names the driver, which else may leave. */
	if (!run->adrift)
		announce(plan, error, run->report);
	if (plan->late.is_used)
		pcireset_unlock_awake(plan);
	else
		pcireset_unlock(plan);
	return error;
}

/* It came back as itself and was reset: a wider reset does not bring back a lost register. */
static bool is_config_alone(const struct pcireset_run *run)
{
	u32 others = run->plan->request.checks | PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;

	others &= ~PCIRESET_CHECK_CONFIG;
	return run->plan->why == PCIRESET_WHY_CONFIG && !(run->report->failed & others);
}

static int execute(struct pcireset_run *run)
{
	struct pcireset_plan *plan = run->plan;
	unsigned int i;
	int error;

	error = begin(run);
	if (error)
		return error;
	for (i = 0; i < plan->nr_types; i++) {
		run->type = pcireset_type_find(plan->types[i]);
		error = start_type(run);
		if (!error) {
			bring_all_back(run);
			error = finish_type(run);
		}
		if (!has_touched(error) || run->adrift || is_config_alone(run))
			break;
	}
	return end(run, error);
}

static int tell(struct pcireset_run *run, int error)
{
	struct pcireset_report *report = run->report;
	struct pcireset_plan *plan = run->plan;

	if (error == -ERESTART || error == -ESTALE) {
		error = run->wanted ? -ESTALE : -EBUSY;
		plan->why = PCIRESET_WHY_CHANGED;
		plan->who = pcireset_addr_of(plan->dev);
	}
	plan->error = error;
	report->total_ns = ktime_to_ns(ktime_sub(ktime_get(), run->started));
	pcireset_plan_report(plan, report);
	if (!report->issued)
		pcireset_stats_refused();
	trace_pcireset_end(run, error);
	pcireset_late_start(plan);
	return error;
}

static int plan_anew(struct pcireset_run *run)
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
 * pcireset_run_plan - run a plan, or one like it
 * @run: its plan may become another one
 *
 * Plans anew as long as functions come and go between plan and lock, a bounded
 * number of times.
 *
 * Context: Process context, may sleep. No device lock is held but perhaps that
 * of the plan's function.
 * Return: as described at the head of pcireset_api.h.
 */
int pcireset_run_plan(struct pcireset_run *run)
{
	unsigned int left = MAX_PLANS;
	int error;

	do {
		error = execute(run);
		if (error != -ERESTART || !--left)
			break;
		error = plan_anew(run);
	} while (!error);
	return tell(run, error);
}

/**
 * pcireset_start - run a plan up to its trigger, and keep its locks
 * @run: its plan has one type
 *
 * Context: Process context, may sleep. Locks may be held: none is waited for.
 * Return: 0 if pcireset_finish() must be called; -EAGAIN if nothing was done,
 * as a lock is not free or functions came and went; else it is over, and the
 * value is that of pcireset_run_plan().
 */
int pcireset_start(struct pcireset_run *run)
{
	int error;

	run->impatient = true;
	error = begin(run);
	run->impatient = false;
	if (error == -EAGAIN || error == -ERESTART)
		return -EAGAIN;
	if (error)
		return tell(run, error);

	run->type = pcireset_type_find(run->plan->types[0]);
	error = start_type(run);
	return error ? tell(run, end(run, error)) : 0;
}

/**
 * pcireset_finish - do the rest of what pcireset_start() began
 * @run: the run, after pcireset_bring_back() and perhaps pcireset_attend()
 *
 * Return: as pcireset_run_plan().
 */
int pcireset_finish(struct pcireset_run *run)
{
	return tell(run, end(run, finish_type(run)));
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
