/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Config spaces as lspci -x prints them, made into the tree that sysfs would show:
 * bridges tell by their bus numbers what is below, PFs where their VFs are.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "private.h"
#include "tree.h"

#define MAX_FUNCTIONS 16384
#define LINE_BYTES    16
#define NONE          SIZE_MAX
#define VF_BYTES      (PCI_SRIOV_VF_DID + 2)

struct function {
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	struct config config;
	uint32_t vendor, device;
	uint8_t first, last;   /* buses below, 0 if there are none */
	size_t parent, physfn; /* which of the functions, or NONE */
};

struct dump {
	struct pcireset_ctx *ctx;
	struct function **v;
	size_t nr, room, line;
};

static void clear(struct dump *dump)
{
	for (size_t i = 0; i < dump->nr; i++)
		free(dump->v[i]);
	free(dump->v);
}

/* ---- the lines */

static int bad_line(const struct dump *dump, const char *what)
{
	return ctx_error(dump->ctx, -EBADMSG, "line %zu: %s", dump->line, what);
}

/* As far as lspci may read it; anything else was cut off. */
static int check_length(const struct dump *dump)
{
	const struct function *f = dump->nr ? dump->v[dump->nr - 1] : NULL;
	size_t len = f ? f->config.len : 0;

	if (!f || len == 64 || len == 128 || len == 256 || len == 4096)
		return 0;
	if (!len)
		return ctx_error(
			dump->ctx, -EBADMSG,
			"before line %zu: no config space of %s; lspci prints it with -xxxx",
			dump->line, f->name);
	return ctx_error(
		dump->ctx, -EBADMSG,
		"before line %zu: the config space of %s ends after %zu bytes: the dump is "
		"not whole",
		dump->line, f->name, len);
}

static int begin_function(struct dump *dump, const struct pcireset_addr *addr)
{
	struct function *f;
	int r = check_length(dump);

	if (r < 0)
		return r;
	if (dump->nr == MAX_FUNCTIONS)
		return ctx_error(dump->ctx, -EFBIG, "line %zu: more than %d functions", dump->line,
				 MAX_FUNCTIONS);
	if (dump->nr == dump->room) {
		size_t room = dump->room ? 2 * dump->room : 64;
		struct function **v = reallocarray(dump->v, room, sizeof(*v));

		if (!v)
			return ctx_error(dump->ctx, -ENOMEM, "out of memory");
		dump->v = v;
		dump->room = room;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return ctx_error(dump->ctx, -ENOMEM, "out of memory");
	f->addr = *addr;
	f->parent = f->physfn = NONE;
	pcireset_addr_to_str(addr, f->name);
	dump->v[dump->nr++] = f;
	return 0;
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* "1f0: 00 01 ...": 2 or 3 digits, then 16 bytes. */
static bool is_hex_line(const char *line, size_t *ret_digits, size_t *ret_offset)
{
	size_t digits = 0, offset = 0;

	for (; digits < 4 && hex_digit(line[digits]) >= 0; digits++)
		offset = offset << 4 | (size_t)hex_digit(line[digits]);
	if (digits < 2 || digits > 3 || line[digits] != ':' ||
	    (line[digits + 1] && line[digits + 1] != ' '))
		return false;
	*ret_digits = digits;
	*ret_offset = offset;
	return true;
}

static int take_bytes(struct dump *dump, const char *p, size_t offset)
{
	struct config *config;

	if (!dump->nr)
		return bad_line(dump, "config space of no function");
	config = &dump->v[dump->nr - 1]->config;
	if (offset != config->len || offset + LINE_BYTES > sizeof(config->b))
		return bad_line(dump, "config space is not in order");
	for (size_t i = 0; i < LINE_BYTES; i++, p += 3) {
		if (p[0] != ' ' || hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0)
			return bad_line(dump, "is not 16 bytes");
		config->b[config->len + i] = (uint8_t)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
	}
	if (p[strspn(p, " \t\r")])
		return bad_line(dump, "is not 16 bytes");
	config->len += LINE_BYTES;
	return 0;
}

/* "0000:03:00.0 Ethernet ...", with -D, or without the domain. */
static bool is_function_line(const char *line, struct pcireset_addr *ret_addr)
{
	char full[64];
	size_t len = strcspn(line, " \t\r");
	const char *colon = memchr(line, ':', len);

	if (!len || len > 32 || !colon)
		return false;
	if (memchr(colon + 1, ':', len - (size_t)(colon + 1 - line)))
		return addr_parse(line, len, ret_addr);
	snprintf(full, sizeof(full), "0000:%.*s", (int)len, line);
	return addr_parse(full, strlen(full), ret_addr);
}

/* What else lspci prints, with -v say, is of no interest. */
static int read_line(struct dump *dump, const char *line)
{
	struct pcireset_addr addr;
	size_t digits, offset;

	if (is_hex_line(line, &digits, &offset))
		return take_bytes(dump, line + digits + 1, offset);
	if (is_function_line(line, &addr))
		return begin_function(dump, &addr);
	return 0;
}

static int read_lines(struct dump *dump, const char *data, size_t size)
{
	char line[1024];
	int r = 0;

	while (!r && size) {
		const char *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;
		size_t kept = len < sizeof(line) ? len : sizeof(line) - 1;

		dump->line++;
		memcpy(line, data, kept);
		line[kept] = '\0';
		r = read_line(dump, line);
		len += end ? 1 : 0;
		data += len;
		size -= len;
	}
	dump->line++;
	if (!r)
		r = check_length(dump);
	if (!r && !dump->nr)
		r = ctx_error(dump->ctx, -EBADMSG,
			      "there is no PCI function in it, as lspci -xxxx prints them");
	return r;
}

/* ---- what is where */

static int by_address(const void *a, const void *b)
{
	const struct function *const *x = a, *const *y = b;

	return addr_cmp(&(*x)->addr, &(*y)->addr);
}

static int read_header(struct dump *dump, struct function *f)
{
	const uint8_t *b = f->config.b;

	f->vendor = config_get16(&f->config, PCI_VENDOR_ID);
	f->device = config_get16(&f->config, PCI_DEVICE_ID);
	/* Without a number the bridge is not set up; a dead one has another header. */
	if ((b[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_BRIDGE || !b[PCI_SECONDARY_BUS])
		return 0;
	if (b[PCI_SECONDARY_BUS] <= f->addr.bus || b[PCI_SUBORDINATE_BUS] < b[PCI_SECONDARY_BUS])
		return ctx_error(dump->ctx, -EBADMSG,
				 "%s: the buses below a bridge on bus %02x cannot be %02x to %02x",
				 f->name, f->addr.bus, b[PCI_SECONDARY_BUS],
				 b[PCI_SUBORDINATE_BUS]);
	f->first = b[PCI_SECONDARY_BUS];
	f->last = b[PCI_SUBORDINATE_BUS];
	return 0;
}

static bool contains(const struct function *bridge, const struct function *f)
{
	return bridge->first && bridge->addr.domain == f->addr.domain &&
	       bridge->first <= f->addr.bus && f->addr.bus <= bridge->last;
}

/* Buses are apart, or one bridge is below the other and its buses are too. */
static bool agree(const struct function *a, const struct function *b)
{
	if (a->addr.domain != b->addr.domain || a->last < b->first || b->last < a->first)
		return true;
	return (contains(a, b) && a->first < b->first && b->last <= a->last) ||
	       (contains(b, a) && b->first < a->first && a->last <= b->last);
}

/* Of the bridges above, which are one below the other, the lowest. */
static int find_parent(struct dump *dump, struct function *f)
{
	for (size_t i = 0; i < dump->nr; i++) {
		const struct function *bridge = dump->v[i];

		if (bridge == f || !bridge->first)
			continue;
		if (f->first && !agree(bridge, f))
			return ctx_error(dump->ctx, -EBADMSG,
					 "%s and %s both say that bus %02x is below them",
					 bridge->name, f->name,
					 bridge->first > f->first ? bridge->first : f->first);
		if (contains(bridge, f) &&
		    (f->parent == NONE || bridge->first > dump->v[f->parent]->first))
			f->parent = i;
	}
	return 0;
}

static struct function *find_function(struct dump *dump, uint32_t domain, uint32_t rid)
{
	struct function key = {
		.addr = { .domain = domain, .bus = (uint8_t)(rid >> 8), .devfn = (uint8_t)rid }
	};
	struct function *p = &key, **found;

	found = bsearch(&p, dump->v, dump->nr, sizeof(p), by_address);
	return found ? *found : NULL;
}

/* A VF's own IDs read as all ones: its PF has them. */
static void claim_vfs(struct dump *dump, size_t i)
{
	const struct function *pf = dump->v[i];
	size_t at = config_find_extended(&pf->config, PCI_EXT_CAP_ID_SRIOV, 0);
	uint32_t rid = (uint32_t)pf->addr.bus << 8 | pf->addr.devfn;
	uint32_t stride = config_get16(&pf->config, at + PCI_SRIOV_VF_STRIDE);

	if (!at || at + VF_BYTES > pf->config.len ||
	    !(config_get16(&pf->config, at + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE))
		return;
	rid += config_get16(&pf->config, at + PCI_SRIOV_VF_OFFSET);
	for (uint32_t n = config_get16(&pf->config, at + PCI_SRIOV_NUM_VF); n && rid <= 0xffff;
	     n--, rid += stride) {
		struct function *vf = find_function(dump, pf->addr.domain, rid);

		if (vf && vf != pf && vf->vendor == 0xffff && vf->device == 0xffff) {
			vf->physfn = i;
			vf->vendor = pf->vendor;
			vf->device = config_get16(&pf->config, at + PCI_SRIOV_VF_DID);
		}
		if (!stride)
			break;
	}
}

static int relate(struct dump *dump)
{
	int r = 0;

	qsort(dump->v, dump->nr, sizeof(*dump->v), by_address);
	for (size_t i = 1; i < dump->nr; i++)
		if (addr_is(&dump->v[i - 1]->addr, &dump->v[i]->addr))
			return ctx_error(dump->ctx, -EBADMSG, "%s: is there twice",
					 dump->v[i]->name);
	for (size_t i = 0; !r && i < dump->nr; i++)
		r = read_header(dump, dump->v[i]);
	for (size_t i = 0; !r && i < dump->nr; i++)
		r = find_parent(dump, dump->v[i]);
	for (size_t i = 0; !r && i < dump->nr; i++)
		claim_vfs(dump, i);
	return r;
}

/* ---- as sysfs has it */

/* Above a bridge is one on a lower bus, so that this ends. A VF is beside its PF. */
static int function_path(struct dump *dump, const struct function *f, char path[TREE_MAX_PATH])
{
	const struct function *beside = f->physfn == NONE ? f : dump->v[f->physfn];
	size_t len;

	if (beside->parent == NONE) {
		snprintf(path, TREE_MAX_PATH, "sys/devices/pci%04x:%02x", beside->addr.domain,
			 beside->addr.bus);
	} else {
		int r = function_path(dump, dump->v[beside->parent], path);

		if (r < 0)
			return r;
	}
	len = strlen(path);
	if (len + strlen(f->name) + sizeof("/reset_method") >= TREE_MAX_PATH)
		return ctx_error(dump->ctx, -EBADMSG, "%s: is below too many bridges", f->name);
	sprintf(path + len, "/%s", f->name);
	return 0;
}

static int add_number(struct dump *dump, struct tree *tree, const char *dirname, const char *name,
		      int digits, uint32_t value)
{
	char path[TREE_MAX_PATH + 16], text[16];
	int len = snprintf(text, sizeof(text), "0x%0*x\n", digits, value);

	snprintf(path, sizeof(path), "%s/%s", dirname, name);
	return tree_add(dump->ctx, tree, TREE_FILE, path, text, (size_t)len);
}

static int add_links(struct dump *dump, struct tree *tree, const struct function *f,
		     const char *dirname)
{
	char path[TREE_MAX_PATH + 16], target[TREE_MAX_PATH + 16];
	int len, r;

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", f->name);
	len = snprintf(target, sizeof(target), "../../../%s", dirname + strlen("sys/"));
	r = tree_add(dump->ctx, tree, TREE_LINK, path, target, (size_t)len);
	if (r < 0 || f->physfn == NONE)
		return r;
	snprintf(path, sizeof(path), "%s/physfn", dirname);
	len = snprintf(target, sizeof(target), "../%s", dump->v[f->physfn]->name);
	return tree_add(dump->ctx, tree, TREE_LINK, path, target, (size_t)len);
}

static int add_function(struct dump *dump, struct tree *tree, const struct function *f)
{
	char dirname[TREE_MAX_PATH], path[TREE_MAX_PATH + 16];
	int r = function_path(dump, f, dirname);

	if (!r)
		r = add_number(dump, tree, dirname, "vendor", 4, f->vendor);
	if (!r)
		r = add_number(dump, tree, dirname, "device", 4, f->device);
	if (!r)
		r = add_number(dump, tree, dirname, "class", 6,
			       config_get32(&f->config, PCI_CLASS_REVISION) >> 8);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/config", dirname);
	r = tree_add(dump->ctx, tree, TREE_FILE, path, f->config.b, f->config.len);
	return r ? r : add_links(dump, tree, f, dirname);
}

int dump_read(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	struct dump dump = { .ctx = ctx };
	int r = read_lines(&dump, data, size);

	if (!r)
		r = relate(&dump);
	for (size_t i = 0; !r && i < dump.nr; i++)
		r = add_function(&dump, tree, dump.v[i]);
	clear(&dump);
	return r ? r : tree_sort(ctx, tree);
}
