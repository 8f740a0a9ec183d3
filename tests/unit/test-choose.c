// SPDX-License-Identifier: GPL-2.0-only
/* The choice for a set: shared resets, separate resets, and their expected durations. */
#include <signal.h>
#include <stdio.h>
#include "sysroot.h"

#define MAX_PLANS    8
#define FLR_OR_WIDER (PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_LINK)

/* A set: the plans that were resolved without an error are in the batch. */
static struct set {
	struct pcireset_batch *batch;
	struct pcireset_plan *plans[MAX_PLANS];
	size_t nr;
} set;

static struct pcireset_plan *new_plan(struct pcireset_ctx *ctx, const char *name, uint32_t types)
{
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_plan_new(find(ctx, name), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, types), 0);
	return plan;
}

static void add(struct pcireset_plan *plan)
{
	assert_true(set.nr < MAX_PLANS);
	if (!pcireset_plan_resolve(plan))
		assert_int_equal(pcireset_batch_add(set.batch, plan), 0);
	set.plans[set.nr++] = plan;
}

static void name_all(struct pcireset_ctx *ctx, const char *names, uint32_t types, uint32_t force)
{
	char copy[256], *name, *rest;

	snprintf(copy, sizeof(copy), "%s", names);
	for (name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		struct pcireset_plan *plan = new_plan(ctx, name, types);

		assert_int_equal(pcireset_plan_set_force(plan, force), 0);
		add(plan);
	}
}

static int make(void **state)
{
	if (context_make(state))
		return -1;
	memset(&set, 0, sizeof(set));
	return pcireset_batch_new(*state, &set.batch);
}

static int end(void **state)
{
	pcireset_batch_unref(set.batch);
	for (size_t i = 0; i < set.nr; i++)
		pcireset_plan_unref(set.plans[i]);
	return context_remove(state);
}

static void choose(void)
{
	assert_int_equal(pcireset_batch_choose(set.batch), 0);
}

/* How many resets would be issued for those that are not refused. */
static size_t nr_resets(void)
{
	size_t nr = 0;

	for (size_t i = 0; i < set.nr; i++)
		nr += !pcireset_plan_get_error(set.plans[i]) &&
		      !pcireset_plan_get_leader(set.plans[i]);
	return nr;
}

static void assert_types(const uint32_t *types)
{
	for (size_t i = 0; i < set.nr; i++)
		assert_int_equal(pcireset_plan_get_type(set.plans[i]), types[i]);
}

#define ASSERT_TYPES(...) assert_types((const uint32_t[]){ __VA_ARGS__ })

static void one_bus_reset_for_all_functions_of_a_bus(void **state)
{
	struct pcireset_dev *leader = find(*state, "08:00.0");

	name_all(*state, "08:00.0 08:00.1 02:00.0", FLR_OR_WIDER, 0);
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_PM, PCI_RESET_FLR);
	choose();
	ASSERT_TYPES(PCI_RESET_BUS, PCI_RESET_BUS, PCI_RESET_FLR);
	assert_int_equal(nr_resets(), 2);
	assert_null(pcireset_plan_get_leader(set.plans[0]));
	assert_ptr_equal(pcireset_plan_get_leader(set.plans[1]), leader);
	assert_string_equal(
		pcireset_plan_get_choice(set.plans[1]),
		"one bus reset instead of 1 flr and 1 pm: all functions that it affects are named");
	assert_null(pcireset_plan_get_choice(set.plans[2]));
	assert_int_equal(pcireset_plan_get_scope(set.plans[1]), PCIRESET_SCOPE_BUS);
}

static void each_plan_is_its_own_target(void **state)
{
	name_all(*state, "08:00.0 08:00.1", FLR_OR_WIDER, 0);
	choose();
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pcireset_plan_get_nr_members(set.plans[i]), 2);
		for (size_t m = 0; m < 2; m++)
			assert_int_equal(!!(pcireset_plan_get_member(set.plans[i], m)->flags &
					    PCIRESET_MEMBER_TARGET),
					 i == m);
		assert_null(pcireset_plan_get_member(set.plans[i], 2));
	}
}

static void forget_set(struct pcireset_ctx *ctx)
{
	pcireset_batch_unref(set.batch);
	for (size_t i = 0; i < set.nr; i++)
		pcireset_plan_unref(set.plans[i]);
	set.nr = 0;
	assert_int_equal(pcireset_batch_new(ctx, &set.batch), 0);
}

/* By the number of the function: what all plans together reset, and what they reach. */
static void note_hit(struct pcireset_ctx *ctx, bool *reset, bool *reached)
{
	const struct pcireset_member *member;

	for (size_t i = 0; i < set.nr; i++) {
		for (size_t m = 0; (member = pcireset_plan_get_member(set.plans[i], m)); m++) {
			size_t index = pcireset_ctx_get_dev(ctx, &member->addr)->index;

			reached[index] = true;
			reset[index] |= !!(member->flags & PCIRESET_MEMBER_RESET);
		}
	}
}

static bool is_reset_by_its_plan(const struct pcireset_plan *plan)
{
	const struct pcireset_member *member;

	for (size_t m = 0; (member = pcireset_plan_get_member(plan, m)); m++)
		if (member->flags & PCIRESET_MEMBER_TARGET)
			return member->flags & PCIRESET_MEMBER_RESET &&
			       !addr_cmp(&member->addr, &plan->dev->addr);
	return false;
}

static void check_subset(struct pcireset_ctx *ctx, const char *const *names, size_t nr,
			 unsigned int subset, uint32_t types)
{
	bool named[64] = { false }, before[2][64] = { { false } }, after[2][64] = { { false } };
	size_t nr_before;

	for (size_t i = 0; i < nr; i++) {
		if (!(subset & 1u << i))
			continue;
		name_all(ctx, names[i], types, PCIRESET_USE_VFIO | PCIRESET_USE_NET);
		named[find(ctx, names[i])->index] = true;
	}
	note_hit(ctx, before[0], before[1]);
	nr_before = nr_resets();
	choose();
	note_hit(ctx, after[0], after[1]);
	for (size_t i = 0; i < ctx->nr_devs; i++) {
		assert_true(named[i] || before[0][i] || !after[0][i]);
		assert_true(named[i] || before[1][i] || !after[1][i]);
	}
	assert_true(nr_resets() <= nr_before);
	for (size_t i = 0; i < set.nr; i++) {
		if (pcireset_plan_get_error(set.plans[i]))
			continue;
		assert_true(is_reset_by_its_plan(set.plans[i]));
		assert_true(pcireset_plan_get_type(set.plans[i]) & types);
	}
	forget_set(ctx);
}

/* Whichever of a tree are named: what is not is spared, be it beside, below or above. */
static void nothing_is_reached_that_was_not_named(void **state)
{
	static const char *const tree[] = { "05:00.0", "06:00.0", "07:00.0", "07:00.1",
					    "06:01.0", "08:00.0", "08:00.1" };
	static const char *const vfs[] = { "00:01.0", "01:00.0", "01:00.4", "02:00.0" };
	static const uint32_t masks[] = { PCI_RESET_ANY, FLR_OR_WIDER,
					  PCI_RESET_FLR | PCI_RESET_BUS, PCI_RESET_BUS };
	struct pcireset_ctx *ctx = *state;

	assert_true(ctx->nr_devs <= 64);
	for (size_t m = 0; m < ARRAY_SIZE(masks); m++) {
		for (unsigned int subset = 1; subset < 1u << ARRAY_SIZE(tree); subset++)
			check_subset(ctx, tree, ARRAY_SIZE(tree), subset, masks[m]);
		for (unsigned int subset = 1; subset < 1u << ARRAY_SIZE(vfs); subset++)
			check_subset(ctx, vfs, ARRAY_SIZE(vfs), subset, masks[m]);
	}
}

static void one_that_is_not_named_keeps_the_others_apart(void **state)
{
	name_all(*state, "07:00.1 08:00.1", FLR_OR_WIDER, PCIRESET_USE_VFIO);
	choose();
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_PM);
	assert_int_equal(nr_resets(), 2);
}

static void a_bus_reset_serves_a_completely_named_tree(void **state)
{
	name_all(*state, "07:00.0 07:00.1 08:00.0 08:00.1 06:00.0 06:01.0 05:00.0",
		 PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_BUS, PCIRESET_USE_VFIO);
	choose();
	assert_int_equal(nr_resets(), 1);
	assert_string_equal(pcireset_plan_get_leader(set.plans[0])->name, "0000:05:00.0");
	assert_int_equal(pcireset_plan_get_nr_members(set.plans[0]), 7);
	assert_string_equal(
		pcireset_plan_get_choice(set.plans[3]),
		"one bus reset instead of 3 flr, 2 pm and 1 bus: all functions that it affects are named");
}

static void a_pf_resets_its_vfs_too(void **state)
{
	name_all(*state, "01:00.4 02:00.0 01:00.0", PCI_RESET_FLR, PCIRESET_USE_NET);
	choose();
	assert_int_equal(nr_resets(), 1);
	assert_string_equal(pcireset_plan_get_leader(set.plans[0])->name, "0000:01:00.0");
	assert_string_equal(pcireset_plan_get_choice(set.plans[0]),
			    "one flr of 0000:01:00.0 instead of 3 flr: "
			    "it resets its virtual functions too");
}

static void vfs_do_not_reset_their_pf(void **state)
{
	name_all(*state, "01:00.4 02:00.0", PCI_RESET_ANY, PCIRESET_USE_NET);
	choose();
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_FLR);
	assert_int_equal(nr_resets(), 2);
}

/* What one of them hits anyway is not hit twice. */
static void an_affected_plan_joins(void **state)
{
	name_all(*state, "08:00.0 06:01.0", PCI_RESET_FLR | PCI_RESET_BUS, PCIRESET_USE_VFIO);
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_BUS);
	choose();
	ASSERT_TYPES(PCI_RESET_BUS, PCI_RESET_BUS);
	assert_int_equal(nr_resets(), 1);
	assert_string_equal(
		pcireset_plan_get_choice(set.plans[0]),
		"one bus reset instead of 1 flr and 1 bus: it affects only these functions");
}

static void a_special_reset_is_replaced_by_none(void **state)
{
	/* 08:00.0 has device_specific. */
	name_all(*state, "08:00.0 08:00.1", PCI_RESET_ANY, 0);
	choose();
	ASSERT_TYPES(PCI_RESET_DEV_SPECIFIC, PCI_RESET_PM);
	assert_null(pcireset_plan_get_choice(set.plans[1]));
}

static void the_mask_is_never_left(void **state)
{
	name_all(*state, "08:00.0 08:00.1", PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_SLOT, 0);
	choose();
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_PM);
}

/* Who does not allow it would be reset all the same, and then once more. */
static void all_plans_must_allow_a_shared_type(void **state)
{
	name_all(*state, "01:00.0", PCI_RESET_PM, PCIRESET_USE_NET);
	name_all(*state, "01:00.4 02:00.0", PCI_RESET_FLR | PCI_RESET_BUS, PCIRESET_USE_NET);
	choose();
	ASSERT_TYPES(PCI_RESET_PM, PCI_RESET_FLR, PCI_RESET_FLR);
	assert_int_equal(nr_resets(), 3);
}

static void the_scope_is_never_left(void **state)
{
	static const char *const names[] = { "08:00.0", "08:00.1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct pcireset_plan *plan = new_plan(*state, names[i], FLR_OR_WIDER);

		assert_int_equal(pcireset_plan_set_max_scope(plan, PCIRESET_SCOPE_FUNCTION), 0);
		add(plan);
	}
	choose();
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_PM);
}

static void those_that_ask_for_different_things_do_not_share(void **state)
{
	struct pcireset_plan *plan = new_plan(*state, "08:00.1", FLR_OR_WIDER);

	add(new_plan(*state, "08:00.0", FLR_OR_WIDER));
	assert_int_equal(pcireset_plan_set_timeout_ms(plan, 500), 0);
	add(plan);
	choose();
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_PM);
	forget_set(*state);
	plan = new_plan(*state, "08:00.1", FLR_OR_WIDER);
	add(new_plan(*state, "08:00.0", FLR_OR_WIDER));
	assert_int_equal(pcireset_plan_set_max_scope(plan, PCIRESET_SCOPE_BUS), 0);
	add(plan);
	choose();
	ASSERT_TYPES(PCI_RESET_FLR, PCI_RESET_PM);
}

/* 07:00.0 is held by a process: it is refused, and not hit for its neighbour's sake either. */
static void a_refused_plan_is_left_out(void **state)
{
	name_all(*state, "07:00.0 07:00.1", FLR_OR_WIDER, 0);
	assert_int_equal(pcireset_plan_get_error(set.plans[0]), -EBUSY);
	choose();
	assert_int_equal(pcireset_plan_get_type(set.plans[1]), PCI_RESET_FLR);
	assert_null(pcireset_plan_get_choice(set.plans[1]));
	assert_int_equal(pcireset_plan_get_error(set.plans[0]), -EBUSY);
}

static void a_second_plan_of_a_function_does_not_take_part(void **state)
{
	name_all(*state, "08:00.0 08:00.1 08:00.0", FLR_OR_WIDER, 0);
	choose();
	ASSERT_TYPES(PCI_RESET_BUS, PCI_RESET_BUS, PCI_RESET_FLR);
	assert_null(pcireset_plan_get_leader(set.plans[0]));
	assert_non_null(pcireset_plan_get_leader(set.plans[1]));
	assert_null(pcireset_plan_get_choice(set.plans[2]));
}

static void the_same_link_is_one_reset(void **state)
{
	name_all(*state, "03:00.0 03:00.1", PCI_RESET_LINK, 0);
	choose();
	assert_int_equal(nr_resets(), 1);
	ASSERT_TYPES(PCI_RESET_SLOT, PCI_RESET_SLOT);
	assert_string_equal(pcireset_plan_get_choice(set.plans[0]),
			    "one slot reset for 2 functions: they share the link");
}

/* Going on to a wider type is left to a failure. */
static void escalation_follows_the_choice(void **state)
{
	static const char *const names[] = { "08:00.0", "08:00.1" };
	const uint32_t types = PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_BUS | PCI_RESET_CXL_BUS;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct pcireset_plan *plan = new_plan(*state, names[i], types);

		assert_int_equal(pcireset_plan_set_flags(plan, PCIRESET_RESET_ESCALATE), 0);
		add(plan);
	}
	choose();
	ASSERT_TYPES(PCI_RESET_BUS, PCI_RESET_BUS);
	assert_int_equal(set.plans[0]->shared->types, PCI_RESET_BUS | PCI_RESET_CXL_BUS);
	assert_int_equal(set.plans[0]->shared->flags, PCIRESET_RESET_ESCALATE);
	assert_int_equal(set.plans[0]->types, types);
}

static void poke(struct pcireset_ctx *ctx, const char *name, long at, uint32_t value)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config", find(ctx, name)->path);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, at, SEEK_SET);
	for (int i = 0; i < 4; i++)
		fputc((int)(value >> 8 * i & 0xff), f);
	assert_int_equal(fclose(f), 0);
}

/* Readiness Time Reporting: FLR as given; the link in 100 times 1024 ns. */
static void report_times(struct pcireset_ctx *ctx, const char *name, long at, uint32_t flr)
{
	poke(ctx, name, at, 0x00010022);
	poke(ctx, name, at + 4, 0x80000000 | (2 << 9 | 100) << 12);
	poke(ctx, name, at + 8, flr);
}

static void the_shortest_of_equal_choices_wins(void **state)
{
	struct pcireset_ctx *ctx = *state;

	poke(ctx, "01:00.0", 0x100, 0x14010010); /* SR-IOV, and the next one */
	report_times(ctx, "01:00.0", 0x140, 3 << 9 | 500);
	report_times(ctx, "01:00.4", 0x100, 1);
	report_times(ctx, "02:00.0", 0x100, 1);
	name_all(ctx, "01:00.0 01:00.4 02:00.0", PCI_RESET_FLR | PCI_RESET_BUS, PCIRESET_USE_NET);
	assert_int_equal(pcireset_plan_get_expected_ns(set.plans[0]), 500 * 32768);
	choose();
	ASSERT_TYPES(PCI_RESET_BUS, PCI_RESET_BUS, PCI_RESET_BUS);
	assert_int_equal(pcireset_plan_get_expected_ns(set.plans[1]), 2000000 + 100 * 1024);
	assert_string_equal(
		pcireset_plan_get_choice(set.plans[0]),
		"one bus reset instead of 3 flr: all functions that it affects are named; "
		"it takes 2.1 ms, and flr 16.4 ms");
}

static void a_time_is_the_specifications_if_nothing_else_is_known(void **state)
{
	static const struct {
		const char *name;
		uint32_t type;
		uint64_t ms;
	} rows[] = {
		{ "08:00.0", PCI_RESET_FLR, 100 },        { "08:00.1", PCI_RESET_PM, 20 },
		{ "08:00.1", PCI_RESET_BUS, 102 },        { "03:00.0", PCI_RESET_SLOT, 102 },
		{ "08:00.0", PCI_RESET_DEV_SPECIFIC, 0 }, { "08:00.0", PCI_RESET_ACPI, 0 },
		{ "08:00.0", PCI_RESET_SLOT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_plan *plan = new_plan(*state, rows[i].name, rows[i].type);

		pcireset_plan_resolve(plan);
		assert_int_equal(pcireset_plan_get_expected_ns(plan), rows[i].ms * 1000000);
		pcireset_plan_unref(plan);
	}
}

static void a_function_that_is_ready_at_once_is_expected_at_once(void **state)
{
	struct pcireset_plan *plan = new_plan(*state, "0a:00.0", PCI_RESET_FLR);

	poke(*state, "0a:00.0", PCI_COMMAND, 0x00110006); /* Immediate Readiness */
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_get_expected_ns(plan), 1);
	pcireset_plan_unref(plan);
}

/* A conventional bridge: 2^25 clocks at 33 MHz, whatever the device says. */
static void conventional_pci_takes_a_second(void **state)
{
	struct pcireset_plan *plan = new_plan(*state, "08:00.1", PCI_RESET_BUS);

	poke(*state, "06:01.0", 0x50, 0x00710010); /* Express, a bridge to PCI */
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_get_expected_ns(plan), 1019000000);
	pcireset_plan_unref(plan);
	poke(*state, "06:01.0", 0x50, 0x00007010);
}

/*
 * PCIe r6.0, sec 6.6.1: below a port above 5 GT/s that reports it, the time begins when
 * the link is up. The link of 06:00.0 comes up after that of the switch.
 */
static void times_add_up_only_below_a_port_that_reports_its_link(void **state)
{
	static const struct {
		const char *port;
		uint32_t express, link;
		uint64_t ms;
	} rows[] = {
		{ "06:00.0", 0x00627010, 0x00100003, 202 }, /* a downstream port at 8 GT/s */
		{ "06:00.0", 0x00627010, 0x00100002, 102 }, /* at 5 GT/s */
		{ "06:00.0", 0x00627010, 0x00000003, 102 }, /* without the report */
		{ "06:00.0", 0x00827010, 0x00100003, 202 }, /* a bridge from PCI to Express */
		{ "05:00.0", 0x00527010, 0x00100003,
		  102 }, /* an upstream port: its link is above */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_plan *plan = new_plan(*state, "05:00.0", PCI_RESET_BUS);

		poke(*state, "06:00.0", 0x5c, 0);
		poke(*state, rows[i].port, 0x50, rows[i].express);
		poke(*state, rows[i].port, 0x5c, rows[i].link);
		pcireset_plan_resolve(plan);
		assert_int_equal(pcireset_plan_get_nr_members(plan), 7);
		assert_int_equal(pcireset_plan_get_expected_ns(plan), rows[i].ms * 1000000);
		pcireset_plan_unref(plan);
	}
}

static void a_batch_of_a_sysroot_is_not_run(void **state)
{
	name_all(*state, "07:00.0 07:00.1", FLR_OR_WIDER, PCIRESET_USE_VFIO);
	choose();
	assert_int_equal(nr_resets(), 1);
	assert_int_equal(pcireset_batch_run(set.batch), 0);
	for (size_t i = 0; i < set.nr; i++) {
		struct pcireset_report *report = pcireset_batch_get_report(set.batch, i);

		assert_int_equal(pcireset_report_get_error(report), -EROFS);
		assert_int_equal(pcireset_report_get_result(report), PCIRESET_RESULT_REFUSED);
		/* And a plan is good for one run. */
		assert_int_equal(pcireset_plan_get_error(set.plans[i]), -EINVAL);
	}
	assert_int_equal(pcireset_batch_choose(set.batch), -EINVAL);
}

static void a_signal_cancels_what_was_not_begun(void **state)
{
	const struct timespec at_once = { 0 };
	sigset_t set_of_one, old;

	name_all(*state, "02:00.0 08:00.1", FLR_OR_WIDER, 0);
	sigemptyset(&set_of_one);
	sigaddset(&set_of_one, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set_of_one, &old), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(pcireset_batch_run(set.batch), 0);
	assert_int_equal(sigtimedwait(&set_of_one, NULL, &at_once), SIGTERM);
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	for (size_t i = 0; i < set.nr; i++) {
		struct pcireset_report *report = pcireset_batch_get_report(set.batch, i);

		assert_int_equal(pcireset_report_get_error(report), -EINTR);
		assert_int_equal(pcireset_report_get_why(report), PCIRESET_WHY_CANCELLED);
		assert_int_equal(pcireset_report_get_result(report), PCIRESET_RESULT_REFUSED);
	}
}

static void a_plan_resolved_again_is_not_shared(void **state)
{
	name_all(*state, "07:00.0 07:00.1", FLR_OR_WIDER, PCIRESET_USE_VFIO);
	choose();
	assert_int_equal(pcireset_plan_resolve(set.plans[0]), 0);
	assert_int_equal(pcireset_plan_get_type(set.plans[0]), PCI_RESET_FLR);
	assert_null(pcireset_plan_get_choice(set.plans[0]));
	/* The other one still is what it was shown as. */
	assert_int_equal(pcireset_plan_get_type(set.plans[1]), PCI_RESET_BUS);
	assert_int_equal(pcireset_plan_get_nr_members(set.plans[1]), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_bus_reset_for_all_functions_of_a_bus),
		TEST(each_plan_is_its_own_target),
		TEST(nothing_is_reached_that_was_not_named),
		TEST(one_that_is_not_named_keeps_the_others_apart),
		TEST(a_bus_reset_serves_a_completely_named_tree),
		TEST(a_pf_resets_its_vfs_too),
		TEST(vfs_do_not_reset_their_pf),
		TEST(an_affected_plan_joins),
		TEST(a_special_reset_is_replaced_by_none),
		TEST(the_mask_is_never_left),
		TEST(all_plans_must_allow_a_shared_type),
		TEST(the_scope_is_never_left),
		TEST(those_that_ask_for_different_things_do_not_share),
		TEST(a_refused_plan_is_left_out),
		TEST(a_second_plan_of_a_function_does_not_take_part),
		TEST(the_same_link_is_one_reset),
		TEST(escalation_follows_the_choice),
		TEST(a_time_is_the_specifications_if_nothing_else_is_known),
		TEST(a_batch_of_a_sysroot_is_not_run),
		TEST(a_signal_cancels_what_was_not_begun),
		TEST(a_plan_resolved_again_is_not_shared),
		/* These change the machine. */
		TEST(the_shortest_of_equal_choices_wins),
		TEST(a_function_that_is_ready_at_once_is_expected_at_once),
		TEST(conventional_pci_takes_a_second),
		TEST(times_add_up_only_below_a_port_that_reports_its_link),
	};

	return cmocka_run_group_tests(tests, sysroot_make, sysroot_remove);
}
