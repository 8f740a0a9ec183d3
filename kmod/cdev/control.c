// SPDX-License-Identifier: GPL-2.0-only
/* The control node /dev/pcireset, and how every command's structure comes and goes. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pcireset.h"

/**
 * pcireset_copy_in - bring in a structure that begins with its size
 * @to: where to
 * @sizes: which sizes this module accepts
 * @from: its address in user space
 *
 * Members that the caller's structure does not have are set to zero.
 *
 * Return: 0, -EFAULT, -EINVAL if it is too short, -E2BIG if what is unknown of
 * it is not zero.
 */
int pcireset_copy_in(void *to, struct pcireset_sizes sizes, const void __user *from)
{
	u32 size;
	int error;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < sizes.first)
		return -EINVAL;
	/* Longer than a page is no structure of any version. */
	if (size > PAGE_SIZE)
		return -E2BIG;
	error = copy_struct_from_user(to, sizes.known, from, size);
	/* The size is read twice. A different second value must not count. */
	*(u32 *)to = size;
	return error;
}

/**
 * pcireset_copy_out - give back a structure that begins with its size
 * @to: where to in user space
 * @known: how much of it this module knows
 * @from: the structure, as pcireset_copy_in() brought it in
 *
 * Return: 0 or -EFAULT.
 */
int pcireset_copy_out(void __user *to, u32 known, const void *from)
{
	return copy_to_user(to, from, min(*(const u32 *)from, known)) ? -EFAULT : 0;
}

/**
 * pcireset_dispatch - look up a command, bring its structure in and back out
 * @commands: table of commands
 * @nr: number of @commands
 * @file: the open file
 * @cmd: the command
 * @arg: address of the structure in user space
 *
 * The structure goes back out also if the command fails: out_* members tell why.
 *
 * Return: what the command returns, or -ENOTTY, -EFAULT, -EINVAL, -E2BIG.
 */
long pcireset_dispatch(const struct pcireset_command *commands, unsigned int nr, struct file *file,
		       unsigned int cmd, unsigned long arg)
{
	union {
		struct pcireset_info info;
		struct pcireset_open open;
		struct pcireset_narrow narrow;
		struct pcireset_query query;
		struct pcireset_expect expect;
		struct pcireset_reset reset;
		struct pcireset_reset_many reset_many;
		struct pcireset_stats stats;
	} buffer;
	void __user *user = (void __user *)arg;
	unsigned int i;
	int error;

	for (i = 0; i < nr && commands[i].cmd != cmd; i++)
		;
	if (i == nr)
		return -ENOTTY;

	memset(&buffer, 0, sizeof(buffer));
	error = pcireset_copy_in(&buffer, commands[i].sizes, user);
	if (error)
		return error;
	/* Before anything is touched: afterwards it is too late to say EFAULT. */
	if (pcireset_copy_out(user, commands[i].sizes.known, &buffer))
		return -EFAULT;

	error = commands[i].run(file, &buffer);
	/* After a reset EFAULT would deny it: who took the structure away goes without. */
	if (pcireset_copy_out(user, commands[i].sizes.known, &buffer) && !error &&
	    cmd != PCIRESET_RESET && cmd != PCIRESET_RESET_MANY)
		error = -EFAULT;
	return error;
}

static int do_info(struct file *file, void *arg)
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

static int do_open(struct file *file, void *arg)
{
	/* The descriptor may have come from one that was privileged. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return pcireset_device_open(arg);
}

static const struct pcireset_command commands[] = {
	{ PCIRESET_INFO, PCIRESET_SIZES(info, INFO), do_info },
	{ PCIRESET_OPEN, PCIRESET_SIZES(open, OPEN), do_open },
	{ PCIRESET_STATS, PCIRESET_SIZES(stats, STATS), pcireset_do_stats },
};

static long control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return pcireset_dispatch(commands, ARRAY_SIZE(commands), file, cmd, arg);
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

static struct miscdevice control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pcireset",
	.mode = 0600,
	.fops = &control_fops,
};

int pcireset_chardev_init(void)
{
	return misc_register(&control);
}

void pcireset_chardev_exit(void)
{
	misc_deregister(&control);
}
