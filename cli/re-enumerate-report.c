/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of re-enumerate: as lines, as JSON, and as an exit status. */
#include <stdlib.h>
#include "reenumerate.h"

static const char *result_of(const struct reenumeration *e)
{
	if (e->error)
		return e->is_touched ? "failed" : "refused";
	return differences_has_missing(&e->differences) ? "incomplete" : "done";
}

static int status_of(const struct reenumeration *e)
{
	if (e->error && !e->is_touched)
		return status_of_error(e->error);
	return e->error || differences_has_missing(&e->differences) ? STATUS_TOUCHED : STATUS_DONE;
}

static void print_difference(const struct difference *d, bool is_quiet)
{
	const char *now = d->now ? d->now : "gone";
	char *line = d->was ? text("%s: %s was %s, and is %s", d->device, d->what, d->was, now) :
			      text("%s: %s %s is new", d->device, d->what, now);

	if (d->is_missing)
		error("%s", line);
	else if (!is_quiet)
		say(stdout, "%s", line);
	free(line);
}

/* The device has no driver and may be gone: the user must act. */
static void print_failure(const struct reenumeration *e)
{
	const char *name = pcireset_dev_get_name(e->device);

	if (!e->is_touched)
		error("%s: %s%s", name, status_of(e) == STATUS_REFUSED ? "refused: " : "",
		      e->message);
	else if (e->is_changed)
		error("%s: %s; its drivers are unbound: run re-enumerate again, or bind them: "
		      "echo %s > /sys/bus/pci/drivers_probe",
		      name, e->message, name);
	else
		error("%s: %s; its drivers are bound again, nothing was reset", name, e->message);
}

static void print_text(const struct reenumeration *e)
{
	bool is_quiet = is_given(e->req, OPT_QUIET);

	if (e->error) {
		print_failure(e);
		return;
	}
	for (size_t i = 0; i < e->differences.nr; i++)
		print_difference(&e->differences.v[i], is_quiet);
	if (!is_quiet)
		printf("%s: %s reset, %zu function%s removed, %zu found%s\n",
		       pcireset_dev_get_name(e->device), pcireset_type_to_str(e->type, 0),
		       e->was.nr, e->was.nr == 1 ? "" : "s", e->now.nr,
		       e->differences.nr ? "" : ", all as before");
}

int reenumerate_finish(const struct reenumeration *e)
{
	int status = process_settle(status_of(e));
	json_object *list;

	if (!is_given(e->req, OPT_JSON)) {
		print_text(e);
		return status;
	}
	list = must(json_object_new_array());
	if (json_object_array_add(list, json_reenumeration(e, result_of(e))))
		must(NULL);
	json_print(json_document(e->machine.ctx, "reenumerations", list));
	return status;
}
