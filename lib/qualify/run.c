/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run a qualification: exactly the plans that were agreed to, one round after the other. */
#include <errno.h>
#include <string.h>
#include "qualify.h"

/* The module gives a late function up after 60 s. */
#define MAX_WAITS 65
#define WAIT_NS   1000000000

/* A round is void if the topology changes between its plan and its reset. */
#define MAX_STALE 5

/* ---- the plans */

static int find_device(struct pcireset_qualify *qualify, struct pcireset_dev *dev,
		       uint32_t *ret_device)
{
	struct qualify_device *v;

	for (*ret_device = 0; *ret_device < qualify->nr_devices; ++*ret_device)
		if (qualify->devices[*ret_device].dev == dev)
			return 0;
	v = reallocarray(qualify->devices, qualify->nr_devices + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	qualify->devices = v;
	v[qualify->nr_devices] = (struct qualify_device){ .addr = dev->addr };
	strcpy(v[qualify->nr_devices].name, dev->name);
	v[qualify->nr_devices].driver = strdup(dev_driver(dev) ? dev_driver(dev) : "");
	if (!v[qualify->nr_devices].driver)
		return -ENOMEM;
	v[qualify->nr_devices++].dev = pcireset_dev_ref(dev);
	return 0;
}

static int copy_members(struct qualify_plan *to, const struct pcireset_plan *plan)
{
	const struct pcireset_member *member;

	to->members = calloc(pcireset_plan_get_nr_members(plan) + 1, sizeof(*to->members));
	for (to->nr = 0; to->members && (member = pcireset_plan_get_member(plan, to->nr)); to->nr++)
		to->members[to->nr] = member->addr;
	return to->members ? 0 : -ENOMEM;
}

static int add_plan(struct pcireset_qualify *qualify, struct pcireset_plan *plan, uint32_t device)
{
	struct qualify_plan *v = reallocarray(qualify->plans, qualify->nr_plans + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	qualify->plans = v;
	v += qualify->nr_plans;
	*v = (struct qualify_plan){ .device = device,
				    .type = pcireset_plan_get_type(plan),
				    .checks = plan->checks,
				    .force = plan->force,
				    .max_scope = plan->max_scope,
				    .timeout_ms = plan->timeout_ms,
				    .settle_ms = plan->settle_ms,
				    .flags = plan->flags };
	if (copy_members(v, plan))
		return -ENOMEM;
	v->plan = pcireset_plan_ref(plan);
	qualify->nr_plans++;
	return 0;
}

/* A plan that allows several types would not always run the same one. */
int pcireset_qualify_add(struct pcireset_qualify *qualify, struct pcireset_plan *plan)
{
	struct pcireset_ctx *ctx = qualify->ctx;
	uint32_t device, type = pcireset_plan_get_type(plan);
	int r = plan->dev->ctx == ctx ? plan_check_runnable(plan) :
					ctx_error(ctx, -EINVAL, "the plan is another context's");

	if (r)
		return r;
	if (qualify->is_open || qualify->sure_of)
		return ctx_error(ctx, -EBUSY, "the run has begun");
	if (plan->types != type || plan->shared || plan->flags || plan->link_speed)
		return ctx_error(ctx, -EINVAL,
				 "%s: a plan of a run allows one type, without flags or a speed",
				 plan->dev->name);
	r = find_device(qualify, plan->dev, &device);
	if (!r && qualify_plan_of(qualify, device, type))
		return ctx_error(ctx, -EINVAL, "%s: two plans for one type", plan->dev->name);
	if (!r)
		r = add_plan(qualify, plan, device);
	return r ? ctx_error(ctx, r, "out of memory") : 0;
}

/* ---- begin and resume */

static void set_types(struct pcireset_qualify *qualify)
{
	uint32_t types = 0, type;

	for (size_t i = 0; i < qualify->nr_plans; i++)
		types |= qualify->plans[i].type;
	qualify->nr_types = 0;
	for (size_t i = 0; (type = pcireset_type_at(i)); i++)
		if (types & type)
			qualify->types[qualify->nr_types++] = type;
}

static int learn_identity(struct pcireset_qualify *qualify, struct qualify_device *device)
{
	struct config config;
	int r = config_read(device->dev, &config);

	if (!r && config_is_dead(&config))
		r = -ENODEV;
	if (!r)
		r = dev_subsystem(device->dev, &device->subsystem[0], &device->subsystem[1]);
	if (r)
		return ctx_error(qualify->ctx, r, "%s: its identity cannot be read: %s",
				 device->name, strerror(-r));
	device->vendor = pcireset_dev_get_vendor(device->dev);
	device->device = pcireset_dev_get_device(device->dev);
	device->class = pcireset_dev_get_class(device->dev);
	device->revision = config.b[PCI_REVISION_ID];
	observe_link(device->dev, &device->speed, &device->width);
	return 0;
}

static int check_complete(struct pcireset_qualify *qualify)
{
	set_types(qualify);
	if (qualify->is_open || qualify->sure_of)
		return ctx_error(qualify->ctx, -EBUSY, "the run has begun");
	if (!qualify->nr_plans)
		return ctx_error(qualify->ctx, -EINVAL, "the run has no plan");
	if (qualify->nr_plans != qualify->nr_devices * qualify->nr_types)
		return ctx_error(qualify->ctx, -EINVAL, "each device needs a plan for each type");
	if ((uint64_t)qualify->count * qualify->nr_types > MAX_QUALIFY_COUNT)
		return ctx_error(qualify->ctx, -EINVAL, "more than %u resets", MAX_QUALIFY_COUNT);
	return 0;
}

static int create_journal(struct pcireset_qualify *qualify, const char *path)
{
	int r = journal_create(qualify, path);

	if (!r)
		r = lines_write_head(qualify);
	if (!r)
		r = lines_write_start(qualify);
	if (!r)
		r = journal_sync(qualify);
	if (!r)
		r = journal_publish(qualify, path);
	if (r)
		journal_end(qualify);
	return r;
}

int pcireset_qualify_create(struct pcireset_qualify *qualify, const char *path)
{
	int r = check_complete(qualify);

	for (size_t i = 0; i < qualify->nr_devices && !r; i++)
		r = learn_identity(qualify, &qualify->devices[i]);
	if (!r)
		r = facts_learn(qualify);
	if (!r)
		r = boot_id(qualify->ctx, qualify->boot, sizeof(qualify->boot));
	if (!r)
		r = observer_new(qualify);
	if (!r && path)
		r = create_journal(qualify, path);
	qualify->is_open = !r;
	return r;
}

/* The device must be the one that the run began with. */
static int find_again(struct pcireset_qualify *qualify, struct qualify_device *device)
{
	struct qualify_device now = { .addr = device->addr };
	struct pcireset_dev *dev = pcireset_ctx_get_dev(qualify->ctx, &device->addr);
	int r;

	if (!dev)
		return ctx_error(qualify->ctx, -ENODEV, "%s: no such device", device->name);
	now.dev = dev;
	strcpy(now.name, device->name);
	r = learn_identity(qualify, &now);
	if (r)
		return r;
	if (now.vendor != device->vendor || now.device != device->device ||
	    now.class != device->class || now.revision != device->revision ||
	    now.subsystem[0] != device->subsystem[0] || now.subsystem[1] != device->subsystem[1])
		return ctx_error(qualify->ctx, -ESTALE, "%s: it is a different device now",
				 device->name);
	device->dev = pcireset_dev_ref(dev);
	return 0;
}

static int make_plan(struct pcireset_qualify *qualify, struct qualify_plan *plan)
{
	int r = pcireset_plan_new(qualify->devices[plan->device].dev, &plan->plan);

	if (!r)
		r = pcireset_plan_set_types(plan->plan, plan->type);
	if (!r)
		r = pcireset_plan_set_checks(plan->plan, plan->checks);
	if (!r)
		r = pcireset_plan_set_force(plan->plan, plan->force);
	if (!r)
		r = pcireset_plan_set_max_scope(plan->plan, plan->max_scope);
	if (!r)
		r = pcireset_plan_set_timeout_ms(plan->plan, plan->timeout_ms);
	if (!r)
		r = pcireset_plan_set_settle_ms(plan->plan, plan->settle_ms);
	return r;
}

static bool is_as_agreed(const struct qualify_plan *plan)
{
	const struct pcireset_member *member;

	if (pcireset_plan_get_type(plan->plan) != plan->type ||
	    pcireset_plan_get_nr_members(plan->plan) != plan->nr)
		return false;
	for (size_t i = 0; i < plan->nr; i++) {
		member = pcireset_plan_get_member(plan->plan, i);
		if (!member || !addr_is(&member->addr, &plan->members[i]))
			return false;
	}
	return true;
}

/* The reset must affect exactly the functions that were shown when the run began. */
static int resolve_plan(struct pcireset_qualify *qualify, struct qualify_plan *plan)
{
	int r = pcireset_plan_resolve(plan->plan);

	if (r || is_as_agreed(plan))
		return r;
	return ctx_error(qualify->ctx, -ESTALE,
			 "%s: %s affects other functions than when the run began",
			 qualify->devices[plan->device].name, pcireset_type_to_str(plan->type, 0));
}

static int find_all_again(struct pcireset_qualify *qualify)
{
	int r = 0;

	for (size_t i = 0; i < qualify->nr_devices && !r; i++)
		r = find_again(qualify, &qualify->devices[i]);
	for (size_t i = 0; i < qualify->nr_plans && !r; i++) {
		r = make_plan(qualify, &qualify->plans[i]);
		if (!r)
			r = resolve_plan(qualify, &qualify->plans[i]);
	}
	return r;
}

int pcireset_qualify_resume(struct pcireset_qualify *qualify, const char *path)
{
	char boot[sizeof(qualify->boot)];
	int r = qualify->is_open || !qualify->sure_of ?
			ctx_error(qualify->ctx, -EBUSY, "only a loaded run can be resumed") :
			0;

	if (!r)
		r = boot_id(qualify->ctx, boot, sizeof(boot));
	if (!r)
		r = find_all_again(qualify);
	if (!r)
		r = facts_check(qualify);
	if (!r)
		r = observer_new(qualify);
	if (!r)
		r = journal_continue(qualify, path);
	if (r)
		return r;
	if (qualify->was_cut_off && strcmp(boot, qualify->boot) != 0)
		for (size_t i = qualify->nr_samples - qualify->nr_devices; i < qualify->nr_samples;
		     i++)
			qualify->samples[i].marks |= PCIRESET_MARK_MACHINE;
	r = qualify_started(qualify, boot);
	if (r)
		return r;
	free(qualify->stop);
	qualify->stop = NULL;
	r = lines_write_start(qualify);
	if (!r)
		r = journal_sync(qualify);
	qualify->is_open = !r;
	return r;
}

/* ---- one round */

static uint32_t marks_of_checks(const struct pcireset_report *report)
{
	uint32_t failed = pcireset_report_get_failed_checks(report), marks = 0;

	if (failed & PCIRESET_CHECK_READY)
		marks |= PCIRESET_MARK_NOT_READY;
	if (failed & PCIRESET_CHECK_IDENTITY)
		marks |= PCIRESET_MARK_IDENTITY;
	if (failed & PCIRESET_CHECK_CONFIG)
		marks |= PCIRESET_MARK_CONFIG;
	if (pcireset_report_get_proof(report) == PCIRESET_PROOF_REFUTED)
		marks |= PCIRESET_MARK_NO_EFFECT;
	return marks;
}

static const struct pcireset_member *target_of(const struct pcireset_report *report)
{
	const struct pcireset_member *member;

	for (size_t i = 0; (member = pcireset_report_get_member(report, i)); i++)
		if (member->flags & PCIRESET_MEMBER_TARGET)
			return member;
	return NULL;
}

static void take_report(struct pcireset_sample *sample, const struct pcireset_report *report)
{
	const struct pcireset_member *target = target_of(report);

	sample->result = pcireset_report_get_result(report);
	sample->error = pcireset_report_get_error(report);
	sample->failed_checks = pcireset_report_get_failed_checks(report);
	sample->ready_ns = target && target->ready_ns ? target->ready_ns :
							pcireset_report_get_wait_ns(report);
	sample->total_ns = pcireset_report_get_total_ns(report);
	if (sample->result == PCIRESET_RESULT_REFUSED)
		return;
	sample->marks = marks_of_checks(report);
	if (target && target->failed & PCIRESET_CHECK_CONFIG)
		sample->offset = target->offset;
}

static int add_sample(struct pcireset_qualify *qualify, uint32_t device,
		      const struct pcireset_report *report)
{
	struct pcireset_sample sample = { .round = qualify->round,
					  .device = device,
					  .type = qualify->begun,
					  .previous = qualify->previous };
	int r;

	take_report(&sample, report);
	if (sample.result != PCIRESET_RESULT_REFUSED) {
		observe_sample(qualify, &sample);
		if (sample.result == PCIRESET_RESULT_FAILED &&
		    !(sample.marks & ~(uint32_t)HARMLESS_MARKS))
			sample.marks |= PCIRESET_MARK_FAILED;
	}
	r = lines_write_sample(qualify, &sample);
	return r ? r : qualify_add_sample(qualify, &sample);
}

static struct pcireset_batch *make_batch(struct pcireset_qualify *qualify, uint32_t type)
{
	struct pcireset_batch *batch;
	int r = pcireset_batch_new(qualify->ctx, &batch);

	if (r)
		return NULL;
	for (uint32_t d = 0; d < qualify->nr_devices && !r; d++)
		r = pcireset_batch_add(batch, qualify_plan_of(qualify, d, type)->plan);
	return r ? pcireset_batch_unref(batch) : batch;
}

static bool is_any_touched(const struct pcireset_batch *batch)
{
	struct pcireset_report *report;

	for (size_t i = 0; (report = pcireset_batch_get_report(batch, i)); i++)
		if (pcireset_report_get_result(report) != PCIRESET_RESULT_REFUSED)
			return true;
	return false;
}

/* Nothing was touched: the round is repeated. */
static int void_round(struct pcireset_qualify *qualify, struct pcireset_batch *batch, int error)
{
	struct pcireset_report *report = batch ? pcireset_batch_get_report(batch, 0) : NULL;
	int r = journal_line(qualify, "void");

	if (!r)
		r = journal_sync(qualify);
	if (r)
		return r;
	qualify->begun = 0;
	if (report)
		return ctx_error(qualify->ctx, pcireset_report_get_error(report), "%s: %s",
				 qualify->devices[0].name, pcireset_report_get_message(report));
	return error;
}

static int end_round(struct pcireset_qualify *qualify, struct pcireset_batch *batch)
{
	int r = observe_after(qualify);

	if (r)
		r = ctx_error(qualify->ctx, r, "the state of the functions cannot be read: %s",
			      strerror(-r));
	for (uint32_t d = 0; d < qualify->nr_devices && !r; d++)
		r = add_sample(qualify, d, pcireset_batch_get_report(batch, d));
	if (!r)
		r = journal_line(qualify, "done %x", qualify->round);
	if (!r)
		r = journal_sync(qualify);
	if (!r)
		qualify_ended(qualify);
	return r;
}

static int run_round(struct pcireset_qualify *qualify, uint32_t type)
{
	struct pcireset_batch *batch = make_batch(qualify, type);
	int r = batch ? observe_before(qualify, type) : -ENOMEM;

	if (!r)
		r = lines_write_begin(qualify, type);
	if (!r)
		r = journal_sync(qualify);
	if (!r) {
		qualify->begun = type;
		r = pcireset_batch_run(batch);
		if (r || !is_any_touched(batch))
			r = void_round(qualify, r ? NULL : batch, r);
		else
			r = end_round(qualify, batch);
	}
	pcireset_batch_unref(batch);
	return r;
}

/* Did the last reset leave a function behind that may still come back? */
static bool may_come_back(const struct pcireset_qualify *qualify)
{
	for (size_t i = qualify->nr_samples; i-- > 0;) {
		if (qualify->samples[i].round + 1 != qualify->round)
			break;
		if (qualify->samples[i].marks & PCIRESET_MARK_NOT_READY)
			return true;
	}
	return false;
}

static int resolve_all(struct pcireset_qualify *qualify, uint32_t type)
{
	int r = 0;

	for (uint32_t d = 0; d < qualify->nr_devices && !r; d++)
		r = resolve_plan(qualify, qualify_plan_of(qualify, d, type));
	return r;
}

static int wait_or_stop(struct pcireset_qualify *qualify, int error)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_free_ char *word = NULL;
	int r;

	if (may_come_back(qualify) && qualify->nr_waits++ < MAX_WAITS) {
		pause_ns(WAIT_NS);
		return 1;
	}
	why = strdup(pcireset_ctx_get_errmsg(qualify->ctx));
	word = why ? journal_word(why) : NULL;
	if (!word)
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	r = journal_line(qualify, "stop why %s", word);
	if (!r)
		r = journal_sync(qualify);
	if (!r)
		r = qualify_stopped(qualify, why);
	return r ? r : ctx_error(qualify->ctx, error, "%s", why);
}

/* A signal waits until the outcome of the round is stored. */
int pcireset_qualify_step(struct pcireset_qualify *qualify)
{
	sigset_t old;
	uint32_t type;
	int r;

	if (!qualify->is_open)
		return ctx_error(qualify->ctx, -EINVAL, "the run is not open");
	if (qualify->round >= pcireset_qualify_get_nr_rounds(qualify))
		return 0;
	type = order_type(qualify, qualify->round);
	r = resolve_all(qualify, type);
	if (r)
		return wait_or_stop(qualify, r);
	qualify->nr_waits = 0;
	signals_hold(&old);
	r = run_round(qualify, type);
	signals_let_go(&old);
	/* The outcome is not stored. Memory and journal must agree: the round is repeated. */
	if (r < 0 && qualify->begun)
		return qualify_interrupted(qualify, 0) ? -ENOMEM : r;
	if (r == -ESTALE && qualify->nr_stale++ < MAX_STALE)
		return 1;
	if (r)
		return wait_or_stop(qualify, r);
	qualify->nr_stale = 0;
	return qualify->round < pcireset_qualify_get_nr_rounds(qualify);
}

int pcireset_qualify_begin_exercise(struct pcireset_qualify *qualify)
{
	int r;

	if (!qualify->is_open || !qualify->round)
		return ctx_error(qualify->ctx, -EINVAL, "no round is over");
	r = journal_line(qualify, "use");
	if (!r)
		r = journal_sync(qualify);
	if (!r)
		qualify->exercise = EXERCISE_BEGUN;
	return r;
}

bool pcireset_qualify_is_exercised(const struct pcireset_qualify *qualify)
{
	return !qualify->round || qualify->exercise == EXERCISE_ENDED;
}

/* A device that has errors while it is used was not reset well. */
static int read_errors(struct pcireset_qualify *qualify, uint32_t *marks)
{
	int r = 0;

	for (uint32_t d = 0; d < qualify->nr_devices && !r; d++) {
		r = observe_exercise(qualify, d, &marks[d]);
		if (r)
			ctx_error(qualify->ctx, r, "%s: its AER counters cannot be read: %s",
				  qualify->devices[d].name, strerror(-r));
	}
	return r;
}

/* Only marks that are stored count. */
static int store_exercise(struct pcireset_qualify *qualify, const uint32_t *marks, int status)
{
	int r = 0;

	for (uint32_t d = 0; d < qualify->nr_devices && !r; d++)
		if (marks[d])
			r = journal_line(qualify, "mark-of %x %x", d, marks[d]);
	if (!r && status > 0)
		r = journal_line(qualify, "mark %x", PCIRESET_MARK_EXERCISE);
	if (!r)
		r = journal_line(qualify, status < 0 ? "unused" : "used");
	if (!r)
		r = journal_sync(qualify);
	for (uint32_t d = 0; d < qualify->nr_devices && !r; d++)
		qualify_mark(qualify, d, marks[d] | (status > 0 ? PCIRESET_MARK_EXERCISE : 0));
	return r;
}

/* The exercise belongs to the round before it. */
int pcireset_qualify_note_exercise(struct pcireset_qualify *qualify, int status)
{
	uint32_t *marks = calloc(qualify->nr_devices + 1, sizeof(*marks));
	int r = marks ? 0 : ctx_error(qualify->ctx, -ENOMEM, "out of memory");

	if (!r && qualify->round)
		r = read_errors(qualify, marks);
	observe_again(qualify);
	if (!r && qualify->round)
		r = store_exercise(qualify, marks, status);
	if (!r)
		qualify->exercise = status < 0 ? EXERCISE_NONE : EXERCISE_ENDED;
	free(marks);
	return r;
}
