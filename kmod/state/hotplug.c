// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of a slot during a reset. pciehp drops the events of this time. Afterwards
 * the module compares presence, link and identity, and makes pciehp act on a change.
 * All other events stay latched in the port until pciehp handles events again.
 */
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/workqueue.h>

#include "state/state.h"

/* PCIe r6.0, sec 6.7.3.2: a slot completes a command within 1 s. */
#define HOTPLUG_COMMAND_MS 1000

/* How often to repeat a lost write: the module and pciehp have no common lock for Slot Control. */
#define HOTPLUG_TRIES 3

/* Bits of Slot Control that enable the interrupts of events. */
#define HOTPLUG_ENABLES                                                                            \
	(PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PFDE | PCI_EXP_SLTCTL_MRLSCE | PCI_EXP_SLTCTL_PDCE | \
	 PCI_EXP_SLTCTL_CCIE | PCI_EXP_SLTCTL_DLLSCE)

/* Settings of Slot Control that pciehp changes at any time, without an event enable. */
#define HOTPLUG_SETTINGS (PCI_EXP_SLTCTL_AIC | PCI_EXP_SLTCTL_PIC | PCI_EXP_SLTCTL_PCC)

static struct workqueue_struct *hotplug_queue;

static bool hotplug_is_present(struct pci_dev *port)
{
	u16 status;

	pcie_capability_read_word(port, PCI_EXP_SLTSTA, &status);
	return !PCI_POSSIBLE_ERROR(status) && (status & PCI_EXP_SLTSTA_PDS);
}

/* The removal of a port also removes the functions below it. */
static bool hotplug_port_is_lost(struct pci_dev *port)
{
	return !pcireset_is_there(port) || port->error_state == pci_channel_io_perm_failure ||
	       !pci_device_is_present(port);
}

static int hotplug_disconnect(struct pci_dev *dev, void *data)
{
	WRITE_ONCE(dev->error_state, pci_channel_io_perm_failure);
	return 0;
}

/*
 * As writes to the slot's power file: pciehp switches the slot off and removes its
 * functions. If a card is present, pciehp switches the slot on and finds the card. But
 * pciehp would let the drivers talk to a card that has left. So the functions are
 * disconnected first, as pciehp does for a surprise removal.
 */
static void hotplug_disable_and_enable(struct pci_dev *port, struct hotplug_slot *hotplug)
{
	/* pciehp has already acted, on a later event, or in 7.3 after a check of its own. */
	if (!hotplug || hotplug_port_is_lost(port))
		return;
	pci_walk_bus(port->subordinate, hotplug_disconnect, NULL);
	hotplug->ops->disable_slot(hotplug);
	if (hotplug_is_present(port))
		hotplug->ops->enable_slot(hotplug);
}

static void hotplug_act(struct work_struct *work)
{
	struct pcireset_fn *port = container_of(work, struct pcireset_fn, masked.slot_work);
	/* The next type of the transaction may note it again in the meantime. */
	struct pcireset_fn *child = READ_ONCE(port->masked.slot_child);
	struct device *service = pcireset_pciehp_get(port->dev);

	if (service && child) {
		device_lock(service);
		hotplug_disable_and_enable(port->dev, pcireset_pciehp_slot(service, child->dev));
		device_unlock(service);
	}
	put_device(service);
	pcireset_tx_put(port->masked.slot_tx);
}

static bool hotplug_command_is_done(struct pci_dev *port)
{
	u16 status;

	pcie_capability_read_word(port, PCI_EXP_SLTSTA, &status);
	return PCI_POSSIBLE_ERROR(status) || status & PCI_EXP_SLTSTA_CC;
}

/* Does not clear Command Completed: it may belong to a command of pciehp. */
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
 * @port: the port, which answers; @port->masked.slot_enables gets the enabled events
 *
 * pciehp clears all events of a slot when one of them interrupts, even if it ignores
 * them. A press of the attention button would be lost with the link change of the
 * reset. The slot's Hot-Plug Interrupt Enable stays set: pciehp has a copy of that
 * bit, but not of these.
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
 * pcireset_hotplug_mask_again - mask events that pciehp has enabled since
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

/* Returns true if no further write is needed. */
static bool hotplug_try_unmask(struct pcireset_fn *port)
{
	u16 control, enables = port->masked.slot_enables;

	pcie_capability_read_word(port->dev, PCI_EXP_SLTCTL, &control);
	/* Without its interrupt, the slot no longer has a driver. */
	if (PCI_POSSIBLE_ERROR(control) || !(control & PCI_EXP_SLTCTL_HPIE) ||
	    (control & enables) == enables)
		return true;
	pcie_capability_write_word(port->dev, PCI_EXP_SLTCTL, control | enables);
	return false;
}

/**
 * pcireset_hotplug_unmask - enable the events of pcireset_hotplug_mask() again
 * @port: the port; its latched events interrupt now
 *
 * Does nothing if the slot's driver has left since.
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
 * pcireset_hotplug_save - save the indicators and the power of a port's slot
 * @port: the port; @port->masked.slot_settings is written if pciehp has the slot
 *
 * pciehp may have changed them since the core saved the port's state: the state is
 * saved once for all types.
 */
void pcireset_hotplug_save(struct pcireset_fn *port)
{
	u16 control;

	pcie_capability_read_word(port->dev, PCI_EXP_SLTCTL, &control);
	/* Without its interrupt, the slot has no driver, or the register was lost. */
	if (PCI_POSSIBLE_ERROR(control) || !(control & PCI_EXP_SLTCTL_HPIE))
		return;
	port->masked.slot_settings = control & HOTPLUG_SETTINGS;
	port->masked.slot_is_saved = true;
}

/**
 * pcireset_hotplug_restore - restore the settings of pcireset_hotplug_save()
 * @port: the port, after the core's restore
 */
void pcireset_hotplug_restore(struct pcireset_fn *port)
{
	u16 control;

	if (!port->masked.slot_is_saved)
		return;
	pcie_capability_read_word(port->dev, PCI_EXP_SLTCTL, &control);
	if (PCI_POSSIBLE_ERROR(control) ||
	    (control & HOTPLUG_SETTINGS) == port->masked.slot_settings)
		return;
	hotplug_wait_for_command(port->dev);
	pcie_capability_write_word(port->dev, PCI_EXP_SLTCTL,
				   (control & ~HOTPLUG_SETTINGS) | port->masked.slot_settings);
	hotplug_wait_for_command(port->dev);
}

/**
 * pcireset_hotplug_note - note the content of a port's slot before the reset
 * @port: the port; pciehp still handles its events
 * @child: function 0 below it, unchanged, or NULL
 */
void pcireset_hotplug_note(struct pcireset_fn *port, struct pcireset_fn *child)
{
	port->masked.slot_changed = false;
	port->masked.slot_present = hotplug_is_present(port->dev);
	WRITE_ONCE(port->masked.slot_child, child && child->dev->slot ? child : NULL);
}

/* The link is down and the wait is over: pciehp must remove the card. DPC recovers by itself. */
static bool hotplug_link_is_lost(const struct pcireset_fn *port)
{
	return port->masked.slot_child->found.outcome == PCIRESET_STATE_DEAD &&
	       !pcireset_link_is_up(port->dev) && !pcireset_contained(port->dev);
}

/**
 * pcireset_hotplug_check - check whether a slot's card has left or was replaced
 * @port: the port; pciehp handles its events again; @port->masked.slot_changed is written
 *
 * If the slot was already empty in pcireset_hotplug_note(), its card has left after the
 * functions were saved, and pciehp may have dropped the event. But some slots never
 * report their card: a card that answers is present.
 */
void pcireset_hotplug_check(struct pcireset_fn *port)
{
	const struct pcireset_fn *child = port->masked.slot_child;
	u16 status;

	if (!child || child->unfinished.gone)
		return;
	/* All-ones: the port itself does not answer. */
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
 * pcireset_hotplug_notify - make pciehp act on a change of the slot
 * @tx: the transaction; it is referenced until pciehp has acted
 * @port: the port, of @tx
 *
 * Allocates no memory, so a lack of it cannot lose an event.
 *
 * Context: Process context. May be called with locks held: pciehp acts later.
 */
void pcireset_hotplug_notify(struct pcireset_tx *tx, struct pcireset_fn *port)
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

/* Waits until pciehp has acted on all changes. */
void pcireset_hotplug_exit(void)
{
	destroy_workqueue(hotplug_queue);
}
