/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset plan: the functions that a reset would affect. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"
#include "json.h"
#include "report.h"

/* A function that is gone now has no types. */
static void add_json(struct json_devices *list, struct pcireset_plan *plan)
{
	struct pcireset_dev *dev = pcireset_plan_get_dev(plan);

	int r = pcireset_dev_query(dev);

	if (r < 0 && r != -ENODEV)
		process_abort(pcireset_ctx_get_errmsg(pcireset_dev_get_ctx(dev)));
	json_add_plan(json_add_device(list, dev), plan);
}

/* Return NULL after an error message if no plan is possible. */
static struct pcireset_plan *make_plan(struct machine *m, const struct request *req, size_t i,
				       struct pcireset_batch *batch, int *ret_status)
{
	struct pcireset_plan *plan = NULL;
	int r = machine_plan(m, req, m->devs[i], &plan);
	char *way;

	if (!r)
		r = resolve_into(batch, plan);
	*ret_status = status_of_error(r);
	if (!r || (plan && pcireset_plan_get_message(plan)))
		return plan;
	way = way_out_of_error(m->devs[i], r);
	error("%s%s", pcireset_ctx_get_errmsg(m->ctx), way);
	free(way);
	return pcireset_plan_unref(plan);
}

/* Print a refused plan like any other. The status reports the refusal. */
static int show_plan(const struct request *req, struct pcireset_plan *plan,
		     struct json_devices *list)
{
	int status = STATUS_DONE;

	if (list->array)
		add_json(list, plan);
	else
		plan_print(req, plan, stdout);
	if (req->svg)
		status = svg_draw(req, plan);
	if (!status && !pcireset_plan_get_error(plan) && pcireset_plan_get_unknown(plan, 0))
		status = STATUS_UNKNOWN;
	return status;
}

/* The best choice for one device may depend on the others, so plan all before printing one. */
static int plan_all(struct machine *m, const struct request *req)
{
	struct pcireset_plan **plans = must(calloc(m->nr_devs, sizeof(struct pcireset_plan *)));
	int *statuses = must(calloc(m->nr_devs, sizeof(*statuses))), status;
	struct json_devices list = { NULL, NULL, NULL };
	struct pcireset_batch *batch = batch_new(m);

	if (is_given(req, OPT_JSON))
		list.array = must(json_object_new_array());
	for (size_t i = 0; i < m->nr_devs; i++)
		plans[i] = make_plan(m, req, i, batch, &statuses[i]);
	choose(batch);
	for (size_t i = 0; i < m->nr_devs; i++) {
		int drawn = STATUS_DONE;

		if (plans[i] && i && !list.array && !pcireset_plan_get_leader(plans[i]))
			putchar('\n');
		if (plans[i])
			drawn = show_plan(req, plans[i], &list);
		if (drawn)
			statuses[i] = drawn;
		pcireset_plan_unref(plans[i]);
	}
	if (list.array)
		json_print(json_document(m->ctx, "devices", list.array));
	status = status_merge(statuses, m->nr_devs);
	free(statuses);
	free(plans);
	return status;
}

int command_plan(const struct request *req)
{
	struct machine m = { 0 };
	int status = machine_open(&m, req);

	allow_many_files(&m);
	if (!status && req->svg && m.nr_devs != 1)
		status = usage_error("plan: --svg takes exactly one device");
	if (!status)
		status = plan_all(&m, req);
	return machine_finish(&m, status);
}
