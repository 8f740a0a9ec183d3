/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sysfs back end: lists and plans from what a stock kernel shows, and resets where that can be strict. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "private.h"

#define CXL_VENDOR       0x1e98
#define CXL_DVSEC_PORT   3
#define CXL_PORT_CONTROL 0x0c
#define CXL_UNMASK_SBR   0x0001

/* Everything the decision for one function depends on. */
struct facts {
	struct config config;
	char listed[ATTR_MAX]; /* words of reset_method, with a blank around each */
	bool is_gone;
	bool has_capabilities; /* the capabilities could be read */
	const struct pcireset_dev *upstream;
	bool is_cxl, is_cxl_masked;
	bool is_dump;        /* there is config space and nothing else */
	bool is_port_hidden; /* what the port is or does, a dump does not tell */
};

static bool lists(const struct facts *f, const char *word)
{
	char padded[32];

	snprintf(padded, sizeof(padded), " %s ", word);
	return strstr(f->listed, padded);
}

/* A hotplug driver may own that port, or its capabilities are cut off, or it is not there. */
static bool is_port_hidden(const struct facts *f, uint8_t bus, const struct config *port)
{
	size_t express = config_find(port, PCI_CAP_ID_EXP);

	if (!f->is_dump || !f->upstream)
		return f->is_dump && bus;
	if (port->len <= PCI_STD_HEADER_SIZEOF)
		return true;
	return express && (port->len < PCI_CFG_SPACE_EXP_SIZE ||
			   config_get32(port, express + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_HPC);
}

static void read_port(struct facts *f, uint8_t bus)
{
	struct config config = { .len = 0 };
	size_t at;

	if (f->upstream)
		config_read(f->upstream, &config);
	f->is_port_hidden = is_port_hidden(f, bus, &config);
	if (!f->upstream)
		return;
	at = config_find_dvsec(&config, CXL_VENDOR, CXL_DVSEC_PORT);
	f->is_cxl = at || lists(f, "cxl_bus");
	if (at)
		f->is_cxl_masked = !(config_get16(&config, at + CXL_PORT_CONTROL) & CXL_UNMASK_SBR);
	else /* the port may not be read, but the kernel has read it */
		f->is_cxl_masked = f->is_cxl && !lists(f, "bus");
}

static void read_facts(const struct pcireset_dev *dev, struct facts *f)
{
	int len;

	config_read(dev, &f->config);
	f->has_capabilities = f->config.len > PCI_STD_HEADER_SIZEOF;
	/* Not the vendor: that of a VF reads as all ones when all is well. */
	f->is_gone = f->config.len >= 8 && config_get32(&f->config, PCI_COMMAND) == UINT32_MAX;

	f->listed[0] = ' ';
	len = dev_attr(dev, "reset_method", f->listed + 1, sizeof(f->listed) - 2);
	if (len < 0)
		len = 0;
	strcpy(f->listed + 1 + len, " ");
	f->upstream = dev_upstream(dev);
	f->is_cxl = f->is_cxl_masked = false;
	f->is_dump = dev->ctx->is_dump;
	read_port(f, dev->addr.bus);
}

static uint32_t why_not_flr(const struct facts *f, uint32_t *flags)
{
	size_t express = config_find(&f->config, PCI_CAP_ID_EXP);
	size_t af = config_find(&f->config, PCI_CAP_ID_AF);
	const uint8_t af_both = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	bool has_flr = express &&
		       (config_get32(&f->config, express + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR);
	bool has_af = af && (config_get16(&f->config, af + PCI_AF_CAP) & af_both) == af_both;

	if (f->has_capabilities && !has_flr && !has_af)
		return PCIRESET_WHY_NO_CAPABILITY;
	if (f->is_dump) {
		*flags = has_af && !has_flr ? PCIRESET_TYPE_AF : 0;
		return f->has_capabilities ? 0 : PCIRESET_WHY_DUMP;
	}
	if (lists(f, "flr"))
		return 0;
	if (lists(f, "af_flr")) {
		*flags = PCIRESET_TYPE_AF;
		return 0;
	}
	return f->has_capabilities ? PCIRESET_WHY_NOT_LISTED : PCIRESET_WHY_UNKNOWN;
}

static uint32_t why_not_pm(const struct facts *f)
{
	size_t pm = config_find(&f->config, PCI_CAP_ID_PM);

	if (f->has_capabilities && !pm)
		return PCIRESET_WHY_NO_CAPABILITY;
	if (pm && (config_get16(&f->config, pm + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET))
		return PCIRESET_WHY_NO_SOFT_RESET;
	if (pm && (config_get16(&f->config, pm + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK))
		return PCIRESET_WHY_NOT_D0;
	if (f->is_dump)
		return f->has_capabilities ? 0 : PCIRESET_WHY_DUMP;
	if (lists(f, "pm"))
		return 0;
	return f->has_capabilities ? PCIRESET_WHY_NOT_LISTED : PCIRESET_WHY_UNKNOWN;
}

/* In the order in which the module asks, so that both give the same reason. */
static uint32_t why_not_link(const struct facts *f, uint32_t type)
{
	bool has_slot = f->upstream && f->upstream->is_hotplug_port;

	if (f->is_port_hidden)
		return PCIRESET_WHY_DUMP;
	if (!f->upstream)
		return PCIRESET_WHY_NO_BRIDGE;
	if (type == PCI_RESET_CXL_BUS)
		return f->is_cxl ? 0 : PCIRESET_WHY_NO_CXL;
	if (type == PCI_RESET_SLOT && !has_slot)
		return PCIRESET_WHY_NO_SLOT;
	if (f->is_cxl_masked)
		return PCIRESET_WHY_CXL_MASKED;
	return type == PCI_RESET_BUS && has_slot ? PCIRESET_WHY_HOTPLUG : 0;
}

static uint32_t why_not(const struct facts *f, uint32_t type, uint32_t *flags)
{
	if (f->is_gone)
		return PCIRESET_WHY_GONE;
	switch (type) {
	case PCI_RESET_DEV_SPECIFIC:
		if (f->is_dump)
			return PCIRESET_WHY_DUMP;
		return lists(f, "device_specific") ? 0 : PCIRESET_WHY_NO_HANDLER;
	case PCI_RESET_ACPI:
		if (f->is_dump)
			return PCIRESET_WHY_DUMP;
		return lists(f, "acpi") ? 0 : PCIRESET_WHY_NO_FIRMWARE;
	case PCI_RESET_FLR:
		return why_not_flr(f, flags);
	case PCI_RESET_PM:
		return why_not_pm(f);
	default:
		return why_not_link(f, type);
	}
}

static bool is_about_bridge(uint32_t why)
{
	return why == PCIRESET_WHY_HOTPLUG || why == PCIRESET_WHY_CXL_MASKED;
}

static uint32_t scope_of(uint32_t type)
{
	if (type & PCI_RESET_FUNC)
		return PCIRESET_SCOPE_FUNCTION;
	return type == PCI_RESET_SLOT ? PCIRESET_SCOPE_SLOT : PCIRESET_SCOPE_BUS;
}

static int query(struct pcireset_dev *dev, const struct pcireset_dev *sibling)
{
	struct facts *f;
	char text[16];
	int r = 0;

	(void)sibling; /* its members are found here in no time */
	if (!dev->listed || dev_attr(dev, "vendor", text, sizeof(text)) < 0)
		return ctx_error(dev->ctx, -ENODEV, "%s: is gone", dev->name);
	f = malloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	read_facts(dev, f);
	for (size_t i = 0; !r && i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i);
		struct type_state *state = &dev->state[i];

		state->why_not = why_not(f, type, &state->flags);
		state->who = is_about_bridge(state->why_not) ? f->upstream->addr : dev->addr;
		if (state->why_not)
			continue;
		dev->types |= type;
		state->scope = scope_of(type);
		r = dev_list_members(dev, type, state);
	}
	free(f);
	return r;
}

/*
 * What cannot be promised is not begun. By "bus" the kernel means slot or bus; it
 * neither locks nor brings back any function but one, VFs of a PF included; and it
 * can be told neither to give up at a lock nor to go on to another type.
 */
static int check_promise(struct pcireset_plan *plan)
{
	struct stat st;

	if (!ctx_resets_by_sysfs(plan->dev->ctx))
		return 0;
	plan->who = plan->dev->addr;
	if ((plan->type & PCI_RESET_LINK) || plan->members.nr != 1 || plan->flags ||
	    pcireset_dev_is_bridge(plan->dev)) {
		plan->why = PCIRESET_WHY_NEEDS_MODULE;
		return -EOPNOTSUPP;
	}
	if (stat(plan->dev->path, &st))
		return ctx_error(plan->dev->ctx, -ENODEV, "%s: is gone", plan->dev->name);
	plan->generation = st.st_ino;
	return 0;
}

static int resolve(struct pcireset_plan *plan)
{
	struct pcireset_dev *dev = plan->dev;
	int r = pcireset_dev_query(dev);

	if (r < 0)
		return r;
	for (size_t i = 0; i < NR_TYPES; i++) {
		const struct type_state *state = &dev->state[i];
		uint32_t type = pcireset_type_at(i);

		if (!(plan->types & dev->types & type) ||
		    (plan->max_scope && state->scope > plan->max_scope))
			continue;
		plan->type = type;
		plan->type_flags = state->flags;
		plan->scope = state->scope;
		r = dev_find_members(dev, type, &plan->members);
		return r < 0 ? r : check_promise(plan);
	}
	plan->who = dev->addr;
	return -EOPNOTSUPP;
}

/* Who has no right to reset is told why not. */
static int run(struct pcireset_plan *plan, struct pcireset_report *report)
{
	static const struct {
		int error;
		uint32_t why;
	} reasons[] = {
		{ -EPERM, PCIRESET_WHY_NO_PERMISSION },
		{ -EROFS, PCIRESET_WHY_SYSROOT },
	};
	int r = pcireset_ctx_check_reset(plan->dev->ctx);

	/* The second look keeps a sysroot safe from whoever breaks the first. */
	if (!r && ctx_resets_by_sysfs(plan->dev->ctx) && !*plan->dev->ctx->sysroot)
		return sysfs_reset(plan, report);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].error == r)
			report->why = reasons[i].why;
	return r < 0 ? r : -EROFS;
}

const struct backend backend_sysfs = {
	.id = PCIRESET_BACKEND_SYSFS,
	.query = query,
	.resolve = resolve,
	.run = run,
};
