/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of each reset: as lines, as JSON, and as an exit status. */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "report.h"
#include "reset.h"

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

static const char *equalization_text(const struct pcireset_link *link)
{
	switch (pcireset_link_get_equalization(link)) {
	case PCIRESET_EQUALIZATION_FAILED:
		return ", its equalization failed";
	case PCIRESET_EQUALIZATION_REQUESTED:
		return ", its equalization is not complete";
	default:
		return "";
	}
}

/* The link after the reset as part of a message, if its speed was asked for. */
static char *link_text(const struct job *job)
{
	if (!job->link)
		return text("%s", "");
	if (!job->knows_link)
		return text("; the link is unknown: the port cannot be read");
	if (!pcireset_link_is_up(job->link))
		return text("; the link is down");
	return text("; the link has %g GT/s x%u%s", pcireset_link_get_speed(job->link) / 1000.0,
		    pcireset_link_get_width(job->link), equalization_text(job->link));
}

static void print_done(const struct job *job)
{
	const struct pcireset_report *report = job->report;
	const char *message = pcireset_report_get_message(report);
	char *link = link_text(job);
	size_t nr = nr_restored(report);

	say(stdout,
	    "%s: %s, %s, ready after %.1f ms (total %.1f ms), %zu function%s restored%s%s%s",
	    pcireset_dev_get_name(job->dev),
	    pcireset_type_to_str(pcireset_report_get_type(report),
				 pcireset_report_get_type_flags(report)),
	    pcireset_result_to_str(pcireset_report_get_result(report)),
	    (double)pcireset_report_get_wait_ns(report) / 1e6,
	    (double)pcireset_report_get_total_ns(report) / 1e6, nr, nr == 1 ? "" : "s",
	    message ? ": " : "", message ? message : "", link);
	free(link);
}

static void print_failed(const struct job *job)
{
	const struct pcireset_report *report = job->report;
	uint32_t issued = pcireset_report_get_issued(report);
	char types[64], *link = link_text(job);

	if (pcireset_types_to_str(issued, types, sizeof(types)) <= 0)
		strcpy(types, "reset");
	error("%s: %s failed (%s): %s%s", pcireset_dev_get_name(job->dev), types,
	      pcireset_errno_to_str(pcireset_report_get_error(report)),
	      pcireset_report_get_message(report), link);
	free(link);
}

static void print_refused(const struct request *req, const struct job *job)
{
	char *way = job->report ? way_out(req, job->plan) : way_out_of_error(job->dev, job->error);

	error("%s: %s%s%s", pcireset_dev_get_name(job->dev),
	      status_of(job) == STATUS_REFUSED ? "refused: " : "",
	      job->report ? pcireset_report_get_message(job->report) : job->message, way);
	free(way);
}

static void print_job(const struct request *req, const struct job *job)
{
	enum pcireset_result result = PCIRESET_RESULT_REFUSED;
	const struct pcireset_member *member;

	if (job->report)
		result = pcireset_report_get_result(job->report);
	if (result == PCIRESET_RESULT_REFUSED)
		print_refused(req, job);
	else if (result == PCIRESET_RESULT_FAILED)
		print_failed(job);
	else if (!is_given(req, OPT_QUIET))
		print_done(job);
	for (size_t i = 0; is_given(req, OPT_VERBOSE) && job->report &&
			   (member = pcireset_report_get_member(job->report, i));
	     i++)
		member_print(member);
}

static int merged_status(const struct jobs *jobs)
{
	int *statuses = must(calloc(jobs->nr, sizeof(*statuses))), status;

	for (size_t i = 0; i < jobs->nr; i++)
		statuses[i] = status_of(&jobs->v[i]);
	status = status_merge(statuses, jobs->nr);
	free(statuses);
	return status;
}

static json_object *new_result(const struct job *job)
{
	json_object *o = job->report ? json_report(job->dev, job->report) :
				       json_failure(job->dev, job->error, job->message);

	if (job->link)
		json_add_link(o, job->knows_link ? job->link : NULL);
	return o;
}

/* The port says it, after the reset. */
static void read_links(const struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++)
		if (jobs->v[i].link)
			jobs->v[i].knows_link = !pcireset_link_read(jobs->v[i].link);
}

int jobs_finish(const struct jobs *jobs)
{
	int status = process_settle(merged_status(jobs));
	json_object *list = is_given(jobs->req, OPT_JSON) ? must(json_object_new_array()) : NULL;

	read_links(jobs);
	for (size_t i = 0; i < jobs->nr; i++) {
		const struct job *job = &jobs->v[i];

		if (!list)
			print_job(jobs->req, job);
		else if (json_object_array_add(list, new_result(job)))
			must(NULL);
	}
	if (list)
		json_print(json_document(jobs->machine.ctx, "resets", list));
	return status;
}
