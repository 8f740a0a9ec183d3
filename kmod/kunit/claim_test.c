// SPDX-License-Identifier: GPL-2.0-only
/* Tests of ownership. Built in place of owner.o and claim.o, which it includes unchanged. */
#include <linux/iommu.h>

/* No function of this machine has an IOMMU group: the device stands for its own. */
#define iommu_group_get(dev)   ((struct iommu_group *)(dev))
#define iommu_group_put(group) ((void)(group))

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

/* Claims the first function for an iommufd that has its group for so many answers. */
static bool claim_with_answers(struct kunit *test, unsigned int nr)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	struct pcireset_fn fn = { .dev = dev };
	struct pcireset_owners *owners;
	bool is_owner;

	owners = kunit_kzalloc(test, struct_size(owners, proofs, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, owners);
	owners->error_detected = claim_error_detected;
	owners->has_group = claim_has_group;
	owners->nr = 1;
	owners->proofs[0].iommufd = (struct iommufd_ctx *)test;
	claim_answers_left = nr;
	dev->driver = &claim_driver;
	is_owner = claim_owner(owners, &fn);
	dev->driver = NULL;
	KUNIT_EXPECT_FALSE(test, fn.locks.owner_kept);
	return is_owner;
}

/* Nobody keeps a device of an iommufd that could not be claimed: it is not owned. */
static void device_closed_during_the_claim_is_owned(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, claim_with_answers(test, 0));
	KUNIT_EXPECT_FALSE(test, claim_with_answers(test, 1));
}

static struct kunit_case claim_cases[] = {
	KUNIT_CASE(device_closed_during_the_claim_is_owned),
	{},
};

static struct kunit_suite claim_suite = {
	.name = "pcireset-claim",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = claim_cases,
};

kunit_test_suite(claim_suite);
