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
	void (*probe)(struct pci_dev *dev, enum pcireset_caller caller,
		      struct pcireset_type_info *info);
	int (*trigger)(struct pcireset_trigger *trigger);
};

/* table.c */
extern const struct pcireset_type pcireset_types[PCIRESET_NR_TYPES];
const struct pcireset_type *pcireset_type_find(u32 bit);
void pcireset_type_probe(const struct pcireset_type *type, struct pci_dev *dev,
			 enum pcireset_caller caller, struct pcireset_type_info *info);

/* core.c */
void pcireset_probe_dev_specific(struct pci_dev *dev, enum pcireset_caller caller,
				 struct pcireset_type_info *info);
int pcireset_trigger_dev_specific(struct pcireset_trigger *trigger);
void pcireset_probe_acpi(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info);
int pcireset_trigger_acpi(struct pcireset_trigger *trigger);

/* flr.c */
void pcireset_probe_flr(struct pci_dev *dev, enum pcireset_caller caller,
			struct pcireset_type_info *info);
int pcireset_trigger_flr(struct pcireset_trigger *trigger);

/* pm.c */
void pcireset_probe_pm(struct pci_dev *dev, enum pcireset_caller caller,
		       struct pcireset_type_info *info);
int pcireset_trigger_pm(struct pcireset_trigger *trigger);

/* slot.c */
void pcireset_probe_slot(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info);

/* bus.c */
void pcireset_probe_bus(struct pci_dev *dev, enum pcireset_caller caller,
			struct pcireset_type_info *info);
void pcireset_probe_cxl_bus(struct pci_dev *dev, enum pcireset_caller caller,
			    struct pcireset_type_info *info);
int pcireset_trigger_cxl_bus(struct pcireset_trigger *trigger);

/* link_disable.c */
void pcireset_probe_link_disable(struct pci_dev *dev, enum pcireset_caller caller,
				 struct pcireset_type_info *info);
int pcireset_trigger_link_disable(struct pcireset_trigger *trigger);

/* link.c */
u16 pcireset_cxl_port(struct pci_dev *bridge);
bool pcireset_cxl_masks_sbr(struct pci_dev *bridge);
u32 pcireset_link_refused_below(struct pci_dev *bridge, enum pcireset_caller caller,
				struct pci_dev **ret_who);
u32 pcireset_link_refused(struct pci_dev *bridge, enum pcireset_caller caller,
			  struct pci_dev **ret_who);
void pcireset_link_probe(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info);
struct pci_slot *pcireset_slot_find(struct pci_dev *dev, enum pcireset_caller caller);
int pcireset_link_reset_slot(struct pcireset_trigger *trigger);
int pcireset_link_reset_bus(struct pcireset_trigger *trigger);

#endif /* _PCIRESET_TYPE_H */
