/* SPDX-License-Identifier: GPL-2.0-only */
/* The ground floor: functions, their addresses, and which of them are still there. */
#ifndef _PCIRESET_TOPOLOGY_H
#define _PCIRESET_TOPOLOGY_H

#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

#include "table/capabilities.h"
#include "table/limits.h"
#include "uapi/linux/pcireset.h"

struct hotplug_slot;

/**
 * enum pcireset_caller - locks that a caller may hold
 * @PCIRESET_CALLER_FREE: none
 * @PCIRESET_CALLER_LOCKED: device locks. Never wait for a lock such as pci_bus_sem,
 *	because its holder may wait for one of these device locks.
 */
enum pcireset_caller {
	PCIRESET_CALLER_FREE,
	PCIRESET_CALLER_LOCKED,
};

/**
 * enum pcireset_unfinished_kind - why a reset is not finished although no lock is held
 * @PCIRESET_FINISHED: it is finished, or its locks are held
 * @PCIRESET_SETTLING: the caller will check the function again
 * @PCIRESET_LATE: the worker waits for the function
 * @PCIRESET_QUIET_PORT: the port is quiet; the worker waits for a function below it
 */
enum pcireset_unfinished_kind {
	PCIRESET_FINISHED = 0,
	PCIRESET_SETTLING,
	PCIRESET_LATE,
	PCIRESET_QUIET_PORT,
};

/**
 * struct pcireset_unfinished - the entry of a function whose reset is not finished
 * @node: in the table of such functions
 * @dev: the function
 * @kind: why
 * @owner: the reset that it is a member of
 * @gone: the function was removed meanwhile
 *
 * pcireset_unfinished_lock protects all members. A writer of @gone also holds
 * pcireset_topology for writing.
 */
struct pcireset_unfinished {
	struct hlist_node node;
	struct pci_dev *dev;
	enum pcireset_unfinished_kind kind;
	void *owner;
	bool gone;
};

/* generation.c */
extern struct rw_semaphore pcireset_topology;
const atomic64_t *pcireset_counter(struct pci_dev *dev);
void pcireset_topology_moved(struct pci_dev *dev);

/* find.c */
struct pcireset_addr pcireset_addr_of(const struct pci_dev *dev);
bool pcireset_is_there(struct pci_dev *dev);
struct pci_dev *pcireset_find(const struct pcireset_addr *addr);
void pcireset_find_add(struct pci_dev *dev);
void pcireset_find_remove(struct pci_dev *dev);
void pcireset_find_init(void);
void pcireset_find_exit(void);

/* pciehp.c */
struct device *pcireset_pciehp_get(struct pci_dev *port);
bool pcireset_pciehp_is_bound(struct pci_dev *port);
struct hotplug_slot *pcireset_pciehp_slot(struct device *service, struct pci_dev *dev);

/* walk.c */
struct pci_dev *pcireset_bridge_above(struct pci_dev *dev);
struct pci_dev *pcireset_first_below(struct pci_dev *bridge);
bool pcireset_is_below(struct pci_dev *bridge, struct pci_dev *dev);
void pcireset_walk_below(struct pci_dev *bridge, enum pcireset_caller caller,
			 int (*visit)(struct pci_dev *dev, void *data), void *data);

/* unfinished.c */
extern spinlock_t pcireset_unfinished_lock;
bool pcireset_is_unfinished(const struct pci_dev *dev, enum pcireset_unfinished_kind kind,
			    const void *but);
struct pcireset_unfinished *pcireset_unfinished_find(const struct pci_dev *dev, u32 kinds);
struct pcireset_unfinished *pcireset_unfinished_find_present(const struct pci_dev *dev);
void pcireset_unfinished_add(struct pcireset_unfinished *entry, enum pcireset_unfinished_kind kind);
void pcireset_unfinished_remove(struct pcireset_unfinished *entry);

/* quirk.c */
bool pcireset_quirk_handler(struct pci_dev *dev);
bool pcireset_quirk_no_flr(struct pci_dev *dev);
bool pcireset_quirk_no_pm(struct pci_dev *dev);
bool pcireset_quirk_imm_ready(struct pci_dev *dev);
void pcireset_quirk_woken(struct pci_dev *dev);
void pcireset_quirk_restored(struct pci_dev *dev);
void pcireset_quirk_add(const struct pci_dev *dev);
unsigned int pcireset_quirk_d3hot_ms(const struct pci_dev *dev);

/* Removed by surprise: the kernel knows that it will not answer any more. */
static inline bool pcireset_is_disconnected(const struct pci_dev *dev)
{
	return READ_ONCE(dev->error_state) == pci_channel_io_perm_failure;
}

/* PCIe r6.0, sec 7.5.3.2: the ports that have a link below them. */
static inline bool pcireset_is_downstream_port(struct pci_dev *dev)
{
	int type = pci_is_pcie(dev) ? pci_pcie_type(dev) : -1;

	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM ||
	       type == PCI_EXP_TYPE_PCIE_BRIDGE;
}

/* Is it a PCIe port with a slot that may be hot-plugged? */
static inline bool pcireset_has_slot(struct pci_dev *dev)
{
	return dev->is_hotplug_bridge && pci_is_pcie(dev);
}

/* Without it the firmware keeps the AER capability (ACPI _OSC), or there is none. */
static inline bool pcireset_owns_aer(struct pci_dev *dev)
{
	return dev->aer_cap && pci_find_host_bridge(dev->bus)->native_aer;
}

#endif /* _PCIRESET_TOPOLOGY_H */
