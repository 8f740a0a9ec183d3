/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of the functions that a reset reaches. */
#include <errno.h>
#include "private.h"

int members_add(struct members *list, const struct pcireset_member *member)
{
	struct pcireset_member *v;

	/* Grows by doubling: there is room up to the next power of two. */
	if (!(list->nr & (list->nr - 1))) {
		v = reallocarray(list->v, list->nr ? list->nr * 2 : 1, sizeof(*v));
		if (!v)
			return -ENOMEM;
		list->v = v;
	}
	list->v[list->nr++] = *member;
	return 0;
}

int members_copy(struct members *list, const struct members *from)
{
	int r = 0;

	for (size_t i = 0; !r && i < from->nr; i++)
		r = members_add(list, &from->v[i]);
	return r;
}

void members_clear(struct members *list)
{
	free(list->v);
	list->v = NULL;
	list->nr = 0;
}
