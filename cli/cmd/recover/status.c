/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset recover --status: needs no privileges. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"
#include "recover.h"
#include "table.h"

static void print_json(const struct records *records)
{
	json_object *o = must(json_object_new_object()), *devices = must(json_object_new_array());

	json_add_number(o, "pcireset", 1);
	json_add_bool(o, "running", records_is_running(records));
	json_add_string(o, "since", records->since);
	records_add_counts(o, records);
	for (size_t i = 0; i < records->nr; i++)
		json_object_array_add(devices, known_json(&records->v[i], "report"));
	json_object_object_add(o, "devices", devices);
	json_print(o);
}

static char *cell_text(const char *words)
{
	return text("%s", words ? words : "-");
}

static void print_table(const struct request *req, const struct records *records)
{
	struct libscols_table *table = table_new(req, stdout);
	static const char *const columns[] = { "DEVICE", "STATE", "REPORT", "STEP", "TIME" };

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		table_column(table, columns[i], 0);
	table_column(table, "REASON", SCOLS_FL_WRAP);
	for (size_t i = 0; i < records->nr; i++) {
		const struct known *known = &records->v[i];
		struct libscols_line *line = table_line(table);

		table_set(line, 0, cell_text(known->history.device));
		table_set(line, 1, cell_text(known->state));
		table_set(line, 2, cell_text(known->event));
		table_set(line, 3, cell_text(known->step));
		table_set(line, 4, cell_text(known->time));
		table_set(line, 5, cell_text(known->why));
	}
	table_print(table);
}

static void print_text(const struct request *req, const struct records *records)
{
	printf("service: %s\n", records_is_running(records) ? "running" : "not running");
	printf("recovered %" PRIu64 ", gave up %" PRIu64 ", refused %" PRIu64 ", ignored %" PRIu64
	       ", lost events %" PRIu64 "\n",
	       records->results[RESULT_RECOVERED], records->results[RESULT_GAVE_UP],
	       records->nr_refused, records->nr_ignored, records->nr_lost);
	if (records->nr)
		print_table(req, records);
}

/* The exit status is 1 if the service does not run, or a function is not recovered. */
int recover_status(const struct request *req)
{
	struct records records = { 0 };
	int r = records_load(&records), status = STATUS_DONE;

	if (r && r != -ENOENT) {
		error("%s: %s", RECOVER_STATE, strerror(-r));
		records_clear(&records);
		return STATUS_ERROR;
	}
	if (is_given(req, OPT_JSON))
		print_json(&records);
	else
		print_text(req, &records);
	if (!records_is_running(&records))
		status = STATUS_ERROR;
	for (size_t i = 0; i < records.nr; i++)
		if (!records.v[i].state || strcmp(records.v[i].state, "recovered"))
			status = STATUS_ERROR;
	records_clear(&records);
	return status;
}
