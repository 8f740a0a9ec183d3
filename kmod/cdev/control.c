// SPDX-License-Identifier: GPL-2.0-only
/* The control node /dev/pcireset: its ioctls INFO, OPEN, STATS and EMPTY_BUS. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cdev/cdev.h"

static int control_do_info(struct file *file, void *arg)
{
	struct pcireset_info *info = arg;

	if (info->flags || info->__reserved)
		return info->flags ? -EOPNOTSUPP : -EINVAL;

	info->out_types = PCIRESET_ALL_TYPES;
	info->out_checks = PCIRESET_ALL_CHECKS;
	info->out_force = PCIRESET_ALL_FORCE;
	info->out_reset_flags = PCIRESET_ALL_FLAGS | PCIRESET_RESET_SPEED;
	info->out_max_scope = PCIRESET_SCOPE_BUS;
	info->out_timeout_ms = PCIRESET_TIMEOUT_MS;
	info->out_max_timeout_ms = PCIRESET_MAX_TIMEOUT_MS;
	info->out_late_ms = PCIRESET_LATE_MS;
	info->out_max_members = PCIRESET_MAX_MEMBERS;
	info->out_query_flags = PCIRESET_QUERY_PLAN_ONLY;
	return 0;
}

static int control_do_open(struct file *file, void *arg)
{
	/* A privileged process may have passed the descriptor on. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return pcireset_device_open(arg);
}

static int control_do_stats(struct file *file, void *arg)
{
	return pcireset_stats_read(arg);
}

static int control_check_empty_bus(const struct pcireset_empty_bus *arg)
{
	if (arg->flags)
		return -EOPNOTSUPP;
	return arg->__reserved || arg->bridge.__reserved ? -EINVAL : 0;
}

static int control_do_empty_bus(struct file *file, void *data)
{
	struct pcireset_empty_bus *arg = data;
	struct pcireset_report report = { NULL };
	struct pci_dev *bridge;
	int error;

	arg->out_why = PCIRESET_WHY_NONE;
	memset(&arg->out_who, 0, sizeof(arg->out_who));
	arg->out_total_ns = 0;
	error = control_check_empty_bus(arg);
	if (error)
		return error;
	/* A privileged process may have passed the descriptor on. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	bridge = pcireset_find(&arg->bridge);
	if (!bridge)
		return -ENODEV;
	error = pcireset_empty_bus_reset(bridge, &report);
	pci_dev_put(bridge);
	arg->out_why = report.why;
	arg->out_who = report.who;
	arg->out_total_ns = report.total_ns;
	return error;
}

static const struct pcireset_command control_commands[] = {
	{ PCIRESET_INFO, PCIRESET_SIZES(info, INFO), control_do_info, 0 },
	{ PCIRESET_OPEN, PCIRESET_SIZES(open, OPEN), control_do_open, 0 },
	{ PCIRESET_STATS, PCIRESET_SIZES(stats, STATS), control_do_stats, 0 },
	{ PCIRESET_EMPTY_BUS, PCIRESET_SIZES(empty_bus, EMPTY_BUS), control_do_empty_bus,
	  PCIRESET_COMMAND_RESETS },
};

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return pcireset_dispatch(control_commands, ARRAY_SIZE(control_commands), file, cmd, arg);
}

static int control_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice control_node = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pcireset",
	.mode = 0600,
	.fops = &control_fops,
};

int pcireset_control_init(void)
{
	return misc_register(&control_node);
}

void pcireset_control_exit(void)
{
	misc_deregister(&control_node);
}
