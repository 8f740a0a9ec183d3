// SPDX-License-Identifier: GPL-2.0-only
/* Tests of ownership. Built in place of owner.o and claim.o, which it includes unchanged. */
#include <linux/anon_inodes.h>
#include <linux/fdtable.h>
#include <linux/iommu.h>
#include <linux/string.h>

/* This kernel has no VFIO. The tests find a driver of VFIO by a callback of their own. */
static void *claim_symbol(const char *name);

#undef symbol_get
#undef symbol_put
#define symbol_get(symbol) ((typeof(symbol) *)claim_symbol(#symbol))
#define symbol_put(symbol) ((void)0)

/* No function of this machine has an IOMMU group: the device stands for its own. */
#define iommu_group_get(dev)   ((struct iommu_group *)(dev))
#define iommu_group_put(group) ((void)(group))

/* No function has an IOMMU, so a claim of its group is only counted. */
static int claim_nr_groups;
static bool claim_is_refused;

static int claim_take_group(struct device *dev, void *owner)
{
	if (claim_is_refused)
		return -EBUSY;
	claim_nr_groups++;
	return 0;
}

static void claim_release_group(struct device *dev)
{
	claim_nr_groups--;
}

#undef pcireset_claim_dma
#undef pcireset_release_dma
#define pcireset_claim_dma(dev, owner) claim_take_group(dev, owner)
#define pcireset_release_dma(dev)      claim_release_group(dev)

#include "../plan/owner.c"
#include "../run/claim.c"

#include "machine.h"

static unsigned int claim_answers_left;

/* The iommufd has the group for so many answers. Then its user closes the device. */
static bool claim_has_group(struct iommufd_ctx *iommufd, struct iommu_group *group)
{
	if (!claim_answers_left)
		return false;
	claim_answers_left--;
	return true;
}

static pci_ers_result_t claim_error_detected(struct pci_dev *dev, pci_channel_state_t error)
{
	return PCI_ERS_RESULT_NONE;
}

static const struct pci_error_handlers claim_handlers = { .error_detected = claim_error_detected };
static struct pci_driver claim_driver = { .err_handler = &claim_handlers };
static struct vfio_device_set claim_set = { .lock = __MUTEX_INITIALIZER(claim_set.lock) };
static struct vfio_pci_core_device claim_core = { .vdev.dev_set = &claim_set };

static void *claim_symbol(const char *name)
{
	return strcmp(name, "vfio_pci_core_aer_err_detected") ? NULL : claim_error_detected;
}

/**
 * pcireset_kunit_vfio_bind - pretend that a driver of VFIO is bound
 * @dev: the function; only one at a time
 * @nr_opened: how often a user has it open
 */
void pcireset_kunit_vfio_bind(struct pci_dev *dev, unsigned int nr_opened)
{
	claim_core.vdev.open_count = nr_opened;
	pci_set_drvdata(dev, &claim_core);
	dev->driver = &claim_driver;
}

/**
 * pcireset_kunit_vfio_unbind - end what pcireset_kunit_vfio_bind() began
 * @dev: the function
 */
void pcireset_kunit_vfio_unbind(struct pci_dev *dev)
{
	dev->driver = NULL;
	pci_set_drvdata(dev, NULL);
}

/* Claims the first function for an iommufd that has its group for so many answers. */
static bool claim_with_answers(struct kunit *test, unsigned int nr)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct pcireset_fn fn = { .dev = dev };
	struct pcireset_owners *owners;
	bool is_owner;

	owners = kunit_kzalloc(test, struct_size(owners, holders, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, owners);
	owners->error_detected = claim_error_detected;
	owners->has_group = claim_has_group;
	owners->nr = 1;
	owners->holders[0].iommufd = (struct iommufd_ctx *)test;
	claim_answers_left = nr;
	dev->driver = &claim_driver;
	is_owner = claim_owner(owners, &fn);
	dev->driver = NULL;
	KUNIT_EXPECT_EQ(test, fn.locks.owner_kept, is_owner);
	KUNIT_EXPECT_EQ(test, claim_nr_groups, is_owner);
	pcireset_claim_end(&fn);
	KUNIT_EXPECT_FALSE(test, fn.locks.owner_kept);
	KUNIT_EXPECT_EQ(test, claim_nr_groups, 0);
	return is_owner;
}

/* A device of an iommufd that could not be claimed has no owner. */
static void device_closed_during_the_claim_is_owned(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, claim_with_answers(test, 0));
	KUNIT_EXPECT_FALSE(test, claim_with_answers(test, 1));
	KUNIT_EXPECT_TRUE(test, claim_with_answers(test, 2));
	claim_is_refused = true;
	KUNIT_EXPECT_FALSE(test, claim_with_answers(test, 2));
	claim_is_refused = false;
}

/* Claims a member with these opens before and since. Is it closed, and is the lock held? */
static bool claim_is_unopened(struct kunit *test, bool before, unsigned int since, bool *ret_locked)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct pcireset_planned planned = { .dev = dev, .vfio_open = before };
	struct pcireset_fn fns[2] = { { .dev = dev, .planned = &planned },
				      { .dev = dev, .planned = &planned } };
	struct pcireset_tx tx = { .fns = fns, .nr_fns = 2 };
	bool is_unopened;

	pcireset_kunit_vfio_bind(dev, since);
	is_unopened = pcireset_claim_unopened(&tx, &fns[0]);
	*ret_locked = mutex_is_locked(&claim_set.lock);
	/* Another member of the set needs no lock of its own. */
	if (fns[0].locks.vfio_set) {
		KUNIT_EXPECT_EQ(test, pcireset_claim_unopened(&tx, &fns[1]), is_unopened);
		KUNIT_EXPECT_NULL(test, fns[1].locks.vfio_set);
	}
	pcireset_claim_end(&fns[0]);
	KUNIT_EXPECT_NULL(test, fns[0].locks.vfio_set);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&claim_set.lock));
	pcireset_kunit_vfio_unbind(dev);
	return is_unopened;
}

static void member_that_was_opened_is_restored(struct kunit *test)
{
	bool locked;

	KUNIT_EXPECT_TRUE(test, claim_is_unopened(test, false, 0, &locked));
	KUNIT_EXPECT_TRUE(test, locked);
	KUNIT_EXPECT_FALSE(test, claim_is_unopened(test, false, 1, &locked));
	/* The reset was allowed while it was open. */
	KUNIT_EXPECT_TRUE(test, claim_is_unopened(test, true, 1, &locked));
	KUNIT_EXPECT_FALSE(test, locked);
}

static void member_that_is_being_opened_is_restored(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_planned planned = { .dev = machine->fns[0] };
	struct pcireset_fn fn = { .dev = machine->fns[0], .planned = &planned };
	struct pcireset_tx tx = { .fns = &fn, .nr_fns = 1 };

	pcireset_kunit_vfio_bind(fn.dev, 0);
	mutex_lock(&claim_set.lock);
	KUNIT_EXPECT_FALSE(test, pcireset_claim_unopened(&tx, &fn));
	pcireset_claim_end(&fn);
	mutex_unlock(&claim_set.lock);
	pcireset_kunit_vfio_unbind(fn.dev);
	/* A function without such a driver has no user of VFIO. */
	KUNIT_EXPECT_TRUE(test, pcireset_claim_unopened(&tx, &fn));
	KUNIT_EXPECT_NULL(test, fn.locks.vfio_set);
}

/* By a descriptor, a closed function is reset with its set locked, and an open one is not. */
static void open_function_is_reset_by_a_descriptor(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_FLR, .by_user = true };
	struct pcireset_plan *plan = NULL;
	struct pcireset_tx *tx = NULL;
	struct pci_dev *dev = machine->fns[0];

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(dev, &request, false, &plan), 0);
	KUNIT_ASSERT_EQ(test, pcireset_tx_new(plan, &tx), 0);
	device_lock(&dev->dev);
	claim_driver.driver_managed_dma = true;
	pcireset_kunit_vfio_bind(dev, 1);
	KUNIT_EXPECT_TRUE(test, pcireset_claim_try(tx, &tx->fns[0]));
	pcireset_claim_members(tx);
	KUNIT_EXPECT_EQ(test, plan->error, -EBUSY);
	KUNIT_EXPECT_EQ(test, plan->why, PCIRESET_WHY_VFIO_OPEN);
	pcireset_claim_end(&tx->fns[0]);
	pcireset_kunit_vfio_bind(dev, 0);
	KUNIT_EXPECT_TRUE(test, pcireset_claim_try(tx, &tx->fns[0]));
	KUNIT_EXPECT_TRUE(test, mutex_is_locked(&claim_set.lock));
	pcireset_claim_members(tx);
	KUNIT_EXPECT_EQ(test, plan->error, 0);
	pcireset_claim_end(&tx->fns[0]);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&claim_set.lock));
	pcireset_kunit_vfio_unbind(dev);
	claim_driver.driver_managed_dma = false;
	device_unlock(&dev->dev);
	pcireset_tx_put(tx);
	pcireset_plan_put(plan);
}

/* The lock of VFIO's set is one of the locks that a reset by a descriptor waits for. */
static void function_that_vfio_opens_is_refused_at_once(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_request request = { .types = PCI_RESET_FLR, .by_user = true };
	struct pcireset_run run = { NULL };

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], &request, false, &run.plan), 0);
	KUNIT_ASSERT_EQ(test, pcireset_tx_new(run.plan, &run.tx), 0);
	pcireset_kunit_vfio_bind(machine->fns[0], 0);
	mutex_lock(&claim_set.lock);
	run.plan->request.flags = PCIRESET_RESET_TRY;
	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), -EAGAIN);
	KUNIT_EXPECT_EQ(test, run.plan->why, PCIRESET_WHY_LOCK);
	/* A driver that calls has a lock of its own for that. */
	run.plan->request.by_user = false;
	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), 0);
	pcireset_unlock(run.tx);
	mutex_unlock(&claim_set.lock);
	run.plan->request.by_user = true;
	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), 0);
	KUNIT_EXPECT_TRUE(test, mutex_is_locked(&claim_set.lock));
	pcireset_unlock(run.tx);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&claim_set.lock));
	pcireset_kunit_vfio_unbind(machine->fns[0]);
	pcireset_tx_put(run.tx);
	pcireset_plan_put(run.plan);
}

static const struct file_operations claim_file = {};

static struct iommufd_ctx *claim_refuse_file(struct file *file)
{
	return ERR_PTR(-EBADFD);
}

static void claim_put(struct iommufd_ctx *iommufd)
{
}

/* A descriptor that is neither a VFIO group nor an iommufd is refused. */
static void other_descriptor_shows_no_ownership(struct kunit *test)
{
	struct pcireset_owners *owners;
	struct file *file;
	int fd;

	owners = kunit_kzalloc(test, struct_size(owners, holders, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, owners);
	KUNIT_EXPECT_EQ(test, owner_add_fd(owners, -1), -EBADF);
	file = anon_inode_getfile("kunit", &claim_file, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	fd = get_unused_fd_flags(0);
	KUNIT_ASSERT_GE(test, fd, 0);
	fd_install(fd, file);
	KUNIT_EXPECT_EQ(test, owner_add_fd(owners, fd), -EINVAL);
	KUNIT_EXPECT_EQ(test, owners->nr, 0);
	KUNIT_EXPECT_EQ(test, file_count(file), 1);
	/* This one is known to be no iommufd. */
	owners->from_file = claim_refuse_file;
	owners->put = claim_put;
	owners->has_group = claim_has_group;
	KUNIT_EXPECT_EQ(test, owner_add_fd(owners, fd), -EINVAL);
	KUNIT_EXPECT_EQ(test, owners->nr, 0);
	KUNIT_EXPECT_EQ(test, file_count(file), 1);
	close_fd(fd);
}

static void more_owners_than_the_limit_are_read(struct kunit *test)
{
	struct pcireset_owners *owners = (struct pcireset_owners *)test;

	KUNIT_EXPECT_EQ(test, pcireset_owners_get(0, PCIRESET_MAX_OWNERS + 1, &owners), -E2BIG);
	KUNIT_EXPECT_NULL(test, owners);
	KUNIT_EXPECT_EQ(test, pcireset_owners_get(0, 0, &owners), 0);
	KUNIT_EXPECT_NULL(test, owners);
}

/* A driver that calls knows of its users. Nobody opened the function since. */
static void function_that_was_open_before_is_refused(struct kunit *test)
{
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pcireset_tx *tx = pcireset_kunit_tx(test, &request);
	struct pcireset_fn *fn = &tx->fns[0];

	pcireset_kunit_vfio_bind(fn->dev, 1);
	fn->found.outcome = PCIRESET_STATE_RESTORED;
	fn->planned->driver = fn->dev->driver;
	KUNIT_EXPECT_FALSE(test, pcireset_claim_again(tx, fn));
	fn->planned->vfio_open = true;
	KUNIT_EXPECT_TRUE(test, pcireset_claim_again(tx, fn));
	KUNIT_EXPECT_NULL(test, fn->locks.vfio_set);
	/* VFIO holds its lock for as long as its user likes. */
	pcireset_claim_wait(fn);
	KUNIT_EXPECT_NULL(test, fn->locks.vfio_set);
	/* It was removed in the meantime. */
	fn->unfinished.gone = true;
	KUNIT_EXPECT_FALSE(test, pcireset_claim_again(tx, fn));
	pcireset_kunit_vfio_unbind(fn->dev);
	pcireset_tx_put(tx);
}

static struct kunit_case claim_cases[] = {
	KUNIT_CASE(device_closed_during_the_claim_is_owned),
	KUNIT_CASE(member_that_was_opened_is_restored),
	KUNIT_CASE(member_that_is_being_opened_is_restored),
	KUNIT_CASE(open_function_is_reset_by_a_descriptor),
	KUNIT_CASE(function_that_vfio_opens_is_refused_at_once),
	KUNIT_CASE(other_descriptor_shows_no_ownership),
	KUNIT_CASE(more_owners_than_the_limit_are_read),
	KUNIT_CASE(function_that_was_open_before_is_refused),
	{},
};

static struct kunit_suite claim_suite = {
	.name = "pcireset-claim",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = claim_cases,
};

kunit_test_suite(claim_suite);
