/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* IDs of capabilities that not every version of linux/pci_regs.h names. */
#ifndef _PCIRESET_TABLE_CAPABILITIES_H
#define _PCIRESET_TABLE_CAPABILITIES_H

/* Extended capabilities, PCIe r6.0, sec 7.7 to 7.9. */
#define PCIRESET_RTR_ID      0x22
#define PCIRESET_VF_REBAR_ID 0x24
#define PCIRESET_MARGIN_ID   0x27
#define PCIRESET_GT32_ID     0x2a
#define PCIRESET_DOE_ID      0x2e
#define PCIRESET_DEVICE_3_ID 0x2f
#define PCIRESET_GT64_ID     0x31

/* Vendor-specific capabilities that are known, in place of the ID of an extended one. */
#define PCIRESET_CXL_DEVICE_ID 0x8000
#define PCIRESET_CXL_PORT_ID   0x8003

/* CXL r3.1, sec 8.1.3 and 8.1.5: the DVSECs of a CXL device and of a CXL port. */
#define PCIRESET_CXL_VENDOR_ID               0x1e98
#define PCIRESET_CXL_DVSEC_DEVICE            0
#define PCIRESET_CXL_DVSEC_PORT              3
#define PCIRESET_CXL_PORT_CONTROL            0x0c
#define PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR 0x0001
#define PCIRESET_CXL_PORT_CONTROL_UNMASK_LD  0x0002

#endif /* _PCIRESET_TABLE_CAPABILITIES_H */
