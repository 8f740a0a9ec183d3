// SPDX-License-Identifier: GPL-2.0-only
/* How long a function may not be accessed after a reset: who says so, and who is believed. */
#include <linux/acpi.h>
#include <linux/slab.h>

#include "pcireset.h"

/*
 * PCIe r6.0, sec 6.6.2: an FLR must be complete within 100 ms. The AF ECN says
 * the same.
 */
#define FLR_MS 100

/* Sec 6.6.1: software has to wait as long after a reset of the link. */
#define RESET_MS 100

/* Sec 5.9: and after it has left D3hot. */
#define D3HOT_MS 10

/* PCIe r6.0, sec 7.9.16: Readiness Time Reporting. */
#define RTR_FIRST  4
#define RTR_SECOND 8
#define RTR_VALID  BIT(31)

/*
 * PCI Firmware r3.3, sec 4.6.9: _DSM for Device Readiness Durations, five of them
 * in microseconds. The core takes two, and has no place to keep that of an FLR.
 */
#define DSM_REVISION  3
#define DSM_DURATIONS 9
#define DSM_NR        5
#define DSM_FLR       2

static const guid_t dsm_guid =
	GUID_INIT(0xe5c937d0, 0x3553, 0x4d7a, 0x91, 0x17, 0xea, 0x4d, 0x19, 0xc3, 0x43, 0x4d);

/*
 * Sec 7.9.16.2: 9 bits, in units of 32 to the power of the 3 bits above, ns.
 * Two of these units are reserved.
 */
static void take_time(u32 *us, u32 field)
{
	unsigned int scale = (field >> 9) & 7;

	if (scale <= 5)
		*us = DIV_ROUND_UP_ULL((u64)(field & 0x1ff) << 5 * scale, NSEC_PER_USEC);
}

/* The device's own figures take the place of the specification's. */
static void take_reported(struct pci_dev *dev, unsigned int pos, struct pcireset_times *times)
{
	u32 first, second;

	pci_read_config_dword(dev, pos + RTR_FIRST, &first);
	pci_read_config_dword(dev, pos + RTR_SECOND, &second);
	if (PCI_POSSIBLE_ERROR(first) || !(first & RTR_VALID))
		return;
	take_time(&times->link_us, first >> 12);
	take_time(&times->flr_us, second);
	take_time(&times->d0_us, second >> 12);
}

/* Only to be used where it is shorter than what every function keeps to: so does the core. */
static void take_firmware(struct pci_dev *dev, struct pcireset_times *times)
{
	acpi_handle handle = ACPI_HANDLE(&dev->dev);
	union acpi_object *durations, *flr;

	if (!handle)
		return;
	durations = acpi_evaluate_dsm(handle, &dsm_guid, DSM_REVISION, DSM_DURATIONS, NULL);
	if (!durations)
		return;
	if (durations->type == ACPI_TYPE_PACKAGE && durations->package.count == DSM_NR) {
		flr = &durations->package.elements[DSM_FLR];
		if (flr->type == ACPI_TYPE_INTEGER && flr->integer.value < times->flr_us)
			times->flr_us = flr->integer.value;
	}
	kfree(durations);
}

/*
 * Where there is no PM capability the core leaves d3cold_delay at 0, which is not
 * to say that the function is ready at once. A VF has no such time of its own: it
 * is there when VF Enable is set again, after its PF was waited for.
 */
static unsigned int reset_ms(const struct pci_dev *dev)
{
	if (!dev->pm_cap && !dev->is_virtfn)
		return max_t(unsigned int, dev->d3cold_delay, RESET_MS);
	return dev->d3cold_delay;
}

/*
 * d3cold_delay and d3hot_delay are the specification's 100 ms (PCIe r6.0, sec
 * 6.6.1) and 10 ms (sec 5.9) unless a quirk or the firmware's _DSM (PCI
 * Firmware r3.3, sec 4.6.9) says otherwise.
 */
static struct pcireset_times assumed_times(struct pci_dev *dev)
{
	/* PCIe r6.0, sec 7.5.1.1.4: Immediate Readiness, after a reset of any kind. */
	if (pcireset_quirk_imm_ready(dev))
		return (struct pcireset_times){ 0 };
	return (struct pcireset_times){
		.flr_us = FLR_MS * USEC_PER_MSEC,
		.link_us = reset_ms(dev) * USEC_PER_MSEC,
		.d0_us = pcireset_quirk_d3hot_ms(dev) * USEC_PER_MSEC,
	};
}

/* A quirk that asks for more than the specification knows better than the device itself. */
static void take_quirks(const struct pci_dev *dev, struct pcireset_times *times)
{
	u32 d3hot_ms = pcireset_quirk_d3hot_ms(dev);

	if (dev->d3cold_delay > RESET_MS)
		times->link_us = max_t(u32, times->link_us, dev->d3cold_delay * USEC_PER_MSEC);
	if (d3hot_ms > D3HOT_MS)
		times->d0_us = max_t(u32, times->d0_us, d3hot_ms * USEC_PER_MSEC);
}

/* @reported: where its Readiness Time Reporting is, 0 if it has none or must not be asked. */
static struct pcireset_times times_of(const struct pcireset_plan *plan, struct pci_dev *dev,
				      unsigned int reported)
{
	struct pcireset_times times = assumed_times(dev);

	if (pcireset_quirk_imm_ready(dev)) {
		take_quirks(dev, &times);
		return times;
	}
	/* Only its own FLR needs it, and firmware is slow. */
	if (dev == plan->dev)
		take_firmware(dev, &times);
	if (reported)
		take_reported(dev, reported, &times);
	take_quirks(dev, &times);
	return times;
}

/**
 * pcireset_times_of - how long a function may not be accessed
 * @plan: the plan, not yet carried out
 * @dev: the function, which answers
 *
 * Context: Process context. Nobody removes @dev meanwhile.
 * Return: what the specification demands, or the firmware or it itself says.
 */
struct pcireset_times pcireset_times_of(const struct pcireset_plan *plan, struct pci_dev *dev)
{
	return times_of(plan, dev, pci_find_ext_capability(dev, PCIRESET_RTR_ID));
}

/**
 * pcireset_learn_times - ask all members how long they may not be accessed
 * @plan: the plan, locked; its members answer still
 */
void pcireset_learn_times(struct pcireset_plan *plan)
{
	unsigned int i, reported;

	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_fn *fn = &plan->fns[i];

		reported = fn->outcome == PCIRESET_STATE_DEAD ?
				   0 :
				   pcireset_ext_capability(fn, PCIRESET_RTR_ID);
		fn->times = times_of(plan, fn->dev, reported);
	}
}

/**
 * pcireset_target_times - the times of the function that was asked for
 * @plan: the plan
 *
 * Return: they live as long as @plan.
 */
const struct pcireset_times *pcireset_target_times(const struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns - 1; i++)
		if (plan->fns[i].dev == plan->dev)
			break;
	return &plan->fns[i].times;
}
