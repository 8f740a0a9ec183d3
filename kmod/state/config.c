// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space before and after a reset: what is compared, and what is not read
 * at all. Only what the header and the two lists of capabilities define: what is
 * between them is the vendor's, may change by itself, and there are devices that
 * do not bear to have it read. Of a capability that is not known here only the
 * first register is read.
 */
#include <linux/slab.h>

#include "state/state.h"
#include "table/registers.h"

/* For most functions enough. */
#define SOME_REGISTERS 64

/* PCIe r6.0, sec 7.6.3: the null capability; and what is read where there is no config space. */
#define NOTHING 0
#define NOBODY  0xffff

/* In the place of an ID: the address of a message that is in use. */
#define ADDRESS 0xfffe

/* Arbitration tables end where the next capability begins. */
#define TO_NEXT PCI_CFG_SPACE_EXP_SIZE

/**
 * struct walk - a look at one capability of a function
 * @dev: the function
 * @config: what has been read of it
 * @nr: number of the capability's first register in @config
 * @id: the capability's ID
 * @extended: it is an extended one
 * @pos: where it begins
 * @header: what its first register holds
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
 * PCI r3.0, sec 6.8.1: where the optional registers are depends on Message
 * Control. None of them means anything while MSI is off; pending bits never do.
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

/* Sec 7.8.4: of the logs that may follow nothing is compared. */
static unsigned int config_measure_aer(const struct walk *walk)
{
	int type = pci_is_pcie(walk->dev) ? pci_pcie_type(walk->dev) : -1;

	if (type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_RC_EC)
		return PCI_ERR_ROOT_COMMAND + 4;
	return PCI_ERR_HEADER_LOG;
}

/* Sec 7.9.1: arbitration tables are where the registers say, if anywhere. */
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

/* Sec 7.9.13.2: the table of steering tags may be here, two bytes each. */
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

/* Sec 7.9.14.6: what follows the masks of a root port's own errors is a log. */
static unsigned int config_measure_dpc(const struct walk *walk)
{
	u32 capability = config_read_dword(walk, PCI_EXP_DPC_CAP);

	return capability & PCI_EXP_DPC_CAP_RP_EXT ? PCI_EXP_DPC_RP_PIO_EXCEPTION + 4 :
						     PCI_EXP_DPC_SOURCE_ID + 2;
}

/**
 * struct capability_size - how much of a capability is compared
 * @id: capability ID
 * @extended: of an extended capability
 * @size: in bytes, its header included
 * @per_lane: and that much for each lane that the link can have
 * @measure: instead of @size, where the capability itself says how long it is
 *
 * The size is the specification's, less what follows the last register that is
 * compared. A vendor's capability is its own affair: its registers may count,
 * latch or start something.
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

/* Status: errors, and the state of INTx. BIST: may be read while it runs. */
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

/* The lists may be circles: nothing is visited twice. */
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

/* PCIe r6.0, sec 7.6.3: a first header that is zero, or all-ones, means that there is none. */
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
 * Where the next capability in config space begins, or the space ends. There are
 * devices that hang where theirs is read to the usual end, and the kernel has made
 * it shorter.
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
 * The kernel writes another message when the interrupt moves to another CPU, and
 * keeps it itself: the address must be there, and nothing else is known of it.
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

/* What is not compared is not read. */
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

/* Which of the vendor-specific capabilities it is, as far as that is known. */
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
 * pcireset_config_save - read what will be compared
 * @fn: the function, its header saved; @fn->saved.config is written
 *
 * The header, each capability as far as it is defined and does not change by
 * itself, and the first dword of extended config space. Nothing else is read.
 *
 * Return: 0 or -ENOMEM; pcireset_config_free() is to be called either way.
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
 * pcireset_config_free - forget what was read
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
 * Return: where it is, or 0. Nothing is read if it was seen before.
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

/* Registers are in the order of the lists: the first difference found need not be the lowest. */
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
 * pcireset_check_config - compare config space with what it was
 * @fn: the function, saved and restored; @fn->found.failed and @fn->found.offset are written
 *
 * Shows that the header and all that the specification defines of the function's
 * capabilities read as before, except the registers listed above. It says nothing
 * of what is between the capabilities, of a vendor's own, or of memory-mapped state.
 *
 * Return: true if it does.
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
