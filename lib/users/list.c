/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of users, sorted by function. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "users/users.h"

static void user_clear(struct user *user)
{
	free(user->name);
	free(user->detail);
}

void users_clear(struct users *users)
{
	for (size_t i = 0; i < users->nr; i++)
		user_clear(&users->v[i]);
	free(users->v);
	index_clear(&users->index);
	memset(users, 0, sizeof(*users));
}

/* The first reason is sufficient. */
void users_note_doubt(struct users *users, const char *fmt, ...)
{
	va_list ap;

	if (*users->doubt)
		return;
	va_start(ap, fmt);
	vsnprintf(users->doubt, sizeof(users->doubt), fmt, ap);
	va_end(ap);
}

/* A disk is in use, but its function is unknown. */
void users_note_disk_doubt(struct users *users, const char *fmt, ...)
{
	va_list ap;

	if (*users->disk_doubt)
		return;
	va_start(ap, fmt);
	vsnprintf(users->disk_doubt, sizeof(users->disk_doubt), fmt, ap);
	va_end(ap);
}

/* Out of descriptors or memory: this call fails, but the next one may succeed. */
bool users_is_shortage(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

/*
 * A file of the machine cannot be read, so there may be other users. Return an error
 * only for a shortage.
 */
int users_cannot_read(struct pcireset_ctx *ctx, struct users *users, int error, const char *file)
{
	if (users_is_shortage(error))
		return ctx_fail(ctx, error, file);
	users_note_doubt(users, "%s cannot be read: %s", file + strlen(ctx->sysroot),
			 strerror(-error));
	return 0;
}

/* An unreadable file in sysfs fails the call, because the users cannot be determined at all. */
int users_cannot_find(struct pcireset_ctx *ctx, int error, const char *file)
{
	size_t root = strlen(ctx->sysroot);

	if (!error || is_absent(error))
		return 0;
	return ctx_fail(ctx, error, strncmp(file, ctx->sysroot, root) ? file : file + root);
}

int users_add(struct users *users, const struct pcireset_addr *addr, uint32_t use, char *name,
	      char *detail)
{
	struct user *v = name ? array_room(users->v, users->nr, sizeof(*v)) : NULL;

	if (!v) {
		free(name);
		free(detail);
		return -ENOMEM;
	}
	users->v = v;
	v[users->nr] = (struct user){ *addr, users->nr, use, name, detail };
	users->nr++;
	return 0;
}

static int by_function(const void *a, const void *b)
{
	const struct user *x = a, *y = b;
	int order = addr_cmp(&x->addr, &y->addr);

	return order ? order : x->number < y->number ? -1 : 1;
}

/* Equal uses of one function are adjacent, in the order in which they were found. */
static int by_name(const void *a, const void *b)
{
	const struct user *x = a, *y = b;
	int order = addr_cmp(&x->addr, &y->addr);

	order = order ? order : strcmp(x->name, y->name);
	return order ? order : x->number < y->number ? -1 : 1;
}

static bool is_same_use(const struct user *a, const struct user *b)
{
	return addr_is(&a->addr, &b->addr) && !strcmp(a->name, b->name);
}

static bool ends_with(const char *str, const char *end)
{
	size_t len = strlen(str), nr = strlen(end);

	return len >= nr && !strcmp(str + len - nr, end);
}

#define MAX_DETAIL 160 /* at most this many of one use */

/* Add another process to a known use. The descriptors of one process are consecutive. */
static int add_detail(struct user *known, const char *detail)
{
	char *both;

	if (!known->detail || !detail || ends_with(known->detail, detail) ||
	    ends_with(known->detail, "..."))
		return 0;
	both = format("%s; %s", known->detail, strlen(known->detail) > MAX_DETAIL ? "..." : detail);
	if (!both)
		return -ENOMEM;
	free(known->detail);
	known->detail = both;
	return 0;
}

/* Sort the users and remove duplicates. */
int users_sort(struct users *users)
{
	size_t nr = users->nr;
	int r = 0;

	if (!nr)
		return 0;
	qsort(users->v, nr, sizeof(*users->v), by_name);
	users->nr = 0;
	for (size_t i = 0; i < nr; i++) {
		struct user *known = users->nr ? &users->v[users->nr - 1] : NULL;

		if (!known || !is_same_use(known, &users->v[i])) {
			users->v[users->nr++] = users->v[i];
			continue;
		}
		if (!r)
			r = add_detail(known, users->v[i].detail);
		user_clear(&users->v[i]);
	}
	qsort(users->v, users->nr, sizeof(*users->v), by_function);
	return r;
}

/* Index of the first user whose address compares with that of the function as the order, or higher. */
size_t users_place_of(const struct users *users, const struct pcireset_dev *dev, int order)
{
	size_t low = 0, high = users->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (addr_cmp(&users->v[mid].addr, &dev->addr) < order)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
