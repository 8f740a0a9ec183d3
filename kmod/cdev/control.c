// SPDX-License-Identifier: GPL-2.0-only
/* The control node /dev/pcireset: its ioctls INFO, OPEN and STATS. */
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

	info->out_types = PCI_RESET_ANY;
	info->out_checks = PCIRESET_ALL_CHECKS;
	info->out_force = PCIRESET_ALL_FORCE;
	info->out_reset_flags = PCIRESET_ALL_FLAGS;
	info->out_max_scope = PCIRESET_SCOPE_BUS;
	info->out_timeout_ms = PCIRESET_TIMEOUT_MS;
	info->out_max_timeout_ms = PCIRESET_MAX_TIMEOUT_MS;
	info->out_late_ms = PCIRESET_LATE_MS;
	info->out_max_members = PCIRESET_MAX_MEMBERS;
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

static const struct pcireset_command control_commands[] = {
	{ PCIRESET_INFO, PCIRESET_SIZES(info, INFO), control_do_info, 0 },
	{ PCIRESET_OPEN, PCIRESET_SIZES(open, OPEN), control_do_open, 0 },
	{ PCIRESET_STATS, PCIRESET_SIZES(stats, STATS), control_do_stats, 0 },
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
