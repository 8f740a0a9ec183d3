/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a link and the result of a training: as lines, as JSON, and as an exit status. */
#include <stdlib.h>
#include "json.h"
#include "link.h"

static int link_status_of(const struct link_job *job)
{
	if (!job->error)
		return STATUS_DONE;
	return job->link && pcireset_link_is_touched(job->link) ? STATUS_TOUCHED :
								  status_of_error(job->error);
}

static const char *link_result_of(const struct link_job *job)
{
	if (!job->error)
		return "done";
	return link_status_of(job) == STATUS_TOUCHED ? "failed" : "refused";
}

static char *link_speed_text(uint32_t mts)
{
	return mts ? text("%g GT/s", mts / 1000.0) : text("unknown");
}

static void link_print_line(const char *what, char *value)
{
	say(stdout, "%-14s%s", what, value);
	free(value);
}

static char *link_functions_text(const struct link_job *job)
{
	char *all = text("%s", "");
	struct pcireset_dev *dev;

	for (size_t i = 0; (dev = pcireset_link_get_member(job->link, i)); i++)
		all = join(all, text("%s", pcireset_dev_get_name(dev)));
	return all;
}

static char *link_state_text(const struct pcireset_link *link)
{
	if (pcireset_link_is_disabled(link))
		return text("disabled");
	return text("%s", pcireset_link_is_up(link) ? "up" : "down");
}

static void link_print_state(const struct link_job *job)
{
	const struct pcireset_link *link = job->link;
	uint32_t target = pcireset_link_get_target_speed(link);
	const char *doubt = pcireset_link_get_doubt(link);

	link_print_line("port", text("%s", pcireset_dev_get_name(pcireset_link_get_port(link))));
	link_print_line("functions", link_functions_text(job));
	if (doubt)
		link_print_line("", text("others are unknown: %s", doubt));
	link_print_line("state", link_state_text(link));
	if (pcireset_link_is_up(link)) {
		link_print_line("speed", link_speed_text(pcireset_link_get_speed(link)));
		link_print_line("width", text("x%u", pcireset_link_get_width(link)));
	}
	link_print_line("maximum speed", link_speed_text(pcireset_link_get_max_speed(link)));
	link_print_line("maximum width", text("x%u", pcireset_link_get_max_width(link)));
	link_print_line("target speed", target ? link_speed_text(target) : text("none"));
	link_print_line("equalization", text("%s", pcireset_equalization_to_str(
							   pcireset_link_get_equalization(link))));
}

static void link_print_result(const struct link_job *job)
{
	char *was = link_speed_text(job->was_speed);
	char *now = link_speed_text(pcireset_link_get_speed(job->link));

	say(stdout, "%s: trained: was %s x%u, is %s x%u", pcireset_dev_get_name(job->device), was,
	    job->was_width, now, pcireset_link_get_width(job->link));
	free(now);
	free(was);
}

static void link_add_functions(json_object *o, const struct pcireset_link *link)
{
	json_object *list = must(json_object_new_array());
	struct pcireset_dev *dev;

	for (size_t i = 0; (dev = pcireset_link_get_member(link, i)); i++)
		if (json_object_array_add(list,
					  must(json_object_new_string(pcireset_dev_get_name(dev)))))
			must(NULL);
	if (json_object_object_add(o, "functions", list))
		must(NULL);
}

static void link_add_state(json_object *o, const struct pcireset_link *link)
{
	json_add_string(o, "port", pcireset_dev_get_name(pcireset_link_get_port(link)));
	link_add_functions(o, link);
	if (pcireset_link_get_doubt(link))
		json_add_string(o, "functions_unknown", pcireset_link_get_doubt(link));
	json_add_bool(o, "up", pcireset_link_is_up(link));
	json_add_bool(o, "disabled", pcireset_link_is_disabled(link));
	json_add_speed(o, "speed_gts", pcireset_link_get_speed(link));
	json_add_number(o, "width", pcireset_link_get_width(link));
	json_add_speed(o, "max_speed_gts", pcireset_link_get_max_speed(link));
	json_add_number(o, "max_width", pcireset_link_get_max_width(link));
	json_add_speed(o, "target_speed_gts", pcireset_link_get_target_speed(link));
	json_add_string(o, "equalization",
			pcireset_equalization_to_str(pcireset_link_get_equalization(link)));
}

static void link_print_json(const struct link_job *job)
{
	json_object *list = must(json_object_new_array()), *o = must(json_object_new_object());

	json_add_string(o, "device", pcireset_dev_get_name(job->device));
	if (job->link)
		link_add_state(o, job->link);
	if (job->req->link.retrains || job->error)
		json_add_string(o, "result", link_result_of(job));
	if (job->req->link.retrains && job->link) {
		json_add_speed(o, "was_speed_gts", job->was_speed);
		json_add_number(o, "was_width", job->was_width);
	}
	if (job->error) {
		json_add_string(o, "error", pcireset_errno_to_str(job->error));
		json_add_string(o, "message", job->message);
	}
	if (json_object_array_add(list, o))
		must(NULL);
	json_print(json_document(job->machine.ctx, "links", list));
}

/* The registers are read once more: after a failure the former speed was trained. */
int link_finish(const struct link_job *job)
{
	int status = link_status_of(job);

	if (job->req->link.retrains)
		process_settle(status);
	if (job->error && job->link)
		(void)pcireset_link_read(job->link);
	if (is_given(job->req, OPT_JSON))
		link_print_json(job);
	else if (job->error)
		error("%s%s", status == STATUS_REFUSED ? "refused: " : "", job->message);
	else if (job->req->link.retrains)
		link_print_result(job);
	else
		link_print_state(job);
	return status;
}
