// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare config space before and after a reset. The module reads the header and the
 * registers that the capabilities define. It does not read the space between them: it
 * belongs to the vendor, may change by itself, and some devices do not tolerate such
 * reads. Of an unknown capability the module reads only the first register.
 */
#include <linux/slab.h>

#include "state/state.h"
#include "table/registers.h"

/* Room for the registers of most functions. */
#define SOME_REGISTERS 64

/* IDs: the null capability (PCIe r6.0, sec 7.6.3), and all-ones without config space. */
#define NOTHING 0
#define NOBODY  0xffff

/* Instead of an ID: marks the address register of an MSI in use. */
#define ADDRESS 0xfffe

/* A size up to the next capability, such as for arbitration tables. */
#define TO_NEXT PCI_CFG_SPACE_EXP_SIZE

/**
 * struct walk - one capability of a function
 * @dev: the function
 * @config: registers that were read
 * @nr: number of the capability's first register in @config
 * @id: capability ID
 * @extended: extended capability
 * @pos: offset of the capability
 * @header: value of its first register
 * @body: number of its second register in @config; the others follow
 */
struct walk {
	struct pci_dev *dev;
	struct pcireset_config *config;
	unsigned int nr;
	u16 id;
	bool extended;
	u16 pos;
	u32 header;
	unsigned int body;
};

static u32 config_read_dword(const struct walk *walk, unsigned int offset)
{
	u32 value = 0;

	if (walk->pos + offset + 4 <= walk->dev->cfg_size)
		pci_read_config_dword(walk->dev, walk->pos + offset, &value);
	return value;
}

/*
 * PCI r3.0, sec 6.8.1: Message Control determines the offsets of the optional
 * registers. They have no meaning while MSI is off. Pending bits are never compared.
 */
static unsigned int config_measure_msi(const struct walk *walk)
{
	u16 flags = walk->header >> 16;
	unsigned int mask_at = flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32;

	if (!(flags & PCI_MSI_FLAGS_ENABLE))
		return 4;
	return flags & PCI_MSI_FLAGS_MASKBIT ? mask_at + 4 : mask_at;
}

/* PCIe r6.0, sec 7.5.3: version 2 has all registers, version 1 those of the function's type. */
static unsigned int config_measure_pcie(const struct walk *walk)
{
	u16 flags = walk->header >> 16;
	unsigned int type = (flags & PCI_EXP_FLAGS_TYPE) >> 4;

	if ((flags & PCI_EXP_FLAGS_VERS) >= 2)
		return PCI_EXP_SLTSTA2 + 2;
	if (type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_RC_EC)
		return PCI_EXP_RTSTA + 4;
	if (flags & PCI_EXP_FLAGS_SLOT)
		return PCI_EXP_SLTSTA + 2;
	return type == PCI_EXP_TYPE_RC_END ? PCI_EXP_DEVSTA + 2 : PCI_EXP_LNKSTA + 2;
}

/* Sec 7.8.4: without the logs at the end. */
static unsigned int config_measure_aer(const struct walk *walk)
{
	int type = pci_is_pcie(walk->dev) ? pci_pcie_type(walk->dev) : -1;

	if (type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_RC_EC)
		return PCI_ERR_ROOT_COMMAND + 4;
	return PCI_ERR_HEADER_LOG;
}

/* Sec 7.9.1: registers give the offsets of optional arbitration tables. */
static unsigned int config_measure_vc(const struct walk *walk)
{
	unsigned int last = config_read_dword(walk, PCI_VC_PORT_CAP1) & PCI_VC_CAP1_EVCC;
	unsigned int i;

	if (config_read_dword(walk, PCI_VC_PORT_CAP2) & PCI_VC_CAP2_ARB_OFF)
		return TO_NEXT;
	for (i = 0; i <= last; i++)
		if (config_read_dword(walk, PCI_VC_RES_CAP + i * PCI_CAP_VC_PER_VC_SIZEOF) &
		    PCI_VC_RES_CAP_ARB_OFF)
			return TO_NEXT;
	return PCI_CAP_VC_BASE_SIZEOF + (last + 1) * PCI_CAP_VC_PER_VC_SIZEOF;
}

/* Sec 7.7.11.2: one bit for each function or port, and 0 stands for 256 of them. */
static unsigned int config_measure_acs(const struct walk *walk)
{
	unsigned int bits = config_read_dword(walk, PCI_ACS_CAP) >> 8 & 0xff;

	if (!(config_read_dword(walk, PCI_ACS_CAP) & PCI_ACS_EC))
		return PCI_ACS_EGRESS_CTL_V;
	return PCI_ACS_EGRESS_CTL_V + DIV_ROUND_UP(bits ? bits : 256, 32) * 4;
}

static unsigned int config_measure_rebar(const struct walk *walk)
{
	u32 control = config_read_dword(walk, PCI_REBAR_CTRL);

	return 4 + 8 * ((control & PCI_REBAR_CTRL_NBAR_MASK) >> 5);
}

/* Sec 7.9.13.2: the capability may contain the table of steering tags, two bytes each. */
static unsigned int config_measure_tph(const struct walk *walk)
{
	u32 capability = config_read_dword(walk, PCI_TPH_CAP);

	if ((capability & PCI_TPH_CAP_LOC_MASK) != PCI_TPH_LOC_CAP)
		return PCI_TPH_BASE_SIZEOF;
	return PCI_TPH_BASE_SIZEOF + 2 * ((capability & PCI_TPH_CAP_ST_MASK) >> 16) + 2;
}

/* Sec 7.9.11: ports have an overlay BAR. */
static unsigned int config_measure_multicast(const struct walk *walk)
{
	return pcireset_is_downstream_port(walk->dev) ? 0x30 : 0x28;
}

static unsigned int config_measure_dpa(const struct walk *walk)
{
	return PCI_DPA_BASE_SIZEOF +
	       (config_read_dword(walk, PCI_DPA_CAP) & PCI_DPA_CAP_SUBSTATE_MASK) + 1;
}

/* Sec 7.9.14.6: without the log after the masks of a root port's own errors. */
static unsigned int config_measure_dpc(const struct walk *walk)
{
	u32 capability = config_read_dword(walk, PCI_EXP_DPC_CAP);

	return capability & PCI_EXP_DPC_CAP_RP_EXT ? PCI_EXP_DPC_RP_PIO_EXCEPTION + 4 :
						     PCI_EXP_DPC_SOURCE_ID + 2;
}

/**
 * struct capability_size - the part of a capability that is compared
 * @id: capability ID
 * @extended: extended capability
 * @size: bytes, with the header
 * @per_lane: additional bytes for each lane of the link's maximum width
 * @measure: instead of @size, if the capability itself gives its length
 *
 * The size is that of the specification, up to the last compared register. Registers of
 * vendor-specific capabilities are not read: they may count, latch or start an action.
 */
struct capability_size {
	u16 id;
	bool extended;
	u16 size;
	u16 per_lane;
	unsigned int (*measure)(const struct walk *walk);
};

static const struct capability_size capability_sizes[] = {
	{ NOTHING, false, 4 },
	{ PCI_CAP_ID_PM, false, PCI_PM_SIZEOF },
	{ PCI_CAP_ID_VPD, false, PCI_VPD_DATA },
	{ PCI_CAP_ID_SLOTID, false, 4 },
	{ PCI_CAP_ID_MSI, false, .measure = config_measure_msi },
	{ PCI_CAP_ID_PCIX, false, 8 },
	{ PCI_CAP_ID_CHSWP, false, 4 },
	{ PCI_CAP_ID_VNDR, false, 4 },
	{ PCI_CAP_ID_DBG, false, 4 },
	{ PCI_CAP_ID_SHPC, false, 8 },
	{ PCI_CAP_ID_SSVID, false, 8 },
	{ PCI_CAP_ID_EXP, false, .measure = config_measure_pcie },
	{ PCI_CAP_ID_MSIX, false, PCI_CAP_MSIX_SIZEOF },
	{ PCI_CAP_ID_AF, false, PCI_AF_CTRL },
	{ NOTHING, true, 4 },
	{ NOBODY, true, 4 },
	{ PCI_EXT_CAP_ID_ERR, true, .measure = config_measure_aer },
	{ PCI_EXT_CAP_ID_VC, true, .measure = config_measure_vc },
	{ PCI_EXT_CAP_ID_VC9, true, .measure = config_measure_vc },
	{ PCI_EXT_CAP_ID_MFVC, true, .measure = config_measure_vc },
	{ PCI_EXT_CAP_ID_DSN, true, PCI_EXT_CAP_DSN_SIZEOF },
	{ PCI_EXT_CAP_ID_PWR, true, PCI_EXT_CAP_PWR_SIZEOF },
	{ PCI_EXT_CAP_ID_VNDR, true, 4 },
	{ PCI_EXT_CAP_ID_ACS, true, .measure = config_measure_acs },
	{ PCI_EXT_CAP_ID_ARI, true, PCI_EXT_CAP_ARI_SIZEOF },
	{ PCI_EXT_CAP_ID_ATS, true, PCI_EXT_CAP_ATS_SIZEOF },
	{ PCI_EXT_CAP_ID_SRIOV, true, PCI_EXT_CAP_SRIOV_SIZEOF },
	{ PCI_EXT_CAP_ID_PRI, true, PCI_EXT_CAP_PRI_SIZEOF },
	{ PCI_EXT_CAP_ID_MCAST, true, .measure = config_measure_multicast },
	{ PCI_EXT_CAP_ID_REBAR, true, .measure = config_measure_rebar },
	{ PCI_EXT_CAP_ID_DPA, true, .measure = config_measure_dpa },
	{ PCI_EXT_CAP_ID_TPH, true, .measure = config_measure_tph },
	{ PCI_EXT_CAP_ID_LTR, true, PCI_EXT_CAP_LTR_SIZEOF },
	{ PCI_EXT_CAP_ID_SECPCI, true, 12, .per_lane = 2 },
	{ PCI_EXT_CAP_ID_PASID, true, PCI_EXT_CAP_PASID_SIZEOF },
	{ PCI_EXT_CAP_ID_DPC, true, .measure = config_measure_dpc },
	{ PCI_EXT_CAP_ID_L1SS, true, 16 },
	{ PCI_EXT_CAP_ID_PTM, true, 12 },
	{ PCIRESET_RTR_ID, true, 12 },
	{ PCI_EXT_CAP_ID_DVSEC, true, 4 },
	{ PCIRESET_CXL_DEVICE_ID, true, 0x38 },
	{ PCIRESET_CXL_PORT_ID, true, 0x20 },
	{ PCIRESET_VF_REBAR_ID, true, .measure = config_measure_rebar },
	{ PCI_EXT_CAP_ID_DLF, true, 8 },
	{ PCI_EXT_CAP_ID_PL_16GT, true, 0x20, .per_lane = 1 },
	{ PCIRESET_MARGIN_ID, true, 8 },
	{ PCIRESET_GT32_ID, true, 0x20, .per_lane = 1 },
	{ PCIRESET_DOE_ID, true, 12 },
	{ PCIRESET_DEVICE_3_ID, true, 12 },
	{ PCIRESET_GT64_ID, true, 0x10, .per_lane = 1 },
};

/* Without Status (errors, and the state of INTx), and without BIST, which may be running. */
static u32 config_header_mask(const struct pci_dev *dev, unsigned int nr)
{
	if (nr == PCI_COMMAND / 4)
		return 0x0000ffff;
	if (nr == PCI_CACHE_LINE_SIZE / 4)
		return 0x00ffffff;
	/* Secondary Status. */
	if (nr == PCI_IO_BASE / 4 && dev->hdr_type == PCI_HEADER_TYPE_BRIDGE)
		return 0x0000ffff;
	return ~0U;
}

static int config_add_register(struct pcireset_config *config, unsigned int pos, u32 value)
{
	struct pcireset_register *registers = config->registers;
	unsigned int max = max(SOME_REGISTERS, config->max * 2);

	if (config->nr == config->max) {
		registers = krealloc_array(registers, max, sizeof(*registers), GFP_KERNEL_ACCOUNT);
		if (!registers)
			return -ENOMEM;
		config->registers = registers;
		config->max = max;
	}
	registers[config->nr++] =
		(struct pcireset_register){ .pos = pos, .mask = ~0U, .value = value };
	return 0;
}

static bool config_has_register(const struct pcireset_config *config, unsigned int pos)
{
	unsigned int i;

	for (i = 0; i < config->nr; i++)
		if (config->registers[i].pos == pos)
			return true;
	return false;
}

/* A broken list may be circular: visit no capability twice. */
static int config_find_capabilities(struct pci_dev *dev, const u32 *header,
				    struct pcireset_config *config)
{
	unsigned int pos = header[PCI_CAPABILITY_LIST / 4] & 0xfc;
	u32 value;
	int error;

	if (!(header[PCI_COMMAND / 4] >> 16 & PCI_STATUS_CAP_LIST))
		return 0;
	while (pos >= PCI_STD_HEADER_SIZEOF && pos + 4 <= dev->cfg_size &&
	       !config_has_register(config, pos)) {
		pci_read_config_dword(dev, pos, &value);
		error = config_add_register(config, pos, value);
		if (error || PCI_POSSIBLE_ERROR(value))
			return error;
		pos = value >> 8 & 0xfc;
	}
	return 0;
}

/* PCIe r6.0, sec 7.6.3: a first header of 0 or all-ones means that no capability exists. */
static int config_find_ext_capabilities(struct pci_dev *dev, struct pcireset_config *config)
{
	unsigned int pos = PCI_CFG_SPACE_SIZE;
	u32 value;
	int error;

	while (pos >= PCI_CFG_SPACE_SIZE && pos + 4 <= dev->cfg_size &&
	       !config_has_register(config, pos)) {
		pci_read_config_dword(dev, pos, &value);
		error = config_add_register(config, pos, value);
		if (error || !value || PCI_POSSIBLE_ERROR(value))
			return error;
		pos = PCI_EXT_CAP_NEXT(value);
	}
	return 0;
}

/*
 * Returns the size up to the next capability, or to the end of config space. Some devices
 * hang on reads beyond a certain offset. For these the kernel has reduced the size.
 */
static unsigned int config_room_of(const struct walk *walk)
{
	unsigned int end = walk->dev->cfg_size;
	unsigned int i;

	if (!walk->extended)
		end = min_t(unsigned int, end, PCI_CFG_SPACE_SIZE);
	for (i = 0; i < walk->config->nr_headers; i++) {
		unsigned int pos = walk->config->registers[i].pos;

		if (pos > walk->pos && pos < end)
			end = pos;
	}
	return end - walk->pos;
}

static unsigned int config_nr_lanes(struct pci_dev *dev)
{
	u32 capability;

	pcie_capability_read_dword(dev, PCI_EXP_LNKCAP, &capability);
	return (capability & PCI_EXP_LNKCAP_MLW) >> 4;
}

static unsigned int config_measure(const struct walk *walk)
{
	const struct capability_size *size = capability_sizes;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(capability_sizes); i++, size++) {
		if (size->id != walk->id || size->extended != walk->extended)
			continue;
		if (size->measure)
			return size->measure(walk);
		return size->size +
		       (size->per_lane ? size->per_lane * config_nr_lanes(walk->dev) : 0);
	}
	return 4;
}

static void config_ignore_bits(const struct walk *walk, unsigned int offset, u32 mask)
{
	unsigned int nr = offset ? walk->body + offset / 4 - 1 : walk->nr;

	if (nr < walk->config->nr)
		walk->config->registers[nr].mask &= ~mask;
}

static void config_ignore_volatile(const struct walk *walk)
{
	const struct pcireset_volatile_register *reg = pcireset_volatile_registers;
	unsigned int i, offset;

	for (i = 0; i < ARRAY_SIZE(pcireset_volatile_registers); i++, reg++) {
		if (reg->id != walk->id || reg->is_extended != walk->extended ||
		    reg->flags & PCIRESET_VOLATILE_IF_IDLE)
			continue;
		offset = reg->offset;
		do {
			config_ignore_bits(walk, offset, reg->mask);
			offset += reg->stride;
		} while (reg->stride && offset <= reg->last);
	}
}

/*
 * The kernel writes another message when the interrupt moves to another CPU. So any
 * address but 0 is correct.
 */
static void config_ignore_message(const struct walk *walk)
{
	u16 flags = walk->header >> 16;

	if (walk->extended || walk->id != PCI_CAP_ID_MSI || !(flags & PCI_MSI_FLAGS_ENABLE))
		return;
	config_ignore_bits(walk, PCI_MSI_ADDRESS_HI, ~0U);
	if (flags & PCI_MSI_FLAGS_64BIT)
		config_ignore_bits(walk, PCI_MSI_DATA_64, ~0U);
	if (walk->body < walk->config->nr)
		walk->config->registers[walk->body].id = ADDRESS;
}

/* Read only the registers that are compared. */
static void config_read_registers(const struct walk *walk)
{
	struct pcireset_config *config = walk->config;
	unsigned int i, kept = walk->body;

	for (i = walk->body; i < config->nr; i++) {
		struct pcireset_register *reg = &config->registers[i];

		if (!reg->mask)
			continue;
		pci_read_config_dword(walk->dev, reg->pos, &reg->value);
		config->registers[kept++] = *reg;
	}
	config->nr = kept;
}

/* Returns an ID of our own for the known vendor-specific capabilities, those of CXL. */
static u16 config_vendor_specific_id(const struct walk *walk)
{
	if ((config_read_dword(walk, PCI_DVSEC_HEADER1) & 0xffff) != PCIRESET_CXL_VENDOR_ID)
		return PCI_EXT_CAP_ID_DVSEC;
	switch (config_read_dword(walk, PCI_DVSEC_HEADER2) & 0xffff) {
	case PCIRESET_CXL_DVSEC_DEVICE:
		return PCIRESET_CXL_DEVICE_ID;
	case PCIRESET_CXL_DVSEC_PORT:
		return PCIRESET_CXL_PORT_ID;
	default:
		return PCI_EXT_CAP_ID_DVSEC;
	}
}

static int config_read_capability(struct pci_dev *dev, struct pcireset_config *config,
				  unsigned int nr)
{
	const struct pcireset_register *first = &config->registers[nr];
	struct walk walk = {
		.dev = dev,
		.config = config,
		.nr = nr,
		.extended = first->pos >= PCI_CFG_SPACE_SIZE,
		.pos = first->pos,
		.header = first->value,
		.body = config->nr,
	};
	unsigned int offset, size;
	int error;

	walk.id = walk.extended ? PCI_EXT_CAP_ID(walk.header) : walk.header & 0xff;
	if (walk.extended && walk.id == PCI_EXT_CAP_ID_DVSEC)
		walk.id = config_vendor_specific_id(&walk);
	config->registers[nr].id = walk.id;
	size = min(config_measure(&walk), config_room_of(&walk));
	for (offset = 4; offset < size; offset += 4) {
		error = config_add_register(config, walk.pos + offset, 0);
		if (error)
			return error;
	}
	config_ignore_volatile(&walk);
	config_ignore_message(&walk);
	config_read_registers(&walk);
	return 0;
}

/**
 * pcireset_config_save - save the registers for the comparison
 * @fn: the function, its header saved; @fn->saved.config is written
 *
 * Reads the defined registers of each capability that do not change by themselves, and
 * the first dword of extended config space. Reads nothing else.
 *
 * Return: 0 or -ENOMEM. Call pcireset_config_free() in both cases.
 */
int pcireset_config_save(struct pcireset_fn *fn)
{
	struct pcireset_config *config = &fn->saved.config;
	unsigned int i;
	int error;

	error = config_find_capabilities(fn->dev, fn->saved.header, config);
	if (!error)
		error = config_find_ext_capabilities(fn->dev, config);
	config->nr_headers = config->nr;
	for (i = 0; !error && i < config->nr_headers; i++)
		error = config_read_capability(fn->dev, config, i);
	return error;
}

/**
 * pcireset_config_free - free the registers of pcireset_config_save()
 * @fn: the function
 */
void pcireset_config_free(struct pcireset_fn *fn)
{
	kfree(fn->saved.config.registers);
	fn->saved.config = (struct pcireset_config){ 0 };
}

/**
 * pcireset_ext_capability - find an extended capability
 * @fn: the function, saved
 * @id: its ID
 *
 * Return: its offset, or 0. Reads no config space after pcireset_config_save().
 */
u16 pcireset_ext_capability(const struct pcireset_fn *fn, u16 id)
{
	const struct pcireset_config *config = &fn->saved.config;
	unsigned int i;

	if (!config->nr)
		return pci_find_ext_capability(fn->dev, id);
	for (i = 0; i < config->nr_headers; i++) {
		const struct pcireset_register *reg = &config->registers[i];

		if (reg->pos >= PCI_CFG_SPACE_SIZE && reg->id == id)
			return reg->pos;
	}
	return 0;
}

/* The registers are not sorted by offset, so look for the lowest difference. */
static u32 config_compare_register(struct pci_dev *dev, const struct pcireset_register *reg,
				   u32 lowest)
{
	u32 value;

	pci_read_config_dword(dev, reg->pos, &value);
	if (reg->id == ADDRESS && value)
		return lowest;
	value = (value ^ reg->value) & reg->mask;
	return value ? min_t(u32, lowest, reg->pos + __ffs(value) / 8) : lowest;
}

/**
 * pcireset_check_config - compare config space with the saved registers
 * @fn: the function, saved and restored; @fn->found.failed and @fn->found.offset are written
 *
 * Compares the header and the registers of pcireset_config_save(). Shows nothing about
 * the space between capabilities, vendor-specific registers, or memory-mapped state.
 *
 * Return: true if all registers are equal.
 */
bool pcireset_check_config(struct pcireset_fn *fn)
{
	u32 lowest = PCI_CFG_SPACE_EXP_SIZE;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fn->saved.header); i++) {
		struct pcireset_register reg = {
			.pos = i * 4,
			.mask = config_header_mask(fn->dev, i),
			.value = fn->saved.header[i],
		};

		lowest = config_compare_register(fn->dev, &reg, lowest);
	}
	for (i = 0; i < fn->saved.config.nr; i++)
		lowest = config_compare_register(fn->dev, &fn->saved.config.registers[i], lowest);

	if (lowest == PCI_CFG_SPACE_EXP_SIZE)
		return true;
	fn->found.failed |= PCIRESET_CHECK_CONFIG;
	fn->found.offset = lowest;
	return false;
}
