/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine: its context and the named functions. */
#include <search.h>
#include <stdlib.h>
#include "machine.h"

static int by_pointer(const void *a, const void *b)
{
	return a < b ? -1 : a > b;
}

/* Is the function named? */
bool machine_has(const struct machine *m, const struct pcireset_dev *dev)
{
	return tfind(dev, &m->known, by_pointer);
}

/* Add a function once, even if it is named twice. Take over the reference. */
void machine_add(struct machine *m, struct pcireset_dev *dev)
{
	if (machine_has(m, dev)) {
		pcireset_dev_unref(dev);
		return;
	}
	must(tsearch(dev, &m->known, by_pointer));
	m->devs = must(reallocarray(m->devs, m->nr_devs + 1, sizeof(struct pcireset_dev *)));
	m->devs[m->nr_devs++] = dev;
}

size_t machine_count(const struct machine *m)
{
	struct pcireset_dev *dev;
	size_t nr = 0;

	pcireset_dev_foreach(m->ctx, dev)
		nr++;
	return nr;
}

/* A list has no column for the reason. */
void machine_note_unknown(const struct machine *m)
{
	struct pcireset_dev *dev;
	uint32_t use;

	pcireset_dev_foreach(m->ctx, dev) {
		size_t last = pcireset_dev_get_nr_users(dev) - 1;

		if (!pcireset_dev_get_user(dev, last, &use) || use != PCIRESET_USE_UNKNOWN)
			continue;
		error("note: some users are unknown: %s", pcireset_dev_get_user_detail(dev, last));
		return;
	}
}

/* A result from incomplete data is an error, although it is printed. */
int machine_finish(struct machine *m, int status)
{
	int r = m->ctx ? pcireset_ctx_get_failure(m->ctx) : 0;

	if (r && (status == STATUS_DONE || status == STATUS_UNKNOWN)) {
		error("the result is incomplete: %s", pcireset_ctx_get_errmsg(m->ctx));
		status = STATUS_ERROR;
	}
	machine_close(m);
	return status;
}

void machine_close(struct machine *m)
{
	for (size_t i = 0; i < m->nr_devs; i++) {
		tdelete(m->devs[i], &m->known, by_pointer);
		pcireset_dev_unref(m->devs[i]);
	}
	free(m->devs);
	pcireset_ctx_unref(m->ctx);
}
