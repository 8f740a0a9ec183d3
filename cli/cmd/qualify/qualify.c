/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset qualify: reset many times, measure each reset, and report the findings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "interrupt.h"
#include "json.h"
#include "qualify.h"
#include "report.h"

struct work {
	struct machine machine;
	struct request *req;
	struct pcireset_qualify *qualify;
	uint32_t types;
};

static int fail_work(const struct work *work, int r)
{
	error("%s", pcireset_ctx_get_errmsg(work->machine.ctx));
	return status_of_error(r);
}

/* ---- the request */

#define OPTS_OF_PLANS (OPT_MAX_SCOPE | OPT_FORCE | OPT_CHECK | OPT_TIMEOUT | OPT_SETTLE)

static int count_ways(const struct request *req)
{
	return (req->nr_names > 0) + (req->qualify.resume != NULL) + (req->qualify.report != NULL);
}

/* Start a run, resume a run, or only report one. */
static int check_request(const struct request *req)
{
	bool is_new = !req->qualify.resume && !req->qualify.report;

	if (count_ways(req) > 1)
		return usage_error("qualify: name devices for a new run, or use --resume or "
				   "--report for a saved one");
	if (!req->nr_names && is_new)
		return usage_error("qualify: no device is named (pcireset list shows all)");
	if (is_new && !req->types)
		return usage_error("qualify: --type is required; there is no default (pcireset "
				   "show lists the types of a device)");
	if (is_new && !req->count)
		return usage_error(
			"qualify: --count is required: the number of resets of each type");
	if (!is_new && (req->types || req->count || req->qualify.save))
		return usage_error(
			"qualify: a saved run has its own --type, --count and directory");
	if (!is_new && (req->qualify.seed || req->given & OPTS_OF_PLANS))
		return usage_error("qualify: a saved run has its own seed and plans");
	if (req->qualify.report && (req->qualify.exercise || req->qualify.max_failures))
		return usage_error("qualify: --report resets nothing and runs no command");
	if (req->qualify.key && is_new && !req->qualify.save)
		return usage_error("qualify: --sign needs a directory: use --save");
	return STATUS_DONE;
}

/* An alias means its supported types. A type that is named must be supported: see below. */
static uint32_t supported_by_all(const struct work *work)
{
	uint32_t types = UINT32_MAX;

	for (size_t i = 0; i < work->machine.nr_devs; i++) {
		struct pcireset_dev *dev = work->machine.devs[i];

		types &= pcireset_dev_query(dev) ? 0 : pcireset_dev_get_types(dev);
	}
	return types;
}

static int find_types(struct work *work)
{
	char *list = must(strdup(work->req->types)), *save = NULL;
	uint32_t all = supported_by_all(work), mask;
	int r = 0;

	for (char *word = strtok_r(list, ", ", &save); word && !r;
	     word = strtok_r(NULL, ", ", &save)) {
		r = pcireset_types_from_str(work->machine.ctx, word, &mask);
		if (!r)
			work->types |= mask & (mask - 1) ? mask & all : mask;
	}
	free(list);
	if (r)
		return fail_work(work, r);
	if (work->types)
		return STATUS_DONE;
	error("no type of '%s' is supported by all devices", work->req->types);
	return STATUS_REFUSED;
}

/* ---- a new run */

static int make_plan(struct work *work, struct pcireset_dev *dev, uint32_t type)
{
	struct request req = *work->req;
	struct pcireset_plan *plan = NULL;
	char *way;
	int r;

	req.types = pcireset_type_to_str(type, 0);
	r = machine_plan(&work->machine, &req, dev, &plan);
	if (!r)
		r = pcireset_plan_resolve(plan);
	if (!r)
		r = pcireset_qualify_add(work->qualify, plan);
	if (r && plan && pcireset_plan_get_message(plan)) {
		way = way_out(&req, plan);
		error("%s: refused: %s%s", pcireset_dev_get_name(dev),
		      pcireset_plan_get_message(plan), way);
		free(way);
	} else if (r) {
		error("%s", pcireset_ctx_get_errmsg(work->machine.ctx));
	} else if (!is_given(&req, OPT_QUIET)) {
		plan_print(&req, plan, stderr);
	}
	pcireset_plan_unref(plan);
	return r ? status_of_error(r) : STATUS_DONE;
}

static int make_plans(struct work *work)
{
	int status = STATUS_DONE;
	uint32_t type;

	for (size_t d = 0; d < work->machine.nr_devs && !status; d++)
		for (size_t i = 0; (type = pcireset_type_at(i)) && !status; i++)
			if (work->types & type)
				status = make_plan(work, work->machine.devs[d], type);
	return status;
}

/* The functions of all plans that are not named, for a message; NULL if there are none. */
static char *unnamed_functions(const struct work *work)
{
	char *all = text("%s", ""), name[PCIRESET_ADDR_STR_MAX];
	const struct pcireset_addr *addr;
	uint32_t type;

	for (uint32_t d = 0; d < work->machine.nr_devs; d++)
		for (size_t t = 0; (type = pcireset_type_at(t)); t++)
			for (size_t i = 0;
			     (addr = pcireset_qualify_get_member(work->qualify, d, type, i)); i++) {
				const struct pcireset_dev *dev =
					pcireset_ctx_get_dev(work->machine.ctx, addr);

				pcireset_addr_to_str(addr, name);
				if ((!dev || !machine_has(&work->machine, dev)) &&
				    !strstr(all, name))
					all = join(all, text("%s", name));
			}
	if (*all)
		return all;
	free(all);
	return NULL;
}

/* As for reset: without a terminal, only functions that are named may be affected. */
static int check_unnamed(const struct work *work)
{
	char *names = is_given(work->req, OPT_YES) ? NULL : unnamed_functions(work);
	int status = STATUS_DONE;

	if (names && !can_ask()) {
		error("refused: would also affect functions that were not named: %s; name them "
		      "or use --yes",
		      names);
		status = STATUS_REFUSED;
	} else if (names &&
		   !ask("The resets would affect functions that were not named. Continue?")) {
		error("cancelled at the prompt; nothing was touched");
		status = STATUS_REFUSED;
	}
	free(names);
	return status;
}

static int add_facts(struct work *work)
{
	time_t seconds = time(NULL);
	struct tm utc;
	char begun[32];
	int r;

	gmtime_r(&seconds, &utc);
	strftime(begun, sizeof(begun), "%Y-%m-%dT%H:%M:%SZ", &utc);
	r = pcireset_qualify_add_fact(work->qualify, "pcireset", VERSION);
	if (!r)
		r = pcireset_qualify_add_fact(work->qualify, "begun", begun);
	if (!r && work->req->qualify.exercise)
		r = pcireset_qualify_add_fact(work->qualify, "exercise",
					      work->req->qualify.exercise);
	return r;
}

/* The journal of an earlier run is never overwritten. */
static int create_run(struct work *work, const char *directory)
{
	char *journal = directory ? text("%s/%s", directory, JOURNAL_FILE) : NULL;
	int r = pcireset_qualify_set_count(work->qualify, work->req->count);

	if (!r)
		r = pcireset_qualify_set_seed(work->qualify, work->req->qualify.seed);
	if (!r)
		r = add_facts(work);
	if (!r)
		r = pcireset_qualify_create(work->qualify, journal);
	if (r == -EEXIST)
		error("%s: has a run already; continue it: pcireset qualify --resume %s", directory,
		      directory);
	else if (r)
		fail_work(work, r);
	free(journal);
	return r ? status_of_error(r) : STATUS_DONE;
}

static int make_directory(const char *directory)
{
	if (!directory || !mkdir(directory, 0777) || errno == EEXIST)
		return STATUS_DONE;
	error("%s: %s", directory, strerror(errno));
	return STATUS_ERROR;
}

static int begin_run(struct work *work)
{
	int r = pcireset_ctx_check_reset(work->machine.ctx), status;

	if (r)
		return fail_work(work, r);
	status = find_types(work);
	if (!status && pcireset_qualify_new(work->machine.ctx, &work->qualify))
		must(NULL);
	if (!status)
		status = make_plans(work);
	if (!status)
		status = check_unnamed(work);
	if (!status)
		status = make_directory(work->req->qualify.save);
	return status ? status : create_run(work, work->req->qualify.save);
}

/* ---- a saved run */

/* Only a file that nobody else can write may name a command. */
static bool is_own_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* All rounds of a run have the same exercise, or the certificate would be wrong. */
static int take_exercise(struct work *work, const char *journal)
{
	const char *saved = fact_of(work->qualify, "exercise");
	const char **given = &work->req->qualify.exercise;

	if (*given && (!saved || strcmp(*given, saved) != 0)) {
		error("--exercise: the run was begun with %s%s",
		      saved ? "another command: " : "none", saved ? saved : "");
		return STATUS_USAGE;
	}
	if (saved && !*given && !is_own_file(journal)) {
		error("%s: others can write it, and it names a command; confirm it with "
		      "--exercise: %s",
		      journal, saved);
		return STATUS_REFUSED;
	}
	*given = saved;
	return STATUS_DONE;
}

static int resume_run(struct work *work, const char *journal)
{
	int status = take_exercise(work, journal), r;

	if (status)
		return status;
	r = pcireset_ctx_check_reset(work->machine.ctx);
	if (!r)
		r = pcireset_qualify_resume(work->qualify, journal);
	return r ? fail_work(work, r) : STATUS_DONE;
}

static int load_run(struct work *work, const char *directory)
{
	char *journal = text("%s/%s", directory, JOURNAL_FILE);
	int r = pcireset_qualify_load(work->machine.ctx, journal, &work->qualify);
	int status = r ? fail_work(work, r) : STATUS_DONE;

	if (!status && work->req->qualify.resume)
		status = resume_run(work, journal);
	free(journal);
	return status;
}

/* ---- the result */

static int status_of(const struct result *result)
{
	return result->verdict == VERDICT_QUALIFIED ? STATUS_DONE : STATUS_TOUCHED;
}

static void print_result(const struct work *work, const struct result *result)
{
	const struct pcireset_finding *finding;

	if (is_given(work->req, OPT_JSON)) {
		json_print(result_json(result, work->machine.ctx));
		return;
	}
	say(stdout, "%s", result->line);
	for (size_t i = 0; (finding = pcireset_qualify_get_finding(work->qualify, i)); i++)
		say(stdout, "%s: %s", pcireset_qualify_get_device(work->qualify, finding->device),
		    pcireset_qualify_get_finding_text(work->qualify, i));
}

/* Resets or an exercise are missing. After a failure, too, the rest is worth knowing. */
static bool is_resumable(const struct work *work)
{
	const struct qualify_request *given = &work->req->qualify;

	if (!given->directory || given->report)
		return false;
	return pcireset_qualify_get_nr_done(work->qualify) <
		       pcireset_qualify_get_nr_rounds(work->qualify) ||
	       (given->exercise && !pcireset_qualify_is_exercised(work->qualify));
}

static int finish_run(const struct work *work)
{
	struct result result;
	int status, written;

	result_make(&result, work->qualify);
	status = status_of(&result);
	if (!work->req->qualify.report)
		process_settle(status);
	print_result(work, &result);
	written = files_write(work->req, &result, work->machine.ctx);
	if (is_resumable(work))
		error("continue the run: pcireset qualify --resume %s",
		      work->req->qualify.directory);
	result_free(&result);
	return status ? status : written;
}

/* A refusal before the first reset has touched nothing. */
static int run_rounds(struct work *work)
{
	int r = rounds_run(work->req, work->qualify, work->machine.ctx);

	if (r < 0 && !pcireset_qualify_get_nr_samples(work->qualify))
		return process_settle(status_of_error(r));
	return finish_run(work);
}

static int report_only(struct work *work)
{
	int r = pcireset_ctx_new(NULL, &work->machine.ctx), status;

	if (r)
		must(NULL);
	status = load_run(work, work->req->qualify.report);
	return status ? status : finish_run(work);
}

static int open_and_run(struct work *work)
{
	int status = machine_open(&work->machine, work->req);

	allow_many_files(&work->machine);
	if (!status)
		status = work->req->qualify.resume ? load_run(work, work->req->qualify.resume) :
						     begin_run(work);
	return status ? status : run_rounds(work);
}

int command_qualify(const struct request *given)
{
	struct request req = *given;
	struct work work = { .req = &req };
	int status = check_request(&req);

	if (status)
		return status;
	req.qualify.directory = req.qualify.save   ? req.qualify.save :
				req.qualify.resume ? req.qualify.resume :
						     req.qualify.report;
	interrupt_catch();
	status = req.qualify.report ? report_only(&work) : open_and_run(&work);
	pcireset_qualify_unref(work.qualify);
	machine_close(&work.machine);
	return status;
}
