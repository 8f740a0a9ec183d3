/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Batches: many plans in one call, and their progress. */
#include <errno.h>
#include <search.h>
#include <string.h>
#include "ctx/ctx.h"
#include "dev/dev.h"
#include "plan/plan.h"

int pcireset_batch_new(struct pcireset_ctx *ctx, struct pcireset_batch **ret_batch)
{
	struct pcireset_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return -ENOMEM;
	batch->refs = 1;
	batch->ctx = pcireset_ctx_ref(ctx);
	*ret_batch = batch;
	return 0;
}

struct pcireset_batch *pcireset_batch_ref(struct pcireset_batch *batch)
{
	batch->refs++;
	return batch;
}

static void forget_runs(struct pcireset_batch *batch)
{
	for (size_t i = 0; i < batch->nr; i++)
		batch->v[i].report = pcireset_report_unref(batch->v[i].report);
	for (size_t i = 0; i < batch->nr_runs; i++)
		pcireset_report_unref(batch->runs[i].report);
	free(batch->runs);
	batch->runs = NULL;
	batch->nr_runs = 0;
}

/* Plans with the same key can share a reset, until one of them changes. */
struct link_key {
	const struct backend *backend;
	size_t nr_members;
	struct pcireset_addr first;
	uint32_t type, allowed, max_scope, link_speed, checks, force, flags, timeout_ms, settle_ms;
};

struct link {
	struct link_key key;
	struct pcireset_plan *plans[2]; /* for different functions: the second may be NULL */
};

static void link_free(void *data)
{
	struct link *link = data;

	pcireset_plan_unref(link->plans[0]);
	pcireset_plan_unref(link->plans[1]);
	free(link);
}

struct pcireset_batch *pcireset_batch_unref(struct pcireset_batch *batch)
{
	if (!batch || --batch->refs)
		return NULL;
	forget_runs(batch);
	for (size_t i = 0; i < batch->nr; i++)
		pcireset_plan_unref(batch->v[i].plan);
	tdestroy(batch->links, link_free);
	pcireset_ctx_unref(batch->ctx);
	free(batch->entries);
	free(batch->v);
	free(batch);
	return NULL;
}

static int by_key(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

/* There is no padding that could differ: the memory is zero. */
static struct link *link_new(struct pcireset_plan *plan)
{
	const struct pcireset_plan *reset = plan_effective(plan);
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->key.backend = reset->backend;
	link->key.nr_members = reset->members.nr;
	link->key.first.domain = reset->members.v[0].addr.domain;
	link->key.first.bus = reset->members.v[0].addr.bus;
	link->key.first.devfn = reset->members.v[0].addr.devfn;
	link->key.type = reset->type;
	link->key.allowed = plan->flags & PCIRESET_RESET_ESCALATE ? plan->allowed : 0;
	link->key.max_scope = plan->max_scope;
	link->key.link_speed = plan->link_speed;
	link->key.checks = plan->checks;
	link->key.force = plan->force;
	link->key.flags = plan->flags;
	link->key.timeout_ms = plan->timeout_ms;
	link->key.settle_ms = plan->settle_ms;
	link->plans[0] = pcireset_plan_ref(plan);
	return link;
}

/* Return the link of an earlier plan with the same key, or remember that of this plan. */
static int find_link(struct pcireset_batch *batch, struct pcireset_plan *plan,
		     struct link **ret_link)
{
	struct link *link = link_new(plan), **found;

	found = link ? tsearch(link, &batch->links, by_key) : NULL;
	if (found && *found == link) {
		*ret_link = link;
		return 0;
	}
	if (link)
		link_free(link);
	*ret_link = found ? *found : NULL;
	return found ? 0 : -ENOMEM;
}

static bool can_share(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	return a && a->dev != b->dev && !pcireset_plan_get_error(a) && plan_is_same_link(a, b) &&
	       plan_is_same_request(a, b);
}

/*
 * One reset serves all plans with the same link reset. Sharing it early keeps the plans
 * small: otherwise each would have a list of all functions below the bridge.
 */
static int share_link(struct pcireset_batch *batch, struct pcireset_plan *plan)
{
	const struct pcireset_plan *reset = plan_effective(plan);
	struct pcireset_plan *other;
	struct link *link;
	int r;

	if (!(reset->type & PCI_RESET_LINK) || !reset->members.nr)
		return 0;
	r = find_link(batch, plan, &link);
	if (r < 0)
		return r;
	if (!link->plans[1] && link->plans[0]->dev != plan->dev)
		link->plans[1] = pcireset_plan_ref(plan);
	other = can_share(link->plans[0], plan) ? link->plans[0] : link->plans[1];
	if (plan->shared || !can_share(other, plan))
		return 0;
	r = plan_share(other);
	return r < 0 ? r : plan_join(plan, other->shared, NULL);
}

int pcireset_batch_add(struct pcireset_batch *batch, struct pcireset_plan *plan)
{
	const size_t room = batch->room ? 2 * batch->room : 16;
	struct batch_item *v = batch->v;
	int r;

	if (plan->dev->ctx != batch->ctx)
		return ctx_error(batch->ctx, -EINVAL, "%s: the plan is another context's",
				 plan->dev->name);
	r = plan_check_runnable(plan);
	if (r < 0)
		return r;
	if (batch->has_run)
		return ctx_error(batch->ctx, -EINVAL, "the batch has been run");
	if (batch->nr == batch->room) {
		v = reallocarray(v, room, sizeof(*v));
		if (!v)
			return ctx_error(batch->ctx, -ENOMEM, "out of memory");
		batch->v = v;
		batch->room = room;
	}
	r = share_link(batch, plan);
	if (r == -ENOMEM)
		return ctx_error(batch->ctx, r, "out of memory");
	v[batch->nr++] = (struct batch_item){ .plan = pcireset_plan_ref(plan) };
	return 0;
}

size_t pcireset_batch_get_nr(const struct pcireset_batch *batch)
{
	return batch->nr;
}

/* A plan may have been resolved again or changed since it was added. */
static int check_plans(struct pcireset_batch *batch)
{
	int r = 0;

	for (size_t i = 0; !r && i < batch->nr; i++)
		r = plan_check_runnable(batch->v[i].plan);
	return r;
}

/* Plans that share a reset are one run. */
static void find_runs(struct pcireset_batch *batch)
{
	for (size_t i = 0; i < batch->nr; i++)
		if (batch->v[i].plan->shared)
			batch->v[i].plan->shared->run = SIZE_MAX;
	batch->nr_runs = 0;
	for (size_t i = 0; i < batch->nr; i++) {
		struct pcireset_plan *shared = batch->v[i].plan->shared;

		if (shared && shared->run != SIZE_MAX) {
			batch->v[i].run = shared->run;
			continue;
		}
		batch->v[i].run = batch->nr_runs;
		if (shared)
			shared->run = batch->nr_runs;
		batch->runs[batch->nr_runs++].plan = shared ? shared : batch->v[i].plan;
	}
}

static int make_runs(struct pcireset_batch *batch)
{
	forget_runs(batch);
	batch->runs = calloc(batch->nr, sizeof(*batch->runs));
	if (!batch->runs)
		return ctx_error(batch->ctx, -ENOMEM, "out of memory");
	find_runs(batch);
	for (size_t i = 0; i < batch->nr_runs; i++) {
		batch->runs[i].report = report_new();
		if (!batch->runs[i].report)
			return ctx_error(batch->ctx, -ENOMEM, "out of memory");
	}
	return 0;
}

/* Allocate all reports before the first reset: afterwards the call must not fail. */
static int make_reports(struct pcireset_batch *batch)
{
	for (size_t i = 0; i < batch->nr; i++) {
		struct pcireset_report *of = batch->runs[batch->v[i].run].report;

		batch->v[i].report = batch->v[i].plan->shared ? report_new() :
								pcireset_report_ref(of);
		if (!batch->v[i].report)
			return ctx_error(batch->ctx, -ENOMEM, "out of memory");
	}
	return 0;
}

static void take_report(struct pcireset_batch *batch, struct batch_item *item)
{
	if (item->plan->shared)
		report_share(item->report, batch->runs[item->run].report, item->plan);
	report_explain(item->report, item->plan);
}

/* Run the plans one by one, for a back end that cannot run many. */
static int run_each(struct pcireset_batch *batch)
{
	sigset_t old;

	signals_hold(&old);
	for (size_t i = 0; i < batch->nr_runs; i++) {
		struct batch_run *run = &batch->runs[i];

		if (signals_are_waiting()) {
			run->report->error = -EINTR;
			run->report->why = PCIRESET_WHY_CANCELLED;
		} else {
			run->report->error = plan_run(run->plan, run->report);
		}
	}
	signals_let_go(&old);
	return 0;
}

/* A back end can run many plans only if all of them use it. */
static const struct backend *common_backend(const struct pcireset_batch *batch)
{
	const struct backend *backend = dev_backend(batch->runs[0].plan->dev);

	if (*batch->ctx->sysroot)
		return NULL;
	for (size_t i = 1; i < batch->nr_runs; i++)
		if (dev_backend(batch->runs[i].plan->dev) != backend)
			return NULL;
	return backend;
}

int pcireset_batch_run(struct pcireset_batch *batch)
{
	const struct backend *backend;
	int r;

	if (batch->has_run || batch->entries || !batch->nr)
		return ctx_error(batch->ctx, -EINVAL,
				 batch->nr ? "the batch has been run" : "the batch is empty");
	r = check_plans(batch);
	if (!r)
		r = make_runs(batch);
	if (!r)
		r = make_reports(batch);
	if (r < 0)
		return r;
	backend = common_backend(batch);
	if (backend && backend->run_many)
		r = backend->run_many(batch);
	else
		r = run_each(batch);
	if (r < 0)
		return ctx_error(batch->ctx, r, "%s", strerror(-r));
	for (size_t i = 0; i < batch->nr; i++) {
		take_report(batch, &batch->v[i]);
		plan_done(batch->v[i].plan);
	}
	batch->has_run = true;
	return 0;
}

/* The kernel writes the entries while another thread waits in the ioctl. */
size_t pcireset_batch_get_nr_done(const struct pcireset_batch *batch, size_t *ret_nr_failed)
{
	const struct pcireset_reset_entry *entries =
		__atomic_load_n(&batch->entries, __ATOMIC_ACQUIRE);
	size_t nr = 0, failed = 0;

	for (size_t i = 0; entries && i < batch->nr; i++) {
		const struct pcireset_reset_entry *entry = &entries[batch->v[i].run];

		if (!__atomic_load_n(&entry->out_done, __ATOMIC_ACQUIRE))
			continue;
		nr++;
		failed += entry->out_errno != 0;
	}
	if (ret_nr_failed)
		*ret_nr_failed = failed;
	return nr;
}

struct pcireset_report *pcireset_batch_get_report(const struct pcireset_batch *batch, size_t i)
{
	return batch->has_run && i < batch->nr ? batch->v[i].report : NULL;
}
