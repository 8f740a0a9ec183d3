/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the VFIO back end share: what VFIO and sysfs say of a function, and what follows from it. */
#ifndef LIBPCIRESET_VFIO_H
#define LIBPCIRESET_VFIO_H

#include <linux/vfio.h>
#include "private.h"

/* Since Linux 6.4; Debian 12's header is older. */
#ifndef VFIO_PCI_HOT_RESET_FLAG_DEV_ID
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID (1 << 0)
#endif

/* The caller's descriptors, which stay the caller's. */
struct vfio_fds {
	int device;
	size_t nr_groups;
	int groups[];
};

/* reset_method: what VFIO_DEVICE_RESET makes the kernel try, one after the other. */
struct vfio_methods {
	size_t nr;
	uint32_t first, first_flags; /* the type of the first word, 0 if it is none of a function */
	uint32_t types;              /* all that are of a function */
	bool has_other;              /* a word that is not */
	bool has_bus, has_cxl_bus;
};

/* What anybody can see of the place that a function is in. */
struct vfio_place {
	bool has_bridge;        /* above */
	bool has_pciehp;        /* which owns that bridge's slot */
	bool has_device_number; /* other than 0: below a port that is an ARI function */
	bool is_in_slot;        /* of /sys/bus/pci/slots */
	bool is_slot_plain;     /* its driver is known to have no reset for it, or there is none */
};

/* Which reset of the link the kernel takes; it lets nobody choose. */
enum vfio_link {
	VFIO_LINK_NONE,
	VFIO_LINK_SLOT,
	VFIO_LINK_BUS,
	VFIO_LINK_UNKNOWN,
};

struct vfio_facts {
	bool has_reset;      /* VFIO_DEVICE_RESET worked when the device was opened */
	bool is_kernels;     /* and is the kernel's, by reset_method */
	bool is_hot_kernels; /* so is VFIO_DEVICE_PCI_HOT_RESET */
	bool is_vf;
	char text[ATTR_MAX]; /* of reset_method */
	struct vfio_methods methods;
	enum vfio_link link;
	int hot_error; /* of asking what a hot reset hits */
	struct vfio_pci_hot_reset_info *hot;
	uint32_t *group_ids; /* of the caller's groups */
	size_t nr_groups;
};

/* vfio-decide.c: nothing here reads or writes anything */
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
