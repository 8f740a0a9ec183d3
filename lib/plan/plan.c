/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans: the permissions of the caller, the selected reset, and its obstacles. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ctx/ctx.h"
#include "plan/plan.h"
#include "rules/rules.h"
#include "users/users.h"

int pcireset_plan_new(struct pcireset_dev *dev, struct pcireset_plan **ret_plan)
{
	struct pcireset_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return -ENOMEM;
	plan->refs = 1;
	plan->fd = -1;
	plan->error = -EINVAL;
	plan->dev = pcireset_dev_ref(dev);
	*ret_plan = plan;
	return 0;
}

struct pcireset_plan *pcireset_plan_ref(struct pcireset_plan *plan)
{
	plan->refs++;
	return plan;
}

void plan_unresolve(struct pcireset_plan *plan)
{
	plan->is_resolved = false;
	plan->error = -EINVAL;
	plan->type = plan->type_flags = plan->scope = plan->why = plan->in_way = 0;
	plan->generation = plan->allowed = plan->delay_ms = 0;
	memset(&plan->who, 0, sizeof(plan->who));
	if (plan->fd >= 0)
		close(plan->fd);
	plan->fd = -1;
	members_clear(&plan->members);
	free(plan->message);
	plan->message = NULL;
	for (char **p = plan->unknown; p && *p; p++)
		free(*p);
	free(plan->unknown);
	plan->unknown = NULL;
	plan->expected_ns = 0;
	free(plan->choice);
	plan->choice = NULL;
	plan->view.nr = 0;
	plan->shared = pcireset_plan_unref(plan->shared);
}

struct pcireset_plan *pcireset_plan_unref(struct pcireset_plan *plan)
{
	if (!plan || --plan->refs)
		return NULL;
	plan_unresolve(plan);
	pcireset_dev_unref(plan->dev);
	free(plan);
	return NULL;
}

static int set_mask(struct pcireset_plan *plan, uint32_t *mask, uint32_t value, uint32_t known)
{
	if (value & ~known)
		return ctx_error(plan->dev->ctx, -EOPNOTSUPP, "%#x: has unknown bits", value);
	plan_unresolve(plan);
	*mask = value;
	return 0;
}

int pcireset_plan_set_types(struct pcireset_plan *plan, uint32_t types)
{
	if (!types)
		return ctx_error(plan->dev->ctx, -EINVAL, "no type of reset is given");
	return set_mask(plan, &plan->types, types, PCI_RESET_ANY);
}

int pcireset_plan_set_max_scope(struct pcireset_plan *plan, uint32_t scope)
{
	if (scope > PCIRESET_SCOPE_BUS)
		return ctx_error(plan->dev->ctx, -EOPNOTSUPP, "%u: is not a scope", scope);
	plan_unresolve(plan);
	plan->max_scope = scope;
	return 0;
}

int pcireset_plan_set_checks(struct pcireset_plan *plan, uint32_t checks)
{
	return set_mask(plan, &plan->checks, checks, ALL_CHECKS);
}

int pcireset_plan_set_force(struct pcireset_plan *plan, uint32_t uses)
{
	return set_mask(plan, &plan->force, uses, ALL_USES);
}

/* The module has one limit for all times that a caller can set. */
static int set_ms(struct pcireset_plan *plan, uint32_t *field, uint32_t ms, const char *what)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;

	if (dev_backend(plan->dev)->has_longest_time && ms > ctx->info.out_max_timeout_ms)
		return ctx_error(ctx, -EINVAL, "the longest %s is %u ms", what,
				 ctx->info.out_max_timeout_ms);
	plan_unresolve(plan);
	*field = ms;
	return 0;
}

int pcireset_plan_set_timeout_ms(struct pcireset_plan *plan, uint32_t timeout_ms)
{
	return set_ms(plan, &plan->timeout_ms, timeout_ms, "timeout");
}

int pcireset_plan_set_settle_ms(struct pcireset_plan *plan, uint32_t settle_ms)
{
	return set_ms(plan, &plan->settle_ms, settle_ms, "time to settle");
}

int pcireset_plan_set_flags(struct pcireset_plan *plan, uint32_t flags)
{
	return set_mask(plan, &plan->flags, flags, PCIRESET_ALL_FLAGS);
}

int pcireset_plan_set_link_speed(struct pcireset_plan *plan, uint32_t speed_mts)
{
	uint32_t code = link_code_of(speed_mts);

	if (speed_mts && !code)
		return ctx_error(plan->dev->ctx, -EINVAL, "%g GT/s is not a speed of PCI Express",
				 speed_mts / 1000.0);
	plan_unresolve(plan);
	plan->link_speed = code;
	return 0;
}

/*
 * Append to the message. If memory runs out, the message stays unchanged, and the call
 * fails.
 */
static void append_message(struct pcireset_plan *plan, const char *fmt, ...) PRINTF(2, 3);
static void append_message(struct pcireset_plan *plan, const char *fmt, ...)
{
	char *more = NULL, *all;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&more, fmt, ap) < 0)
		more = NULL;
	va_end(ap);
	all = more ? format("%s%s", plan->message ? plan->message : "", more) : NULL;
	free(more);
	if (!all) {
		ctx_fail(plan->dev->ctx, -ENOMEM, plan->dev->name);
		return;
	}
	free(plan->message);
	plan->message = all;
}

static void explain_denial(struct pcireset_plan *plan, uint32_t type)
{
	const struct pcireset_dev *who;
	_cleanup_free_ char *text = rules_denial(plan->dev, type, &who);

	append_message(plan, "%s%s: %s%s%s", plan->message ? "; " : "",
		       pcireset_type_to_str(type, 0), who == plan->dev ? "" : who->name,
		       who == plan->dev ? "" : ": ", text ? text : "");
}

/* Each allowed type with the reason against it. */
static void explain_no_type(struct pcireset_plan *plan)
{
	struct pcireset_dev *dev = plan->dev;

	for (size_t i = 0; i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i);
		const char *why;

		if (!(plan->types & type))
			continue;
		if (!(plan->allowed & type)) {
			explain_denial(plan, type);
			continue;
		}
		if (dev->types & type)
			why = dev_wider_text(dev, type);
		else
			why = pcireset_dev_get_why_not_text(dev, type);
		append_message(plan, "%s%s: %s", plan->message ? "; " : "",
			       pcireset_type_to_str(type, 0), why ? why : "not now");
	}
}

/* Each use that is an obstacle, once, with its function. */
static void explain_users(struct pcireset_plan *plan)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;

	for (size_t i = 0; i < plan->members.nr; i++) {
		struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, &plan->members.v[i].addr);
		const char *user, *detail;
		uint32_t use;

		for (size_t u = 0; dev && (user = pcireset_dev_get_user(dev, u, &use)); u++) {
			if (!(use & plan->in_way))
				continue;
			detail = pcireset_dev_get_user_detail(dev, u);
			append_message(plan, "%s%s%s%s (%s)", plan->message ? ", " : "in use by ",
				       user, detail ? ": " : "", detail ? detail : "", dev->name);
		}
	}
}

/* The kernel does not show the callbacks of a driver, and the library does not guess. */
static bool is_driver_in_doubt(const struct pcireset_plan *plan, const struct pcireset_dev *dev)
{
	return plan->backend->guesses_drivers && !(plan->force & PCIRESET_USE_DRIVER) &&
	       dev_driver(dev) && !driver_is_idle(dev) && !dev->knows_awareness;
}

static void explain_drivers(struct pcireset_plan *plan)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;

	if (!(plan->in_way & PCIRESET_USE_DRIVER) || !ctx_resets_by_sysfs(ctx))
		return;
	for (size_t i = 0; i < plan->members.nr; i++) {
		struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, &plan->members.v[i].addr);

		if (dev && is_driver_in_doubt(plan, dev))
			append_message(plan, "%sdriver:%s (%s)",
				       plan->message ? ", " : "in use by ", dev_driver(dev),
				       dev->name);
	}
	append_message(plan, "; only the module knows whether it has reset_prepare: "
			     "unbind it, use --force driver, or run: modprobe pcireset");
}

/* Would the reset be a write to the kernel's own file? */
static bool resets_by_sysfs(const struct pcireset_plan *plan)
{
	return plan->backend->writes_kernel_files && ctx_resets_by_sysfs(plan->dev->ctx);
}

/* Nothing is forced here: a read of memory that is off for a moment can stop the machine. */
static bool is_vfio_in_doubt(const struct pcireset_plan *plan)
{
	return plan->in_way & PCIRESET_USE_VFIO && resets_by_sysfs(plan);
}

static void explain_vfio(struct pcireset_plan *plan)
{
	if (is_vfio_in_doubt(plan))
		append_message(plan,
			       "; without the module nothing keeps it from being accessed during "
			       "the reset: end that program, or reset through VFIO");
}

static void explain_why(struct pcireset_plan *plan)
{
	char who[PCIRESET_ADDR_STR_MAX];

	if (!plan->why) {
		append_message(plan, "%s", strerror(-plan->error));
		return;
	}
	if (!addr_is(&plan->who, &plan->dev->addr) &&
	    !addr_is(&plan->who, &(struct pcireset_addr){ 0 }))
		append_message(plan, "%s: ", pcireset_addr_to_str(&plan->who, who));
	append_message(plan, "%s", pcireset_why_to_str(plan->why, plan->type));
}

/* For these reasons, neither the types nor the users matter. */
static bool is_about_back_end(const struct pcireset_plan *plan)
{
	return plan->why == PCIRESET_WHY_NEEDS_MODULE || plan->why == PCIRESET_WHY_VFIO_NO_PROOF ||
	       plan->why == PCIRESET_WHY_NOT_OWNED || plan->why == PCIRESET_WHY_LISTS_DIFFER;
}

void plan_explain(struct pcireset_plan *plan)
{
	if (!plan->error)
		return;
	if (plan->why == PCIRESET_WHY_BAD_RULES) {
		append_message(plan, RULES_REFUSAL "%s", rules_error(plan->dev->ctx));
	} else if (is_about_back_end(plan)) {
		explain_why(plan);
	} else if (plan->error == -EOPNOTSUPP) {
		explain_no_type(plan);
	} else if (plan->in_way) {
		explain_users(plan);
		explain_drivers(plan);
		explain_vfio(plan);
	}
	if (!plan->message)
		explain_why(plan);
}

static uint32_t uses_of(const struct pcireset_dev *dev)
{
	uint32_t mask = 0, use;

	for (size_t i = 0; pcireset_dev_get_user(dev, i, &use); i++)
		mask |= use;
	return mask;
}

/*
 * Read the users now: a driver that was bound since the scan may have created device
 * nodes, and a process may have opened them.
 */
static int know_users(const struct pcireset_plan *plan)
{
	int r = 0;

	for (size_t i = 0; !r && i < plan->members.nr; i++) {
		const struct pcireset_member *member = &plan->members.v[i];
		const struct pcireset_dev *dev =
			pcireset_ctx_get_dev(plan->dev->ctx, &member->addr);

		/* The module has just reported whether there is a driver. */
		if (dev &&
		    (!plan->backend->knows_drivers || member->flags & PCIRESET_MEMBER_DRIVER))
			dev_forget_driver(dev);
		r = dev ? users_know(dev) : 0;
	}
	return r;
}

/* Add the text unless it is in the list, and take it over. The call fails without memory. */
static void add_unknown(struct pcireset_plan *plan, char *words)
{
	char **v = plan->unknown;
	size_t nr = 0;

	for (; words && v && v[nr]; nr++) {
		if (strcmp(v[nr], words))
			continue;
		free(words);
		return;
	}
	v = words ? reallocarray(v, nr + 2, sizeof(*v)) : NULL;
	if (!v) {
		free(words);
		ctx_fail(plan->dev->ctx, -ENOMEM, plan->dev->name);
		return;
	}
	v[nr] = words;
	v[nr + 1] = NULL;
	plan->unknown = v;
}

/* The permissions of the caller that this back end can honour. */
static uint32_t forced_uses(const struct pcireset_plan *plan)
{
	if (resets_by_sysfs(plan))
		return plan->force & ~(uint32_t)PCIRESET_USE_VFIO;
	return plan->force;
}

/*
 * An unknown fact refuses the reset. If this context cannot reset, because it shows
 * another machine or the caller has no right, the plan lists the fact instead.
 */
static uint32_t in_way_of(struct pcireset_plan *plan, const struct pcireset_dev *dev)
{
	uint32_t in_way = uses_of(dev) & ~forced_uses(plan) & ~plan->backend->judged_uses;

	if (in_way & PCIRESET_USE_UNKNOWN) {
		add_unknown(plan, format("who else uses it: %s", users_doubt(dev)));
		if (!ctx_can_reset(dev->ctx))
			in_way &= ~(uint32_t)PCIRESET_USE_UNKNOWN;
	}
	if (is_driver_in_doubt(plan, dev)) {
		add_unknown(plan, format("whether driver %s of %s has reset_prepare",
					 dev_driver(dev), dev->name));
		if (ctx_resets_by_sysfs(dev->ctx))
			in_way |= PCIRESET_USE_DRIVER;
	}
	return in_way;
}

/* Check the users of all members, except those that the back end checks. */
static int check_users(struct pcireset_plan *plan)
{
	const uint32_t forces = PCIRESET_USE_DRIVER | PCIRESET_USE_UNKNOWN;
	struct pcireset_ctx *ctx = plan->dev->ctx;
	int error = 0;

	for (size_t i = 0; i < plan->members.nr; i++) {
		struct pcireset_member *member = &plan->members.v[i];
		struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, &member->addr);
		uint32_t in_way = dev ? in_way_of(plan, dev) : 0;

		if (member->why_not == PCIRESET_WHY_DRIVER)
			in_way |= PCIRESET_USE_DRIVER;
		if (member->why_not == PCIRESET_WHY_VFIO)
			in_way |= PCIRESET_USE_VFIO;
		if (in_way && !error) {
			error = -EBUSY;
			plan->who = member->addr;
		}
		plan->in_way |= in_way;
	}
	if (ctx->is_dump && plan->members.nr && (plan->force & forces) != forces)
		add_unknown(plan,
			    format("drivers and users: a dump of config space does not tell"));
	return error;
}

/* These errors are results of the plan. All others mean that it could not be made. */
static bool is_answer(int error)
{
	return !error || error == -EOPNOTSUPP || error == -EBUSY;
}

/* Which other types there are is said, if the function answers. */
static int deny_all(struct pcireset_plan *plan)
{
	int r = pcireset_dev_query(plan->dev);

	if (r == -ENODEV)
		dev_forget_types(plan->dev);
	return !r || r == -ENODEV ? -EOPNOTSUPP : r;
}

/* Escalation skips denied types. */
static int check_rules(struct pcireset_plan *plan)
{
	plan->who = plan->dev->addr;
	plan->why = PCIRESET_WHY_BAD_RULES;
	if (rules_error(plan->dev->ctx))
		return -EPERM;
	plan->why = PCIRESET_WHY_RULE;
	for (size_t i = 0; i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i) & plan->types;
		const struct pcireset_dev *who;
		_cleanup_free_ char *denial = type ? rules_denial(plan->dev, type, &who) : NULL;

		if (type && !denial)
			plan->allowed |= type;
	}
	if (!plan->allowed)
		return deny_all(plan);
	plan->why = 0;
	return 0;
}

/* It is unknown whether a rule matches a function that was added after the scan. */
static int check_members_are_known(struct pcireset_plan *plan, int error)
{
	for (size_t i = 0; !error && i < plan->members.nr; i++) {
		if (pcireset_ctx_get_dev(plan->dev->ctx, &plan->members.v[i].addr))
			continue;
		plan->who = plan->members.v[i].addr;
		plan->why = PCIRESET_WHY_CHANGED;
		return -ESTALE;
	}
	return error;
}

static int resolve_allowed(struct pcireset_plan *plan)
{
	int error = check_rules(plan);

	if (!error)
		error = plan->backend->resolve(plan);
	plan->delay_ms =
		rules_delay_ms(plan->dev, &plan->members,
			       plan->flags & PCIRESET_RESET_ESCALATE ? plan->allowed : plan->type);
	return rules_are_given(plan->dev->ctx) ? check_members_are_known(plan, error) : error;
}

static int resolve_plan(struct pcireset_plan *plan)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;
	int error, r;

	users_refresh(ctx);
	plan->backend = dev_backend(plan->dev);
	error = resolve_allowed(plan);
	if (!is_answer(error) && !plan->why)
		return error;
	r = know_users(plan);
	if (r < 0)
		return r;
	r = check_users(plan);
	if (!error && r) {
		error = r;
		plan->why = is_vfio_in_doubt(plan) ? PCIRESET_WHY_VFIO_OPEN : PCIRESET_WHY_IN_USE;
	}
	if (error == -EOPNOTSUPP && !plan->why)
		plan->why = PCIRESET_WHY_NOT_ALLOWED;
	plan->error = error;
	plan->is_resolved = true;
	plan_explain(plan);
	if (error)
		ctx_error(ctx, error, "%s: %s", plan->dev->name,
			  plan->message ? plan->message : strerror(-error));
	return error;
}

/* Only the module trains a link to a speed, and only in a reset of the link. */
static int check_link_speed(const struct pcireset_plan *plan)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;
	uint32_t other = plan->types & ~(uint32_t)PCI_RESET_LINK;
	char types[64];

	if (!plan->link_speed)
		return 0;
	if (other && pcireset_types_to_str(other, types, sizeof(types)) > 0)
		return ctx_error(ctx, -EINVAL,
				 "%s: a speed of the link is only for types that reset it, and %s "
				 "would not; use types of: link",
				 plan->dev->name, types);
	if (!dev_backend(plan->dev)->knows_flags ||
	    !(ctx->info.out_reset_flags & PCIRESET_RESET_SPEED))
		return ctx_error(ctx, -EOPNOTSUPP,
				 "%s: only a current module can set the speed of the link",
				 plan->dev->name);
	return 0;
}

/* A value that could not be read, for lack of memory or descriptors, fails the call. */
int pcireset_plan_resolve(struct pcireset_plan *plan)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;
	int before, error, r;

	plan_unresolve(plan);
	if (!plan->types)
		return ctx_error(ctx, -EINVAL, "no type of reset is given");
	r = check_link_speed(plan);
	if (r < 0)
		return r;
	before = ctx_begin(ctx);
	error = resolve_plan(plan);
	r = ctx_end(ctx, before, error);
	if (r != error || !plan->is_resolved)
		plan_unresolve(plan);
	return r == error ? r : ctx_error(ctx, r, "%s: %s", plan->dev->name, strerror(-r));
}

/* ---- plans that share a reset */

/* The reset that runs: the plan itself, or the shared reset. */
const struct pcireset_plan *plan_effective(const struct pcireset_plan *plan)
{
	return plan->shared ? plan->shared : plan;
}

#define COMPARE_FIELD(name, kind, limit) (same &= a->name == b->name)

/* Can one reset serve both? With escalation, both need the same later types. */
bool plan_is_same_request(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	bool same = a->max_scope == b->max_scope && a->link_speed == b->link_speed &&
		    (a->allowed == b->allowed || !(a->flags & PCIRESET_RESET_ESCALATE));

	PCIRESET_REQUEST_OPTIONS(COMPARE_FIELD);
	return same;
}

/*
 * One reset of a link, seen from two functions. A function with VFIO descriptors never
 * shares.
 */
bool plan_is_same_link(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	a = plan_effective(a);
	b = plan_effective(b);
	return a->type & PCI_RESET_LINK && a->type == b->type && a->backend == b->backend &&
	       !a->backend->serves_one && a->members.nr == b->members.nr && a->members.nr &&
	       addr_is(&a->members.v[0].addr, &b->members.v[0].addr);
}

#define COPY_FIELD(name, kind, limit) (plan->name = like->name)

/* Create an unresolved plan with the same request, but other types. */
int plan_new_like(const struct pcireset_plan *like, uint32_t types, struct pcireset_plan **ret_plan)
{
	struct pcireset_plan *plan;
	int r = pcireset_plan_new(like->dev, &plan);

	if (r < 0)
		return r;
	PCIRESET_REQUEST_FIELDS(COPY_FIELD);
	plan->link_speed = like->link_speed;
	plan->types = types;
	*ret_plan = plan;
	return 0;
}

/* Make the resolved reset of a plan available for other plans. */
int plan_share(struct pcireset_plan *plan)
{
	struct pcireset_plan *shared;
	int r;

	if (plan->shared)
		return 0;
	r = plan_new_like(plan, plan->types, &shared);
	if (r < 0)
		return r;
	shared->is_resolved = plan->is_resolved;
	shared->error = plan->error;
	shared->fd = plan->fd;
	shared->allowed = plan->allowed;
	shared->delay_ms = plan->delay_ms;
	shared->type = plan->type;
	shared->type_flags = plan->type_flags;
	shared->scope = plan->scope;
	shared->generation = plan->generation;
	shared->backend = plan->backend;
	shared->members = plan->members;
	shared->unknown = plan->unknown;
	shared->expected_ns = plan->expected_ns;
	plan->fd = -1;
	plan->unknown = NULL;
	plan->members = (struct members){ 0 };
	plan->shared = shared;
	return 0;
}

/* Replace the plan by a shared reset. */
int plan_join(struct pcireset_plan *plan, struct pcireset_plan *shared, const char *choice)
{
	char *copy = choice ? strdup(choice) : NULL;
	uint32_t allowed = plan->allowed;
	struct view view;

	if (choice && !copy)
		return -ENOMEM;
	if (!view_make(&view, &shared->members, &plan->dev->addr)) {
		free(copy);
		return -ESTALE;
	}
	pcireset_plan_ref(shared);
	plan_unresolve(plan);
	plan->is_resolved = true;
	plan->error = 0;
	plan->allowed = allowed;
	plan->backend = shared->backend;
	plan->shared = shared;
	plan->view = view;
	plan->choice = copy;
	return 0;
}

struct pcireset_dev *pcireset_plan_get_leader(const struct pcireset_plan *plan)
{
	return plan->shared && plan->shared->dev != plan->dev ? plan->shared->dev : NULL;
}

const char *pcireset_plan_get_choice(const struct pcireset_plan *plan)
{
	return plan->choice;
}

/* ---- getters */

struct pcireset_dev *pcireset_plan_get_dev(const struct pcireset_plan *plan)
{
	return plan->dev;
}

int pcireset_plan_get_error(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->error;
}

uint32_t pcireset_plan_get_type(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->type;
}

uint32_t pcireset_plan_get_type_flags(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->type_flags;
}

uint32_t pcireset_plan_get_scope(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->scope;
}

uint32_t pcireset_plan_get_why(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->why;
}

uint32_t pcireset_plan_get_in_way(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->in_way;
}

const char *pcireset_plan_get_message(const struct pcireset_plan *plan)
{
	return plan->message;
}

const char *pcireset_plan_get_unknown(const struct pcireset_plan *plan, size_t i)
{
	char **p = plan_effective(plan)->unknown;

	while (p && *p && i--)
		p++;
	return p ? *p : NULL;
}

size_t pcireset_plan_get_nr_members(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->members.nr;
}

const struct pcireset_member *pcireset_plan_get_member(const struct pcireset_plan *plan, size_t i)
{
	return view_get(&plan->view, &plan_effective(plan)->members, i);
}

/* Computed on demand, because it reads the config space of all affected functions. */
uint64_t pcireset_plan_get_expected_ns(struct pcireset_plan *plan)
{
	if (plan->shared)
		plan = plan->shared;
	if (!plan->expected_ns && plan->is_resolved && plan->type)
		plan->expected_ns = plan->backend->expect ? plan->backend->expect(plan) :
							    expect_ns(plan);
	return plan->expected_ns;
}

uint32_t pcireset_plan_get_delay_ms(const struct pcireset_plan *plan)
{
	return plan_effective(plan)->delay_ms;
}

/* The time after the reset until the second check, which precedes the report. */
uint32_t plan_settle_ms(const struct pcireset_plan *plan)
{
	return plan->settle_ms > plan->delay_ms ? plan->settle_ms : plan->delay_ms;
}

int plan_check_runnable(const struct pcireset_plan *plan)
{
	const struct pcireset_plan *run = plan_effective(plan);

	if (run->is_resolved && !run->error && run->backend == dev_backend(plan->dev))
		return 0;
	return ctx_error(plan->dev->ctx, -EINVAL, "%s: the plan is not resolved, or refused",
			 plan->dev->name);
}

/* No back end is used for a sysroot, which may show another machine. */
int plan_run(struct pcireset_plan *plan, struct pcireset_report *report)
{
	struct pcireset_plan *run = plan->shared ? plan->shared : plan;

	if (!*plan->dev->ctx->sysroot)
		return dev_backend(run->dev)->run(run, report);
	report->why = PCIRESET_WHY_SYSROOT;
	return -EROFS;
}

/* A plan and a shared reset can run only once. */
void plan_done(struct pcireset_plan *plan)
{
	if (plan->shared)
		plan_unresolve(plan->shared);
	plan_unresolve(plan);
}

int pcireset_plan_run(struct pcireset_plan *plan, struct pcireset_report **ret_report)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;
	struct pcireset_report *report;
	int r = plan_check_runnable(plan);

	if (r < 0)
		return r;
	report = report_new();
	if (!report)
		return ctx_error(ctx, -ENOMEM, "out of memory");
	r = report->error = plan_run(plan, report);
	members_retarget(&report->members, &plan->dev->addr);
	report_explain(report, plan);
	if (report->message)
		ctx_error(ctx, r, "%s: %s", plan->dev->name, report->message);
	plan_done(plan);
	if (ret_report)
		*ret_report = report;
	else
		pcireset_report_unref(report);
	return r;
}
