/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/pcireset and the descriptors for one device: the ioctls of linux/pcireset.h. */
#ifndef _PCIRESET_CDEV_H
#define _PCIRESET_CDEV_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "run/run.h"

/**
 * struct pcireset_sizes - the sizes of a structure of the uAPI
 * @first: the first published one, accepted for ever
 * @known: the size in this module's header
 */
struct pcireset_sizes {
	u32 first;
	u32 known;
};

#define PCIRESET_SIZES(name, NAME) \
	((struct pcireset_sizes){ PCIRESET_##NAME##_SIZE_VER0, sizeof(struct pcireset_##name) })

/* The command resets devices: once it has run, a failed copy-out must not turn into EFAULT. */
#define PCIRESET_COMMAND_RESETS BIT(0)

/**
 * struct pcireset_command - one ioctl
 * @cmd: its number
 * @sizes: the sizes of its structure
 * @run: carries it out
 * @flags: PCIRESET_COMMAND_*
 */
struct pcireset_command {
	unsigned int cmd;
	struct pcireset_sizes sizes;
	int (*run)(struct file *file, void *arg);
	u32 flags;
};

/**
 * struct pcireset_handle - an open descriptor for one device
 * @list: in the list of all handles, protected by the lock of that list
 * @lock: protects all members below; taken inside the lock of the list
 * @dev: the device, referenced, or NULL once it is removed
 * @types: mask of the types that it grants
 * @max_scope: widest enum pcireset_scope that it grants
 * @force: mask of enum pcireset_force that it grants
 * @must_own: it grants a reset of a link only to the owner of all functions on it
 * @plan: the plan that PCIRESET_QUERY returned last, or NULL
 */
struct pcireset_handle {
	struct list_head list;
	struct mutex lock; /* protects the members below */
	struct pci_dev *dev;
	u32 types;
	u32 max_scope;
	u32 force;
	bool must_own;
	struct pcireset_plan *plan;
};

/* ioctl.c */
int pcireset_copy_in(void *to, struct pcireset_sizes sizes, const void __user *from);
int pcireset_copy_out(void __user *to, u32 known, const void *from);
int pcireset_check_array(u64 address, u32 usize, u32 first, u32 nr);
int pcireset_copy_array(u64 address, u32 usize, const void *from, u32 ksize, u32 nr);
long pcireset_dispatch(const struct pcireset_command *commands, unsigned int nr, struct file *file,
		       unsigned int cmd, unsigned long arg);

/* handle.c */
int pcireset_handle_check_limits(u32 types, u32 max_scope, u32 force);
struct pcireset_handle *pcireset_handle_new(const struct pcireset_open *arg);
void pcireset_handle_put(struct pcireset_handle *handle);
void pcireset_handle_orphan(struct pci_dev *dev);
int pcireset_handle_narrow(struct pcireset_handle *handle, const struct pcireset_narrow *arg);
u32 pcireset_handle_types(struct pcireset_handle *handle);
int pcireset_handle_grant(struct pcireset_handle *handle, struct pcireset_request *request,
			  struct pci_dev **ret_dev);
void pcireset_handle_remember(struct pcireset_handle *handle, struct pcireset_plan *plan);
int pcireset_handle_get_plan(struct pcireset_handle *handle, u64 generation,
			     struct pcireset_plan **ret_plan);

/* query.c */
int pcireset_do_query(struct file *file, void *data);
int pcireset_do_expect(struct file *file, void *data);

/* reset.c */
int pcireset_do_reset(struct file *file, void *data);
int pcireset_reset_check(struct pcireset_reset *arg);
int pcireset_reset_check_members(const struct pcireset_reset *arg,
				 const struct pcireset_plan *plan);
int pcireset_reset_plan(struct pcireset_handle *handle, struct pcireset_reset *arg,
			struct pci_dev **ret_dev, struct pcireset_plan **ret_plan,
			struct pcireset_plan **ret_wanted);
void pcireset_reset_fill(struct pcireset_reset *arg, const struct pcireset_report *report);

/* many.c */
int pcireset_do_reset_many(struct file *file, void *data);

/* device.c */
int pcireset_device_open(struct pcireset_open *open);

/* control.c */
int pcireset_control_init(void);
void pcireset_control_exit(void);

#endif /* _PCIRESET_CDEV_H */
