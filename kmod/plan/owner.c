// SPDX-License-Identifier: GPL-2.0-only
/* Whether a caller owns a function: it holds its VFIO group, or an iommufd that has this group. */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>

#include "pcireset.h"

/**
 * struct proof - one thing that a caller holds
 * @group: a VFIO group's file, referenced, or NULL
 * @iommufd: else the context of an iommufd, referenced
 */
struct proof {
	struct file *group;
	struct iommufd_ctx *iommufd;
};

/**
 * struct pcireset_owners - what a caller holds
 * @is_group: VFIO's answer; VFIO stays loaded as long as this is kept, NULL if it is not
 * @has_dev: the same
 * @error_detected: by this a driver on top of vfio-pci-core is known, NULL if there is none
 * @from_file: iommufd's answer, kept like VFIO's
 * @put: the same
 * @has_group: the same
 * @nr: number of @proofs
 * @proofs: what is held
 *
 * This module works without VFIO and iommufd, so that it must not need their
 * symbols to be loaded. Whoever has a descriptor of theirs has loaded them.
 */
struct pcireset_owners {
	bool (*is_group)(struct file *file);
	bool (*has_dev)(struct file *file, struct vfio_device *device);
	pci_ers_result_t (*error_detected)(struct pci_dev *dev, pci_channel_state_t error);
	struct iommufd_ctx *(*from_file)(struct file *file);
	void (*put)(struct iommufd_ctx *iommufd);
	bool (*has_group)(struct iommufd_ctx *iommufd, struct iommu_group *group);
	u32 nr;
	struct proof proofs[];
};

static int add_iommufd(struct pcireset_owners *owners, struct file *file)
{
	struct iommufd_ctx *iommufd;

	/* All three are of one module. */
	if (!owners->from_file || !owners->put || !owners->has_group)
		return -EINVAL;
	iommufd = owners->from_file(file);
	if (IS_ERR(iommufd))
		return -EINVAL;
	owners->proofs[owners->nr++].iommufd = iommufd;
	return 0;
}

static int add_proof(struct pcireset_owners *owners, s32 fd)
{
	struct file *file = fget(fd);
	int error;

	if (!file)
		return -EBADF;
	if (owners->is_group && owners->is_group(file)) {
		owners->proofs[owners->nr++].group = file;
		return 0;
	}
	error = add_iommufd(owners, file);
	fput(file);
	return error;
}

static struct pcireset_owners *new_owners(u32 nr)
{
	struct pcireset_owners *owners =
		kzalloc(struct_size(owners, proofs, nr), GFP_KERNEL_ACCOUNT);

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
 * pcireset_owners_get - take what a caller shows to hold
 * @address: of an array of descriptors in user space
 * @nr: number of entries there
 * @ret_owners: what is held; NULL if @nr is 0
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

	owners = new_owners(nr);
	if (!owners)
		error = -ENOMEM;
	for (i = 0; i < nr && !error; i++)
		error = add_proof(owners, fds[i]);
	kfree(fds);
	if (error)
		pcireset_owners_put(owners);
	else
		*ret_owners = owners;
	return error;
}

static void put_symbols(const struct pcireset_owners *owners)
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
 * pcireset_owners_put - give back what pcireset_owners_get() took
 * @owners: what is held, or NULL
 */
void pcireset_owners_put(struct pcireset_owners *owners)
{
	u32 i;

	if (!owners)
		return;
	for (i = 0; i < owners->nr; i++) {
		if (owners->proofs[i].group)
			fput(owners->proofs[i].group);
		else
			owners->put(owners->proofs[i].iommufd);
	}
	put_symbols(owners);
	kfree(owners);
}

static bool has_vfio_driver(const struct pcireset_owners *owners, struct pci_dev *dev)
{
	const struct pci_error_handlers *handler = dev->driver ? dev->driver->err_handler : NULL;

	return owners->error_detected && handler &&
	       handler->error_detected == owners->error_detected;
}

static bool proves(const struct pcireset_owners *owners, const struct proof *proof,
		   struct pci_dev *dev)
{
	/* What has_vfio_driver() has found relies itself on this being what the driver data is. */
	struct vfio_pci_core_device *core = pci_get_drvdata(dev);
	struct iommu_group *group;
	bool has;

	if (proof->group)
		return owners->has_dev && owners->has_dev(proof->group, &core->vdev);
	group = iommu_group_get(&dev->dev);
	if (!group)
		return false;
	has = owners->has_group(proof->iommufd, group);
	iommu_group_put(group);
	return has;
}

static const struct proof *find_proof(const struct pcireset_owners *owners, struct pci_dev *dev)
{
	u32 i;

	if (!owners || !has_vfio_driver(owners, dev))
		return NULL;
	for (i = 0; i < owners->nr; i++)
		if (proves(owners, &owners->proofs[i], dev))
			return &owners->proofs[i];
	return NULL;
}

/**
 * pcireset_is_owner - does a caller own a function?
 * @owners: what it holds, or NULL
 * @dev: the function
 *
 * Context: The caller holds @dev's device lock, so that its driver stays.
 * Return: true if its driver is one of VFIO's, and its group is held or an
 * iommufd is that has a function of the group.
 */
bool pcireset_is_owner(const struct pcireset_owners *owners, struct pci_dev *dev)
{
	return find_proof(owners, dev);
}

/**
 * pcireset_owner_keep - have a function stay its owner's, if it still is
 * @owners: what a caller holds, or NULL
 * @dev: the function
 * @ret_kept: set if pcireset_owner_let_go() must be called
 *
 * A VFIO group is nobody else's before its file is released, which @owners
 * references. An iommufd does not keep what it has: whoever closes the device
 * makes it free for the next one. So it is claimed once more for the same
 * iommufd, which another one's claim fails for. The second look is for a device
 * that was closed before.
 *
 * Context: The caller holds @dev's device lock, and keeps it until
 * pcireset_owner_let_go(): a function that leaves its IOMMU group must have
 * been given back.
 * Return: as pcireset_is_owner().
 */
bool pcireset_owner_keep(const struct pcireset_owners *owners, struct pci_dev *dev, bool *ret_kept)
{
	const struct proof *proof = find_proof(owners, dev);

	*ret_kept = false;
	if (!proof || proof->group)
		return proof;
	if (pcireset_claim_dma(&dev->dev, proof->iommufd))
		return false;
	*ret_kept = proves(owners, proof, dev);
	if (!*ret_kept)
		pcireset_release_dma(&dev->dev);
	return *ret_kept;
}

/**
 * pcireset_owner_let_go - end what pcireset_owner_keep() began
 * @dev: the function
 */
void pcireset_owner_let_go(struct pci_dev *dev)
{
	pcireset_release_dma(&dev->dev);
}

/* This module works without VFIO. While a driver of vfio-pci-core is bound, the core stays. */
static struct vfio_pci_core_device *vfio_core_of(struct pci_dev *dev)
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
 * pcireset_vfio_is_open - has a VFIO user a function open?
 * @dev: the function
 *
 * By a group with or without an IOMMU, or by its own node. The user may access the
 * function's memory then at any time, by mappings that only VFIO revokes.
 *
 * Context: The caller holds @dev's device lock, so that its driver stays.
 * Return: true if one has, or is about to.
 */
bool pcireset_vfio_is_open(struct pci_dev *dev)
{
	struct vfio_pci_core_device *core = vfio_core_of(dev);

	return core && READ_ONCE(core->vdev.open_count);
}

/**
 * pcireset_vfio_keep_closed - let nobody open a function through VFIO
 * @plan: the plan it is a member of
 * @fn: the function; nobody has it open
 *
 * Opening takes the lock of the VFIO device's set. VFIO takes device locks with
 * that lock held, so it is only tried here. Members may share a set.
 *
 * Context: With the locks of the plan, until pcireset_vfio_let_open().
 * Return: false if somebody else has the lock.
 */
bool pcireset_vfio_keep_closed(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	struct vfio_pci_core_device *core = vfio_core_of(fn->dev);
	struct vfio_device_set *set = core ? core->vdev.dev_set : NULL;
	unsigned int i;

	if (!set)
		return true;
	for (i = 0; i < plan->nr_fns; i++)
		if (plan->fns[i].vfio_set == set)
			return true;
	if (!mutex_trylock(&set->lock))
		return false;
	fn->vfio_set = set;
	return true;
}

/**
 * pcireset_vfio_let_open - end what pcireset_vfio_keep_closed() began
 * @fn: the function
 */
void pcireset_vfio_let_open(struct pcireset_fn *fn)
{
	if (fn->vfio_set)
		mutex_unlock(&fn->vfio_set->lock);
	fn->vfio_set = NULL;
}

/* Not needed by symbol_get(), but said: whose symbols are used. */
PCIRESET_IMPORT_IOMMUFD();
