/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* After the reset: remove the device, rescan its bus, and compare. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "reenumerate/reenumerate.h"

#define DEFAULT_MS  5000 /* until the device is back */
#define MAX_RETRIES 3    /* of a rescan without memory or descriptors */
#define BIND_MS     5000 /* until a driver has bound after the rescan */
#define PAUSE_MS    50
#define NS_PER_MS   1000000ull

/* How long the caller waits for one thing. */
struct patience {
	pcireset_wait_fn fn;
	void *data;
	unsigned int ms, limit_ms;
};

static unsigned int limit_ms(const struct pcireset_reenumeration *e)
{
	return e->plan->timeout_ms ? e->plan->timeout_ms : DEFAULT_MS;
}

static bool wait_a_little(struct patience *patience)
{
	if (patience->ms >= patience->limit_ms)
		return false;
	if (patience->fn && !patience->fn(patience->data))
		return false;
	patience->ms += PAUSE_MS;
	pause_ns(PAUSE_MS * NS_PER_MS);
	return true;
}

static int remove_device(struct pcireset_reenumeration *e)
{
	for (size_t i = e->was.nr; i-- > 0;) {
		const struct subtree_function *f = &e->was.v[i];
		int r = f->is_top ? attr_write_of(e->ctx, f->name, "remove", "1") : 0;

		if (r && !is_absent(r))
			return reenumeration_fail(e, r, "%s cannot be removed: %s", f->name,
						  strerror(-r));
	}
	return 0;
}

/* After a power cycle the note stays, so that doctor reports the port and rescans the bus. */
static int fail_rescan(struct pcireset_reenumeration *e, int r, const char *port)
{
	if (e->cuts_power)
		guard_keep_note(e->guard);
	return reenumeration_fail(
		e, r, "the bus below %s cannot be rescanned: %s%s", port, strerror(-r),
		e->cuts_power ? "; to try again, use: pcireset doctor --repair" : "");
}

static int rescan_bus(struct pcireset_reenumeration *e)
{
	const struct pcireset_addr *device = &e->place.device;
	char port[PCIRESET_ADDR_STR_MAX];
	int r;

	pcireset_addr_to_str(&e->place.port, port);
	r = attr_rescan(e->ctx, port, device->domain, device->bus);
	/* Without a rescan the device stays away. A shortage may pass. */
	for (int i = 0; users_is_shortage(r) && i < MAX_RETRIES; i++) {
		pause_ns(PAUSE_MS * NS_PER_MS);
		r = attr_rescan(e->ctx, port, device->domain, device->bus);
	}
	return r ? fail_rescan(e, r, port) : 0;
}

static int read_again(struct pcireset_reenumeration *e)
{
	subtree_clear(&e->now);
	differences_clear(&e->differences);
	if (pcireset_ctx_scan(e->ctx) < 0)
		return reenumeration_fail(e, -EIO, "%s", pcireset_ctx_get_errmsg(e->ctx));
	if (subtree_read(&e->now, e->ctx, &e->place))
		return reenumeration_fail_unread(e, &e->now.unread);
	if (subtree_compare(&e->was, &e->now, &e->differences))
		return reenumeration_fail(e, -ENOMEM, "out of memory");
	return 0;
}

/* A card that initializes itself may need some time to appear. */
static int await_functions(struct pcireset_reenumeration *e, struct patience patience)
{
	int r = read_again(e);

	patience.limit_ms = limit_ms(e);
	while (!r && differences_have_missing(&e->differences, "function") &&
	       wait_a_little(&patience))
		r = rescan_bus(e) ? e->error : read_again(e);
	return r;
}

static int await_drivers(struct pcireset_reenumeration *e, struct patience patience)
{
	int r;

	patience.limit_ms = BIND_MS;
	do
		r = read_again(e);
	while (!r && differences_have_missing(&e->differences, "driver") &&
	       wait_a_little(&patience));
	return r;
}

/* A reset by the module is counted, and pcireset watch reports it. */
static int reset_empty_bus(struct pcireset_reenumeration *e)
{
	const struct backend *backend = e->ctx->backend;
	int r = -ENOTTY;

	if (backend->reset_empty_bus)
		r = backend->reset_empty_bus(e->ctx, &e->place.port);
	if (r == -ENOTTY) {
		r = port_reset_bus(guard_port(e->guard), limit_ms(e));
		return r ? reenumeration_fail(e, r,
					      "Bridge Control of the port above cannot be "
					      "written") :
			   0;
	}
	if (r)
		return reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(e->ctx));
	port_await_link(guard_port(e->guard), limit_ms(e));
	return 0;
}

/* While the kernel knows no function below the port. */
static int reset_removed(struct pcireset_reenumeration *e)
{
	if (e->cuts_power)
		return power_cycle(e, limit_ms(e));
	return e->is_by_port ? reset_empty_bus(e) : 0;
}

/* A device whose power was not cut is found again. */
static bool is_back_anyway(const struct pcireset_reenumeration *e)
{
	return e->cuts_power && !guard_keeps_note(e->guard);
}

/* Also rescan if only some functions were removed, to bring them back. */
int reenumeration_replace(struct pcireset_reenumeration *e, pcireset_wait_fn fn, void *data)
{
	const struct patience patience = { .fn = fn, .data = data };
	int r;

	if (e->cuts_power)
		power_call_witnesses(e);
	r = remove_device(e);
	e->is_changed = true;
	if (!r)
		r = reset_removed(e);
	if (rescan_bus(e) || (r && !is_back_anyway(e))) {
		/* Functions that could not be removed have the value of the witness. */
		if (e->cuts_power)
			power_ask_witnesses(e);
		return e->error;
	}
	r = await_functions(e, patience);
	if (e->cuts_power)
		power_ask_witnesses(e);
	subtree_bind(e->ctx, &e->was);
	if (!r)
		r = await_drivers(e, patience);
	if (!r && e->cuts_power)
		power_check(e);
	return e->error;
}
