/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pcireset show: the types of a function, with their affected functions or the reason
 * for a missing one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"
#include "json.h"
#include "table.h"

#define LAST_COLUMN 54 /* the rest of 80 after the columns before it */

static char *types_text(uint32_t types)
{
	char buf[128];

	return text("%s", pcireset_types_to_str(types, buf, sizeof(buf)) < 0 ? "?" : buf);
}

static char *affected_functions(struct pcireset_dev *dev, uint32_t type)
{
	char *all = text("%s", "");
	const struct pcireset_member *member;

	for (size_t i = 0; (member = pcireset_dev_get_member(dev, type, i)); i++) {
		char buf[PCIRESET_ADDR_STR_MAX];

		all = join(all, text("%s", pcireset_addr_to_str(&member->addr, buf)));
	}
	return all;
}

static void add_type(struct libscols_table *table, struct pcireset_dev *dev, uint32_t type)
{
	struct libscols_line *line = table_line(table);
	uint32_t flags = pcireset_dev_get_type_flags(dev, type);
	bool works = pcireset_dev_get_types(dev) & type;

	table_set(line, 0, text("%s", pcireset_type_to_str(type, flags)));
	if (works) {
		table_set(line, 1,
			  text("%s", pcireset_scope_to_str(pcireset_dev_get_scope(dev, type))));
		table_set(line, 2,
			  wrap(stdout, affected_functions(dev, type),
			       width_of_rest(stdout, LAST_COLUMN)));
	} else {
		table_set(line, 1, text("%s", "no"));
		table_set(line, 2,
			  wrap(stdout, text("%s", pcireset_dev_get_why_not_text(dev, type)),
			       width_of_rest(stdout, LAST_COLUMN)));
	}
}

static bool is_hit(struct pcireset_dev *dev, uint32_t type, const struct pcireset_addr *addr)
{
	const struct pcireset_member *member;

	for (size_t i = 0; (member = pcireset_dev_get_member(dev, type, i)); i++)
		if (!memcmp(&member->addr, addr, sizeof(*addr)))
			return true;
	return false;
}

/* The reset types of dev that affect another function. */
static char *hit_by(struct pcireset_dev *dev, const struct pcireset_addr *addr)
{
	char *all = text("%s", "");
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++)
		if (is_hit(dev, type, addr))
			all = join(all, text("%s",
					     pcireset_type_to_str(type, pcireset_dev_get_type_flags(
										dev, type))));
	return all;
}

static bool is_above(struct pcireset_dev *dev, struct pcireset_dev *below)
{
	for (; below; below = pcireset_dev_get_parent(below))
		if (below == dev)
			return true;
	return false;
}

/* Types are words of up to 15 characters, and should not be broken. */
static size_t width_of_types(void)
{
	size_t width = width_of_part(stdout, 20), least = strlen("device_specific");

	return width > least ? width : least;
}

static void add_branch(struct libscols_table *table, struct pcireset_dev *dev,
		       struct pcireset_dev *top, struct libscols_line *above)
{
	struct libscols_line *line = must(smartcols.scols_table_new_line(table, above));
	const char *driver = pcireset_dev_get_driver(top);
	char *types = hit_by(dev, pcireset_dev_get_addr(top));
	struct pcireset_dev *below;

	if (*types)
		color_line(line, top == dev ? COLOR_NAMED : COLOR_HIT);
	table_set(line, 0, text("%s", pcireset_dev_get_name(top)));
	table_set(line, 1, *types ? wrap(stdout, types, width_of_types()) : types);
	table_set(line, 2, text("%s", driver ? driver : ""));
	table_set(line, 3, wrap(stdout, users_text(top), width_of_part(stdout, 22)));
	pcireset_dev_foreach(pcireset_dev_get_ctx(dev), below) {
		char *hits;

		if (pcireset_dev_get_parent(below) != top)
			continue;
		/* Of the unaffected functions, print only those on the way to dev. */
		hits = hit_by(dev, pcireset_dev_get_addr(below));
		if (*hits || is_above(below, dev))
			add_branch(table, dev, below, line);
		free(hits);
	}
}

/* Print the position of the function, and the other functions that its types affect. */
static void print_tree(const struct request *req, struct pcireset_dev *dev)
{
	struct pcireset_dev *top = dev, *parent;
	struct libscols_table *table;

	while ((parent = pcireset_dev_get_parent(top)) && parent != top)
		top = parent;
	if (!pcireset_dev_get_types(dev))
		return;
	table = table_new(req, stdout);
	table_column(table, "FUNCTION", SCOLS_FL_TREE);
	table_column(table, "AFFECTED BY", SCOLS_FL_WRAP);
	table_column(table, "DRIVER", 0);
	table_column(table, "IN USE BY", SCOLS_FL_WRAP);
	add_branch(table, dev, top, NULL);
	putchar('\n');
	table_print(table);
	if (is_colored(req))
		color_legend();
}

static void print_way_out(struct pcireset_dev *dev)
{
	char *way = pcireset_dev_get_topmost_gone(dev) ? way_out_of_error(dev, -ENODEV) : NULL;

	if (way)
		printf("It does not respond%s\n", way);
	free(way);
}

/* "denies slot,bus; delays flr by 500 ms: the reason (FILE:LINE)" */
static char *rule_words(const struct pcireset_rule *rule)
{
	const char *reason = pcireset_rule_get_reason(rule);
	uint32_t denied = pcireset_rule_get_denied(rule);
	uint32_t delay_ms = pcireset_rule_get_delay_ms(rule);
	char *denies = types_text(denied), *delays = types_text(pcireset_rule_get_delayed(rule));
	char *words, *delay = text("%u ms after %s", delay_ms, delays);

	words = text("%s%s%s%s%s%s (%s)", denied ? "denies " : "", denies,
		     denied && delay_ms ? "; " : "", delay_ms ? delay : "", reason ? ": " : "",
		     reason ? reason : "", pcireset_rule_get_where(rule));
	free(denies);
	free(delays);
	free(delay);
	return words;
}

static void print_rules(const struct pcireset_dev *dev)
{
	const struct pcireset_rule *rule;

	for (size_t i = 0; (rule = pcireset_dev_get_rule(dev, i)); i++) {
		char *words = rule_words(rule);

		say(stdout, "rule: %s", words);
		free(words);
	}
}

/* "slot 101 (0000:00:06.0)", or why not */
static char *power_words(struct pcireset_dev *dev)
{
	struct pcireset_dev *port;
	const char *words;
	enum pcireset_power power = pcireset_dev_get_power(dev, &port, &words);

	if (power == PCIRESET_POWER_SLOT)
		return text("power cycle: slot %s (%s)", words, pcireset_dev_get_name(port));
	if (power == PCIRESET_POWER_D3COLD)
		return text("power cycle: D3cold of %s", pcireset_dev_get_name(port));
	return text("power cycle: %s: %s", power ? "unknown" : "no", words);
}

static void print_power(struct pcireset_dev *dev)
{
	char *words = wrap(stdout, power_words(dev), width_of_rest(stdout, 80));

	puts(words);
	free(words);
}

static void print_text(const struct request *req, struct pcireset_dev *dev)
{
	struct libscols_table *table = table_new(req, stdout);
	size_t width = output_width(stdout);
	char *description = device_description(dev), *users = users_details(dev);
	const char *driver = pcireset_dev_get_driver(dev), *slot = pcireset_dev_get_slot(dev);
	const struct pcireset_dev *physfn = pcireset_dev_get_physfn(dev);
	bool is_dump = pcireset_ctx_is_dump(pcireset_dev_get_ctx(dev));
	uint32_t type;

	printf("%s [%04x:%04x]\n", pcireset_dev_get_name(dev), pcireset_dev_get_vendor(dev),
	       pcireset_dev_get_device(dev));
	say(stdout, "%.*s", width ? (int)width : -1, description);
	say(stdout, "driver: %s", driver ? driver : is_dump ? "unknown" : "none");
	if (slot)
		say(stdout, "slot: %s", slot);
	if (physfn)
		printf("virtual function of: %s\n", pcireset_dev_get_name(physfn));
	say(stdout, "in use by: %s", *users ? users : is_dump ? "unknown" : "-");
	print_power(dev);
	print_rules(dev);
	table_column(table, "TYPE", 0);
	table_column(table, "REACHES", 0);
	table_column(table, "FUNCTIONS, OR REASON", SCOLS_FL_WRAP);
	for (size_t i = 0; (type = pcireset_type_at(i)); i++)
		add_type(table, dev, type);
	table_print(table);
	print_way_out(dev);
	print_tree(req, dev);
	free(description);
	free(users);
}

static int show_devices(struct machine *m, const struct request *req)
{
	bool json = is_given(req, OPT_JSON);
	struct json_devices list = { .array = json ? must(json_object_new_array()) : NULL };
	int *statuses = must(calloc(m->nr_devs, sizeof(*statuses))), status;

	for (size_t i = 0; i < m->nr_devs; i++) {
		struct pcireset_dev *dev = m->devs[i];
		int r = pcireset_dev_query(dev);

		statuses[i] = status_of_error(r);
		if (r < 0) {
			error("%s", pcireset_ctx_get_errmsg(m->ctx));
			continue;
		}
		if (json)
			json_add_power_cycle(json_add_device(&list, dev), dev);
		if (!json && i)
			putchar('\n');
		if (!json)
			print_text(req, dev);
	}
	if (json)
		json_print(json_document(m->ctx, "devices", list.array));
	status = status_merge(statuses, m->nr_devs);
	free(statuses);
	return status;
}

int command_show(const struct request *req)
{
	struct machine m = { 0 };
	int status = machine_open(&m, req);

	if (!status)
		status = show_devices(&m, req);
	return machine_finish(&m, status);
}
