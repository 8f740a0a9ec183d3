// SPDX-License-Identifier: GPL-2.0-only
/* Example: a VFIO driver that resets only with the types that the administrator allows. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#include "sample_report.h"

/*
 * With vfio-pci, an open, a close, VFIO_DEVICE_RESET and a write of the FLR bit try all
 * types in the kernel's list, one after the other. A bus reset may follow when the last
 * user of a link leaves. With this driver, all of these and VFIO_DEVICE_PCI_HOT_RESET use
 * only the types in the parameter "types". They affect only functions of the user: the
 * device itself, or for the hot reset the functions of the given groups.
 *
 * To try it:
 *
 *	echo vfio_typed_pci > /sys/bus/pci/devices/0000:03:00.0/driver_override
 *	echo 0000:03:00.0 > /sys/bus/pci/drivers/vfio_typed_pci/bind
 *
 * A user can open a device that supports none of these types, as with vfio-pci, but not
 * a device that did not come back from its reset. Errors are those of pcireset_api.h, and
 * EPERM if a reset would affect a function that does not belong to the user.
 *
 * docs/locking.md describes the locks. This example does not cover migration, virtual
 * functions of a bound device, and the hot reset of users that opened a device without
 * its group.
 */

static uint types = PCI_RESET_FLR;
module_param(types, uint, 0644);
MODULE_PARM_DESC(types, "mask of the PCI_RESET_* types that users of VFIO may use");

/**
 * struct typed_device - a device that is bound to this driver
 * @core: VFIO's part, first, as VFIO frees it
 * @unclean: it was not reset after its last user left, because its lock was held;
 *	protected by the lock of @core's device set; without users it needs no lock
 */
struct typed_device {
	struct vfio_pci_core_device core;
	bool unclean;
};

/**
 * struct owner - the VFIO groups of a user of more than one device
 * @groups: VFIO groups, referenced
 * @nr_groups: number of @groups
 */
struct owner {
	struct file **groups;
	unsigned int nr_groups;
};

static const struct vfio_device_ops typed_ops;

static struct vfio_pci_core_device *to_core(struct vfio_device *device)
{
	return container_of(device, struct vfio_pci_core_device, vdev);
}

static bool owner_holds(const struct owner *owner, struct vfio_device *device)
{
	unsigned int i;

	for (i = 0; i < owner->nr_groups; i++)
		if (vfio_file_has_dev(owner->groups[i], device))
			return true;
	return false;
}

/* While the lock of the set is held, no device joins, leaves, is opened or is closed. */
static struct vfio_pci_core_device *find_held(struct vfio_pci_core_device *core,
					      struct pci_dev *dev, const struct owner *owner)
{
	struct vfio_device *device;

	if (dev == core->pdev)
		return core;
	if (!owner)
		return NULL;

	lockdep_assert_held(&core->vdev.dev_set->lock);
	list_for_each_entry(device, &core->vdev.dev_set->device_list, dev_set_list)
		if (device->dev == &dev->dev)
			return device->ops == &typed_ops && owner_holds(owner, device) ?
				       to_core(device) :
				       NULL;
	return NULL;
}

static int check_owned(struct vfio_pci_core_device *core, const struct pcireset_plan *plan,
		       const struct owner *owner)
{
	unsigned int i;

	for (i = 0; i < pcireset_plan_nr_members(plan); i++) {
		struct pci_dev *member = pcireset_plan_member(plan, i);

		if (find_held(core, member, owner))
			continue;
		pci_warn(core->pdev, "not reset: %s would be affected and is not its user's\n",
			 pci_name(member));
		return -EPERM;
	}
	return 0;
}

/*
 * Keep users away from the BARs. The memory lock comes before the locks of a reset: a
 * user that writes to the Command register holds it and waits for the config access lock.
 * For several devices the lock is only tried.
 */
static int take_memory(struct vfio_pci_core_device *core, bool wait)
{
	loff_t start = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t end = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);

	if (wait)
		down_write(&core->memory_lock);
	else if (!down_write_trylock(&core->memory_lock))
		return -EBUSY;

	/* The user has put the device to sleep: only VFIO has its saved configuration. */
	if (core->vdev.open_count && core->pdev->current_state != PCI_D0) {
		up_write(&core->memory_lock);
		return -EBUSY;
	}
	if (pcireset_vfio_mapping(&core->vdev))
		unmap_mapping_range(pcireset_vfio_mapping(&core->vdev), start, end - start, true);
	return 0;
}

static void give_memory(struct vfio_pci_core_device *core, const struct pcireset_plan *plan,
			const struct owner *owner, unsigned int nr)
{
	while (nr--)
		up_write(&find_held(core, pcireset_plan_member(plan, nr), owner)->memory_lock);
}

/* Take the memory locks of all members, or none. */
static int take_all_memory(struct vfio_pci_core_device *core, const struct pcireset_plan *plan,
			   const struct owner *owner)
{
	unsigned int i;
	int error;

	for (i = 0; i < pcireset_plan_nr_members(plan); i++) {
		struct pci_dev *member = pcireset_plan_member(plan, i);

		error = take_memory(find_held(core, member, owner), !owner);
		if (error) {
			give_memory(core, plan, owner, i);
			return error;
		}
	}
	return 0;
}

static int run_plan(struct vfio_pci_core_device *core, struct pcireset_plan *plan,
		    const struct owner *owner)
{
	struct pcireset_report report = { NULL };
	int error;

	error = take_all_memory(core, plan, owner);
	if (!error) {
		error = pcireset_run(plan, &report);
		sample_log(core->pdev, error, &report);
		give_memory(core, plan, owner, pcireset_plan_nr_members(plan));
	}

	/* Do not report success to the user if the reset did not take place. */
	return !error && report.proof == PCIRESET_PROOF_REFUTED ? -EIO : error;
}

/*
 * Force the use by VFIO, because the user itself requests the reset. check_owned() makes
 * sure that the reset affects no other function. Do not wait for locks: a probe() or
 * remove() holds the device lock and waits for locks of VFIO that the caller may hold.
 */
static int reset_held(struct vfio_pci_core_device *core, u32 mask, const struct owner *owner)
{
	struct pcireset_request request = {
		.types = READ_ONCE(types) & mask,
		.force = PCIRESET_FORCE_VFIO,
		.flags = PCIRESET_RESET_TRY,
	};
	struct pcireset_plan *plan;
	int error;

	if (!request.types)
		return -EOPNOTSUPP;
	error = pcireset_plan(core->pdev, &request, &plan);
	if (error)
		return error;

	error = check_owned(core, plan, owner);
	if (!error)
		error = run_plan(core, plan, owner);
	pcireset_plan_put(plan);
	return error;
}

/*
 * VFIO resets a device when it is opened, by any type in the kernel's list. With an empty
 * list it cannot. The device lock does not prevent writes to the list: if another process
 * wrote to it since, keep its list. VFIO's reset then fails, because the lock is held.
 */
static int enable_without_reset(struct vfio_pci_core_device *core)
{
	static const u8 none[PCI_NUM_RESET_METHODS];
	struct pci_dev *dev = core->pdev;
	u8 before[PCI_NUM_RESET_METHODS];
	int error;

	if (!device_trylock(&dev->dev))
		return -EAGAIN;
	memcpy(before, dev->reset_methods, sizeof(before));
	memcpy(dev->reset_methods, none, sizeof(none));
	error = vfio_pci_core_enable(core);
	if (!memcmp(dev->reset_methods, none, sizeof(none)))
		memcpy(dev->reset_methods, before, sizeof(before));
	device_unlock(&dev->dev);
	return error;
}

static int typed_open(struct vfio_device *device)
{
	struct vfio_pci_core_device *core = to_core(device);
	int reset, error;

	reset = reset_held(core, PCI_RESET_ANY, NULL);
	if (reset && reset != -EOPNOTSUPP && reset != -EPERM)
		return reset;

	error = enable_without_reset(core);
	if (error)
		return error;
	core->reset_works = !reset;

	vfio_pci_core_finish_enable(core);
	/* If this kernel cannot revoke mappings before a reset, do not allow any. */
	if (!pcireset_vfio_mapping(device))
		memset(core->bar_mmap_supported, 0, sizeof(core->bar_mmap_supported));
	return 0;
}

/*
 * VFIO resets a closed device if reset_works is set, and the whole link if no other device
 * of the set is open. Prevent both: clear reset_works, and raise the count of this device.
 * The lock of the set protects the count, and the caller holds it.
 */
static void typed_close(struct vfio_device *device)
{
	struct vfio_pci_core_device *core = to_core(device);
	struct typed_device *typed = container_of(core, struct typed_device, core);
	int error;

	lockdep_assert_held(&device->dev_set->lock);

	core->reset_works = false;
	device->open_count++;
	vfio_pci_core_close_device(device);
	device->open_count--;
	core->needs_reset = false;

	error = reset_held(core, PCI_RESET_ANY, NULL);
	typed->unclean = error == -EAGAIN || error == -EBUSY;
}

static int get_groups(struct owner *owner, const s32 __user *from, unsigned int nr)
{
	s32 fd;

	while (owner->nr_groups < nr) {
		struct file *file;

		if (get_user(fd, from + owner->nr_groups))
			return -EFAULT;
		file = fget(fd);
		if (!file)
			return -EBADF;
		owner->groups[owner->nr_groups++] = file;
		if (!vfio_file_is_group(file))
			return -EINVAL;
	}
	return 0;
}

static void put_groups(struct owner *owner)
{
	while (owner->nr_groups)
		fput(owner->groups[--owner->nr_groups]);
	kfree(owner->groups);
}

/* More groups than functions on a bus are an error. */
#define MAX_GROUPS 256

static int hot_reset(struct vfio_pci_core_device *core, struct vfio_pci_hot_reset __user *arg)
{
	unsigned long known = offsetofend(struct vfio_pci_hot_reset, count);
	struct vfio_device_set *set = core->vdev.dev_set;
	struct vfio_pci_hot_reset hot;
	struct owner owner = { NULL };
	int error;

	if (copy_from_user(&hot, arg, known))
		return -EFAULT;
	if (hot.argsz < known || hot.flags || !hot.count || hot.count > MAX_GROUPS)
		return -EINVAL;
	owner.groups = kcalloc(hot.count, sizeof(*owner.groups), GFP_KERNEL);
	if (!owner.groups)
		return -ENOMEM;

	error = get_groups(&owner, arg->group_fds, hot.count);
	if (!error) {
		mutex_lock(&set->lock);
		error = reset_held(core, PCI_RESET_LINK, &owner);
		mutex_unlock(&set->lock);
	}
	put_groups(&owner);
	return error;
}

static long typed_ioctl(struct vfio_device *device, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case VFIO_DEVICE_RESET:
		return reset_held(to_core(device), PCI_RESET_ANY, NULL);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return hot_reset(to_core(device), (struct vfio_pci_hot_reset __user *)arg);
	default:
		return vfio_pci_core_ioctl(device, cmd, arg);
	}
}

/**
 * struct flr_bits - the bits of a write that request an FLR
 * @written: the write covers such a bit
 * @set: such a bit is set
 */
struct flr_bits {
	bool written, set;
};

static void look_for_bit(struct flr_bits *bits, const char __user *buf, size_t count, loff_t from,
			 int at, u8 bit)
{
	u8 byte = 0;

	if (at < from || at >= from + count)
		return;
	bits->written = true;
	if (!get_user(byte, buf + (at - from)) && byte & bit)
		bits->set = true;
}

/* PCIe r6.0, sec 7.5.3.4: Initiate Function Level Reset, and the bit of Advanced Features. */
static struct flr_bits look_for_flr(struct pci_dev *dev, const char __user *buf, size_t count,
				    loff_t pos)
{
	loff_t from = pos & VFIO_PCI_OFFSET_MASK;
	struct flr_bits bits = { false };
	int af;

	if (VFIO_PCI_OFFSET_TO_INDEX(pos) != VFIO_PCI_CONFIG_REGION_INDEX)
		return bits;
	if (dev->devcap & PCI_EXP_DEVCAP_FLR)
		look_for_bit(&bits, buf, count, from, dev->pcie_cap + PCI_EXP_DEVCTL + 1,
			     PCI_EXP_DEVCTL_BCR_FLR >> 8);
	af = pci_find_capability(dev, PCI_CAP_ID_AF);
	if (af)
		look_for_bit(&bits, buf, count, from, af + PCI_AF_CTRL, PCI_AF_CTRL_FLR);
	return bits;
}

/*
 * VFIO reads the user's buffer again, and resets if the bit is set by then. It only tries
 * the device lock. So hold this lock, to make such a reset fail.
 */
static ssize_t write_without_reset(struct vfio_device *device, const char __user *buf, size_t count,
				   loff_t *pos)
{
	struct device *dev = device->dev;
	ssize_t written;

	if (!device_trylock(dev))
		return -EAGAIN;
	written = vfio_pci_core_write(device, buf, count, pos);
	device_unlock(dev);
	return written;
}

/*
 * VFIO would turn this bit into a reset of any type. Drop the rest of the write: a reset
 * clears these registers. As with hardware, the write itself does not fail. The kernel
 * log has the error.
 */
static ssize_t typed_write(struct vfio_device *device, const char __user *buf, size_t count,
			   loff_t *pos)
{
	struct vfio_pci_core_device *core = to_core(device);
	struct flr_bits bits = look_for_flr(core->pdev, buf, count, *pos);
	int error;

	if (!bits.written)
		return vfio_pci_core_write(device, buf, count, pos);
	if (!bits.set)
		return write_without_reset(device, buf, count, pos);

	error = reset_held(core, PCI_RESET_FLR, NULL);
	if (error)
		pci_warn(core->pdev, "not reset by the FLR bit: %d\n", error);
	*pos += count;
	return count;
}

static const struct vfio_device_ops typed_ops = {
	.name = "vfio_typed_pci",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = typed_open,
	.close_device = typed_close,
	.ioctl = typed_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = typed_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	PCIRESET_VFIO_REGION_OPS PCIRESET_VFIO_TOKEN_OPS PCIRESET_VFIO_IOMMUFD_OPS
};

static struct lock_class_key memory_key;

/*
 * VFIO takes the memory lock when a device suspends or resumes, and a plan resumes its
 * members while it holds a lock of pcireset. So devices of this driver never suspend.
 */
static int typed_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	struct typed_device *typed;
	int error;

	typed = vfio_alloc_device(typed_device, core.vdev, &dev->dev, &typed_ops);
	if (IS_ERR(typed))
		return PTR_ERR(typed);

	/* For lockdep: unlike in other VFIO drivers, this lock comes before pcireset's locks. */
	lockdep_set_class(&typed->core.memory_lock, &memory_key);
	dev_set_drvdata(&dev->dev, &typed->core);
	pm_runtime_get_noresume(&dev->dev);
	error = vfio_pci_core_register_device(&typed->core);
	if (error) {
		pm_runtime_put_noidle(&dev->dev);
		vfio_put_device(&typed->core.vdev);
	}
	return error;
}

/* Waits for the last user. If its close could not take the device lock, reset now. */
static void typed_remove(struct pci_dev *dev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&dev->dev);
	struct typed_device *typed = container_of(core, struct typed_device, core);
	u32 allowed = READ_ONCE(types) & PCI_RESET_FUNC;
	struct pcireset_report report = { NULL };
	int error;

	vfio_pci_core_unregister_device(core);
	pm_runtime_put_noidle(&dev->dev);
	if (typed->unclean && allowed) {
		error = pcireset_function_locked(dev, allowed, &report);
		sample_log(dev, error, &report);
	}
	vfio_put_device(&core->vdev);
}

/* Without an id_table: only driver_override binds devices to this driver. */
static struct pci_driver typed_driver = {
	.name = "vfio_typed_pci",
	.probe = typed_probe,
	.remove = typed_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(typed_driver);

MODULE_DESCRIPTION("Example of a VFIO driver whose users reset with exactly the types allowed");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
/* MODULE_IMPORT_NS() of "PCIRESET", whose argument became a string in 6.13. */
PCIRESET_IMPORT();
