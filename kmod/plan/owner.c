// SPDX-License-Identifier: GPL-2.0-only
/* Ownership: a caller owns a function if it holds the VFIO group, or an iommufd with it. */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include "plan/plan.h"

/**
 * struct owner_holder - a VFIO group or an iommufd that a caller holds
 * @group: a VFIO group's file, referenced, or NULL
 * @iommufd: otherwise the context of an iommufd, referenced
 */
struct owner_holder {
	struct file *group;
	struct iommufd_ctx *iommufd;
};

/**
 * struct pcireset_owners - all VFIO groups and iommufds that a caller holds
 * @is_group: VFIO's function, or NULL if VFIO is not loaded; keeps VFIO loaded
 * @has_dev: the same
 * @error_detected: callback that identifies a driver based on vfio-pci-core, or NULL
 * @from_file: iommufd's function, or NULL if iommufd is not loaded; keeps it loaded
 * @put: the same
 * @has_group: the same
 * @nr: number of @holders
 * @holders: the groups and iommufds
 *
 * The module works without VFIO and iommufd, so it must not depend on their symbols. A
 * caller with a descriptor of theirs has loaded them.
 */
struct pcireset_owners {
	bool (*is_group)(struct file *file);
	bool (*has_dev)(struct file *file, struct vfio_device *device);
	pci_ers_result_t (*error_detected)(struct pci_dev *dev, pci_channel_state_t error);
	struct iommufd_ctx *(*from_file)(struct file *file);
	void (*put)(struct iommufd_ctx *iommufd);
	bool (*has_group)(struct iommufd_ctx *iommufd, struct iommu_group *group);
	u32 nr;
	struct owner_holder holders[];
};

static int owner_add_iommufd(struct pcireset_owners *owners, struct file *file)
{
	struct iommufd_ctx *iommufd;

	/* All three belong to one module. */
	if (!owners->from_file || !owners->put || !owners->has_group)
		return -EINVAL;
	iommufd = owners->from_file(file);
	if (IS_ERR(iommufd))
		return -EINVAL;
	owners->holders[owners->nr++].iommufd = iommufd;
	return 0;
}

static int owner_add_fd(struct pcireset_owners *owners, s32 fd)
{
	struct file *file = fget(fd);
	int error;

	if (!file)
		return -EBADF;
	if (owners->is_group && owners->is_group(file)) {
		owners->holders[owners->nr++].group = file;
		return 0;
	}
	error = owner_add_iommufd(owners, file);
	fput(file);
	return error;
}

static struct pcireset_owners *owner_alloc(u32 nr)
{
	struct pcireset_owners *owners =
		kzalloc(struct_size(owners, holders, nr), GFP_KERNEL_ACCOUNT);

	if (!owners)
		return NULL;
	owners->is_group = symbol_get(vfio_file_is_group);
	owners->has_dev = symbol_get(vfio_file_has_dev);
	owners->error_detected = symbol_get(vfio_pci_core_aer_err_detected);
	owners->from_file = pcireset_iommufd_symbol(iommufd_ctx_from_file);
	owners->put = pcireset_iommufd_symbol(iommufd_ctx_put);
	owners->has_group = pcireset_iommufd_symbol(iommufd_ctx_has_group);
	return owners;
}

/**
 * pcireset_owners_get - get the VFIO groups and iommufds of a caller
 * @address: user space address of an array of descriptors
 * @nr: number of descriptors
 * @ret_owners: the groups and iommufds; NULL if @nr is 0
 *
 * Return: 0, -E2BIG, -EFAULT, -ENOMEM, -EBADF, -EINVAL if one is neither a VFIO
 * group nor an iommufd.
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

	owners = owner_alloc(nr);
	if (!owners)
		error = -ENOMEM;
	for (i = 0; i < nr && !error; i++)
		error = owner_add_fd(owners, fds[i]);
	kfree(fds);
	if (error)
		pcireset_owners_put(owners);
	else
		*ret_owners = owners;
	return error;
}

static void owner_put_symbols(const struct pcireset_owners *owners)
{
	if (owners->has_group)
		symbol_put(iommufd_ctx_has_group);
	if (owners->put)
		symbol_put(iommufd_ctx_put);
	if (owners->from_file)
		symbol_put(iommufd_ctx_from_file);
	if (owners->error_detected)
		symbol_put(vfio_pci_core_aer_err_detected);
	if (owners->has_dev)
		symbol_put(vfio_file_has_dev);
	if (owners->is_group)
		symbol_put(vfio_file_is_group);
}

/**
 * pcireset_owners_put - release the result of pcireset_owners_get()
 * @owners: the result, or NULL
 */
void pcireset_owners_put(struct pcireset_owners *owners)
{
	u32 i;

	if (!owners)
		return;
	for (i = 0; i < owners->nr; i++) {
		if (owners->holders[i].group)
			fput(owners->holders[i].group);
		else
			owners->put(owners->holders[i].iommufd);
	}
	owner_put_symbols(owners);
	kfree(owners);
}

static bool owner_has_vfio_driver(const struct pcireset_owners *owners, struct pci_dev *dev)
{
	const struct pci_error_handlers *handler = dev->driver ? dev->driver->err_handler : NULL;

	return owners->error_detected && handler &&
	       handler->error_detected == owners->error_detected;
}

/**
 * pcireset_owner_has_group - check whether an iommufd has a function of an IOMMU group
 * @owners: the groups and iommufds of a caller
 * @iommufd: an iommufd of @owners
 * @dev: the function
 *
 * Context: The caller holds @dev's device lock.
 * Return: true if it has.
 */
bool pcireset_owner_has_group(const struct pcireset_owners *owners, struct iommufd_ctx *iommufd,
			      struct pci_dev *dev)
{
	struct iommu_group *group = iommu_group_get(&dev->dev);
	bool has;

	if (!group)
		return false;
	has = owners->has_group(iommufd, group);
	iommu_group_put(group);
	return has;
}

static bool owner_covers(const struct pcireset_owners *owners, const struct owner_holder *holder,
			 struct pci_dev *dev)
{
	/* The callback that identifies the driver itself uses the driver data as this type. */
	struct vfio_pci_core_device *core = pci_get_drvdata(dev);

	if (holder->group)
		return owners->has_dev && owners->has_dev(holder->group, &core->vdev);
	return pcireset_owner_has_group(owners, holder->iommufd, dev);
}

static const struct owner_holder *owner_find_holder(const struct pcireset_owners *owners,
						    struct pci_dev *dev)
{
	u32 i;

	if (!owners || !owner_has_vfio_driver(owners, dev))
		return NULL;
	for (i = 0; i < owners->nr; i++)
		if (owner_covers(owners, &owners->holders[i], dev))
			return &owners->holders[i];
	return NULL;
}

/**
 * pcireset_is_owner - check whether a caller owns a function
 * @owners: the caller's groups and iommufds, or NULL
 * @dev: the function
 *
 * Context: The caller holds @dev's device lock, so that its driver stays.
 * Return: true if its driver belongs to VFIO, and the caller holds its group or an
 * iommufd with a function of that group.
 */
bool pcireset_is_owner(const struct pcireset_owners *owners, struct pci_dev *dev)
{
	return owner_find_holder(owners, dev);
}

/**
 * pcireset_owner_find - does a caller own a function, and by an iommufd?
 * @owners: the caller's groups and iommufds, or NULL
 * @dev: the function
 * @ret_iommufd: the iommufd, or NULL if the caller does not own @dev or owns it by a group
 *
 * Both answers come from one search. An iommufd may lose its device at any time, so a
 * second search might not find the same one.
 *
 * Context: The caller holds @dev's device lock.
 * Return: as pcireset_is_owner().
 */
bool pcireset_owner_find(const struct pcireset_owners *owners, struct pci_dev *dev,
			 struct iommufd_ctx **ret_iommufd)
{
	const struct owner_holder *holder = owner_find_holder(owners, dev);

	*ret_iommufd = holder && !holder->group ? holder->iommufd : NULL;
	return holder;
}

/* This module works without VFIO. While a driver of vfio-pci-core is bound, the core stays. */
static struct vfio_pci_core_device *owner_vfio_core(struct pci_dev *dev)
{
	const struct pci_error_handlers *handler = dev->driver ? dev->driver->err_handler : NULL;
	typeof(vfio_pci_core_aer_err_detected) *error_detected;
	bool is_core;

	if (!handler)
		return NULL;
	error_detected = symbol_get(vfio_pci_core_aer_err_detected);
	if (!error_detected)
		return NULL;
	is_core = handler->error_detected == error_detected;
	symbol_put(vfio_pci_core_aer_err_detected);
	return is_core ? pci_get_drvdata(dev) : NULL;
}

/**
 * pcireset_vfio_is_open - check whether a VFIO user has a function open
 * @dev: the function
 *
 * By a group with or without an IOMMU, or by the device's own node. The user may then
 * access the function's memory at any time, by mappings that only VFIO revokes.
 *
 * Context: The caller holds @dev's device lock, so that its driver stays.
 * Return: true if a user has it open or is opening it.
 */
bool pcireset_vfio_is_open(struct pci_dev *dev)
{
	struct vfio_pci_core_device *core = owner_vfio_core(dev);

	return core && READ_ONCE(core->vdev.open_count);
}

/**
 * pcireset_vfio_set - find the VFIO device set of a function
 * @dev: the function
 *
 * Context: The caller holds @dev's device lock, so that its driver stays.
 * Return: the set, or NULL if the driver does not belong to VFIO.
 */
struct vfio_device_set *pcireset_vfio_set(struct pci_dev *dev)
{
	struct vfio_pci_core_device *core = owner_vfio_core(dev);

	return core ? core->vdev.dev_set : NULL;
}

/* symbol_get() does not need this. It documents the use of iommufd's symbols. */
PCIRESET_IMPORT_IOMMUFD();
