/* SPDX-License-Identifier: GPL-2.0-only */
/* Run the plans: one by itself, several together. */
#include <errno.h>
#include <stdlib.h>
#include "interrupt.h"
#include "reset.h"

/* Arguments and results of the thread that resets. */
struct call {
	struct pcireset_batch *batch;
	struct job *job; /* or a single one */
	int r;
};

static void call_library(void *data)
{
	struct call *call = data;

	call->r = call->job ? pcireset_plan_run(call->job->plan, &call->job->report) :
			      pcireset_batch_run(call->batch);
}

static void run_one(const struct jobs *jobs, struct job *job)
{
	struct call call = { .job = job };

	interrupt_run(call_library, &call, NULL);
	if (call.r < 0 && !job->report)
		job_fail_by_library(jobs, job, call.r);
}

static struct pcireset_batch *make_batch(const struct jobs *jobs)
{
	struct pcireset_batch *batch = batch_new(&jobs->machine);

	for (size_t i = 0; i < jobs->nr; i++)
		if (job_is_open(&jobs->v[i]) && pcireset_batch_add(batch, jobs->v[i].plan) < 0)
			must(NULL);
	return batch;
}

/* In the order in which make_batch() added them. */
static void take_reports(const struct jobs *jobs, const struct pcireset_batch *batch, int r)
{
	size_t nr = 0;

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];

		if (!job_is_open(job))
			continue;
		if (r < 0)
			job_fail_by_library(jobs, job, r);
		else
			job->report = pcireset_report_ref(pcireset_batch_get_report(batch, nr++));
	}
}

static void run_together(const struct jobs *jobs)
{
	struct call call = { .batch = make_batch(jobs) };
	struct progress *progress = progress_start(jobs->req, call.batch);

	interrupt_run(call_library, &call, &(struct interrupt_tick){ progress_show, progress });
	progress_stop(progress);
	take_reports(jobs, call.batch, call.r);
	pcireset_batch_unref(call.batch);
}

static void run_open(const struct jobs *jobs)
{
	struct job *first = NULL;
	size_t nr = 0;

	for (size_t i = jobs->nr; i-- > 0;) {
		if (!job_is_open(&jobs->v[i]))
			continue;
		if (interrupt_is_given()) {
			job_fail(&jobs->v[i], -EINTR,
				 pcireset_why_to_str(PCIRESET_WHY_CANCELLED, 0));
			continue;
		}
		first = &jobs->v[i];
		nr++;
	}
	if (nr == 1)
		run_one(jobs, first);
	else if (nr)
		run_together(jobs);
}

static void plan_changed_again(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		const struct pcireset_report *report = jobs->v[i].report;

		jobs->v[i].is_planned_again = report &&
					      pcireset_report_get_error(report) == -ESTALE;
	}
	jobs_plan_again(jobs);
}

/* Run once more if the topology changed, but the plan is the same. */
void jobs_run(struct jobs *jobs)
{
	interrupt_begin(jobs->machine.ctx);
	run_open(jobs);
	if (!interrupt_is_given()) {
		plan_changed_again(jobs);
		run_open(jobs);
	}
	interrupt_announce();
	interrupt_end();
}
