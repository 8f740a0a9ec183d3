/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Minimum duration of a reset, from the specification or from the functions. */
#include <errno.h>
#include "dev/dev.h"
#include "plan/plan.h"

#define US 1000ull
#define MS (1000 * US)

/* PCIe r6.0, sec 6.6.2, and the AF ECN: an FLR is complete within 100 ms. */
#define FLR_NS (100 * MS)

/* PCIe r6.0, sec 5.9: to D3hot and to D0, 10 ms each. */
#define D3HOT_NS (10 * MS)

/* PCI r3.0, sec 4.3.2: Trst is 1 ms; the kernel asserts a secondary bus reset for 2 ms. */
#define ASSERT_NS (2 * MS)

/* PCIe r6.0, sec 6.6.1: 100 ms from the end of the reset, above 5 GT/s from link up. */
#define LINK_NS (100 * MS)

/* PCI r3.0, sec 4.3.2: Trhfa, 2^25 clocks at 33 MHz. */
#define CONVENTIONAL_NS (1017 * MS)

/* PCIe r6.0, sec 7.5.1.1.4; not every kernel header has a name for it. */
#define STATUS_IMMEDIATE 0x0001

/* PCIe r6.0, sec 7.9.16: Readiness Time Reporting. */
#define RTR_ID     0x22
#define RTR_FIRST  4
#define RTR_SECOND 8
#define RTR_VALID  (1u << 31)

/* The longest times that a function may report: A1Eh, and 80Ah after D3hot. */
#define RTR_MAX_NS    (0x1eull << 25)
#define RTR_MAX_D0_NS (0x0aull << 20)

static void read_or_fail(const struct pcireset_dev *dev, struct config *config)
{
	int r = config_read(dev, config);

	if (r < 0)
		ctx_fail(dev->ctx, r, dev->name);
}

/* Time after each kind of reset until a function may be accessed. */
struct times {
	uint64_t flr, link, d0;
};

/*
 * Sec 7.9.16.2: 9 bits, in units of 32 to the power of the 3 bits above. Two of these
 * powers are reserved. The module ignores a time that is longer than permitted, too.
 */
static void take_time(uint64_t *ns, uint32_t field, uint64_t max_ns)
{
	unsigned int scale = field >> 9 & 7;
	uint64_t reported = (uint64_t)(field & 0x1ff) << 5 * scale;

	if (scale <= 5 && reported <= max_ns)
		*ns = reported;
}

static struct times times_of(const struct pcireset_dev *dev)
{
	struct times times = { FLR_NS, LINK_NS, D3HOT_NS };
	struct config config;
	size_t at;

	read_or_fail(dev, &config);
	if (config.len <= PCI_STATUS + 1 || config_get32(&config, PCI_COMMAND) == UINT32_MAX)
		return times;
	if (config_get16(&config, PCI_STATUS) & STATUS_IMMEDIATE)
		return (struct times){ 0 };
	at = config_find_extended(&config, RTR_ID, 0);
	if (!at || !(config_get32(&config, at + RTR_FIRST) & RTR_VALID))
		return times;
	take_time(&times.link, config_get32(&config, at + RTR_FIRST) >> 12, RTR_MAX_NS);
	take_time(&times.flr, config_get32(&config, at + RTR_SECOND), RTR_MAX_NS);
	take_time(&times.d0, config_get32(&config, at + RTR_SECOND) >> 12, RTR_MAX_D0_NS);
	return times;
}

static unsigned int port_type(const struct config *config, size_t express)
{
	return (config_get16(config, express + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4;
}

/* Above 5 GT/s, the time starts when the link is up, if the port reports that. */
static bool counts_from_link_up(const struct config *config, size_t express)
{
	unsigned int type = port_type(config, express);
	uint32_t cap = config_get32(config, express + PCI_EXP_LNKCAP);

	return (type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM ||
		type == PCI_EXP_TYPE_PCIE_BRIDGE) &&
	       cap & PCI_EXP_LNKCAP_DLLLARC &&
	       (cap & PCI_EXP_LNKCAP_SLS) > PCI_EXP_LNKCAP_SLS_5_0GB;
}

/*
 * Time at which the functions below a bridge may be accessed, if the bridge may be
 * accessed at @since.
 */
static uint64_t ready_below(const struct pcireset_dev *bridge, uint64_t since, uint64_t link)
{
	struct config config;
	size_t express;
	uint64_t from_reset;

	read_or_fail(bridge, &config);
	express = config_find(&config, PCI_CAP_ID_EXP);
	if (express && counts_from_link_up(&config, express))
		return since + link;
	from_reset = link;
	if (config.len > PCI_STD_HEADER_SIZEOF &&
	    (!express || port_type(&config, express) == PCI_EXP_TYPE_PCI_BRIDGE))
		from_reset = CONVENTIONAL_NS;
	return since > from_reset ? since : from_reset;
}

/*
 * By index of the bridge: the slowest function on its bus, and the time at which that
 * bus may be accessed.
 */
struct buses {
	uint64_t *link, *ready;
};

static void slowest_links(const struct pcireset_plan *plan, const struct buses *buses)
{
	for (size_t i = 0; i < plan->members.nr; i++) {
		const struct pcireset_dev *dev =
			pcireset_ctx_get_dev(plan->dev->ctx, &plan->members.v[i].addr);
		const struct pcireset_dev *bridge = dev ? dev_upstream(dev) : NULL;
		uint64_t link = bridge ? times_of(dev).link : 0;

		if (bridge && link > buses->link[bridge->index])
			buses->link[bridge->index] = link;
	}
}

/* Parents come first, so the bus of each bridge is known in time. */
static uint64_t last_ready(const struct pcireset_plan *plan, const struct buses *buses)
{
	const struct pcireset_dev *done = NULL;
	uint64_t last = 0;

	for (size_t i = 0; i < plan->members.nr; i++) {
		const struct pcireset_dev *dev =
			pcireset_ctx_get_dev(plan->dev->ctx, &plan->members.v[i].addr);
		const struct pcireset_dev *bridge = dev ? dev_upstream(dev) : NULL, *above;
		uint64_t *ready;

		if (!bridge || bridge == done)
			continue;
		done = bridge;
		above = dev_upstream(bridge);
		ready = &buses->ready[bridge->index];
		*ready = ready_below(bridge, above ? buses->ready[above->index] : 0,
				     buses->link[bridge->index]);
		last = *ready > last ? *ready : last;
	}
	return last;
}

static uint64_t expect_link(const struct pcireset_plan *plan)
{
	size_t nr = plan->dev->ctx->nr_devs;
	struct buses buses = { calloc(nr + 1, sizeof(uint64_t)), calloc(nr + 1, sizeof(uint64_t)) };
	uint64_t ns = 0;

	if (buses.link && buses.ready) {
		slowest_links(plan, &buses);
		ns = ASSERT_NS + last_ready(plan, &buses);
	}
	if (!buses.link || !buses.ready)
		ctx_fail(plan->dev->ctx, -ENOMEM, plan->dev->name);
	free(buses.ready);
	free(buses.link);
	return ns;
}

/*
 * Return 0 for the resets of the kernel and the firmware, which have no known duration.
 * Otherwise return at least 1.
 */
uint64_t expect_ns(const struct pcireset_plan *plan)
{
	uint64_t ns;

	if (plan->type & PCI_RESET_LINK)
		return expect_link(plan);
	if (plan->type == PCI_RESET_FLR)
		ns = times_of(plan->dev).flr;
	else if (plan->type == PCI_RESET_PM)
		ns = D3HOT_NS + times_of(plan->dev).d0;
	else
		return 0;
	return ns ? ns : 1;
}
