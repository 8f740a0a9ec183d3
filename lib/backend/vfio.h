/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files of the VFIO back end: the facts from VFIO and sysfs, and the
 * decisions based on them.
 */
#ifndef LIBPCIRESET_VFIO_H
#define LIBPCIRESET_VFIO_H

#include <linux/vfio.h>
#include "backend/backend.h"

/* Since Linux 6.4; the header in Debian 12 is older. */
#ifndef VFIO_PCI_HOT_RESET_FLAG_DEV_ID
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID (1 << 0)
#endif

/* The caller's descriptors. They stay open. */
struct vfio_fds {
	int device;
	size_t nr_groups;
	int groups[];
};

/* reset_method: the types that the kernel tries for VFIO_DEVICE_RESET, in this order. */
struct vfio_methods {
	size_t nr;
	uint32_t first, first_flags; /* type of the first word, 0 if wider than the function */
	uint32_t types;              /* all types that affect only the function */
	bool has_other;              /* the list has another word */
	bool has_bus, has_cxl_bus;
};

/* The place of a function in the hierarchy, as every user can see it. */
struct vfio_place {
	bool has_bridge;        /* upstream */
	bool has_pciehp;        /* it owns the slot of that bridge */
	bool has_device_number; /* other than 0: an ARI function below a port */
	bool is_in_slot;        /* of /sys/bus/pci/slots */
	bool is_slot_plain;     /* without a driver, or with a driver that has no reset */
};

/* The reset of the link that the kernel uses. The caller cannot choose. */
enum vfio_link {
	VFIO_LINK_NONE,
	VFIO_LINK_SLOT,
	VFIO_LINK_BUS,
	VFIO_LINK_UNKNOWN,
};

struct vfio_facts {
	bool has_reset;      /* VFIO_DEVICE_RESET worked when the device was opened */
	bool is_kernels;     /* it is the kernel's reset, through reset_method */
	bool is_hot_kernels; /* so is VFIO_DEVICE_PCI_HOT_RESET */
	bool is_vf;
	char text[ATTR_MAX]; /* of reset_method */
	struct vfio_methods methods;
	enum vfio_link link;
	int hot_error; /* of the query for affected functions */
	struct vfio_pci_hot_reset_info *hot;
	uint32_t *group_ids; /* of the caller's groups */
	size_t nr_groups;
};

/* vfio-decide.c: these functions read and write nothing */
void vfio_parse_methods(const char *text, struct vfio_methods *methods);
bool vfio_is_stock_driver(const char *driver);
enum vfio_link vfio_choose_link(const struct vfio_place *place);
uint32_t vfio_why_not(const struct vfio_facts *f, uint32_t type);
bool vfio_may_go_on(const struct vfio_methods *methods, uint32_t allowed);
bool vfio_is_listed(const struct vfio_facts *f, const struct pcireset_addr *addr, size_t *ret_i);
struct pcireset_addr vfio_listed_addr(const struct vfio_facts *f, size_t i);
bool vfio_is_owned(const struct vfio_facts *f, size_t i);
int vfio_judge_errno(uint32_t type, uint32_t flags, int error, uint32_t *ret_why);

/* vfio-look.c */
int vfio_look(struct pcireset_dev *dev, struct vfio_facts **ret_facts);
void vfio_forget(struct vfio_facts *f);
int vfio_read_driver(const struct pcireset_dev *dev, char name[NAME_MAX + 1]);
int vfio_config_offset(int device, uint64_t *ret_offset);

/* vfio-reset.c */
int vfio_reset(const struct pcireset_plan *plan, const struct vfio_facts *f,
	       struct pcireset_report *report);

#endif /* LIBPCIRESET_VFIO_H */
