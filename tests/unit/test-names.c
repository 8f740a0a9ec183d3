// SPDX-License-Identifier: GPL-2.0-only
/* Names: every form that names one function, and a clear error for every other one. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "sysroot.h"

static void every_form_of_a_name_is_found(void **state)
{
	static const struct {
		const char *name;
		const char *dev;
	} rows[] = {
		{ "0000:01:00.4", "0000:01:00.4" },
		{ "01:00.4", "0000:01:00.4" },
		{ "1:0.4", "0000:01:00.4" },
		{ "0:1:0.4", "0000:01:00.4" },
		{ "0000:0A:00.0", "0000:0a:00.0" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "04:00", "0000:04:00.0" },
		{ "10000:e1:00", "10000:e1:00.0" },
		{ "8086:10c9", "0000:01:00.0" },
		{ "10DE:0FB9", "0000:03:00.1" },
		{ "/sys/bus/pci/devices/0000:03:00.1", "0000:03:00.1" },
		{ "/sys/bus/pci/devices/0000:03:00.1/", "0000:03:00.1" },
		{ "/sys/class/net/ens1", "0000:01:00.0" },
		{ "/sys/bus/pci/devices/0000:04:00.0/nvme/nvme0", "0000:04:00.0" },
		{ "/sys/devices/pci0000:00/0000:00:1d.0/0000:05:00.0", "0000:05:00.0" },
		{ "/dev/nvme0", "0000:04:00.0" },
		{ "/dev/nvme0n1", "0000:04:00.0" },
		{ "/dev/nvme0n1p2", "0000:04:00.0" },
		{ "/dev/nvme1n1", "10000:e1:00.0" },
		{ "/dev/sda", "0000:00:1f.2" },
		{ "/dev/md0p1", "0000:00:1f.2" },
		{ "ens1", "0000:01:00.0" },
		{ "vf0", "0000:01:00.4" },
		{ "nvme0", "0000:04:00.0" },
		{ "nvme0n1p2", "0000:04:00.0" },
		{ "sda", "0000:00:1f.2" },
		{ "fb0", "0000:00:02.0" },
		{ "igb", "0000:01:00.0" },
		{ "driver:igb", "0000:01:00.0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_dev *dev = NULL;

		if (pcireset_dev_from_name(*state, rows[i].name, &dev) < 0)
			fail_msg("%s: %s", rows[i].name, pcireset_ctx_get_errmsg(*state));
		assert_string_equal(pcireset_dev_get_name(dev), rows[i].dev);
		pcireset_dev_unref(dev);
	}
}

static void other_names_are_errors_that_name_them(void **state)
{
	static const struct {
		const char *name;
		int error;
	} rows[] = {
		{ "", -EINVAL },
		{ ".", -EINVAL },
		{ "..", -EINVAL },
		{ "00.0", -EINVAL },
		{ "1f.2", -EINVAL },
		{ "01:00.8", -EINVAL },
		{ "01:20.0", -EINVAL },
		{ "100:00.0", -EINVAL },
		{ "01:00.", -EINVAL },
		{ ":00.0", -EINVAL },
		{ "01:00.0 ", -EINVAL },
		{ "0000:01:00.0.0", -EINVAL },
		{ "123456789:01:00.0", -EINVAL },
		{ "0000:00:01:00.0", -EINVAL },
		{ "8086:10c", -EINVAL },
		{ "*", -EINVAL },
		{ "nvme9", -EINVAL },
		{ "vfio-pci", -ENOTUNIQ },
		{ "driver:vfio-pci", -ENOTUNIQ },
		{ "driver:frob", -ENOENT },
		{ "driver:", -ENOENT },
		{ "card0", -ENOTUNIQ },
		{ "ttyS0", -ENODEV },
		{ "usb0", -ENODEV },
		{ "slot:3", -ENOTUNIQ },
		{ "slot:99", -ENOENT },
		{ "slot:", -ENOENT },
		{ "nvme0n1/../../..", -EINVAL },
		{ "03:00", -ENOTUNIQ },
		{ "8086:10ca", -ENOTUNIQ },
		{ "01:00.1", -ENOENT },
		{ "0001:01:00.0", -ENOENT },
		{ "ffff:ffff", -ENOENT },
		{ "/dev/nvme9", -ENOENT },
		{ "/dev/..", -EINVAL },
		{ "/dev/", -EINVAL },
		{ "/sys/nothing", -ENOENT },
		{ "/sys/class/net/lo", -ENODEV },
		{ "/nothing", -ENOENT },
		{ "lo", -ENODEV },
		{ "usb0", -ENODEV },
		{ "/sys/class/tty/ttyS0", -ENODEV },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_dev *dev = NULL;
		int r = pcireset_dev_from_name(*state, rows[i].name, &dev);

		if (r != rows[i].error)
			fail_msg("\"%s\": %d instead of %d", rows[i].name, r, rows[i].error);
		assert_null(dev);
		assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), rows[i].name));
	}
}

static void addresses_are_written_as_sysfs_does(void **state)
{
	static const struct {
		struct pcireset_addr addr;
		const char *words;
	} rows[] = {
		{ { 0, 0, 0, 0 }, "0000:00:00.0" },
		{ { 0xabc, 0xef, 0xff, 0 }, "0abc:ef:1f.7" },
		{ { 0x10000, 0xe0, 6 << 3, 0 }, "10000:e0:06.0" },
		{ { 0xfedcba98, 0x10, 0x10 << 3 | 1, 0 }, "fedcba98:10:10.1" },
	};
	char buf[PCIRESET_ADDR_STR_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(pcireset_addr_to_str(&rows[i].addr, buf), rows[i].words);
}

static void a_name_too_long_is_an_error(void **state)
{
	struct pcireset_dev *dev;
	char name[PATH_MAX * 2];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(pcireset_dev_from_name(*state, name, &dev), -EINVAL);
	memcpy(name, "/sys/", 5);
	assert_int_equal(pcireset_dev_from_name(*state, name, &dev), -EINVAL);
}

static void a_name_that_fits_several_lists_them(void **state)
{
	struct pcireset_dev *dev;

	assert_int_equal(pcireset_dev_from_name(*state, "8086:10fb", &dev), -ENOTUNIQ);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), "0000:08:00.0, 0000:08:00.1"));
}

/* The list ends where there is no more room, and says so once. */
static void a_name_that_fits_too_many_lists_the_first(void **state)
{
	struct pcireset_dev *dev, *first = find(*state, "01:00.4");
	char name[64], link[PATH_MAX];
	const char *text;

	for (unsigned int i = 1; i < 32; i++) {
		snprintf(name, sizeof(name), "0000:77:%02x.0", i);
		snprintf(link, sizeof(link), "%s/sys/bus/pci/devices/%s", sysroot, name);
		assert_int_equal(symlink(first->path, link), 0);
	}
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_int_equal(pcireset_dev_from_name(*state, "8086:10ca", &dev), -ENOTUNIQ);
	text = strstr(pcireset_ctx_get_errmsg(*state), " ...");
	assert_non_null(text);
	assert_string_equal(text, " ...");
}

static void a_path_may_begin_with_the_sysroot(void **state)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/class/net/ens1", sysroot);
	assert_string_equal(pcireset_dev_get_name(find(*state, path)), "0000:01:00.0");
}

static void a_serial_port_is_not_a_function(void **state)
{
	struct pcireset_addr addr;

	(void)state;
	assert_false(addr_in_path("/sys/devices/pnp0/00:00/00:00:0/00:00:0.0/tty", &addr));
	assert_true(addr_in_path("/sys/devices/pci0000:00/0000:00:00.0/0000:01:02.3/x", &addr));
	assert_int_equal(addr.bus, 1);
	assert_int_equal(addr.devfn, 2 << 3 | 3);
}

static void functions_are_walked_in_order(void **state)
{
	struct pcireset_dev *dev, *last = NULL;
	size_t nr = 0;

	pcireset_dev_foreach(*state, dev) {
		if (last)
			assert_true(addr_cmp(&last->addr, &dev->addr) < 0);
		last = dev;
		nr++;
	}
	assert_int_equal(nr, pcireset_ctx_scan(*state));
	assert_string_equal(pcireset_dev_get_name(pcireset_dev_first(*state)), "0000:00:00.0");
}

static void a_function_outlives_its_scan_and_its_context(void **state)
{
	struct pcireset_ctx *ctx;
	struct pcireset_dev *dev;

	(void)state;
	assert_int_equal(pcireset_ctx_new(sysroot, &ctx), 0);
	assert_true(pcireset_ctx_scan(ctx) > 0);
	assert_int_equal(pcireset_dev_from_name(ctx, "01:00.0", &dev), 0);
	assert_true(pcireset_ctx_scan(ctx) > 0);
	assert_null(pcireset_dev_next(dev));
	assert_string_equal(pcireset_dev_get_name(dev), "0000:01:00.0");
	assert_int_equal(pcireset_dev_query(dev), -ENODEV);
	assert_null(pcireset_ctx_unref(ctx));
	assert_string_equal(pcireset_dev_get_driver(dev), "igb");
	assert_null(pcireset_dev_unref(dev));
	assert_null(pcireset_dev_unref(NULL));
}

static void where_a_function_is(void **state)
{
	struct pcireset_dev *vf = find(*state, "02:00.0");
	uint32_t vendor, device;

	assert_int_equal(pcireset_dev_get_subsystem(find(*state, "03:00.0"), &vendor, &device), 0);
	assert_int_equal(vendor << 16 | device, 0);
	assert_string_equal(pcireset_dev_get_name(pcireset_dev_get_parent(vf)), "0000:00:01.0");
	assert_string_equal(pcireset_dev_get_name(pcireset_dev_get_physfn(vf)), "0000:01:00.0");
	assert_null(pcireset_dev_get_parent(find(*state, "00:1f.2")));
	assert_null(pcireset_dev_get_parent(find(*state, "10000:e0:06.0")));
	assert_string_equal(pcireset_dev_get_slot(find(*state, "03:00.1")), "3");
	assert_null(pcireset_dev_get_slot(vf));
	assert_true(pcireset_dev_is_bridge(find(*state, "06:00.0")));
	assert_false(pcireset_dev_is_bridge(vf));
	assert_null(pcireset_dev_get_driver(vf));
}

/* 1:3 is /dev/null on every Linux. A file that is no node has no number. */
static void node_has_the_number_of_its_file(void **state)
{
	static const char *const parts[] = { "sys/dev", "sys/dev/char", "sys/dev/char/1:3" };
	char path[PATH_MAX], wanted[PATH_MAX];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", sysroot, parts[i]);
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
	}
	assert_non_null(realpath(path, wanted));
	assert_int_equal(node_number_in_sysfs(*state, "/dev/null", path), 0);
	assert_string_equal(path, wanted);
	assert_int_equal(node_number_in_sysfs(*state, "/proc/self/comm", path), -ENOTBLK);
	assert_int_equal(node_number_in_sysfs(*state, "/nothing/there", path), -ENOENT);
}

static void a_sysroot_that_is_not_there(void **state)
{
	struct pcireset_ctx *ctx = NULL;

	(void)state;
	assert_int_equal(pcireset_ctx_new("/nothing/there", &ctx), -ENOENT);
	assert_int_equal(pcireset_ctx_new("/dev/null", &ctx), -ENOTDIR);
	assert_null(ctx);
	assert_int_equal(pcireset_ctx_new("/proc/self/comm", &ctx), 0);
	assert_int_equal(pcireset_ctx_scan(ctx), -EBADMSG);
	ctx = pcireset_ctx_unref(ctx);
	assert_int_equal(pcireset_ctx_new("/proc/self", &ctx), 0);
	assert_int_equal(pcireset_ctx_scan(ctx), -ENOENT);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(ctx), "sys/bus/pci/devices"));
	assert_null(pcireset_dev_first(ctx));
	pcireset_ctx_unref(ctx);
}

static void add_slot(const char *name, const char *address)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/sys/bus/pci/slots/%s", sysroot, name);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "sys/bus/pci/slots/%s/address", name);
	sysroot_write(path, address);
}

/* drivers/pci/slot.c writes no device number for a slot that is a whole bus. */
static void a_slot_may_be_a_bus(void **state)
{
	add_slot("a-bus", "0000:07\n");
	add_slot("device", "0000:07:00\n");
	add_slot("other-bus", "0000:08\n");
	add_slot("no-device", "0000:0a:ff\n");
	add_slot("no-address", "0a\n");
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(pcireset_dev_get_slot(find(*state, "07:00.1")), "device");
	assert_string_equal(pcireset_dev_get_slot(find(*state, "08:00.0")), "other-bus");
	assert_string_equal(pcireset_dev_get_slot(find(*state, "08:00.1")), "other-bus");
	assert_string_equal(pcireset_dev_get_slot(find(*state, "03:00.1")), "3");
	assert_null(pcireset_dev_get_slot(find(*state, "0a:00.0")));
	assert_null(pcireset_dev_get_slot(find(*state, "05:00.0")));
}

/* With ARI, function 8 of the card in the slot has the device number 1. */
static void a_slot_of_pciehp_has_all_functions_of_its_bus(void **state)
{
	static const char *const files[] = { "vendor", "device", "class" };
	static const char dir[] = "sys/devices/pci0000:00/0000:00:1c.0/0000:03:01.0";
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sysroot, dir);
	assert_int_equal(mkdir(path, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		sysroot_write(path, "0x10de\n");
	}
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:03:01.0", sysroot);
	snprintf(target, sizeof(target), "../../../../%s", dir);
	assert_int_equal(symlink(target, path), 0);
	assert_true(pcireset_ctx_scan(*state) > 0);
	assert_string_equal(pcireset_dev_get_slot(find(*state, "03:01.0")), "3");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_make, context_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_written_as_sysfs_does),
		TEST(every_form_of_a_name_is_found),
		TEST(other_names_are_errors_that_name_them),
		TEST(a_name_too_long_is_an_error),
		TEST(a_name_that_fits_several_lists_them),
		TEST(a_name_that_fits_too_many_lists_the_first),
		TEST(a_path_may_begin_with_the_sysroot),
		TEST(a_serial_port_is_not_a_function),
		TEST(functions_are_walked_in_order),
		TEST(a_function_outlives_its_scan_and_its_context),
		TEST(where_a_function_is),
		TEST(node_has_the_number_of_its_file),
		TEST(a_sysroot_that_is_not_there),
		TEST(a_slot_may_be_a_bus),
		TEST(a_slot_of_pciehp_has_all_functions_of_its_bus),
	};

	return cmocka_run_group_tests(tests, sysroot_make, sysroot_remove);
}
