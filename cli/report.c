/* SPDX-License-Identifier: GPL-2.0-only */
/* Plans and affected functions as text. */
#include <stdlib.h>
#include "report.h"

#define LAST_COLUMN 44 /* the rest of 80 after the columns before it */

static void add_member(struct libscols_table *table, struct pcireset_plan *plan,
		       const struct pcireset_member *member, FILE *out)
{
	struct pcireset_dev *named = pcireset_plan_get_dev(plan);
	struct pcireset_ctx *ctx = pcireset_dev_get_ctx(named);
	const struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, &member->addr);
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
		say(out, "%s: unknown: %s", pcireset_dev_get_name(pcireset_plan_get_dev(plan)),
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
		fprintf(out, "%s: %s would affect %zu function%s\n", name,
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
		fprintf(out, "%s: included in the %s reset of %s\n",
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

void member_print(const struct pcireset_member *member)
{
	char buf[PCIRESET_ADDR_STR_MAX];

	printf("  %s: %s, proof %s, ready after %.1f ms", pcireset_addr_to_str(&member->addr, buf),
	       pcireset_state_to_str(member->state), pcireset_proof_to_str(member->proof),
	       (double)member->ready_ns / 1e6);
	for (uint32_t bit = 1; bit; bit <<= 1)
		if (member->failed & bit)
			printf(", %s failed", pcireset_check_to_str(bit));
	if (member->failed & PCIRESET_CHECK_CONFIG)
		printf(" at %#x", member->offset);
	if (member->flags & PCIRESET_MEMBER_LATE)
		printf(", late, being restored");
	putchar('\n');
}
