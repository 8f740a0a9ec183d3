/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The administrator's rules: each mistake is named, and each rule matches exactly its
 * functions.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sysroot.h"
#include "rules/rules.h"

#define FILE_NAME "etc/pcireset/rules.d/10-test.conf"
#define RESET     "[Reset]\nDeny=bus\nReason=because\n"
#define MATCH     "[Match]\nAddress=*\n"

static int make_directory(void **state)
{
	char path[PATH_MAX];
	static const char *const parts[] = { "etc", "etc/pcireset", "etc/pcireset/rules.d" };

	if (sysroot_make(state))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", sysroot, parts[i]);
		if (mkdir(path, 0755))
			return -1;
	}
	return 0;
}

static struct pcireset_ctx *scan_with(const char *text)
{
	struct pcireset_ctx *ctx;

	sysroot_write(FILE_NAME, text);
	assert_int_equal(pcireset_ctx_new(sysroot, &ctx), 0);
	assert_true(pcireset_ctx_scan(ctx) > 0);
	return ctx;
}

static const struct {
	const char *text, *error;
} mistakes[] = {
	{ "Vendor=10de\n", "1: Vendor does not belong in this section" },
	{ "[Mach]\nVendor=10de\n", "1: unknown section [Mach]; known are [Match] and [Reset]" },
	{ RESET, "1: [Reset] needs a [Match] of its own before it" },
	{ MATCH RESET RESET, "6: [Reset] needs a [Match] of its own before it" },
	{ "# words\n\n[Match]\nVendr=10de\n" RESET, "4: unknown key Vendr" },
	{ "[Match]\nvendor=10de\n" RESET, "2: unknown key vendor" },
	{ "[Match]\nDeny=bus\n" RESET, "2: Deny does not belong in this section" },
	{ "[Match]\nVendor\n" RESET, "2: \"Vendor\" is neither a section nor KEY=VALUE" },
	{ "[Match]\nVendor=10dex\n" RESET, "2: Vendor=10dex: expected up to four hexadecimal" },
	{ "[Match]\nVendor=\n" RESET, "2: Vendor=: expected up to four hexadecimal digits" },
	{ "[Match]\nVendor=0x\n" RESET, "2: Vendor=0x: expected" },
	{ "[Match]\nVendor=[1]\n" RESET, "2: Vendor=[1]: expected" },
	{ "[Match]\nVendor=1\nVendor=2\n" RESET, "3: Vendor is given twice" },
	{ "[Match]\nDevice=1c82\n" RESET, "1: Device says nothing without Vendor" },
	{ "[Match]\nDevice=1c82\nSlot=3\n" RESET, "1: Device says nothing without Vendor" },
	{ "[Match]\nSubsystem=1af4\n" RESET, "2: Subsystem=1af4: expected vendor:device" },
	{ "[Match]\nSlot=\n" RESET, "2: Slot=: expected the name of a slot" },
	{ "[Match]\nSlot=\"3\"\n" RESET, "2: Slot=\"3\": expected the name of a slot, in ASCII w" },
	{ "[Match]\nSlot='3'\n" RESET, "2: Slot='3': expected the name of a slot, in ASCII w" },
	{ "[Match]\nAddress=01:00\n" RESET, "2: Address=01:00: expected [domain:]bus:device.fun" },
	{ "[Match]\nAddress=1:0.0\n" RESET, "2: Address=1:0.0: expected [domain:]bus" },
	{ "[Match]\nAddress=0000?:03:00.0\n" RESET,
	  "2: Address=0000?:03:00.0: expected [domain:]" },
	{ "[Match]\nAddress=nvme*\n" RESET, "2: Address=nvme*: expected [domain:]bus" },
	{ "[Match]\n" RESET, "1: [Match] is empty; for all functions say Address=*" },
	{ MATCH, "1: neither Deny nor Delay is given" },
	{ MATCH "[Reset]\nReason=because\n", "1: neither Deny nor Delay is given" },
	{ MATCH "[Reset]\nDeny=bus\n", "1: Deny without Reason" },
	{ MATCH "[Reset]\nDeny=\nReason=because\n", "4: Deny=: expected types of reset" },
	{ MATCH "[Reset]\nDeny=bus,warm\nReason=because\n", "4: Deny=bus,warm: expected types" },
	{ MATCH "[Reset]\nDeny=bus\nReason=\n", "5: Reason=: expected words" },
	{ MATCH "[Reset]\nDelay=0\n", "4: Delay=0: expected milliseconds, 1 to 600000" },
	{ MATCH "[Reset]\nDelay=600001\n", "4: Delay=600001: expected milliseconds" },
	{ MATCH "[Reset]\nDelay=99999999999999999999\n",
	  "4: Delay=99999999999999999999: expected" },
	{ MATCH "[Reset]\nDelay=5s\n", "4: Delay=5s: expected milliseconds, 1 to 600000" },
	{ MATCH "[Reset]\nDelay=-5\n", "4: Delay=-5: expected milliseconds, 1 to 600000" },
	{ MATCH "[Reset]\nTypes=flr\n", "1: neither Deny nor Delay is given" },
	{ MATCH "[Reset]\nDeny=bus\nReason=x\nTypes=flr\n", "1: Types without Delay" },
	{ "# words\r[Match]\rAddress=*\r[Reset]\rDeny=bus\rReason=x\r",
	  "1: a carriage return is within a line" },
	{ MATCH "[Reset]\nDeny=bus\n# words\rDelay=5\nReason=x\n",
	  "5: a carriage return is within a line" },
	/* Editors show these as the end of a line: the whole file would be a comment. */
	{ "# words\v" MATCH, "1: a vertical tab is within a line" },
	{ "\n# words\f" MATCH, "2: a form feed is within a line" },
	{ "# words\xc2\x85[Match]\n", "1: the line end U+0085 is within a line" },
	{ "# words\xe2\x80\xa8[Match]\xe2\x80\xa8", "1: the line end U+2028 is within a line" },
	{ "# words\xe2\x80\xa9[Match]\n", "1: the line end U+2029 is within a line" },
};

static void each_mistake_is_named_and_nothing_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct pcireset_ctx *ctx = scan_with(mistakes[i].text);
		struct pcireset_dev *dev = find(ctx, "0000:01:00.0");
		const char *error = pcireset_ctx_get_rules_error(ctx, 0);
		struct pcireset_plan *plan;
		char want[256];

		snprintf(want, sizeof(want), "/" FILE_NAME ":%s", mistakes[i].error);
		assert_non_null(error);
		if (strncmp(error, want, strlen(want)))
			fail_msg("said \"%s\" and not \"%s\"", error, want);
		assert_int_equal(pcireset_dev_query(dev), 0);
		assert_int_equal(pcireset_dev_get_types(dev), 0);
		assert_int_equal(pcireset_dev_get_why_not(dev, PCI_RESET_FLR),
				 PCIRESET_WHY_BAD_RULES);
		assert_int_equal(pcireset_dev_check_rules(dev, PCI_RESET_FLR), -EPERM);
		assert_int_equal(pcireset_plan_new(dev, &plan), 0);
		assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_ANY), 0);
		assert_int_equal(pcireset_plan_resolve(plan), -EPERM);
		assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_BAD_RULES);
		assert_non_null(strstr(pcireset_plan_get_message(plan), want));
		pcireset_plan_unref(plan);
		pcireset_ctx_unref(ctx);
	}
}

static void a_file_with_a_zero_byte_is_refused(void **state)
{
	struct rules rules = { 0 };
	char text[] = "[Match]\0x";
	const struct conf_file file = { .path = text, .text = text, .size = sizeof(text) - 1 };

	(void)state;
	assert_int_equal(rules_read(NULL, &rules, &file), 0);
	assert_int_equal(rules.nr_errors, 1);
	assert_non_null(strstr(rules.errors[0], ":1: a NUL byte is within a line"));
	free(rules.errors[0]);
	free(rules.errors);
}

static void all_mistakes_are_reported(void **state)
{
	struct pcireset_ctx *ctx = scan_with("[Match]\nVendr=1\nDevice=zz\n[Reset]\nDeny=warm\n");

	(void)state;
	assert_non_null(strstr(pcireset_ctx_get_rules_error(ctx, 0), ":2: "));
	assert_non_null(strstr(pcireset_ctx_get_rules_error(ctx, 1), ":3: "));
	assert_non_null(strstr(pcireset_ctx_get_rules_error(ctx, 2), ":5: "));
	assert_null(pcireset_ctx_get_rules_error(ctx, 3));
	pcireset_ctx_unref(ctx);
}

/* A NIC with VFs, a GPU in a slot and a disk; which of them the rule is about. */
static const struct {
	const char *match, *about;
} matches[] = {
	{ "Vendor=8086", "NIC" },
	{ "Vendor=0x8086\nDevice=10C9", "NIC" },
	{ "Vendor=8086\nDevice=10c?", "NIC" },
	{ "Vendor=8086\nDevice=1", "" },
	{ "Vendor=*\nDevice=1c82", "GPU" },
	{ "Vendor=10de\nDevice=10c9", "" },
	{ "Address=0000:03:00.0", "GPU" },
	{ "Address=00000:03:00.0", "GPU" },
	{ "Address=00000000:03:00.*", "GPU" },
	{ "Address=03:00.0", "GPU" },
	{ "Address=03:00.?", "GPU" },
	{ "Address=0001:03:00.0", "" },
	{ "Address=*", "NIC GPU disk" },
	{ "Slot=3", "GPU" },
	{ "Slot=*", "GPU" },
	{ "Slot=4", "" },
	{ "Slot=3\nVendor=8086", "" },
	{ "Subsystem=0000:0000", "NIC GPU" },
	{ "Subsystem=1af4:11*", "disk" },
	{ "Vendor=1b36\nSubsystem=1af4:1100", "disk" },
	{ "Subsystem=1af4:1101", "" },
};

static const char *about_whom(struct pcireset_ctx *ctx)
{
	static const struct {
		const char *address, *name;
	} devs[] = { { "0000:01:00.0", "NIC" },
		     { "0000:03:00.0", "GPU" },
		     { "0000:04:00.0", "disk" } };
	static char all[64];

	all[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
		if (!pcireset_dev_get_rule(find(ctx, devs[i].address), 0))
			continue;
		strcat(all, *all ? " " : "");
		strcat(all, devs[i].name);
	}
	return all;
}

static void each_key_finds_its_functions(void **state)
{
	(void)state;
	sysroot_write("sys/bus/pci/devices/0000:04:00.0/subsystem_vendor", "0x1af4\n");
	sysroot_write("sys/bus/pci/devices/0000:04:00.0/subsystem_device", "0x1100\n");
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
		char text[256];
		struct pcireset_ctx *ctx;

		snprintf(text, sizeof(text), "[Match]\n%s\n" RESET, matches[i].match);
		ctx = scan_with(text);
		assert_null(pcireset_ctx_get_rules_error(ctx, 0));
		if (strcmp(about_whom(ctx), matches[i].about))
			fail_msg("%s is about \"%s\"", matches[i].match, about_whom(ctx));
		pcireset_ctx_unref(ctx);
	}
}

/* What cannot be told may be what the rule is about. */
static void an_unknown_subsystem_is_refused(void **state)
{
	struct pcireset_ctx *ctx;
	struct pcireset_dev *dev;

	(void)state;
	ctx = scan_with("[Match]\nSubsystem=1af4:1100\n[Reset]\nDeny=pm\nReason=because\n");
	dev = find(ctx, "0000:00:01.0"); /* a bridge, with no config space to look into */
	{
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/config", dev->path);
		assert_int_equal(truncate(path, 16), 0);
	}
	assert_int_equal(pcireset_dev_check_rules(dev, PCI_RESET_PM), -EOPNOTSUPP);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(ctx), "its subsystem ID cannot be read"));
	pcireset_ctx_unref(ctx);
}

static void check(struct pcireset_ctx *ctx, const char *name, uint32_t type, int want)
{
	assert_int_equal(pcireset_dev_check_rules(find(ctx, name), type), want);
}

static void a_rule_about_any_affected_function_denies_a_link(void **state)
{
	struct pcireset_ctx *ctx =
		scan_with("[Match]\nAddress=08:00.1\n[Reset]\nDeny=bus,flr\nReason=because\n"
			  "[Match]\nAddress=00:1c.4\n[Reset]\nDeny=bus\nReason=the port\n");

	(void)state;
	check(ctx, "0000:08:00.1", PCI_RESET_BUS, -EOPNOTSUPP);
	check(ctx, "0000:08:00.1", PCI_RESET_FLR, -EOPNOTSUPP);
	/* Beside it, and the ports above: their bus has it, too. */
	check(ctx, "0000:08:00.0", PCI_RESET_BUS, -EOPNOTSUPP);
	check(ctx, "0000:06:00.0", PCI_RESET_BUS, -EOPNOTSUPP);
	check(ctx, "0000:05:00.0", PCI_RESET_BUS, -EOPNOTSUPP);
	/* An FLR hits its own function, whatever is denied to others. */
	check(ctx, "0000:08:00.0", PCI_RESET_FLR, 0);
	check(ctx, "0000:08:00.0", PCI_RESET_SLOT, 0);
	check(ctx, "0000:07:00.0", PCI_RESET_BUS, 0);
	/* By the port that would issue it. */
	check(ctx, "0000:04:00.0", PCI_RESET_BUS, -EOPNOTSUPP);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(ctx), "0000:00:1c.4: denied by the rule"));
	check(ctx, "0000:04:00.0", PCI_RESET_BUS | PCI_RESET_FLR, -EINVAL);
	pcireset_ctx_unref(ctx);
}

/* re-enumerate resets the bus of such a function without a plan, and asks this first. */
static void a_dead_function_is_denied_as_any_other(void **state)
{
	struct pcireset_ctx *ctx =
		scan_with("[Match]\nAddress=09:00.0\n[Reset]\nDeny=bus\nReason=because\n");

	(void)state;
	assert_ptr_equal(pcireset_dev_get_topmost_gone(find(ctx, "0000:09:00.0")),
			 find(ctx, "0000:09:00.0"));
	check(ctx, "0000:09:00.0", PCI_RESET_BUS, -EOPNOTSUPP);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(ctx), ":1: because"));
	check(ctx, "0000:09:00.0", PCI_RESET_SLOT, 0);
	pcireset_ctx_unref(ctx);
}

static void a_plan_skips_denied_types(void **state)
{
	struct pcireset_ctx *ctx =
		scan_with("[Match]\nAddress=01:00.0\n[Reset]\nDeny=flr\nReason=because\n");
	struct pcireset_plan *plan;

	(void)state;
	assert_int_equal(pcireset_plan_new(find(ctx, "0000:01:00.0"), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_FLR | PCI_RESET_PM), 0);
	pcireset_plan_resolve(plan);
	assert_int_equal(pcireset_plan_get_type(plan), PCI_RESET_PM);
	assert_int_equal(pcireset_plan_set_types(plan, PCI_RESET_FLR), 0);
	assert_int_equal(pcireset_plan_resolve(plan), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_RULE);
	assert_string_equal(pcireset_plan_get_message(plan),
			    "flr: denied by the rule at /" FILE_NAME ":1: because");
	assert_true(pcireset_dev_get_types(pcireset_plan_get_dev(plan)) & PCI_RESET_PM);
	pcireset_plan_unref(plan);
	pcireset_ctx_unref(ctx);
}

static void a_query_reports_the_rule(void **state)
{
	struct pcireset_ctx *ctx =
		scan_with("[Match]\nAddress=01:00.0\n[Reset]\nDeny=flr\nReason=because\n");
	struct pcireset_dev *dev = find(ctx, "0000:01:00.0");

	(void)state;
	assert_true(pcireset_ctx_query(ctx) > 0);
	assert_int_equal(pcireset_dev_get_types(dev) & PCI_RESET_FLR, 0);
	assert_int_equal(pcireset_dev_get_why_not(dev, PCI_RESET_FLR), PCIRESET_WHY_RULE);
	assert_non_null(strstr(pcireset_dev_get_why_not_text(dev, PCI_RESET_FLR), ":1: because"));
	pcireset_ctx_unref(ctx);
}

static void the_longest_delay_of_all_members_counts(void **state)
{
	struct pcireset_ctx *ctx =
		scan_with("[Match]\nAddress=*\n[Reset]\nDelay=100\nTypes=pm,bus\n"
			  "[Match]\nAddress=08:00.1\n[Reset]\nDelay=300\n"
			  "[Match]\nAddress=07:00.1\n[Reset]\nDelay=900\n");
	static const struct {
		const char *name;
		uint32_t types, ms, flags;
	} plans[] = {
		{ "0000:08:00.0", PCI_RESET_BUS, 300, 0 },
		{ "0000:08:00.0", PCI_RESET_FLR, 0, 0 },
		{ "0000:08:00.1", PCI_RESET_PM, 300, 0 },
		{ "0000:05:00.0", PCI_RESET_PM, 100, 0 },
		{ "0000:05:00.0", PCI_RESET_BUS, 900, 0 },
		{ "0000:08:00.0", PCI_RESET_FLR | PCI_RESET_BUS, 0, 0 },
		/* It may go on to the bus. */
		{ "0000:08:00.0", PCI_RESET_FLR | PCI_RESET_BUS, 100, PCIRESET_RESET_ESCALATE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		struct pcireset_plan *plan;

		assert_int_equal(pcireset_plan_new(find(ctx, plans[i].name), &plan), 0);
		assert_int_equal(pcireset_plan_set_types(plan, plans[i].types), 0);
		assert_int_equal(pcireset_plan_set_flags(plan, plans[i].flags), 0);
		pcireset_plan_resolve(plan);
		assert_int_equal(pcireset_plan_get_delay_ms(plan), plans[i].ms);
		assert_int_equal(pcireset_plan_set_settle_ms(plan, 200), 0);
		pcireset_plan_resolve(plan);
		assert_int_equal(plan_settle_ms(plan), plans[i].ms > 200 ? plans[i].ms : 200);
		pcireset_plan_unref(plan);
	}
	pcireset_ctx_unref(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_named_and_nothing_is_allowed),
		cmocka_unit_test(a_file_with_a_zero_byte_is_refused),
		cmocka_unit_test(all_mistakes_are_reported),
		cmocka_unit_test(each_key_finds_its_functions),
		cmocka_unit_test(an_unknown_subsystem_is_refused),
		cmocka_unit_test(a_rule_about_any_affected_function_denies_a_link),
		cmocka_unit_test(a_dead_function_is_denied_as_any_other),
		cmocka_unit_test(a_plan_skips_denied_types),
		cmocka_unit_test(a_query_reports_the_rule),
		cmocka_unit_test(the_longest_delay_of_all_members_counts),
	};

	return cmocka_run_group_tests_name("the administrator's rules", tests, make_directory,
					   sysroot_remove);
}
