/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset reset: plan all, ask if need be, then run each plan. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "cli.h"

/* One device: its plan, and what became of it. */
struct job {
	struct pcireset_dev *dev;
	struct pcireset_plan *plan;
	struct pcireset_report *report;
	int error; /* where there is no report */
	char *message;
};

struct jobs {
	struct machine machine;
	const struct request *req;
	struct job *v;
	size_t nr;
};

static void fail(struct job *job, int r, const char *message)
{
	job->error = r;
	job->message = text("%s", message);
}

static const char *last_message(const struct jobs *jobs)
{
	return pcireset_ctx_get_errmsg(jobs->machine.ctx);
}

/* The library's message begins with the device; here that is printed anyway. */
static const char *without_name(const struct job *job, const char *message)
{
	const char *name = pcireset_dev_get_name(job->dev);
	size_t len = strlen(name);

	return !strncmp(message, name, len) && !strncmp(message + len, ": ", 2) ?
		       message + len + 2 :
		       message;
}

static void make_plans(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];
		int r = machine_plan(&jobs->machine, jobs->req, job->dev, &job->plan);

		if (!r)
			r = pcireset_plan_resolve(job->plan);
		if (!r)
			continue;
		if (!job->plan || pcireset_report_new_refused(job->plan, &job->report) < 0)
			fail(job, r, without_name(job, last_message(jobs)));
	}
}

static bool is_named(const struct jobs *jobs, const struct pcireset_member *member)
{
	for (size_t i = 0; i < jobs->nr; i++) {
		const struct pcireset_addr *addr = pcireset_dev_get_addr(jobs->v[i].dev);

		if (addr->domain == member->addr.domain && addr->bus == member->addr.bus &&
		    addr->devfn == member->addr.devfn)
			return true;
	}
	return false;
}

static bool is_open(const struct job *job)
{
	return job->plan && !job->report && !job->error;
}

static bool hits_others(const struct jobs *jobs, const struct job *job)
{
	const struct pcireset_member *member;

	for (size_t i = 0; (member = pcireset_plan_get_member(job->plan, i)); i++)
		if (!is_named(jobs, member))
			return true;
	return false;
}

/* What a plan was when the user agreed to it. */
struct agreed {
	uint32_t type;
	size_t nr;
	struct pcireset_addr *addrs;
};

static void remember(const struct pcireset_plan *plan, struct agreed *agreed)
{
	agreed->type = pcireset_plan_get_type(plan);
	agreed->nr = pcireset_plan_get_nr_members(plan);
	agreed->addrs = must(calloc(agreed->nr + 1, sizeof(*agreed->addrs)));
	for (size_t i = 0; i < agreed->nr; i++)
		agreed->addrs[i] = pcireset_plan_get_member(plan, i)->addr;
}

static bool is_as_agreed(const struct pcireset_plan *plan, const struct agreed *agreed)
{
	if (pcireset_plan_get_type(plan) != agreed->type ||
	    pcireset_plan_get_nr_members(plan) != agreed->nr)
		return false;
	for (size_t i = 0; i < agreed->nr; i++)
		if (memcmp(&pcireset_plan_get_member(plan, i)->addr, &agreed->addrs[i],
			   sizeof(agreed->addrs[i])))
			return false;
	return true;
}

/* A person takes time to answer: what was agreed to must still be so. */
static void plan_again(struct jobs *jobs, struct job *job)
{
	struct agreed agreed;
	int r;

	remember(job->plan, &agreed);
	r = pcireset_plan_resolve(job->plan);
	if (r < 0 && pcireset_report_new_refused(job->plan, &job->report) < 0)
		fail(job, r, without_name(job, last_message(jobs)));
	else if (!r && !is_as_agreed(job->plan, &agreed))
		fail(job, -ESTALE, pcireset_why_to_str(PCIRESET_WHY_CHANGED, 0));
	free(agreed.addrs);
}

/* Asks a person, if there is one, and only if others than those named are hit. */
static bool may_go_on(struct jobs *jobs)
{
	bool asks = false;
	int answer, c;

	if (is_given(jobs->req, OPT_YES) || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	for (size_t i = 0; i < jobs->nr; i++) {
		if (!is_open(&jobs->v[i]) || !hits_others(jobs, &jobs->v[i]))
			continue;
		plan_print(jobs->req, jobs->v[i].plan, stderr);
		asks = true;
	}
	if (!asks)
		return true;
	fputs("Functions that were not named would be hit. Go on? [y/N] ", stderr);
	answer = c = getchar();
	while (c != '\n' && c != EOF)
		c = getchar();
	if (tolower(answer) != 'y')
		return false;
	for (size_t i = 0; i < jobs->nr; i++)
		if (is_open(&jobs->v[i]))
			plan_again(jobs, &jobs->v[i]);
	return true;
}

/* Once more, if the machine changed and the plan did not. */
static int run_again(struct job *job, const struct agreed *agreed)
{
	struct pcireset_report *report = NULL;
	int r = pcireset_plan_resolve(job->plan);

	if (r < 0 || !is_as_agreed(job->plan, agreed))
		return -ESTALE;
	r = pcireset_plan_run(job->plan, &report);
	if (report) {
		pcireset_report_unref(job->report);
		job->report = report;
	}
	return r;
}

static void run_job(struct jobs *jobs, struct job *job)
{
	struct agreed agreed;
	int r;

	remember(job->plan, &agreed);
	r = pcireset_plan_run(job->plan, &job->report);
	if (r == -ESTALE)
		r = run_again(job, &agreed);
	free(agreed.addrs);
	if (r < 0 && !job->report)
		fail(job, r, without_name(job, last_message(jobs)));
}

static int status_of(const struct job *job)
{
	if (!job->report)
		return status_of_error(job->error);
	switch (pcireset_report_get_result(job->report)) {
	case PCIRESET_RESULT_VERIFIED:
		return STATUS_DONE;
	case PCIRESET_RESULT_UNVERIFIED:
	case PCIRESET_RESULT_FAILED:
		return STATUS_TOUCHED;
	default:
		return status_of_error(pcireset_report_get_error(job->report));
	}
}

static size_t nr_restored(const struct pcireset_report *report)
{
	const struct pcireset_member *member;
	size_t nr = 0;

	for (size_t i = 0; (member = pcireset_report_get_member(report, i)); i++)
		nr += member->state == PCIRESET_STATE_RESTORED;
	return nr;
}

static void print_member(const struct pcireset_member *member)
{
	char buf[PCIRESET_ADDR_STR_MAX];

	printf("  %s: %s, proof %s, ready after %.1f ms", pcireset_addr_to_str(&member->addr, buf),
	       pcireset_state_to_str(member->state), pcireset_proof_to_str(member->proof),
	       (double)member->ready_ns / 1e6);
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (member->failed & bit)
			printf(", %s failed", pcireset_check_to_str(bit));
	if (member->failed & PCIRESET_CHECK_CONFIG)
		printf(" at %#x", member->offset);
	putchar('\n');
}

static void print_done(const struct job *job)
{
	const struct pcireset_report *report = job->report;
	const char *message = pcireset_report_get_message(report);
	size_t nr = nr_restored(report);

	printf("%s: %s, %s, ready after %.1f ms (total %.1f ms), %zu function%s restored%s%s\n",
	       pcireset_dev_get_name(job->dev),
	       pcireset_type_to_str(pcireset_report_get_type(report),
				    pcireset_report_get_type_flags(report)),
	       pcireset_result_to_str(pcireset_report_get_result(report)),
	       (double)pcireset_report_get_wait_ns(report) / 1e6,
	       (double)pcireset_report_get_total_ns(report) / 1e6, nr, nr == 1 ? "" : "s",
	       message ? ": " : "", message ? message : "");
}

static void print_failed(const struct job *job)
{
	const struct pcireset_report *report = job->report;
	uint32_t issued = pcireset_report_get_issued(report);
	char types[64];

	if (pcireset_types_to_str(issued, types, sizeof(types)) <= 0)
		strcpy(types, "reset");
	error("%s: %s failed (%s): %s", pcireset_dev_get_name(job->dev), types,
	      pcireset_errno_to_str(pcireset_report_get_error(report)),
	      pcireset_report_get_message(report));
}

static void print_job(const struct request *req, const struct job *job)
{
	enum pcireset_result result = PCIRESET_RESULT_REFUSED;
	const struct pcireset_member *member;

	if (job->report)
		result = pcireset_report_get_result(job->report);
	if (result == PCIRESET_RESULT_REFUSED)
		error("%s: %s%s", pcireset_dev_get_name(job->dev),
		      status_of(job) == STATUS_REFUSED ? "refused: " : "",
		      job->report ? pcireset_report_get_message(job->report) : job->message);
	else if (result == PCIRESET_RESULT_FAILED)
		print_failed(job);
	else if (!is_given(req, OPT_QUIET))
		print_done(job);
	for (size_t i = 0; is_given(req, OPT_VERBOSE) && job->report &&
			   (member = pcireset_report_get_member(job->report, i));
	     i++)
		print_member(member);
}

static int finish(struct jobs *jobs)
{
	json_object *list = is_given(jobs->req, OPT_JSON) ? must(json_object_new_array()) : NULL;
	int *statuses = must(calloc(jobs->nr, sizeof(*statuses))), status;

	for (size_t i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->v[i];

		statuses[i] = status_of(job);
		if (!list)
			print_job(jobs->req, job);
		else if (json_object_array_add(list, job->report ?
							     json_report(job->dev, job->report) :
							     json_failure(job->dev, job->error,
									  job->message)))
			must(NULL);
	}
	if (list)
		json_print(json_document(jobs->machine.ctx, "resets", list));
	status = status_merge(statuses, jobs->nr);
	free(statuses);
	return status;
}

static void fail_all(struct jobs *jobs, int r, const char *message)
{
	for (size_t i = 0; i < jobs->nr; i++)
		if (!jobs->v[i].report && !jobs->v[i].error)
			fail(&jobs->v[i], r, message);
}

/* Whoever may not reset, or cannot, is told so before anything else. */
static int run_all(struct jobs *jobs)
{
	int r = pcireset_ctx_check_reset(jobs->machine.ctx);

	if (r < 0) {
		fail_all(jobs, r, last_message(jobs));
		return finish(jobs);
	}
	make_plans(jobs);
	if (!may_go_on(jobs)) {
		fail_all(jobs, -EPERM, "not wanted");
		return finish(jobs);
	}
	for (size_t i = 0; i < jobs->nr; i++)
		if (is_open(&jobs->v[i]))
			run_job(jobs, &jobs->v[i]);
	return finish(jobs);
}

/* Each plan keeps a descriptor of its device open until it is run. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int command_reset(const struct request *req)
{
	struct jobs jobs = { .req = req };
	int status = machine_open(&jobs.machine, req);

	allow_many_files();
	if (!status) {
		jobs.nr = jobs.machine.nr_devs;
		jobs.v = must(calloc(jobs.nr, sizeof(*jobs.v)));
		for (size_t i = 0; i < jobs.nr; i++)
			jobs.v[i].dev = jobs.machine.devs[i];
		status = run_all(&jobs);
	}
	for (size_t i = 0; i < jobs.nr; i++) {
		pcireset_plan_unref(jobs.v[i].plan);
		pcireset_report_unref(jobs.v[i].report);
		free(jobs.v[i].message);
	}
	free(jobs.v);
	machine_close(&jobs.machine);
	return status;
}
