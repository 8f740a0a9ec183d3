// SPDX-License-Identifier: GPL-2.0-only
/* Build the config space of a node: power-on values, writable bits, and side effects. */
#include <linux/slab.h>

#include "pcisim.h"

#define COMMAND_BITS                                                                     \
	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | \
	 PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)
#define STATUS_ERRORS 0xf900

/* Capabilities that the core uses and that older headers do not define. */
#define RTR_ID      0x22
#define VF_REBAR_ID 0x24
#define DEVICE_3_ID 0x2f
#define RTR_SIZE    12
#define RTR_VALID   BIT(31)
#define AER_SIZE    0x48
#define DPC_SIZE    0x10
#define MSI_SIZE    14
#define PCIE_SIZE   0x3c
#define SPEED_2_5   1

/* CXL r3.1, sec 8.1.5: the DVSEC of a CXL port. */
#define CXL_VENDOR_ID  0x1e98
#define CXL_PORT_DVSEC 3
#define CXL_PORT_SIZE  0x28

static void space_put_fixed16(struct pcisim_template *template, unsigned int at, u16 value)
{
	pcisim_put16(template->initial + at, value);
}

static void space_put_fixed32(struct pcisim_template *template, unsigned int at, u32 value)
{
	pcisim_put32(template->initial + at, value);
}

static void space_put_field16(struct pcisim_template *template, unsigned int at, u16 value,
			      u16 writable)
{
	space_put_fixed16(template, at, value);
	pcisim_put16(template->writable + at, writable);
}

static void space_put_field32(struct pcisim_template *template, unsigned int at, u32 value,
			      u32 writable)
{
	space_put_fixed32(template, at, value);
	pcisim_put32(template->writable + at, writable);
}

static void on_write(struct pcisim_template *template, u16 offset,
		     void (*apply)(struct pcisim_function *fn, u16 before, u16 after))
{
	template->effect[template->effects++] = (struct pcisim_effect){ offset, apply };
}

static u8 add_cap(struct pcisim_template *template, u8 id, unsigned int size)
{
	u8 at = template->cap;

	template->initial[template->cap_last] = at;
	template->initial[at] = id;
	template->cap_last = at + PCI_CAP_LIST_NEXT;
	template->cap += ALIGN(size, 4);
	return at;
}

static u16 add_ext_cap(struct pcisim_template *template, u16 id, u8 version, unsigned int size)
{
	u16 at = template->ext;
	u8 *last = template->initial + template->ext_last;

	if (template->ext_last)
		pcisim_put16(last + 2, pcisim_get16(last + 2) | at << 4);
	space_put_fixed32(template, at, id | version << 16);
	template->ext_last = at;
	template->ext += ALIGN(size, 4);
	return at;
}

static void build_common(struct pcisim_template *template, const struct pcisim_shape *shape)
{
	u16 status = PCI_STATUS_CAP_LIST;

	if (shape->immediate_readiness)
		status |= PCI_STATUS_IMM_READY;
	space_put_fixed16(template, PCI_VENDOR_ID, shape->vendor);
	space_put_fixed16(template, PCI_DEVICE_ID, shape->device);
	space_put_field16(template, PCI_COMMAND, 0, COMMAND_BITS);
	space_put_fixed16(template, PCI_STATUS, status);
	pcisim_put16(template->w1c + PCI_STATUS, STATUS_ERRORS);
	space_put_fixed32(template, PCI_CLASS_REVISION, shape->class << 8 | shape->revision);
	template->writable[PCI_CACHE_LINE_SIZE] = 0xff;
	template->writable[PCI_INTERRUPT_LINE] = 0xff;
}

static void build_endpoint_header(struct pcisim_template *template,
				  const struct pcisim_shape *shape)
{
	if (shape->bar_size)
		space_put_field32(template, PCI_BASE_ADDRESS_0, 0, ~(shape->bar_size - 1));
	space_put_fixed16(template, PCI_SUBSYSTEM_VENDOR_ID, shape->vendor);
	space_put_fixed16(template, PCI_SUBSYSTEM_ID, shape->device);
}

/* PCIe r6.0, sec 9.3.4.1: a VF has neither IDs nor BARs of its own. */
static void build_vf_header(struct pcisim_template *template)
{
	space_put_fixed32(template, PCI_VENDOR_ID, ~0U);
	pcisim_put16(template->writable + PCI_COMMAND, PCI_COMMAND_MASTER);
}

/*
 * No I/O window and no prefetchable window. The memory window is closed: its base is
 * above its limit.
 */
static void build_bridge_header(struct pcisim_template *template)
{
	template->initial[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	space_put_field32(template, PCI_PRIMARY_BUS, 0, 0x00ffffff);
	space_put_field16(template, PCI_MEMORY_BASE, 0xfff0, 0xfff0);
	space_put_field16(template, PCI_MEMORY_LIMIT, 0, 0xfff0);
	space_put_field16(template, PCI_BRIDGE_CONTROL, 0,
			  PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR |
				  PCI_BRIDGE_CTL_MASTER_ABORT | PCI_BRIDGE_CTL_BUS_RESET);
	/* Software writes secondary and subordinate together or separately. */
	on_write(template, PCI_SECONDARY_BUS, pcisim_effect_buses);
	on_write(template, PCI_BRIDGE_CONTROL, pcisim_effect_bridge_control);
}

static void build_pm(struct pcisim_template *template, const struct pcisim_shape *shape)
{
	u8 at = add_cap(template, PCI_CAP_ID_PM, PCI_PM_SIZEOF);
	u16 value = shape->no_soft_reset ? PCI_PM_CTRL_NO_SOFT_RESET : 0;
	u16 writable = PCI_PM_CTRL_STATE_MASK;
	u16 capability = 3;

	/* PCIe r6.0, sec 6.7.3.4: a port with a slot wakes up for its events. */
	if (shape->hotplug) {
		capability |= PCI_PM_CAP_PME_D0 | PCI_PM_CAP_PME_D3hot;
		writable |= PCI_PM_CTRL_PME_ENABLE;
		pcisim_put16(template->w1c + at + PCI_PM_CTRL, PCI_PM_CTRL_PME_STATUS);
	}
	template->pm = at;
	space_put_fixed16(template, at + PCI_PM_PMC, capability);
	space_put_field16(template, at + PCI_PM_CTRL, value, writable);
	on_write(template, at + PCI_PM_CTRL, pcisim_effect_pmcsr);
}

static void build_msi(struct pcisim_template *template)
{
	u8 at = add_cap(template, PCI_CAP_ID_MSI, MSI_SIZE);

	space_put_field16(template, at + PCI_MSI_FLAGS, PCI_MSI_FLAGS_64BIT,
			  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	space_put_field32(template, at + PCI_MSI_ADDRESS_LO, 0, ~3U);
	space_put_field32(template, at + PCI_MSI_ADDRESS_HI, 0, ~0U);
	space_put_field16(template, at + PCI_MSI_DATA_64, 0, 0xffff);
}

static void build_msix(struct pcisim_template *template)
{
	u8 at = add_cap(template, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);

	space_put_field16(template, at + PCI_MSIX_FLAGS, 0,
			  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	space_put_fixed32(template, at + PCI_MSIX_PBA, 0x800);
}

static void build_slot(struct pcisim_template *template, u8 at, const struct pcisim_shape *shape,
		       u32 number)
{
	u32 slot = PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_HPS | PCI_EXP_SLTCAP_NCCS | number << 19;
	u16 control = 0x1fff;
	u16 events = PCI_EXP_SLTSTA_ABP | PCI_EXP_SLTSTA_PFD | PCI_EXP_SLTSTA_MRLSC |
		     PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_CC | PCI_EXP_SLTSTA_DLLSC;

	if (shape->button)
		slot |= PCI_EXP_SLTCAP_ABP | PCI_EXP_SLTCAP_AIP | PCI_EXP_SLTCAP_PIP;
	if (shape->power_controller)
		slot |= PCI_EXP_SLTCAP_PCP;
	else
		control &= ~PCI_EXP_SLTCTL_PCC;
	space_put_fixed32(template, at + PCI_EXP_SLTCAP, slot);
	space_put_field16(template, at + PCI_EXP_SLTCTL, 0, control);
	pcisim_put16(template->w1c + at + PCI_EXP_SLTSTA, events);
	on_write(template, at + PCI_EXP_SLTCTL, pcisim_effect_sltctl);
	on_write(template, at + PCI_EXP_SLTSTA, pcisim_effect_sltsta);
}

static u16 pcie_type(const struct pcisim_node *node)
{
	switch (node->shape.kind) {
	case PCISIM_ROOT_PORT:
		return PCI_EXP_TYPE_ROOT_PORT;
	case PCISIM_UPSTREAM:
		return PCI_EXP_TYPE_UPSTREAM;
	case PCISIM_DOWNSTREAM:
		return PCI_EXP_TYPE_DOWNSTREAM;
	case PCISIM_PCI_BRIDGE:
		return PCI_EXP_TYPE_PCI_BRIDGE;
	default:
		return node->parent ? PCI_EXP_TYPE_ENDPOINT : PCI_EXP_TYPE_RC_END;
	}
}

static void build_link(struct pcisim_template *template, u8 at, const struct pcisim_node *node)
{
	const struct pcisim_shape *shape = &node->shape;
	u32 capability = shape->speed | shape->width << 4;

	if (pcisim_is_port(node)) {
		if (shape->dllla)
			capability |= PCI_EXP_LNKCAP_DLLLARC;
		if (shape->aer)
			capability |= PCI_EXP_LNKCAP_SDERC;
		on_write(template, at + PCI_EXP_LNKCTL, pcisim_effect_lnkctl);
	}
	if (pcisim_is_port(node) && shape->bandwidth) {
		capability |= PCI_EXP_LNKCAP_LBNC;
		pcisim_put16(template->w1c + at + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_LBMS);
		on_write(template, at + PCI_EXP_LNKSTA, pcisim_effect_lnksta);
	}
	space_put_fixed32(template, at + PCI_EXP_LNKCAP, capability);
	space_put_field16(template, at + PCI_EXP_LNKCTL, 0,
			  pcisim_is_port(node) ? 0x0ffb : 0x0fdb & ~PCI_EXP_LNKCTL_LD);
	/* Every speed up to the highest. */
	space_put_fixed32(template, at + PCI_EXP_LNKCAP2, (2U << shape->speed) - 2);
	space_put_field16(template, at + PCI_EXP_LNKCTL2, shape->speed, PCI_EXP_LNKCTL2_TLS);
}

static void build_pcie(struct pcisim_template *template, const struct pcisim_node *node, u32 slot)
{
	u8 at = add_cap(template, PCI_CAP_ID_EXP, PCIE_SIZE);
	u16 type = pcie_type(node);
	u16 flags = 2 | type << 4;
	u32 capability = PCI_EXP_DEVCAP_RBER;

	template->pcie = at;
	if (node->shape.hotplug)
		flags |= PCI_EXP_FLAGS_SLOT;
	if (node->shape.flr)
		capability |= PCI_EXP_DEVCAP_FLR;
	space_put_fixed16(template, at + PCI_EXP_FLAGS, flags);
	space_put_fixed32(template, at + PCI_EXP_DEVCAP, capability);
	space_put_field16(template, at + PCI_EXP_DEVCTL, 0x2810, node->shape.flr ? 0xffff : 0x7fff);
	pcisim_put16(template->w1c + at + PCI_EXP_DEVSTA, 0x000f);
	if (node->shape.flr)
		on_write(template, at + PCI_EXP_DEVCTL, pcisim_effect_devctl);
	if (type != PCI_EXP_TYPE_RC_END)
		build_link(template, at, node);
	if (node->shape.hotplug)
		build_slot(template, at, &node->shape, slot);
	if (type == PCI_EXP_TYPE_ROOT_PORT) {
		space_put_field16(template, at + PCI_EXP_RTCTL, 0, 0x001f);
		space_put_fixed16(template, at + PCI_EXP_RTCAP, PCI_EXP_RTCAP_CRSVIS);
		pcisim_put32(template->w1c + at + PCI_EXP_RTSTA, PCI_EXP_RTSTA_PME);
		on_write(template, at + PCI_EXP_RTSTA + 2, pcisim_effect_rtsta);
	}
	if (pcisim_is_port(node)) {
		space_put_fixed32(template, at + PCI_EXP_DEVCAP2, PCI_EXP_DEVCAP2_ARI);
		space_put_field16(template, at + PCI_EXP_DEVCTL2, 0, PCI_EXP_DEVCTL2_ARI | 0x1f);
	}
}

static void build_af(struct pcisim_template *template)
{
	u8 at = add_cap(template, PCI_CAP_ID_AF, PCI_CAP_AF_SIZEOF);

	template->af = at;
	template->initial[at + PCI_AF_LENGTH] = PCI_CAP_AF_SIZEOF;
	template->initial[at + PCI_AF_CAP] = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	template->writable[at + PCI_AF_CTRL] = PCI_AF_CTRL_FLR;
	on_write(template, at + PCI_AF_CTRL, pcisim_effect_af);
}

static void build_pcix(struct pcisim_template *template)
{
	u8 at = add_cap(template, PCI_CAP_ID_PCIX, PCI_CAP_PCIX_SIZEOF_V1);

	space_put_field16(template, at + PCI_X_CMD, PCI_X_CMD_ERO,
			  PCI_X_CMD_DPERR_E | PCI_X_CMD_ERO);
}

static void build_aer(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_ERR, 2, AER_SIZE);

	template->aer = at;
	pcisim_put32(template->w1c + at + PCI_ERR_UNCOR_STATUS, ~0U);
	space_put_field32(template, at + PCI_ERR_UNCOR_MASK, 0, 0x07fff030);
	space_put_field32(template, at + PCI_ERR_UNCOR_SEVER, 0x00462030, 0x07fff030);
	pcisim_put32(template->w1c + at + PCI_ERR_COR_STATUS, ~0U);
	space_put_field32(template, at + PCI_ERR_COR_MASK, 0x00002000, 0x0000f1c1);
	space_put_field32(template, at + PCI_ERR_ROOT_COMMAND, 0, 7);
	pcisim_put32(template->w1c + at + PCI_ERR_ROOT_STATUS, 0x7f);
}

static void build_dpc(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_DPC, 1, DPC_SIZE);

	template->dpc = at;
	space_put_fixed16(template, at + PCI_EXP_DPC_CAP, PCI_EXP_DPC_CAP_SW_TRIGGER);
	space_put_field16(template, at + PCI_EXP_DPC_CTL, 0, 0x00ff);
	pcisim_put16(template->w1c + at + PCI_EXP_DPC_STATUS,
		     PCI_EXP_DPC_STATUS_TRIGGER | PCI_EXP_DPC_STATUS_INTERRUPT);
	on_write(template, at + PCI_EXP_DPC_CTL, pcisim_effect_dpc_ctl);
	on_write(template, at + PCI_EXP_DPC_STATUS, pcisim_effect_dpc_status);
}

static void build_cxl_port(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_DVSEC, 1, CXL_PORT_SIZE);

	template->cxl = at;
	space_put_fixed32(template, at + PCI_DVSEC_HEADER1, CXL_VENDOR_ID | CXL_PORT_SIZE << 20);
	space_put_fixed16(template, at + PCI_DVSEC_HEADER2, CXL_PORT_DVSEC);
	space_put_field16(template, at + PCISIM_CXL_CONTROL, 0,
			  PCISIM_CXL_UNMASK_SBR | PCISIM_CXL_UNMASK_LINK_DISABLE);
	on_write(template, at + PCISIM_CXL_CONTROL, pcisim_effect_cxl_control);
}

/* PCIe r6.0, sec 7.9.16.2: 9 bits, in units of 32 to the power of the 3 bits above, ns. */
static u32 encode_time(u32 us)
{
	u64 value = (u64)us * NSEC_PER_USEC;
	u32 scale = 0;

	while (value > 0x1ff) {
		value = DIV_ROUND_UP_ULL(value, 32);
		scale++;
	}
	return value | scale << 9;
}

static void build_rtr(struct pcisim_template *template, const struct pcisim_shape *shape)
{
	u16 at = add_ext_cap(template, RTR_ID, 1, RTR_SIZE);
	u32 reset = encode_time(shape->rtr_reset_us);

	space_put_fixed32(template, at + 4, RTR_VALID | reset << 12 | reset);
	space_put_fixed32(template, at + 8,
			  encode_time(shape->rtr_d3_us) << 12 | encode_time(shape->rtr_flr_us));
}

static void build_dsn(struct pcisim_template *template, u32 serial)
{
	template->dsn = add_ext_cap(template, PCI_EXT_CAP_ID_DSN, 1, PCI_EXT_CAP_DSN_SIZEOF);
	space_put_fixed32(template, template->dsn + 4, serial);
	space_put_fixed32(template, template->dsn + 8, 0xc0de);
}

static void build_acs(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_ACS, 1, 12);

	template->acs = at;
	/* All features, and egress control for eight functions or ports. */
	space_put_fixed16(template, at + PCI_ACS_CAP, 0x087f);
	space_put_field16(template, at + PCI_ACS_CTRL, 0, 0x007f);
	space_put_field32(template, at + PCI_ACS_EGRESS_CTL_V, 0, 0x000000ff);
}

static void build_multicast(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_MCAST, 1, 0x28);
	unsigned int offset;

	space_put_fixed16(template, at + 4, 0x003f);
	space_put_field16(template, at + 6, 0, 0x803f);
	space_put_field32(template, at + 8, 0, 0xfffff03f);
	for (offset = 12; offset < 0x28; offset += 4)
		space_put_field32(template, at + offset, 0, ~0U);
}

/* Two substates. Substate Control Enabled is cleared by writing a one. */
static void build_dpa(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_DPA, 1, 0x12);

	space_put_fixed32(template, at + PCI_DPA_CAP, 1);
	space_put_fixed16(template, at + 0x0c, 0x0100);
	pcisim_put16(template->w1c + at + 0x0c, 0x0100);
	space_put_field16(template, at + 0x0e, 0, 0x001f);
}

/* PCIe r6.0, sec 10.5.1: Enable and Smallest Translation Unit. */
static void build_ats(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_ATS, 1, PCI_EXT_CAP_ATS_SIZEOF);

	space_put_field16(template, at + PCI_ATS_CTRL, 0, PCI_ATS_CTRL_ENABLE | 0x1f);
}

/* With two steering tags in the capability. */
static void build_tph(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_TPH, 1, 0x10);

	space_put_fixed32(template, at + PCI_TPH_CAP, 0x00010207);
	space_put_field32(template, at + 8, 0, 0x00000307);
	space_put_field32(template, at + PCI_TPH_BASE_SIZEOF, 0, ~0U);
}

static void build_l1ss(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_L1SS, 1, 0x10);

	space_put_fixed32(template, at + PCI_L1SS_CAP, 0x1f);
	space_put_field32(template, at + PCI_L1SS_CTL1, 0, 0xe3ff000f);
	space_put_field32(template, at + PCI_L1SS_CTL2, 0, 0x000000fb);
}

/* CXL r3.1, sec 8.1.3: a device with two ranges. */
static void build_cxl_device(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_DVSEC, 1, 0x38);
	unsigned int base;

	space_put_fixed32(template, at + PCI_DVSEC_HEADER1, CXL_VENDOR_ID | 0x38 << 20);
	space_put_field16(template, at + 0x0c, 2, 0x4fff);
	space_put_fixed16(template, at + 0x0e, 0x4000);
	pcisim_put16(template->w1c + at + 0x0e, 0x4000);
	space_put_field16(template, at + 0x10, 0, 0x0039);
	space_put_field16(template, at + 0x14, 0, 0x0001);
	for (base = 0x20; base <= 0x30; base += 0x10) {
		space_put_field32(template, at + base, 0, ~0U);
		space_put_field32(template, at + base + 4, 0, 0xf0000000);
	}
}

/* Each has one control register. */
static void build_small_controls(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, DEVICE_3_ID, 1, 12);

	space_put_field32(template, at + 8, 0, 0x0000000f);
	at = add_ext_cap(template, PCI_EXT_CAP_ID_SECPCI, 1, 12 + 2 * 8);
	space_put_field32(template, at + 4, 0, 0x0000fe02);
	at = add_ext_cap(template, PCI_EXT_CAP_ID_DLF, 1, 12);
	space_put_field32(template, at + 4, 0, 0x80000000);
}

static void build_controls(struct pcisim_template *template, const struct pcisim_node *node)
{
	build_acs(template);
	if (node->shape.kind != PCISIM_ENDPOINT)
		return;
	build_multicast(template);
	build_dpa(template);
	build_tph(template);
	build_l1ss(template);
	build_cxl_device(template);
	build_small_controls(template);
}

/* PCIe r6.0, sec 7.8.7: one BAR of up to 8 MiB, initially 1 MiB. */
static void build_vf_rebar(struct pcisim_template *template)
{
	u16 at = add_ext_cap(template, VF_REBAR_ID, 1, 12);

	space_put_fixed32(template, at + 4, 0x000000f0);
	space_put_field32(template, at + 8, 0x00000020, 0x00003f00);
}

static bool has_rtr(const struct pcisim_shape *shape)
{
	return shape->rtr_reset_us || shape->rtr_flr_us || shape->rtr_d3_us;
}

static void build_sriov(struct pcisim_template *template, const struct pcisim_shape *pf,
			const struct pcisim_shape *vf)
{
	u16 at = add_ext_cap(template, PCI_EXT_CAP_ID_SRIOV, 1, PCI_EXT_CAP_SRIOV_SIZEOF);

	template->sriov = at;
	space_put_field16(template, at + PCI_SRIOV_CTRL, 0,
			  PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE | PCI_SRIOV_CTRL_ARI);
	space_put_fixed16(template, at + PCI_SRIOV_INITIAL_VF, vf->count);
	space_put_fixed16(template, at + PCI_SRIOV_TOTAL_VF, vf->count);
	space_put_field16(template, at + PCI_SRIOV_NUM_VF, 0, 0xffff);
	space_put_fixed16(template, at + PCI_SRIOV_VF_OFFSET, vf->vf_offset);
	space_put_fixed16(template, at + PCI_SRIOV_VF_STRIDE, 1);
	space_put_fixed16(template, at + PCI_SRIOV_VF_DID, vf->device);
	space_put_fixed32(template, at + PCI_SRIOV_SUP_PGSIZE, 0x553);
	space_put_field32(template, at + PCI_SRIOV_SYS_PGSIZE, 1, 0xffff);
	if (vf->bar_size)
		space_put_field32(template, at + PCI_SRIOV_BAR, 0, ~(vf->bar_size - 1));
	on_write(template, at + PCI_SRIOV_CTRL, pcisim_effect_sriov);
}

static const struct pcisim_node *vf_node_of(const struct pcisim_node *pf)
{
	const struct pcisim_node *node;

	list_for_each_entry(node, &pf->host->nodes, entry) {
		if (node->parent == pf && node->shape.kind == PCISIM_VF)
			return node;
	}
	return NULL;
}

static bool is_conventional(const struct pcisim_node *node)
{
	return node->parent && node->parent->shape.kind == PCISIM_PCI_BRIDGE;
}

static void build_ext_caps(struct pcisim_template *template, const struct pcisim_node *node)
{
	const struct pcisim_node *vf = vf_node_of(node);

	if (node->shape.aer)
		build_aer(template);
	if (node->shape.kind == PCISIM_ENDPOINT && node->parent)
		template->ari =
			add_ext_cap(template, PCI_EXT_CAP_ID_ARI, 1, PCI_EXT_CAP_ARI_SIZEOF);
	if (vf)
		build_sriov(template, &node->shape, &vf->shape);
	if (vf && node->shape.controls)
		build_vf_rebar(template);
	if (node->shape.controls)
		build_controls(template, node);
	if (node->shape.ats)
		build_ats(template);
	if (has_rtr(&node->shape))
		build_rtr(template, &node->shape);
	if (node->shape.dpc)
		build_dpc(template);
	if (node->shape.serial)
		build_dsn(template, node->shape.serial);
	if (node->shape.cxl)
		build_cxl_port(template);
}

/**
 * pcisim_template_make - build a node's config space
 * @node: the node
 * @slot: physical slot number, if it has a slot
 *
 * Return: 0 or -ENOMEM. node->template is to be freed with kfree().
 */
int pcisim_template_make(struct pcisim_node *node, u32 slot)
{
	struct pcisim_template *template = kzalloc(sizeof(*template), GFP_KERNEL);

	if (!template)
		return -ENOMEM;
	node->template = template;
	template->cap = 0x40;
	template->cap_last = PCI_CAPABILITY_LIST;
	template->ext = PCI_CFG_SPACE_SIZE;

	build_common(template, &node->shape);
	if (pcisim_is_bridge(node))
		build_bridge_header(template);
	else
		build_endpoint_header(template, &node->shape);
	if (node->shape.pm)
		build_pm(template, &node->shape);
	if (pcisim_is_bridge(node))
		build_msi(template);
	if (node->shape.msix)
		build_msix(template);
	if (!is_conventional(node))
		build_pcie(template, node, slot);
	if (node->shape.af)
		build_af(template);
	if (node->shape.pcix)
		build_pcix(template);
	if (!is_conventional(node))
		build_ext_caps(template, node);
	if (node->shape.kind == PCISIM_VF)
		build_vf_header(template);
	return 0;
}
