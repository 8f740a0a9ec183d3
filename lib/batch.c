/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Batches: many plans in one call, and how far they are. */
#include <errno.h>
#include <string.h>
#include "private.h"

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

struct pcireset_batch *pcireset_batch_unref(struct pcireset_batch *batch)
{
	if (!batch || --batch->refs)
		return NULL;
	for (size_t i = 0; i < batch->nr; i++) {
		pcireset_plan_unref(batch->v[i].plan);
		pcireset_report_unref(batch->v[i].report);
	}
	pcireset_ctx_unref(batch->ctx);
	free(batch->entries);
	free(batch->v);
	free(batch);
	return NULL;
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
	v[batch->nr++] = (struct batch_item){ .plan = pcireset_plan_ref(plan) };
	return 0;
}

size_t pcireset_batch_get_nr(const struct pcireset_batch *batch)
{
	return batch->nr;
}

/* Each may have been resolved anew, or changed, since it was added. */
static int check_plans(struct pcireset_batch *batch)
{
	int r = 0;

	for (size_t i = 0; !r && i < batch->nr; i++)
		r = plan_check_runnable(batch->v[i].plan);
	return r;
}

static int make_reports(struct pcireset_batch *batch)
{
	for (size_t i = 0; i < batch->nr; i++) {
		batch->v[i].report = report_new();
		if (!batch->v[i].report)
			return ctx_error(batch->ctx, -ENOMEM, "out of memory");
	}
	return 0;
}

/* Those that have nothing to run many with run them one by one. */
static int run_each(struct pcireset_batch *batch)
{
	sigset_t old;

	signals_hold(&old);
	for (size_t i = 0; i < batch->nr; i++) {
		struct pcireset_report *report = batch->v[i].report;

		if (signals_are_waiting()) {
			report->error = -EINTR;
			report->why = PCIRESET_WHY_CANCELLED;
		} else {
			report->error = plan_run(batch->v[i].plan, report);
		}
	}
	signals_let_go(&old);
	return 0;
}

/* What runs many at once takes its own plans only. */
static const struct backend *common_backend(const struct pcireset_batch *batch)
{
	const struct backend *backend = plan_backend(batch->v[0].plan);

	for (size_t i = 1; i < batch->nr; i++)
		if (plan_backend(batch->v[i].plan) != backend)
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
		report_explain(batch->v[i].report, batch->v[i].plan);
		plan_unresolve(batch->v[i].plan);
	}
	batch->has_run = true;
	return 0;
}

/* The kernel writes entries while another thread waits for it to return. */
size_t pcireset_batch_get_nr_done(const struct pcireset_batch *batch, size_t *ret_nr_failed)
{
	const struct pcireset_reset_entry *entries =
		__atomic_load_n(&batch->entries, __ATOMIC_ACQUIRE);
	size_t nr = 0, failed = 0;

	for (size_t i = 0; entries && i < batch->nr; i++) {
		if (!__atomic_load_n(&entries[i].out_done, __ATOMIC_ACQUIRE))
			continue;
		nr++;
		failed += entries[i].out_errno != 0;
	}
	if (ret_nr_failed)
		*ret_nr_failed = failed;
	return nr;
}

struct pcireset_report *pcireset_batch_get_report(const struct pcireset_batch *batch, size_t i)
{
	return batch->has_run && i < batch->nr ? batch->v[i].report : NULL;
}
