/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of list: one table makes the output, -o and the help. */
#include <pci/pci.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"

struct column {
	const char *name;
	const char *help;
	int flags;
	char *(*get)(struct pcireset_dev *dev);
};

#define WRAPPED_COLUMN 20 /* so that the default columns fit 80 */

static const char default_columns[] = "DEVICE,DRIVER,REACH,USERS,NAME";

/* The names of vendors and devices, loaded when the first is asked for. */
static struct pci_access *names;

/* Where there are many functions, most are like the one before. */
char *device_description(struct pcireset_dev *dev)
{
	static uint32_t last_vendor, last_device;
	static char last[256];
	uint32_t vendor = pcireset_dev_get_vendor(dev), device = pcireset_dev_get_device(dev);
	char buf[sizeof(last)];

	if (!names || vendor != last_vendor || device != last_device) {
		if (!names)
			names = libpci_new();
		/* It may return something else than buf. */
		snprintf(last, sizeof(last), "%s",
			 pci_lookup_name(names, buf, sizeof(buf),
					 PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE, (int)vendor,
					 (int)device));
		last_vendor = vendor;
		last_device = device;
	}
	return text("%s", last);
}

void names_close(void)
{
	if (names)
		pci_cleanup(names);
	names = NULL;
}

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
	{ "DRIVER", "driver that is bound", 0, get_driver },
	{ "TYPES", "types of reset that would work now", SCOLS_FL_WRAP, get_types },
	{ "REACH", "the same, each with the number of functions it hits", SCOLS_FL_WRAP,
	  get_reach },
	{ "USERS", "what uses the function", SCOLS_FL_WRAP, get_users },
	{ "NAME", "names of vendor and device", SCOLS_FL_TRUNC, device_description },
	{ "VENDOR", "vendor ID", 0, get_vendor },
	{ "ID", "device ID", 0, get_id },
	{ "CLASS", "class code", 0, get_class },
	{ "SLOT", "physical slot", 0, get_slot },
	{ "PARENT", "bridge above", 0, get_parent },
	{ "PHYSFN", "physical function of a virtual one", 0, get_physfn },
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

/* Calls fn for each column that is asked for; returns the name of a bad one. */
static const char *foreach_column(const struct request *req,
				  void (*fn)(const struct column *column, void *data), void *data)
{
	const char *p = req->columns ? req->columns : default_columns;

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

int columns_check(const struct request *req)
{
	const char *bad = foreach_column(req, NULL, NULL);
	char *hint, *known;
	int status;

	if (!bad)
		return STATUS_DONE;
	hint = did_you_mean("COLUMNS", bad, strcspn(bad, ","), column_at);
	known = words_list(column_at);
	status = usage_error("--output: unknown column \"%.*s\"%s%s", (int)strcspn(bad, ","), bad,
			     *hint ? hint : "; known are ", *hint ? "" : known);
	free(known);
	free(hint);
	return status;
}

static void add_column(const struct column *column, void *data)
{
	table_column(data, column->name, column->flags);
}

struct row {
	struct libscols_line *line;
	struct pcireset_dev *dev;
	size_t width; /* of a column that is wrapped; 0 if none is */
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

int columns_print(struct machine *m, const struct request *req)
{
	struct libscols_table *table = table_new(req, stdout);
	size_t width = is_given(req, OPT_RAW) || !output_width(stdout) ?
			       0 :
			       width_of_part(stdout, WRAPPED_COLUMN);
	struct pcireset_dev *dev;

	foreach_column(req, add_column, table);
	pcireset_dev_foreach(m->ctx, dev)
		foreach_column(req, add_cell, &(struct row){ table_line(table), dev, width, 0 });
	table_print(table);
	return STATUS_DONE;
}
