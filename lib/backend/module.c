/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module back end: queries and resets through /dev/pcireset. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "backend/backend.h"
#include "ctx/ctx.h"
#include "dev/dev.h"

#define ROOM_TYPES    32
#define ROOM_MEMBERS  64
#define SPARE_MEMBERS 16 /* functions that may appear between the plan and the reset */

static int call_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static int map_open_error(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return -EPERM;
	case ENOENT:
	case ENXIO:
	case ENODEV: /* the node exists without the module */
		return -ENOENT;
	default:
		return -error;
	}
}

int module_open(struct pcireset_ctx *ctx)
{
	int fd = open("/dev/pcireset", O_RDWR | O_CLOEXEC);
	int r;

	if (fd < 0)
		return map_open_error(errno);
	ctx->info.size = sizeof(ctx->info);
	r = call_ioctl(fd, PCIRESET_INFO, &ctx->info);
	if (r < 0) {
		close(fd);
		return r;
	}
	ctx->fd = fd;
	return 0;
}

/* An older module refuses a mask with a type that it does not know. */
static uint32_t known_types(const struct pcireset_ctx *ctx)
{
	return ctx->info.out_types & PCI_RESET_ANY;
}

static int open_dev(struct pcireset_dev *dev)
{
	struct pcireset_open arg = {
		.size = sizeof(arg),
		.addr = dev->addr,
		.types = known_types(dev->ctx),
		.force = MODULE_USES & dev->ctx->info.out_force,
	};
	int r = call_ioctl(dev->ctx->fd, PCIRESET_OPEN, &arg);

	if (r == -ENODEV)
		return ctx_error(dev->ctx, r, "%s: is gone", dev->name);
	if (r < 0)
		return ctx_error(dev->ctx, r, "%s: cannot be opened: %s", dev->name, strerror(-r));
	return arg.out_fd;
}

/* Query one plan and all its members. */
static int query_plan(int fd, struct pcireset_query *arg, struct members *members)
{
	uint32_t room = ROOM_MEMBERS;
	int r;

	do {
		struct pcireset_member *v = calloc(room, sizeof(*v));

		if (!v)
			return -ENOMEM;
		arg->size = sizeof(*arg);
		arg->member_size = sizeof(*v);
		arg->member_ptr = (uintptr_t)v;
		arg->nr_members = room;
		r = call_ioctl(fd, PCIRESET_QUERY, arg);
		for (uint32_t i = 0; !r && arg->out_nr_members <= room && i < arg->out_nr_members;
		     i++)
			r = members_add(members, &v[i]);
		free(v);
	} while (!r && arg->out_nr_members > room && (room = arg->out_nr_members));
	return r;
}

/* Until the module's answer gives the reason. */
static uint32_t why_not_default(const struct pcireset_dev *dev, uint32_t type)
{
	if (!(known_types(dev->ctx) & type))
		return PCIRESET_WHY_OLD_MODULE;
	return dev->types & type ? 0 : PCIRESET_WHY_NO_CAPABILITY;
}

static void take_types(struct pcireset_dev *dev, const struct pcireset_query *arg,
		       const struct pcireset_type_info *infos)
{
	dev->types = arg->out_types & PCI_RESET_ANY;
	for (size_t i = 0; i < NR_TYPES; i++) {
		dev->state[i].why_not = why_not_default(dev, pcireset_type_at(i));
		dev->state[i].who = dev->addr;
	}
	for (uint32_t i = 0; i < arg->out_nr_types && i < ROOM_TYPES; i++) {
		int at = type_index(infos[i].type);

		if (at < 0) /* a type that this library does not know */
			continue;
		dev->state[at].why_not = infos[i].why_not;
		dev->state[at].scope = infos[i].scope;
		dev->state[at].flags = infos[i].flags;
		dev->state[at].who = infos[i].who;
	}
}

static void note_drivers(struct pcireset_ctx *ctx, const struct members *members)
{
	for (size_t i = 0; i < members->nr; i++)
		dev_note_driver(ctx, &members->v[i]);
}

/*
 * Query all types, and the members of the types that reset the function, which are the
 * same for each.
 */
static int query_function(struct pcireset_dev *dev, int fd)
{
	struct member_list *list = list_new();
	struct pcireset_type_info infos[ROOM_TYPES] = { 0 };
	struct pcireset_query arg = {
		.types = PCI_RESET_FUNC,
		.type_size = sizeof(infos[0]),
		.nr_types = ROOM_TYPES,
		.type_ptr = (uintptr_t)infos,
	};
	int r = list ? query_plan(fd, &arg, &list->members) : -ENOMEM;

	if (!r)
		take_types(dev, &arg, infos);
	for (size_t i = 0; !r && i < NR_TYPES; i++)
		if (dev->types & pcireset_type_at(i) & PCI_RESET_FUNC)
			dev->state[i].list = list_ref(list);
	if (!r)
		note_drivers(dev->ctx, &list->members);
	list_unref(list);
	return r;
}

static bool is_on_same_bus(const struct pcireset_dev *a, const struct pcireset_dev *b)
{
	return a->has_parent && b->has_parent && !dev_is_vf(a) && !dev_is_vf(b) &&
	       addr_is(&a->parent, &b->parent);
}

/*
 * If a reset of the bus or slot of a sibling also resets this function, it affects the
 * same functions. Only the target flag differs.
 */
static bool share_link(struct pcireset_dev *dev, const struct pcireset_dev *sibling, size_t i)
{
	struct type_state *state = &dev->state[i];

	if (!sibling || !(sibling->types & pcireset_type_at(i)) || !sibling->state[i].list ||
	    !is_on_same_bus(dev, sibling) ||
	    !view_make(&state->view, &sibling->state[i].list->members, &dev->addr))
		return false;
	state->list = list_ref(sibling->state[i].list);
	return true;
}

static int query_link(struct pcireset_dev *dev, int fd, size_t i)
{
	struct pcireset_query arg = { .types = pcireset_type_at(i) };
	struct member_list *list = list_new();
	int r = list ? query_plan(fd, &arg, &list->members) : -ENOMEM;

	dev->state[i].view.nr = 0;
	dev->state[i].list = list;
	if (!r)
		note_drivers(dev->ctx, &list->members);
	return r;
}

static int query_all(struct pcireset_dev *dev, const struct pcireset_dev *sibling, int fd)
{
	int r = query_function(dev, fd);

	for (size_t i = 0; !r && i < NR_TYPES; i++)
		if (dev->types & pcireset_type_at(i) & PCI_RESET_LINK &&
		    !share_link(dev, sibling, i))
			r = query_link(dev, fd, i);
	return r;
}

static int module_query(struct pcireset_dev *dev, const struct pcireset_dev *sibling)
{
	int fd = open_dev(dev);
	int r;

	if (fd < 0)
		return fd;
	r = query_all(dev, sibling, fd);
	close(fd);
	if (r < 0)
		return ctx_error(dev->ctx, r, "%s: %s", dev->name,
				 r == -ENODEV ? "is gone" : strerror(-r));
	return 0;
}

static uint32_t module_force(const struct pcireset_plan *plan)
{
	return plan->force & MODULE_USES & plan->dev->ctx->info.out_force;
}

static uint32_t allowed_types(const struct pcireset_plan *plan)
{
	return plan->allowed & known_types(plan->dev->ctx);
}

static int refuse_old_module(struct pcireset_plan *plan)
{
	int r = pcireset_dev_query(plan->dev);

	plan->why = PCIRESET_WHY_OLD_MODULE;
	plan->who = plan->dev->addr;
	return r < 0 ? r : -EOPNOTSUPP;
}

/* An older module always examines all types, and accepts no flag for that. */
static uint32_t plan_only(const struct pcireset_ctx *ctx)
{
	return ctx->info.out_query_flags & PCIRESET_QUERY_PLAN_ONLY;
}

/* The descriptor stays open with the plan, because the generation belongs to it. */
static int module_resolve(struct pcireset_plan *plan)
{
	struct pcireset_query arg = {
		.flags = (plan->flags & PCIRESET_RESET_ESCALATE) | plan_only(plan->dev->ctx),
		.types = allowed_types(plan),
		.max_scope = plan->max_scope,
		.force = module_force(plan),
	};
	int r;

	if (!arg.types)
		return refuse_old_module(plan);
	plan->fd = open_dev(plan->dev);
	if (plan->fd < 0)
		return plan->fd;
	r = query_plan(plan->fd, &arg, &plan->members);
	if (r < 0)
		return ctx_error(plan->dev->ctx, r, "%s: %s", plan->dev->name, strerror(-r));
	note_drivers(plan->dev->ctx, &plan->members);
	plan->type = arg.out_type;
	plan->type_flags = arg.out_type_flags;
	plan->scope = arg.out_scope;
	plan->why = arg.out_why;
	plan->who = arg.out_who;
	plan->generation = arg.out_generation;
	/* Only an unsupported reset needs the reasons of all types. */
	r = arg.out_error == EOPNOTSUPP ? pcireset_dev_query(plan->dev) : 0;
	return r < 0 ? r : -(int)arg.out_error;
}

/*
 * The module also knows the times from firmware and quirks. An older module does not
 * report them.
 */
static uint64_t module_expect(struct pcireset_plan *plan)
{
	struct pcireset_expect arg = {
		.size = sizeof(arg),
		.types = plan->type,
		.max_scope = plan->max_scope,
	};

	return call_ioctl(plan->fd, PCIRESET_EXPECT, &arg) < 0 ? expect_ns(plan) : arg.out_ns;
}

#define FILL_FIELD(name, kind, limit) (arg->name = plan->name)

/* Fill the request for the module. The caller frees the array of members. */
static int fill_reset(const struct pcireset_plan *plan, struct pcireset_reset *arg)
{
	uint32_t room = (uint32_t)plan->members.nr + SPARE_MEMBERS;
	struct pcireset_member *v = calloc(room, sizeof(*v));

	if (!v)
		return -ENOMEM;
	*arg = (struct pcireset_reset){
		.size = sizeof(*arg),
		.member_size = sizeof(*v),
		.nr_members = room,
		.member_ptr = (uintptr_t)v,
		.generation = plan->generation,
	};
	PCIRESET_REQUEST_FIELDS(FILL_FIELD);
	arg->types = allowed_types(plan);
	arg->force = module_force(plan);
	arg->settle_ms = plan_settle_ms(plan);
	arg->link_speed = plan->link_speed;
	if (plan->link_speed)
		arg->flags |= PCIRESET_RESET_SPEED;
	return 0;
}

static struct pcireset_member *members_of(const struct pcireset_reset *arg)
{
	return (struct pcireset_member *)(uintptr_t)arg->member_ptr;
}

/* Take over the array: after a reset, an allocation could fail. */
static void take_members(struct pcireset_report *report, struct pcireset_reset *arg)
{
	members_clear(&report->members);
	report->members.v = members_of(arg);
	report->members.nr = arg->out_nr_members < arg->nr_members ? arg->out_nr_members :
								     arg->nr_members;
	arg->member_ptr = 0;
}

static void take_report(struct pcireset_report *report, struct pcireset_reset *arg)
{
	report->type = arg->out_type;
	report->type_flags = arg->out_type_flags;
	report->issued = arg->out_issued;
	report->scope = arg->out_scope;
	report->why = arg->out_why;
	report->who = arg->out_who;
	report->failed = arg->out_failed;
	report->proof = arg->out_proof;
	report->wait_ns = arg->out_wait_ns;
	report->total_ns = arg->out_total_ns;
	take_members(report, arg);
}

static int module_run(struct pcireset_plan *plan, struct pcireset_report *report)
{
	struct pcireset_reset arg;
	int r = fill_reset(plan, &arg);

	if (r < 0)
		return r;
	r = call_ioctl(plan->fd, PCIRESET_RESET, &arg);
	take_report(report, &arg);
	return r;
}

static int fill_many(struct pcireset_batch *batch, struct pcireset_reset_entry *entries,
		     struct pcireset_reset *resets)
{
	for (size_t i = 0; i < batch->nr_runs; i++) {
		int r = fill_reset(batch->runs[i].plan, &resets[i]);

		if (r < 0)
			return r;
		entries[i].fd = batch->runs[i].plan->fd;
		entries[i].reset_ptr = (uintptr_t)&resets[i];
	}
	return 0;
}

static int call_many(struct pcireset_batch *batch, struct pcireset_reset_entry *entries,
		     struct pcireset_reset *resets)
{
	struct pcireset_reset_many arg = {
		.size = sizeof(arg),
		.nr_entries = (uint32_t)batch->nr_runs,
		.entry_size = sizeof(*entries),
		.entry_ptr = (uintptr_t)entries,
	};
	int r;

	if (batch->nr_runs > PCIRESET_MAX_RESETS)
		return -E2BIG;
	/* Another thread may read the entries from now on. */
	__atomic_store_n(&batch->entries, entries, __ATOMIC_RELEASE);
	r = call_ioctl(batch->runs[0].plan->fd, PCIRESET_RESET_MANY, &arg);
	for (size_t i = 0; !r && i < batch->nr_runs; i++) {
		take_report(batch->runs[i].report, &resets[i]);
		batch->runs[i].report->error = -(int)entries[i].out_errno;
	}
	return r;
}

static int run_many(struct pcireset_batch *batch)
{
	struct pcireset_reset_entry *entries = calloc(batch->nr_runs, sizeof(*entries));
	struct pcireset_reset *resets = calloc(batch->nr_runs, sizeof(*resets));
	int r = entries && resets ? fill_many(batch, entries, resets) : -ENOMEM;

	if (!r)
		r = call_many(batch, entries, resets);
	for (size_t i = 0; resets && i < batch->nr_runs; i++)
		free(members_of(&resets[i]));
	free(resets);
	/* The batch keeps the entries, because another thread may still read them. */
	if (batch->entries != entries)
		free(entries);
	return r;
}

static int module_reset_empty_bus(struct pcireset_ctx *ctx, const struct pcireset_addr *bridge)
{
	struct pcireset_empty_bus arg = {
		.size = sizeof(arg),
		.bridge = *bridge,
	};
	int r = call_ioctl(ctx->fd, PCIRESET_EMPTY_BUS, &arg);
	char name[PCIRESET_ADDR_STR_MAX], who[PCIRESET_ADDR_STR_MAX];

	if (!r || r == -ENOTTY)
		return r;
	pcireset_addr_to_str(bridge, name);
	pcireset_addr_to_str(&arg.out_who, who);
	if (arg.out_why)
		return ctx_error(ctx, r, "the bus below %s cannot be reset: %s: %s", name, who,
				 pcireset_why_to_str(arg.out_why, PCI_RESET_BUS));
	return ctx_error(ctx, r, "the bus below %s cannot be reset: %s", name, strerror(-r));
}

const struct backend backend_module = {
	.id = PCIRESET_BACKEND_MODULE,
	.judged_uses = PCIRESET_USE_DRIVER,
	.knows_drivers = true,
	.has_longest_time = true,
	.knows_flags = true,
	.query = module_query,
	.resolve = module_resolve,
	.run = module_run,
	.run_many = run_many,
	.expect = module_expect,
	.reset_empty_bus = module_reset_empty_bus,
};
