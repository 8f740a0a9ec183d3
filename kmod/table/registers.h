/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Registers that may differ before and after a reset although nothing is wrong. The
 * module and the library compare config space and both use this table.
 *
 * Needs linux/pci_regs.h.
 */
#ifndef _PCIRESET_TABLE_REGISTERS_H
#define _PCIRESET_TABLE_REGISTERS_H

#include <linux/types.h>

#include "table/capabilities.h"

/* The module keeps a function awake, so it does compare these bits. */
#define PCIRESET_VOLATILE_IF_IDLE 0x1

/**
 * struct pcireset_volatile_register - a register that may differ without a fault
 * @id: capability ID
 * @is_extended: 1 for an extended capability
 * @offset: in the capability, a multiple of 4
 * @mask: bits that may differ
 * @stride: bytes from one register to the next of the same kind, 0 for a single one
 * @last: offset of the last of them
 * @flags: PCIRESET_VOLATILE_*
 */
struct pcireset_volatile_register {
	__u16 id;
	__u8 is_extended;
	__u16 offset;
	__u32 mask;
	__u16 stride;
	__u16 last;
	__u32 flags;
};

static const struct pcireset_volatile_register pcireset_volatile_registers[] = {
	/* PME_Status; Data, and the bits that select it. */
	{ PCI_CAP_ID_PM, 0, PCI_PM_CTRL, 0xff00fe00, 0, 0, 0 },
	/* PowerState: the kernel suspends an idle function at any time. */
	{ PCI_CAP_ID_PM, 0, PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK, 0, 0, PCIRESET_VOLATILE_IF_IDLE },
	/* Address and data of the last access. */
	{ PCI_CAP_ID_VPD, 0, 0, 0xffff0000, 0, 0, 0 },
	{ PCI_CAP_ID_VPD, 0, PCI_VPD_DATA, 0xffffffff, 0, 0, 0 },
	{ PCI_CAP_ID_PCIX, 0, PCI_X_STATUS, 0xffffffff, 0, 0, 0 },
	/* AF Control starts a reset; AF Status. */
	{ PCI_CAP_ID_AF, 0, PCI_AF_CTRL, 0xffffffff, 0, 0, 0 },
	/* The upper half of each is the status register. The link check covers Link Status. */
	{ PCI_CAP_ID_EXP, 0, PCI_EXP_DEVCTL, 0xffff0000, 0, 0, 0 },
	{ PCI_CAP_ID_EXP, 0, PCI_EXP_LNKCTL, 0xffff0000, 0, 0, 0 },
	/* pciehp changes the indicators and the event enables at any time. */
	{ PCI_CAP_ID_EXP, 0, PCI_EXP_SLTCTL, 0xffff13df, 0, 0, 0 },
	{ PCI_CAP_ID_EXP, 0, PCI_EXP_RTSTA, 0xffffffff, 0, 0, 0 },
	{ PCI_CAP_ID_EXP, 0, PCI_EXP_DEVCTL2, 0xffff0000, 0, 0, 0 },
	{ PCI_CAP_ID_EXP, 0, PCI_EXP_LNKCTL2, 0xffff0000, 0, 0, 0 },
	{ PCI_CAP_ID_EXP, 0, PCI_EXP_SLTCTL2, 0xffff0000, 0, 0, 0 },
	/* Errors, First Error Pointer, the header log, and the source of an error message. */
	{ PCI_EXT_CAP_ID_ERR, 1, PCI_ERR_UNCOR_STATUS, 0xffffffff, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_ERR, 1, PCI_ERR_COR_STATUS, 0xffffffff, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_ERR, 1, PCI_ERR_CAP, 0x0000001f, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_ERR, 1, PCI_ERR_HEADER_LOG, 0xffffffff, 4, PCI_ERR_HEADER_LOG + 12, 0 },
	{ PCI_EXT_CAP_ID_ERR, 1, PCI_ERR_ROOT_STATUS, 0xffffffff, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_ERR, 1, PCI_ERR_ROOT_ERR_SRC, 0xffffffff, 0, 0, 0 },
	/* Sec 7.9.1: VC Port Status, and VC Resource Status of up to eight channels. */
	{ PCI_EXT_CAP_ID_VC, 1, PCI_VC_PORT_CTRL, 0xffff0000, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_VC, 1, 0x18, 0xffff0000, 12, 0x6c, 0 },
	{ PCI_EXT_CAP_ID_VC9, 1, PCI_VC_PORT_CTRL, 0xffff0000, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_VC9, 1, 0x18, 0xffff0000, 12, 0x6c, 0 },
	{ PCI_EXT_CAP_ID_MFVC, 1, PCI_VC_PORT_CTRL, 0xffff0000, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_MFVC, 1, 0x18, 0xffff0000, 12, 0x6c, 0 },
	{ PCI_EXT_CAP_ID_SRIOV, 1, PCI_SRIOV_CTRL, 0xffff0000, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_PRI, 1, PCI_PRI_CTRL, 0xffff0000, 0, 0, 0 },
	/* Sec 7.9.12: DPA Status. */
	{ PCI_EXT_CAP_ID_DPA, 1, 0x0c, 0x0000ffff, 0, 0, 0 },
	/* Data Select, and the data that it selects. */
	{ PCI_EXT_CAP_ID_PWR, 1, PCI_PWR_DSR, 0xffffffff, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_PWR, 1, PCI_PWR_DATA, 0xffffffff, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_DPC, 1, PCI_EXP_DPC_STATUS, 0xffffffff, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_DPC, 1, 0x0c, 0xffffffff, 0, 0, 0 },
	/* Lane Error Status. */
	{ PCI_EXT_CAP_ID_SECPCI, 1, 0x08, 0xffffffff, 0, 0, 0 },
	/* Data Link Feature Status. */
	{ PCI_EXT_CAP_ID_DLF, 1, 0x08, 0xffffffff, 0, 0, 0 },
	/* CXL r3.1, sec 8.1.3 and 8.1.5: status, and bits that start an action. */
	{ PCIRESET_CXL_DEVICE_ID, 1, 0x0c, 0xffff0000, 0, 0, 0 },
	{ PCIRESET_CXL_DEVICE_ID, 1, 0x10, 0xffff0006, 0, 0, 0 },
	{ PCIRESET_CXL_PORT_ID, 1, 0x08, 0xffff0000, 0, 0, 0 },
	/* Sec 7.7.5 to 7.7.7: status, parity errors, and data that the link partner has sent. */
	{ PCI_EXT_CAP_ID_PL_16GT, 1, 0x0c, 0xffffffff, 0, 0, 0 },
	{ PCI_EXT_CAP_ID_PL_16GT, 1, 0x10, 0xffffffff, 4, 0x18, 0 },
	{ PCIRESET_GT32_ID, 1, 0x0c, 0xffffffff, 0, 0, 0 },
	{ PCIRESET_GT32_ID, 1, 0x10, 0xffffffff, 4, 0x14, 0 },
	{ PCIRESET_GT64_ID, 1, 0x0c, 0xffffffff, 0, 0, 0 },
	/* Margining Port Status. */
	{ PCIRESET_MARGIN_ID, 1, 0x04, 0xffff0000, 0, 0, 0 },
	/* DOE Abort and DOE Go. */
	{ PCIRESET_DOE_ID, 1, 0x08, 0x80000001, 0, 0, 0 },
};

#endif /* _PCIRESET_TABLE_REGISTERS_H */
