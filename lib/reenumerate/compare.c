/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Differences of a device after its re-enumeration, including the missing items. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "reenumerate/reenumerate.h"

/* The text of a value, or NULL for none. Without memory, the list is incomplete. */
static char *value_text(struct differences *list, const char *value)
{
	char *text = *value ? strdup(value) : NULL;

	if (*value && !text)
		list->error = -ENOMEM;
	return text;
}

/* One difference before its text is allocated: "" for no value. */
struct change {
	const char *device, *what, *was, *now;
	bool is_missing;
};

static void add_change(struct differences *list, const struct change *change)
{
	struct pcireset_difference *v = array_room(list->v, list->nr, sizeof(*v));

	if (!v) {
		list->error = -ENOMEM;
		return;
	}
	list->v = v;
	v[list->nr++] = (struct pcireset_difference){
		.device = value_text(list, change->device),
		.what = value_text(list, change->what),
		.was = value_text(list, change->was),
		.now = value_text(list, change->now),
		.is_missing = change->is_missing,
	};
}

static int by_address(const void *a, const void *b)
{
	const struct subtree_function *x = a, *y = b;

	return addr_cmp(&x->addr, &y->addr);
}

/* Return the function with the address of @f, or NULL. */
const struct subtree_function *subtree_find(const struct subtree *tree,
					    const struct subtree_function *f)
{
	return tree->nr ? bsearch(f, tree->v, tree->nr, sizeof(*f), by_address) : NULL;
}

#define ID_TEXT 16

static const char *id_text(const struct subtree_function *f, char buf[ID_TEXT])
{
	snprintf(buf, ID_TEXT, "%04x:%04x", f->vendor & 0xffff, f->device & 0xffff);
	return buf;
}

#define SIZE_TEXT 24

/* Use the largest unit without a remainder. */
static const char *size_text(uint64_t size, char buf[SIZE_TEXT])
{
	static const char units[] = "BKMGTPE";
	size_t unit = 0;

	buf[0] = '\0';
	if (!size)
		return buf;
	while (!(size % 1024) && units[unit + 1]) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, SIZE_TEXT, "%" PRIu64 "%c", size, units[unit]);
	return buf;
}

static void compare_region(const struct subtree_function *was, const struct subtree_function *now,
			   size_t i, struct differences *list)
{
	char what[16] = "rom", before[SIZE_TEXT], after[SIZE_TEXT];

	if (!now->has_no_room[i] && was && was->size[i] == now->size[i])
		return;
	if (i < NR_REGIONS - 1)
		snprintf(what, sizeof(what), "bar %zu", i);
	add_change(list,
		   &(struct change){
			   .device = now->name,
			   .what = what,
			   .was = size_text(was ? was->size[i] : 0, before),
			   .now = now->has_no_room[i] ? "no room" : size_text(now->size[i], after),
			   .is_missing = now->has_no_room[i],
		   });
}

static void compare_text(const struct change *change, struct differences *list)
{
	if (strcmp(change->was, change->now))
		add_change(list, change);
}

static void compare_ids(const struct subtree_function *was, const struct subtree_function *now,
			struct differences *list)
{
	char before[ID_TEXT], after[ID_TEXT];

	compare_text(&(struct change){ now->name, "id", id_text(was, before), id_text(now, after),
				       false },
		     list);
	snprintf(before, sizeof(before), "0x%06x", was->class);
	snprintf(after, sizeof(after), "0x%06x", now->class);
	compare_text(&(struct change){ now->name, "class", before, after, false }, list);
	snprintf(before, sizeof(before), "0x%08x", was->subsystem);
	snprintf(after, sizeof(after), "0x%08x", now->subsystem);
	compare_text(&(struct change){ now->name, "subsystem", before, after, false }, list);
}

static bool has_vfs(const struct subtree_function *f)
{
	return *f->vfs && strcmp(f->vfs, "0");
}

static void compare_functions(const struct subtree_function *was,
			      const struct subtree_function *now, struct differences *list)
{
	compare_ids(was, now, list);
	for (size_t i = 0; i < NR_REGIONS; i++)
		compare_region(was, now, i, list);
	compare_text(&(struct change){ now->name, "driver", was->driver, now->driver,
				       !*now->driver },
		     list);
	compare_text(&(struct change){ now->name, "vfs", was->vfs, now->vfs, has_vfs(was) }, list);
}

static void add_new_function(const struct subtree_function *now, struct differences *list)
{
	char id[ID_TEXT];

	add_change(list, &(struct change){ now->name, "function", "", id_text(now, id), false });
	for (size_t i = 0; i < NR_REGIONS; i++)
		if (now->has_no_room[i])
			compare_region(NULL, now, i, list);
}

/* "8.0 GT/s PCIe" and "16" begin with the number. */
static void compare_link(const char *device, const char *what, const char *was, const char *now,
			 struct differences *list)
{
	bool is_less = *was && (!*now || strtod(now, NULL) < strtod(was, NULL));

	compare_text(&(struct change){ device, what, was, now, is_less }, list);
}

/* The number of virtual functions in the physical function covers the virtual functions. */
int subtree_compare(const struct subtree *was, const struct subtree *now,
		    struct differences *ret_list)
{
	char id[ID_TEXT];

	for (size_t i = 0; i < was->nr; i++) {
		const struct subtree_function *f = &was->v[i], *other = subtree_find(now, f);

		if (other)
			compare_functions(f, other, ret_list);
		else if (!f->is_vf)
			add_change(ret_list, &(struct change){ f->name, "function", id_text(f, id),
							       "", true });
	}
	for (size_t i = 0; i < now->nr; i++)
		if (!subtree_find(was, &now->v[i]))
			add_new_function(&now->v[i], ret_list);
	if (was->nr) {
		compare_link(was->v[0].name, "link speed", was->speed, now->speed, ret_list);
		compare_link(was->v[0].name, "link width", was->width, now->width, ret_list);
	}
	return ret_list->error;
}

/* what: the kind of the missing item, or NULL for any */
bool differences_have_missing(const struct differences *list, const char *what)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->v[i].is_missing && (!what || !strcmp(list->v[i].what, what)))
			return true;
	return false;
}

void differences_clear(struct differences *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		free(list->v[i].device);
		free(list->v[i].what);
		free(list->v[i].was);
		free(list->v[i].now);
	}
	free(list->v);
	*list = (struct differences){ 0 };
}

const char *pcireset_difference_get_device(const struct pcireset_difference *difference)
{
	return difference->device;
}

const char *pcireset_difference_get_what(const struct pcireset_difference *difference)
{
	return difference->what;
}

const char *pcireset_difference_get_was(const struct pcireset_difference *difference)
{
	return difference->was;
}

const char *pcireset_difference_get_now(const struct pcireset_difference *difference)
{
	return difference->now;
}

bool pcireset_difference_is_missing(const struct pcireset_difference *difference)
{
	return difference->is_missing;
}
