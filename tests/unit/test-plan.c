// SPDX-License-Identifier: GPL-2.0-only
/* Plans on the sysfs back end: choice, scope, users. No reset ever runs. */
#include <stdio.h>
#include <sys/stat.h>
#include "sysroot.h"

static const char *scope_of(struct pcireset_ctx *ctx, const char *name, uint32_t type)
{
	struct pcireset_dev *dev = find(ctx, name);
	const struct member_list *list;

	assert_int_equal(pcireset_dev_query(dev), 0);
	list = dev->state[type_index(type)].list;
	return join_members(list->members.v, list->members.nr);
}

static uint32_t why_not(struct pcireset_ctx *ctx, const char *name, uint32_t type)
{
	struct pcireset_dev *dev = find(ctx, name);

	assert_int_equal(pcireset_dev_query(dev), 0);
	return pcireset_dev_get_why_not(dev, type);
}

static struct pcireset_plan *make_plan(struct pcireset_ctx *ctx, const char *name, uint32_t types)
{
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_plan_new(find(ctx, name), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, types), 0);
	return plan;
}

static void scopes_include_what_is_easily_forgotten(void **state)
{
	/* A PF takes its VFs along, also the one on another bus number. */
	assert_string_equal(scope_of(*state, "01:00.0", PCI_RESET_FLR),
			    "0000:01:00.0 0000:01:00.4 0000:02:00.0");
	assert_string_equal(scope_of(*state, "02:00.0", PCI_RESET_FLR), "0000:02:00.0");
	assert_string_equal(scope_of(*state, "02:00.0", PCI_RESET_BUS),
			    "0000:01:00.0 0000:01:00.4 0000:02:00.0");
	assert_string_equal(scope_of(*state, "03:00.1", PCI_RESET_SLOT),
			    "0000:03:00.0 0000:03:00.1");
	/* A bridge takes along all below, parents first. */
	assert_string_equal(scope_of(*state, "05:00.0", PCI_RESET_BUS),
			    "0000:05:00.0 0000:06:00.0 0000:07:00.0 0000:07:00.1 0000:06:01.0 "
			    "0000:08:00.0 0000:08:00.1");
	assert_string_equal(scope_of(*state, "00:1c.0", PCI_RESET_PM),
			    "0000:00:1c.0 0000:03:00.0 0000:03:00.1");
	/* Behind a VMD the PCI domain is another one. */
	assert_string_equal(scope_of(*state, "00:0e.0", PCI_RESET_FLR),
			    "0000:00:0e.0 10000:e0:06.0 10000:e1:00.0");
}

static void missing_types_have_the_right_reason(void **state)
{
	static const struct {
		const char *name;
		uint32_t type, why;
	} rows[] = {
		{ "01:00.0", PCI_RESET_FLR, 0 },
		{ "01:00.0", PCI_RESET_SLOT, PCIRESET_WHY_NO_SLOT },
		{ "01:00.0", PCI_RESET_DEV_SPECIFIC, PCIRESET_WHY_NO_HANDLER },
		{ "01:00.0", PCI_RESET_ACPI, PCIRESET_WHY_NO_FIRMWARE },
		{ "01:00.4", PCI_RESET_FLR, 0 },
		{ "03:00.0", PCI_RESET_FLR, PCIRESET_WHY_NO_CAPABILITY },
		{ "03:00.0", PCI_RESET_PM, PCIRESET_WHY_NO_SOFT_RESET },
		{ "03:00.0", PCI_RESET_BUS, PCIRESET_WHY_HOTPLUG },
		{ "04:00.0", PCI_RESET_PM, PCIRESET_WHY_NO_CAPABILITY },
		{ "08:00.0", PCI_RESET_DEV_SPECIFIC, 0 },
		{ "08:00.1", PCI_RESET_FLR, PCIRESET_WHY_NOT_LISTED },
		{ "08:00.1", PCI_RESET_BUS, 0 },
		{ "09:00.0", PCI_RESET_FLR, PCIRESET_WHY_GONE },
		{ "09:00.0", PCI_RESET_BUS, PCIRESET_WHY_GONE },
		{ "0a:00.0", PCI_RESET_BUS, PCIRESET_WHY_CXL_MASKED },
		{ "0a:00.0", PCI_RESET_CXL_BUS, 0 },
		{ "00:1f.2", PCI_RESET_BUS, PCIRESET_WHY_NO_BRIDGE },
		{ "00:1f.2", PCI_RESET_CXL_BUS, PCIRESET_WHY_NO_BRIDGE },
		{ "04:00.0", PCI_RESET_CXL_BUS, PCIRESET_WHY_NO_CXL },
		{ "10000:e0:06.0", PCI_RESET_BUS, PCIRESET_WHY_NO_BRIDGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (why_not(*state, rows[i].name, rows[i].type) != rows[i].why)
			fail_msg("%s, type %#x: %u instead of %u", rows[i].name, rows[i].type,
				 why_not(*state, rows[i].name, rows[i].type), rows[i].why);
}

static void flr_by_the_af_capability_is_named(void **state)
{
	struct pcireset_dev *dev = find(*state, "08:00.0");

	assert_int_equal(pcireset_dev_query(dev), 0);
	assert_int_equal(pcireset_dev_get_type_flags(dev, PCI_RESET_FLR), PCIRESET_TYPE_AF);
}

static void a_capability_list_that_is_a_circle_ends(void **state)
{
	struct pcireset_dev *dev = find(*state, "08:00.1");
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config", dev->path);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, 0x71, SEEK_SET);
	fputc(0x40, f);
	fclose(f);
	assert_int_equal(pcireset_dev_query(dev), 0);
	assert_int_equal(pcireset_dev_get_types(dev), PCI_RESET_PM | PCI_RESET_BUS);
}

static void the_narrowest_allowed_type_is_chosen(void **state)
{
	static const struct {
		const char *name;
		uint32_t allowed, chosen;
	} rows[] = {
		{ "08:00.0", PCI_RESET_ANY, PCI_RESET_DEV_SPECIFIC },
		{ "08:00.0", PCI_RESET_FLR | PCI_RESET_ACPI, PCI_RESET_ACPI },
		{ "08:00.0", PCI_RESET_FLR | PCI_RESET_BUS, PCI_RESET_FLR },
		{ "08:00.0", PCI_RESET_PM | PCI_RESET_BUS, PCI_RESET_BUS },
		{ "03:00.0", PCI_RESET_LINK, PCI_RESET_SLOT },
		{ "0a:00.0", PCI_RESET_LINK, PCI_RESET_CXL_BUS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_plan *plan = make_plan(*state, rows[i].name, rows[i].allowed);

		/* 08:00.0 shares its bus with nothing in use. */
		assert_int_equal(pcireset_plan_resolve(plan), 0);
		assert_int_equal(pcireset_plan_get_type(plan), rows[i].chosen);
		assert_null(pcireset_plan_get_message(plan));
		pcireset_plan_unref(plan);
	}
}

static void each_refusal_has_its_reason(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "03:00.0", PCI_RESET_FLR | PCI_RESET_BUS);

	assert_int_equal(pcireset_plan_resolve(plan), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_get_error(plan), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_get_type(plan), 0);
	assert_int_equal(pcireset_plan_get_nr_members(plan), 0);
	assert_non_null(strstr(pcireset_plan_get_message(plan), "flr: no FLR"));
	assert_non_null(
		strstr(pcireset_plan_get_message(plan), "bus: 0000:00:1c.0: below a hotplug port"));
	pcireset_plan_unref(plan);
}

static void a_type_that_reaches_too_far_is_not_chosen(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "08:00.1", PCI_RESET_PM | PCI_RESET_LINK);

	assert_int_equal(pcireset_plan_set_max_scope(plan, PCIRESET_SCOPE_FUNCTION), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_get_type(plan), PCI_RESET_PM);
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_LINK), 0);
	assert_int_equal(pcireset_plan_resolve(plan), -EOPNOTSUPP);
	assert_non_null(strstr(pcireset_plan_get_message(plan), "more functions than allowed"));
	pcireset_plan_unref(plan);
}

static void users_of_any_member_prevent_the_reset(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "01:00.4", PCI_RESET_BUS);

	assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
	assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_IN_USE);
	assert_int_equal(pcireset_plan_get_in_way(plan), PCIRESET_USE_NET);
	assert_int_equal(pcireset_plan_get_type(plan), PCI_RESET_BUS);
	assert_non_null(strstr(pcireset_plan_get_message(plan), "net:ens1 (0000:01:00.0)"));
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_FLR), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	pcireset_plan_unref(plan);
}

static void only_forced_uses_are_allowed(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "04:00.0", PCI_RESET_FLR);

	assert_int_equal(pcireset_plan_set_force(plan, PCIRESET_USE_MOUNT | PCIRESET_USE_NET), 0);
	assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
	assert_int_equal(pcireset_plan_get_in_way(plan), PCIRESET_USE_SWAP);
	assert_int_equal(pcireset_plan_set_force(plan, PCIRESET_USE_MOUNT | PCIRESET_USE_SWAP), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_get_type(plan), PCI_RESET_FLR);
	assert_int_equal(pcireset_plan_get_nr_members(plan), 1);
	pcireset_plan_unref(plan);
}

static void in_use_does_not_lead_to_a_wider_type(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "04:00.0", PCI_RESET_ANY);

	assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
	assert_int_equal(pcireset_plan_get_type(plan), PCI_RESET_FLR);
	pcireset_plan_unref(plan);
}

static void masks_are_closed(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "01:00.0", PCI_RESET_FLR);

	assert_int_equal(pcireset_plan_set_types(plan, 0), -EINVAL);
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_ANY + 1), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_set_max_scope(plan, 4), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_set_checks(plan, 1u << 5), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_set_force(plan, 1u << 8), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_set_flags(plan, 1u << 2), -EOPNOTSUPP);
	pcireset_plan_unref(plan);
}

static void a_plan_without_a_type_cannot_be_resolved(void **state)
{
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_plan_new(find(*state, "01:00.0"), &plan), 0);
	assert_int_equal(pcireset_plan_resolve(plan), -EINVAL);
	assert_int_equal(pcireset_plan_run(plan, NULL), -EINVAL);
	pcireset_plan_unref(plan);
}

static void nothing_in_a_sysroot_is_reset(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "02:00.0", PCI_RESET_FLR);
	struct pcireset_report *report = NULL;

	assert_int_equal(pcireset_ctx_check_reset(*state), -EROFS);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_run(plan, &report), -EROFS);
	assert_int_equal(pcireset_report_get_result(report), PCIRESET_RESULT_REFUSED);
	assert_int_equal(pcireset_report_get_why(report), PCIRESET_WHY_SYSROOT);
	assert_int_equal(pcireset_report_get_issued(report), 0);
	pcireset_report_unref(report);
	/* And a plan is good for one run. */
	assert_int_equal(pcireset_plan_run(plan, &report), -EINVAL);
	pcireset_plan_unref(plan);
}

/* As if this were the machine itself, without the module. Plans touch nothing. */
static void without_the_module_only_strict_types_are_planned(void **state)
{
	static const struct {
		const char *name;
		uint32_t types, force, flags, chosen;
		int error;
	} rows[] = {
		{ "02:00.0", PCI_RESET_FLR, 0, 0, PCI_RESET_FLR, 0 },
		{ "02:00.0", PCI_RESET_ANY, 0, 0, PCI_RESET_FLR, 0 },
		{ "08:00.0", PCI_RESET_DEV_SPECIFIC, 0, 0, PCI_RESET_DEV_SPECIFIC, 0 },
		/* A wider type is not skipped for a narrower one that could be promised. */
		{ "08:00.1", PCI_RESET_BUS, 0, 0, PCI_RESET_BUS, -EOPNOTSUPP },
		{ "03:00.0", PCI_RESET_LINK, PCIRESET_USE_DRIVER, 0, PCI_RESET_SLOT, -EOPNOTSUPP },
		{ "0a:00.0", PCI_RESET_CXL_BUS, 0, 0, PCI_RESET_CXL_BUS, -EOPNOTSUPP },
		/* VFs, and what is below a bridge, would not be brought back. */
		{ "01:00.0", PCI_RESET_FLR, PCIRESET_USE_DRIVER | PCIRESET_USE_NET, 0,
		  PCI_RESET_FLR, -EOPNOTSUPP },
		{ "00:1c.0", PCI_RESET_PM, 0, 0, PCI_RESET_PM, -EOPNOTSUPP },
		{ "02:00.0", PCI_RESET_FLR, 0, PCIRESET_RESET_ESCALATE, PCI_RESET_FLR,
		  -EOPNOTSUPP },
		/* A driver that nobody can ask is in the way; that of VFIO has nothing to lose. */
		{ "04:00.0", PCI_RESET_FLR, PCIRESET_USE_MOUNT | PCIRESET_USE_SWAP, 0,
		  PCI_RESET_FLR, -EBUSY },
		{ "04:00.0", PCI_RESET_FLR,
		  PCIRESET_USE_MOUNT | PCIRESET_USE_SWAP | PCIRESET_USE_DRIVER, 0, PCI_RESET_FLR,
		  0 },
		{ "07:00.1", PCI_RESET_FLR, 0, 0, PCI_RESET_FLR, 0 },
	};
	struct pcireset_ctx *ctx = *state;

	ctx->module_error = -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_plan *plan = make_plan(ctx, rows[i].name, rows[i].types);

		assert_int_equal(pcireset_plan_set_force(plan, rows[i].force), 0);
		assert_int_equal(pcireset_plan_set_flags(plan, rows[i].flags), 0);
		assert_int_equal(pcireset_plan_resolve(plan), rows[i].error);
		assert_int_equal(pcireset_plan_get_type(plan), rows[i].chosen);
		if (rows[i].error)
			assert_non_null(
				strstr(pcireset_plan_get_message(plan), "modprobe pcireset"));
		pcireset_plan_unref(plan);
	}
}

/* With no module nothing revokes a VFIO user's mappings, nor keeps the user from making some. */
static void force_vfio_resets_by_sysfs(void **state)
{
	struct pcireset_ctx *ctx = *state;
	struct pcireset_plan *plan = make_plan(ctx, "07:00.0", PCI_RESET_FLR);

	assert_int_equal(pcireset_plan_set_force(plan, PCIRESET_USE_VFIO), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	pcireset_plan_unref(plan);

	ctx->module_error = -ENOENT;
	plan = make_plan(ctx, "07:00.0", PCI_RESET_FLR);
	assert_int_equal(pcireset_plan_set_force(plan, PCIRESET_USE_VFIO), 0);
	assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
	assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_VFIO_OPEN);
	assert_non_null(strstr(pcireset_plan_get_message(plan), "during the reset"));
	pcireset_plan_unref(plan);
}

static void a_function_of_a_tsm_is_reset(void **state)
{
	static const char *const files[] = { "tsm/connect", "tsm/dsm" };
	struct pcireset_plan *plan = make_plan(*state, "02:00.0", PCI_RESET_FLR);
	char path[PATH_MAX];

	assert_int_equal(pcireset_plan_resolve(plan), 0);
	pcireset_plan_unref(plan);
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:02:00.0/tsm", sysroot);
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "sys/bus/pci/devices/0000:02:00.0/%s", files[i]);
		sysroot_write(path, "tsm0\n");
		plan = make_plan(*state, "02:00.0", PCI_RESET_FLR);
		assert_int_equal(pcireset_plan_resolve(plan), -EBUSY);
		assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_TSM);
		pcireset_plan_unref(plan);
		sysroot_write(path, "\n");
		plan = make_plan(*state, "02:00.0", PCI_RESET_FLR);
		assert_int_equal(pcireset_plan_resolve(plan), 0);
		pcireset_plan_unref(plan);
	}
}

static void a_back_end_is_chosen_before_the_scan(void **state)
{
	struct pcireset_ctx *ctx;

	assert_int_equal(pcireset_ctx_set_backend(*state, PCIRESET_BACKEND_SYSFS), -EBUSY);
	assert_int_equal(pcireset_ctx_new(sysroot, &ctx), 0);
	assert_int_equal(pcireset_ctx_set_backend(ctx, PCIRESET_BACKEND_SYSFS), 0);
	assert_int_equal(pcireset_ctx_get_backend(ctx), PCIRESET_BACKEND_SYSFS);
	assert_int_equal(pcireset_ctx_set_backend(ctx, PCIRESET_BACKEND_MODULE), -EROFS);
	assert_int_equal(pcireset_ctx_set_backend(ctx, (enum pcireset_backend)3), -EOPNOTSUPP);
	/* A sysroot stays one. */
	assert_int_equal(pcireset_ctx_check_reset(ctx), -EROFS);
	pcireset_ctx_unref(ctx);
}

static void a_change_to_a_plan_makes_it_unresolved(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, "02:00.0", PCI_RESET_FLR);

	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_plan_set_force(plan, PCIRESET_USE_NET), 0);
	assert_int_equal(pcireset_plan_get_error(plan), -EINVAL);
	assert_int_equal(pcireset_plan_run(plan, NULL), -EINVAL);
	pcireset_plan_unref(plan);
}

static void each_change_to_a_plan_makes_it_unresolved(void **state)
{
	static const struct {
		int (*set)(struct pcireset_plan *plan, uint32_t value);
		uint32_t value;
	} changes[] = {
		{ pcireset_plan_set_types, PCI_RESET_FLR },
		{ pcireset_plan_set_max_scope, PCIRESET_SCOPE_BUS },
		{ pcireset_plan_set_checks, PCIRESET_CHECK_READY },
		{ pcireset_plan_set_force, PCIRESET_USE_NET },
		{ pcireset_plan_set_timeout_ms, 1 },
		{ pcireset_plan_set_settle_ms, 1 },
		{ pcireset_plan_set_flags, 0 },
		{ pcireset_plan_set_link_speed, 0 },
	};
	struct pcireset_plan *plan = make_plan(*state, "02:00.0", PCI_RESET_FLR);

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		assert_int_equal(pcireset_plan_resolve(plan), 0);
		assert_int_equal(changes[i].set(plan, changes[i].value), 0);
		if (pcireset_plan_get_error(plan) != -EINVAL || plan->is_resolved)
			fail_msg("change %zu", i);
	}
	pcireset_plan_unref(plan);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_make, context_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scopes_include_what_is_easily_forgotten),
		TEST(missing_types_have_the_right_reason),
		TEST(flr_by_the_af_capability_is_named),
		TEST(a_capability_list_that_is_a_circle_ends),
		TEST(the_narrowest_allowed_type_is_chosen),
		TEST(each_refusal_has_its_reason),
		TEST(a_type_that_reaches_too_far_is_not_chosen),
		TEST(users_of_any_member_prevent_the_reset),
		TEST(only_forced_uses_are_allowed),
		TEST(in_use_does_not_lead_to_a_wider_type),
		TEST(masks_are_closed),
		TEST(a_plan_without_a_type_cannot_be_resolved),
		TEST(nothing_in_a_sysroot_is_reset),
		TEST(without_the_module_only_strict_types_are_planned),
		TEST(force_vfio_resets_by_sysfs),
		TEST(a_function_of_a_tsm_is_reset),
		TEST(a_back_end_is_chosen_before_the_scan),
		TEST(a_change_to_a_plan_makes_it_unresolved),
		TEST(each_change_to_a_plan_makes_it_unresolved),
	};

	return cmocka_run_group_tests(tests, sysroot_make, sysroot_remove);
}
