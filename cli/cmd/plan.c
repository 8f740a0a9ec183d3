/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset plan: the functions that a reset would affect. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"

#define LAST_COLUMN 44 /* the rest of 80 after the columns before it */

static void add_member(struct libscols_table *table, struct pcireset_plan *plan,
		       const struct pcireset_member *member, FILE *out)
{
	struct pcireset_dev *named = pcireset_plan_get_dev(plan);
	struct pcireset_ctx *ctx = pcireset_dev_get_ctx(named);
	const struct pcireset_dev *dev = pcireset_dev_from_addr(ctx, &member->addr);
	const char *driver = dev ? pcireset_dev_get_driver(dev) : NULL;
	struct libscols_line *line = table_line(table);
	char buf[PCIRESET_ADDR_STR_MAX];

	table_set(line, 0, text("%s", pcireset_addr_to_str(&member->addr, buf)));
	table_set(line, 1, text("%s", member->flags & PCIRESET_MEMBER_RESET ? "reset" : "cut off"));
	table_set(line, 2, text("%s", driver ? driver : ""));
	table_set(line, 3,
		  dev ? wrap(out, users_details(dev), width_of_rest(out, LAST_COLUMN)) :
			text("%s", ""));
}

/* Unknown facts that could refuse the plan. */
static void print_unknown(const struct pcireset_plan *plan, FILE *out)
{
	const char *unknown;

	for (size_t i = 0; (unknown = pcireset_plan_get_unknown(plan, i)); i++)
		say(out, "%s: not known: %s", pcireset_dev_get_name(pcireset_plan_get_dev(plan)),
		    unknown);
}

static void print_verdict(const struct request *req, struct pcireset_plan *plan, FILE *out)
{
	const char *name = pcireset_dev_get_name(pcireset_plan_get_dev(plan));
	const char *message = pcireset_plan_get_message(plan);
	const char *choice = pcireset_plan_get_choice(plan);
	uint32_t type = pcireset_plan_get_type(plan);
	size_t nr = pcireset_plan_get_nr_members(plan);

	if (type)
		fprintf(out, "%s: %s would hit %zu function%s\n", name,
			pcireset_type_to_str(type, pcireset_plan_get_type_flags(plan)), nr,
			nr == 1 ? "" : "s");
	if (pcireset_plan_get_delay_ms(plan))
		fprintf(out, "%s: a rule delays the report by %u ms\n", name,
			pcireset_plan_get_delay_ms(plan));
	if (choice)
		say(out, "%s: %s", name, choice);
	if (message) {
		char *way = way_out(req, plan);

		say(out, "%s: refused: %s%s", name, message, way);
		free(way);
	}
	print_unknown(plan, out);
}

/* The functions of a shared reset are printed for its leader only. */
static bool print_shared(const struct pcireset_plan *plan, FILE *out)
{
	const struct pcireset_dev *leader = pcireset_plan_get_leader(plan);

	if (leader)
		fprintf(out, "%s: by the %s reset of %s\n",
			pcireset_dev_get_name(pcireset_plan_get_dev(plan)),
			pcireset_type_to_str(pcireset_plan_get_type(plan),
					     pcireset_plan_get_type_flags(plan)),
			pcireset_dev_get_name(leader));
	return leader;
}

void plan_print(const struct request *req, struct pcireset_plan *plan, FILE *out)
{
	struct libscols_table *table;
	const struct pcireset_member *member;

	if (print_shared(plan, out))
		return;
	print_verdict(req, plan, out);
	if (!pcireset_plan_get_nr_members(plan))
		return;
	table = table_new(req, out);
	table_column(table, "FUNCTION", 0);
	table_column(table, "EFFECT", 0);
	table_column(table, "DRIVER", 0);
	table_column(table, "IN USE BY", SCOLS_FL_WRAP);
	for (size_t i = 0; (member = pcireset_plan_get_member(plan, i)); i++)
		add_member(table, plan, member, out);
	table_print(table);
}

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
		status = usage_error("plan: --svg draws one device");
	if (!status)
		status = plan_all(&m, req);
	return machine_finish(&m, status);
}
