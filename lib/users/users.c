/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The users of a function. They are read when the first caller needs them. */
#include "users/users.h"

#define FRESH_NS 100000000u /* so that consecutive plans read only once */

static bool is_fresh(const struct users *users)
{
	return users->is_read && now_ns() - users->read_ns < FRESH_NS;
}

static int read_once(struct pcireset_ctx *ctx, struct users *users,
		     int (*fn)(struct pcireset_ctx *ctx))
{
	int before, r;

	if (users->is_read)
		return 0;
	before = ctx_begin(ctx);
	r = fn(ctx);
	index_clear(&users->index);
	if (!r)
		r = users_sort(users);
	r = ctx_end(ctx, before, r);
	if (r < 0) {
		users_clear(users);
		return ctx_fail(ctx, r, "who uses what");
	}
	users->is_read = true;
	users->read_ns = now_ns();
	return 0;
}

/* All that only a function with a driver can have. */
static int read_behind_drivers(struct pcireset_ctx *ctx)
{
	int r = users_read_hidden_interfaces(ctx);

	return r ? r : users_read_processes(ctx);
}

/*
 * Can another process have nodes of this function open? Only a driver creates nodes,
 * and no driver of a bridge does.
 */
static bool may_have_nodes(const struct pcireset_dev *dev)
{
	return dev_driver(dev) && !pcireset_dev_is_bridge(dev);
}

/*
 * Find the users of the function. Scan all processes, and all functions for interfaces,
 * only if the function has a driver, because this takes longer than everything else.
 */
int users_know(const struct pcireset_dev *dev)
{
	struct pcireset_ctx *ctx = dev->ctx;
	int r = read_once(ctx, &ctx->users, users_read_machine);

	return !r && may_have_nodes(dev) ? read_once(ctx, &ctx->holders, read_behind_drivers) : r;
}

/* Read the users again at the next request. */
void users_forget(struct pcireset_ctx *ctx)
{
	users_clear(&ctx->users);
	users_clear(&ctx->holders);
}

/* A recording needs the users of all functions. */
int users_know_all(struct pcireset_ctx *ctx)
{
	int r = read_once(ctx, &ctx->users, users_read_machine);

	return r ? r : read_once(ctx, &ctx->holders, read_behind_drivers);
}

/* Storage controllers, USB and other serial buses, and readers of SD cards. */
static bool may_have_disks(const struct pcireset_dev *dev)
{
	uint32_t class = dev_identity(dev)->class >> 8;

	return class >> 8 == BASE_CLASS_STORAGE || class >> 8 == BASE_CLASS_SERIAL ||
	       class == CLASS_SDHCI;
}

/*
 * The reason why there may be unknown users, or NULL. Without a driver, only a display
 * can have users.
 */
const char *users_doubt(const struct pcireset_dev *dev)
{
	const struct pcireset_ctx *ctx = dev->ctx;

	if (ctx->is_dump)
		return NULL; /* this applies to each function of a dump, and not only to users */
	/* Without any doubt, do not read the class of a function. */
	if (!*ctx->users.doubt && !*ctx->users.disk_doubt && !*ctx->holders.doubt)
		return NULL;
	if (!may_have_nodes(dev) && dev_identity(dev)->class >> 16 != BASE_CLASS_DISPLAY)
		return NULL;
	if (*ctx->users.doubt)
		return ctx->users.doubt;
	if (*ctx->users.disk_doubt && may_have_nodes(dev) && may_have_disks(dev))
		return ctx->users.disk_doubt;
	return may_have_nodes(dev) && *ctx->holders.doubt ? ctx->holders.doubt : NULL;
}

/* Users change all the time, so a plan uses no older data than this. */
void users_refresh(struct pcireset_ctx *ctx)
{
	if (!is_fresh(&ctx->users))
		users_clear(&ctx->users);
	if (!is_fresh(&ctx->holders))
		users_clear(&ctx->holders);
}

static size_t first_user(const struct users *users, const struct pcireset_dev *dev)
{
	return users_place_of(users, dev, 0);
}

static size_t nr_users_in(const struct users *users, const struct pcireset_dev *dev)
{
	return users_place_of(users, dev, 1) - first_user(users, dev);
}

static const struct user *user_at(const struct pcireset_dev *dev, size_t i)
{
	const struct users *users = &dev->ctx->users, *holders = &dev->ctx->holders;
	size_t nr;

	if (users_know(dev) < 0)
		return NULL;
	nr = nr_users_in(users, dev);
	if (i < nr)
		return &users->v[first_user(users, dev) + i];
	return i - nr < nr_users_in(holders, dev) ? &holders->v[first_user(holders, dev) + i - nr] :
						    NULL;
}

static size_t nr_read_users(const struct pcireset_dev *dev)
{
	if (users_know(dev) < 0)
		return 0;
	return nr_users_in(&dev->ctx->users, dev) + nr_users_in(&dev->ctx->holders, dev);
}

static bool has_unaware_driver(const struct pcireset_dev *dev)
{
	return dev->is_unaware && dev->unaware_name;
}

size_t pcireset_dev_get_nr_users(const struct pcireset_dev *dev)
{
	return nr_read_users(dev) + has_unaware_driver(dev) + !!users_doubt(dev);
}

/* The order is: the users from files, the driver, then the possible unknown users. */
const char *pcireset_dev_get_user(const struct pcireset_dev *dev, size_t i, uint32_t *ret_use)
{
	const struct user *user = user_at(dev, i);
	bool is_driver = !user && has_unaware_driver(dev) && i == nr_read_users(dev);

	if (!user && i >= pcireset_dev_get_nr_users(dev))
		return NULL;
	if (ret_use)
		*ret_use = user      ? user->use :
			   is_driver ? PCIRESET_USE_DRIVER :
				       PCIRESET_USE_UNKNOWN;
	return user ? user->name : is_driver ? dev->unaware_name : "unknown";
}

const char *pcireset_dev_get_user_detail(const struct pcireset_dev *dev, size_t i)
{
	const struct user *user = user_at(dev, i);
	uint32_t use;

	if (user)
		return user->detail;
	return pcireset_dev_get_user(dev, i, &use) && use == PCIRESET_USE_UNKNOWN ?
		       users_doubt(dev) :
		       NULL;
}
