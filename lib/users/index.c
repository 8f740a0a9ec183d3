/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and what belongs to them. An index is filled first and searched afterwards. */
#include <errno.h>
#include <string.h>
#include "users/users.h"

void index_clear(struct name_index *index)
{
	for (size_t i = 0; i < index->nr; i++) {
		free(index->v[i].name);
		free(index->v[i].text);
	}
	free(index->v);
	*index = (struct name_index){ 0 };
}

/* The index takes over both strings; either may be NULL for want of memory. */
int index_add(struct name_index *index, char *name, char *text, struct pcireset_dev *dev)
{
	struct index_entry *v = name && text ? array_room(index->v, index->nr, sizeof(*v)) : NULL;

	if (!v) {
		free(name);
		free(text);
		return -ENOMEM;
	}
	index->v = v;
	v[index->nr] = (struct index_entry){ name, text, dev, index->nr };
	index->nr++;
	return 0;
}

/* Entries with the same name keep the order in which they were added. */
static int by_name(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->number < y->number ? -1 : 1;
}

void index_sort(struct name_index *index)
{
	if (index->nr)
		qsort(index->v, index->nr, sizeof(*index->v), by_name);
	index->is_ready = true;
}

/* The first entry with this name; the others follow. */
static size_t first_named(const struct name_index *index, const char *name)
{
	size_t low = 0, high = index->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(index->v[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Entry number i with this name, or NULL. */
struct index_entry *index_find(struct name_index *index, const char *name, size_t i)
{
	size_t at = first_named(index, name);

	return i < index->nr - at && !strcmp(index->v[at + i].name, name) ? &index->v[at + i] :
									    NULL;
}
