// SPDX-License-Identifier: GPL-2.0-only
/* The descriptor for one device: open it, and its ioctls. */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "cdev/cdev.h"

static int device_do_narrow(struct file *file, void *data)
{
	struct pcireset_narrow *arg = data;
	int error;

	if (arg->flags & ~PCIRESET_ALL_GRANTS)
		return -EOPNOTSUPP;
	if (arg->__reserved || !arg->types)
		return -EINVAL;
	error = pcireset_handle_check_limits(arg->types, arg->max_scope, arg->force);
	return error ? error : pcireset_handle_narrow(file->private_data, arg);
}

static const struct pcireset_command device_commands[] = {
	{ PCIRESET_NARROW, PCIRESET_SIZES(narrow, NARROW), device_do_narrow, 0 },
	{ PCIRESET_QUERY, PCIRESET_SIZES(query, QUERY), pcireset_do_query, 0 },
	{ PCIRESET_EXPECT, PCIRESET_SIZES(expect, EXPECT), pcireset_do_expect, 0 },
	{ PCIRESET_RESET, PCIRESET_SIZES(reset, RESET), pcireset_do_reset,
	  PCIRESET_COMMAND_RESETS },
	{ PCIRESET_RESET_MANY, PCIRESET_SIZES(reset_many, RESET_MANY), pcireset_do_reset_many,
	  PCIRESET_COMMAND_RESETS },
};

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return pcireset_dispatch(device_commands, ARRAY_SIZE(device_commands), file, cmd, arg);
}

static int device_release(struct inode *inode, struct file *file)
{
	pcireset_handle_put(file->private_data);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static int device_check_open(const struct pcireset_open *arg)
{
	if (arg->flags & ~PCIRESET_ALL_GRANTS)
		return -EOPNOTSUPP;
	if (arg->addr.__reserved)
		return -EINVAL;
	return pcireset_handle_check_limits(arg->types, arg->max_scope, arg->force);
}

/**
 * pcireset_device_open - open a descriptor for a device
 * @arg: the device and the permissions; out_fd is written
 *
 * Return: 0, -EOPNOTSUPP, -EINVAL, -ENODEV, -ENOMEM, or the errno of a descriptor that
 * could not be opened.
 */
int pcireset_device_open(struct pcireset_open *arg)
{
	struct pcireset_handle *handle;
	int fd, error;

	arg->out_fd = -1;
	error = device_check_open(arg);
	if (error)
		return error;
	handle = pcireset_handle_new(arg);
	if (!handle)
		return -ENOMEM;

	fd = -ENODEV;
	if (handle->dev)
		fd = anon_inode_getfd("[pcireset]", &device_fops, handle, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		pcireset_handle_put(handle);
		return fd;
	}
	arg->out_fd = fd;
	return 0;
}
