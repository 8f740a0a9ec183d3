/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The object: a link, found by a function below it or by its port. */
#include <errno.h>
#include <stdlib.h>
#include "ctx/ctx.h"
#include "dev/dev.h"
#include "link/link.h"

/* Return 1 if the function is a port with a link below it, 0 if not, or a negative errno. */
static int link_is_port(const struct pcireset_dev *dev)
{
	struct config config = { .len = 0 };
	int r, type;

	if (!pcireset_dev_is_bridge(dev))
		return 0;
	r = link_read_config(dev, &config);
	/* The link above one that does not answer may be the reason. */
	if (r == -ENODEV && dev_upstream(dev))
		return 0;
	if (r < 0)
		return r;
	type = config_express_type(&config);
	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
}

static int link_add_members(struct pcireset_link *link)
{
	struct pcireset_dev *dev;

	pcireset_dev_foreach(link->port->ctx, dev) {
		struct pcireset_dev **members;

		if (!dev_is_below(dev, link->port))
			continue;
		members = reallocarray(link->members, link->nr_members + 1, sizeof(*members));
		if (!members)
			return link_fail(dev, -ENOMEM);
		members[link->nr_members++] = dev;
		link->members = members;
		if (!link->partner && dev_upstream(dev) == link->port && !dev_is_vf(dev))
			link->partner = dev;
	}
	return 0;
}

/* A dump may lack functions below the port. */
static int link_read_doubt(struct pcireset_link *link)
{
	const struct pcireset_dev *port = link->port;
	int r = 0;

	if (port->ctx->is_dump)
		r = dev_attr(port, DUMP_BELOW, link->doubt, sizeof(link->doubt));
	if (r <= 0)
		*link->doubt = '\0';
	return r < 0 && !is_absent(r) ? link_fail(port, r) : 0;
}

static int link_new(struct pcireset_dev *port, struct pcireset_link **ret_link)
{
	struct pcireset_link *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return link_fail(port, -ENOMEM);
	link->refs = 1;
	link->port = port;
	r = link_add_members(link);
	if (!r)
		r = link_read_doubt(link);
	if (!r)
		r = link_read_state(link);
	if (r < 0) {
		pcireset_link_unref(link);
		return r;
	}
	*ret_link = link;
	return 0;
}

int pcireset_link_new(struct pcireset_dev *dev, struct pcireset_link **ret_link)
{
	int r = link_is_port(dev);
	struct pcireset_dev *port = r ? dev : dev_upstream(dev);

	if (r < 0)
		return r;
	if (!r && pcireset_dev_has_unknown_parent(dev))
		return ctx_error(dev->ctx, -EOPNOTSUPP,
				 "%s: the bridge right above it is not in the dump", dev->name);
	if (!port)
		return ctx_error(dev->ctx, -EOPNOTSUPP,
				 "%s: is on a root bus, without a link above", dev->name);
	return link_new(port, ret_link);
}

struct pcireset_link *pcireset_link_ref(struct pcireset_link *link)
{
	link->refs++;
	return link;
}

struct pcireset_link *pcireset_link_unref(struct pcireset_link *link)
{
	if (!link || --link->refs)
		return NULL;
	free(link->members);
	free(link);
	return NULL;
}

int pcireset_link_read(struct pcireset_link *link)
{
	return link_read_state(link);
}

int pcireset_link_check_speed(struct pcireset_link *link, uint32_t speed_mts)
{
	return link_check_speed(link, speed_mts);
}

int pcireset_link_retrain(struct pcireset_link *link, uint32_t speed_mts)
{
	int r = link_read_state(link);

	link->is_touched = false;
	if (!r && *link->port->ctx->sysroot)
		r = ctx_error(link->port->ctx, -EOPNOTSUPP,
			      "a recorded machine has no link to train");
	if (!r)
		r = link_check_now(link);
	if (!r && speed_mts)
		r = link_check_speed(link, speed_mts);
	return r ? r : link_train(link, speed_mts);
}

bool pcireset_link_is_touched(const struct pcireset_link *link)
{
	return link->is_touched;
}

struct pcireset_dev *pcireset_link_get_port(const struct pcireset_link *link)
{
	return link->port;
}

struct pcireset_dev *pcireset_link_get_member(const struct pcireset_link *link, size_t i)
{
	return i < link->nr_members ? link->members[i] : NULL;
}

const char *pcireset_link_get_doubt(const struct pcireset_link *link)
{
	return *link->doubt ? link->doubt : NULL;
}

bool pcireset_link_is_up(const struct pcireset_link *link)
{
	return link->now.is_up;
}

bool pcireset_link_is_disabled(const struct pcireset_link *link)
{
	return link->now.is_disabled;
}

uint32_t pcireset_link_get_speed(const struct pcireset_link *link)
{
	return link->now.speed;
}

uint32_t pcireset_link_get_width(const struct pcireset_link *link)
{
	return link->now.width;
}

uint32_t pcireset_link_get_max_speed(const struct pcireset_link *link)
{
	return link_best_speed(link, 0);
}

uint32_t pcireset_link_get_max_width(const struct pcireset_link *link)
{
	return link->partner_width && link->partner_width < link->max_width ? link->partner_width :
									      link->max_width;
}

uint32_t pcireset_link_get_target_speed(const struct pcireset_link *link)
{
	return link->now.target;
}

enum pcireset_equalization pcireset_link_get_equalization(const struct pcireset_link *link)
{
	return link->now.equalization;
}

const char *pcireset_equalization_to_str(enum pcireset_equalization equalization)
{
	static const char *const names[] = { "none", "complete", "requested", "failed" };

	return (size_t)equalization < ARRAY_SIZE(names) ? names[equalization] : "unknown";
}
