// SPDX-License-Identifier: GPL-2.0-only
/* The path of a node: the names of its directories below the host's. */
#include "pcisim.h"

/* The longest path: PCISIM_DEPTH + 1 names of four characters, and the slashes between them. */
#define PATH_SIZE 64

static void path_of(struct pcisim_node *node, char *path)
{
	struct pcisim_node *above[PCISIM_DEPTH + 1];
	int at = 0, depth = 0;

	for (; node; node = node->parent)
		above[depth++] = node;
	while (depth--)
		at += scnprintf(path + at, PATH_SIZE - at, "%s%s",
				config_item_name(&above[depth]->group.cg_item), depth ? "/" : "");
}

/* Write the path of a node behind @at to a page of sysfs. */
int pcisim_show_path(char *page, int at, struct pcisim_node *node)
{
	char path[PATH_SIZE];

	path_of(node, path);
	return sysfs_emit_at(page, at, "%s", path);
}

/* Find a node by its path, with the host's lock held. Returns NULL if it does not exist. */
struct pcisim_node *pcisim_find_node(struct pcisim_host *host, const char *wanted)
{
	struct pcisim_node *node;
	char path[PATH_SIZE];

	list_for_each_entry(node, &host->nodes, entry) {
		path_of(node, path);
		if (!strcmp(path, wanted))
			return node;
	}
	return NULL;
}
