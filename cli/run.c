/* SPDX-License-Identifier: GPL-2.0-only */
/* Running what was planned: one by itself, several together. */
#include <errno.h>
#include <stdlib.h>
#include "reset.h"

static void run_one(const struct jobs *jobs, struct job *job)
{
	int r = pcireset_plan_run(job->plan, &job->report);

	if (r < 0 && !job->report)
		job_fail_by_library(jobs, job, r);
}

static struct pcireset_batch *make_batch(const struct jobs *jobs)
{
	struct pcireset_batch *batch = batch_new(&jobs->machine);

	for (size_t i = 0; i < jobs->nr; i++)
		if (job_is_open(&jobs->v[i]) && pcireset_batch_add(batch, jobs->v[i].plan) < 0)
			must(NULL);
	return batch;
}

/* The order is that in which make_batch() added them. */
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
	struct pcireset_batch *batch = make_batch(jobs);
	struct progress *progress = progress_start(jobs->req, batch);
	int r = pcireset_batch_run(batch);

	progress_stop(progress);
	take_reports(jobs, batch, r);
	pcireset_batch_unref(batch);
}

static void run_open(const struct jobs *jobs)
{
	struct job *first = NULL;
	size_t nr = 0;

	for (size_t i = jobs->nr; i-- > 0;) {
		if (!job_is_open(&jobs->v[i]))
			continue;
		first = &jobs->v[i];
		nr++;
	}
	if (nr == 1)
		run_one(jobs, first);
	else if (nr)
		run_together(jobs);
}

/* Once more for those whose plan is the same, although the machine changed. */
void jobs_run(struct jobs *jobs)
{
	run_open(jobs);
	for (size_t i = 0; i < jobs->nr; i++) {
		const struct pcireset_report *report = jobs->v[i].report;

		jobs->v[i].is_planned_again = report &&
					      pcireset_report_get_error(report) == -ESTALE;
	}
	jobs_plan_again(jobs);
	run_open(jobs);
}
