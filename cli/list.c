/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset list: every function of the machine. */
#include "cli.h"

static int print_json(struct machine *m)
{
	struct json_devices list = { .array = must(json_object_new_array()) };
	struct pcireset_dev *dev;

	pcireset_dev_foreach(m->ctx, dev)
		json_add_device(&list, dev);
	json_print(json_document(m->ctx, "devices", list.array));
	return STATUS_DONE;
}

int command_list(const struct request *req)
{
	struct machine m = { 0 };
	int status = machine_open(&m, req);

	if (!status)
		status = machine_query(&m);
	if (!status)
		status = is_given(req, OPT_JSON) ? print_json(&m) : columns_print(&m, req);
	machine_close(&m);
	return status;
}
