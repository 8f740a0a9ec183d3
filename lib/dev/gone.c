/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that do not answer. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "dev/dev.h"

#define LOOK_AGAIN_NS 100000000u /* many plans in a row read it only once */

static bool has_been_looked_at(const struct pcireset_dev *dev)
{
	return dev->looked_ns && (*dev->ctx->sysroot || now_ns() - dev->looked_ns < LOOK_AGAIN_NS);
}

/* Do not read a register again that was just read for another reason. */
void dev_note_config(struct pcireset_dev *dev, const struct config *config)
{
	struct dev_list *dead = &dev->ctx->dead;

	dev->is_dead = config_is_dead(config);
	dev->looked_ns = now_ns();
	if (!dev->is_dead)
		dev_list_remove(dead, dev);
	else if (dev->listed && dev_list_add(dead, dev) < 0)
		ctx_fail(dev->ctx, -ENOMEM, dev->name);
}

void dev_look_at(struct pcireset_dev *dev)
{
	struct config config;
	char path[PATH_MAX];
	int fd, r;

	if (has_been_looked_at(dev) || !dev_attr_path(dev, "config", path))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : config_read_header_fd(fd, &config);
	if (fd >= 0)
		close(fd);
	if (!r)
		dev_note_config(dev, &config);
	else if (r != -EACCES)
		dev_has_failed(dev, r);
}

/*
 * The functions are in the order of their addresses, so the first dead function below a
 * port is kept.
 */
static void find_first_dead(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev, *port;

	pcireset_dev_foreach(ctx, dev)
		dev->first_dead = NULL;
	pcireset_dev_foreach(ctx, dev) {
		port = pcireset_dev_get_parent(dev);
		if (!port || port->first_dead)
			continue;
		dev_look_at(dev);
		if (dev->is_dead)
			port->first_dead = dev;
	}
	ctx->knows_first_dead = true;
}

/*
 * A dump does not list the functions below a dead bridge. That bridge is on a lower bus,
 * and below the same port.
 */
static struct pcireset_dev *dead_beside(struct pcireset_dev *dev)
{
	struct pcireset_dev *first;

	if (!dev->ctx->knows_first_dead)
		find_first_dead(dev->ctx);
	first = pcireset_dev_get_parent(dev)->first_dead;
	return first && first->addr.bus < dev->addr.bus ? first : dev;
}

struct pcireset_dev *pcireset_dev_get_topmost_gone(struct pcireset_dev *dev)
{
	struct pcireset_dev *top = NULL, *above = dev;

	for (; above; above = pcireset_dev_get_parent(above)) {
		dev_look_at(above);
		if (!above->is_dead)
			break;
		top = above;
	}
	return top && top->ctx->is_dump && pcireset_dev_get_parent(top) ? dead_beside(top) : top;
}
