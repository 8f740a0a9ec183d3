/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turn the config spaces of a dump into a tree like that of sysfs. The bus numbers of
 * bridges give the functions below them, and SR-IOV capabilities the VFs of a PF. If a
 * function must exist but is missing in the dump, write a file with the reason next to
 * the facts that it makes unknown.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "snapshot/snapshot.h"

#define VF_BYTES       (PCI_SRIOV_VF_DID + 2)
#define MULTI_FUNCTION 0x80 /* header type */
#define MAX_BUSES      256
#define MAX_ROUTING    65536 /* number of IDs in a domain */

/* The functions of one domain, and its bridges by their first secondary bus. */
struct domain {
	struct dump *dump;
	size_t begin, end;
	size_t bridges[MAX_BUSES];    /* the bridge of this bus, or DUMP_NONE */
	bool is_root[MAX_BUSES];      /* a function of this bus can only be on a root bus */
	size_t nr_vfs;                /* VFs according to the PFs */
	const struct function **seen; /* by bridge above, or last: a function below it */
	size_t nr_odd;                /* bridges with impossible bus numbers, in all domains */
	const struct function *first_odd;
};

static int by_address(const void *a, const void *b)
{
	const struct function *const *x = a, *const *y = b;

	return addr_cmp(&(*x)->addr, &(*y)->addr);
}

/* Keep the first reason. */
static void set_reason(char reason[128], const char *fmt, const char *name)
{
	if (!*reason)
		snprintf(reason, 128, fmt, name);
}

/* ---- bridges */

static bool is_bridge(const struct function *f)
{
	uint32_t type = config_header_type(&f->config);

	return type == PCI_HEADER_TYPE_BRIDGE || type == PCI_HEADER_TYPE_CARDBUS;
}

static bool bridge_has_bus(const struct function *bridge, const struct function *f)
{
	return bridge->first && bridge->addr.domain == f->addr.domain &&
	       bridge->first <= f->addr.bus && f->addr.bus <= bridge->last;
}

/*
 * The buses of two bridges are disjoint, or one bridge is below the other. The bus of a
 * bridge itself need not be within the range of the other: old transparent bridges hide
 * some.
 */
static bool bridges_agree(const struct function *a, const struct function *b)
{
	if (a->last < b->first || b->last < a->first)
		return true;
	return (bridge_has_bus(a, b) && a->first < b->first) ||
	       (bridge_has_bus(b, a) && b->first < a->first);
}

static int fail_contradiction(const struct domain *domain, const struct function *a,
			      const struct function *b)
{
	return ctx_error(domain->dump->ctx, -EBADMSG,
			 "%s and %s both say that bus %02x is below them", a->name, b->name,
			 a->first > b->first ? a->first : b->first);
}

/* A domain has no more bridges than buses. Otherwise two of them contradict each other. */
static int add_bridge(struct domain *domain, size_t i)
{
	struct function **v = domain->dump->v, *f = v[i];

	for (size_t bus = 0; bus < MAX_BUSES; bus++)
		if (domain->bridges[bus] != DUMP_NONE && !bridges_agree(v[domain->bridges[bus]], f))
			return fail_contradiction(domain, v[domain->bridges[bus]], f);
	domain->bridges[f->first] = i;
	return 0;
}

/*
 * The kernel gives such a bridge other bus numbers. The dump does not contain these, so the
 * functions below the bridge are unknown. Functions on other buses are not affected.
 */
static void note_odd_bridge(struct domain *domain, struct function *f)
{
	const uint8_t *b = f->config.b;

	snprintf(f->below, sizeof(f->below),
		 "a bridge on bus %02x cannot have the buses %02x to %02x below it", f->addr.bus,
		 b[PCI_SECONDARY_BUS], b[PCI_SUBORDINATE_BUS]);
	if (!domain->nr_odd++)
		domain->first_odd = f;
}

static void tell_odd_bridges(const struct domain *domain)
{
	if (domain->nr_odd)
		ctx_note(domain->dump->ctx,
			 "%zu bridge%s impossible bus numbers, so the functions below %s are "
			 "unknown; the first is %s: %s",
			 domain->nr_odd, domain->nr_odd == 1 ? " has" : "s have",
			 domain->nr_odd == 1 ? "it" : "them", domain->first_odd->name,
			 domain->first_odd->below);
}

static int read_header(struct domain *domain, size_t i)
{
	struct function *f = domain->dump->v[i];
	const uint8_t *b = f->config.b;

	f->vendor = config_get16(&f->config, PCI_VENDOR_ID);
	f->device = config_get16(&f->config, PCI_DEVICE_ID);
	/*
	 * Without a bus number, the bridge is not configured. A dead bridge has another
	 * header.
	 */
	if (!is_bridge(f) || !b[PCI_SECONDARY_BUS])
		return 0;
	if (b[PCI_SECONDARY_BUS] <= f->addr.bus || b[PCI_SUBORDINATE_BUS] < b[PCI_SECONDARY_BUS]) {
		note_odd_bridge(domain, f);
		return 0;
	}
	f->first = b[PCI_SECONDARY_BUS];
	f->last = b[PCI_SUBORDINATE_BUS];
	return add_bridge(domain, i);
}

/* The lowest bridge above: it has the highest bus number. */
static void find_parent(const struct domain *domain, struct function *f)
{
	for (size_t bus = f->addr.bus; bus && f->parent == DUMP_NONE; bus--) {
		size_t i = domain->bridges[bus];

		if (i != DUMP_NONE && domain->dump->v[i] != f &&
		    bridge_has_bus(domain->dump->v[i], f))
			f->parent = i;
	}
}

/* ---- virtual functions */

static size_t find_function(const struct domain *domain, uint32_t rid)
{
	struct dump *dump = domain->dump;
	struct function key = { .addr = { .domain = dump->v[domain->begin]->addr.domain,
					  .bus = (uint8_t)(rid >> 8),
					  .devfn = (uint8_t)rid } };
	struct function *p = &key, **found;

	found = bsearch(&p, dump->v + domain->begin, domain->end - domain->begin, sizeof(p),
			by_address);
	return found ? (size_t)(found - dump->v) : DUMP_NONE;
}

static bool has_no_ids(const struct function *f)
{
	return f->config.len && f->vendor == 0xffff && f->device == 0xffff &&
	       !config_is_dead(&f->config);
}

/*
 * The IDs of a VF read as all-ones: use those of its PF. Some VFs have these IDs in their config
 * space. A function with other IDs at this address is not a VF.
 */
static bool claim_vf(struct domain *domain, size_t pf, size_t sriov, uint32_t rid)
{
	struct function **v = domain->dump->v, *vf;
	size_t i = find_function(domain, rid);
	uint32_t device = config_get16(&v[pf]->config, sriov + PCI_SRIOV_VF_DID);
	bool has_ids;

	if (i == DUMP_NONE || i == pf || v[i]->physfn != DUMP_NONE)
		return false;
	vf = v[i];
	has_ids = vf->vendor != 0xffff || vf->device != 0xffff;
	if (has_ids && (vf->vendor != v[pf]->vendor || vf->device != device))
		return false;
	vf->physfn = pf;
	vf->vendor = v[pf]->vendor;
	vf->device = device;
	return true;
}

static int claim_vfs(struct domain *domain, size_t i)
{
	struct function *pf = domain->dump->v[i];
	size_t at = config_find_extended(&pf->config, PCI_EXT_CAP_ID_SRIOV, 0), found = 0;
	uint32_t rid = (uint32_t)pf->addr.bus << 8 | pf->addr.devfn, nr, stride;

	if (!at || at + VF_BYTES > pf->config.len ||
	    !(config_get16(&pf->config, at + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE))
		return 0;
	nr = config_get16(&pf->config, at + PCI_SRIOV_NUM_VF);
	stride = config_get16(&pf->config, at + PCI_SRIOV_VF_STRIDE);
	rid += config_get16(&pf->config, at + PCI_SRIOV_VF_OFFSET);
	domain->nr_vfs += nr;
	if (domain->nr_vfs > MAX_ROUTING)
		return ctx_error(domain->dump->ctx, -EBADMSG,
				 "%s: it and others have more VFs than there are addresses",
				 pf->name);
	for (uint32_t n = 0; n < nr && rid <= 0xffff; n++, rid += stride) {
		found += claim_vf(domain, i, at, rid);
		if (!stride)
			break;
	}
	if (found < nr)
		snprintf(pf->vfs, sizeof(pf->vfs), "%u of its %u VFs are not in the dump",
			 nr - (uint32_t)found, nr);
	return 0;
}

/* The capabilities after it are missing in the dump, perhaps SR-IOV. */
static bool may_be_pf(const struct function *f)
{
	int type = config_express_type(&f->config);

	return f->physfn == DUMP_NONE && !has_no_ids(f) && f->config.len < PCI_CFG_SPACE_EXP_SIZE &&
	       (type == PCI_EXP_TYPE_ENDPOINT || type == PCI_EXP_TYPE_RC_END);
}

/* A function looks like a VF, but belongs to no known PF. */
static bool is_lost_vf(const struct function *f)
{
	return has_no_ids(f) && f->physfn == DUMP_NONE;
}

static const struct function **seen_beside(const struct domain *domain, const struct function *f)
{
	return &domain->seen[f->parent == DUMP_NONE ? domain->dump->nr : f->parent];
}

static void forget_seen(const struct domain *domain)
{
	memset(domain->seen + domain->begin, 0,
	       (domain->end - domain->begin) * sizeof(*domain->seen));
	domain->seen[domain->dump->nr] = NULL;
}

/*
 * A lost VF belongs to a function before it, below the same bridge, whose SR-IOV
 * capability is missing in the dump.
 */
static void find_pfs_of_lost_vfs(const struct domain *domain)
{
	struct function **v = domain->dump->v;

	forget_seen(domain);
	for (size_t i = domain->end; i-- > domain->begin;) {
		const struct function **vf = seen_beside(domain, v[i]);

		if (is_lost_vf(v[i]))
			*vf = v[i];
		else if (*vf && may_be_pf(v[i]))
			set_reason(v[i]->vfs, "%s looks like a VF of it; use lspci -xxxx as root",
				   (*vf)->name);
	}
}

/* ---- functions that must exist but are missing */

static struct function *bridge_above(const struct domain *domain, const struct function *f)
{
	return f->parent == DUMP_NONE ? NULL : domain->dump->v[f->parent];
}

static void say_below(const struct domain *domain, const struct function *f, const char *fmt)
{
	struct function *bridge = bridge_above(domain, f);

	if (bridge)
		set_reason(bridge->below, fmt, f->name);
}

/*
 * No function before the lost VF can be its PF, so the PF is missing. A dead function may
 * have been the PF, and prevents each reset that would affect it.
 */
static void find_lost_pfs(const struct domain *domain)
{
	struct function **v = domain->dump->v;

	forget_seen(domain);
	for (size_t i = domain->begin; i < domain->end; i++) {
		const struct function **pf = seen_beside(domain, v[i]);

		if (may_be_pf(v[i]) || config_is_dead(&v[i]->config))
			*pf = v[i];
		else if (!*pf && is_lost_vf(v[i]))
			say_below(domain, v[i],
				  "%s looks like a VF, and its PF is not in the dump");
	}
}

/*
 * PCIe r6.0, sec 1.3: these functions are part of the root complex. On their bus, functions
 * without a PCIe capability are too.
 */
static void find_root_buses(struct domain *domain)
{
	memset(domain->is_root, 0, sizeof(domain->is_root));
	domain->is_root[0] = true;
	for (size_t i = domain->begin; i < domain->end; i++) {
		const struct function *f = domain->dump->v[i];
		int type = config_express_type(&f->config);

		if (type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_RC_END ||
		    type == PCI_EXP_TYPE_RC_EC)
			domain->is_root[f->addr.bus] = true;
	}
}

/*
 * The bridge above has another secondary bus, so a bridge in between is missing. For a
 * VF, use its PF.
 */
static void check_bridge(const struct domain *domain, struct function *f)
{
	const struct function *bridge = bridge_above(domain, f);

	if (f->physfn != DUMP_NONE)
		return;
	if (bridge ? bridge->first == f->addr.bus : domain->is_root[f->addr.bus])
		return;
	f->has_no_bridge = true;
	say_below(domain, f, "the bridge above %s is not in the dump");
}

/* PCIe r6.0, sec 7.5.3.8: the link of this port is up, so a device exists below it. */
static bool is_link_up(const struct function *f)
{
	size_t at = config_find(&f->config, PCI_CAP_ID_EXP);

	return at && config_get32(&f->config, at + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC &&
	       config_get16(&f->config, at + PCI_EXP_LNKSTA) & PCI_EXP_LNKSTA_DLLLA;
}

/*
 * PCIe r6.0, sec 7.5.3.11: if the port does not report its link, the slot shows whether a
 * card is present. A switch has a downstream port.
 */
static const char *must_have_below(const struct function *f)
{
	size_t at = config_find(&f->config, PCI_CAP_ID_EXP);

	if (is_link_up(f))
		return "its link is up, and the dump lacks the functions below it%s";
	if (at && config_express_type(&f->config) == PCI_EXP_TYPE_UPSTREAM)
		return "the downstream ports of the switch are not in the dump%s";
	if (at && config_get16(&f->config, at + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_SLOT &&
	    !(config_get32(&f->config, at + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC) &&
	    config_get16(&f->config, at + PCI_EXP_SLTSTA) & PCI_EXP_SLTSTA_PDS)
		return "there is a card in its slot, which is not in the dump%s";
	return NULL;
}

static bool is_vf(const struct function *f)
{
	return f->physfn != DUMP_NONE || has_no_ids(f);
}

/*
 * The bits of a device and function number that number the function. PCIe r6.0, sec 7.3.1:
 * below a link there is one device, and with ARI all bits number its functions.
 */
static unsigned int function_bits(const struct function *bridge)
{
	int type = config_express_type(&bridge->config);

	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM ||
			       type == PCI_EXP_TYPE_PCIE_BRIDGE ?
		       0xff :
		       0x07;
}

/*
 * The functions of one device, from begin to end. PCI r3.0, sec 3.2.2.3.4: each device has
 * function 0, and its header tells whether it has others. VFs are not counted.
 */
static void check_device(const struct domain *domain, size_t begin, size_t end)
{
	const struct function *f = NULL;
	size_t nr = 0;
	bool has_many = false;

	for (size_t i = begin; i < end; i++) {
		const struct function *one = domain->dump->v[i];

		if (is_vf(one))
			continue;
		f = f ? f : one;
		nr++;
		has_many |= !config_is_dead(&one->config) &&
			    one->config.b[PCI_HEADER_TYPE] & MULTI_FUNCTION;
	}
	if (f && f->addr.devfn & function_bits(bridge_above(domain, f)))
		say_below(domain, f, "function 0 of the device of %s is not in the dump");
	else if (nr == 1 && has_many)
		say_below(domain, f, "%s is one of several functions, and alone in the dump");
}

/*
 * PCIe r6.0, sec 7.8.7.2: the number of the next function of the device. VFs are not among
 * them.
 */
static void check_next_function(const struct domain *domain, const struct function *f)
{
	size_t at = config_find_extended(&f->config, PCI_EXT_CAP_ID_ARI, 0);
	uint32_t next = at ? PCI_ARI_CAP_NFN(config_get16(&f->config, at + PCI_ARI_CAP)) : 0;

	if (next && f->physfn == DUMP_NONE &&
	    find_function(domain, (uint32_t)f->addr.bus << 8 | next) == DUMP_NONE)
		say_below(domain, f, "the function after %s of the same device is not in the dump");
}

static bool are_of_one_device(const struct function *a, const struct function *b,
			      const struct function *bridge)
{
	return a->addr.bus == b->addr.bus &&
	       (a->addr.devfn | function_bits(bridge)) == (b->addr.devfn | function_bits(bridge));
}

static void check_devices(const struct domain *domain)
{
	struct function **v = domain->dump->v;

	for (size_t i = domain->begin, end; i < domain->end; i = end) {
		const struct function *bridge = bridge_above(domain, v[i]);

		end = i + 1;
		if (!bridge || bridge->first != v[i]->addr.bus)
			continue;
		while (end < domain->end && are_of_one_device(v[i], v[end], bridge))
			end++;
		check_device(domain, i, end);
	}
}

static void check_functions(const struct domain *domain)
{
	struct function **v = domain->dump->v;

	for (size_t i = domain->begin; i < domain->end; i++) {
		const char *reason = must_have_below(v[i]);
		size_t bus = v[i]->first, next;

		if (function_is_listed_only(v[i]))
			say_below(domain, v[i], "the dump has no config space of %s");
		check_bridge(domain, v[i]);
		check_next_function(domain, v[i]);
		if (!bus || !reason)
			continue;
		next = i + 1;
		while (next < domain->end && v[next]->addr.bus < bus)
			next++;
		if (next == domain->end || v[next]->addr.bus != bus)
			set_reason(v[i]->below, reason, "");
	}
}

/*
 * If functions below a bridge are unknown, they are also unknown for the bridges above
 * it, which come first.
 */
static void pass_up(const struct domain *domain)
{
	for (size_t i = domain->end; i-- > domain->begin;) {
		const struct function *f = domain->dump->v[i];
		struct function *bridge = bridge_above(domain, f);

		if (bridge && *f->below)
			set_reason(bridge->below, "%s", f->below);
		if (bridge && *f->vfs)
			set_reason(bridge->below, "VFs of %s are not in the dump", f->name);
	}
}

static int relate_domain(struct domain *domain)
{
	struct dump *dump = domain->dump;
	int r = 0;

	for (size_t bus = 0; bus < MAX_BUSES; bus++)
		domain->bridges[bus] = DUMP_NONE;
	for (size_t i = domain->begin; !r && i < domain->end; i++)
		r = read_header(domain, i);
	for (size_t i = domain->begin; !r && i < domain->end; i++)
		find_parent(domain, dump->v[i]);
	for (size_t i = domain->begin; !r && i < domain->end; i++)
		r = claim_vfs(domain, i);
	if (r < 0)
		return r;
	find_pfs_of_lost_vfs(domain);
	find_lost_pfs(domain);
	check_devices(domain);
	find_root_buses(domain);
	check_functions(domain);
	pass_up(domain);
	return 0;
}

static int relate_functions(struct dump *dump)
{
	struct domain domain = { .dump = dump };
	int r = 0;

	domain.seen = calloc(dump->nr + 1, sizeof(*domain.seen));
	if (!domain.seen)
		return ctx_error(dump->ctx, -ENOMEM, "out of memory");
	for (; !r && domain.begin < dump->nr; domain.begin = domain.end) {
		uint32_t number = dump->v[domain.begin]->addr.domain;

		domain.end = domain.begin + 1;
		while (domain.end < dump->nr && dump->v[domain.end]->addr.domain == number)
			domain.end++;
		domain.nr_vfs = 0;
		r = relate_domain(&domain);
	}
	free(domain.seen);
	if (!r)
		tell_odd_bridges(&domain);
	return r;
}

/* ---- the tree of sysfs */

/* A parent is on a lower bus, so the loop ends. A VF is next to its PF. */
static int function_path(struct dump *dump, const struct function *f, char path[TREE_MAX_PATH])
{
	const struct function *beside = f->physfn == DUMP_NONE ? f : dump->v[f->physfn];
	size_t len;

	if (beside->parent == DUMP_NONE) {
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
	if (r < 0 || f->physfn == DUMP_NONE)
		return r;
	snprintf(path, sizeof(path), "%s/physfn", dirname);
	len = snprintf(target, sizeof(target), "../%s", dump->v[f->physfn]->name);
	return tree_add(dump->ctx, tree, TREE_LINK, path, target, (size_t)len);
}

static int add_reason(struct dump *dump, struct tree *tree, const char *dirname, const char *name,
		      const char *reason)
{
	char path[TREE_MAX_PATH + 16];

	snprintf(path, sizeof(path), "%s/%s", dirname, name);
	return *reason ? tree_add(dump->ctx, tree, TREE_FILE, path, reason, strlen(reason)) : 0;
}

static int add_reasons(struct dump *dump, struct tree *tree, const struct function *f,
		       const char *dirname)
{
	int r = add_reason(dump, tree, dirname, DUMP_NO_BRIDGE, f->has_no_bridge ? "1" : "");

	if (!r)
		r = add_reason(dump, tree, dirname, DUMP_BELOW, f->below);
	return r ? r : add_reason(dump, tree, dirname, DUMP_VFS, f->vfs);
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
	if (!r)
		r = add_reasons(dump, tree, f, dirname);
	return r ? r : add_links(dump, tree, f, dirname);
}

/* Functions without config space have no place in the tree. */
static int add_functions(struct dump *dump, struct tree *tree)
{
	size_t nr_listed = 0;
	const char *first = NULL;
	int r = 0;

	for (size_t i = 0; !r && i < dump->nr; i++) {
		if (!function_is_listed_only(dump->v[i])) {
			r = add_function(dump, tree, dump->v[i]);
			continue;
		}
		first = first ? first : dump->v[i]->name;
		nr_listed++;
	}
	if (!r && nr_listed)
		ctx_note(dump->ctx,
			 "%zu function%s left out, of which there is no config space; "
			 "the first is %s",
			 nr_listed, nr_listed == 1 ? " is" : "s are", first);
	return r;
}

int dump_read(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree)
{
	struct dump dump = { .ctx = ctx };
	int r = dump_text_read(&dump, data, size);

	if (!r)
		r = relate_functions(&dump);
	if (!r)
		r = add_functions(&dump, tree);
	dump_clear(&dump);
	return r ? r : tree_sort(ctx, tree);
}
