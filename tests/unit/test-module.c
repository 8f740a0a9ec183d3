// SPDX-License-Identifier: GPL-2.0-only
/* The module back end with a simulated module: the requests, and the use of the answers. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sysroot.h"

/* The module's answers, and its last requests. */
static struct {
	struct pcireset_member members[200];
	uint32_t nr_members;
	uint32_t types, type, error, why;
	uint32_t why_not; /* of the other types */
	struct pcireset_addr who;
	uint64_t generation;
	int open_error, reset_error, stats_error;
	struct pcireset_reset reset; /* what comes out */
	struct pcireset_reset asked;
	struct pcireset_open opened;
	struct pcireset_query queried;
	unsigned int nr_open, nr_queries, nr_resets;
	struct pcireset_member link[2]; /* what BUS would reset, if there are any */
	uint32_t nr_entries;
	uint64_t expect_ns; /* 0 if it is too old to know the command */
} module;

static void put_members(uint64_t ptr, uint32_t size, uint32_t room)
{
	assert_int_equal(size, sizeof(struct pcireset_member));
	for (uint32_t i = 0; i < room && i < module.nr_members; i++)
		((struct pcireset_member *)(uintptr_t)ptr)[i] = module.members[i];
}

/* To who allows LINK types alone. */
static void answer_link(struct pcireset_query *arg)
{
	struct pcireset_member *to = (void *)(uintptr_t)arg->member_ptr;

	arg->out_type = PCI_RESET_BUS;
	arg->out_scope = PCIRESET_SCOPE_BUS;
	arg->out_nr_members = ARRAY_SIZE(module.link);
	assert_true(arg->nr_members >= ARRAY_SIZE(module.link));
	memcpy(to, module.link, sizeof(module.link));
}

static void answer_query(struct pcireset_query *arg)
{
	struct pcireset_type_info *infos = (void *)(uintptr_t)arg->type_ptr;

	module.queried = *arg;
	module.nr_queries++;
	assert_int_equal(arg->size, sizeof(*arg));
	arg->out_nr_types = 8;
	for (uint32_t i = 0; i < arg->nr_types && i < 8; i++)
		infos[i] = (struct pcireset_type_info){
			.type = i < NR_TYPES ? pcireset_type_at(i) : 1u << 30,
			.why_not = i < NR_TYPES && module.types & pcireset_type_at(i) ?
					   0 :
					   module.why_not,
			.scope = PCIRESET_SCOPE_FUNCTION,
			.who = module.who,
		};
	arg->out_types = module.types | 1u << 30;
	arg->out_nr_members = arg->types ? module.nr_members : 0;
	if (arg->types)
		put_members(arg->member_ptr, arg->member_size, arg->nr_members);
	arg->out_type = module.type;
	arg->out_error = module.error;
	arg->out_why = module.why;
	arg->out_who = module.who;
	arg->out_generation = module.generation;
	if (module.link[0].flags && arg->types && !(arg->types & PCI_RESET_FUNC))
		answer_link(arg);
}

static int answer_reset(struct pcireset_reset *arg)
{
	module.asked = *arg;
	module.nr_resets++;
	put_members(arg->member_ptr, arg->member_size, arg->nr_members);
	arg->out_type = module.reset.out_type;
	arg->out_issued = module.reset.out_issued;
	arg->out_why = module.reset.out_why;
	arg->out_who = module.reset.out_who;
	arg->out_failed = module.reset.out_failed;
	arg->out_proof = module.reset.out_proof;
	arg->out_nr_members = module.nr_members;
	arg->out_scope = PCIRESET_SCOPE_SLOT;
	arg->out_type_flags = PCIRESET_TYPE_AF;
	arg->out_wait_ns = 101300000;
	arg->out_total_ns = 131000000;
	return module.reset_error;
}

static int answer_reset_many(struct pcireset_reset_many *arg)
{
	struct pcireset_reset_entry *entries = (void *)(uintptr_t)arg->entry_ptr;

	assert_int_equal(arg->entry_size, sizeof(*entries));
	module.nr_entries = arg->nr_entries;
	for (uint32_t i = 0; i < arg->nr_entries; i++) {
		struct pcireset_reset *reset = (void *)(uintptr_t)entries[i].reset_ptr;

		entries[i].out_errno = (uint32_t)answer_reset(reset);
		if (reset->types & PCI_RESET_LINK) {
			memcpy((void *)(uintptr_t)reset->member_ptr, module.link,
			       sizeof(module.link));
			reset->out_nr_members = ARRAY_SIZE(module.link);
		}
		entries[i].out_done = 1;
	}
	return 0;
}

static int answer_expect(struct pcireset_expect *arg)
{
	assert_int_equal(arg->size, sizeof(*arg));
	assert_int_equal(arg->types, module.type);
	arg->out_type = arg->types;
	arg->out_ns = module.expect_ns;
	return module.expect_ns ? 0 : ENOTTY;
}

static int answer_stats(struct pcireset_stats *arg)
{
	assert_int_equal(arg->size, sizeof(*arg));
	arg->out_verified = 100 + arg->type;
	arg->out_refused = 7;
	return module.stats_error;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	struct pcireset_open *open_arg = arg;
	int error = 0;

	(void)fd;
	switch (request) {
	case PCIRESET_OPEN:
		module.opened = *open_arg;
		error = module.open_error;
		if (!error) {
			open_arg->out_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
			module.nr_open++;
		}
		break;
	case PCIRESET_QUERY:
		answer_query(arg);
		break;
	case PCIRESET_RESET:
		error = answer_reset(arg);
		break;
	case PCIRESET_EXPECT:
		error = answer_expect(arg);
		break;
	case PCIRESET_RESET_MANY:
		error = answer_reset_many(arg);
		break;
	case PCIRESET_STATS:
		error = answer_stats(arg);
		break;
	default:
		error = ENOTTY;
	}
	errno = error;
	return error ? -1 : 0;
}

static int make(void **state)
{
	struct pcireset_ctx *ctx;

	if (context_make(state))
		return -1;
	ctx = *state;
	ctx->backend = &backend_module;
	ctx->module_error = 0;
	ctx->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ctx->info.out_types = PCI_RESET_ANY;
	ctx->info.out_force = MODULE_USES;
	ctx->info.out_max_timeout_ms = 60000;
	memset(&module, 0, sizeof(module));
	module.types = PCI_RESET_FLR | PCI_RESET_BUS;
	module.why_not = PCIRESET_WHY_NO_BRIDGE;
	module.type = PCI_RESET_FLR;
	module.generation = 77;
	module.nr_members = 1;
	module.members[0] = (struct pcireset_member){
		.addr = find(ctx, "02:00.0")->addr,
		.flags = PCIRESET_MEMBER_TARGET | PCIRESET_MEMBER_RESET,
		.state = PCIRESET_STATE_RESTORED,
		.proof = PCIRESET_PROOF_SHOWN,
	};
	module.reset.out_type = PCI_RESET_FLR;
	module.reset.out_issued = PCI_RESET_FLR;
	module.reset.out_proof = PCIRESET_PROOF_SHOWN;
	return 0;
}

static struct pcireset_plan *make_plan(struct pcireset_ctx *ctx, uint32_t types)
{
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_plan_new(find(ctx, "02:00.0"), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, types), 0);
	return plan;
}

/* What refuses to reset in a sysroot stands in the way of this test alone. */
static int run(struct pcireset_plan *plan, struct pcireset_report **ret_report)
{
	struct pcireset_ctx *ctx = plan->dev->ctx;
	char *root = ctx->sysroot;
	char none[] = "";
	int r;

	ctx->sysroot = none;
	r = pcireset_plan_run(plan, ret_report);
	ctx->sysroot = root;
	return r;
}

static enum pcireset_result result_of(struct pcireset_ctx *ctx, int want)
{
	struct pcireset_plan *plan = make_plan(ctx, PCI_RESET_FLR);
	struct pcireset_report *report = NULL;
	enum pcireset_result result;

	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(run(plan, &report), want);
	result = pcireset_report_get_result(report);
	assert_int_equal(!pcireset_report_get_message(report), result == PCIRESET_RESULT_VERIFIED);
	assert_int_equal(pcireset_report_get_error(report), want);
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
	return result;
}

static void types_come_from_the_module(void **state)
{
	struct pcireset_dev *dev = find(*state, "02:00.0");

	assert_int_equal(pcireset_dev_query(dev), 0);
	assert_int_equal(pcireset_dev_get_types(dev), PCI_RESET_FLR | PCI_RESET_BUS);
	assert_int_equal(pcireset_dev_get_why_not(dev, PCI_RESET_PM), PCIRESET_WHY_NO_BRIDGE);
	assert_int_equal(pcireset_dev_get_nr_members(dev, PCI_RESET_FLR), 1);
	assert_int_equal(pcireset_dev_get_nr_members(dev, PCI_RESET_PM), 0);
}

/* The kernel only says that FLR is broken. The table says what happens. */
static void a_quirk_of_the_kernel_is_explained(void **state)
{
	struct pcireset_dev *dev = find(*state, "02:00.0");
	const struct known_broken *broken = known_broken_at(0);

	assert_int_equal(broken->types, PCI_RESET_FLR);
	module.types = PCI_RESET_BUS;
	module.why_not = PCIRESET_WHY_QUIRK;
	module.who = dev->addr;
	assert_int_equal(pcireset_dev_query(dev), 0);
	assert_string_equal(pcireset_dev_get_why_not_text(dev, PCI_RESET_FLR),
			    pcireset_why_to_str(PCIRESET_WHY_QUIRK, PCI_RESET_FLR));
	/* The same function, but with the IDs of a row. */
	dev_identity(dev);
	dev->facts->vendor = broken->id.vendor;
	dev->facts->device = broken->id.device;
	assert_non_null(strstr(pcireset_dev_get_why_not_text(dev, PCI_RESET_FLR), broken->what));
}

static void many_members_are_all_read(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);

	module.nr_members = 200;
	for (uint32_t i = 1; i < 200; i++)
		module.members[i].addr = (struct pcireset_addr){ .bus = 0x77, .devfn = (uint8_t)i };
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_get_nr_members(plan), 200);
	assert_int_equal(pcireset_plan_get_member(plan, 199)->addr.devfn, 199);
	assert_null(pcireset_plan_get_member(plan, 200));
	pcireset_plan_unref(plan);
}

static void the_module_gets_the_planned_request(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR | PCI_RESET_BUS);
	struct pcireset_report *report;

	pcireset_plan_set_max_scope(plan, PCIRESET_SCOPE_SLOT);
	pcireset_plan_set_checks(plan, PCIRESET_CHECK_PROOF);
	pcireset_plan_set_force(plan, PCIRESET_USE_VFIO | PCIRESET_USE_MOUNT);
	pcireset_plan_set_timeout_ms(plan, 500);
	pcireset_plan_set_settle_ms(plan, 1200);
	pcireset_plan_set_flags(plan, PCIRESET_RESET_TRY);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(module.queried.types, PCI_RESET_FLR | PCI_RESET_BUS);
	assert_int_equal(module.queried.max_scope, PCIRESET_SCOPE_SLOT);
	assert_int_equal(module.queried.force, PCIRESET_FORCE_VFIO);
	assert_int_equal(run(plan, &report), 0);
	assert_int_equal(module.asked.types, PCI_RESET_FLR | PCI_RESET_BUS);
	assert_int_equal(module.asked.max_scope, PCIRESET_SCOPE_SLOT);
	assert_int_equal(module.asked.checks, PCIRESET_CHECK_PROOF);
	assert_int_equal(module.asked.force, PCIRESET_FORCE_VFIO);
	assert_int_equal(module.asked.timeout_ms, 500);
	assert_int_equal(module.asked.settle_ms, 1200);
	assert_int_equal(module.asked.flags, PCIRESET_RESET_TRY);
	assert_int_equal(module.asked.generation, 77);
	assert_int_equal(pcireset_report_get_wait_ns(report), 101300000);
	assert_int_equal(pcireset_report_get_total_ns(report), 131000000);
	assert_int_equal(pcireset_report_get_scope(report), PCIRESET_SCOPE_SLOT);
	assert_int_equal(report->type_flags, PCIRESET_TYPE_AF);
	assert_int_equal(pcireset_report_get_nr_members(report), 1);
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

#define SET_FIELD(name, kind, limit)    assert_int_equal(pcireset_plan_set_##name(plan, limit), 0)
#define EXPECT_FIELD(name, kind, limit) assert_int_equal(module.asked.name, limit)

static void every_field_of_the_request_reaches_the_module(void **state)
{
	struct pcireset_ctx *ctx = *state;
	struct pcireset_plan *plan = make_plan(ctx, PCI_RESET_FLR);
	uint32_t limit_ms = ctx->info.out_max_timeout_ms;
	struct pcireset_report *report;

	ctx->info.out_max_timeout_ms = PCIRESET_MAX_TIMEOUT_MS;
	PCIRESET_REQUEST_FIELDS(SET_FIELD);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(run(plan, &report), 0);
	PCIRESET_REQUEST_FIELDS(EXPECT_FIELD);
	ctx->info.out_max_timeout_ms = limit_ms;
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

static void a_speed_of_the_link_is_asked_for(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_BUS);
	struct pcireset_ctx *ctx = *state;
	struct pcireset_report *report;

	assert_int_equal(pcireset_plan_set_link_speed(plan, 7000), -EINVAL);
	assert_int_equal(pcireset_plan_set_link_speed(plan, 8000), 0);
	ctx->info.out_reset_flags = PCIRESET_RESET_ESCALATE | PCIRESET_RESET_TRY;
	assert_int_equal(pcireset_plan_resolve(plan), -EOPNOTSUPP);
	ctx->info.out_reset_flags |= PCIRESET_RESET_SPEED;
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_FLR | PCI_RESET_BUS), 0);
	assert_int_equal(pcireset_plan_resolve(plan), -EINVAL);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(ctx), "flr would not"));
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_BUS), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(run(plan, &report), 0);
	assert_int_equal(module.asked.flags, PCIRESET_RESET_SPEED);
	assert_int_equal(module.asked.link_speed, 3);
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

static void a_result_claims_no_more_than_was_verified(void **state)
{
	assert_int_equal(result_of(*state, 0), PCIRESET_RESULT_VERIFIED);
	module.reset.out_proof = PCIRESET_PROOF_REFUTED;
	assert_int_equal(result_of(*state, 0), PCIRESET_RESULT_UNVERIFIED);
	module.reset.out_proof = PCIRESET_PROOF_UNKNOWN;
	assert_int_equal(result_of(*state, 0), PCIRESET_RESULT_UNVERIFIED);
	module.reset.out_proof = PCIRESET_PROOF_NONE;
	assert_int_equal(result_of(*state, 0), PCIRESET_RESULT_UNVERIFIED);
	module.reset.out_proof = PCIRESET_PROOF_SHOWN;
	module.reset.out_issued = 0;
	assert_int_equal(result_of(*state, 0), PCIRESET_RESULT_UNVERIFIED);
}

static void a_touched_device_is_never_refused(void **state)
{
	module.reset_error = EIO;
	assert_int_equal(result_of(*state, -EIO), PCIRESET_RESULT_FAILED);
	module.reset_error = ENODEV;
	assert_int_equal(result_of(*state, -ENODEV), PCIRESET_RESULT_FAILED);
	module.reset.out_issued = 0;
	assert_int_equal(result_of(*state, -ENODEV), PCIRESET_RESULT_REFUSED);
	module.reset_error = EIO;
	assert_int_equal(result_of(*state, -EIO), PCIRESET_RESULT_FAILED);
	module.reset_error = ETIMEDOUT;
	assert_int_equal(result_of(*state, -ETIMEDOUT), PCIRESET_RESULT_FAILED);
	module.reset_error = ESTALE;
	assert_int_equal(result_of(*state, -ESTALE), PCIRESET_RESULT_REFUSED);
}

static void a_failure_names_the_function_and_why(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	struct pcireset_report *report;

	module.reset_error = ETIMEDOUT;
	module.reset.out_why = PCIRESET_WHY_NOT_READY;
	module.reset.out_who = find(*state, "01:00.4")->addr;
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(run(plan, &report), -ETIMEDOUT);
	assert_string_equal(pcireset_report_get_message(report),
			    "0000:01:00.4: it did not come back in time");
	assert_string_equal(pcireset_ctx_get_errmsg(*state),
			    "0000:02:00.0: 0000:01:00.4: it did not come back in time");
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

static void a_function_that_is_still_awaited_is_late(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	struct pcireset_report *report;

	module.reset_error = ETIMEDOUT;
	module.reset.out_why = PCIRESET_WHY_NOT_READY;
	module.members[0].flags |= PCIRESET_MEMBER_LATE;
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(run(plan, &report), -ETIMEDOUT);
	assert_string_equal(pcireset_report_get_message(report),
			    "it did not come back in time: late, being restored");
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

static void a_refusal_by_the_module_is_an_answer(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	struct pcireset_report *report;

	module.error = EBUSY;
	module.why = PCIRESET_WHY_DRIVER;
	module.who = find(*state, "01:00.0")->addr;
	module.members[1] = (struct pcireset_member){
		.addr = module.who,
		.flags = PCIRESET_MEMBER_RESET | PCIRESET_MEMBER_DRIVER,
		.why_not = PCIRESET_WHY_DRIVER,
	};
	module.nr_members = 2;
	assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
	assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_DRIVER);
	assert_true(pcireset_plan_get_in_way(plan) & PCIRESET_USE_DRIVER);
	assert_non_null(strstr(pcireset_plan_get_message(plan), "driver:igb (0000:01:00.0)"));
	assert_int_equal(run(plan, NULL), -EINVAL);
	assert_int_equal(module.nr_resets, 0);
	assert_int_equal(pcireset_report_new_refused(plan, &report), 0);
	assert_int_equal(pcireset_report_get_result(report), PCIRESET_RESULT_REFUSED);
	assert_int_equal(pcireset_report_get_error(report), -EBUSY);
	assert_string_equal(pcireset_report_get_message(report), pcireset_plan_get_message(plan));
	assert_int_equal(report->why, PCIRESET_WHY_DRIVER);
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

/* Nothing is refused there. */
static void a_plan_that_fits_has_no_report_of_a_refusal(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	struct pcireset_report *report;

	assert_int_equal(pcireset_report_new_refused(plan, &report), -EINVAL);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_report_new_refused(plan, &report), -EINVAL);
	pcireset_plan_unref(plan);
}

static void users_unknown_to_the_module_prevent_the_reset(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);

	module.members[1].addr = find(*state, "04:00.0")->addr;
	module.nr_members = 2;
	assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
	assert_int_equal(pcireset_plan_get_in_way(plan), PCIRESET_USE_MOUNT | PCIRESET_USE_SWAP);
	assert_int_equal(run(plan, NULL), -EINVAL);
	assert_int_equal(module.nr_resets, 0);
	pcireset_plan_unref(plan);
}

/* Each is in use in its own way: all ways are reported, and the first function. */
static void the_first_function_in_use_is_named(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);

	module.members[1] = (struct pcireset_member){ .addr = find(*state, "08:00.0")->addr,
						      .why_not = PCIRESET_WHY_VFIO };
	module.members[2].addr = find(*state, "04:00.0")->addr;
	module.members[3].addr = find(*state, "01:00.0")->addr;
	module.nr_members = 4;
	assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
	assert_int_equal(pcireset_plan_get_in_way(plan), PCIRESET_USE_VFIO | PCIRESET_USE_MOUNT |
								 PCIRESET_USE_SWAP |
								 PCIRESET_USE_NET);
	assert_true(addr_is(&plan->who, &module.members[1].addr));
	pcireset_plan_unref(plan);
}

/* Two functions of one bus, each with FLR of its own; a plan for each and their batch. */
struct pair {
	struct pcireset_dev *devs[2];
	struct pcireset_plan *plans[2];
	struct pcireset_batch *batch;
};

static void make_pair(struct pcireset_ctx *ctx, struct pair *pair, uint32_t types)
{
	pair->devs[0] = find(ctx, "03:00.0");
	pair->devs[1] = find(ctx, "03:00.1");
	assert_int_equal(pcireset_batch_new(ctx, &pair->batch), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pair->plans); i++)
		module.link[i] = (struct pcireset_member){
			.addr = pair->devs[i]->addr,
			.flags = PCIRESET_MEMBER_RESET | (i ? 0 : PCIRESET_MEMBER_TARGET),
			.state = PCIRESET_STATE_RESTORED,
			.proof = PCIRESET_PROOF_SHOWN,
		};
	for (size_t i = 0; i < ARRAY_SIZE(pair->plans); i++) {
		module.members[0].addr = pair->devs[i]->addr;
		assert_int_equal(pcireset_plan_new(pair->devs[i], &pair->plans[i]), 0);
		assert_int_equal(pcireset_plan_set_types(pair->plans[i], types), 0);
		assert_int_equal(pcireset_plan_resolve(pair->plans[i]), 0);
		assert_int_equal(pcireset_batch_add(pair->batch, pair->plans[i]), 0);
	}
	module.generation = 88;
	assert_int_equal(pcireset_batch_choose(pair->batch), 0);
	module.reset.out_type = module.reset.out_issued = PCI_RESET_BUS;
}

static void run_pair(struct pcireset_ctx *ctx, struct pair *pair)
{
	char *root = ctx->sysroot;
	char none[] = "";

	ctx->sysroot = none;
	assert_int_equal(pcireset_batch_run(pair->batch), 0);
	ctx->sysroot = root;
}

static void drop_pair(struct pair *pair)
{
	pcireset_batch_unref(pair->batch);
	for (size_t i = 0; i < ARRAY_SIZE(pair->plans); i++)
		pcireset_plan_unref(pair->plans[i]);
}

static bool is_target(const struct pcireset_report *report, size_t i)
{
	return pcireset_report_get_member(report, i)->flags & PCIRESET_MEMBER_TARGET;
}

static void write_rule(const char *text)
{
	static const char *const parts[] = { "etc", "etc/pcireset", "etc/pcireset/rules.d" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", sysroot, parts[i]);
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
	}
	sysroot_write("etc/pcireset/rules.d/10-test.conf", text);
}

static void only_the_denied_device_is_not_reset(void **state)
{
	struct pcireset_ctx *ctx = *state;
	struct pair pair = { 0 };
	size_t failed;

	write_rule("[Match]\nAddress=08:00.0\n[Reset]\nDeny=flr\nReason=because\n");
	assert_true(pcireset_ctx_scan(ctx) > 0);
	assert_int_equal(pcireset_batch_new(ctx, &pair.batch), 0);
	for (size_t i = 0; i < 2; i++) {
		pair.devs[i] = find(ctx, i ? "01:00.4" : "08:00.0");
		module.members[0].addr = pair.devs[i]->addr;
		assert_int_equal(pcireset_plan_new(pair.devs[i], &pair.plans[i]), 0);
		assert_int_equal(pcireset_plan_set_types(pair.plans[i], PCI_RESET_FLR), 0);
		assert_int_equal(pcireset_plan_resolve(pair.plans[i]), i ? 0 : -EOPNOTSUPP);
		assert_int_equal(pcireset_batch_add(pair.batch, pair.plans[i]), i ? 0 : -EINVAL);
	}
	assert_int_equal(pcireset_plan_get_why(pair.plans[0]), PCIRESET_WHY_RULE);
	run_pair(ctx, &pair);
	assert_int_equal(module.nr_resets, 1);
	assert_int_equal(module.asked.types, PCI_RESET_FLR);
	assert_int_equal(pcireset_batch_get_nr_done(pair.batch, &failed), 1);
	assert_int_equal(failed, 0);
	drop_pair(&pair);
	write_rule("");
}

/* The scan did not see it, so no rule can have been compared with it. */
static void rules_do_not_allow_what_the_scan_did_not_see(void **state)
{
	struct pcireset_plan *plan;

	module.members[1].addr = (struct pcireset_addr){ .bus = 0x77 };
	module.nr_members = 2;
	for (int has_rules = 0; has_rules < 2; has_rules++) {
		write_rule(has_rules ? "[Match]\nAddress=08:00.0\n[Reset]\nDelay=1\n" : "");
		assert_true(pcireset_ctx_scan(*state) > 0);
		plan = make_plan(*state, PCI_RESET_FLR);
		assert_int_equal(pcireset_plan_resolve(plan), has_rules ? -ESTALE : 0);
		assert_int_equal(pcireset_plan_get_why(plan), has_rules ? PCIRESET_WHY_CHANGED : 0);
		pcireset_plan_unref(plan);
	}
	write_rule("");
}

static void a_chosen_reset_is_requested_once(void **state)
{
	struct pair pair;
	size_t failed;

	make_pair(*state, &pair, PCI_RESET_FLR | PCI_RESET_BUS);
	assert_int_equal(pcireset_plan_get_type(pair.plans[1]), PCI_RESET_BUS);
	run_pair(*state, &pair);
	assert_int_equal(module.nr_entries, 1);
	assert_int_equal(module.nr_resets, 1);
	/* Nothing but that, and that plan. */
	assert_int_equal(module.asked.types, PCI_RESET_BUS);
	assert_int_equal(module.asked.generation, 88);
	assert_int_equal(pcireset_batch_get_nr_done(pair.batch, &failed), 2);
	assert_int_equal(failed, 0);
	for (size_t i = 0; i < 2; i++) {
		struct pcireset_report *report = pcireset_batch_get_report(pair.batch, i);

		assert_int_equal(pcireset_report_get_result(report), PCIRESET_RESULT_VERIFIED);
		assert_int_equal(pcireset_report_get_type(report), PCI_RESET_BUS);
		assert_int_equal(pcireset_report_get_nr_members(report), 2);
		assert_true(is_target(report, i));
		assert_false(is_target(report, !i));
		assert_int_equal(pcireset_plan_get_error(pair.plans[i]), -EINVAL);
	}
	drop_pair(&pair);
}

static void each_plan_gets_the_failure(void **state)
{
	struct pair pair;

	make_pair(*state, &pair, PCI_RESET_FLR | PCI_RESET_BUS);
	module.reset_error = ETIMEDOUT;
	module.reset.out_why = PCIRESET_WHY_NOT_READY;
	module.reset.out_who = pair.devs[1]->addr;
	run_pair(*state, &pair);
	assert_string_equal(pcireset_report_get_message(pcireset_batch_get_report(pair.batch, 0)),
			    "0000:03:00.1: it did not come back in time");
	assert_string_equal(pcireset_report_get_message(pcireset_batch_get_report(pair.batch, 1)),
			    "it did not come back in time");
	drop_pair(&pair);
}

/* A plan that shares a reset can be run by itself; it is that reset, and done for both. */
static void a_plan_of_a_shared_reset_runs_alone(void **state)
{
	struct pcireset_report *report;
	struct pair pair;

	make_pair(*state, &pair, PCI_RESET_FLR | PCI_RESET_BUS);
	module.nr_members = 2;
	memcpy(module.members, module.link, sizeof(module.link));
	assert_int_equal(run(pair.plans[1], &report), 0);
	assert_int_equal(module.asked.types, PCI_RESET_BUS);
	assert_true(is_target(report, 1));
	assert_false(is_target(report, 0));
	assert_int_equal(pcireset_plan_get_error(pair.plans[0]), -EINVAL);
	assert_int_equal(pcireset_batch_run(pair.batch), -EINVAL);
	pcireset_report_unref(report);
	drop_pair(&pair);
}

static void the_module_gives_the_duration(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR | PCI_RESET_BUS);

	assert_int_equal(pcireset_plan_get_expected_ns(plan), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	/* One that does not know the command: the specification's. */
	assert_int_equal(pcireset_plan_get_expected_ns(plan), 100000000);
	module.expect_ns = 7000000;
	assert_int_equal(pcireset_plan_get_expected_ns(plan), 100000000);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_get_expected_ns(plan), 7000000);
	pcireset_plan_unref(plan);
}

static void the_same_link_is_reset_once(void **state)
{
	struct pair pair;

	make_pair(*state, &pair, PCI_RESET_BUS);
	run_pair(*state, &pair);
	assert_int_equal(module.nr_entries, 1);
	drop_pair(&pair);
}

/* The delay of a rule is that of the reset, whoever shares it. */
static void a_shared_reset_has_the_delay_of_a_rule(void **state)
{
	struct pair pair;

	write_rule("[Match]\nAddress=03:00.1\n[Reset]\nDelay=300\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	make_pair(*state, &pair, PCI_RESET_BUS);
	assert_non_null(pair.plans[1]->shared);
	assert_int_equal(pcireset_plan_get_delay_ms(pair.plans[1]), 300);
	run_pair(*state, &pair);
	assert_int_equal(module.asked.settle_ms, 300);
	drop_pair(&pair);
	write_rule("");
}

/* 03:00.0 with other wishes, then both functions with the same ones: these two share. */
static const struct {
	int (*set)(struct pcireset_plan *plan, uint32_t value);
	uint32_t value;
} wishes[] = {
	{ pcireset_plan_set_link_speed, 8000 },
	{ pcireset_plan_set_max_scope, PCIRESET_SCOPE_BUS },
	{ pcireset_plan_set_checks, PCIRESET_CHECK_PROOF },
	{ pcireset_plan_set_force, PCIRESET_USE_NET },
	{ pcireset_plan_set_flags, PCIRESET_RESET_TRY },
	{ pcireset_plan_set_timeout_ms, 500 },
	{ pcireset_plan_set_settle_ms, 500 },
};

static void only_plans_with_the_same_wishes_share_a_link(void **state)
{
	static const char *const names[] = { "03:00.0", "03:00.0", "03:00.1" };
	struct pcireset_ctx *ctx = *state;

	ctx->info.out_reset_flags = PCIRESET_RESET_SPEED | PCIRESET_RESET_TRY;
	for (size_t i = 0; i < ARRAY_SIZE(module.link); i++)
		module.link[i] = (struct pcireset_member){
			.addr = find(ctx, names[i + 1])->addr,
			.flags = PCIRESET_MEMBER_RESET,
		};
	for (size_t wish = 0; wish < ARRAY_SIZE(wishes); wish++) {
		struct pcireset_plan *plans[ARRAY_SIZE(names)];
		struct pcireset_batch *batch;

		assert_int_equal(pcireset_batch_new(ctx, &batch), 0);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			assert_int_equal(pcireset_plan_new(find(ctx, names[i]), &plans[i]), 0);
			assert_int_equal(pcireset_plan_set_types(plans[i], PCI_RESET_BUS), 0);
			if (!i)
				assert_int_equal(wishes[wish].set(plans[i], wishes[wish].value), 0);
			assert_int_equal(pcireset_plan_resolve(plans[i]), 0);
			assert_int_equal(pcireset_batch_add(batch, plans[i]), 0);
		}
		assert_null(plans[0]->shared);
		if (!plans[1]->shared || plans[1]->shared != plans[2]->shared)
			fail_msg("wish %zu", wish);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			pcireset_plan_unref(plans[i]);
		pcireset_batch_unref(batch);
	}
}

/* It was fine when it was added, and is refused now. */
static void nobody_shares_a_refused_reset(void **state)
{
	struct pair pair = { 0 };

	make_pair(*state, &pair, PCI_RESET_BUS);
	drop_pair(&pair);
	assert_int_equal(pcireset_batch_new(*state, &pair.batch), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pair.plans); i++) {
		assert_int_equal(pcireset_plan_new(pair.devs[i], &pair.plans[i]), 0);
		assert_int_equal(pcireset_plan_set_types(pair.plans[i], PCI_RESET_BUS), 0);
		assert_int_equal(pcireset_plan_resolve(pair.plans[i]), 0);
		assert_int_equal(pcireset_batch_add(pair.batch, pair.plans[i]), 0);
		if (i)
			continue;
		module.error = EBUSY;
		module.why = PCIRESET_WHY_IN_USE;
		assert_int_equal(pcireset_plan_resolve(pair.plans[0]), -EBUSY);
		module.error = module.why = 0;
	}
	assert_null(pair.plans[1]->shared);
	assert_int_equal(pcireset_batch_run(pair.batch), -EINVAL);
	drop_pair(&pair);
}

static void a_device_that_went_away_is_gone(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);

	module.open_error = ENODEV;
	assert_int_equal(pcireset_plan_resolve(plan), -ENODEV);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), "0000:02:00.0: is gone"));
	assert_int_equal(pcireset_dev_query(find(*state, "02:00.0")), -ENODEV);
	pcireset_plan_unref(plan);
}

/* The module is asked for the types of each function, but for what a bus reset reaches only once a bus. */
static void siblings_share_the_members_of_a_bus_reset(void **state)
{
	struct pcireset_dev *devs[] = { find(*state, "03:00.0"), find(*state, "03:00.1") };
	int nr = pcireset_ctx_query(*state);
	unsigned int before;

	for (size_t i = 0; i < ARRAY_SIZE(devs); i++)
		module.members[i] = (struct pcireset_member){
			.addr = devs[i]->addr,
			.flags = PCIRESET_MEMBER_RESET | (i ? 0 : PCIRESET_MEMBER_TARGET),
		};
	module.nr_members = ARRAY_SIZE(devs);
	before = module.nr_queries;
	assert_int_equal(pcireset_ctx_query(*state), nr);
	assert_int_equal(module.nr_queries - before, 2 * nr - 1);
	for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
		const struct pcireset_member *member;

		assert_int_equal(pcireset_dev_get_types(devs[i]), PCI_RESET_FLR | PCI_RESET_BUS);
		assert_int_equal(pcireset_dev_get_nr_members(devs[i], PCI_RESET_BUS), 2);
		for (size_t m = 0; (member = pcireset_dev_get_member(devs[i], PCI_RESET_BUS, m));
		     m++)
			assert_int_equal(!!(member->flags & PCIRESET_MEMBER_TARGET), m == i);
	}
}

/* Only a reset of the bus reaches the second function. */
static void a_query_reports_the_drivers_on_the_bus(void **state)
{
	struct pcireset_dev *asked = find(*state, "03:00.0"), *other = find(*state, "03:00.1");
	const uint32_t flags = PCIRESET_MEMBER_RESET | PCIRESET_MEMBER_DRIVER;

	module.members[0].addr = asked->addr;
	module.link[0] = (struct pcireset_member){ .addr = asked->addr,
						   .flags = flags | PCIRESET_MEMBER_TARGET |
							    PCIRESET_MEMBER_PREPARE };
	module.link[1] = (struct pcireset_member){ .addr = other->addr, .flags = flags };
	assert_false(other->knows_awareness);
	assert_int_equal(pcireset_dev_query(asked), 0);
	assert_true(asked->knows_awareness && !asked->is_unaware);
	assert_true(other->knows_awareness && other->is_unaware);
	memset(module.link, 0, sizeof(module.link));
}

static void a_removed_function_is_left_out(void **state)
{
	struct pcireset_dev *kept = pcireset_dev_ref(find(*state, "03:00.0")), *dev;
	int nr = 0;

	module.open_error = ENODEV;
	assert_int_equal(pcireset_ctx_query(*state), 0);
	pcireset_dev_foreach(*state, dev)
		nr++;
	assert_int_equal(nr, 0);
	assert_null(pcireset_ctx_get_dev(*state, &kept->addr));
	assert_string_equal(pcireset_dev_get_name(kept), "0000:03:00.0");
	pcireset_dev_unref(kept);
	module.open_error = EMFILE;
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_int_equal(pcireset_ctx_query(*state), -EMFILE);
}

static void a_timeout_beyond_the_modules_is_an_error(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);

	assert_int_equal(pcireset_plan_set_timeout_ms(plan, 60000), 0);
	assert_int_equal(pcireset_plan_set_timeout_ms(plan, 60001), -EINVAL);
	assert_int_equal(pcireset_plan_set_settle_ms(plan, 60000), 0);
	assert_int_equal(pcireset_plan_set_settle_ms(plan, 60001), -EINVAL);
	pcireset_plan_unref(plan);
}

static void statistics_are_of_the_requested_type(void **state)
{
	struct pcireset_ctx *ctx = *state;
	const struct pcireset_stats *stats;

	assert_null(pcireset_ctx_get_stats(ctx, PCI_RESET_FLR));
	assert_int_equal(pcireset_ctx_read_stats(ctx), 0);
	for (size_t i = 0; i < NR_TYPES; i++)
		assert_int_equal(pcireset_ctx_get_stats(ctx, pcireset_type_at(i))->out_verified,
				 100 + pcireset_type_at(i));
	stats = pcireset_ctx_get_stats(ctx, PCI_RESET_FLR);
	assert_int_equal(stats->out_verified, 100 + PCI_RESET_FLR);
	assert_int_equal(stats->out_refused, 7);
	stats = pcireset_ctx_get_stats(ctx, PCI_RESET_CXL_BUS);
	assert_int_equal(stats->out_verified, 100 + PCI_RESET_CXL_BUS);
	assert_null(pcireset_ctx_get_stats(ctx, 1u << 30));
	assert_null(pcireset_ctx_get_stats(ctx, 0));
}

static void a_module_without_statistics_is_an_error(void **state)
{
	struct pcireset_ctx *ctx = *state;

	module.stats_error = ENOTTY;
	assert_int_equal(pcireset_ctx_read_stats(ctx), -EOPNOTSUPP);
	assert_null(pcireset_ctx_get_stats(ctx, PCI_RESET_FLR));
	ctx->module_error = -ENOENT;
	assert_int_equal(pcireset_ctx_read_stats(ctx), -ENOENT);
	ctx->module_error = -EROFS;
	assert_int_equal(pcireset_ctx_read_stats(ctx), -EROFS);
}

/* Only the plan is needed. An older module, with no such flag in its INFO, refuses it. */
static void a_plan_examines_only_its_types(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	struct pcireset_ctx *ctx = *state;

	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(module.queried.flags, 0);
	ctx->info.out_query_flags = PCIRESET_QUERY_PLAN_ONLY;
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_FLR), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(module.queried.flags, PCIRESET_QUERY_PLAN_ONLY);
	assert_int_equal(module.queried.nr_types, 0);
	assert_int_equal(pcireset_dev_query(find(ctx, "02:00.0")), 0);
	assert_int_equal(module.queried.flags, 0);
	pcireset_plan_unref(plan);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, context_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(types_come_from_the_module),
		TEST(a_quirk_of_the_kernel_is_explained),
		TEST(many_members_are_all_read),
		TEST(the_module_gets_the_planned_request),
		TEST(every_field_of_the_request_reaches_the_module),
		TEST(a_speed_of_the_link_is_asked_for),
		TEST(a_plan_examines_only_its_types),
		TEST(a_result_claims_no_more_than_was_verified),
		TEST(a_touched_device_is_never_refused),
		TEST(a_failure_names_the_function_and_why),
		TEST(a_function_that_is_still_awaited_is_late),
		TEST(a_refusal_by_the_module_is_an_answer),
		TEST(a_plan_that_fits_has_no_report_of_a_refusal),
		TEST(users_unknown_to_the_module_prevent_the_reset),
		TEST(the_first_function_in_use_is_named),
		TEST(only_the_denied_device_is_not_reset),
		TEST(rules_do_not_allow_what_the_scan_did_not_see),
		TEST(a_chosen_reset_is_requested_once),
		TEST(each_plan_gets_the_failure),
		TEST(a_plan_of_a_shared_reset_runs_alone),
		TEST(the_same_link_is_reset_once),
		TEST(a_shared_reset_has_the_delay_of_a_rule),
		TEST(only_plans_with_the_same_wishes_share_a_link),
		TEST(nobody_shares_a_refused_reset),
		TEST(the_module_gives_the_duration),
		TEST(a_device_that_went_away_is_gone),
		TEST(siblings_share_the_members_of_a_bus_reset),
		TEST(a_query_reports_the_drivers_on_the_bus),
		TEST(a_removed_function_is_left_out),
		TEST(a_timeout_beyond_the_modules_is_an_error),
		TEST(statistics_are_of_the_requested_type),
		TEST(a_module_without_statistics_is_an_error),
	};

	return cmocka_run_group_tests(tests, sysroot_make, sysroot_remove);
}
