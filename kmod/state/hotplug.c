// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happened to a slot while its events were expected: pciehp drops them then.
 * Presence, link and identity are compared afterwards, and pciehp is made to act.
 * All other events stay latched in the port until pciehp listens again.
 */
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/workqueue.h>

#include "state/state.h"

/* PCIe r6.0, sec 6.7.3.2: a command to a slot is completed within 1 s. */
#define HOTPLUG_COMMAND_MS 1000

/* Two writers of Slot Control have no common lock: how often a write that got lost is repeated. */
#define HOTPLUG_TRIES 3

/* Bits of Slot Control that let an event interrupt. */
#define HOTPLUG_ENABLES                                                                            \
	(PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PFDE | PCI_EXP_SLTCTL_MRLSCE | PCI_EXP_SLTCTL_PDCE | \
	 PCI_EXP_SLTCTL_CCIE | PCI_EXP_SLTCTL_DLLSCE)

static struct workqueue_struct *hotplug_queue;

static bool hotplug_is_present(struct pci_dev *port)
{
	u16 status;

	pcie_capability_read_word(port, PCI_EXP_SLTSTA, &status);
	return !PCI_POSSIBLE_ERROR(status) && (status & PCI_EXP_SLTSTA_PDS);
}

/* Whoever removes the port itself removes what is below it. */
static bool hotplug_port_is_lost(struct pci_dev *port)
{
	return !pcireset_is_there(port) || port->error_state == pci_channel_io_perm_failure ||
	       !pci_device_is_present(port);
}

static int hotplug_is_service(struct device *dev, void *data)
{
	struct device **service = data;

	if (!dev->driver || strcmp(dev->driver->name, "pciehp"))
		return 0;
	*service = get_device(dev);
	return 1;
}

/*
 * As a write to the slot's power file does it. pciehp switches the slot off and
 * removes its functions; a card that is there is found again.
 */
static void hotplug_disable_and_enable(struct pci_dev *port, struct pci_dev *child)
{
	struct pci_slot *slot = child->slot;
	struct hotplug_slot *hotplug = slot ? slot->hotplug : NULL;

	if (!hotplug || !hotplug->ops->disable_slot || hotplug_port_is_lost(port))
		return;
	/* pciehp has acted already: it saw a later event, or in 7.3 looked for itself. */
	if (!pcireset_is_there(child))
		return;
	hotplug->ops->disable_slot(hotplug);
	if (hotplug->ops->enable_slot && hotplug_is_present(port))
		hotplug->ops->enable_slot(hotplug);
}

static void hotplug_act(struct work_struct *work)
{
	struct pcireset_fn *port = container_of(work, struct pcireset_fn, masked.slot_work);
	struct device *service = NULL;

	/* The slot's driver stays bound as long as its device is locked, and the slot with it. */
	device_for_each_child(&port->dev->dev, &service, hotplug_is_service);
	if (service) {
		device_lock(service);
		if (service->driver)
			hotplug_disable_and_enable(port->dev, port->masked.slot_child->dev);
		device_unlock(service);
		put_device(service);
	}
	pcireset_tx_put(port->masked.slot_tx);
}

static bool hotplug_command_is_done(struct pci_dev *port)
{
	u16 status;

	pcie_capability_read_word(port, PCI_EXP_SLTSTA, &status);
	return PCI_POSSIBLE_ERROR(status) || status & PCI_EXP_SLTSTA_CC;
}

/* Command Completed is left as it is: it may be that of a command of pciehp. */
static void hotplug_wait_for_command(struct pci_dev *port)
{
	ktime_t until = ktime_add_ms(ktime_get(), HOTPLUG_COMMAND_MS);
	u32 capability;

	pcie_capability_read_dword(port, PCI_EXP_SLTCAP, &capability);
	if (capability & PCI_EXP_SLTCAP_NCCS || port->broken_cmd_compl)
		return;
	while (!hotplug_command_is_done(port) && ktime_before(ktime_get(), until))
		usleep_range(100, 200);
}

/**
 * pcireset_hotplug_mask - keep the events of a port's slot latched
 * @port: the port, which answers; @port->masked.slot_enables remembers what was enabled
 *
 * pciehp clears all events of a slot when one of them interrupts, also when it has
 * to ignore them. An attention button that was pressed would be lost with the link
 * change that the reset causes. The interrupt of the slot as a whole stays enabled:
 * pciehp remembers that bit, and not these.
 */
void pcireset_hotplug_mask(struct pcireset_fn *port)
{
	u16 control;

	pcie_capability_read_word(port->dev, PCI_EXP_SLTCTL, &control);
	if (PCI_POSSIBLE_ERROR(control) || !(control & PCI_EXP_SLTCTL_HPIE) ||
	    !(control & HOTPLUG_ENABLES))
		return;
	port->masked.slot_enables |= control & HOTPLUG_ENABLES;
	pcie_capability_write_word(port->dev, PCI_EXP_SLTCTL, control & ~HOTPLUG_ENABLES);
	hotplug_wait_for_command(port->dev);
}

/**
 * pcireset_hotplug_mask_again - mask what pciehp has enabled meanwhile
 * @port: the port, masked before
 */
void pcireset_hotplug_mask_again(struct pcireset_fn *port)
{
	u16 control;

	pcie_capability_read_word(port->dev, PCI_EXP_SLTCTL, &control);
	if (PCI_POSSIBLE_ERROR(control) || !(control & PCI_EXP_SLTCTL_HPIE) ||
	    !(control & HOTPLUG_ENABLES))
		return;
	hotplug_wait_for_command(port->dev);
	pcireset_hotplug_mask(port);
}

/* True if nothing is left to be done. */
static bool hotplug_try_unmask(struct pcireset_fn *port)
{
	u16 control, enables = port->masked.slot_enables;

	pcie_capability_read_word(port->dev, PCI_EXP_SLTCTL, &control);
	/* Without its interrupt the slot has no driver any more. */
	if (PCI_POSSIBLE_ERROR(control) || !(control & PCI_EXP_SLTCTL_HPIE) ||
	    (control & enables) == enables)
		return true;
	pcie_capability_write_word(port->dev, PCI_EXP_SLTCTL, control | enables);
	return false;
}

/**
 * pcireset_hotplug_unmask - end what pcireset_hotplug_mask() began
 * @port: the port; what is latched interrupts now
 *
 * Nothing happens to a slot whose driver has left meanwhile.
 */
void pcireset_hotplug_unmask(struct pcireset_fn *port)
{
	unsigned int i;

	if (!port->masked.slot_enables)
		return;
	for (i = 0; i < HOTPLUG_TRIES && !hotplug_try_unmask(port); i++)
		usleep_range(100, 200);
}

/**
 * pcireset_hotplug_note - remember what is in a port's slot
 * @port: the port, whose events are about to be dropped
 * @child: function 0 below it, still as it was, or NULL
 */
void pcireset_hotplug_note(struct pcireset_fn *port, struct pcireset_fn *child)
{
	port->masked.slot_changed = false;
	port->masked.slot_present = hotplug_is_present(port->dev);
	port->masked.slot_child = child && child->dev->slot ? child : NULL;
}

/* A link that is down and not waited for: pciehp takes the card out. DPC has its own recovery. */
static bool hotplug_link_is_lost(const struct pcireset_fn *port)
{
	return port->masked.slot_child->found.outcome == PCIRESET_STATE_DEAD &&
	       !pcireset_link_is_up(port->dev) && !pcireset_contained(port->dev);
}

/**
 * pcireset_hotplug_check - has the card in a port's slot left, or was it replaced?
 * @port: the port, whose events are not dropped any more; @port->masked.slot_changed is written
 *
 * A slot that was empty already has had a card when the functions were saved, and its
 * event may have come when events were dropped. But there are slots that never show
 * their card: one that answers is there.
 */
void pcireset_hotplug_check(struct pcireset_fn *port)
{
	const struct pcireset_fn *child = port->masked.slot_child;
	u16 status;

	if (!child || child->unfinished.gone)
		return;
	/* All-ones: the port does not answer itself. */
	pcie_capability_read_word(port->dev, PCI_EXP_SLTSTA, &status);
	if (PCI_POSSIBLE_ERROR(status))
		return;
	if (!(status & PCI_EXP_SLTSTA_PDS))
		port->masked.slot_changed = port->masked.slot_present ||
					    child->found.outcome == PCIRESET_STATE_DEAD;
	if (child->found.outcome == PCIRESET_STATE_OTHER || hotplug_link_is_lost(port))
		port->masked.slot_changed = true;
}

/**
 * pcireset_hotplug_tell - make pciehp act on what has changed
 * @tx: the transaction, which stays until pciehp has acted
 * @port: the port, of @tx
 *
 * Needs no memory, so no event is lost for want of it.
 *
 * Context: Process context. May be called with locks held: pciehp acts later.
 */
void pcireset_hotplug_tell(struct pcireset_tx *tx, struct pcireset_fn *port)
{
	if (!port->masked.slot_changed)
		return;
	port->masked.slot_changed = false;
	pci_info(port->dev,
		 "the card in the slot has left, was replaced or lost its link during a reset\n");
	if (!port->masked.slot_tx)
		INIT_WORK(&port->masked.slot_work, hotplug_act);
	port->masked.slot_tx = tx;
	kref_get(&tx->ref);
	if (!queue_work(hotplug_queue, &port->masked.slot_work))
		pcireset_tx_put(tx);
}

int pcireset_hotplug_init(void)
{
	hotplug_queue = alloc_workqueue("pcireset_hotplug", WQ_UNBOUND, 0);
	return hotplug_queue ? 0 : -ENOMEM;
}

/* Waits for what pciehp has been asked to do. */
void pcireset_hotplug_exit(void)
{
	destroy_workqueue(hotplug_queue);
}
