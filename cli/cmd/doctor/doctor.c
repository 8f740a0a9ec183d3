/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset doctor: problems of this machine that affect resets, and their remedies. */
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"
#include "doctor.h"
#include "json.h"
#include "table.h"

#define LAST_COLUMN 46 /* the rest of 80 after the columns before it */

static const char *const verdicts[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_NOTE] = "note",
	[VERDICT_TODO] = "todo",
};

/* ---- settings that killed resets left changed */

static void take_leftover(const char *name, enum pcireset_leftover state, const char *words,
			  void *data)
{
	struct doctor *doctor = data;
	struct finding *f;

	switch (state) {
	case PCIRESET_LEFTOVER_TO_REPAIR:
		f = doctor_todo(doctor, "leftovers", text("%s", words), "pcireset doctor --repair");
		break;
	case PCIRESET_LEFTOVER_UNKNOWN:
		f = doctor_todo(doctor, "leftovers", text("%s", words), "sudo pcireset doctor");
		break;
	case PCIRESET_LEFTOVER_RUNNING:
	case PCIRESET_LEFTOVER_REPAIRED:
		f = doctor_add(doctor, "leftovers", VERDICT_OK, text("%s", words));
		break;
	default:
		f = doctor_add(doctor, "leftovers", VERDICT_NOTE, text("%s", words));
	}
	f->device = text("%s", name);
}

static int check_leftovers(struct doctor *doctor)
{
	struct pcireset_ctx *ctx = doctor->machine.ctx;
	size_t before = doctor->nr;
	int r;

	if (!doctor_knows(doctor, "leftovers", "run/pcireset"))
		return STATUS_DONE;
	r = is_given(doctor->req, OPT_REPAIR) ?
		    pcireset_leftovers_repair(ctx, take_leftover, doctor) :
		    pcireset_leftovers_look(ctx, take_leftover, doctor);

	if (r < 0) {
		error("%s", pcireset_ctx_get_errmsg(ctx));
		return status_of_error(r);
	}
	if (doctor->nr == before)
		doctor_add(doctor, "leftovers", VERDICT_OK,
			   text("no killed reset left settings changed"));
	return STATUS_DONE;
}

/* ---- output */

static void print_text(const struct doctor *doctor)
{
	struct libscols_table *table = table_new(doctor->req, stdout);

	table_column(table, "RESULT", 0);
	table_column(table, "CHECK", 0);
	table_column(table, "DEVICE", 0);
	table_column(table, "FINDING AND ACTION", SCOLS_FL_WRAP);
	for (size_t i = 0; i < doctor->nr; i++) {
		const struct finding *f = &doctor->v[i];
		struct libscols_line *line = table_line(table);

		table_set(line, 0, text("%s", verdicts[f->verdict]));
		table_set(line, 1, text("%s", f->check));
		table_set(line, 2, text("%s", f->device ? f->device : ""));
		table_set(line, 3,
			  wrap(stdout,
			       text("%s%s%s", f->text, f->todo ? "; do: " : "",
				    f->todo ? f->todo : ""),
			       width_of_rest(stdout, LAST_COLUMN)));
	}
	table_print(table);
}

static void print_json(const struct doctor *doctor)
{
	json_object *list = must(json_object_new_array());

	for (size_t i = 0; i < doctor->nr; i++) {
		const struct finding *f = &doctor->v[i];

		if (json_object_array_add(list, json_finding(f->check, verdicts[f->verdict],
							     f->device, f->text, f->todo)))
			must(NULL);
	}
	json_print(json_document(doctor->machine.ctx, "checks", list));
}

static int status_of(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->nr; i++)
		if (doctor->v[i].verdict == VERDICT_TODO)
			return STATUS_ERROR;
	return STATUS_DONE;
}

int command_doctor(const struct request *req)
{
	struct doctor doctor = { .req = req };
	int status = machine_open(&doctor.machine, req);

	if (!status) {
		doctor_check_machine(&doctor);
		doctor_run(&doctor, "command-line", doctor_check_boot);
		doctor_check_rules(&doctor);
		status = check_leftovers(&doctor);
	}
	if (!status) {
		doctor_check_power(&doctor);
		doctor_check_devices(&doctor);
		if (is_given(req, OPT_JSON))
			print_json(&doctor);
		else
			print_text(&doctor);
		status = status_of(&doctor);
	}
	doctor_drop(&doctor, 0);
	free(doctor.v);
	return machine_finish(&doctor.machine, status);
}
