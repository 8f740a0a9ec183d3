/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* Limits and defaults that the module and the library share. Needs linux/pcireset.h. */
#ifndef _PCIRESET_TABLE_LIMITS_H
#define _PCIRESET_TABLE_LIMITS_H

/* How long the caller waits for functions to come back, unless it sets timeout_ms. */
#define PCIRESET_TIMEOUT_MS     10000
#define PCIRESET_MAX_TIMEOUT_MS 600000

/* How long a late function is waited for after the caller's timeout. The core waits as long. */
#define PCIRESET_LATE_MS 60000

/* More members in the plans of one call than any bus has functions. */
#define PCIRESET_MAX_MEMBERS 65536

/*
 * The types of this version. linux/pci.h of a kernel may define the aliases PCI_RESET_LINK
 * and PCI_RESET_ANY without those that only the module has.
 */
#define PCIRESET_LINK_TYPES \
	(PCI_RESET_SLOT | PCI_RESET_BUS | PCI_RESET_CXL_BUS | PCI_RESET_LINK_DISABLE)
#define PCIRESET_ALL_TYPES (PCI_RESET_FUNC | PCIRESET_LINK_TYPES)
#define PCIRESET_NR_TYPES  8
/* Allowed by a mask of 0 in PCIRESET_OPEN: those that existed when this was first published. */
#define PCIRESET_UNNAMED_TYPES (PCIRESET_ALL_TYPES & ~PCI_RESET_LINK_DISABLE)

#define PCIRESET_ALL_CHECKS                                                     \
	(PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY | PCIRESET_CHECK_LINK | \
	 PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF)
#define PCIRESET_DEFAULT_CHECKS (PCIRESET_ALL_CHECKS & ~PCIRESET_CHECK_PROOF)
#define PCIRESET_ALL_FORCE      (PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO)
#define PCIRESET_ALL_FLAGS      (PCIRESET_RESET_ESCALATE | PCIRESET_RESET_TRY)
#define PCIRESET_ALL_GRANTS     PCIRESET_GRANT_OWNED

/* The fastest known link, 64 GT/s: PCIe r6.0, sec 7.5.3.18 numbers them from 1. */
#define PCIRESET_MAX_LINK_SPEED 6
/* Their bits in Link Capabilities 2. */
#define PCIRESET_LINK_SPEEDS 0xfe

#endif /* _PCIRESET_TABLE_LIMITS_H */
