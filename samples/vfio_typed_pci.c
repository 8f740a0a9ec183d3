// SPDX-License-Identifier: GPL-2.0-only
/* Example: a VFIO driver whose users reset with exactly the types the administrator allows. */
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
 * With vfio-pci, whoever opens a device, closes it, asks for VFIO_DEVICE_RESET
 * or writes the FLR bit gets the first type in the kernel's list that works,
 * or the next one if that fails; a bus reset may follow when the last user of a
 * link leaves. Here all of these, and VFIO_DEVICE_PCI_HOT_RESET, use one of the
 * types in the parameter "types" and nothing else, and hit nothing but what the
 * user holds: the device itself, or for the hot reset what its groups hold.
 *
 * To try it:
 *
 *	echo vfio_typed_pci > /sys/bus/pci/devices/0000:03:00.0/driver_override
 *	echo 0000:03:00.0 > /sys/bus/pci/drivers/vfio_typed_pci/bind
 *
 * A device that has no such type is still given to its user, as vfio-pci does;
 * one that was reset and did not come back is not. Errors are those described
 * in pcireset_api.h, and EPERM: a function would be hit that is not its user's.
 *
 * Which locks are held where is in docs/locking.md. Not shown are migration,
 * virtual functions of a device that is bound here, and the hot reset of users
 * that opened a device without its group.
 */

static uint types = PCI_RESET_FLR;
module_param(types, uint, 0644);
MODULE_PARM_DESC(types, "mask of the PCI_RESET_* types that users of VFIO may use");

/**
 * struct typed_device - a device that is bound to this driver
 * @core: VFIO's part, first, as VFIO frees it
 * @unclean: its last user left while somebody had it locked, and it was not reset;
 *	protected by the lock of @core's device set, and by nothing once it has no users
 */
struct typed_device {
	struct vfio_pci_core_device core;
	bool unclean;
};

/**
 * struct owner - what proves that somebody holds more than the device he calls for
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

static bool holds(const struct owner *owner, struct vfio_device *device)
{
	unsigned int i;

	for (i = 0; i < owner->nr_groups; i++)
		if (vfio_file_has_dev(owner->groups[i], device))
			return true;
	return false;
}

/* Whoever is in the set stays in it, and neither is opened nor closed, while its lock is held. */
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
			return device->ops == &typed_ops && holds(owner, device) ? to_core(device) :
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
		pci_warn(core->pdev, "not reset: %s would be hit and is not its user's\n",
			 pci_name(member));
		return -EPERM;
	}
	return 0;
}

/*
 * Keeps users away from the BARs. Before a device's locks are taken: somebody
 * who writes to its Command register holds this lock and waits for the lock of
 * config space. For more than one device at once it is only tried.
 */
static int take_memory(struct vfio_pci_core_device *core, bool wait)
{
	loff_t start = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX);
	loff_t end = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_ROM_REGION_INDEX);

	if (wait)
		down_write(&core->memory_lock);
	else if (!down_write_trylock(&core->memory_lock))
		return -EBUSY;

	/* What its user has put to sleep lost its configuration, which VFIO alone has saved. */
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

/* Of all members or of none. */
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

static int run(struct vfio_pci_core_device *core, struct pcireset_plan *plan,
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

	/* A user who relies on it must not be told of a reset that did not take place. */
	return !error && report.proof == PCIRESET_PROOF_REFUTED ? -EIO : error;
}

/*
 * What the user holds is in use by VFIO, and is what is to be reset; that nothing
 * else is, is checked. No lock is waited for: a probe() or remove() holds the
 * device's and waits for VFIO's, of which the caller may hold some.
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
		error = run(core, plan, owner);
	pcireset_plan_put(plan);
	return error;
}

/*
 * VFIO resets a device that is opened and asks nobody how. With an empty list
 * of types it cannot; the list is put back only if nobody wrote to it meanwhile,
 * which the lock does not prevent. But then VFIO's reset fails for the lock.
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
	/* Where mappings cannot be taken away before a reset there must be none. */
	if (!pcireset_vfio_mapping(device))
		memset(core->bar_mmap_supported, 0, sizeof(core->bar_mmap_supported));
	return 0;
}

/*
 * VFIO resets what is closed if that worked at first, and the whole link if
 * nobody else in the set has a device open. So it is told that neither is so;
 * the count is protected by the lock of the set, which the caller holds.
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

/* More groups than functions on a bus are a mistake. */
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
 * struct flr_bits - the bytes of a write that hold a bit which asks for FLR
 * @written: there are any
 * @set: the bit is set in one of them
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

/* PCIe r6.0, sec 7.5.3.4: Initiate Function Level Reset; and the same of Advanced Features. */
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
 * VFIO reads the user's buffer again, and resets if the bit is set by then. It only
 * tries for the device lock, so that with the lock held it cannot.
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
 * VFIO makes of that bit a reset of whatever type. What else the write would
 * have set is lost: a reset clears it anyway. As on the bus, the writer learns
 * of no failure; the kernel log has it.
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
 * VFIO takes the memory lock of a device that falls asleep or wakes up, and a
 * plan wakes its members with a lock of pcireset's held. So these never sleep.
 */
static int typed_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	struct typed_device *typed;
	int error;

	typed = vfio_alloc_device(typed_device, core.vdev, &dev->dev, &typed_ops);
	if (IS_ERR(typed))
		return PTR_ERR(typed);

	/* Taken before pcireset's locks, and never when asleep: not as other VFIO drivers' are. */
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

/* Waits for the last user, whose leave may have found the device lock taken: it is held here. */
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

/* Without an id_table: driver_override alone binds it. */
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
