// SPDX-License-Identifier: GPL-2.0-only
/* The VFIO back end with a simulated VFIO: decisions, requests, and the use of the answers. */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sysroot.h"
#include "backend/vfio.h"

#define HELD     "0000:07:00.0" /* in group 12, with 07:00.1 in group 13 on the same bus */
#define METHODS  "sys/bus/pci/devices/0000:07:00.0/reset_method"
#define NR_FILES 3

/* VFIO's answers, and what it was asked. */
static struct {
	struct vfio_pci_dependent_device listed[40];
	uint32_t nr_listed, hot_flags, device_flags;
	int info_error, hot_info_error, reset_error;
	const char *writes_method; /* somebody writes reset_method during the reset */
	bool dies; /* the function, when it is read the first time after the reset */
	int groups[8];
	uint32_t nr_groups;
	unsigned int nr_resets, nr_hot;
} vfio;

/* The device, and files for the groups 12, 13 and 99. */
static int device, files[NR_FILES];

static int answer_hot_info(struct vfio_pci_hot_reset_info *info)
{
	size_t room = (info->argsz - sizeof(*info)) / sizeof(info->devices[0]);

	if (vfio.hot_info_error)
		return vfio.hot_info_error;
	info->flags = vfio.hot_flags;
	info->count = vfio.nr_listed;
	if (room < vfio.nr_listed)
		return ENOSPC;
	memcpy(info->devices, vfio.listed, vfio.nr_listed * sizeof(vfio.listed[0]));
	return 0;
}

static int answer_hot(const struct vfio_pci_hot_reset *hot)
{
	vfio.nr_hot++;
	vfio.nr_groups = hot->count;
	assert_true(hot->argsz >= sizeof(*hot) + hot->count * sizeof(hot->group_fds[0]));
	assert_true(hot->count <= ARRAY_SIZE(vfio.groups));
	for (uint32_t i = 0; i < hot->count; i++)
		vfio.groups[i] = hot->group_fds[i];
	return vfio.reset_error;
}

static int answer_reset(void)
{
	vfio.nr_resets++;
	if (vfio.writes_method)
		sysroot_write(METHODS, vfio.writes_method);
	return vfio.reset_error;
}

static void write_header(const uint8_t header[PCI_STD_HEADER_SIZEOF])
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/config", sysroot, HELD);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fwrite(header, PCI_STD_HEADER_SIZEOF, 1, f), 1);
	assert_int_equal(fclose(f), 0);
}

static int answer_region(struct vfio_region_info *info)
{
	uint8_t ones[PCI_STD_HEADER_SIZEOF];

	memset(ones, 0xff, sizeof(ones));
	info->offset = 0;
	if (vfio.dies && vfio.nr_resets)
		write_header(ones);
	return 0;
}

static int answer_info(struct vfio_device_info *info)
{
	info->flags = vfio.device_flags;
	return vfio.info_error;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	int error;

	assert_int_equal(fd, device);
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		error = answer_info(arg);
		break;
	case VFIO_DEVICE_GET_REGION_INFO:
		error = answer_region(arg);
		break;
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		error = answer_hot_info(arg);
		break;
	case VFIO_DEVICE_PCI_HOT_RESET:
		error = answer_hot(arg);
		break;
	case VFIO_DEVICE_RESET:
		error = answer_reset();
		break;
	default:
		error = ENOTTY;
	}
	errno = error;
	return error ? -1 : 0;
}

static void list(uint32_t i, uint32_t group, uint8_t bus, uint8_t devfn)
{
	vfio.listed[i] =
		(struct vfio_pci_dependent_device){ .group_id = group, .bus = bus, .devfn = devfn };
	if (vfio.nr_listed <= i)
		vfio.nr_listed = i + 1;
}

/* Char devices that every machine has stand for the groups' files. */
static int make_groups(void **state)
{
	static const struct {
		const char *number, *group;
	} links[NR_FILES] = { { "1:3", "12" }, { "1:5", "13" }, { "1:7", "noiommu-99" } };
	char path[PATH_MAX], target[64];

	if (sysroot_make(state))
		return -1;
	snprintf(path, sizeof(path), "%s/sys/dev/char", sysroot);
	if (mkdir(path, 0755))
		return -1;
	for (size_t i = 0; i < NR_FILES; i++) {
		snprintf(path, sizeof(path), "%s/sys/dev/char/%s", sysroot, links[i].number);
		snprintf(target, sizeof(target), "../../devices/virtual/vfio/%s", links[i].group);
		if (symlink(target, path))
			return -1;
	}
	return 0;
}

/* What refuses descriptors in a sysroot stands in the way of this test alone. */
static void set_vfio(struct pcireset_dev *dev, const int *groups, size_t nr)
{
	assert_int_equal(pcireset_dev_set_vfio(dev, device, groups, nr), -EROFS);
	free(dev->vfio);
	dev->vfio = calloc(1, sizeof(*dev->vfio) + nr * sizeof(int));
	assert_non_null(dev->vfio);
	dev->backend = &backend_vfio;
	dev->vfio->device = device;
	dev->vfio->nr_groups = nr;
	if (nr)
		memcpy(dev->vfio->groups, groups, nr * sizeof(int));
}

static int make(void **state)
{
	static const char *const names[NR_FILES] = { "/dev/null", "/dev/zero", "/dev/full" };
	char path[PATH_MAX];

	if (context_make(state))
		return -1;
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/config", sysroot, HELD);
	device = open(path, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < NR_FILES; i++)
		files[i] = open(names[i], O_RDONLY | O_CLOEXEC);
	memset(&vfio, 0, sizeof(vfio));
	vfio.device_flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	list(0, 12, 7, 0);
	list(1, 13, 7, 1);
	sysroot_write(METHODS, "flr\n");
	set_vfio(find(*state, HELD), files, 2);
	return device < 0;
}

static int unmake(void **state)
{
	close(device);
	for (size_t i = 0; i < NR_FILES; i++)
		close(files[i]);
	return context_remove(state);
}

/* ---- plans and resets */

static struct pcireset_plan *make_plan(struct pcireset_ctx *ctx, uint32_t types)
{
	struct pcireset_plan *plan;

	assert_int_equal(pcireset_plan_new(find(ctx, HELD), &plan), 0);
	assert_int_equal(pcireset_plan_set_types(plan, types), 0);
	return plan;
}

static void is_refused(struct pcireset_ctx *ctx, uint32_t types, int error, uint32_t why,
		       const char *words)
{
	struct pcireset_plan *plan = make_plan(ctx, types);

	assert_int_equal(pcireset_plan_resolve(plan), error);
	if (why)
		assert_int_equal(pcireset_plan_get_why(plan), why);
	assert_non_null(strstr(pcireset_plan_get_message(plan), words));
	assert_int_equal(pcireset_plan_run(plan, NULL), -EINVAL);
	assert_int_equal(vfio.nr_resets + vfio.nr_hot, 0);
	pcireset_plan_unref(plan);
}

/* As pcireset_plan_run() does, but for the sysroot. */
static struct pcireset_report *run(struct pcireset_plan *plan)
{
	struct pcireset_report *report = report_new();

	assert_non_null(report);
	assert_int_equal(plan_check_runnable(plan), 0);
	report->error = backend_vfio.run(plan, report);
	report_explain(report, plan);
	return report;
}

static struct pcireset_report *reset(struct pcireset_ctx *ctx, uint32_t types, uint32_t flags)
{
	struct pcireset_plan *plan = make_plan(ctx, types);
	struct pcireset_report *report;

	assert_int_equal(pcireset_plan_set_flags(plan, flags), 0);
	assert_int_equal(pcireset_plan_set_timeout_ms(plan, 60000), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	report = run(plan);
	pcireset_plan_unref(plan);
	return report;
}

static void the_one_type_that_the_kernel_lists_is_issued(void **state)
{
	struct pcireset_report *report = reset(*state, PCI_RESET_ANY, 0);

	assert_int_equal(vfio.nr_resets, 1);
	assert_int_equal(vfio.nr_hot, 0);
	assert_int_equal(report->error, 0);
	/* And never more than is known. */
	assert_int_equal(report->result, PCIRESET_RESULT_UNVERIFIED);
	assert_int_equal(report->proof, PCIRESET_PROOF_UNKNOWN);
	assert_int_equal(report->type, PCI_RESET_FLR);
	assert_int_equal(report->issued, PCI_RESET_FLR);
	assert_string_equal(join_members(report->members.v, report->members.nr), HELD);
	assert_int_equal(report->members.v[0].state, PCIRESET_STATE_RESTORED);
	assert_memory_equal(&report->who, &find(*state, HELD)->addr, sizeof(report->who));
	assert_int_equal(report->scope, PCIRESET_SCOPE_FUNCTION);
	pcireset_report_unref(report);
}

static void flr_by_the_af_capability_is_named(void **state)
{
	struct pcireset_report *report;

	sysroot_write(METHODS, "af_flr\n");
	report = reset(*state, PCI_RESET_FLR, 0);
	assert_int_equal(report->error, 0);
	assert_int_equal(report->type, PCI_RESET_FLR);
	assert_int_equal(report->type_flags, PCIRESET_TYPE_AF);
	pcireset_report_unref(report);
}

static void a_list_with_anything_else_is_refused(void **state)
{
	static const char *const lists[] = { "flr bus", "flr pm", "bus flr", "flr novel",
					     "acpi flr" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		sysroot_write(METHODS, lists[i]);
		is_refused(*state, PCI_RESET_FLR, -EOPNOTSUPP, 0, "write only this type there");
	}
	sysroot_write(METHODS, "pm");
	is_refused(*state, PCI_RESET_FLR, -EOPNOTSUPP, 0, "does not list it");
	sysroot_write(METHODS, "");
	is_refused(*state, PCI_RESET_FUNC, -EOPNOTSUPP, 0, "does not list it");
	/* The bus is no way to reset the function, although it is allowed. */
	sysroot_write(METHODS, "bus");
	list(1, 99, 7, 1);
	is_refused(*state, PCI_RESET_ANY, -EPERM, PCIRESET_WHY_NOT_OWNED, "0000:07:00.1");
}

static void several_types_take_a_flag_and_no_type_is_claimed(void **state)
{
	struct pcireset_report *report;

	sysroot_write(METHODS, "flr pm");
	is_refused(*state, PCI_RESET_FUNC, -EOPNOTSUPP, 0, "write only this type there");
	report = reset(*state, PCI_RESET_FLR | PCI_RESET_PM, PCIRESET_RESET_ESCALATE);
	assert_int_equal(report->error, 0);
	assert_int_equal(report->type, 0);
	assert_int_equal(report->issued, PCI_RESET_FLR | PCI_RESET_PM);
	assert_non_null(strstr(report->message, "does not tell which of flr,pm"));
	pcireset_report_unref(report);
}

static void escalation_does_not_leave_the_function(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR | PCI_RESET_BUS);

	pcireset_plan_set_flags(plan, PCIRESET_RESET_ESCALATE);
	assert_int_equal(pcireset_plan_resolve(plan), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_NEEDS_MODULE);
	pcireset_plan_set_types(plan, PCI_RESET_FLR);
	sysroot_write(METHODS, "flr bus");
	assert_int_equal(pcireset_plan_resolve(plan), -EOPNOTSUPP);
	pcireset_plan_unref(plan);
}

static void a_reset_that_vfio_found_broken_is_refused(void **state)
{
	vfio.device_flags = VFIO_DEVICE_FLAGS_PCI;
	is_refused(*state, PCI_RESET_FLR, -EOPNOTSUPP, 0, "when VFIO opened it");
}

static void proof_is_not_promised(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);

	pcireset_plan_set_checks(plan, PCIRESET_CHECK_PROOF | PCIRESET_CHECK_CONFIG);
	assert_int_equal(pcireset_plan_resolve(plan), -EOPNOTSUPP);
	assert_int_equal(pcireset_plan_get_why(plan), PCIRESET_WHY_VFIO_NO_PROOF);
	pcireset_plan_unref(plan);
}

static void the_bus_is_reset_with_the_groups_that_it_takes(void **state)
{
	const int groups[] = { files[2], files[1], files[0], files[1] };
	struct pcireset_dev *dev = find(*state, HELD);
	struct pcireset_report *report;

	set_vfio(dev, groups, ARRAY_SIZE(groups));
	report = reset(*state, PCI_RESET_LINK, 0);
	assert_int_equal(report->error, 0);
	assert_int_equal(report->result, PCIRESET_RESULT_UNVERIFIED);
	assert_int_equal(report->type, PCI_RESET_BUS);
	assert_string_equal(join_members(report->members.v, report->members.nr),
			    "0000:07:00.0 0000:07:00.1");
	assert_int_equal(vfio.nr_resets, 0);
	assert_int_equal(vfio.nr_hot, 1);
	/* One each, and none that nothing of is hit. */
	assert_int_equal(vfio.nr_groups, 2);
	assert_int_equal(vfio.groups[0], files[1]);
	assert_int_equal(vfio.groups[1], files[0]);
	pcireset_report_unref(report);
}

static void a_function_of_another_owner_is_named(void **state)
{
	struct pcireset_dev *dev = find(*state, HELD);
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_BUS);

	dev->vfio->nr_groups = 1;
	assert_int_equal(pcireset_plan_resolve(plan), -EPERM);
	assert_int_equal(pcireset_plan_get_type(plan), PCI_RESET_BUS);
	assert_int_equal(pcireset_plan_get_nr_members(plan), 2);
	assert_int_equal(pcireset_plan_get_member(plan, 0)->why_not, 0);
	assert_int_equal(pcireset_plan_get_member(plan, 1)->why_not, PCIRESET_WHY_NOT_OWNED);
	pcireset_plan_unref(plan);
	is_refused(*state, PCI_RESET_BUS, -EPERM, PCIRESET_WHY_NOT_OWNED, "0000:07:00.1: ");
}

static void a_different_list_is_reported(void **state)
{
	vfio.nr_listed = 1;
	is_refused(*state, PCI_RESET_BUS, -EPERM, PCIRESET_WHY_LISTS_DIFFER, "0000:07:00.1: ");
	list(1, 13, 7, 1);
	list(2, 13, 7, 2);
	is_refused(*state, PCI_RESET_BUS, -ESTALE, PCIRESET_WHY_CHANGED, "0000:07:00.2: ");
}

static void a_long_list_is_read_to_its_end(void **state)
{
	for (uint8_t i = 2; i < ARRAY_SIZE(vfio.listed); i++)
		list(i, 13, 7, i);
	is_refused(*state, PCI_RESET_BUS, -ESTALE, PCIRESET_WHY_CHANGED, "0000:07:00.2: ");
	vfio.nr_listed = 0;
	list(39, 13, 7, 1);
	for (uint8_t i = 0; i < 39; i++)
		list(i, 12, 7, 0);
	pcireset_report_unref(reset(*state, PCI_RESET_BUS, 0));
	assert_int_equal(vfio.nr_hot, 1);
}

/* Untested on a kernel: Debian's have no iommufd. This is what its interface says. */
static void a_character_device_has_no_groups(void **state)
{
	struct pcireset_dev *dev = find(*state, HELD);

	vfio.hot_flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID;
	dev->vfio->nr_groups = 0;
	list(0, 1, 7, 0);
	list(1, UINT32_MAX, 7, 1);
	is_refused(*state, PCI_RESET_BUS, -EPERM, PCIRESET_WHY_NOT_OWNED, "0000:07:00.1: ");
	list(1, 0, 7, 1);
	pcireset_report_unref(reset(*state, PCI_RESET_BUS, 0));
	assert_int_equal(vfio.nr_hot, 1);
	assert_int_equal(vfio.nr_groups, 0);
}

static void a_change_after_the_plan_is_found(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	struct pcireset_report *report;

	assert_int_equal(pcireset_plan_resolve(plan), 0);
	sysroot_write(METHODS, "flr bus");
	report = run(plan);
	assert_int_equal(report->error, -ESTALE);
	assert_int_equal(report->result, PCIRESET_RESULT_REFUSED);
	assert_int_equal(report->issued, 0);
	assert_int_equal(vfio.nr_resets, 0);
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

static void a_change_during_the_reset_is_a_failure(void **state)
{
	struct pcireset_report *report;

	vfio.writes_method = "flr bus";
	report = reset(*state, PCI_RESET_FLR, 0);
	assert_int_equal(vfio.nr_resets, 1);
	assert_int_equal(report->error, -EIO);
	assert_int_equal(report->result, PCIRESET_RESULT_FAILED);
	assert_int_equal(report->why, PCIRESET_WHY_METHOD_CHANGED);
	pcireset_report_unref(report);
}

/* It answers once, and no longer after it had time to settle. */
static void a_function_that_dies_while_it_settles_is_dead(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	uint8_t before[PCI_STD_HEADER_SIZEOF];
	struct pcireset_report *report;

	assert_int_equal(pread(device, before, sizeof(before), 0), sizeof(before));
	assert_int_equal(pcireset_plan_set_settle_ms(plan, 1), 0);
	assert_int_equal(pcireset_plan_resolve(plan), 0);
	vfio.dies = true;
	report = run(plan);
	assert_int_equal(report->error, -ETIMEDOUT);
	assert_int_equal(report->result, PCIRESET_RESULT_FAILED);
	assert_int_equal(report->members.v[0].state, PCIRESET_STATE_DEAD);
	assert_true(report->members.v[0].failed & PCIRESET_CHECK_READY);
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
	write_header(before);
}

static void a_plan_is_run_by_its_back_end(void **state)
{
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);
	struct pcireset_dev *dev = find(*state, HELD);

	assert_int_equal(pcireset_plan_resolve(plan), 0);
	assert_int_equal(pcireset_dev_get_backend(dev), PCIRESET_BACKEND_VFIO);
	assert_string_equal(pcireset_backend_to_str(PCIRESET_BACKEND_VFIO), "vfio");
	assert_int_equal(pcireset_dev_set_vfio(dev, -1, NULL, 0), 0);
	assert_int_equal(pcireset_dev_get_backend(dev), PCIRESET_BACKEND_SYSFS);
	assert_int_equal(pcireset_plan_run(plan, NULL), -EINVAL);
	assert_int_equal(vfio.nr_resets, 0);
	pcireset_plan_unref(plan);
}

static void a_descriptor_of_another_device_is_found(void **state)
{
	struct pcireset_dev *dev = find(*state, HELD);
	struct pcireset_plan *plan = make_plan(*state, PCI_RESET_FLR);

	dev->facts->device = 0x1042;
	assert_int_equal(pcireset_plan_resolve(plan), -EINVAL);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), "another VFIO device"));
	dev->facts->device = 0x1041;
	vfio.info_error = ENOTTY;
	assert_int_equal(pcireset_plan_resolve(plan), -EINVAL);
	vfio.info_error = EBADF;
	assert_int_equal(pcireset_plan_resolve(plan), -EBADF);
	vfio.info_error = ENODEV;
	assert_int_equal(pcireset_plan_resolve(plan), -ENODEV);
	vfio.info_error = 0;
	dev->vfio->groups[1] = device;
	assert_int_equal(pcireset_plan_resolve(plan), -EINVAL);
	assert_non_null(strstr(pcireset_ctx_get_errmsg(*state), "not a VFIO group"));
	pcireset_plan_unref(plan);
}

static void vfios_errors_say_whether_anything_was_touched(void **state)
{
	static const struct {
		uint32_t types, flags;
		int error, want;
		uint32_t why;
		enum pcireset_result result;
	} rows[] = {
		{ PCI_RESET_FLR, 0, EAGAIN, -EBUSY, PCIRESET_WHY_LOCK, PCIRESET_RESULT_REFUSED },
		{ PCI_RESET_FLR, PCIRESET_RESET_TRY, EAGAIN, -EAGAIN, PCIRESET_WHY_LOCK,
		  PCIRESET_RESULT_REFUSED },
		{ PCI_RESET_BUS, 0, EBUSY, -EBUSY, PCIRESET_WHY_LOCK, PCIRESET_RESULT_REFUSED },
		{ PCI_RESET_BUS, 0, EINVAL, -ESTALE, PCIRESET_WHY_CHANGED,
		  PCIRESET_RESULT_REFUSED },
		{ PCI_RESET_FLR, 0, EINVAL, -EIO, PCIRESET_WHY_TRIGGER, PCIRESET_RESULT_FAILED },
		{ PCI_RESET_FLR, 0, ENOTTY, -ETIMEDOUT, PCIRESET_WHY_NOT_READY,
		  PCIRESET_RESULT_FAILED },
		{ PCI_RESET_BUS, 0, ENOTTY, -ETIMEDOUT, PCIRESET_WHY_NOT_READY,
		  PCIRESET_RESULT_FAILED },
		{ PCI_RESET_BUS, 0, ENODEV, -ENODEV, PCIRESET_WHY_GONE, PCIRESET_RESULT_REFUSED },
		{ PCI_RESET_BUS, 0, EPROTO, -EIO, PCIRESET_WHY_TRIGGER, PCIRESET_RESULT_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcireset_report *report;

		vfio.reset_error = rows[i].error;
		report = reset(*state, rows[i].types, rows[i].flags);
		assert_int_equal(report->error, rows[i].want);
		assert_int_equal(report->why, rows[i].why);
		assert_int_equal(report->result, rows[i].result);
		assert_int_equal(!!report->issued, report->result == PCIRESET_RESULT_FAILED);
		pcireset_report_unref(report);
	}
}

/* ---- decisions */

static void slot_or_bus_is_known_or_refused(void **state)
{
	static const struct {
		struct vfio_place place;
		enum vfio_link link;
	} rows[] = {
		{ { .is_in_slot = true }, VFIO_LINK_NONE },
		{ { .has_bridge = true }, VFIO_LINK_BUS },
		{ { .has_bridge = true, .has_device_number = true }, VFIO_LINK_BUS },
		{ { .has_bridge = true, .has_pciehp = true, .is_in_slot = true }, VFIO_LINK_SLOT },
		/* A slot that pciehp has, and a function of which nobody tells whether it is in it. */
		{ { .has_bridge = true, .has_pciehp = true }, VFIO_LINK_UNKNOWN },
		{ { .has_bridge = true,
		    .has_pciehp = true,
		    .is_in_slot = true,
		    .has_device_number = true },
		  VFIO_LINK_UNKNOWN },
		/* Another driver's slot. */
		{ { .has_bridge = true, .is_in_slot = true }, VFIO_LINK_UNKNOWN },
		{ { .has_bridge = true, .is_in_slot = true, .is_slot_plain = true },
		  VFIO_LINK_BUS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(vfio_choose_link(&rows[i].place), rows[i].link);
}

static void each_type_has_its_reason(void **state)
{
	static const struct {
		const char *methods;
		enum vfio_link link;
		int hot_error;
		uint32_t type, why;
		bool is_vf, is_others;
	} rows[] = {
		{ "flr", VFIO_LINK_SLOT, 0, PCI_RESET_SLOT, 0, false, false },
		{ "flr", VFIO_LINK_SLOT, 0, PCI_RESET_BUS, PCIRESET_WHY_HOTPLUG, false, false },
		{ "flr", VFIO_LINK_BUS, 0, PCI_RESET_SLOT, PCIRESET_WHY_NO_SLOT, false, false },
		{ "flr", VFIO_LINK_BUS, 0, PCI_RESET_BUS, 0, false, false },
		{ "flr", VFIO_LINK_NONE, -ENODEV, PCI_RESET_BUS, PCIRESET_WHY_NO_BRIDGE, false,
		  false },
		{ "flr", VFIO_LINK_BUS, -ENODEV, PCI_RESET_BUS, PCIRESET_WHY_NO_BRIDGE, true,
		  false },
		{ "flr", VFIO_LINK_BUS, -ENODEV, PCI_RESET_BUS, PCIRESET_WHY_QUIRK, false, false },
		{ "flr", VFIO_LINK_BUS, -EPERM, PCI_RESET_BUS, PCIRESET_WHY_LINK_UNKNOWN, false,
		  false },
		{ "flr", VFIO_LINK_UNKNOWN, 0, PCI_RESET_SLOT, PCIRESET_WHY_LINK_UNKNOWN, false,
		  false },
		{ "flr cxl_bus", VFIO_LINK_BUS, 0, PCI_RESET_BUS, PCIRESET_WHY_CXL_MASKED, false,
		  false },
		{ "bus cxl_bus", VFIO_LINK_BUS, 0, PCI_RESET_BUS, 0, false, false },
		{ "cxl_bus", VFIO_LINK_BUS, 0, PCI_RESET_CXL_BUS, PCIRESET_WHY_NEEDS_MODULE, false,
		  false },
		{ "flr", VFIO_LINK_BUS, 0, PCI_RESET_CXL_BUS, PCIRESET_WHY_NO_CXL, false, false },
		{ "flr", VFIO_LINK_BUS, 0, PCI_RESET_FLR, PCIRESET_WHY_VFIO_DRIVER, false, true },
		{ "flr", VFIO_LINK_BUS, 0, PCI_RESET_BUS, PCIRESET_WHY_VFIO_DRIVER, false, true },
		{ "af_flr", VFIO_LINK_BUS, 0, PCI_RESET_FLR, 0, false, false },
		{ "flr af_flr", VFIO_LINK_BUS, 0, PCI_RESET_FLR, PCIRESET_WHY_METHOD_WIDER, false,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vfio_facts f = {
			.has_reset = true,
			.is_kernels = !rows[i].is_others,
			.is_hot_kernels = !rows[i].is_others,
			.is_vf = rows[i].is_vf,
			.link = rows[i].link,
			.hot_error = rows[i].hot_error,
		};

		vfio_parse_methods(rows[i].methods, &f.methods);
		if (vfio_why_not(&f, rows[i].type) != rows[i].why)
			fail_msg("row %zu: %u instead of %u", i, vfio_why_not(&f, rows[i].type),
				 rows[i].why);
	}
}

static void unknown_drivers_are_not_queried(void **state)
{
	(void)state;
	assert_true(vfio_is_stock_driver("vfio-pci"));
	assert_true(vfio_is_stock_driver("mlx5_vfio_pci"));
	assert_false(vfio_is_stock_driver("vfio_typed_pci"));
	assert_false(vfio_is_stock_driver("vfio-pci-of-somebody"));
	assert_false(vfio_is_stock_driver(""));
}

static void a_slot_of_pciehp_is_seen(void **state)
{
	struct pcireset_dev *dev = find(*state, "03:00.0");
	struct vfio_facts *f;

	/* The descriptor's function has other IDs. */
	set_vfio(dev, files, 2);
	dev->facts->vendor = 0x1af4;
	dev->facts->device = 0x1041;
	dev->facts->class = 0x020000;
	assert_int_equal(vfio_look(dev, &f), 0);
	assert_int_equal(f->link, VFIO_LINK_SLOT);
	assert_int_equal(f->nr_groups, 2);
	assert_int_equal(f->group_ids[0], 12);
	assert_int_equal(f->group_ids[1], 13);
	assert_false(f->is_kernels);
	vfio_forget(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_one_type_that_the_kernel_lists_is_issued),
		TEST(flr_by_the_af_capability_is_named),
		TEST(a_list_with_anything_else_is_refused),
		TEST(several_types_take_a_flag_and_no_type_is_claimed),
		TEST(escalation_does_not_leave_the_function),
		TEST(a_reset_that_vfio_found_broken_is_refused),
		TEST(proof_is_not_promised),
		TEST(the_bus_is_reset_with_the_groups_that_it_takes),
		TEST(a_function_of_another_owner_is_named),
		TEST(a_different_list_is_reported),
		TEST(a_long_list_is_read_to_its_end),
		TEST(a_character_device_has_no_groups),
		TEST(a_change_after_the_plan_is_found),
		TEST(a_change_during_the_reset_is_a_failure),
		TEST(a_function_that_dies_while_it_settles_is_dead),
		TEST(a_plan_is_run_by_its_back_end),
		TEST(a_descriptor_of_another_device_is_found),
		TEST(vfios_errors_say_whether_anything_was_touched),
		cmocka_unit_test(slot_or_bus_is_known_or_refused),
		cmocka_unit_test(each_type_has_its_reason),
		cmocka_unit_test(unknown_drivers_are_not_queried),
		TEST(a_slot_of_pciehp_is_seen),
	};

	return cmocka_run_group_tests(tests, make_groups, sysroot_remove);
}
