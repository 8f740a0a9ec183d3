// SPDX-License-Identifier: GPL-2.0-only
/* Whether a caller owns a function: it holds the VFIO group that the function is in. */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include "pcireset.h"

/**
 * struct pcireset_owners - what a caller holds
 * @is_group: VFIO's answer; VFIO stays loaded as long as this is kept, NULL if it is not
 * @has_dev: the same
 * @error_detected: by this a driver on top of vfio-pci-core is known, NULL if there is none
 * @nr: number of @files
 * @files: VFIO groups, referenced
 *
 * This module works without VFIO, so that it must not need its symbols to be
 * loaded. Whoever has a descriptor of a group has loaded them.
 */
struct pcireset_owners {
	bool (*is_group)(struct file *file);
	bool (*has_dev)(struct file *file, struct vfio_device *device);
	pci_ers_result_t (*error_detected)(struct pci_dev *dev, pci_channel_state_t error);
	u32 nr;
	struct file *files[];
};

static int add_file(struct pcireset_owners *owners, s32 fd)
{
	struct file *file = fget(fd);

	if (!file)
		return -EBADF;
	owners->files[owners->nr++] = file;
	return owners->is_group && owners->is_group(file) ? 0 : -EINVAL;
}

static struct pcireset_owners *new_owners(u32 nr)
{
	struct pcireset_owners *owners =
		kzalloc(struct_size(owners, files, nr), GFP_KERNEL_ACCOUNT);

	if (!owners)
		return NULL;
	owners->is_group = symbol_get(vfio_file_is_group);
	owners->has_dev = symbol_get(vfio_file_has_dev);
	owners->error_detected = symbol_get(vfio_pci_core_aer_err_detected);
	return owners;
}

/**
 * pcireset_owners_get - take what a caller shows to hold
 * @address: of an array of descriptors in user space
 * @nr: number of entries there
 * @ret_owners: what is held; NULL if @nr is 0
 *
 * Return: 0, -E2BIG, -EFAULT, -ENOMEM, -EBADF, -EINVAL if one is no VFIO group.
 */
int pcireset_owners_get(u64 address, u32 nr, struct pcireset_owners **ret_owners)
{
	struct pcireset_owners *owners;
	int error = 0;
	s32 *fds;
	u32 i;

	*ret_owners = NULL;
	if (!nr)
		return 0;
	if (nr > PCIRESET_MAX_OWNERS)
		return -E2BIG;
	fds = memdup_user(u64_to_user_ptr(address), nr * sizeof(*fds));
	if (IS_ERR(fds))
		return PTR_ERR(fds);

	owners = new_owners(nr);
	if (!owners)
		error = -ENOMEM;
	for (i = 0; i < nr && !error; i++)
		error = add_file(owners, fds[i]);
	kfree(fds);
	if (error)
		pcireset_owners_put(owners);
	else
		*ret_owners = owners;
	return error;
}

/**
 * pcireset_owners_put - give back what pcireset_owners_get() took
 * @owners: what is held, or NULL
 */
void pcireset_owners_put(struct pcireset_owners *owners)
{
	u32 i;

	if (!owners)
		return;
	for (i = 0; i < owners->nr; i++)
		fput(owners->files[i]);
	if (owners->error_detected)
		symbol_put(vfio_pci_core_aer_err_detected);
	if (owners->has_dev)
		symbol_put(vfio_file_has_dev);
	if (owners->is_group)
		symbol_put(vfio_file_is_group);
	kfree(owners);
}

/**
 * pcireset_is_owner - does a caller own a function?
 * @owners: what it holds, or NULL
 * @dev: the function
 *
 * Context: The caller holds @dev's device lock, so that its driver stays.
 * Return: true if its driver is one of VFIO's and its group is held.
 */
bool pcireset_is_owner(const struct pcireset_owners *owners, struct pci_dev *dev)
{
	const struct pci_error_handlers *handler = dev->driver ? dev->driver->err_handler : NULL;
	struct vfio_pci_core_device *core;
	u32 i;

	if (!owners || !owners->has_dev || !owners->error_detected || !handler ||
	    handler->error_detected != owners->error_detected)
		return false;
	/* That handler itself relies on this being what the driver data is. */
	core = pci_get_drvdata(dev);
	for (i = 0; i < owners->nr; i++)
		if (owners->has_dev(owners->files[i], &core->vdev))
			return true;
	return false;
}
