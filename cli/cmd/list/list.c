/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset list: all or some functions of the machine, as a table or as a tree. */
#include <stdlib.h>
#include "cmd/cmd.h"
#include "json.h"
#include "list.h"

static void select_function(struct selection *list, struct pcireset_dev *dev)
{
	list->v[list->nr++].dev = dev;
}

static void select_all(struct machine *m, const struct request *req, struct selection *list)
{
	struct pcireset_dev *dev;

	pcireset_dev_foreach(m->ctx, dev)
		if (filters_fit(req, dev))
			select_function(list, dev);
}

/* ---- named functions */

/* In the order of their names. */
static int select_named(struct machine *m, const struct request *req, struct selection *list)
{
	int *statuses = must(calloc(m->nr_devs, sizeof(*statuses))), status;

	for (size_t i = 0; i < m->nr_devs; i++) {
		int r = pcireset_dev_query(m->devs[i]);

		statuses[i] = status_of_error(r);
		if (r < 0)
			error("%s", pcireset_ctx_get_errmsg(m->ctx));
		else if (filters_fit(req, m->devs[i]))
			select_function(list, m->devs[i]);
	}
	status = status_merge(statuses, m->nr_devs);
	free(statuses);
	return status;
}

/* A tree also shows the functions below. Removed functions are no longer in the context. */
static int check_named(const struct machine *m)
{
	int *statuses = must(calloc(m->nr_devs + 1, sizeof(*statuses))), status;

	for (size_t i = 0; i < m->nr_devs; i++) {
		const struct pcireset_dev *dev = m->devs[i];

		if (pcireset_ctx_get_dev(m->ctx, pcireset_dev_get_addr(dev)) == dev)
			continue;
		error("%s: the device is gone", pcireset_dev_get_name(dev));
		statuses[i] = STATUS_ERROR;
	}
	status = status_merge(statuses, m->nr_devs);
	free(statuses);
	return status;
}

static int print_json(struct machine *m, const struct selection *selection)
{
	struct json_devices list = { .array = must(json_object_new_array()) };

	for (size_t i = 0; i < selection->nr; i++)
		json_add_device(&list, selection->v[i].dev);
	json_print(json_document(m->ctx, "devices", list.array));
	return STATUS_DONE;
}

static int list_functions(struct machine *m, const struct request *req)
{
	bool is_tree = is_given(req, OPT_TREE), is_named = m->nr_devs && !is_tree;
	int status = is_named ? STATUS_DONE : machine_query(m);
	size_t room = machine_count(m) + m->nr_devs + 1;
	struct selection list = { .v = must(calloc(room, sizeof(*list.v))) };

	if (status)
		goto free_list;
	if (is_named)
		status = select_named(m, req, &list);
	else if (is_tree)
		status = check_named(m);
	if (is_tree)
		tree_select(m, req, &list);
	else if (!is_named)
		select_all(m, req, &list);
	if (is_given(req, OPT_JSON))
		print_json(m, &list);
	else
		columns_print(req, &list);
free_list:
	free(list.v);
	return status;
}

int command_list(const struct request *req)
{
	struct machine m = { 0 };
	int status = machine_open(&m, req);

	if (!status)
		status = list_functions(&m, req);
	if (!status && !(req->given & (OPT_JSON | OPT_RAW)))
		machine_note_unknown(&m);
	return machine_finish(&m, status);
}
