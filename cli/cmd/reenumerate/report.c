/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of re-enumerate: as lines, as JSON, and as an exit status. */
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "reenumerate.h"

static bool is_touched(const struct reenumeration *e)
{
	return e->steps && pcireset_reenumeration_is_touched(e->steps);
}

static const char *result_of(const struct reenumeration *e)
{
	if (e->error)
		return is_touched(e) ? "failed" : "refused";
	return pcireset_reenumeration_has_missing(e->steps) ? "incomplete" : "done";
}

static int status_of(const struct reenumeration *e)
{
	if (e->error && !is_touched(e))
		return status_of_error(e->error);
	return e->error || pcireset_reenumeration_has_missing(e->steps) ? STATUS_TOUCHED :
									  STATUS_DONE;
}

static void print_difference(const struct pcireset_difference *d, bool is_quiet)
{
	const char *was = pcireset_difference_get_was(d), *now = pcireset_difference_get_now(d);
	const char *device = pcireset_difference_get_device(d);
	const char *what = pcireset_difference_get_what(d);
	char *line = was ? text("%s: %s was %s, and is %s", device, what, was, now ? now : "gone") :
			   text("%s: %s %s is new", device, what, now ? now : "gone");

	if (pcireset_difference_is_missing(d))
		error("%s", line);
	else if (!is_quiet)
		say(stdout, "%s", line);
	free(line);
}

/* In messages about a device that was not found again. */
#define REPAIR "pcireset doctor --repair"

/* The device has no driver and may be gone: the user must act. */
static void print_failure(const struct reenumeration *e)
{
	const char *name = pcireset_dev_get_name(e->device);

	if (!is_touched(e))
		error("%s: %s%s", name, status_of(e) == STATUS_REFUSED ? "refused: " : "",
		      e->message);
	else if (pcireset_reenumeration_get_after(e->steps, 0, NULL))
		error("%s: %s; it was found again", name, e->message);
	else if (strstr(e->message, REPAIR))
		error("%s: %s", name, e->message);
	else if (pcireset_reenumeration_is_changed(e->steps))
		error("%s: %s; its drivers are unbound: run re-enumerate again, or bind them: "
		      "echo %s > /sys/bus/pci/drivers_probe",
		      name, e->message, name);
	else
		error("%s: %s; its drivers are bound again, nothing was reset", name, e->message);
}

static size_t count_names(const struct reenumeration *e,
			  const char *(*get)(const struct pcireset_reenumeration *, size_t,
					     const char **))
{
	size_t nr = 0;

	while (get(e->steps, nr, NULL))
		nr++;
	return nr;
}

static void print_summary(const struct reenumeration *e)
{
	size_t before = count_names(e, pcireset_reenumeration_get_before);
	size_t after = count_names(e, pcireset_reenumeration_get_after);
	uint32_t type = pcireset_reenumeration_get_type(e->steps);
	const char *what = e->req->cuts_power ? "power cycle" : pcireset_type_to_str(type, 0);

	printf("%s: %s%s, %zu function%s removed, %zu found%s\n", pcireset_dev_get_name(e->device),
	       what, e->req->cuts_power ? "" : " reset", before, before == 1 ? "" : "s", after,
	       pcireset_reenumeration_get_difference(e->steps, 0) ? "" : ", all as before");
}

/* "power: off, link down, state forgotten" */
static void print_signs(const struct reenumeration *e)
{
	static const struct {
		enum pcireset_sign sign;
		const char *words[2]; /* no and yes */
	} rows[] = {
		{ PCIRESET_SIGN_OFF, { "on", "off" } },
		{ PCIRESET_SIGN_LINK_DOWN, { "link up", "link down" } },
		{ PCIRESET_SIGN_FORGOT, { "state kept", "state forgotten" } },
	};
	const char *slot = pcireset_reenumeration_get_slot(e->steps);
	const char *name = pcireset_dev_get_name(e->device);
	char *all = text("%s: power of %s%s", name, slot ? "slot " : "",
			 slot ? slot : pcireset_reenumeration_get_port(e->steps));
	const char *between = ":";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = pcireset_reenumeration_get_sign(e->steps, rows[i].sign);
		char *before = all;

		if (r < 0)
			continue;
		all = text("%s%s %s", before, between, rows[i].words[r]);
		free(before);
		between = ",";
	}
	if (*between == ',')
		say(stdout, "%s", all);
	free(all);
}

static void print_text(const struct reenumeration *e)
{
	bool is_quiet = is_given(e->req, OPT_QUIET);
	const struct pcireset_difference *d;

	if (e->req->cuts_power && e->steps && is_touched(e) && !is_quiet)
		print_signs(e);
	if (e->error) {
		print_failure(e);
		return;
	}
	for (size_t i = 0; (d = pcireset_reenumeration_get_difference(e->steps, i)); i++)
		print_difference(d, is_quiet);
	if (!is_quiet)
		print_summary(e);
}

int reenumerate_finish(const struct reenumeration *e)
{
	int status = process_settle(status_of(e));
	const struct json_reenumeration shown = {
		.dev = e->device,
		.steps = e->steps,
		.result = result_of(e),
		.error = e->error,
		.message = e->message,
	};
	json_object *list;

	if (!is_given(e->req, OPT_JSON)) {
		print_text(e);
		return status;
	}
	list = must(json_object_new_array());
	if (json_object_array_add(list, json_reenumeration(&shown)))
		must(NULL);
	json_print(json_document(e->machine.ctx, "reenumerations", list));
	return status;
}
