/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before a re-enumeration: the place of the device, its uses, and the plan. Nothing is touched. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "dev/dev.h"
#include "reenumerate/reenumerate.h"

/* The first message is kept. It is also the message of the context. */
int reenumeration_fail(struct pcireset_reenumeration *e, int error, const char *fmt, ...)
{
	va_list ap;

	if (e->error)
		return error;
	e->error = error;
	va_start(ap, fmt);
	vsnprintf(e->message, sizeof(e->message), fmt, ap);
	va_end(ap);
	return ctx_error(e->ctx, error, "%s: %s", e->dev->name, e->message);
}

/* Unknown state can be neither restored nor compared. */
int reenumeration_fail_unread(struct pcireset_reenumeration *e, const struct unread *unread)
{
	return reenumeration_fail(e, unread->error == -ENOMEM ? -ENOMEM : -EBUSY,
				  "its state is unknown: %s cannot be read: %s", unread->path,
				  strerror(-unread->error));
}

/* The port resets the bus without a plan, which would have checked the rules. */
int reenumeration_check_bus_rules(struct pcireset_reenumeration *e)
{
	int r = pcireset_dev_check_rules(e->dev, PCI_RESET_BUS);

	return r ? reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(e->ctx)) : 0;
}

static int open_guard(struct pcireset_reenumeration *e, const struct pcireset_addr *port,
		      struct guard **ret_guard)
{
	char name[PCIRESET_ADDR_STR_MAX];
	struct unread unread = { 0 };
	int r = guard_open(e->ctx, port, &unread, ret_guard);

	pcireset_addr_to_str(port, name);

	if (unread.error)
		return reenumeration_fail_unread(e, &unread);
	switch (r) {
	case 0:
		return 0;
	case -EAGAIN:
		return reenumeration_fail(
			e, -EBUSY, "another process re-enumerates below %s; try again later", name);
	case -EUCLEAN:
		return reenumeration_fail(e, -EBUSY,
					  "an earlier power cycle below %s did not end; to "
					  "switch the power on, use: pcireset doctor --repair",
					  name);
	case -EEXIST:
		return reenumeration_fail(e, -EBUSY,
					  "a killed re-enumerate left %s without error and hotplug "
					  "events; to restore them, use: pcireset doctor --repair",
					  name);
	default:
		return reenumeration_fail(e, r, "%s: %s", name, strerror(-r));
	}
}

/*
 * Another process may re-enumerate below a port that is removed with the device, such as
 * while it programs a card. Its port is locked, and stays so until this one has ended.
 */
static int open_guards_below(struct pcireset_reenumeration *e)
{
	int r = 0;

	e->below = calloc(e->was.nr + 1, sizeof(*e->below));
	if (!e->below)
		return reenumeration_fail(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < e->was.nr && !r; i++)
		if (e->was.v[i].is_bridge) {
			r = open_guard(e, &e->was.v[i].addr, &e->below[e->nr_below]);
			e->nr_below += !r;
		}
	return r;
}

/* Below the port, on the way to the device, and removed with it. */
static const struct pcireset_dev *child_of(const struct pcireset_dev *port,
					   const struct pcireset_dev *dev)
{
	const struct pcireset_dev *parent = pcireset_dev_get_parent(dev);

	while (parent && parent != port) {
		dev = parent;
		parent = pcireset_dev_get_parent(dev);
	}
	return dev;
}

/* The port whose power is cut, which may be further above the device. */
static int find_supply(struct pcireset_reenumeration *e, const struct pcireset_dev **ret_port)
{
	struct power power;

	dev_find_power(e->dev, &power);
	if (power.method == PCIRESET_POWER_NONE)
		return reenumeration_fail(e, -EOPNOTSUPP, "its power cannot be cut: %s",
					  power.text);
	if (power.method == PCIRESET_POWER_UNKNOWN)
		return reenumeration_fail(e, -EBUSY,
					  "it is unknown whether its power can be cut: "
					  "%s",
					  power.text);
	e->supply.ctx = e->ctx;
	e->supply.method = power.method;
	strcpy(e->supply.port, power.port->name);
	snprintf(e->supply.slot, sizeof(e->supply.slot), "%.255s", power.text);
	memcpy(e->supply.allowed, power.allowed, sizeof(e->supply.allowed));
	*ret_port = power.port;
	return 0;
}

/* The rescan must not damage remaining functions. */
static int check_numbers(struct pcireset_reenumeration *e, const struct pcireset_dev *port)
{
	struct unread unread = { 0 };
	struct pcireset_dev *victim = renumber_victim(e->ctx, &e->place, &e->was, &unread);

	if (unread.error)
		return reenumeration_fail_unread(e, &unread);
	if (!victim)
		return 0;
	return reenumeration_fail(e, -EOPNOTSUPP,
				  "this kernel renumbers buses at each rescan and would find the "
				  "devices below %s twice; use: pcireset reset, or re-enumerate %s",
				  victim->name, port->name);
}

static int find_place(struct pcireset_reenumeration *e)
{
	const struct pcireset_dev *port = pcireset_dev_get_parent(e->dev);
	const struct pcireset_dev *physfn = pcireset_dev_get_physfn(e->dev);
	int r = 0;

	if (physfn)
		return reenumeration_fail(
			e, -EOPNOTSUPP,
			"a virtual function is removed with its physical function; "
			"name %s",
			physfn->name);
	if (!port)
		return reenumeration_fail(e, -EOPNOTSUPP,
					  "a device on a root bus cannot be removed alone; use: "
					  "pcireset reset");
	if (e->cuts_power)
		r = find_supply(e, &port);
	if (!r)
		r = open_guard(e, &port->addr, &e->guard);
	if (r < 0)
		return r;
	e->place.port = port->addr;
	e->place.device = child_of(port, e->dev)->addr;
	e->place.is_whole_bus = port_is_point_to_point(guard_port(e->guard));
	r = subtree_read(&e->was, e->ctx, &e->place);
	if (r)
		return reenumeration_fail_unread(e, &e->was.unread);
	r = open_guards_below(e);
	return r ? r : check_numbers(e, port);
}

/* The driver is unbound before the reset, so it needs no reset_prepare. */
static int check_use(struct pcireset_reenumeration *e, struct pcireset_dev *dev)
{
	const char *name;
	uint32_t use;

	for (size_t i = 0; (name = pcireset_dev_get_user(dev, i, &use)); i++)
		if (use != PCIRESET_USE_DRIVER && !(e->force & use))
			return reenumeration_fail(e, -EBUSY,
						  "%s is in use: %s; end that use, or add "
						  "--force %s",
						  dev->name, name, pcireset_use_to_str(use));
	return 0;
}

static int check_uses(struct pcireset_reenumeration *e, struct pcireset_ctx *ctx)
{
	int before = ctx_begin(ctx), failure, r = 0;
	struct pcireset_dev *dev;

	pcireset_dev_foreach(ctx, dev)
		if (!r && place_has(&e->place, dev))
			r = check_use(e, dev);
	failure = ctx_end(ctx, before, 0);
	return r || !failure ? r : reenumeration_fail(e, failure, "%s", strerror(-failure));
}

/* Would the reset affect a bound driver without reset_prepare that is not unbound? */
static bool has_other_driver(struct pcireset_reenumeration *e, struct pcireset_dev *dev)
{
	uint32_t use;

	for (size_t i = 0; !place_has(&e->place, dev) && pcireset_dev_get_user(dev, i, &use); i++)
		if (use == PCIRESET_USE_DRIVER)
			return true;
	return false;
}

static bool affects_other_drivers(struct pcireset_reenumeration *e)
{
	for (size_t i = 0; i < e->plan->members.nr; i++) {
		struct pcireset_dev *dev =
			pcireset_ctx_get_dev(e->ctx, &e->plan->members.v[i].addr);

		if (dev && has_other_driver(e, dev))
			return true;
	}
	return false;
}

/*
 * A device that does not answer has no state to save, and the module does not reset it.
 * After its removal, its bus is empty, and the port can reset it without an effect on others.
 */
static bool can_do_without_plan(const struct pcireset_reenumeration *e, int r)
{
	return r == -ENODEV && e->place.is_whole_bus && e->plan->types & PCI_RESET_BUS &&
	       (!e->plan->max_scope || e->plan->max_scope == PCIRESET_SCOPE_BUS);
}

/* r: the return value of pcireset_plan_resolve() */
int reenumeration_take_plan(struct pcireset_reenumeration *e, int r)
{
	const char *message;

	if (!r)
		return 0;
	if (can_do_without_plan(e, r)) {
		e->is_by_port = true;
		e->type = PCI_RESET_BUS;
		return reenumeration_check_bus_rules(e);
	}
	e->is_refused_by_plan = true;
	message = pcireset_plan_get_message(e->plan);
	return reenumeration_fail(e, r, "%s", message ? message : pcireset_ctx_get_errmsg(e->ctx));
}

/* The drivers of the device itself are unbound first, so they are no obstacle. */
static int resolve_plan(struct pcireset_reenumeration *e)
{
	int r = pcireset_plan_resolve(e->plan);

	if (r == -EBUSY && pcireset_plan_get_in_way(e->plan) == PCIRESET_USE_DRIVER &&
	    !affects_other_drivers(e)) {
		pcireset_plan_set_force(e->plan, e->force | PCIRESET_USE_DRIVER);
		r = pcireset_plan_resolve(e->plan);
	}
	r = reenumeration_take_plan(e, r);
	if (!r && !e->is_by_port)
		e->type = pcireset_plan_get_type(e->plan);
	return r;
}

/* Reasons against every reset of the function, which the module knows. */
static bool is_protected(uint32_t why)
{
	return why == PCIRESET_WHY_LATE || why == PCIRESET_WHY_TSM ||
	       why == PCIRESET_WHY_LIVE_UPDATE || why == PCIRESET_WHY_CONTAINED ||
	       why == PCIRESET_WHY_VFIO_OPEN;
}

static int check_protection(struct pcireset_reenumeration *e, struct pcireset_dev *dev)
{
	int r = pcireset_dev_query(dev);

	/* A function that does not answer is the reason for a power cycle. Rules are about it too. */
	if (r < 0 && r != -ENODEV)
		return reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(dev->ctx));
	for (size_t i = 0; !r && i < NR_TYPES; i++)
		if (is_protected(dev->state[i].why_not))
			return reenumeration_fail(
				e, -EBUSY, "%s",
				pcireset_dev_get_why_not_text(dev, pcireset_type_at(i)));
	r = pcireset_dev_check_rules(dev, PCI_RESET_BUS);
	return r ? reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(dev->ctx)) : 0;
}

static int check_protections(struct pcireset_reenumeration *e, struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev;
	int r = 0;

	pcireset_dev_foreach(ctx, dev)
		if (!r && place_has(&e->place, dev))
			r = check_protection(e, dev);
	return r;
}

/*
 * Power resources feed all below their port, which is one bus only if the device is right
 * below it. A slot is as wide as its name says.
 */
static bool is_scope_allowed(const struct pcireset_reenumeration *e)
{
	const struct pcireset_dev *above = dev_upstream(e->dev);

	if (!e->plan->max_scope)
		return true;
	if (e->supply.method == PCIRESET_POWER_SLOT)
		return e->plan->max_scope != PCIRESET_SCOPE_FUNCTION;
	return e->plan->max_scope == PCIRESET_SCOPE_BUS && above &&
	       addr_is(&above->addr, &e->place.port);
}

/* A power cycle has no plan. It affects the same functions as a reset of the bus. */
static int check_without_plan(struct pcireset_reenumeration *e)
{
	if (!is_scope_allowed(e))
		return reenumeration_fail(e, -EPERM, "%s",
					  pcireset_why_to_str(PCIRESET_WHY_SCOPE, 0));
	if (!e->place.is_whole_bus)
		return reenumeration_fail(e, -EOPNOTSUPP,
					  "its power cannot be cut: the port above is not "
					  "point-to-point");
	return check_protections(e, e->ctx);
}

int reenumeration_prepare(struct pcireset_reenumeration *e)
{
	int r = pcireset_ctx_check_reset(e->ctx);

	if (r)
		return reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(e->ctx));
	r = find_place(e);
	if (!r)
		r = check_uses(e, e->ctx);
	if (r)
		return r;
	return e->cuts_power ? check_without_plan(e) : resolve_plan(e);
}

/* ---- once more, before the first change */

static int check_is_same(struct pcireset_reenumeration *e, const struct subtree *now)
{
	for (size_t i = 0; i < now->nr; i++) {
		const struct subtree_function *f = &now->v[i], *was = subtree_find(&e->was, f);

		if (!was)
			return reenumeration_fail(e, -ESTALE, "%s was added meanwhile; try again",
						  f->name);
		if (strcmp(was->driver, f->driver))
			return reenumeration_fail(e, -ESTALE,
						  "the driver of %s changed meanwhile; try again",
						  f->name);
	}
	return 0;
}

static int check_machine(struct pcireset_reenumeration *e, struct pcireset_ctx *ctx)
{
	struct subtree now;
	int r = pcireset_ctx_scan(ctx);

	if (r < 0)
		return reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(ctx));
	r = subtree_read(&now, ctx, &e->place) ? reenumeration_fail_unread(e, &now.unread) :
						 check_is_same(e, &now);
	subtree_clear(&now);
	if (!r)
		r = check_uses(e, ctx);
	return r || !e->cuts_power ? r : check_protections(e, ctx);
}

/*
 * The caller may have asked a person in between, for minutes. The machine is read into
 * another context, because the caller still uses the functions of this one.
 */
int reenumeration_check_again(struct pcireset_reenumeration *e)
{
	const char *sysroot = *e->ctx->sysroot ? e->ctx->sysroot : NULL;
	struct pcireset_ctx *ctx;
	int r = pcireset_ctx_new(sysroot, &ctx);

	if (r < 0)
		return reenumeration_fail(e, r, "%s", strerror(-r));
	if (e->ctx->backend->id == PCIRESET_BACKEND_SYSFS)
		r = pcireset_ctx_set_backend(ctx, PCIRESET_BACKEND_SYSFS);
	r = r < 0 ? reenumeration_fail(e, r, "%s", pcireset_ctx_get_errmsg(ctx)) :
		    check_machine(e, ctx);
	pcireset_ctx_unref(ctx);
	return r;
}
