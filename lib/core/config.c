/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Config space from sysfs: read it, find capabilities, compare it with an earlier state. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include "core/core.h"
#include "table/registers.h"

#define MAX_CAPABILITIES 48
#define NO_CAPABILITY    0xff
#define VENDOR_LENGTH_AT 2 /* of a vendor-specific capability */

/* Missing bytes read as zero. */
uint32_t config_get16(const struct config *c, size_t at)
{
	return at + 2 <= c->len ? (uint32_t)(c->b[at] | c->b[at + 1] << 8) : 0;
}

uint32_t config_get32(const struct config *c, size_t at)
{
	return at + 4 <= c->len ? config_get16(c, at) | config_get16(c, at + 2) << 16 : 0;
}

uint32_t config_header_type(const struct config *c)
{
	return c->len > PCI_HEADER_TYPE ? c->b[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MASK : 0;
}

/*
 * Offset of the pointer to the first capability, or 0. A CardBus bridge has it elsewhere.
 * Like the kernel, find no list behind an unknown header.
 */
static size_t first_pointer(const struct config *c)
{
	static const size_t places[] = {
		[PCI_HEADER_TYPE_NORMAL] = PCI_CAPABILITY_LIST,
		[PCI_HEADER_TYPE_BRIDGE] = PCI_CAPABILITY_LIST,
		[PCI_HEADER_TYPE_CARDBUS] = PCI_CB_CAPABILITY_LIST,
	};
	uint32_t type = config_header_type(c);
	size_t at = type < ARRAY_SIZE(places) ? places[type] : 0;

	return at < c->len && config_get16(c, PCI_STATUS) & PCI_STATUS_CAP_LIST ? at : 0;
}

static int read_start_fd(int fd, struct config *config, size_t size)
{
	ssize_t n = 0;

	config->len = 0;
	while (config->len < size &&
	       (n = pread(fd, config->b + config->len, size - config->len, (off_t)config->len)) > 0)
		config->len += (size_t)n;
	return n < 0 ? -errno : 0;
}

int config_read_fd(int fd, struct config *config)
{
	return read_start_fd(fd, config, sizeof(config->b));
}

/* Read the part that every user may read. */
int config_read_header_fd(int fd, struct config *config)
{
	ssize_t n = pread(fd, config->b, PCI_STD_HEADER_SIZEOF, 0);

	config->len = n > 0 ? (size_t)n : 0;
	return n < 0 ? -errno : 0;
}

/*
 * A copy of a file that this user could only read in part, by tar, has zeros in place of the rest.
 * There is no list of capabilities in them.
 */
static void drop_padding(struct config *config)
{
	size_t at = PCI_STD_HEADER_SIZEOF;

	while (at < config->len && !config->b[at])
		at++;
	if (at == config->len && config->len > PCI_STD_HEADER_SIZEOF && first_pointer(config))
		config->len = PCI_STD_HEADER_SIZEOF;
}

/* Only the first bytes. The result is empty if the function is gone, or may not be read. */
int config_read_start(const struct pcireset_dev *dev, struct config *config, size_t size)
{
	char path[PATH_MAX];
	int fd, r;

	config->len = 0;
	if (snprintf(path, sizeof(path), "%s/config", dev->path) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return is_absent(-errno) || errno == EACCES ? 0 : -errno;
	r = read_start_fd(fd, config, size);
	/* The kernel always gives some. A recording may have none. */
	if (!r && !config->len && !*dev->ctx->sysroot)
		r = -EIO;
	close(fd);
	if (*dev->ctx->sysroot && !dev->ctx->is_dump)
		drop_padding(config);
	return r;
}

int config_read(const struct pcireset_dev *dev, struct config *config)
{
	return config_read_start(dev, config, sizeof(config->b));
}

/* Do not check the vendor ID: a VF always reads it as all-ones. */
bool config_is_dead(const struct config *c)
{
	return c->len >= PCI_COMMAND + 4 && config_get32(c, PCI_COMMAND) == UINT32_MAX;
}

/*
 * Return the next pointer. The number of steps is limited, because broken hardware may
 * have a cyclic list. Like in the kernel, the ID 0xff ends the list.
 */
static size_t next_pointer(const struct config *c, size_t at, int *left)
{
	if (!at)
		*left = MAX_CAPABILITIES;
	if (at && c->b[at] == NO_CAPABILITY)
		return 0;
	at = at ? at + PCI_CAP_LIST_NEXT : first_pointer(c);
	at = at ? c->b[at] & ~3u : 0;
	return at >= 0x40 && (*left)-- ? at : 0;
}

static size_t next_capability(const struct config *c, size_t at, int *left)
{
	at = next_pointer(c, at, left);
	return at + 4 <= c->len ? at : 0;
}

/* The part of a capability that decides about a reset: PM_CTRL, or DEVCAP. */
static size_t decisive_length(const struct config *c, size_t at)
{
	return c->b[at] == PCI_CAP_ID_PM || c->b[at] == PCI_CAP_ID_EXP ? 8 : 4;
}

/*
 * Do the bytes that were read contain the whole list? Otherwise a capability may be missing. Without
 * a list, the header is enough.
 */
bool config_has_all_capabilities(const struct config *c)
{
	size_t at = 0;
	int left;

	if (c->len < PCI_STD_HEADER_SIZEOF)
		return false;
	while ((at = next_pointer(c, at, &left)))
		if (at + 4 > c->len || at + decisive_length(c, at) > c->len)
			return false;
	return true;
}

/*
 * A dump by lspci without -xxxx, or not by root, may end before the capabilities. The lists
 * of conventional capabilities end within the first 256 bytes.
 */
void config_explain_cut(const struct config *c, const char *name, char reason[DUMP_REASON_MAX])
{
	if (c->len < PCI_CFG_SPACE_SIZE || config_has_all_capabilities(c))
		snprintf(reason, DUMP_REASON_MAX,
			 "only %zu bytes of %s were saved; use lspci -xxxx as root", c->len, name);
	else
		snprintf(reason, DUMP_REASON_MAX, "the capabilities of %s are damaged", name);
}

/* PCIe r6.0, sec 7.5.3.2: return the Device/Port Type, or -1 for a conventional function. */
int config_express_type(const struct config *c)
{
	size_t at = config_find(c, PCI_CAP_ID_EXP);

	return at ? (int)(config_get16(c, at + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4 : -1;
}

static size_t next_extended(const struct config *c, size_t at, int *left)
{
	uint32_t header;

	if (!at)
		*left = (PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8;
	at = at ? PCI_EXT_CAP_NEXT(config_get32(c, at)) : PCI_CFG_SPACE_SIZE;
	if (at < PCI_CFG_SPACE_SIZE || at + 4 > c->len || !(*left)--)
		return 0;
	header = config_get32(c, at);
	return header && header != UINT32_MAX ? at : 0;
}

size_t config_find(const struct config *c, uint8_t id)
{
	size_t at = 0;
	int left;

	while ((at = next_capability(c, at, &left)))
		if (c->b[at] == id)
			return at;
	return 0;
}

size_t config_find_extended(const struct config *c, uint32_t id, unsigned int nth)
{
	size_t at = 0;
	int left;

	while ((at = next_extended(c, at, &left)))
		if (PCI_EXT_CAP_ID(config_get32(c, at)) == id && !nth--)
			return at;
	return 0;
}

size_t config_find_dvsec(const struct config *c, uint32_t vendor, uint32_t id)
{
	size_t at;

	for (unsigned int n = 0; (at = config_find_extended(c, PCI_EXT_CAP_ID_DVSEC, n)); n++)
		if ((config_get32(c, at + PCI_DVSEC_HEADER1) & 0xffff) == vendor &&
		    config_get16(c, at + PCI_DVSEC_HEADER2) == id)
			return at;
	return 0;
}

/* ---- before and after */

/* Exclude these bits from the comparison. */
static void ignore_bits(struct config *diff, size_t at, uint32_t mask)
{
	for (size_t i = 0; i < 4 && at + i < diff->len; i++)
		diff->b[at + i] &= (uint8_t) ~(mask >> 8 * i);
}

static void ignore_range(struct config *diff, size_t from, size_t to)
{
	for (; from < to; from += 4)
		ignore_bits(diff, from, UINT32_MAX);
}

/*
 * Message address, data, mask and pending bits are meaningless while MSI is off.
 * Pending bits change at any time.
 */
static void ignore_msi(const struct config *was, struct config *diff, size_t at)
{
	uint32_t flags = config_get16(was, at + PCI_MSI_FLAGS);
	size_t mask_at = at + (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32);

	if (!(flags & PCI_MSI_FLAGS_ENABLE))
		ignore_range(diff, at + 4, flags & PCI_MSI_FLAGS_MASKBIT ? mask_at + 8 : mask_at);
	else if (flags & PCI_MSI_FLAGS_MASKBIT)
		ignore_bits(diff, mask_at + 4, UINT32_MAX);
}

static size_t next_of_list(const struct config *c, size_t at, int *left, bool extended)
{
	return extended ? next_extended(c, at, left) : next_capability(c, at, left);
}

/* The next capability in config space, or the end of the space. */
static size_t capability_end(const struct config *c, size_t at, bool extended)
{
	size_t next = 0, end = c->len;
	int left;

	if (!extended && end > PCI_CFG_SPACE_SIZE)
		end = PCI_CFG_SPACE_SIZE;
	while ((next = next_of_list(c, next, &left, extended)))
		if (next > at && next < end)
			end = next;
	return end;
}

static void ignore_rows(struct config *diff, const struct pcireset_volatile_register *reg,
			size_t at, size_t end)
{
	unsigned int offset = reg->offset;

	do {
		if (at + offset + 4 > end)
			return;
		ignore_bits(diff, at + offset, reg->mask);
		offset += reg->stride;
	} while (reg->stride && offset <= reg->last);
}

/* Some registers exist only in some functions: do not touch the next capability. */
static void ignore_listed(const struct config *was, struct config *diff, size_t at, bool extended)
{
	uint32_t id = extended ? PCI_EXT_CAP_ID(config_get32(was, at)) : was->b[at];
	size_t end = capability_end(was, at, extended);

	for (size_t i = 0; i < ARRAY_SIZE(pcireset_volatile_registers); i++) {
		const struct pcireset_volatile_register *reg = &pcireset_volatile_registers[i];

		if (reg->id == id && reg->is_extended == extended)
			ignore_rows(diff, reg, at, end);
	}
}

/* Only the vendor knows its own registers: they may count, latch or start an action. */
static void ignore_volatile(const struct config *was, struct config *diff)
{
	size_t at = 0;
	int left;

	while ((at = next_capability(was, at, &left))) {
		ignore_listed(was, diff, at, false);
		if (was->b[at] == PCI_CAP_ID_MSI)
			ignore_msi(was, diff, at);
		if (was->b[at] == PCI_CAP_ID_VNDR)
			ignore_range(diff, at + 4, at + was->b[at + VENDOR_LENGTH_AT]);
	}
	while ((at = next_extended(was, at, &left))) {
		uint32_t id = PCI_EXT_CAP_ID(config_get32(was, at));

		ignore_listed(was, diff, at, true);
		if (id == PCI_EXT_CAP_ID_VNDR || id == PCI_EXT_CAP_ID_DVSEC)
			ignore_range(diff, at + 4, at + (config_get32(was, at + 4) >> 20));
	}
}

/*
 * Return the offset of the first unexpected difference, or -1. Different lengths are a
 * difference.
 */
int config_difference(const struct config *was, const struct config *now)
{
	size_t len = was->len < now->len ? was->len : now->len;
	struct config diff = { .len = len };

	for (size_t i = 0; i < len; i++)
		diff.b[i] = was->b[i] ^ now->b[i];
	/* Errors and the state of INTx; BIST may be read while it runs. */
	ignore_bits(&diff, PCI_COMMAND, 0xffff0000);
	ignore_bits(&diff, PCI_CACHE_LINE_SIZE, 0xff000000);
	if ((was->b[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE)
		ignore_bits(&diff, PCI_IO_BASE, 0xffff0000);
	ignore_volatile(was, &diff);
	for (size_t i = 0; i < len; i++)
		if (diff.b[i])
			return (int)i;
	return was->len == now->len ? -1 : (int)len;
}

/* The IDs of a VF read as all-ones both times. */
bool config_is_same_device(const struct config *was, const struct config *now)
{
	if (config_get32(was, PCI_VENDOR_ID) != config_get32(now, PCI_VENDOR_ID) ||
	    config_get32(was, PCI_CLASS_REVISION) != config_get32(now, PCI_CLASS_REVISION) ||
	    (was->b[PCI_HEADER_TYPE] ^ now->b[PCI_HEADER_TYPE]) & 0x7f)
		return false;
	return (was->b[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_NORMAL ||
	       config_get32(was, PCI_SUBSYSTEM_VENDOR_ID) ==
		       config_get32(now, PCI_SUBSYSTEM_VENDOR_ID);
}

/* PCIe r6.0, sec 7.5.3.8. A function without a link, such as a VF, has a width of 0. */
bool config_link_holds(const struct config *was, const struct config *now)
{
	size_t at = config_find(was, PCI_CAP_ID_EXP);
	uint32_t before = at ? config_get16(was, at + PCI_EXP_LNKSTA) : 0;
	uint32_t after = at ? config_get16(now, at + PCI_EXP_LNKSTA) : 0;

	if (!(before & PCI_EXP_LNKSTA_NLW))
		return true;
	return (after & PCI_EXP_LNKSTA_CLS) >= (before & PCI_EXP_LNKSTA_CLS) &&
	       (after & PCI_EXP_LNKSTA_NLW) >= (before & PCI_EXP_LNKSTA_NLW) &&
	       !(before & ~after & PCI_EXP_LNKSTA_DLLLA);
}
