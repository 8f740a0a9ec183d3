// SPDX-License-Identifier: GPL-2.0-only
/* Blocks a function's IOMMU translation during a reset, where the kernel can do that. */
#include "state/state.h"

/**
 * pcireset_iommu_block - block a function's translation, and ATS with it
 * @fn: the function, about to be reset
 *
 * PCIe r6.0, sec 10.3.1: invalidations that a function in reset does not
 * answer time out, so software stops them first.
 *
 * Context: With the locks of the plan, which keep the function from leaving its
 * IOMMU group.
 * Return: 0, or a negative errno if nothing is blocked.
 */
int pcireset_iommu_block(struct pcireset_fn *fn)
{
	int error;

	if (fn->blocked)
		return 0;
	error = pci_dev_reset_iommu_prepare(fn->dev);
	fn->blocked = !error;
	return error;
}

/**
 * pcireset_iommu_unblock_lost - end the block without a write to the function
 * @fn: the function; it is dead, another device, or its identity is unknown
 *
 * The IOMMU's driver enables ATS again by a write to the function's config
 * space. The core drops writes to a function that is marked as disconnected.
 *
 * Context: As pcireset_iommu_block().
 */
void pcireset_iommu_unblock_lost(struct pcireset_fn *fn)
{
	pci_channel_state_t state = READ_ONCE(fn->dev->error_state);

	if (!fn->blocked)
		return;
	fn->blocked = false;
	WRITE_ONCE(fn->dev->error_state, pci_channel_io_perm_failure);
	pci_dev_reset_iommu_done(fn->dev);
	WRITE_ONCE(fn->dev->error_state, state);
}

/**
 * pcireset_iommu_unblock - end the block of pcireset_iommu_block()
 * @fn: the function; @fn->found.outcome shows whether it is back as before
 *
 * Context: As pcireset_iommu_block().
 */
void pcireset_iommu_unblock(struct pcireset_fn *fn)
{
	if (!fn->blocked)
		return;
	if (fn->found.outcome == PCIRESET_STATE_DEAD || fn->found.outcome == PCIRESET_STATE_OTHER) {
		pcireset_iommu_unblock_lost(fn);
		return;
	}
	fn->blocked = false;
	pci_dev_reset_iommu_done(fn->dev);
}
