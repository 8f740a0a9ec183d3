/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences of a device after a re-enumeration, including the missing items. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "reenumerate.h"

/* Take over the text. */
static void differ(struct differences *list, const char *device, char *what, char *was, char *now,
		   bool is_missing)
{
	list->v = must(reallocarray(list->v, list->nr + 1, sizeof(*list->v)));
	list->v[list->nr++] = (struct difference){
		.device = text("%s", device),
		.what = what,
		.was = was,
		.now = now,
		.is_missing = is_missing,
	};
}

static char *copy(const char *s)
{
	return s ? text("%s", s) : NULL;
}

static const struct function *find(const struct subtree *tree, const char *name)
{
	for (size_t i = 0; i < tree->nr; i++)
		if (!strcmp(tree->v[i].name, name))
			return &tree->v[i];
	return NULL;
}

static char *id_text(const struct function *f)
{
	return text("%04x:%04x", f->vendor, f->device);
}

/* Use the largest unit without a remainder. */
static char *size_text(uint64_t size)
{
	static const char units[] = "BKMGTPE";
	size_t unit = 0;

	if (!size)
		return NULL;
	while (!(size % 1024) && units[unit + 1]) {
		size /= 1024;
		unit++;
	}
	return text("%" PRIu64 "%c", size, units[unit]);
}

static char *region_text(size_t i)
{
	return i == NR_REGIONS - 1 ? text("rom") : text("bar %zu", i);
}

static void compare_regions(const struct function *was, const struct function *now,
			    struct differences *list)
{
	for (size_t i = 0; i < NR_REGIONS; i++) {
		if (now->has_no_room[i])
			differ(list, now->name, region_text(i), size_text(was->size[i]),
			       text("no room"), true);
		else if (was->size[i] != now->size[i])
			differ(list, now->name, region_text(i), size_text(was->size[i]),
			       size_text(now->size[i]), false);
	}
}

static void compare_number(const char *device, const char *what, uint32_t was, uint32_t now,
			   int digits, struct differences *list)
{
	if (was != now)
		differ(list, device, text("%s", what), text("0x%0*x", digits, was),
		       text("0x%0*x", digits, now), false);
}

static bool is_equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void compare_words(const char *device, const char *what, const char *was, const char *now,
			  bool is_missing, struct differences *list)
{
	if (!is_equal(was, now))
		differ(list, device, text("%s", what), copy(was), copy(now), is_missing);
}

static bool has_vfs(const struct function *f)
{
	return f->vfs && strcmp(f->vfs, "0");
}

static void compare_functions(const struct function *was, const struct function *now,
			      struct differences *list)
{
	if (was->vendor != now->vendor || was->device != now->device)
		differ(list, now->name, text("id"), id_text(was), id_text(now), false);
	compare_number(now->name, "class", was->class, now->class, 6, list);
	compare_number(now->name, "subsystem", was->subsystem, now->subsystem, 8, list);
	compare_regions(was, now, list);
	compare_words(now->name, "driver", was->driver, now->driver, !now->driver, list);
	compare_words(now->name, "vfs", was->vfs, now->vfs, has_vfs(was), list);
}

static void compare_new(const struct function *now, struct differences *list)
{
	differ(list, now->name, text("function"), NULL, id_text(now), false);
	for (size_t i = 0; i < NR_REGIONS; i++)
		if (now->has_no_room[i])
			differ(list, now->name, region_text(i), NULL, text("no room"), true);
}

/* "8.0 GT/s PCIe" and "16" begin with the number. */
static void compare_link(const struct subtree *was, const struct subtree *now, const char *device,
			 struct differences *list)
{
	compare_words(device, "link speed", was->speed, now->speed,
		      was->speed && (!now->speed || atof(now->speed) < atof(was->speed)), list);
	compare_words(device, "link width", was->width, now->width,
		      was->width && (!now->width || atof(now->width) < atof(was->width)), list);
}

/* A virtual function is covered by the count in its physical function. */
void subtree_compare(const struct subtree *was, const struct subtree *now,
		     struct differences *ret_list)
{
	for (size_t i = 0; i < was->nr; i++) {
		const struct function *f = &was->v[i], *other = find(now, f->name);

		if (other)
			compare_functions(f, other, ret_list);
		else if (!f->is_vf)
			differ(ret_list, f->name, text("function"), id_text(f), NULL, true);
	}
	for (size_t i = 0; i < now->nr; i++)
		if (!find(was, now->v[i].name))
			compare_new(&now->v[i], ret_list);
	if (was->nr)
		compare_link(was, now, was->v[0].name, ret_list);
}

bool differences_has_missing(const struct differences *list)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->v[i].is_missing)
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
