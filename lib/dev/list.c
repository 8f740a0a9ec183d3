/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that a reset of the link must not affect: dead ones, those with a known
 * broken reset, and those protected by a rule. There are few of them. Each list is in the
 * order of paths, so that one search finds the first affected one.
 */
#include <errno.h>
#include <string.h>
#include "dev/dev.h"

/* Index of the first function whose path is not before those below another. */
size_t first_below(struct pcireset_dev *const *v, size_t nr, const struct pcireset_dev *above)
{
	size_t low = 0, high = nr, len = strlen(above->path);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strncmp(v[mid]->path, above->path, len);

		if (order < 0 || (!order && (unsigned char)v[mid]->path[len] < '/'))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* In a sysroot two functions may have the same path. */
static int by_place(const struct pcireset_dev *a, const struct pcireset_dev *b)
{
	int order = strcmp(a->path, b->path);

	return order ? order : addr_cmp(&a->addr, &b->addr);
}

static size_t place_of(const struct dev_list *list, const struct pcireset_dev *dev)
{
	size_t low = 0, high = list->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_place(list->v[mid], dev) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct dev_list *list, size_t at, const struct pcireset_dev *dev)
{
	return at < list->nr && list->v[at] == dev;
}

int dev_list_add(struct dev_list *list, struct pcireset_dev *dev)
{
	size_t at = place_of(list, dev), room = list->room ? 2 * list->room : 4;
	struct pcireset_dev **v = list->v;

	if (is_at(list, at, dev))
		return 0;
	if (list->nr == list->room) {
		v = reallocarray(v, room, sizeof(*v));
		if (!v)
			return -ENOMEM;
		list->v = v;
		list->room = room;
	}
	memmove(v + at + 1, v + at, (list->nr++ - at) * sizeof(*v));
	v[at] = dev;
	return 0;
}

void dev_list_remove(struct dev_list *list, const struct pcireset_dev *dev)
{
	size_t at = place_of(list, dev);

	if (is_at(list, at, dev))
		memmove(list->v + at, list->v + at + 1, (--list->nr - at) * sizeof(*list->v));
}

void dev_list_clear(struct dev_list *list)
{
	free(list->v);
	*list = (struct dev_list){ 0 };
}

/* The first function of the list that a reset of the link above a function affects, or NULL. */
struct pcireset_dev *dev_list_hit(const struct dev_list *list, const struct pcireset_dev *dev)
{
	const struct pcireset_dev *port = list->nr ? dev_upstream(dev) : NULL;
	size_t at;

	if (!port)
		return NULL;
	at = first_below(list->v, list->nr, port);
	return at < list->nr && dev_is_below(list->v[at], port) ? list->v[at] : NULL;
}
