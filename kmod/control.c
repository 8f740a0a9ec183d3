// SPDX-License-Identifier: GPL-2.0-only
/* Control registers that the core does not restore to their old values: saved and put back. */
#include "pcireset.h"

/* PCIe r6.0, sec 7.7.9: Device 3; not every kernel has a name for it. */
#define CONTROL_DEVICE_3_ID 0x2f

/**
 * struct control_register - a control register of an extended capability
 * @id: the capability's ID
 * @offset: of the dword
 * @mask: bits in it that control something
 */
struct control_register {
	u16 id;
	u16 offset;
	u32 mask;
};

/* The core applies a policy of its own to ACS, and knows no Device 3. */
static const struct control_register control_registers[] = {
	{ PCI_EXT_CAP_ID_ACS, PCI_ACS_CAP, 0xffff0000 },
	{ CONTROL_DEVICE_3_ID, 8, ~0U },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_UNCOR_MASK, ~0U },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_UNCOR_SEVER, ~0U },
	{ PCI_EXT_CAP_ID_ERR, PCI_ERR_COR_MASK, ~0U },
};

static void control_put_back(struct pcireset_fn *fn, unsigned int pos, u32 mask, u32 saved)
{
	u32 now;

	pci_read_config_dword(fn->dev, pos, &now);
	if (!PCI_POSSIBLE_ERROR(now) && (now ^ saved) & mask)
		pci_write_config_dword(fn->dev, pos, (now & ~mask) | (saved & mask));
}

static const struct pcireset_register *control_saved(const struct pcireset_fn *fn, unsigned int pos)
{
	unsigned int i;

	for (i = 0; i < fn->config.nr; i++)
		if (fn->config.registers[i].pos == pos)
			return &fn->config.registers[i];
	return NULL;
}

/**
 * pcireset_control_restore - put back control registers of a member
 * @fn: the member, restored by the core; what will be compared was saved
 */
void pcireset_control_restore(struct pcireset_fn *fn)
{
	const struct pcireset_register *saved;
	unsigned int i;
	u16 pos;

	for (i = 0; fn->config.nr && i < ARRAY_SIZE(control_registers); i++) {
		const struct control_register *reg = &control_registers[i];

		pos = pcireset_ext_capability(fn, reg->id);
		saved = pos ? control_saved(fn, pos + reg->offset) : NULL;
		if (saved)
			control_put_back(fn, saved->pos, reg->mask & saved->mask, saved->value);
	}
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

/**
 * pcireset_control_save_port - remember how the port above is set up
 * @port: the port; @port->controls and @port->bridge_control are written
 */
void pcireset_control_save_port(struct pcireset_fn *port)
{
	unsigned int i;

	for (i = 0; i < PCIRESET_NR_PORT_CONTROLS; i++)
		pcie_capability_read_word(port->dev, port_controls[i].offset, &port->controls[i]);
	pci_read_config_word(port->dev, PCI_BRIDGE_CONTROL, &port->bridge_control);
}

/**
 * pcireset_control_restore_port - put back what the port above has lost in a reset of its link
 * @port: the port
 *
 * Ports have been seen to lose Max Payload Size. With a smaller one than its
 * device has, DMA ends in errors.
 */
void pcireset_control_restore_port(struct pcireset_fn *port)
{
	unsigned int i;
	u16 now;

	for (i = 0; i < PCIRESET_NR_PORT_CONTROLS; i++) {
		pcie_capability_read_word(port->dev, port_controls[i].offset, &now);
		if (PCI_POSSIBLE_ERROR(now) || !((now ^ port->controls[i]) & port_controls[i].mask))
			continue;
		pci_warn(port->dev,
			 "lost register %#x in a reset of its link: %#06x instead of %#06x\n",
			 port_controls[i].offset, now, port->controls[i]);
		pcie_capability_write_word(port->dev, port_controls[i].offset,
					   (now & ~port_controls[i].mask) |
						   (port->controls[i] & port_controls[i].mask));
	}
	pci_read_config_word(port->dev, PCI_BRIDGE_CONTROL, &now);
	if (!PCI_POSSIBLE_ERROR(now) && now != port->bridge_control)
		pci_write_config_word(port->dev, PCI_BRIDGE_CONTROL,
				      port->bridge_control & ~PCI_BRIDGE_CTL_BUS_RESET);
}
