/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Some kernels give new bus numbers at each scan (PCI_REASSIGN_ALL_BUS). They do it if the
 * machine is described by a device tree, or if pci=assign-busses is on the command line. If
 * a bridge is removed and others remain on its bus, the rescan takes them in another order.
 * Then a bridge gets the bus number of its neighbour, and its children exist twice.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "reenumerate/reenumerate.h"

#define COMMAND_LINE "proc/cmdline"
#define DEVICE_TREE  "sys/firmware/devicetree/base/compatible"
#define ACPI         "sys/firmware/acpi/tables"

/* Return 1 if the file exists, 0 if not, or a negative errno, which is noted. */
static int has_file(struct pcireset_ctx *ctx, const char *file, struct unread *unread)
{
	char path[PATH_MAX];
	struct stat st;
	int r = ctx_path(ctx, path, "%s", file);

	if (!r && stat(path, &st))
		r = -errno;
	if (!r)
		return 1;
	if (is_absent(r))
		return 0;
	unread_note(unread, path + strlen(ctx->sysroot), r);
	return r;
}

/* Does a word of the kernel's command line ask for it? The word is "pci=OPTION,OPTION...". */
static bool is_asked_for(char *line)
{
	char *words = NULL, *options = NULL;

	for (char *word = strtok_r(line, " \n", &words); word;
	     word = strtok_r(NULL, " \n", &words)) {
		if (strncmp(word, "pci=", 4))
			continue;
		for (char *option = strtok_r(word + 4, ",", &options); option;
		     option = strtok_r(NULL, ",", &options))
			if (!strcmp(option, "assign-busses"))
				return true;
	}
	return false;
}

/* The unreadable file is in unread. A machine without /proc is unknown, too. */
static bool renumbers_buses(struct pcireset_ctx *ctx, struct unread *unread)
{
	char line[ATTR_MAX];
	int r = has_file(ctx, DEVICE_TREE, unread);

	if (r > 0 && !has_file(ctx, ACPI, unread))
		return true;
	r = attr_read(ctx, COMMAND_LINE, unread, line);
	if (r < 0)
		unread_note(unread, "/" COMMAND_LINE, r);
	return r >= 0 && is_asked_for(line);
}

static bool removes_bridge(const struct subtree *tree)
{
	for (size_t i = 0; i < tree->nr; i++)
		if (tree->v[i].is_top && tree->v[i].is_bridge)
			return true;
	return false;
}

/* A bridge that remains on the bus of the removed ones, or NULL. */
static struct pcireset_dev *find_neighbour(struct pcireset_ctx *ctx, const struct place *place)
{
	struct pcireset_dev *dev;

	pcireset_dev_foreach(ctx, dev) {
		const struct pcireset_dev *parent = pcireset_dev_get_parent(dev);

		if (parent && addr_is(&parent->addr, &place->port) && !place_has(place, dev) &&
		    pcireset_dev_is_bridge(dev))
			return dev;
	}
	return NULL;
}

/*
 * Return the bridge that the rescan would damage, or NULL. If it is unknown, unread has the
 * reason.
 */
struct pcireset_dev *renumber_victim(struct pcireset_ctx *ctx, const struct place *place,
				     const struct subtree *tree, struct unread *unread)
{
	struct pcireset_dev *dev = removes_bridge(tree) ? find_neighbour(ctx, place) : NULL;

	return dev && renumbers_buses(ctx, unread) ? dev : NULL;
}
