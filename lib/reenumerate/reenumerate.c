/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Re-enumerations: the object, and its steps in their order. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctx/ctx.h"
#include "dev/dev.h"
#include "reenumerate/reenumerate.h"

int pcireset_reenumeration_new(struct pcireset_plan *plan,
			       struct pcireset_reenumeration **ret_reenumeration)
{
	struct pcireset_reenumeration *e = calloc(1, sizeof(*e));

	if (!e)
		return ctx_error(plan->dev->ctx, -ENOMEM, "out of memory");
	e->refs = 1;
	e->plan = pcireset_plan_ref(plan);
	e->dev = pcireset_dev_ref(plan->dev);
	e->ctx = plan->dev->ctx;
	e->force = plan->force;
	for (size_t i = 0; i < NR_SIGNS; i++)
		e->signs[i] = -ENODATA;
	*ret_reenumeration = e;
	return 0;
}

struct pcireset_reenumeration *
pcireset_reenumeration_ref(struct pcireset_reenumeration *reenumeration)
{
	reenumeration->refs++;
	return reenumeration;
}

static void end_guard(struct pcireset_reenumeration *e)
{
	if (e->is_guarding)
		guard_end(e->guard);
	e->is_guarding = false;
}

struct pcireset_reenumeration *
pcireset_reenumeration_unref(struct pcireset_reenumeration *reenumeration)
{
	struct pcireset_reenumeration *e = reenumeration;

	if (!e || --e->refs)
		return NULL;
	end_guard(e);
	guard_close(e->guard);
	for (size_t i = 0; i < e->nr_below; i++)
		guard_close(e->below[i]);
	free(e->below);
	differences_clear(&e->differences);
	subtree_clear(&e->was);
	subtree_clear(&e->now);
	pcireset_report_unref(e->report);
	pcireset_plan_unref(e->plan);
	pcireset_dev_unref(e->dev);
	free(e);
	return NULL;
}

/* ---- steps */

static int check_stage(struct pcireset_reenumeration *e, enum reenumeration_stage stage)
{
	static const char *const words[] = {
		[STAGE_NEW] = "it is resolved already",
		[STAGE_RESOLVED] = "it is not resolved, or it has begun",
		[STAGE_BEGUN] = "it has not begun, or it is reset",
		[STAGE_RESET] = "it is not reset",
	};

	if (e->stage == stage)
		return 0;
	return ctx_error(e->ctx, -EINVAL, "%s: wrong step of a re-enumeration: %s", e->dev->name,
			 e->stage == STAGE_ENDED ? "it has ended" : words[stage]);
}

/* Give up. An unchanged device gets its drivers back. */
static int end_early(struct pcireset_reenumeration *e, int r)
{
	end_guard(e);
	if (e->is_touched && !e->is_changed)
		subtree_bind(e->ctx, &e->was);
	e->stage = STAGE_ENDED;
	return r;
}

int pcireset_reenumeration_set_power_cycle(struct pcireset_reenumeration *reenumeration)
{
	int r = check_stage(reenumeration, STAGE_NEW);

	if (!r)
		reenumeration->cuts_power = true;
	return r;
}

int pcireset_reenumeration_resolve(struct pcireset_reenumeration *reenumeration)
{
	int r = check_stage(reenumeration, STAGE_NEW);

	if (r < 0)
		return r;
	r = reenumeration_prepare(reenumeration);
	reenumeration->stage = r ? STAGE_ENDED : STAGE_RESOLVED;
	return r;
}

/* Unbind virtual functions first: the driver of the physical function may remove them. */
static int unbind_drivers(struct pcireset_reenumeration *e)
{
	for (size_t i = e->was.nr; i-- > 0;) {
		const struct subtree_function *f = &e->was.v[i];
		int r = *f->driver && !f->is_bridge ?
				attr_write_of(e->ctx, f->name, "driver/unbind", f->name) :
				0;

		if (r && !is_absent(r))
			return reenumeration_fail(e, r, "driver %s cannot be unbound from %s: %s",
						  f->driver, f->name, strerror(-r));
	}
	return 0;
}

int pcireset_reenumeration_begin(struct pcireset_reenumeration *reenumeration)
{
	struct pcireset_reenumeration *e = reenumeration;
	int r = check_stage(e, STAGE_RESOLVED);

	if (!r)
		r = reenumeration_check_again(e);
	if (r < 0)
		return r;
	e->is_touched = true;
	r = unbind_drivers(e);
	if (r)
		return end_early(e, r);
	guard_set_supply(e->guard, &e->supply);
	if (e->cuts_power)
		power_choose_witnesses(e);
	r = guard_begin(e->guard);
	if (r)
		return end_early(e,
				 reenumeration_fail(e, r, "the port above cannot be kept quiet: %s",
						    strerror(-r)));
	e->is_guarding = true;
	e->stage = STAGE_BEGUN;
	return 0;
}

void pcireset_reenumeration_set_changed(struct pcireset_reenumeration *reenumeration)
{
	reenumeration->is_changed = true;
}

void pcireset_reenumeration_cancel(struct pcireset_reenumeration *reenumeration)
{
	if (reenumeration->stage != STAGE_ENDED)
		end_early(reenumeration, 0);
}

/* Functions may have gone since the plan was resolved, but there must be no other ones. */
static bool is_as_resolved(const struct pcireset_reenumeration *e)
{
	if (e->plan->type != e->type)
		return false;
	for (size_t i = 0; i < e->plan->members.nr; i++)
		if (!pcireset_ctx_get_dev(e->ctx, &e->plan->members.v[i].addr))
			return false;
	return true;
}

/*
 * A device that comes back different is a success. A device that does not come back is a
 * failure.
 */
static bool is_back(const struct pcireset_report *report)
{
	return pcireset_report_get_result(report) != PCIRESET_RESULT_REFUSED &&
	       !(pcireset_report_get_failed_checks(report) & PCIRESET_CHECK_READY) &&
	       pcireset_report_get_error(report) != -ETIMEDOUT;
}

/* Nothing was touched: there is no state to save. The port resets the removed device. */
static bool has_lost_configuration(const struct pcireset_report *report)
{
	return pcireset_report_get_result(report) == PCIRESET_RESULT_REFUSED &&
	       pcireset_report_get_why(report) == PCIRESET_WHY_BARS;
}

static int judge_report(struct pcireset_reenumeration *e, int r)
{
	if (is_back(e->report))
		return 0;
	if (has_lost_configuration(e->report)) {
		e->report = pcireset_report_unref(e->report);
		e->is_by_port = true;
		return reenumeration_check_bus_rules(e);
	}
	if (pcireset_report_get_result(e->report) != PCIRESET_RESULT_REFUSED)
		e->is_changed = true;
	return reenumeration_fail(e, r, "%s", pcireset_report_get_message(e->report));
}

static int reset_device(struct pcireset_reenumeration *e)
{
	int r = reenumeration_take_plan(e, pcireset_plan_resolve(e->plan));

	if (r || e->is_by_port)
		return r;
	if (!is_as_resolved(e))
		return reenumeration_fail(e, -ESTALE, "%s",
					  pcireset_why_to_str(PCIRESET_WHY_CHANGED, 0));
	r = pcireset_plan_run(e->plan, &e->report);
	if (e->report)
		return judge_report(e, r);
	return reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(e->ctx));
}

int pcireset_reenumeration_reset(struct pcireset_reenumeration *reenumeration)
{
	struct pcireset_reenumeration *e = reenumeration;
	int r = check_stage(e, STAGE_BEGUN);

	if (r < 0)
		return r;
	port_forget_events(guard_port(e->guard));
	r = e->cuts_power ? 0 : reset_device(e);
	if (r)
		return end_early(e, r);
	e->stage = STAGE_RESET;
	return 0;
}

int pcireset_reenumeration_replace(struct pcireset_reenumeration *reenumeration,
				   pcireset_wait_fn fn, void *data)
{
	struct pcireset_reenumeration *e = reenumeration;
	int r = check_stage(e, STAGE_RESET);

	if (r < 0)
		return r;
	r = reenumeration_replace(e, fn, data);
	end_guard(e);
	e->stage = STAGE_ENDED;
	return r;
}

/* ---- getters */

uint32_t pcireset_reenumeration_get_type(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->type;
}

bool pcireset_reenumeration_is_by_port(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->is_by_port;
}

bool pcireset_reenumeration_is_refused_by_plan(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->is_refused_by_plan;
}

bool pcireset_reenumeration_is_touched(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->is_touched;
}

bool pcireset_reenumeration_is_changed(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->is_changed;
}

int pcireset_reenumeration_get_error(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->error;
}

const char *pcireset_reenumeration_get_message(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->error ? reenumeration->message : NULL;
}

struct pcireset_report *
pcireset_reenumeration_get_report(const struct pcireset_reenumeration *reenumeration)
{
	return reenumeration->report;
}

static const char *name_at(const struct subtree *tree, size_t i, const char **ret_driver)
{
	if (i >= tree->nr)
		return NULL;
	if (ret_driver)
		*ret_driver = *tree->v[i].driver ? tree->v[i].driver : NULL;
	return tree->v[i].name;
}

const char *pcireset_reenumeration_get_before(const struct pcireset_reenumeration *reenumeration,
					      size_t i, const char **ret_driver)
{
	return name_at(&reenumeration->was, i, ret_driver);
}

const char *pcireset_reenumeration_get_after(const struct pcireset_reenumeration *reenumeration,
					     size_t i, const char **ret_driver)
{
	return name_at(&reenumeration->now, i, ret_driver);
}

const struct pcireset_difference *
pcireset_reenumeration_get_difference(const struct pcireset_reenumeration *reenumeration, size_t i)
{
	return i < reenumeration->differences.nr ? &reenumeration->differences.v[i] : NULL;
}

bool pcireset_reenumeration_has_missing(const struct pcireset_reenumeration *reenumeration)
{
	return differences_have_missing(&reenumeration->differences, NULL);
}
