/* SPDX-License-Identifier: GPL-2.0-only */
/* Hints for names that no function has: other spellings, neighbours, words in the wrong place. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "machine.h"

#define MOST_LISTED 8

/* "pci_0000_01_00_0", "0000:01:00:0" and "01.00.0" are addresses with other separators. */
static bool read_address(const char *name, struct pcireset_addr *ret_addr)
{
	unsigned long fields[4] = { 0 };
	size_t nr = 0;

	if (!strncasecmp(name, "pci", 3))
		name += 3;
	while (nr < ARRAY_SIZE(fields)) {
		char *end;

		name += strspn(name, "_:.-[@/");
		if (!isxdigit((unsigned char)*name))
			break;
		fields[nr++] = strtoul(name, &end, 16);
		name = end;
	}
	name += strspn(name, "]:,");
	if ((*name && *name != ' ') || nr < 3 || fields[nr - 1] > 7 || fields[nr - 2] > 0x1f ||
	    fields[nr - 3] > 0xff)
		return false;
	*ret_addr = (struct pcireset_addr){
		.domain = nr > 3 ? (uint32_t)fields[0] : 0,
		.bus = (uint8_t)fields[nr - 3],
		.devfn = (uint8_t)(fields[nr - 2] << 3 | fields[nr - 1]),
	};
	return true;
}

/*
 * For an address without a function: other functions on its bus, or at this address in
 * another domain.
 */
static char *list_neighbours(struct machine *m, const struct pcireset_addr *addr)
{
	char *all = text("%s", ""), *hint;
	struct pcireset_dev *dev;
	size_t nr = 0;

	pcireset_dev_foreach(m->ctx, dev) {
		const struct pcireset_addr *other = pcireset_dev_get_addr(dev);
		bool is_on_bus = other->domain == addr->domain && other->bus == addr->bus;

		if (!is_on_bus && (other->bus != addr->bus || other->devfn != addr->devfn))
			continue;
		if (nr++ < MOST_LISTED)
			all = join(all, text("%s", pcireset_dev_get_name(dev)));
	}
	if (nr > MOST_LISTED)
		all = join(all, text("..."));
	hint = nr ? text(" (nearby: %s)", all) : text("%s", "");
	free(all);
	return hint;
}

static char *address_hint(struct machine *m, const char *name)
{
	struct pcireset_addr addr;
	char buf[PCIRESET_ADDR_STR_MAX];

	if (!read_address(name, &addr))
		return NULL;
	if (!pcireset_ctx_get_dev(m->ctx, &addr))
		return list_neighbours(m, &addr);
	return text(" (did you mean '%s'?)", pcireset_addr_to_str(&addr, buf));
}

/* The machine for driver_at(): did_you_mean() has no argument for it. */
static struct pcireset_ctx *searched;

static const char *driver_at(size_t i)
{
	struct pcireset_dev *dev;

	pcireset_dev_foreach(searched, dev) {
		const char *driver = pcireset_dev_get_driver(dev);

		if (driver && !i--)
			return driver;
	}
	return NULL;
}

/* "flr" and "type=flr" among the devices. */
static char *type_hint(const struct request *req, const char *name)
{
	word_at_fn at = words_of("TYPES");

	if (!(req->command->options & OPT_TYPE))
		return NULL;
	if (!strncmp(name, "type=", 5))
		name += 5;
	for (size_t i = 0; at(i); i++)
		if (!strcasecmp(at(i), name))
			return text(" (did you mean '--type %s'?)", at(i));
	return NULL;
}

static char *word_hint(struct machine *m, const struct request *req, const char *name)
{
	size_t len = strlen(name);

	if (*name == '[' && name[len - 1] == ']')
		return text(" (did you mean '%.*s'?)", (int)len - 2, name + 1);
	if (!strcmp(name, "help"))
		return text(" (did you mean 'pcireset help %s'?)", req->command->name);
	if (!strcmp(name, "all"))
		return text(" (name each device; see: pcireset list)");
	if (strchr(name, ','))
		return text(" (separate devices with blanks, not commas)");
	for (size_t i = 0; command_at(i); i++)
		if (!strcmp(command_at(i), name))
			return text(" (give one command only)");
	searched = m->ctx;
	return did_you_mean("DEVICE", name, len, driver_at);
}

/* The text to append to the library's message; "" if there is no hint. */
char *name_hint(struct machine *m, const struct request *req, const char *name)
{
	char *hint;

	if (*name == '/')
		return text("%s", "");
	hint = type_hint(req, name);
	if (!hint)
		hint = address_hint(m, name);
	if (!hint)
		hint = word_hint(m, req, name);
	return hint;
}
