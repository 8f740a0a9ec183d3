/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of functions before and after each reset: config space, driver, link and error
 * counters of those that are reset, and of those around them, which must not change.
 *
 * The state after a reset is the state before the next one. Nothing that changes in between
 * is missed, unless an exercise ran.
 *
 * Only the part of config space that has a register is read: 64 functions must cost less
 * than their resets.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "qualify.h"

#define MAX_NEIGHBOURS 32
#define MAX_RESTLESS   16
#define BASELINE_NR    4 /* times to look for registers that change by themselves */
#define BASELINE_NS    25000000
#define SETTLE_NR      40 /* times to wait for a driver that comes or goes */
#define EXTENT_STEP    64 /* config space is read in multiples of this */

/* The kernel's AER counters. A function without AER has no such files. */
static const struct {
	const char *attr;
	bool is_correctable;
} counter_files[] = {
	{ "aer_dev_fatal", false },
	{ "aer_dev_nonfatal", false },
	{ "aer_dev_correctable", true },
};

struct counters {
	uint64_t errors, correctable;
};

/* One function at one moment. */
struct state {
	struct config config;
	char driver[NAME_MAX + 1];
	struct counters counters;
};

struct watch {
	struct pcireset_dev *dev;
	int lock; /* file descriptor, or -1 */
	struct state before, after;
	bool has_counter[ARRAY_SIZE(counter_files)];
	size_t extent;                   /* of config space: all registers are below it */
	bool is_affected;                /* by the plans of this round */
	uint16_t restless[MAX_RESTLESS]; /* registers that change without a reset */
	size_t nr_restless;
};

struct observer {
	struct watch *v;
	size_t nr;
	int locks;     /* directory, or -1 */
	bool is_known; /* the state after the last reset is valid */
};

/* A space for the name of a lock. */
#define LOCK_NAME_MAX (sizeof("qualify-") + PCIRESET_ADDR_STR_MAX)

static const char *lock_name(const struct watch *w, char name[LOCK_NAME_MAX])
{
	snprintf(name, LOCK_NAME_MAX, "qualify-%s", w->dev->name);
	return name;
}

/* The file is removed while it is locked: see lockfile_open(). */
static void unlock_function(const struct observer *observer, const struct watch *w)
{
	char name[LOCK_NAME_MAX];

	if (w->lock < 0)
		return;
	unlinkat(observer->locks, lock_name(w, name), 0);
	close(w->lock);
}

void observer_free(struct observer *observer)
{
	if (!observer)
		return;
	for (size_t i = 0; i < observer->nr; i++) {
		unlock_function(observer, &observer->v[i]);
		pcireset_dev_unref(observer->v[i].dev);
	}
	if (observer->locks >= 0)
		close(observer->locks);
	free(observer->v);
	free(observer);
}

/* ---- the functions */

static struct watch *watch_of(const struct observer *observer, const struct pcireset_addr *addr)
{
	for (size_t i = 0; i < observer->nr; i++)
		if (addr_is(&observer->v[i].dev->addr, addr))
			return &observer->v[i];
	return NULL;
}

static int watch_device(struct observer *observer, struct pcireset_dev *dev)
{
	struct watch *v;

	if (!dev || watch_of(observer, &dev->addr))
		return 0;
	v = reallocarray(observer->v, observer->nr + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	observer->v = v;
	memset(&v[observer->nr], 0, sizeof(*v));
	v[observer->nr].lock = -1;
	v[observer->nr].extent = sizeof(v->before.config.b);
	for (size_t i = 0; i < ARRAY_SIZE(counter_files); i++)
		v[observer->nr].has_counter[i] = true;
	v[observer->nr++].dev = pcireset_dev_ref(dev);
	return 0;
}

static int watch_affected(struct pcireset_qualify *qualify)
{
	int r = 0;

	for (size_t i = 0; i < qualify->nr_plans; i++)
		for (size_t j = 0; j < qualify->plans[i].nr && !r; j++)
			r = watch_device(qualify->observer,
					 pcireset_ctx_get_dev(qualify->ctx,
							      &qualify->plans[i].members[j]));
	return r;
}

/* Two runs that reset the same function would find the resets of each other. */
static int lock_function(struct pcireset_qualify *qualify, struct watch *w)
{
	char name[LOCK_NAME_MAX];
	int r = lockfile_open(qualify->observer->locks, lock_name(w, name), &w->lock);

	if (!r)
		return 0;
	if (w->lock >= 0)
		close(w->lock);
	w->lock = -1;
	if (r == -EAGAIN)
		return ctx_error(qualify->ctx, -EBUSY, "%s: another qualification resets it",
				 w->dev->name);
	return ctx_error(qualify->ctx, r, "/" LOCKFILE_DIRECTORY "/%s: %s", name, strerror(-r));
}

/* VFIO gives a function to one process only, and may have given it to a user. */
static int lock_affected(struct pcireset_qualify *qualify)
{
	struct observer *observer = qualify->observer;
	char path[PATH_MAX];
	int r = ctx_path(qualify->ctx, path, LOCKFILE_DIRECTORY);

	if (dev_backend(qualify->devices[0].dev)->id == PCIRESET_BACKEND_VFIO)
		return 0;
	if (r >= 0)
		r = observer->locks = lockfile_directory(path);
	if (r < 0)
		return ctx_error(qualify->ctx, r, "/" LOCKFILE_DIRECTORY ": %s", strerror(-r));
	r = 0;
	for (size_t i = 0; i < observer->nr && !r; i++)
		r = lock_function(qualify, &observer->v[i]);
	return r;
}

/* A bridge above a device, or a function on the bus of one. */
static bool is_near(const struct pcireset_qualify *qualify, const struct pcireset_dev *dev)
{
	for (size_t i = 0; i < qualify->nr_devices; i++) {
		const struct pcireset_dev *of = qualify->devices[i].dev;

		if (of->addr.domain == dev->addr.domain && of->addr.bus == dev->addr.bus)
			return true;
		while ((of = dev_upstream(of)))
			if (of == dev)
				return true;
	}
	return false;
}

enum distance {
	DISTANCE_NEAR,
	DISTANCE_ANY
};

static int watch_neighbours(struct pcireset_qualify *qualify, enum distance distance)
{
	struct pcireset_addr *watched;
	struct pcireset_dev *dev;
	int r = 0;

	pcireset_dev_foreach(qualify->ctx, dev) {
		if (qualify->nr_watched >= MAX_NEIGHBOURS || r)
			break;
		if (watch_of(qualify->observer, &dev->addr) ||
		    (distance == DISTANCE_NEAR && !is_near(qualify, dev)))
			continue;
		watched = reallocarray(qualify->watched, qualify->nr_watched + 1, sizeof(*watched));
		if (!watched)
			return -ENOMEM;
		qualify->watched = watched;
		watched[qualify->nr_watched++] = dev->addr;
		r = watch_device(qualify->observer, dev);
	}
	return r;
}

static int watch_known(struct pcireset_qualify *qualify)
{
	int r = 0;

	for (size_t i = 0; i < qualify->nr_watched && !r; i++)
		r = watch_device(qualify->observer,
				 pcireset_ctx_get_dev(qualify->ctx, &qualify->watched[i]));
	return r;
}

/* ---- the state of one function */

/* "TOTAL_ERR_FATAL 3" is the last line. A function that is gone has no files any more. */
static int add_total(const struct pcireset_dev *dev, const char *attr, uint64_t *count)
{
	char text[ATTR_MAX];
	const char *total;
	int r = dev_attr(dev, attr, text, sizeof(text));

	if (r < 0)
		return is_absent(r) ? 0 : r;
	total = strstr(text, "TOTAL_");
	total = total ? strchr(total, ' ') : NULL;
	if (!total)
		return -EBADMSG;
	*count += strtoull(total, NULL, 10);
	return 0;
}

static int read_counters(const struct watch *w, struct counters *counters)
{
	int r = 0;

	*counters = (struct counters){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(counter_files) && !r; i++)
		if (w->has_counter[i])
			r = add_total(w->dev, counter_files[i].attr,
				      counter_files[i].is_correctable ? &counters->correctable :
									&counters->errors);
	return r;
}

/* A function without a driver has an empty name. */
static int read_driver(const struct pcireset_dev *dev, char driver[NAME_MAX + 1])
{
	char path[PATH_MAX];
	int r = -ENAMETOOLONG;

	*driver = '\0';
	if (snprintf(path, sizeof(path), "%s/driver", dev->path) < (int)sizeof(path))
		r = read_link_name(path, driver, NAME_MAX + 1);
	return r < 0 && !is_absent(r) ? r : 0;
}

static int read_state(const struct watch *w, struct state *state)
{
	int r = config_read_start(w->dev, &state->config, w->extent);

	if (!r)
		r = read_driver(w->dev, state->driver);
	return r ? r : read_counters(w, &state->counters);
}

/* A function that is gone reads as an empty config space. */
static bool is_gone(const struct state *state)
{
	return !state->config.len || config_is_dead(&state->config);
}

static void link_of(const struct config *config, uint32_t *ret_speed, uint32_t *ret_width)
{
	size_t at = config_find(config, PCI_CAP_ID_EXP);
	uint32_t status = at ? config_get16(config, at + PCI_EXP_LNKSTA) : 0;

	*ret_speed = status & PCI_EXP_LNKSTA_CLS;
	*ret_width = (status & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT;
}

/* The port above knows the link of a function. It also knows that of a VF. */
void observe_link(const struct pcireset_dev *dev, uint32_t *ret_speed, uint32_t *ret_width)
{
	const struct pcireset_dev *port = dev_upstream(dev);
	struct config config;

	*ret_speed = *ret_width = 0;
	if (!config_read(port ? port : dev, &config) && !config_is_dead(&config))
		link_of(&config, ret_speed, ret_width);
}

/* The first register that changed, except those that change by themselves; -1 if none did. */
static int changed_register(const struct watch *w)
{
	struct config now = w->after.config;

	for (size_t i = 0; i < w->nr_restless; i++)
		memcpy(&now.b[w->restless[i]], &w->before.config.b[w->restless[i]], 4);
	return config_difference(&w->before.config, &now);
}

/* ---- all functions */

static int read_all(struct observer *observer)
{
	int r = 0;

	for (size_t i = 0; i < observer->nr && !r; i++)
		r = read_state(&observer->v[i], &observer->v[i].after);
	return r;
}

static void keep_all(struct observer *observer)
{
	for (size_t i = 0; i < observer->nr; i++)
		observer->v[i].before = observer->v[i].after;
}

/* The registers behind the last one that is not zero are reserved, and read as zero. */
static void learn_extents(struct observer *observer)
{
	for (size_t i = 0; i < observer->nr; i++) {
		struct watch *w = &observer->v[i];
		size_t end = w->after.config.len;

		if (is_gone(&w->after))
			continue;
		while (end > PCI_STD_HEADER_SIZEOF && !w->after.config.b[end - 1])
			end--;
		w->extent = (end + EXTENT_STEP - 1) / EXTENT_STEP * EXTENT_STEP;
		if (w->after.config.len > w->extent)
			w->after.config.len = w->extent;
	}
}

/* Do not look for a missing file after each reset: for many VFs that takes long. */
static void learn_counters(struct observer *observer)
{
	char text[ATTR_MAX];

	for (size_t i = 0; i < observer->nr; i++)
		for (size_t j = 0; j < ARRAY_SIZE(counter_files); j++) {
			struct watch *w = &observer->v[i];
			int r = dev_attr(w->dev, counter_files[j].attr, text, sizeof(text));

			w->has_counter[j] = r >= 0 || !is_absent(r);
		}
}

static void learn_restless(struct observer *observer)
{
	for (size_t i = 0; i < observer->nr; i++) {
		struct watch *w = &observer->v[i];
		int at;

		while (w->nr_restless < MAX_RESTLESS && (at = changed_register(w)) >= 0 &&
		       (size_t)at + 4 <= w->before.config.len)
			w->restless[w->nr_restless++] = (uint16_t)(at & ~3);
	}
}

/* Before the first reset: registers that change now change by themselves. */
static int learn_baseline(struct observer *observer)
{
	int r = read_all(observer);

	learn_extents(observer);
	learn_counters(observer);
	for (int i = 0; i < BASELINE_NR && !r; i++) {
		keep_all(observer);
		pause_ns(BASELINE_NS);
		r = read_all(observer);
		if (!r)
			learn_restless(observer);
	}
	return r;
}

/* Those of the beginning, if the run is resumed. */
static int watch_others(struct pcireset_qualify *qualify)
{
	int r;

	if (qualify->nr_watched)
		return watch_known(qualify);
	r = watch_neighbours(qualify, DISTANCE_NEAR);
	return r ? r : watch_neighbours(qualify, DISTANCE_ANY);
}

int observer_new(struct pcireset_qualify *qualify)
{
	struct observer *observer = calloc(1, sizeof(*observer));
	int r;

	if (!observer)
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	observer->locks = -1;
	observer_free(qualify->observer);
	qualify->observer = observer;
	r = watch_affected(qualify);
	if (r)
		return ctx_error(qualify->ctx, r, "out of memory");
	r = lock_affected(qualify);
	if (r)
		return r;
	r = watch_others(qualify);
	if (!r)
		r = learn_baseline(observer);
	observer->is_known = !r;
	return r ? ctx_error(qualify->ctx, r, "the state of the functions cannot be read: %s",
			     strerror(-r)) :
		   0;
}

/* An exercise may change anything: the next reset begins with a new state. */
void observe_again(struct pcireset_qualify *qualify)
{
	if (qualify->observer)
		qualify->observer->is_known = false;
}

static void find_affected(struct pcireset_qualify *qualify, uint32_t type)
{
	struct observer *observer = qualify->observer;

	for (size_t i = 0; i < observer->nr; i++)
		observer->v[i].is_affected = false;
	for (size_t i = 0; i < qualify->nr_plans; i++)
		for (size_t j = 0; j < qualify->plans[i].nr && qualify->plans[i].type == type;
		     j++) {
			struct watch *w = watch_of(observer, &qualify->plans[i].members[j]);

			if (w)
				w->is_affected = true;
		}
}

int observe_before(struct pcireset_qualify *qualify, uint32_t type)
{
	int r = qualify->observer->is_known ? 0 : read_all(qualify->observer);

	keep_all(qualify->observer);
	find_affected(qualify, type);
	return r;
}

static bool has_other_driver(const struct watch *w)
{
	return strcmp(w->before.driver, w->after.driver) != 0;
}

/*
 * The kernel changes the link in sysfs first, and the driver changes registers after that.
 * Read until nothing changes any more.
 */
static int settle_driver(struct watch *w)
{
	struct watch *last = malloc(sizeof(*last));
	int r = last ? 0 : -ENOMEM;

	for (int i = 0; i < SETTLE_NR && !r; i++) {
		*last = *w;
		last->before = w->after;
		pause_ns(BASELINE_NS);
		r = read_state(w, &w->after);
		last->after = w->after;
		if (!r && !has_other_driver(last) && changed_register(last) < 0)
			break;
	}
	free(last);
	return r;
}

int observe_after(struct pcireset_qualify *qualify)
{
	struct observer *observer = qualify->observer;
	int r = read_all(observer);

	for (size_t i = 0; i < observer->nr && !r; i++)
		if (has_other_driver(&observer->v[i]))
			r = settle_driver(&observer->v[i]);
	observer->is_known = !r;
	return r;
}

/* ---- deviations */

static bool was_switched_off(const struct watch *w, size_t at, uint32_t bit)
{
	return at && config_get16(&w->before.config, at) & bit &&
	       !(config_get16(&w->after.config, at) & bit);
}

static uint32_t interrupt_marks(const struct watch *w, size_t *ret_at)
{
	size_t msi = config_find(&w->before.config, PCI_CAP_ID_MSI);
	size_t msix = config_find(&w->before.config, PCI_CAP_ID_MSIX);
	size_t ats = config_find_extended(&w->before.config, PCI_EXT_CAP_ID_ATS, 0);

	*ret_at = msi;
	if (was_switched_off(w, msi ? msi + PCI_MSI_FLAGS : 0, PCI_MSI_FLAGS_ENABLE))
		return PCIRESET_MARK_INTERRUPTS;
	*ret_at = msix;
	if (was_switched_off(w, msix ? msix + PCI_MSIX_FLAGS : 0, PCI_MSIX_FLAGS_ENABLE))
		return PCIRESET_MARK_INTERRUPTS;
	*ret_at = ats + PCI_ATS_CTRL;
	if (was_switched_off(w, ats ? ats + PCI_ATS_CTRL : 0, PCI_ATS_CTRL_ENABLE))
		return PCIRESET_MARK_ATS;
	return 0;
}

static uint32_t new_errors(const struct counters *before, const struct counters *after)
{
	uint32_t marks = 0;

	if (after->errors > before->errors)
		marks |= PCIRESET_MARK_ERRORS;
	if (after->correctable > before->correctable)
		marks |= PCIRESET_MARK_CORRECTABLE;
	return marks;
}

static uint32_t error_marks(const struct watch *w)
{
	return new_errors(&w->before.counters, &w->after.counters);
}

static void add_register(const struct watch *w, struct pcireset_sample *sample)
{
	size_t explained;
	uint32_t marks = interrupt_marks(w, &explained);
	int at = changed_register(w);

	sample->marks |= marks;
	/* Once is enough, also if the module has found the same register. */
	if (marks && sample->offset / 4 == explained / 4)
		sample->marks &= ~(uint32_t)PCIRESET_MARK_CONFIG;
	if (at < 0 || (marks && (size_t)at / 4 == explained / 4))
		return;
	sample->marks |= PCIRESET_MARK_CONFIG;
	sample->offset = (uint32_t)at;
}

/* Errors of a device, or of the port above it, since the last reset. */
int observe_exercise(const struct pcireset_qualify *qualify, uint32_t device, uint32_t *ret_marks)
{
	const struct observer *observer = qualify->observer;
	const struct pcireset_dev *dev = qualify->devices[device].dev, *port = dev_upstream(dev);
	int r = 0;

	*ret_marks = 0;
	for (size_t i = 0; i < observer->nr && observer->is_known && !r; i++) {
		const struct watch *w = &observer->v[i];
		struct counters now;

		if (w->dev != dev && w->dev != port)
			continue;
		r = read_counters(w, &now);
		if (!r)
			*ret_marks |= new_errors(&w->after.counters, &now);
	}
	return r;
}

/* A reset of the link trains it: the link must be that of the beginning. */
static void add_link(const struct pcireset_qualify *qualify, const struct watch *port,
		     struct pcireset_sample *sample)
{
	const struct qualify_device *device = &qualify->devices[sample->device];
	uint32_t speed = device->speed, width = device->width;

	if (is_gone(&port->after))
		return;
	if (!(sample->type & PCI_RESET_LINK))
		link_of(&port->before.config, &speed, &width);
	link_of(&port->after.config, &sample->speed, &sample->width);
	if (sample->width < width)
		sample->marks |= PCIRESET_MARK_LINK_WIDTH;
	if (sample->speed < speed)
		sample->marks |= PCIRESET_MARK_LINK_SPEED;
}

static void add_device(const struct pcireset_qualify *qualify, struct pcireset_sample *sample)
{
	const struct qualify_device *device = &qualify->devices[sample->device];
	const struct watch *w = watch_of(qualify->observer, &device->addr), *port;
	struct pcireset_dev *above = dev_upstream(device->dev);

	port = above ? watch_of(qualify->observer, &above->addr) : w;
	if (port)
		add_link(qualify, port, sample);
	if (port && port != w)
		sample->marks |= error_marks(port);
	if (!w)
		return;
	sample->marks |= error_marks(w);
	if (is_gone(&w->after)) {
		sample->marks |= PCIRESET_MARK_NOT_READY;
		return;
	}
	/* A driver that comes or goes changes registers itself. */
	if (has_other_driver(w))
		sample->marks |= PCIRESET_MARK_DRIVER;
	else
		add_register(w, sample);
}

/* A function of the round that is not a device of the run. */
static void add_affected(const struct watch *w, struct pcireset_sample *sample)
{
	int at;

	sample->marks |= error_marks(w);
	if (is_gone(&w->after)) {
		sample->marks |= is_gone(&w->before) ? 0 : PCIRESET_MARK_NOT_READY;
		return;
	}
	if (has_other_driver(w)) {
		sample->marks |= PCIRESET_MARK_DRIVER;
		return;
	}
	at = changed_register(w);
	if (at < 0)
		return;
	sample->marks |= PCIRESET_MARK_CONFIG;
	sample->offset = (uint32_t)at;
}

/* The port above the device is observed with the device. */
static bool is_port_of(const struct pcireset_qualify *qualify, const struct watch *w,
		       const struct pcireset_sample *sample)
{
	return dev_upstream(qualify->devices[sample->device].dev) == w->dev;
}

/* A function that is not affected must not change. Return: whether it has. */
static bool add_neighbour(const struct pcireset_qualify *qualify, const struct watch *w,
			  struct pcireset_sample *sample)
{
	uint32_t errors = is_port_of(qualify, w, sample) ? 0 : error_marks(w);
	int at = has_other_driver(w) ? PCIRESET_PLACE_DRIVER : changed_register(w);

	if (at < 0 && errors & PCIRESET_MARK_ERRORS)
		at = PCIRESET_PLACE_ERRORS;
	if (at < 0 && !errors)
		return false;
	sample->who = w->dev->addr;
	sample->who_offset = at < 0 ? PCIRESET_PLACE_CORRECTABLE : (uint32_t)at;
	sample->marks |= at < 0 ? PCIRESET_MARK_CORRECTABLE : PCIRESET_MARK_NEIGHBOUR;
	return at >= 0;
}

static bool is_device(const struct pcireset_qualify *qualify, const struct watch *w)
{
	for (size_t i = 0; i < qualify->nr_devices; i++)
		if (addr_is(&qualify->devices[i].addr, &w->dev->addr))
			return true;
	return false;
}

/* Functions of the round that are not devices of the run, and unaffected functions. */
static void add_others(const struct pcireset_qualify *qualify, struct pcireset_sample *sample)
{
	const struct observer *observer = qualify->observer;

	for (size_t i = 0; i < observer->nr; i++) {
		const struct watch *w = &observer->v[i];

		if (w->is_affected && is_device(qualify, w))
			continue;
		if (w->is_affected)
			add_affected(w, sample);
		else if (add_neighbour(qualify, w, sample))
			return;
	}
}

/* Facts that concern several devices are noted with the first device of the round. */
void observe_sample(const struct pcireset_qualify *qualify, struct pcireset_sample *sample)
{
	add_device(qualify, sample);
	if (!sample->device)
		add_others(qualify, sample);
}
