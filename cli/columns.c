/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of list: one table for the output, -o and the help. */
#include <stdlib.h>
#include <string.h>
#include "table.h"

struct column {
	const char *name;
	const char *help;
	int flags;
	char *(*get)(struct pcireset_dev *dev);
};

#define WRAPPED_COLUMN 20 /* so that the default columns fit in 80 */

static const char default_columns[] = "DEVICE,DRIVER,REACH,USERS,NAME";

static char *get_device(struct pcireset_dev *dev)
{
	return text("%s", pcireset_dev_get_name(dev));
}

static char *get_driver(struct pcireset_dev *dev)
{
	const char *driver = pcireset_dev_get_driver(dev);

	return text("%s", driver ? driver : "");
}

static char *get_vendor(struct pcireset_dev *dev)
{
	return text("0x%04x", pcireset_dev_get_vendor(dev));
}

static char *get_id(struct pcireset_dev *dev)
{
	return text("0x%04x", pcireset_dev_get_device(dev));
}

static char *get_class(struct pcireset_dev *dev)
{
	return text("0x%06x", pcireset_dev_get_class(dev));
}

static char *get_slot(struct pcireset_dev *dev)
{
	const char *slot = pcireset_dev_get_slot(dev);

	return text("%s", slot ? slot : "");
}

static char *get_parent(struct pcireset_dev *dev)
{
	const struct pcireset_dev *parent = pcireset_dev_get_parent(dev);

	return text("%s", parent ? pcireset_dev_get_name(parent) : "");
}

static char *get_physfn(struct pcireset_dev *dev)
{
	const struct pcireset_dev *physfn = pcireset_dev_get_physfn(dev);

	return text("%s", physfn ? pcireset_dev_get_name(physfn) : "");
}

static char *get_users(struct pcireset_dev *dev)
{
	return users_text(dev);
}

static char *get_types(struct pcireset_dev *dev)
{
	char *all = text("%s", "");
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++)
		if (pcireset_dev_get_types(dev) & type)
			all = join(all, text("%s",
					     pcireset_type_to_str(type, pcireset_dev_get_type_flags(
										dev, type))));
	return all;
}

static char *get_reach(struct pcireset_dev *dev)
{
	char *all = text("%s", "");
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++)
		if (pcireset_dev_get_types(dev) & type)
			all = join(all, text("%s:%zu",
					     pcireset_type_to_str(
						     type, pcireset_dev_get_type_flags(dev, type)),
					     pcireset_dev_get_nr_members(dev, type)));
	return all;
}

static const struct column columns[] = {
	{ "DEVICE", "address", 0, get_device },
	{ "DRIVER", "bound driver", 0, get_driver },
	{ "TYPES", "reset types that would work now", SCOLS_FL_WRAP, get_types },
	{ "REACH", "the same, with the number of affected functions", SCOLS_FL_WRAP, get_reach },
	{ "USERS", "current users of the function", SCOLS_FL_WRAP, get_users },
	{ "NAME", "vendor and device names", SCOLS_FL_TRUNC, device_description },
	{ "VENDOR", "vendor ID", 0, get_vendor },
	{ "ID", "device ID", 0, get_id },
	{ "CLASS", "class code", 0, get_class },
	{ "SLOT", "physical slot", 0, get_slot },
	{ "PARENT", "bridge above", 0, get_parent },
	{ "PHYSFN", "physical function of a virtual function", 0, get_physfn },
};

const struct column *column_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (strlen(columns[i].name) == len && !strncasecmp(columns[i].name, name, len))
			return &columns[i];
	return NULL;
}

const char *column_at(size_t i)
{
	return i < ARRAY_SIZE(columns) ? columns[i].name : NULL;
}

void columns_help(void)
{
	printf("\nColumns (default: %s):\n", default_columns);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		printf("  %-10s %s\n", columns[i].name, columns[i].help);
}

typedef void (*column_fn)(const struct column *column, void *data);

/* Call fn for each of the comma-separated columns. Return the name of an invalid one. */
static const char *foreach_name(const char *p, column_fn fn, void *data)
{
	for (;;) {
		size_t len = strcspn(p, ",");
		const struct column *column = column_find(p, len);

		if (!column)
			return p;
		if (fn)
			fn(column, data);
		if (!p[len])
			return NULL;
		p += len + 1;
	}
}

/* The same for the requested columns; "+" adds to the default. */
static const char *foreach_column(const struct request *req, column_fn fn, void *data)
{
	bool is_more = req->columns && *req->columns == '+';
	const char *bad = NULL;

	for (size_t i = 0; is_given(req, OPT_OUTPUT_ALL) && i < ARRAY_SIZE(columns); i++)
		if (fn)
			fn(&columns[i], data);
	if (is_given(req, OPT_OUTPUT_ALL))
		return NULL;
	if (!req->columns || is_more)
		bad = foreach_name(default_columns, fn, data);
	if (!bad && req->columns)
		bad = foreach_name(req->columns + is_more, fn, data);
	return bad;
}

int columns_check(const struct request *req)
{
	const char *bad = foreach_column(req, NULL, NULL);
	char *hint, *known;
	int status;

	if (!bad)
		return STATUS_DONE;
	hint = did_you_mean("COLUMNS", bad, strcspn(bad, ","), column_at);
	known = words_list(column_at);
	status = usage_error("--output: unknown column '%.*s'%s; valid columns: %s",
			     (int)strcspn(bad, ","), bad, hint, known);
	free(known);
	free(hint);
	return status;
}

struct row {
	struct libscols_line *line;
	struct pcireset_dev *dev;
	size_t width; /* of a wrapped column; 0 if none is wrapped */
	size_t next;
};

static void add_cell(const struct column *column, void *data)
{
	struct row *row = data;
	char *cell = column->get(row->dev);

	if (column->flags & SCOLS_FL_WRAP && row->width)
		cell = wrap(stdout, cell, row->width);
	table_set(row->line, row->next++, cell);
}

/* The tree is drawn in the column with the addresses, or in the first column without them. */
static void find_tree(const struct column *column, void *data)
{
	const struct column **tree = data;

	if (!*tree || column->get == get_device)
		*tree = column;
}

struct head {
	struct libscols_table *table;
	const struct column *tree; /* NULL after the tree was drawn */
};

static void add_column(const struct column *column, void *data)
{
	struct head *head = data;
	bool is_tree = column == head->tree;

	table_column(head->table, column->name, column->flags | (is_tree ? SCOLS_FL_TREE : 0));
	if (is_tree)
		head->tree = NULL;
}

static struct libscols_table *new_table(const struct request *req)
{
	struct head head = { table_new(req, stdout), NULL };

	if (is_given(req, OPT_TREE))
		foreach_column(req, find_tree, &head.tree);
	foreach_column(req, add_column, &head);
	return head.table;
}

/* Add the parent line first. */
static struct libscols_line *line_of(struct libscols_table *table, struct selected *selected)
{
	if (!selected->line)
		selected->line = must(smartcols.scols_table_new_line(
			table, selected->above ? line_of(table, selected->above) : NULL));
	return selected->line;
}

static void color_function(struct libscols_line *line, const struct pcireset_dev *dev)
{
	if (pcireset_dev_get_nr_users(dev))
		color_line(line, COLOR_IN_USE);
	else if (!pcireset_dev_get_types(dev))
		color_line(line, COLOR_NO_RESET);
}

void columns_print(const struct request *req, const struct selection *list)
{
	struct libscols_table *table = new_table(req);
	size_t width = is_given(req, OPT_RAW) || !output_width(stdout) ?
			       0 :
			       width_of_part(stdout, WRAPPED_COLUMN);

	for (size_t i = 0; i < list->nr; i++) {
		struct row row = { line_of(table, &list->v[i]), list->v[i].dev, width, 0 };

		if (is_colored(req))
			color_function(row.line, row.dev);
		foreach_column(req, add_cell, &row);
	}
	table_print(table);
	if (is_colored(req) && !(req->given & (OPT_RAW | OPT_NOHEADINGS)))
		color_legend();
}
