/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resets that Linux knows to be broken on certain devices, as data. */
#ifndef LIBPCIRESET_KNOWN_BROKEN_H
#define LIBPCIRESET_KNOWN_BROKEN_H

#include "private.h"

#define ANY_REVISION 0xffff

/* What a function must be for a row to be about it. */
struct known_device {
	uint16_t vendor;
	uint16_t device, mask;	/* device IDs that are equal in the bits of the mask */
	uint32_t class;		/* base and sub-class; 0 for any */
	uint16_t revision;	/* or ANY_REVISION */
	bool is_downstream;	/* only a downstream port of a switch */
};

/**
 * struct known_broken - one kind of reset that must not be issued to one kind of device
 * @id: the device
 * @types: mask of PCI_RESET_*
 * @is_off_root: only below a bridge, not on a root bus
 * @what: what goes wrong
 * @symbol: where drivers/pci/quirks.c has it
 * @since: the first of the kernels 6.1, 6.12 and 7.3 that has it
 */
struct known_broken {
	struct known_device id;
	uint32_t types;
	bool is_off_root;
	const char *what, *symbol, *since;
};

/**
 * struct known_handler - a device that the kernel resets in a way of its own
 * @id: the device
 * @wants_flr: only if the function has FLR
 * @is_sure: config space is enough to tell that the handler takes the device
 * @what: what it does that FLR alone does not
 * @symbol: where drivers/pci/quirks.c has it
 * @since: as above
 */
struct known_handler {
	struct known_device id;
	bool wants_flr, is_sure;
	const char *what, *symbol, *since;
};

const struct known_broken *known_broken_at(size_t i);
const struct known_handler *known_handler_at(size_t i);
const struct known_broken *known_broken_find(const struct pcireset_dev *dev,
					     const struct config *config, uint32_t type);
const struct known_handler *known_handler_find(const struct pcireset_dev *dev,
					       const struct config *config, bool has_flr);

int known_broken_learn(struct pcireset_ctx *ctx);

/* Words, to be freed; NULL without memory. */
char *known_broken_text(const struct known_broken *broken);

#endif /* LIBPCIRESET_KNOWN_BROKEN_H */
