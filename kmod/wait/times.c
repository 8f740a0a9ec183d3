// SPDX-License-Identifier: GPL-2.0-only
/* How long a function may not be accessed after a reset, and which source of that counts. */
#include <linux/acpi.h>
#include <linux/slab.h>

#include "wait/wait.h"

/*
 * PCIe r6.0, sec 6.6.2: an FLR must be complete within 100 ms. The AF ECN says
 * the same.
 */
#define FLR_MS 100

/* Sec 6.6.1: software has to wait as long after a reset of the link. */
#define RESET_MS 100

/* Sec 5.9: after the function has left D3hot. */
#define D3HOT_MS 10

/* PCIe r6.0, sec 7.9.16: Readiness Time Reporting. */
#define RTR_FIRST  4
#define RTR_SECOND 8
#define RTR_VALID  BIT(31)

/* The longest times that a function may report are encoded as A1Eh, and as 80Ah after D3hot. */
#define RTR_MAX_US    1006633
#define RTR_MAX_D0_US 10486

/*
 * PCI Firmware r3.3, sec 4.6.9: _DSM for Device Readiness Durations, five of them
 * in microseconds. The core reads two of them, and does not keep the one for an FLR.
 */
#define DSM_REVISION  3
#define DSM_DURATIONS 9
#define DSM_NR        5
#define DSM_FLR       2

static const guid_t dsm_guid =
	GUID_INIT(0xe5c937d0, 0x3553, 0x4d7a, 0x91, 0x17, 0xea, 0x4d, 0x19, 0xc3, 0x43, 0x4d);

/*
 * Sec 7.9.16.2: 9 bits, in units of 32 to the power of the 3 bits above, ns.
 * Two of these units are reserved. Locks are held for this time, so a longer one than
 * the specification permits does not count.
 */
static void times_take_field(u32 *us, u32 field, u32 max_us)
{
	unsigned int scale = (field >> 9) & 7;
	u64 reported;

	if (scale > 5)
		return;
	reported = DIV_ROUND_UP_ULL((u64)(field & 0x1ff) << 5 * scale, NSEC_PER_USEC);
	if (reported <= max_us)
		*us = reported;
}

/* The times that the device reports replace those of the specification. */
static void times_take_device(struct pci_dev *dev, unsigned int pos, struct pcireset_times *times)
{
	u32 first, second;

	pci_read_config_dword(dev, pos + RTR_FIRST, &first);
	pci_read_config_dword(dev, pos + RTR_SECOND, &second);
	if (PCI_POSSIBLE_ERROR(first) || !(first & RTR_VALID))
		return;
	times_take_field(&times->link_us, first >> 12, RTR_MAX_US);
	times_take_field(&times->flr_us, second, RTR_MAX_US);
	times_take_field(&times->d0_us, second >> 12, RTR_MAX_D0_US);
}

/* Use the firmware's time only if it is shorter than the specification's, as the core does. */
static void times_take_firmware(struct pci_dev *dev, struct pcireset_times *times)
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
 * Without a PM capability the core leaves d3cold_delay at 0, although the function is
 * not ready at once. A VF needs no time of its own: it appears when VF Enable is set
 * again, after the wait for its PF.
 */
static unsigned int times_link_ms(const struct pci_dev *dev)
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
static struct pcireset_times times_assumed(struct pci_dev *dev)
{
	/* PCIe r6.0, sec 7.5.1.1.4: Immediate Readiness, after a reset of any kind. */
	if (pcireset_quirk_imm_ready(dev))
		return (struct pcireset_times){ 0 };
	return (struct pcireset_times){
		.flr_us = FLR_MS * USEC_PER_MSEC,
		.link_us = times_link_ms(dev) * USEC_PER_MSEC,
		.d0_us = pcireset_quirk_d3hot_ms(dev) * USEC_PER_MSEC,
	};
}

/* A quirk that asks for more than the specification overrides the device's own times. */
static void times_take_quirks(const struct pci_dev *dev, struct pcireset_times *times)
{
	u32 d3hot_ms = pcireset_quirk_d3hot_ms(dev);

	if (dev->d3cold_delay > RESET_MS)
		times->link_us = max_t(u32, times->link_us, dev->d3cold_delay * USEC_PER_MSEC);
	if (d3hot_ms > D3HOT_MS)
		times->d0_us = max_t(u32, times->d0_us, d3hot_ms * USEC_PER_MSEC);
}

/* @rtr_pos: position of its Readiness Time Reporting, 0 if it has none or must not be asked. */
static struct pcireset_times times_reported(struct pci_dev *dev, unsigned int rtr_pos,
					    struct pcireset_times times)
{
	if (rtr_pos && !pcireset_quirk_imm_ready(dev))
		times_take_device(dev, rtr_pos, &times);
	times_take_quirks(dev, &times);
	return times;
}

/**
 * pcireset_times_of - how long a function may not be accessed
 * @dev: the function, which answers
 * @rtr_pos: position of its Readiness Time Reporting, 0 to leave it out
 *
 * Context: Process context. @dev is not removed meanwhile.
 * Return: the times from the specification, or from the function itself.
 */
struct pcireset_times pcireset_times_of(struct pci_dev *dev, unsigned int rtr_pos)
{
	return times_reported(dev, rtr_pos, times_assumed(dev));
}

/**
 * pcireset_times_of_target - how long the function to be reset may not be accessed
 * @dev: the function, which answers
 * @rtr_pos: position of its Readiness Time Reporting, 0 to leave it out
 *
 * As pcireset_times_of(), and also asks the firmware. Firmware is slow, and only the
 * function's own FLR needs its answer.
 *
 * Context: As pcireset_times_of().
 * Return: the times from the specification, the firmware, or the function itself.
 */
struct pcireset_times pcireset_times_of_target(struct pci_dev *dev, unsigned int rtr_pos)
{
	struct pcireset_times times = times_assumed(dev);

	if (!pcireset_quirk_imm_ready(dev))
		times_take_firmware(dev, &times);
	return times_reported(dev, rtr_pos, times);
}
