// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power resources of ports. An ACPI table describes the ports, and its methods switch their
 * power in an operation region, whose registers are here. The core uses the table like that
 * of real ports, so that a port in D3cold has no power.
 */
#include <linux/acpi.h>

#include "pcisim.h"

/* The device in the table, and its address space (ACPI 6.5, sec 5.5.2.4, 0x80 to 0xff). */
#define FIRMWARE_ID    "PCSM0001"
#define FIRMWARE_SPACE 0xc0

/* The host that the table describes. Protected by the mutex. */
static struct pcisim_host *firmware_owner;
static DEFINE_MUTEX(firmware_lock);

static acpi_status firmware_switch(struct pcisim_function *port, bool on)
{
	u32 error = pcisim_faults_of(port)->power_error;

	if (error == (on ? PCISIM_POWER_ERROR_ON : PCISIM_POWER_ERROR_OFF))
		return AE_ERROR;
	if (on)
		pcisim_supply_on(port);
	else
		pcisim_supply_off(port);
	return AE_OK;
}

/* Each port on the root bus has a byte at its devfn: 1 is on, 0 is off. */
static acpi_status firmware_access(u32 function, acpi_physical_address at, u32 bits, u64 *value,
				   void *data, void *region)
{
	struct pcisim_host *host = data;
	struct pcisim_function *port;
	acpi_status status = AE_OK;
	unsigned long flags;

	raw_spin_lock_irqsave(&host->hw, flags);
	port = at < host->root.slots ? host->root.functions[at] : NULL;
	if (!port || !pcisim_is_port(port->node) || bits != 8)
		status = AE_BAD_ADDRESS;
	else if ((function & ACPI_IO_MASK) == ACPI_READ)
		*value = !(port->port->held & PCISIM_HELD_SUPPLY);
	else
		status = firmware_switch(port, *value);
	raw_spin_unlock_irqrestore(&host->hw, flags);
	return status;
}

static int firmware_install(struct pcisim_host *host)
{
	acpi_status status;

	if (firmware_owner)
		return -EBUSY;
	host->companion = acpi_dev_get_first_match_dev(FIRMWARE_ID, NULL, -1);
	if (!host->companion)
		return -ENODEV;
	status = acpi_install_address_space_handler(host->companion->handle, FIRMWARE_SPACE,
						    firmware_access, NULL, host);
	if (ACPI_FAILURE(status)) {
		acpi_dev_put(host->companion);
		host->companion = NULL;
		return -EIO;
	}
	firmware_owner = host;
	return 0;
}

/**
 * pcisim_firmware_start - let the ACPI table describe the ports of a host
 * @host: the host, which is not in the machine yet
 *
 * Context: host->lock is held.
 * Return: 0, -ENODEV if there is no such table, -EBUSY if it describes another host, or -EIO.
 */
int pcisim_firmware_start(struct pcisim_host *host)
{
	int error;

	if (!host->firmware)
		return 0;
	mutex_lock(&firmware_lock);
	error = firmware_install(host);
	mutex_unlock(&firmware_lock);
	return error;
}

/* On arm64, pcibios_root_bridge_prepare() takes the companion from here. */
static void set_parent(struct pcisim_host *host, struct device *parent)
{
#ifndef CONFIG_X86
	host->sysdata.parent = parent;
#endif
}

/**
 * pcisim_firmware_bind - give a host's bridge its companion in the ACPI table
 * @host: the host
 *
 * The core finds the companions of the ports below it by their addresses.
 *
 * Context: host->lock is held.
 */
void pcisim_firmware_bind(struct pcisim_host *host)
{
	if (!host->companion)
		return;
	ACPI_COMPANION_SET(&host->bridge->dev, host->companion);
	set_parent(host, &host->companion->dev);
}

/**
 * pcisim_firmware_stop - end what pcisim_firmware_start() has begun
 * @host: the host, which is not in the machine any more
 *
 * The table's _REG waits for a method that is using the region.
 *
 * Context: host->lock is held.
 */
void pcisim_firmware_stop(struct pcisim_host *host)
{
	if (!host->companion)
		return;
	mutex_lock(&firmware_lock);
	acpi_remove_address_space_handler(host->companion->handle, FIRMWARE_SPACE, firmware_access);
	firmware_owner = NULL;
	mutex_unlock(&firmware_lock);
	set_parent(host, NULL);
	acpi_dev_put(host->companion);
	host->companion = NULL;
}
