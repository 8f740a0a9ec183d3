// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-reset [-i] TYPES FUNCTION[,FUNCTION...] [REGISTER=VALUE]: hold functions through
 * VFIO as an unprivileged user, and reset the first one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <libpcireset.h>
#include "cdev.h"

/*
 * Root must prepare this: bind the functions to vfio-pci, and make the user the owner of
 * their groups' files in /dev/vfio; with -i of /dev/iommu, and of the functions' own files
 * in /dev/vfio/devices. /dev/pcireset is not necessary. The output has one line each:
 *
 *   would be flr of 0000:01:00.0          the plan, before anything is touched
 *   refused: EPERM: 0000:02:00.1: ...     or the reason for a refusal
 *   unverified: flr of 0000:01:00.0       the result
 *   register: 0                           the value of REGISTER of BAR 0 afterwards
 *
 * With ESCALATE in the environment, the kernel may try several types, if all of them are
 * in TYPES.
 *
 * Through VFIO there is no proof of a reset. With knowledge of the device, a register can
 * provide it: VALUE is written to a register that a reset clears, and that neither the
 * driver nor VFIO's restore of config space sets again.
 *
 * Exit status: 0 if a reset was issued and no check failed, 3 if it was refused and nothing
 * was touched, 4 if it was issued and failed, 1 and 2 for an error before the reset.
 */

#define MAX_GROUPS 16

/**
 * struct holder - the descriptors of this process
 * @container: VFIO's container of all groups
 * @groups: descriptors of the groups, without duplicates
 * @ids: their numbers
 * @nr_groups: number of @groups
 * @device: the first function
 * @name: its address
 *
 * With an iommufd there are no groups.
 */
struct holder {
	int container;
	int groups[MAX_GROUPS];
	unsigned long ids[MAX_GROUPS];
	size_t nr_groups;
	int device;
	const char *name;
};

static void die_errno(const char *what)
{
	fprintf(stderr, "vfio-reset: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long group_of(const char *function)
{
	char path[128], target[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", function);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		die_errno(path);
	target[len] = 0;
	return strtoul(strrchr(target, '/') + 1, NULL, 10);
}

static int open_group(struct holder *holder, const char *function)
{
	unsigned long id = group_of(function);
	char path[64];
	int group;

	for (size_t i = 0; i < holder->nr_groups; i++)
		if (holder->ids[i] == id)
			return holder->groups[i];
	snprintf(path, sizeof(path), "/dev/vfio/%lu", id);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0)
		die_errno(path);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &holder->container) ||
	    (!holder->nr_groups && ioctl(holder->container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU)))
		die_errno("VFIO container");
	holder->ids[holder->nr_groups] = id;
	holder->groups[holder->nr_groups++] = group;
	return group;
}

static void hold_functions(struct holder *holder, char *functions)
{
	char *function = strtok(functions, ",");

	holder->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (holder->container < 0)
		die_errno("/dev/vfio/vfio");
	holder->name = function;
	holder->device = ioctl(open_group(holder, function), VFIO_GROUP_GET_DEVICE_FD, function);
	if (holder->device < 0)
		die_errno(function);
	/* VFIO needs the groups of the other functions, not their descriptors. */
	while ((function = strtok(NULL, ",")) && holder->nr_groups < MAX_GROUPS)
		open_group(holder, function);
}

/*
 * Open all functions through their own nodes, for one iommufd. All descriptors stay
 * open until the process exits.
 */
static void hold_nodes(struct holder *holder, char *functions)
{
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	if (iommufd < 0)
		die_errno("/dev/iommu");
	holder->device = -1;
	for (char *name = strtok(functions, ","); name; name = strtok(NULL, ",")) {
		int device = cdev_open(name);

		if (device < 0 || cdev_bind(device, iommufd))
			die_errno(name);
		if (holder->device >= 0)
			continue;
		holder->name = name;
		holder->device = device;
	}
}

/* ---- proof by a register */

static int access_region(const struct holder *holder, uint32_t region, uint64_t at, void *value,
			 size_t len, bool write)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = region };
	ssize_t n;

	if (ioctl(holder->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return -1;
	n = write ? pwrite(holder->device, value, len, (off_t)(info.offset + at)) :
		    pread(holder->device, value, len, (off_t)(info.offset + at));
	return n == (ssize_t)len ? 0 : -1;
}

static void write_register(const struct holder *holder, uint32_t at, uint32_t value)
{
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	if (access_region(holder, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &command,
			  sizeof(command), true) ||
	    access_region(holder, VFIO_PCI_BAR0_REGION_INDEX, at, &value, sizeof(value), true))
		die_errno("BAR 0");
}

static void show_register(const struct holder *holder, uint32_t at)
{
	uint32_t value;

	if (access_region(holder, VFIO_PCI_BAR0_REGION_INDEX, at, &value, sizeof(value), false))
		die_errno("BAR 0");
	printf("register: %#x\n", value);
}

/* ---- plan and reset */

static void print_types(uint32_t types)
{
	char text[64];

	if (pcireset_types_to_str(types, text, sizeof(text)) > 0)
		printf("%s of", text);
}

static void print_member(const struct pcireset_member *member)
{
	char name[PCIRESET_ADDR_STR_MAX];

	printf(" %s", pcireset_addr_to_str(&member->addr, name));
}

static void show_plan(const struct pcireset_plan *plan)
{
	printf("would be ");
	print_types(pcireset_plan_get_type(plan));
	for (size_t i = 0; i < pcireset_plan_get_nr_members(plan); i++)
		print_member(pcireset_plan_get_member(plan, i));
	putchar('\n');
}

static int show_report(const struct pcireset_report *report)
{
	enum pcireset_result result = pcireset_report_get_result(report);

	if (result == PCIRESET_RESULT_REFUSED || result == PCIRESET_RESULT_FAILED) {
		printf("%s: %s: %s\n", pcireset_result_to_str(result),
		       pcireset_errno_to_str(pcireset_report_get_error(report)),
		       pcireset_report_get_message(report));
		return result == PCIRESET_RESULT_REFUSED ? 3 : 4;
	}
	printf("%s: ", pcireset_result_to_str(result));
	print_types(pcireset_report_get_issued(report));
	for (size_t i = 0; i < pcireset_report_get_nr_members(report); i++)
		print_member(pcireset_report_get_member(report, i));
	putchar('\n');
	return 0;
}

static int reset_device(struct pcireset_dev *dev, uint32_t types, uint32_t flags)
{
	struct pcireset_report *report = NULL;
	struct pcireset_plan *plan;
	int error, status = 1;

	if (pcireset_plan_new(dev, &plan) < 0)
		return 1;
	if (pcireset_plan_set_types(plan, types) < 0 || pcireset_plan_set_flags(plan, flags) < 0)
		goto done;
	error = pcireset_plan_resolve(plan);
	if (pcireset_plan_get_type(plan))
		show_plan(plan);
	if (error < 0) {
		printf("refused: %s: %s\n", pcireset_errno_to_str(error),
		       pcireset_ctx_get_errmsg(pcireset_dev_get_ctx(dev)));
		status = 3;
		goto done;
	}
	pcireset_plan_run(plan, &report);
	if (report)
		status = show_report(report);
done:
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
	return status;
}

static int reset_held(struct pcireset_ctx *ctx, const struct holder *holder, const char *words)
{
	struct pcireset_dev *dev = NULL;
	uint32_t types;
	int status = 1;

	if (pcireset_types_from_str(ctx, words, &types) < 0 || pcireset_ctx_scan(ctx) < 0 ||
	    pcireset_dev_from_name(ctx, holder->name, &dev) < 0 ||
	    pcireset_dev_set_vfio(dev, holder->device, holder->groups, holder->nr_groups) < 0)
		fprintf(stderr, "vfio-reset: %s\n", pcireset_ctx_get_errmsg(ctx));
	else
		status = reset_device(dev, types, getenv("ESCALATE") ? PCIRESET_RESET_ESCALATE : 0);
	pcireset_dev_unref(dev);
	return status;
}

int main(int argc, char **argv)
{
	struct holder holder = { 0 };
	uint32_t at = 0, value = 0;
	struct pcireset_ctx *ctx;
	bool by_iommufd = argc > 1 && !strcmp(argv[1], "-i");
	int status;

	argv += by_iommufd;
	argc -= by_iommufd;
	if (argc < 3 || argc > 4 ||
	    (argc == 4 && sscanf(argv[3], "%i=%i", (int *)&at, (int *)&value) != 2)) {
		fputs("usage: vfio-reset [-i] TYPES FUNCTION[,FUNCTION...] [REGISTER=VALUE]\n",
		      stderr);
		return 2;
	}
	if (by_iommufd)
		hold_nodes(&holder, argv[2]);
	else
		hold_functions(&holder, argv[2]);
	if (argc == 4)
		write_register(&holder, at, value);
	if (pcireset_ctx_new(NULL, &ctx) < 0)
		return 1;
	status = reset_held(ctx, &holder, argv[1]);
	pcireset_ctx_unref(ctx);
	if (argc == 4)
		show_register(&holder, at);
	return status;
}
