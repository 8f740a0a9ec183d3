/* SPDX-License-Identifier: GPL-2.0-only */
/* The plans of a reset, and the answer that the user agreed to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "reset.h"

void job_fail(struct job *job, int r, const char *message)
{
	job->error = r;
	job->message = text("%s", message);
}

/* The library's message begins with the device, and the output of this job does, too. */
void job_fail_by_library(const struct jobs *jobs, struct job *job, int r)
{
	const char *message = pcireset_ctx_get_errmsg(jobs->machine.ctx);
	const char *name = pcireset_dev_get_name(job->dev);
	size_t len = strlen(name);

	if (!strncmp(message, name, len) && !strncmp(message + len, ": ", 2))
		message += len + 2;
	job_fail(job, r, message);
}

bool job_is_open(const struct job *job)
{
	return job->plan && !job->report && !job->error;
}

static void note_agreed(struct job *job)
{
	const struct pcireset_plan *plan = job->plan;
	struct agreed *agreed = &job->agreed;

	agreed->type = pcireset_plan_get_type(plan);
	agreed->nr = pcireset_plan_get_nr_members(plan);
	agreed->addrs = must(calloc(agreed->nr + 1, sizeof(*agreed->addrs)));
	for (size_t i = 0; i < agreed->nr; i++)
		agreed->addrs[i] = pcireset_plan_get_member(plan, i)->addr;
}

static bool is_as_agreed(const struct job *job)
{
	const struct agreed *agreed = &job->agreed;
	const struct pcireset_plan *plan = job->plan;

	if (pcireset_plan_get_type(plan) != agreed->type ||
	    pcireset_plan_get_nr_members(plan) != agreed->nr)
		return false;
	for (size_t i = 0; i < agreed->nr; i++)
		if (memcmp(&pcireset_plan_get_member(plan, i)->addr, &agreed->addrs[i],
			   sizeof(agreed->addrs[i])))
			return false;
	return true;
}

static void resolve_job(const struct jobs *jobs, struct job *job, struct pcireset_batch *batch)
{
	int r = resolve_into(batch, job->plan);

	/* A device without a plan is not refused, and has no report. */
	if (r && (!pcireset_plan_get_message(job->plan) ||
		  pcireset_report_new_refused(job->plan, &job->report) < 0))
		job_fail_by_library(jobs, job, r);
}

/* Plan again after the question: the plans must be the ones that the user agreed to. */
void jobs_plan_again(struct jobs *jobs)
{
	struct pcireset_batch *batch = batch_new(&jobs->machine);

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];

		if (!job->is_planned_again)
			continue;
		job->report = pcireset_report_unref(job->report);
		resolve_job(jobs, job, batch);
	}
	choose(batch);
	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];

		if (job->is_planned_again && job_is_open(job) && !is_as_agreed(job))
			job_fail(job, -ESTALE, pcireset_why_to_str(PCIRESET_WHY_CHANGED, 0));
		job->is_planned_again = false;
	}
}

/* The hardware must support the speed, before anything else is asked or touched. */
static int check_speed(const struct jobs *jobs, struct job *job)
{
	int r;

	if (!jobs->req->link_speed_mts)
		return 0;
	r = pcireset_link_new(job->dev, &job->link);
	return r < 0 ? r : pcireset_link_check_speed(job->link, jobs->req->link_speed_mts);
}

void jobs_plan(struct jobs *jobs)
{
	struct pcireset_batch *batch = batch_new(&jobs->machine);

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];
		int r = machine_plan(&jobs->machine, jobs->req, job->dev, &job->plan);

		if (!r)
			r = check_speed(jobs, job);
		if (r)
			job_fail_by_library(jobs, job, r);
		else
			resolve_job(jobs, job, batch);
	}
	choose(batch);
	for (size_t i = 0; i < jobs->nr; i++)
		if (job_is_open(&jobs->v[i]))
			note_agreed(&jobs->v[i]);
}
