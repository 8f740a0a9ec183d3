/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sysfs back end: lists and plans from the files of a stock kernel, and resets if the
 * kernel can be limited to one type.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "backend/backend.h"
#include "ctx/ctx.h"
#include "rules/rules.h"

#define CXL_VENDOR       0x1e98
#define CXL_DVSEC_PORT   3
#define CXL_PORT_CONTROL 0x0c
#define CXL_UNMASK_SBR   0x0001
#define CXL_UNMASK_LD    0x0002

/* All facts for the decision about one function. */
struct facts {
	struct config config;
	char listed[ATTR_MAX]; /* words of reset_method, with a blank around each */
	bool has_list;         /* there is a reset_method */
	bool is_gone;
	bool is_bridge;
	bool has_capabilities; /* all capabilities could be read */
	const struct pcireset_dev *upstream;
	bool is_cxl, is_cxl_masked;
	uint32_t no_link_disable; /* reason why the port cannot disable its link, or 0 */
	bool is_replay;           /* on another machine, its kernel cannot be queried */
	const struct known_broken *broken[NR_TYPES]; /* by type, or NULL */
	const struct known_handler *handler;         /* or NULL */
	bool is_dump;                                /* a dump: only config space is known */
	char own_unknown[DUMP_REASON_MAX]; /* reason why the reach of its own reset is unknown, or "" */
	char link_unknown[DUMP_REASON_MAX];
	char port_unknown[DUMP_REASON_MAX]; /* reason why facts about the port are unknown, or "" */
};

static bool method_is_listed(const struct facts *f, const char *word)
{
	char padded[32];

	snprintf(padded, sizeof(padded), " %s ", word);
	return strstr(f->listed, padded);
}

/* PCIe r6.0, sec 7.5.3.9: Slot Capabilities are valid for a port with an implemented slot. */
static bool has_hotplug_slot(const struct config *port)
{
	size_t at = config_find(port, PCI_CAP_ID_EXP);
	int type = config_express_type(port);

	return (type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM) &&
	       config_get16(port, at + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_SLOT &&
	       config_get32(port, at + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_HPC;
}

/* The dump does not show whether the port is a CXL port or has a hotplug slot. */
static bool is_cut_off(const struct config *port)
{
	return port->len <= PCI_STD_HEADER_SIZEOF || !config_has_all_capabilities(port) ||
	       (config_express_type(port) >= 0 && port->len < PCI_CFG_SPACE_EXP_SIZE);
}

static void explain_port(struct facts *f, const struct config *port)
{
	if (is_cut_off(port))
		config_explain_cut(port, f->upstream->name, f->port_unknown);
	else if (has_hotplug_slot(port))
		snprintf(f->port_unknown, DUMP_REASON_MAX,
			 "%s has a hotplug slot, and a %s does not tell whether a driver runs it",
			 f->upstream->name,
			 f->is_dump ? "dump" : "copy without sys/bus/pci_express");
}

/* A copy of only sys/bus/pci and sys/devices lacks the drivers of ports. A recording has them. */
static bool lacks_port_drivers(const struct pcireset_ctx *ctx)
{
	return ctx->is_dump ||
	       (*ctx->sysroot && !ctx->recorded && ctx_lacks(ctx, "sys/bus/pci_express"));
}

/* The same decision as in the module's probe. */
static uint32_t why_not_link_disable(const struct config *port)
{
	size_t at = config_find(port, PCI_CAP_ID_EXP);
	int type = config_express_type(port);

	if (!config_has_all_capabilities(port))
		return PCIRESET_WHY_UNKNOWN;
	if ((type != PCI_EXP_TYPE_ROOT_PORT && type != PCI_EXP_TYPE_DOWNSTREAM &&
	     type != PCI_EXP_TYPE_PCIE_BRIDGE) ||
	    !(config_get32(port, at + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC))
		return PCIRESET_WHY_NO_CAPABILITY;
	at = config_find_dvsec(port, CXL_VENDOR, CXL_DVSEC_PORT);
	if (at && !(config_get16(port, at + CXL_PORT_CONTROL) & CXL_UNMASK_LD))
		return PCIRESET_WHY_CXL_MASKED;
	return 0;
}

static int read_port(struct facts *f)
{
	struct config config = { .len = 0 };
	size_t at;
	int r = 0;

	if (!f->upstream)
		return 0;
	r = config_read(f->upstream, &config);
	if (r < 0)
		return r;
	if (lacks_port_drivers(f->upstream->ctx))
		explain_port(f, &config);
	f->no_link_disable = why_not_link_disable(&config);
	at = config_find_dvsec(&config, CXL_VENDOR, CXL_DVSEC_PORT);
	f->is_cxl = at || method_is_listed(f, "cxl_bus");
	if (at)
		f->is_cxl_masked = !(config_get16(&config, at + CXL_PORT_CONTROL) & CXL_UNMASK_SBR);
	else /* this user cannot read the port, but the kernel has read it */
		f->is_cxl_masked = f->is_cxl && !method_is_listed(f, "bus");
	return 0;
}

/* ---- facts that a dump lacks */

static bool read_reason(const struct pcireset_dev *dev, const char *file,
			char reason[DUMP_REASON_MAX])
{
	int r = dev_attr(dev, file, reason, DUMP_REASON_MAX);

	if (r > 0)
		return true;
	*reason = '\0';
	if (r < 0 && !is_absent(r))
		ctx_fail(dev->ctx, r, file);
	return false;
}

static void read_reasons(const struct pcireset_dev *dev, struct facts *f)
{
	if (!read_reason(dev, DUMP_VFS, f->own_unknown) &&
	    !read_reason(dev, DUMP_BELOW, f->own_unknown) && !f->has_capabilities)
		config_explain_cut(&f->config, dev->name, f->own_unknown);
	if (pcireset_dev_has_unknown_parent(dev))
		strcpy(f->link_unknown, "the bridge right above it is not in the dump");
	else if (f->upstream)
		read_reason(f->upstream, DUMP_BELOW, f->link_unknown);
}

static bool claims_express_flr(const struct facts *f)
{
	size_t at = config_find(&f->config, PCI_CAP_ID_EXP);

	return at && config_get32(&f->config, at + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR;
}

/*
 * PCIe r6.0, sec 7.5.3.3 and 6.6.2: only endpoints have FLR, and the bit has no meaning
 * for ports and bridges. If the capabilities are unreadable, the class identifies them.
 */
static bool has_express_flr(const struct facts *f)
{
	int type = config_express_type(&f->config);

	return (type == PCI_EXP_TYPE_ENDPOINT || type == PCI_EXP_TYPE_LEG_END ||
		type == PCI_EXP_TYPE_RC_END) &&
	       claims_express_flr(f);
}

static bool has_af_flr(const struct facts *f)
{
	const uint8_t both = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	size_t at = config_find(&f->config, PCI_CAP_ID_AF);

	return at && (config_get16(&f->config, at + PCI_AF_CAP) & both) == both;
}

/* ---- known properties of the device */

/* The kernel's own handler excludes FLR, even if it is the only listed method. */
static void read_known(const struct pcireset_dev *dev, struct facts *f)
{
	f->is_replay = *dev->ctx->sysroot;
	for (size_t i = 0; i < NR_TYPES; i++)
		f->broken[i] = known_broken_find(dev, &f->config, pcireset_type_at(i));
	f->handler = known_handler_find(dev, &f->config, has_express_flr(f) || has_af_flr(f));
}

/*
 * Even if the running kernel lists the type: it may be older than the table, and it
 * ignores that D3hot alone harms a device.
 */
static bool is_known_broken(const struct facts *f, uint32_t type)
{
	if (type == PCI_RESET_FLR && f->handler)
		return true;
	return f->broken[type_index(type)];
}

static char *known_text(const struct facts *f, uint32_t type)
{
	const struct known_broken *broken = f->broken[type_index(type)];

	if (broken)
		return known_broken_text(broken);
	if (type != PCI_RESET_FLR || !f->handler)
		return NULL;
	return format("known broken (kernel quirk): allow device_specific instead, %s (quirks.c: "
		      "%s, Linux %s)",
		      f->handler->what, f->handler->symbol, f->handler->since);
}

static int read_facts(const struct pcireset_dev *dev, struct facts *f)
{
	int len, r = config_read(dev, &f->config);

	if (r < 0)
		return r;
	f->has_capabilities = config_has_all_capabilities(&f->config);
	f->is_gone = config_is_dead(&f->config);
	f->is_bridge = pcireset_dev_is_bridge(dev);

	f->listed[0] = ' ';
	len = dev_attr(dev, "reset_method", f->listed + 1, sizeof(f->listed) - 2);
	if (len < 0 && !is_absent(len))
		return len;
	f->has_list = len >= 0;
	strcpy(f->listed + 1 + (len < 0 ? 0 : len), " ");
	f->upstream = dev_upstream(dev);
	f->is_dump = dev->ctx->is_dump;
	if (f->is_dump)
		read_reasons(dev, f);
	r = read_port(f);
	if (!r)
		read_known(dev, f);
	return r;
}

/* The kernel's handler for this device, as far as config space identifies it. */
static uint32_t why_not_specific(const struct facts *f)
{
	if (!f->is_dump)
		return method_is_listed(f, "device_specific") ? 0 : PCIRESET_WHY_NO_HANDLER;
	return f->handler && f->handler->is_sure && f->has_capabilities && !*f->own_unknown ?
		       0 :
		       PCIRESET_WHY_DUMP;
}

/* A dump shows the type, but the other affected functions may be unknown. */
static uint32_t why_not_own_of_dump(const struct facts *f)
{
	return f->has_capabilities && !*f->own_unknown ? 0 : PCIRESET_WHY_DUMP;
}

static uint32_t why_not_flr(const struct facts *f, uint32_t *flags)
{
	bool has_flr = has_express_flr(f), has_af = has_af_flr(f);

	if (claims_express_flr(f) && !has_flr && !has_af)
		return PCIRESET_WHY_NOT_ENDPOINT;
	if (f->is_bridge || (f->has_capabilities && !has_flr && !has_af))
		return PCIRESET_WHY_NO_CAPABILITY;
	if (f->is_dump) {
		*flags = has_af && !has_flr ? PCIRESET_TYPE_AF : 0;
		return why_not_own_of_dump(f);
	}
	if (method_is_listed(f, "flr"))
		return 0;
	if (method_is_listed(f, "af_flr")) {
		*flags = PCIRESET_TYPE_AF;
		return 0;
	}
	return f->has_capabilities ? PCIRESET_WHY_NOT_LISTED : PCIRESET_WHY_UNKNOWN;
}

#define NEWEST_PM_VERSION 3

/* Like the kernel, ignore registers of a later version. */
static size_t find_pm(const struct config *config)
{
	size_t at = config_find(config, PCI_CAP_ID_PM);
	uint32_t pmc = at ? config_get16(config, at + PCI_PM_PMC) : 0;

	return (pmc & PCI_PM_CAP_VER_MASK) <= NEWEST_PM_VERSION ? at : 0;
}

static uint32_t why_not_pm(const struct facts *f)
{
	size_t pm = find_pm(&f->config);

	if (f->has_capabilities && !pm)
		return PCIRESET_WHY_NO_CAPABILITY;
	if (pm && (config_get16(&f->config, pm + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET))
		return PCIRESET_WHY_NO_SOFT_RESET;
	if (pm && (config_get16(&f->config, pm + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK))
		return PCIRESET_WHY_NOT_D0;
	if (f->is_dump)
		return why_not_own_of_dump(f);
	if (method_is_listed(f, "pm"))
		return 0;
	return f->has_capabilities ? PCIRESET_WHY_NOT_LISTED : PCIRESET_WHY_UNKNOWN;
}

/* In the same order as in the module, so that both give the same reason. */
static uint32_t why_not_link(const struct facts *f, uint32_t type)
{
	bool has_slot = f->upstream && f->upstream->is_hotplug_port;

	if (!f->upstream)
		return *f->link_unknown ? PCIRESET_WHY_DUMP : PCIRESET_WHY_NO_BRIDGE;
	if (*f->port_unknown || *f->link_unknown)
		return PCIRESET_WHY_DUMP;
	if (type == PCI_RESET_CXL_BUS)
		return f->is_cxl ? 0 : PCIRESET_WHY_NO_CXL;
	if (type == PCI_RESET_LINK_DISABLE)
		return has_slot ? PCIRESET_WHY_HOTPLUG : f->no_link_disable;
	if (type == PCI_RESET_SLOT && !has_slot)
		return PCIRESET_WHY_NO_SLOT;
	if (f->is_cxl_masked)
		return PCIRESET_WHY_CXL_MASKED;
	return type == PCI_RESET_BUS && has_slot ? PCIRESET_WHY_HOTPLUG : 0;
}

static uint32_t why_not_by_itself(const struct facts *f, uint32_t type, uint32_t *flags)
{
	switch (type) {
	case PCI_RESET_DEV_SPECIFIC:
		return why_not_specific(f);
	case PCI_RESET_ACPI:
		if (f->is_dump)
			return PCIRESET_WHY_DUMP;
		return method_is_listed(f, "acpi") ? 0 : PCIRESET_WHY_NO_FIRMWARE;
	case PCI_RESET_FLR:
		return why_not_flr(f, flags);
	case PCI_RESET_PM:
		return why_not_pm(f);
	default:
		return why_not_link(f, type);
	}
}

/* A reason of the function itself precedes a known defect. */
static uint32_t why_not(const struct facts *f, uint32_t type, uint32_t *flags)
{
	uint32_t why = f->is_gone ? PCIRESET_WHY_GONE : why_not_by_itself(f, type, flags);

	if ((!why || why == PCIRESET_WHY_DUMP || why == PCIRESET_WHY_NOT_LISTED) &&
	    is_known_broken(f, type))
		why = f->broken[type_index(type)] ? PCIRESET_WHY_QUIRK : PCIRESET_WHY_HAS_HANDLER;
	if (why)
		*flags = 0;
	return why;
}

/* NULL for the default text. */
static char *detail_of(const struct facts *f, uint32_t type, uint32_t why)
{
	const char *reason = "";

	if (why == PCIRESET_WHY_QUIRK || why == PCIRESET_WHY_HAS_HANDLER)
		return known_text(f, type);
	if (why != PCIRESET_WHY_DUMP)
		return NULL;
	if (type & PCI_RESET_LINK)
		reason = *f->link_unknown ? f->link_unknown : f->port_unknown;
	else if (type & (PCI_RESET_FLR | PCI_RESET_PM))
		reason = f->own_unknown;
	return *reason ? format("unknown: %s", reason) : NULL;
}

static bool is_about_bridge(uint32_t why, uint32_t type)
{
	return why == PCIRESET_WHY_HOTPLUG || why == PCIRESET_WHY_CXL_MASKED ||
	       (type == PCI_RESET_LINK_DISABLE &&
		(why == PCIRESET_WHY_NO_CAPABILITY || why == PCIRESET_WHY_UNKNOWN));
}

static uint32_t scope_of(uint32_t type)
{
	if (type & PCI_RESET_FUNC)
		return PCIRESET_SCOPE_FUNCTION;
	return type == PCI_RESET_SLOT ? PCIRESET_SCOPE_SLOT : PCIRESET_SCOPE_BUS;
}

/*
 * The kernel lists "bus" for every function that is alone on its bus. Exceptions are a
 * reset that is known to be broken, a list that another process has changed, and a CXL
 * port above.
 */
static bool lacks_bus(struct pcireset_dev *dev, const struct facts *f)
{
	return !f->is_dump && !f->is_cxl && !f->upstream->is_hotplug_port && !f->is_bridge &&
	       !dev_is_vf(dev) && !method_is_listed(f, "bus") &&
	       dev->state[type_index(PCI_RESET_BUS)].list->members.nr == 1 &&
	       (f->has_list || ctx_has_reset_methods(dev->ctx));
}

/* @who: the port above, or an affected function. A row applies to all types of link. */
static void refuse_links_of(struct pcireset_dev *dev, const struct pcireset_dev *who,
			    uint32_t types)
{
	const struct config none = { .len = 0 };
	const struct known_broken *broken = who ? known_broken_find(who, &none, PCI_RESET_LINK) :
						  NULL;

	for (size_t i = 0; broken && i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i) & types & dev->types;

		if (!type)
			continue;
		dev_refuse(dev, type, PCIRESET_WHY_QUIRK, &who->addr);
		dev->state[i].detail = known_broken_text(broken);
	}
}

/* Link Disable is for a port whose Secondary Bus Reset is broken. */
static void refuse_broken_links(struct pcireset_dev *dev, const struct facts *f)
{
	refuse_links_of(dev, f->upstream, PCI_RESET_LINK & ~PCI_RESET_LINK_DISABLE);
	refuse_links_of(dev, dev_list_hit(&dev->ctx->broken_links, dev), PCI_RESET_LINK);
}

static int sysfs_query(struct pcireset_dev *dev, const struct pcireset_dev *sibling)
{
	struct facts *f;
	char text[16];
	int r = dev->listed ? dev_attr(dev, "vendor", text, sizeof(text)) : -ENODEV;

	(void)sibling; /* its members are found without any wait */
	if (is_absent(r))
		return ctx_error(dev->ctx, -ENODEV, "%s: is gone", dev->name);
	f = r < 0 ? NULL : calloc(1, sizeof(*f));
	if (!f)
		return ctx_fail(dev->ctx, r < 0 ? r : -ENOMEM, dev->name);
	r = read_facts(dev, f);
	if (r < 0)
		ctx_fail(dev->ctx, r, dev->name);
	else
		dev_note_config(dev, &f->config);
	for (size_t i = 0; !r && i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i);
		struct type_state *state = &dev->state[i];

		state->why_not = why_not(f, type, &state->flags);
		state->who = is_about_bridge(state->why_not, type) ? f->upstream->addr : dev->addr;
		state->detail = detail_of(f, type, state->why_not);
		if (state->why_not)
			continue;
		dev->types |= type;
		state->scope = scope_of(type);
		r = dev_list_members(dev, type, state);
	}
	if (!r && dev->types & PCI_RESET_BUS && lacks_bus(dev, f))
		dev_refuse(dev, PCI_RESET_BUS, PCIRESET_WHY_NOT_LISTED, &dev->addr);
	if (!r && f->is_replay && f->upstream)
		r = known_broken_learn(dev->ctx);
	if (!r && f->is_replay && f->upstream)
		refuse_broken_links(dev, f);
	free(f);
	return r;
}

/* These files of the kernel show whether a TSM has connected a function. */
static int find_tsm(struct pcireset_plan *plan)
{
	static const char *const files[] = { "tsm/connect", "tsm/dsm" };
	struct pcireset_ctx *ctx = plan->dev->ctx;
	char text[64];

	for (size_t i = 0; i < plan->members.nr; i++) {
		struct pcireset_dev *dev = pcireset_ctx_get_dev(ctx, &plan->members.v[i].addr);

		for (size_t f = 0; dev && f < ARRAY_SIZE(files); f++) {
			int r = dev_attr(dev, files[f], text, sizeof(text));

			if (r < 0 && !is_absent(r))
				return ctx_fail(ctx, r, dev->name);
			if (r <= 0)
				continue;
			plan->who = dev->addr;
			plan->why = PCIRESET_WHY_TSM;
			return -EBUSY;
		}
	}
	return 0;
}

/*
 * Refuse what cannot be guaranteed. With "bus", the kernel means slot or bus. It neither
 * locks nor restores any other function, VFs of a PF included. It cannot be told to give
 * up at a lock, or to go on to another type.
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
		return is_absent(-errno) ?
			       ctx_error(plan->dev->ctx, -ENODEV, "%s: is gone", plan->dev->name) :
			       ctx_fail(plan->dev->ctx, -errno, plan->dev->name);
	plan->generation = st.st_ino;
	return 0;
}

static int sysfs_resolve(struct pcireset_plan *plan)
{
	struct pcireset_dev *dev = plan->dev;
	int r = pcireset_dev_query(dev);

	if (r < 0)
		return r;
	for (size_t i = 0; i < NR_TYPES; i++) {
		const struct type_state *state = &dev->state[i];
		uint32_t type = pcireset_type_at(i);

		if (!(plan->allowed & dev->types & type) ||
		    (plan->max_scope && state->scope > plan->max_scope))
			continue;
		plan->type = type;
		plan->type_flags = state->flags;
		plan->scope = state->scope;
		r = dev_find_members(dev, type, &plan->members);
		if (!r)
			r = find_tsm(plan);
		return r < 0 ? r : check_promise(plan);
	}
	plan->who = dev->addr;
	return -EOPNOTSUPP;
}

/* Report a missing permission. */
static int sysfs_run(struct pcireset_plan *plan, struct pcireset_report *report)
{
	static const struct {
		int error;
		uint32_t why;
	} reasons[] = {
		{ -EPERM, PCIRESET_WHY_NO_PERMISSION },
		{ -EROFS, PCIRESET_WHY_SYSROOT },
	};
	int r = pcireset_ctx_check_reset(plan->dev->ctx);

	/* Check again, in case a sysroot got past the first check. */
	if (!r && ctx_resets_by_sysfs(plan->dev->ctx) && !*plan->dev->ctx->sysroot)
		return sysfs_reset(plan, report);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].error == r)
			report->why = reasons[i].why;
	return r < 0 ? r : -EROFS;
}

const struct backend backend_sysfs = {
	.id = PCIRESET_BACKEND_SYSFS,
	.guesses_drivers = true,
	.finds_dead = true,
	.writes_kernel_files = true,
	.query = sysfs_query,
	.resolve = sysfs_resolve,
	.run = sysfs_run,
};
