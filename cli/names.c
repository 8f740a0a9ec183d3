/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DEVICE on the command line: patterns and slots that name several functions, and hints
 * for invalid names.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include "machine.h"

#define MOST_LISTED 8

/* A malformed name is a usage error, but a device that does not exist is not. */
static int status_of_name(int r)
{
	return r == -EINVAL || r == -ENOTUNIQ ? STATUS_USAGE : STATUS_ERROR;
}

/* "0000:01:00.0" without the domain, other names unchanged. */
static const char *short_name(const struct pcireset_dev *dev)
{
	const char *name = pcireset_dev_get_name(dev);

	return strncmp(name, "0000:", 5) ? name : name + 5;
}

typedef bool (*fits_fn)(const struct pcireset_dev *dev, const char *pattern);

static bool fits_pattern(const struct pcireset_dev *dev, const char *pattern)
{
	return !fnmatch(pattern, pcireset_dev_get_name(dev), FNM_CASEFOLD) ||
	       !fnmatch(pattern, short_name(dev), FNM_CASEFOLD);
}

static bool fits_slot(const struct pcireset_dev *dev, const char *name)
{
	const char *slot = pcireset_dev_get_slot(dev);

	return slot && !strcmp(slot, name + strlen("slot:"));
}

/* The matching functions, for a message; at most MOST_LISTED of them. */
static char *list_fitting(struct machine *m, const char *name, fits_fn fits, size_t *ret_nr)
{
	char *all = text("%s", "");
	struct pcireset_dev *dev;

	*ret_nr = 0;
	pcireset_dev_foreach(m->ctx, dev) {
		if (!fits(dev, name))
			continue;
		if ((*ret_nr)++ < MOST_LISTED)
			all = join(all, text("%s", pcireset_dev_get_name(dev)));
		else if (*ret_nr == MOST_LISTED + 1)
			all = join(all, text("..."));
	}
	return all;
}

/* Do all matching functions have one device number, as the functions of a card do? */
static bool is_one_device(struct machine *m, const char *name, fits_fn fits)
{
	const struct pcireset_addr *first = NULL;
	struct pcireset_dev *dev;

	pcireset_dev_foreach(m->ctx, dev) {
		const struct pcireset_addr *addr = pcireset_dev_get_addr(dev);

		if (!fits(dev, name))
			continue;
		if (!first)
			first = addr;
		if (addr->domain != first->domain || addr->bus != first->bus ||
		    addr->devfn >> 3 != first->devfn >> 3)
			return false;
	}
	return true;
}

/*
 * Add all matching functions. To reset more than one device, --yes is required, because
 * the user may not know the matches of "*".
 */
static int add_fitting(struct machine *m, const struct request *req, const char *name, fits_fn fits)
{
	bool resets = req->command->options & OPT_YES && !is_given(req, OPT_DRY_RUN);
	struct pcireset_dev *dev;
	int status = STATUS_DONE;
	size_t nr;
	char *all = list_fitting(m, name, fits, &nr);

	if (!nr) {
		error("%s: no PCI function matches (see: pcireset list)", name);
		status = STATUS_ERROR;
	} else if (resets && !is_given(req, OPT_YES) && !is_one_device(m, name, fits)) {
		error("%s: refused: matches %zu functions of several devices: %s; name them or "
		      "use --yes",
		      name, nr, all);
		status = STATUS_REFUSED;
	}
	free(all);
	if (status)
		return status;
	pcireset_dev_foreach(m->ctx, dev)
		if (fits(dev, name))
			machine_add(m, pcireset_dev_ref(dev));
	return STATUS_DONE;
}

/* A pattern of addresses. "[8086:10c9]" is not one: lspci prints it for a device. */
static bool is_pattern(const char *name)
{
	return *name != '[' && strpbrk(name, "*?[") &&
	       strspn(name, "0123456789abcdefABCDEF:.*?[]!-") == strlen(name);
}

/*
 * A message that lists functions needs no hint. If there is a hint, omit the library's
 * list of possible names.
 */
static void print_hinted(const char *message, const char *hint)
{
	const char *forms = strstr(message, ": it is not an address");
	int len = forms && hint && *hint ? (int)(forms - message) : (int)strlen(message);

	if (!hint)
		error("%s", message);
	else
		error("%.*s%s", len, message, *hint ? hint : " (see: pcireset list)");
}

/* Add the functions with a name to the devices of the machine. */
int names_find(struct machine *m, const struct request *req, const char *name)
{
	struct pcireset_dev *dev;
	char *hint;
	int r;

	if (!strncmp(name, "slot:", 5))
		return add_fitting(m, req, name, fits_slot);
	if (is_pattern(name))
		return add_fitting(m, req, name, fits_pattern);
	r = pcireset_dev_from_name(m->ctx, name, &dev);
	if (!r) {
		machine_add(m, dev);
		return STATUS_DONE;
	}
	hint = r == -ENOTUNIQ ? NULL : name_hint(m, req, name);
	print_hinted(pcireset_ctx_get_errmsg(m->ctx), hint);
	free(hint);
	return status_of_name(r);
}

/* ---- types */

/* The first word that the library does not know. */
static char *unknown_type(struct machine *m, const char *types)
{
	char *list = must(strdup(types)), *save = NULL, *found = NULL;
	uint32_t mask;

	for (char *word = strtok_r(list, ", \t\n", &save); word && !found;
	     word = strtok_r(NULL, ", \t\n", &save))
		if (pcireset_types_from_str(m->ctx, word, &mask))
			found = text("%s", word);
	free(list);
	return found;
}

int names_check_types(struct machine *m, const struct request *req)
{
	char *bad, *hint;
	const char *message;
	uint32_t types;
	int status, len;

	if (!is_given(req, OPT_TYPE) || !pcireset_types_from_str(m->ctx, req->types, &types))
		return STATUS_DONE;
	bad = unknown_type(m, req->types);
	hint = bad ? did_you_mean("TYPES", bad, strlen(bad), words_of("TYPES")) :
		     text(" (such as --type flr)");
	message = pcireset_ctx_get_errmsg(m->ctx);
	len = (int)(*hint ? strcspn(message, ";") : strlen(message));
	status = usage_error("--type: %.*s%s", len, message, hint);
	free(hint);
	free(bad);
	return status;
}
