// SPDX-License-Identifier: GPL-2.0-only
/* What is looked at after a reset: proof, identity, config space, link. */
#include "pcireset.h"

/**
 * struct volatile_register - a register that may differ although all is well
 * @id: capability ID
 * @extended: of an extended capability
 * @offset: in the capability, a multiple of 4
 * @mask: bits that may differ
 * @reason: why
 */
struct volatile_register {
	u16 id;
	bool extended;
	u16 offset;
	u32 mask;
	const char *reason;
};

/* The one list of registers that the CONFIG check does not compare. */
static const struct volatile_register volatile_registers[] = {
	{ PCI_CAP_ID_PM, false, PCI_PM_CTRL, PCI_PM_CTRL_PME_STATUS, "event" },
	{ PCI_CAP_ID_VPD, false, 0, 0xffff0000, "address of the last access" },
	{ PCI_CAP_ID_VPD, false, PCI_VPD_DATA, ~0U, "data of the last access" },
	{ PCI_CAP_ID_PCIX, false, PCI_X_STATUS, ~0U, "status" },
	{ PCI_CAP_ID_AF, false, PCI_AF_CTRL, ~0U, "status, and a bit that starts a reset" },
	{ PCI_CAP_ID_EXP, false, PCI_EXP_DEVCTL, 0xffff0000, "Device Status" },
	{ PCI_CAP_ID_EXP, false, PCI_EXP_LNKCTL, 0xffff0000, "Link Status, see the link check" },
	{ PCI_CAP_ID_EXP, false, PCI_EXP_SLTCTL, 0xffff0000, "Slot Status" },
	{ PCI_CAP_ID_EXP, false, PCI_EXP_RTSTA, ~0U, "Root Status" },
	{ PCI_CAP_ID_EXP, false, PCI_EXP_DEVCTL2, 0xffff0000, "Device Status 2" },
	{ PCI_CAP_ID_EXP, false, PCI_EXP_LNKCTL2, 0xffff0000, "Link Status 2" },
	{ PCI_CAP_ID_EXP, false, PCI_EXP_SLTCTL2, 0xffff0000, "Slot Status 2" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_UNCOR_STATUS, ~0U, "error status" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_COR_STATUS, ~0U, "error status" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_CAP, 0x0000001f, "First Error Pointer" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_HEADER_LOG, ~0U, "log" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_HEADER_LOG + 4, ~0U, "log" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_HEADER_LOG + 8, ~0U, "log" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_HEADER_LOG + 12, ~0U, "log" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_ROOT_STATUS, ~0U, "error status" },
	{ PCI_EXT_CAP_ID_ERR, true, PCI_ERR_ROOT_ERR_SRC, ~0U, "source of an error" },
	{ PCI_EXT_CAP_ID_VC, true, PCI_VC_PORT_CTRL, 0xffff0000, "VC Port Status" },
	{ PCI_EXT_CAP_ID_VC, true, PCI_VC_RES_STATUS & ~3, 0xffff0000, "VC Resource Status" },
	{ PCI_EXT_CAP_ID_SRIOV, true, PCI_SRIOV_CTRL, 0xffff0000, "SR-IOV Status" },
	{ PCI_EXT_CAP_ID_PRI, true, PCI_PRI_CTRL, 0xffff0000, "Page Request Status" },
	{ PCI_EXT_CAP_ID_DPC, true, PCI_EXP_DPC_STATUS, ~0U, "status and source" },
	{ PCI_EXT_CAP_ID_SECPCI, true, 8, ~0U, "Lane Error Status" },
	{ PCI_EXT_CAP_ID_DLF, true, 8, ~0U, "Data Link Feature Status" },
};

/* Found by walking the snapshot, so that a dead or looping device cannot lead astray. */
struct capability {
	const u32 *config;
	u16 id;
	bool extended;
	u16 pos;
	u32 *diff;
	int size;
};

static void ignore(const struct capability *cap, unsigned int offset, u32 mask)
{
	unsigned int pos = cap->pos + offset;

	if (pos + 4 <= cap->size)
		cap->diff[pos / 4] &= ~mask;
}

static void ignore_range(const struct capability *cap, unsigned int from, unsigned int to)
{
	for (; from < to; from += 4)
		ignore(cap, from, ~0U);
}

/* Message address, data, mask and pending mean nothing while MSI is off; pending never stays. */
static void ignore_msi(const struct capability *cap)
{
	u32 first = cap->config[cap->pos / 4];
	u16 flags = first >> 16;
	unsigned int mask_at = flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32;
	unsigned int end = flags & PCI_MSI_FLAGS_MASKBIT ? mask_at + 8 : mask_at;

	if (!(flags & PCI_MSI_FLAGS_ENABLE))
		ignore_range(cap, 4, end);
	else if (flags & PCI_MSI_FLAGS_MASKBIT)
		ignore(cap, mask_at + 4, ~0U);
}

/* Only the vendor knows what these registers do: they may count, latch or start something. */
static void ignore_vendor(const struct capability *cap)
{
	u32 first = cap->config[cap->pos / 4];
	u32 second = cap->pos + 8 <= cap->size ? cap->config[cap->pos / 4 + 1] : 0;

	/* The length counts the header, whose first dword links to the next capability. */
	if (cap->extended)
		ignore_range(cap, 4, second >> 20);
	else
		ignore_range(cap, 4, (first >> 16) & 0xff);
}

static bool is_vendors(const struct capability *cap)
{
	if (!cap->extended)
		return cap->id == PCI_CAP_ID_VNDR;
	return cap->id == PCI_EXT_CAP_ID_VNDR || cap->id == PCI_EXT_CAP_ID_DVSEC;
}

static void ignore_volatile(const struct capability *cap)
{
	const struct volatile_register *reg = volatile_registers;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(volatile_registers); i++, reg++)
		if (reg->id == cap->id && reg->extended == cap->extended)
			ignore(cap, reg->offset, reg->mask);

	if (!cap->extended && cap->id == PCI_CAP_ID_MSI)
		ignore_msi(cap);
	if (is_vendors(cap))
		ignore_vendor(cap);
}

static u8 byte_at(const u32 *config, unsigned int pos)
{
	return config[pos / 4] >> (8 * (pos % 4));
}

static void walk_capabilities(struct capability *cap)
{
	unsigned int left = 48;
	u8 pos;

	if (!((cap->config[PCI_COMMAND / 4] >> 16) & PCI_STATUS_CAP_LIST))
		return;
	cap->extended = false;
	for (pos = byte_at(cap->config, PCI_CAPABILITY_LIST) & ~3; pos >= 0x40 && left--;
	     pos = byte_at(cap->config, pos + PCI_CAP_LIST_NEXT) & ~3) {
		cap->pos = pos;
		cap->id = byte_at(cap->config, pos);
		ignore_volatile(cap);
	}
}

static void walk_ext_capabilities(struct capability *cap)
{
	unsigned int left = (PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8;
	u16 pos = PCI_CFG_SPACE_SIZE;
	u32 header;

	cap->extended = true;
	while (pos >= PCI_CFG_SPACE_SIZE && pos + 4 <= cap->size && left--) {
		header = cap->config[pos / 4];
		if (!header || PCI_POSSIBLE_ERROR(header))
			return;
		cap->pos = pos;
		cap->id = PCI_EXT_CAP_ID(header);
		ignore_volatile(cap);
		pos = PCI_EXT_CAP_NEXT(header);
	}
}

static void ignore_header(struct pci_dev *dev, u32 *diff)
{
	/* Status: errors and the state of INTx. */
	diff[PCI_COMMAND / 4] &= 0x0000ffff;
	/* BIST: may be read while it runs. */
	diff[PCI_CACHE_LINE_SIZE / 4] &= 0x00ffffff;
	if (dev->hdr_type == PCI_HEADER_TYPE_BRIDGE)
		diff[PCI_IO_BASE / 4] &= 0x0000ffff;
}

/**
 * pcireset_config_read - read all of a function's config space
 * @dev: the function
 * @config: room for dev->cfg_size bytes
 */
void pcireset_config_read(struct pci_dev *dev, u32 *config)
{
	int pos;

	for (pos = 0; pos < dev->cfg_size; pos += 4)
		pci_read_config_dword(dev, pos, &config[pos / 4]);
}

/**
 * pcireset_check_config - compare config space with what it was
 * @fn: the function, restored; @fn->failed and @fn->offset are written
 * @scratch: room for its config space
 *
 * Shows that every register that the specification lets software set reads as
 * before, except those listed above. It says nothing of memory-mapped state.
 *
 * Return: true if it does.
 */
bool pcireset_check_config(struct pcireset_fn *fn, u32 *scratch)
{
	struct capability cap = {
		.config = fn->config,
		.diff = scratch,
		.size = fn->dev->cfg_size,
	};
	unsigned int i, nr = fn->dev->cfg_size / 4;

	pcireset_config_read(fn->dev, scratch);
	for (i = 0; i < nr; i++)
		scratch[i] ^= fn->config[i];

	ignore_header(fn->dev, scratch);
	walk_capabilities(&cap);
	walk_ext_capabilities(&cap);

	for (i = 0; i < nr; i++) {
		if (!scratch[i])
			continue;
		fn->failed |= PCIRESET_CHECK_CONFIG;
		fn->offset = i * 4 + __ffs(scratch[i]) / 8;
		return false;
	}
	return true;
}

/**
 * pcireset_check_link - compare a function's link with what it was
 * @fn: the function, restored; @fn->failed is written
 *
 * PCIe r6.0, sec 7.5.3.8: Current Link Speed, Negotiated Link Width and, for a
 * port, Data Link Layer Link Active.
 */
void pcireset_check_link(struct pcireset_fn *fn)
{
	u16 now;

	/* The link belongs to the device; a VF has no register for it. */
	if (fn->dev->is_virtfn || !(fn->link & PCI_EXP_LNKSTA_NLW))
		return;

	pcie_capability_read_word(fn->dev, PCI_EXP_LNKSTA, &now);
	if ((now & PCI_EXP_LNKSTA_CLS) < (fn->link & PCI_EXP_LNKSTA_CLS) ||
	    (now & PCI_EXP_LNKSTA_NLW) < (fn->link & PCI_EXP_LNKSTA_NLW) ||
	    (fn->link & ~now & PCI_EXP_LNKSTA_DLLLA))
		fn->failed |= PCIRESET_CHECK_LINK;
}

/**
 * pcireset_identity_holds - is it the function that was there before?
 * @fn: the function; it answers
 *
 * Compares Vendor and Device ID (a VF has none), class and revision, header
 * layout and, for an endpoint, the subsystem IDs.
 *
 * Return: true if it is.
 */
bool pcireset_identity_holds(struct pcireset_fn *fn)
{
	struct pci_dev *dev = fn->dev;
	u32 value;

	pci_read_config_dword(dev, PCI_CLASS_REVISION, &value);
	if (value != fn->config[PCI_CLASS_REVISION / 4])
		return false;
	pci_read_config_dword(dev, PCI_CACHE_LINE_SIZE, &value);
	if ((value ^ fn->config[PCI_CACHE_LINE_SIZE / 4]) & 0x007f0000)
		return false;
	if (dev->is_virtfn)
		return true;

	pci_read_config_dword(dev, PCI_VENDOR_ID, &value);
	if (value != fn->config[PCI_VENDOR_ID / 4])
		return false;
	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return true;
	pci_read_config_dword(dev, PCI_SUBSYSTEM_VENDOR_ID, &value);
	return value == fn->config[PCI_SUBSYSTEM_VENDOR_ID / 4];
}

static void use_as_witness(struct pcireset_fn *fn, u16 offset, u16 mask, u16 old)
{
	fn->witness = (struct pcireset_witness){ offset, mask, old };
}

/* VFs and old devices have no INTx Disable; the mask of MSI-X exists in every one that has it. */
static bool try_msix(struct pcireset_fn *fn)
{
	int pos = pci_find_capability(fn->dev, PCI_CAP_ID_MSIX);
	u16 old, now;

	if (!pos)
		return false;
	pos += PCI_MSIX_FLAGS;
	pci_read_config_word(fn->dev, pos, &old);
	pci_write_config_word(fn->dev, pos, old | PCI_MSIX_FLAGS_MASKALL);
	pci_read_config_word(fn->dev, pos, &now);
	if (!(now & PCI_MSIX_FLAGS_MASKALL))
		return false;
	use_as_witness(fn, pos, PCI_MSIX_FLAGS_MASKALL, old);
	return true;
}

/**
 * pcireset_witness_set - set a bit that only a reset clears
 * @fn: the function, quiesced
 *
 * INTx Disable, which is set already to keep the function quiet, and is 0 after
 * a reset (PCIe r6.0, sec 7.5.1.1.3). Else the MSI-X Function Mask (sec
 * 7.7.2.2), else the bus number that a bridge loses.
 */
void pcireset_witness_set(struct pcireset_fn *fn)
{
	u16 value;

	use_as_witness(fn, 0, 0, 0);
	pci_read_config_word(fn->dev, PCI_COMMAND, &value);
	if (value & PCI_COMMAND_INTX_DISABLE) {
		use_as_witness(fn, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, value);
		return;
	}
	if (try_msix(fn) || fn->dev->hdr_type != PCI_HEADER_TYPE_BRIDGE)
		return;
	pci_read_config_word(fn->dev, PCI_PRIMARY_BUS, &value);
	if (value & 0xff00)
		use_as_witness(fn, PCI_PRIMARY_BUS, value & 0xff00, value);
}

/**
 * pcireset_witness_read - see whether the reset took place
 * @fn: the function, answering and not yet restored; @fn->proof is written
 * @type: the type that was issued
 */
void pcireset_witness_read(struct pcireset_fn *fn, u32 type)
{
	u16 value;

	fn->proof = PCIRESET_PROOF_NONE;
	if (!(fn->reset & type))
		return;

	fn->proof = PCIRESET_PROOF_UNKNOWN;
	if (!fn->witness.offset)
		return;
	pci_read_config_word(fn->dev, fn->witness.offset, &value);
	if (PCI_POSSIBLE_ERROR(value))
		return;
	fn->proof = value & fn->witness.mask ? PCIRESET_PROOF_REFUTED : PCIRESET_PROOF_SHOWN;
}

/**
 * pcireset_witness_clear - undo what pcireset_witness_set() has set
 * @fn: the function
 *
 * Only the mask of MSI-X: pci_restore_state() leaves it alone while MSI-X is
 * off, and takes care of all else.
 */
void pcireset_witness_clear(struct pcireset_fn *fn)
{
	if (fn->witness.mask == PCI_MSIX_FLAGS_MASKALL && fn->witness.offset != PCI_PRIMARY_BUS)
		pci_write_config_word(fn->dev, fn->witness.offset, fn->witness.old);
}
