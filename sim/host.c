// SPDX-License-Identifier: GPL-2.0-only
/* Add a host bridge to the machine, and remove it. */
#include <linux/ioport.h>

#include "pcisim.h"

/* Bus address of the window: 32-bit BARs fit, although the CPU address is above 4 GiB. */
#define BUS_ADDRESS 0x80000000

static int reserve_memory(struct pcisim_host *host)
{
	resource_size_t size = (resource_size_t)host->window_mb << 20;

	host->memory = (struct resource){
		.name = "pcisim",
		.flags = IORESOURCE_MEM,
	};
	return allocate_resource(&iomem_resource, &host->memory, size, SZ_16M, iomem_resource.end,
				 SZ_2M, NULL, NULL);
}

static void set_domain(struct pcisim_host *host)
{
#ifdef CONFIG_X86
	host->sysdata.domain = host->domain;
	host->sysdata.node = NUMA_NO_NODE;
#endif
	host->bridge->domain_nr = host->domain;
}

/*
 * The host bridge defines the controller for message interrupts, except on x86, which has
 * one for all buses. Use the controller of a device of this machine.
 */
static void set_msi_domain(struct pcisim_host *host)
{
#if !defined(CONFIG_X86) && defined(CONFIG_PCI_MSI)
	struct irq_domain *domain = NULL;
	struct pci_dev *dev = NULL;

	while (!domain && (dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev)))
		domain = dev_get_msi_domain(&dev->dev);
	if (domain)
		dev_set_msi_domain(&host->bridge->dev, domain);
	pci_dev_put(dev);
#endif
}

/* Newer kernels, such as 7.3, expect a domain that they have allocated, and release it. */
static void free_bridge(struct pci_host_bridge *bridge)
{
	bridge->domain_nr = PCI_DOMAIN_NR_NOT_SET;
	pci_free_host_bridge(bridge);
}

static int add_bridge(struct pcisim_host *host)
{
	int error;

	host->bridge = pci_alloc_host_bridge(0);
	if (!host->bridge)
		return -ENOMEM;
	host->buses = (struct resource){
		.name = "pcisim buses",
		.start = host->bus,
		.end = 255,
		.flags = IORESOURCE_BUS,
	};
	pci_add_resource_offset(&host->bridge->windows, &host->memory,
				host->memory.start - BUS_ADDRESS);
	pci_add_resource(&host->bridge->windows, &host->buses);
	host->bridge->busnr = host->bus;
	host->bridge->dev.parent = host->device;
	host->bridge->sysdata = &host->sysdata;
	host->bridge->ops = &pcisim_ops;
	set_domain(host);
	set_msi_domain(host);
	pcisim_firmware_bind(host);

	error = pci_host_probe(host->bridge);
	if (error)
		free_bridge(host->bridge);
	return error;
}

/**
 * pcisim_host_start - put a host into the machine
 * @host: the host
 *
 * Context: host->lock is held; takes the rescan/remove lock.
 * Return: 0 or a negative errno; -EEXIST if the root bus is taken, -ENODEV if no ACPI table
 * describes the ports.
 */
int pcisim_host_start(struct pcisim_host *host)
{
	int error;

	error = pcisim_build(host);
	if (error)
		goto free_build;
	host->closing = false;
	host->work = alloc_workqueue("pcisim", WQ_UNBOUND, 0);
	if (!host->work) {
		error = -ENOMEM;
		goto free_build;
	}
	host->device = root_device_register(config_item_name(&host->group.cg_item));
	if (IS_ERR(host->device)) {
		error = PTR_ERR(host->device);
		goto destroy_work;
	}
	error = reserve_memory(host);
	if (error)
		goto unregister_device;
	error = pcisim_iommu_start(host);
	if (error)
		goto release_memory;
	error = pcisim_firmware_start(host);
	if (error)
		goto stop_iommu;
	error = add_bridge(host);
	if (error)
		goto stop_firmware;
	host->live = true;
	return 0;

stop_firmware:
	pcisim_firmware_stop(host);
stop_iommu:
	pcisim_iommu_stop(host);
release_memory:
	release_resource(&host->memory);
unregister_device:
	root_device_unregister(host->device);
destroy_work:
	destroy_workqueue(host->work);
free_build:
	pcisim_build_free(host);
	return error;
}

static int release_pciehp(struct device *dev, void *data)
{
	if (dev->driver && !strcmp(dev->driver->name, "pciehp"))
		device_release_driver(dev);
	return 0;
}

/*
 * Removing a port stops the interrupt thread of pciehp under the rescan/remove lock. The
 * thread may be waiting for this lock. So remove pciehp first.
 */
static void release_slots(struct pcisim_host *host)
{
	struct pci_dev *dev = NULL;

	while ((dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev))) {
		if (dev->bus->ops == &pcisim_ops && dev->bus->sysdata == &host->sysdata)
			device_for_each_child(&dev->dev, NULL, release_pciehp);
	}
}

static void stop_events(struct pcisim_host *host)
{
	unsigned int i;

	raw_spin_lock_irq(&host->hw);
	host->closing = true;
	raw_spin_unlock_irq(&host->hw);
	for (i = 0; i < host->bridge_count; i++)
		pcisim_port_stop(host->bridges[i]);
}

/**
 * pcisim_host_stop - take a host out of the machine
 * @host: the host
 *
 * Context: host->lock is held; takes the rescan/remove lock.
 */
void pcisim_host_stop(struct pcisim_host *host)
{
	stop_events(host);
	release_slots(host);
	pci_lock_rescan_remove();
	pci_stop_root_bus(host->bridge->bus);
	pci_remove_root_bus(host->bridge->bus);
	pci_unlock_rescan_remove();
	/*
	 * The host bridge still exists after its removal, because this module has the
	 * first reference.
	 */
	free_bridge(host->bridge);
	host->bridge = NULL;
	pcisim_firmware_stop(host);
	pcisim_iommu_stop(host);
	release_resource(&host->memory);
	root_device_unregister(host->device);
	destroy_workqueue(host->work);
	pcisim_build_free(host);
	host->live = false;
}
