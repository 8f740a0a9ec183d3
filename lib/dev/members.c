/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of the functions that a reset affects. */
#include <errno.h>
#include <string.h>
#include "dev/dev.h"

int members_add(struct members *list, const struct pcireset_member *member)
{
	struct pcireset_member *v = array_room(list->v, list->nr, sizeof(*v));

	if (!v)
		return -ENOMEM;
	list->v = v;
	v[list->nr++] = *member;
	return 0;
}

int members_copy(struct members *list, const struct members *from)
{
	size_t nr = list->nr + from->nr, room = 1;
	struct pcireset_member *v;

	if (!from->nr)
		return 0;
	while (room < nr)
		room *= 2;
	v = reallocarray(list->v, room, sizeof(*v));
	if (!v)
		return -ENOMEM;
	memcpy(v + list->nr, from->v, from->nr * sizeof(*v));
	list->v = v;
	list->nr = nr;
	return 0;
}

void members_clear(struct members *list)
{
	free(list->v);
	list->v = NULL;
	list->nr = 0;
}

/* Change the target of the list to another of its members. */
void members_retarget(struct members *list, const struct pcireset_addr *target)
{
	for (size_t i = 0; i < list->nr; i++) {
		list->v[i].flags &= ~PCIRESET_MEMBER_TARGET;
		if (addr_is(&list->v[i].addr, target))
			list->v[i].flags |= PCIRESET_MEMBER_TARGET;
	}
}

void view_differ(struct view *view, const struct members *list, size_t i)
{
	if (view->nr == ARRAY_SIZE(view->v))
		return;
	view->v[view->nr] = list->v[i];
	view->v[view->nr].flags ^= PCIRESET_MEMBER_TARGET;
	view->at[view->nr++] = i;
}

/*
 * As members_retarget(), for a shared list, which stays unchanged. Return true if the
 * function is a member and is itself reset.
 */
bool view_make(struct view *view, const struct members *list, const struct pcireset_addr *target)
{
	bool is_reset = false;

	view->nr = 0;
	for (size_t i = 0; i < list->nr; i++) {
		bool is_target = addr_is(&list->v[i].addr, target);

		is_reset |= is_target && list->v[i].flags & PCIRESET_MEMBER_RESET;
		if (is_target != !!(list->v[i].flags & PCIRESET_MEMBER_TARGET))
			view_differ(view, list, i);
	}
	return is_reset;
}

const struct pcireset_member *view_get(const struct view *view, const struct members *list,
				       size_t i)
{
	for (size_t d = 0; d < view->nr; d++)
		if (view->at[d] == i)
			return &view->v[d];
	return i < list->nr ? &list->v[i] : NULL;
}

/* ---- shared */

struct member_list *list_new(void)
{
	struct member_list *list = calloc(1, sizeof(*list));

	if (list)
		list->refs = 1;
	return list;
}

struct member_list *list_ref(struct member_list *list)
{
	list->refs++;
	return list;
}

struct member_list *list_unref(struct member_list *list)
{
	if (!list || --list->refs)
		return NULL;
	members_clear(&list->members);
	free(list);
	return NULL;
}
