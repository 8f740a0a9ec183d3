// SPDX-License-Identifier: GPL-2.0-only
/* Copy the structure of each ioctl in and out, and call the function that carries it out. */
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "cdev/cdev.h"

/**
 * pcireset_copy_in - copy a structure that begins with its size from user space
 * @to: the copy
 * @sizes: the sizes that this module accepts
 * @from: its address in user space
 *
 * Members that the caller's structure does not have are set to zero.
 *
 * Return: 0, -EFAULT, -EINVAL if it is too short, -E2BIG if a byte that the module
 * does not know is not zero.
 */
int pcireset_copy_in(void *to, struct pcireset_sizes sizes, const void __user *from)
{
	u32 size;
	int error;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < sizes.first)
		return -EINVAL;
	/* No version of any structure is longer than a page. */
	if (size > PAGE_SIZE)
		return -E2BIG;
	error = copy_struct_from_user(to, sizes.known, from, size);
	/* The size is read twice. A different second value must not count. */
	*(u32 *)to = size;
	return error;
}

/**
 * pcireset_copy_out - copy a structure that begins with its size to user space
 * @to: its address in user space
 * @known: its size in this module's header
 * @from: the structure, from pcireset_copy_in()
 *
 * Return: 0 or -EFAULT.
 */
int pcireset_copy_out(void __user *to, u32 known, const void *from)
{
	return copy_to_user(to, from, min(*(const u32 *)from, known)) ? -EFAULT : 0;
}

/**
 * pcireset_dispatch - look up a command, copy its structure in, run it, and copy it out
 * @commands: table of commands
 * @nr: number of @commands
 * @file: the open file
 * @cmd: the command
 * @arg: address of the structure in user space
 *
 * Copies the structure out even if the command fails: its out_* members say why.
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
		struct pcireset_empty_bus empty_bus;
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
	/* Before anything is touched: after a reset it is too late for EFAULT. */
	if (pcireset_copy_out(user, commands[i].sizes.known, &buffer))
		return -EFAULT;

	error = commands[i].run(file, &buffer);
	/* The reset has already happened, so a failed copy-out must not turn into EFAULT. */
	if (pcireset_copy_out(user, commands[i].sizes.known, &buffer) && !error &&
	    !(commands[i].flags & PCIRESET_COMMAND_RESETS))
		error = -EFAULT;
	return error;
}

/**
 * pcireset_check_array - check an array of user space that results will be written to
 * @address: the array
 * @usize: size of an entry there
 * @first: the first published size of an entry
 * @nr: number of entries
 *
 * Return: 0, -EINVAL, -E2BIG, -EFAULT.
 */
int pcireset_check_array(u64 address, u32 usize, u32 first, u32 nr)
{
	if (!nr)
		return 0;
	if (usize < first)
		return -EINVAL;
	if (usize > PAGE_SIZE || nr > PCIRESET_MAX_MEMBERS)
		return -E2BIG;
	/* Check the first page only. The rest is written when the number of results is known. */
	return clear_user(u64_to_user_ptr(address), min_t(size_t, (size_t)usize * nr, PAGE_SIZE)) ?
		       -EFAULT :
		       0;
}

/**
 * pcireset_copy_array - copy results to an array of user space
 * @address: the array
 * @usize: size of an entry there; bytes that the module does not know are zeroed
 * @from: the results
 * @ksize: size of an entry in @from
 * @nr: number of entries
 *
 * Return: 0 or -EFAULT.
 */
int pcireset_copy_array(u64 address, u32 usize, const void *from, u32 ksize, u32 nr)
{
	void __user *to = u64_to_user_ptr(address);
	u32 i, size = min(usize, ksize);

	for (i = 0; i < nr; i++, to += usize, from += ksize)
		if (copy_to_user(to, from, size) || clear_user(to + size, usize - size))
			return -EFAULT;
	return 0;
}
