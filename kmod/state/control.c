// SPDX-License-Identifier: GPL-2.0-only
/* Control registers that the core does not restore to their old values: saved and put back. */
#include "state/state.h"

/**
 * struct control_register - a control register of an extended capability
 * @id: the capability's ID, or PCIRESET_CXL_*
 * @offset: of the dword
 * @mask: bits in it that control something, and start nothing
 * @last: offset of the last of several such dwords, 0 if there is one
 * @stride: bytes from one to the next
 *
 * Where @mask has bits of one half only, the other half is not written: it may
 * have bits that are cleared by writing ones.
 */
struct control_register {
	u16 id;
	u16 offset;
	u32 mask;
	u16 last;
	u16 stride;
};

/*
 * Before the core restores: these may not change while what they are for is enabled,
 * which the core does.
 */
static const struct control_register first_registers[] = {
	/* PCIe r6.0, sec 9.3.7.5: no change while VF Enable is set. */
	{ PCIRESET_VF_REBAR_ID, 0x08, 0x00003f00, 0x30, 8 },
	/* Sec 7.8.3: no change while L1 is enabled. The core of 6.1 does not restore these. */
	{ PCI_EXT_CAP_ID_L1SS, PCI_L1SS_CTL2, ~0U },
	{ PCI_EXT_CAP_ID_L1SS, PCI_L1SS_CTL1, ~PCI_L1SS_CTL1_L1SS_MASK },
	{ PCI_EXT_CAP_ID_L1SS, PCI_L1SS_CTL1, PCI_L1SS_CTL1_L1SS_MASK },
};

/* After it. It applies a policy of its own to ACS, and does not know most of the others. */
static const struct control_register last_registers[] = {
	{ PCI_EXT_CAP_ID_ACS, PCI_ACS_EGRESS_CTL_V, ~0U, 0x24, 4 },
	{ PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0xffff0000 },
	{ PCIRESET_DEVICE_3_ID, 0x08, ~0U },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_UNCOR_MASK, ~0U },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_UNCOR_SEVER, ~0U },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_COR_MASK, ~0U },
	/* Sec 7.9.11: the addresses before MC_Enable, which is in the second register. */
	{ PCI_EXT_CAP_ID_MCAST, 0x08, ~0U, 0x2c, 4 },
	{ PCI_EXT_CAP_ID_MCAST, 0x04, 0xffff0000 },
	{ PCI_EXT_CAP_ID_DPA, 0x0c, 0x001f0000 },
	{ PCI_EXT_CAP_ID_TPH, 0x0c, ~0U, 0x10c, 4 },
	{ PCI_EXT_CAP_ID_TPH, 0x08, 0x00000307 },
	/* Sec 7.7.3.2: not Perform Equalization. */
	{ PCI_EXT_CAP_ID_SECPCI, 0x04, 0x0000fe02 },
	{ PCI_EXT_CAP_ID_DLF, 0x04, 0x80000000 },
	{ PCIRESET_DOE_ID, 0x08, 0x00000002 },
	/* CXL r3.1, sec 8.1.3: the ranges before Mem_Enable; nothing that starts something. */
	{ PCIRESET_CXL_DEVICE_ID, 0x20, ~0U, 0x24, 4 },
	{ PCIRESET_CXL_DEVICE_ID, 0x30, ~0U, 0x34, 4 },
	{ PCIRESET_CXL_DEVICE_ID, 0x10, 0x00000039 },
	{ PCIRESET_CXL_DEVICE_ID, 0x0c, 0x0000ffff },
	/* CONFIG_LOCK after all that it makes read-only. */
	{ PCIRESET_CXL_DEVICE_ID, 0x14, 0x00000001 },
	{ PCIRESET_CXL_PORT_ID, 0x10, ~0U, 0x1c, 4 },
	{ PCIRESET_CXL_PORT_ID, 0x0c, ~0U },
};

static void control_write(struct pci_dev *dev, unsigned int pos, u32 mask, u32 value)
{
	if (!(mask & 0xffff))
		pci_write_config_word(dev, pos + 2, value >> 16);
	else if (!(mask >> 16))
		pci_write_config_word(dev, pos, value & 0xffff);
	else
		pci_write_config_dword(dev, pos, value);
}

static void control_put_back(struct pci_dev *dev, unsigned int pos, u32 mask, u32 saved)
{
	u32 now;

	pci_read_config_dword(dev, pos, &now);
	if (!PCI_POSSIBLE_ERROR(now) && (now ^ saved) & mask)
		control_write(dev, pos, mask, (now & ~mask) | (saved & mask));
}

static const struct pcireset_register *control_saved(const struct pcireset_fn *fn, unsigned int pos)
{
	unsigned int i;

	for (i = 0; i < fn->saved.config.nr; i++)
		if (fn->saved.config.registers[i].pos == pos)
			return &fn->saved.config.registers[i];
	return NULL;
}

/* @pos: where the capability begins. What is not compared was not saved, and is left alone. */
static void control_restore_register(struct pcireset_fn *fn, unsigned int pos,
				     const struct control_register *reg)
{
	const struct pcireset_register *saved;
	unsigned int offset = reg->offset;

	do {
		saved = control_saved(fn, pos + offset);
		if (saved)
			control_put_back(fn->dev, saved->pos, reg->mask & saved->mask,
					 saved->value);
		offset += reg->stride;
	} while (saved && offset <= reg->last);
}

static void control_restore_all(struct pcireset_fn *fn, const struct control_register *regs,
				unsigned int nr)
{
	const struct pcireset_register *header;
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < fn->saved.config.nr_headers; j++) {
			header = &fn->saved.config.registers[j];
			if (header->pos >= PCI_CFG_SPACE_SIZE && header->id == regs[i].id)
				control_restore_register(fn, header->pos, &regs[i]);
		}
	}
}

/**
 * pcireset_control_restore_first - put back what has to be there before all else
 * @fn: the member, about to be restored by the core; what will be compared was saved
 */
void pcireset_control_restore_first(struct pcireset_fn *fn)
{
	control_restore_all(fn, first_registers, ARRAY_SIZE(first_registers));
}

/**
 * pcireset_control_restore - put back control registers of a member
 * @fn: the member, restored by the core; what will be compared was saved
 */
void pcireset_control_restore(struct pcireset_fn *fn)
{
	control_restore_all(fn, last_registers, ARRAY_SIZE(last_registers));
}

/* Of the port above. Bits that start something are left alone. */
static const struct {
	u8 offset;
	u16 mask;
} port_controls[PCIRESET_NR_PORT_CONTROLS] = {
	{ PCI_EXP_DEVCTL, 0x7fff },
	{ PCI_EXP_LNKCTL, 0xffff ^ (PCI_EXP_LNKCTL_RL | PCI_EXP_LNKCTL_LD) },
	{ PCI_EXP_DEVCTL2, 0xffff },
	{ PCI_EXP_LNKCTL2, 0xffff },
};

/* Surprise Down is masked while the link is expected to go down, and not touched here. */
static const struct {
	u16 id;
	u16 offset;
	u32 mask;
} port_ext_controls[PCIRESET_NR_PORT_EXT_CONTROLS] = {
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_UNCOR_MASK, ~(u32)PCI_ERR_UNC_SURPDN },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_UNCOR_SEVER, ~0U },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_COR_MASK, ~0U },
	{ PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0xffff0000 },
};

/* The core knows where these are. 0 if the port has no such capability, or it is the firmware's. */
static unsigned int control_ext_pos(struct pci_dev *port, unsigned int nr)
{
	bool is_acs = port_ext_controls[nr].id == PCI_EXT_CAP_ID_ACS;
	unsigned int pos = is_acs ? port->acs_cap : pcireset_owns_aer(port) ? port->aer_cap : 0;

	return pos ? pos + port_ext_controls[nr].offset : 0;
}

/**
 * pcireset_control_save_port - save the control registers of the port above
 * @port: the port; controls, ext_controls and bridge_control of @port->saved are written
 */
void pcireset_control_save_port(struct pcireset_fn *port)
{
	unsigned int i, pos;

	for (i = 0; i < PCIRESET_NR_PORT_CONTROLS; i++)
		pcie_capability_read_word(port->dev, port_controls[i].offset,
					  &port->saved.controls[i]);
	for (i = 0; i < PCIRESET_NR_PORT_EXT_CONTROLS; i++) {
		pos = control_ext_pos(port->dev, i);
		if (pos)
			pci_read_config_dword(port->dev, pos, &port->saved.ext_controls[i]);
	}
	pci_read_config_word(port->dev, PCI_BRIDGE_CONTROL, &port->saved.bridge_control);
	port->saved.controls_kept = true;
}

static void control_restore_port_word(struct pcireset_fn *port, unsigned int nr)
{
	unsigned int offset = port_controls[nr].offset;
	u16 now, mask = port_controls[nr].mask;

	pcie_capability_read_word(port->dev, offset, &now);
	if (PCI_POSSIBLE_ERROR(now) || !((now ^ port->saved.controls[nr]) & mask))
		return;
	pci_warn(port->dev, "lost register %#x in a reset of its link: %#06x instead of %#06x\n",
		 offset, now, port->saved.controls[nr]);
	pcie_capability_write_word(port->dev, offset,
				   (now & ~mask) | (port->saved.controls[nr] & mask));
}

/**
 * pcireset_control_restore_port - put back what the port above has lost in a reset of its link
 * @port: the port
 *
 * Ports have been seen to lose Max Payload Size. With a smaller one than its
 * device has, DMA ends in errors. Done once: what differs after the locks were
 * released is what somebody else has set since.
 */
void pcireset_control_restore_port(struct pcireset_fn *port)
{
	unsigned int i, pos;
	u16 now;

	if (!port->saved.controls_kept)
		return;
	port->saved.controls_kept = false;
	for (i = 0; i < PCIRESET_NR_PORT_CONTROLS; i++)
		control_restore_port_word(port, i);
	for (i = 0; i < PCIRESET_NR_PORT_EXT_CONTROLS; i++) {
		pos = control_ext_pos(port->dev, i);
		if (pos)
			control_put_back(port->dev, pos, port_ext_controls[i].mask,
					 port->saved.ext_controls[i]);
	}
	pci_read_config_word(port->dev, PCI_BRIDGE_CONTROL, &now);
	if (!PCI_POSSIBLE_ERROR(now) && now != port->saved.bridge_control)
		pci_write_config_word(port->dev, PCI_BRIDGE_CONTROL,
				      port->saved.bridge_control & ~PCI_BRIDGE_CTL_BUS_RESET);
}
