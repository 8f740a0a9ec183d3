/* SPDX-License-Identifier: GPL-2.0-only */
/* The reset types: whether each fits a function, and how to issue it. */
#ifndef _PCIRESET_TYPE_H
#define _PCIRESET_TYPE_H

#include "wait/wait.h"

/**
 * struct pcireset_trigger - one reset to issue
 * @dev: the function that was asked for
 * @bridge: the bridge above it if the type resets the link, else unused
 * @times: how long @dev may not be accessed after a reset
 * @no_access_us: written: how long no affected function may be accessed, microseconds
 */
struct pcireset_trigger {
	struct pci_dev *dev;
	struct pci_dev *bridge;
	const struct pcireset_times *times;
	u32 no_access_us;
};

/* struct pcireset_probe.known */
#define PCIRESET_PROBE_SLOT  BIT(0)
#define PCIRESET_PROBE_CXL   BIT(1)
#define PCIRESET_PROBE_BELOW BIT(2)

/**
 * struct pcireset_probe - one query of a function, for any number of types
 * @dev: the function, in D0
 * @caller: locks that the caller may hold
 * @bridge: the bridge above it, referenced, or NULL on a root bus
 * @known: mask of PCIRESET_PROBE_*: the facts below that have been looked up
 * @has_slot: a hotplug driver offers to reset the slot
 * @cxl_port: position of the DVSEC of a CXL port in @bridge, 0 if it is none
 * @cxl_control: Port Control of that DVSEC
 * @broken: a function below @bridge that forbids a reset of its link, referenced, or NULL
 *
 * Several types need the same facts. Each is looked up once: a query of all functions
 * on a bus would otherwise visit the whole bus several times for each of them.
 */
struct pcireset_probe {
	struct pci_dev *dev;
	enum pcireset_caller caller;
	struct pci_dev *bridge;
	u32 known;
	bool has_slot;
	u16 cxl_port;
	u16 cxl_control;
	struct pci_dev *broken;
};

/**
 * struct pcireset_type - one way to reset
 * @bit: PCI_RESET_*
 * @name: its name in the kernel log, in uevents and for the user
 * @scope: enum pcireset_scope
 * @probe: write the reason why the type does not fit; nothing if it fits
 * @trigger: issue the reset; 0, or a negative errno
 *
 * @probe is called without locks, @trigger with the locks of all members.
 */
struct pcireset_type {
	u32 bit;
	const char *name;
	u32 scope;
	void (*probe)(struct pcireset_probe *probe, struct pcireset_type_info *info);
	int (*trigger)(struct pcireset_trigger *trigger);
};

/* table.c */
extern const struct pcireset_type pcireset_types[PCIRESET_NR_TYPES];
const struct pcireset_type *pcireset_type_find(u32 bit);
void pcireset_probe_begin(struct pcireset_probe *probe, struct pci_dev *dev,
			  enum pcireset_caller caller);
void pcireset_probe_end(struct pcireset_probe *probe);
void pcireset_type_probe(const struct pcireset_type *type, struct pcireset_probe *probe,
			 struct pcireset_type_info *info);

/* core.c */
void pcireset_probe_dev_specific(struct pcireset_probe *probe, struct pcireset_type_info *info);
int pcireset_trigger_dev_specific(struct pcireset_trigger *trigger);
void pcireset_probe_acpi(struct pcireset_probe *probe, struct pcireset_type_info *info);
int pcireset_trigger_acpi(struct pcireset_trigger *trigger);

/* flr.c */
void pcireset_probe_flr(struct pcireset_probe *probe, struct pcireset_type_info *info);
int pcireset_trigger_flr(struct pcireset_trigger *trigger);

/* pm.c */
void pcireset_probe_pm(struct pcireset_probe *probe, struct pcireset_type_info *info);
int pcireset_trigger_pm(struct pcireset_trigger *trigger);

/* slot.c */
void pcireset_probe_slot(struct pcireset_probe *probe, struct pcireset_type_info *info);

/* bus.c */
void pcireset_probe_bus(struct pcireset_probe *probe, struct pcireset_type_info *info);
void pcireset_probe_cxl_bus(struct pcireset_probe *probe, struct pcireset_type_info *info);
int pcireset_trigger_cxl_bus(struct pcireset_trigger *trigger);

/* link_disable.c */
void pcireset_probe_link_disable(struct pcireset_probe *probe, struct pcireset_type_info *info);
int pcireset_trigger_link_disable(struct pcireset_trigger *trigger);

/* link.c */
u16 pcireset_cxl_port(struct pci_dev *bridge);
bool pcireset_cxl_masks_sbr(struct pci_dev *bridge);
bool pcireset_probe_has_slot(struct pcireset_probe *probe);
bool pcireset_probe_is_cxl(struct pcireset_probe *probe);
bool pcireset_probe_is_masked(struct pcireset_probe *probe, u16 unmask);
void pcireset_probe_below(struct pcireset_probe *probe, struct pcireset_type_info *info);
void pcireset_probe_link(struct pcireset_probe *probe, struct pcireset_type_info *info);
u32 pcireset_link_refused(struct pci_dev *bridge, enum pcireset_caller caller,
			  struct pci_dev **ret_who);
int pcireset_link_reset_slot(struct pcireset_trigger *trigger);
int pcireset_link_reset_bus(struct pcireset_trigger *trigger);

#endif /* _PCIRESET_TYPE_H */
