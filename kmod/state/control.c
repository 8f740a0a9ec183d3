// SPDX-License-Identifier: GPL-2.0-only
/* Save and restore control registers that the core does not restore. */
#include "state/state.h"

/**
 * struct control_register - a control register of an extended capability
 * @id: the capability's ID, or PCIRESET_CXL_*
 * @offset: of the dword
 * @mask: bits that are settings; not those that start an action
 * @last: offset of the last of several such dwords, 0 if there is only one
 * @stride: bytes between two of them
 *
 * If @mask has bits of one half only, the other half is not written: it may have bits
 * that a write of ones clears.
 */
struct control_register {
	u16 id;
	u16 offset;
	u32 mask;
	u16 last;
	u16 stride;
};

/*
 * Restored before the core's restore, which enables their features: these registers
 * must not change while the feature is enabled.
 */
static const struct control_register first_registers[] = {
	/* PCIe r6.0, sec 9.3.7.5: no change while VF Enable is set. */
	{ PCIRESET_VF_REBAR_ID, 0x08, 0x00003f00, 0x30, 8 },
	/* Sec 7.8.3: no change while L1 is enabled. The core of 6.1 does not restore these. */
	{ PCI_EXT_CAP_ID_L1SS, PCI_L1SS_CTL2, ~0U },
	{ PCI_EXT_CAP_ID_L1SS, PCI_L1SS_CTL1, ~PCI_L1SS_CTL1_L1SS_MASK },
	{ PCI_EXT_CAP_ID_L1SS, PCI_L1SS_CTL1, PCI_L1SS_CTL1_L1SS_MASK },
};

/* Restored after the core's restore, which sets ACS as it wants and omits most others. */
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
	/* Sec 7.7.3.2: all but Perform Equalization, which starts an action. */
	{ PCI_EXT_CAP_ID_SECPCI, 0x04, 0x0000fe02 },
	{ PCI_EXT_CAP_ID_DLF, 0x04, 0x80000000 },
	{ PCIRESET_DOE_ID, 0x08, 0x00000002 },
	/* CXL r3.1, sec 8.1.3: the ranges before Mem_Enable; no bit that starts an action. */
	{ PCIRESET_CXL_DEVICE_ID, 0x20, ~0U, 0x24, 4 },
	{ PCIRESET_CXL_DEVICE_ID, 0x30, ~0U, 0x34, 4 },
	{ PCIRESET_CXL_DEVICE_ID, 0x10, 0x00000039 },
	{ PCIRESET_CXL_DEVICE_ID, 0x0c, 0x0000ffff },
	/* CONFIG_LOCK after the registers that it makes read-only. */
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

/* @pos: offset of the capability. Registers that are not compared have no saved value. */
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

/* The firmware may keep AER for itself, masks included. */
static bool control_may_write(struct pci_dev *dev, u16 id)
{
	return id != PCI_EXT_CAP_ID_ERR || pcireset_owns_aer(dev);
}

static void control_restore_all(struct pcireset_fn *fn, const struct control_register *regs,
				unsigned int nr)
{
	const struct pcireset_register *header;
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		if (!control_may_write(fn->dev, regs[i].id))
			continue;
		for (j = 0; j < fn->saved.config.nr_headers; j++) {
			header = &fn->saved.config.registers[j];
			if (header->pos >= PCI_CFG_SPACE_SIZE && header->id == regs[i].id)
				control_restore_register(fn, header->pos, &regs[i]);
		}
	}
}

/**
 * pcireset_control_restore_first - restore registers before the core's restore
 * @fn: the member; its config space was saved for the comparison
 */
void pcireset_control_restore_first(struct pcireset_fn *fn)
{
	control_restore_all(fn, first_registers, ARRAY_SIZE(first_registers));
}

/**
 * pcireset_control_restore - restore control registers after the core's restore
 * @fn: the member; its config space was saved for the comparison
 */
void pcireset_control_restore(struct pcireset_fn *fn)
{
	control_restore_all(fn, last_registers, ARRAY_SIZE(last_registers));
}

/* The entries of Link Control and Link Control 2 in the table below. */
#define CONTROL_LINK   1
#define CONTROL_LINK_2 3

/* Control registers of the port above, without bits that start an action. */
static const struct {
	u8 offset;
	u16 mask;
} port_controls[PCIRESET_NR_PORT_CONTROLS] = {
	{ PCI_EXP_DEVCTL, 0x7fff },
	[CONTROL_LINK] = { PCI_EXP_LNKCTL, 0xffff ^ (PCI_EXP_LNKCTL_RL | PCI_EXP_LNKCTL_LD) },
	{ PCI_EXP_DEVCTL2, 0xffff },
	[CONTROL_LINK_2] = { PCI_EXP_LNKCTL2, 0xffff },
};

/* Without Surprise Down, which mask.c masks and restores. */
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

/* Offset of a capability, as the core found it. 0 if the firmware owns it, or there is none. */
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
	struct pcireset_saved *saved = &port->saved;
	unsigned int i, pos;
	bool answers = true;

	for (i = 0; i < PCIRESET_NR_PORT_CONTROLS; i++) {
		pcie_capability_read_word(port->dev, port_controls[i].offset, &saved->controls[i]);
		answers &= !PCI_POSSIBLE_ERROR(saved->controls[i]);
	}
	for (i = 0; i < PCIRESET_NR_PORT_EXT_CONTROLS; i++) {
		pos = control_ext_pos(port->dev, i);
		if (!pos)
			continue;
		pci_read_config_dword(port->dev, pos, &saved->ext_controls[i]);
		answers &= !PCI_POSSIBLE_ERROR(saved->ext_controls[i]);
	}
	pci_read_config_word(port->dev, PCI_BRIDGE_CONTROL, &saved->bridge_control);
	/* All-ones are no values to restore. */
	saved->controls_kept = answers && !PCI_POSSIBLE_ERROR(saved->bridge_control);
}

/* The speed for this reset is still set: pcireset_speed_restore() restores it. */
static u16 control_port_mask(const struct pcireset_fn *port, unsigned int nr)
{
	if (nr == CONTROL_LINK_2 && port->saved.speed_is_set)
		return 0xffff ^ (PCI_EXP_LNKCTL2_TLS | PCI_EXP_LNKCTL2_HASD);
	return port_controls[nr].mask;
}

static void control_restore_port_word(struct pcireset_fn *port, unsigned int nr)
{
	unsigned int offset = port_controls[nr].offset;
	u16 now, mask = control_port_mask(port, nr);

	pcie_capability_read_word(port->dev, offset, &now);
	if (PCI_POSSIBLE_ERROR(now) || !((now ^ port->saved.controls[nr]) & mask))
		return;
	pci_warn(port->dev, "lost register %#x in a reset of its link: %#06x instead of %#06x\n",
		 offset, now, port->saved.controls[nr]);
	pcie_capability_write_word(port->dev, offset,
				   (now & ~mask) | (port->saved.controls[nr] & mask));
}

/*
 * The reset itself enables the link again. If the port did not take that, it is tried once
 * more at each end of a quiet state. A link that others had disabled before stays disabled.
 */
static void control_enable_link(struct pcireset_fn *port)
{
	u16 now;

	if (!port->saved.disables_link || port->saved.controls[CONTROL_LINK] & PCI_EXP_LNKCTL_LD)
		return;
	pcie_capability_read_word(port->dev, PCI_EXP_LNKCTL, &now);
	if (!PCI_POSSIBLE_ERROR(now) && now & PCI_EXP_LNKCTL_LD) {
		pci_warn(port->dev, "its link is still disabled after the reset: enabling it\n");
		pcie_capability_clear_word(port->dev, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_LD);
		pcie_capability_read_word(port->dev, PCI_EXP_LNKCTL, &now);
	}
	port->saved.disables_link = PCI_POSSIBLE_ERROR(now) || now & PCI_EXP_LNKCTL_LD;
}

/**
 * pcireset_control_restore_port - restore control registers of the port above
 * @port: the port
 *
 * Some ports lose Max Payload Size in a reset of their link. DMA fails if the port's
 * size is smaller than the device's. Restores only once, before the locks are
 * released: later differences are settings by others. The exception is a Link Disable
 * that the reset itself has left.
 */
void pcireset_control_restore_port(struct pcireset_fn *port)
{
	unsigned int i, pos;
	u16 now;

	control_enable_link(port);
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
