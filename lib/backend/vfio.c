/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The VFIO back end: resets functions through the caller's VFIO descriptors, if the
 * effect is exactly the allowed one.
 */
#include <errno.h>
#include <string.h>
#include "backend/vfio.h"
#include "backend/backend.h"
#include "rules/rules.h"

int pcireset_dev_set_vfio(struct pcireset_dev *dev, int device_fd, const int *group_fds,
			  size_t nr_groups)
{
	struct vfio_fds *before = dev->vfio, *fds = NULL;
	struct vfio_facts *f;
	int r;

	if (device_fd < 0) {
		dev->vfio = NULL;
		dev->backend = NULL;
		free(before);
		return 0;
	}
	if (*dev->ctx->sysroot)
		return ctx_error(dev->ctx, -EROFS, "%s",
				 pcireset_why_to_str(PCIRESET_WHY_SYSROOT, 0));
	if (nr_groups > PCIRESET_MAX_RESETS)
		return ctx_error(dev->ctx, -E2BIG, "%s: too many groups", dev->name);
	fds = calloc(1, sizeof(*fds) + nr_groups * sizeof(fds->groups[0]));
	if (!fds)
		return ctx_error(dev->ctx, -ENOMEM, "out of memory");
	fds->device = device_fd;
	fds->nr_groups = nr_groups;
	if (nr_groups)
		memcpy(fds->groups, group_fds, nr_groups * sizeof(fds->groups[0]));
	dev->vfio = fds;
	r = vfio_look(dev, &f);
	if (r < 0) {
		dev->vfio = before;
		free(fds);
		return r;
	}
	vfio_forget(f);
	free(before);
	dev->backend = &backend_vfio;
	return 0;
}

static uint32_t scope_of(uint32_t type)
{
	if (type & PCI_RESET_FUNC)
		return PCIRESET_SCOPE_FUNCTION;
	return type == PCI_RESET_SLOT ? PCIRESET_SCOPE_SLOT : PCIRESET_SCOPE_BUS;
}

static uint32_t flags_of(const struct vfio_facts *f, uint32_t type)
{
	return type == f->methods.first ? f->methods.first_flags : 0;
}

static bool is_about_bridge(uint32_t why)
{
	return why == PCIRESET_WHY_HOTPLUG || why == PCIRESET_WHY_CXL_MASKED;
}

static int fill_types(struct pcireset_dev *dev, const struct vfio_facts *f)
{
	const struct pcireset_dev *bridge = dev_upstream(dev);
	int r = 0;

	dev_forget_types(dev);
	for (size_t i = 0; !r && i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i);
		struct type_state *state = &dev->state[i];

		state->why_not = vfio_why_not(f, type);
		state->who = bridge && is_about_bridge(state->why_not) ? bridge->addr : dev->addr;
		if (state->why_not)
			continue;
		dev->types |= type;
		state->flags = flags_of(f, type);
		state->scope = scope_of(type);
		r = dev_list_members(dev, type, state);
	}
	return r;
}

static int vfio_query(struct pcireset_dev *dev, const struct pcireset_dev *sibling)
{
	struct vfio_facts *f;
	int r = vfio_look(dev, &f);

	(void)sibling; /* it may have descriptors of its own */
	if (r < 0)
		return r;
	r = fill_types(dev, f);
	vfio_forget(f);
	return r;
}

/* ---- the plan */

/*
 * Choose the first allowed type that VFIO issues alone. With escalation, all types of a
 * list may be chosen.
 */
static uint32_t choose_type(const struct pcireset_plan *plan, const struct vfio_facts *f)
{
	if ((plan->flags & PCIRESET_RESET_ESCALATE) && f->is_kernels && f->has_reset &&
	    vfio_may_go_on(&f->methods, plan->allowed))
		return f->methods.first;
	for (size_t i = 0; i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i);

		if (plan->allowed & type && !vfio_why_not(f, type) &&
		    (!plan->max_scope || scope_of(type) <= plan->max_scope))
			return type;
	}
	return 0;
}

static int refuse_plan(struct pcireset_plan *plan, int error, uint32_t why,
		       const struct pcireset_addr *who)
{
	plan->why = why;
	plan->who = *who;
	return error;
}

/*
 * The kernel restores every register that a VFIO user can write, so no register can
 * provide proof.
 */
static int check_wishes(struct pcireset_plan *plan)
{
	if (plan->checks & PCIRESET_CHECK_PROOF)
		return refuse_plan(plan, -EOPNOTSUPP, PCIRESET_WHY_VFIO_NO_PROOF, &plan->dev->addr);
	if ((plan->flags & PCIRESET_RESET_ESCALATE) && (plan->allowed & PCI_RESET_LINK))
		return refuse_plan(plan, -EOPNOTSUPP, PCIRESET_WHY_NEEDS_MODULE, &plan->dev->addr);
	return 0;
}

/*
 * The kernel saves and restores one function, but not the VFs of a PF or the functions
 * below a bridge.
 */
static int check_alone(struct pcireset_plan *plan)
{
	return plan->members.nr == 1 ?
		       0 :
		       refuse_plan(plan, -EOPNOTSUPP, PCIRESET_WHY_NEEDS_MODULE, &plan->dev->addr);
}

static bool has_vfio_driver(const struct pcireset_dev *dev)
{
	char name[NAME_MAX + 1];

	return !vfio_read_driver(dev, name) && strstr(name, "vfio");
}

/* VFIO never resets a VF together with its PF, even if the caller owns both. */
static uint32_t why_not_member(const struct pcireset_plan *plan, const struct vfio_facts *f,
			       const struct pcireset_addr *addr)
{
	const struct pcireset_dev *dev = pcireset_ctx_get_dev(plan->dev->ctx, addr);
	size_t i;

	if (!vfio_is_listed(f, addr, &i))
		return PCIRESET_WHY_LISTS_DIFFER;
	if (!dev || dev_is_vf(dev) || !has_vfio_driver(dev) || !vfio_is_owned(f, i))
		return PCIRESET_WHY_NOT_OWNED;
	return 0;
}

static bool is_member(const struct pcireset_plan *plan, const struct pcireset_addr *addr)
{
	for (size_t i = 0; i < plan->members.nr; i++)
		if (addr_is(&plan->members.v[i].addr, addr))
			return true;
	return false;
}

/*
 * The list of VFIO and the members in sysfs must be equal, and the caller must own all
 * of them.
 */
static int check_owned(struct pcireset_plan *plan, const struct vfio_facts *f)
{
	int error = 0;

	for (size_t i = 0; i < f->hot->count; i++) {
		struct pcireset_addr addr = vfio_listed_addr(f, i);

		if (!is_member(plan, &addr))
			return refuse_plan(plan, -ESTALE, PCIRESET_WHY_CHANGED, &addr);
	}
	for (size_t i = 0; i < plan->members.nr; i++) {
		struct pcireset_member *member = &plan->members.v[i];

		member->why_not = why_not_member(plan, f, &member->addr);
		if (!member->why_not)
			member->flags |= PCIRESET_MEMBER_VFIO;
		else if (!error)
			error = refuse_plan(plan, -EPERM, member->why_not, &member->addr);
	}
	return error;
}

static int decide_plan(struct pcireset_plan *plan, const struct vfio_facts *f)
{
	int r = check_wishes(plan);

	if (r < 0)
		return r;
	plan->type = choose_type(plan, f);
	if (!plan->type)
		return refuse_plan(plan, -EOPNOTSUPP, PCIRESET_WHY_NONE, &plan->dev->addr);
	plan->type_flags = flags_of(f, plan->type);
	plan->scope = scope_of(plan->type);
	r = dev_find_members(plan->dev, plan->type, &plan->members);
	if (r < 0)
		return r;
	return plan->type & PCI_RESET_FUNC ? check_alone(plan) : check_owned(plan, f);
}

static int vfio_resolve(struct pcireset_plan *plan)
{
	struct vfio_facts *f;
	int r = vfio_look(plan->dev, &f);

	if (r < 0)
		return r;
	r = fill_types(plan->dev, f);
	if (!r)
		r = rules_review(plan->dev);
	if (!r)
		r = decide_plan(plan, f);
	vfio_forget(f);
	return r;
}

/* ---- the reset */

static bool is_same(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	if (a->type != b->type || a->type_flags != b->type_flags || a->members.nr != b->members.nr)
		return false;
	for (size_t i = 0; i < a->members.nr; i++)
		if (!addr_is(&a->members.v[i].addr, &b->members.v[i].addr))
			return false;
	return true;
}

/* Make the plan again from the current state. Run it only if it is unchanged. */
static int check_again(const struct pcireset_plan *plan, const struct vfio_facts *f,
		       struct pcireset_report *report)
{
	struct pcireset_plan now = {
		.dev = plan->dev,
		.types = plan->types,
		.allowed = plan->allowed,
		.max_scope = plan->max_scope,
		.checks = plan->checks,
		.flags = plan->flags,
	};
	int r = decide_plan(&now, f);

	if (r != -ENOMEM && (r < 0 || !is_same(plan, &now))) {
		report->why = PCIRESET_WHY_CHANGED;
		report->who = now.who;
		r = -ESTALE;
	}
	members_clear(&now.members);
	return r;
}

static int vfio_run(struct pcireset_plan *plan, struct pcireset_report *report)
{
	struct vfio_facts *f;
	int r = vfio_look(plan->dev, &f);

	if (r < 0)
		return r;
	r = check_again(plan, f, report);
	if (!r)
		r = vfio_reset(plan, f, report);
	vfio_forget(f);
	return r;
}

const struct backend backend_vfio = {
	.id = PCIRESET_BACKEND_VFIO,
	/* VFIO requires proof of ownership, so the VFIO user is the caller. */
	.judged_uses = PCIRESET_USE_DRIVER | PCIRESET_USE_VFIO | PCIRESET_USE_UNKNOWN,
	.serves_one = true,
	.query = vfio_query,
	.resolve = vfio_resolve,
	.run = vfio_run,
};
