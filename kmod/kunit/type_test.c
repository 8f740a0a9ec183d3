// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the reset types: whether each fits a function, and which registers it writes. */
#include <linux/pci_hotplug.h>

#include "machine.h"
#include "type/type.h"

#define KUNIT_DVSEC 0x100

/* The result of a probe: enum pcireset_why, 0 if the type fits. */
static struct pcireset_type_info type_ask(u32 bit, struct pci_dev *dev)
{
	struct pcireset_type_info info;
	struct pcireset_probe probe;

	pcireset_probe_begin(&probe, dev, PCIRESET_CALLER_FREE);
	pcireset_type_probe(pcireset_type_find(bit), &probe, &info);
	pcireset_probe_end(&probe);
	return info;
}

static u32 type_why_not(struct kunit *test, u32 bit)
{
	struct pcireset_kunit_machine *machine = test->priv;

	return type_ask(bit, machine->fns[0]).why_not;
}

static void type_is_found_by_another_bit(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < PCIRESET_NR_TYPES; i++)
		KUNIT_EXPECT_PTR_EQ(test, pcireset_type_find(pcireset_types[i].bit),
				    &pcireset_types[i]);
	/* No caller has such a bit. If one had, there would be a type all the same. */
	KUNIT_EXPECT_PTR_EQ(test, pcireset_type_find(0), &pcireset_types[PCIRESET_NR_TYPES - 1]);
}

static void type_that_does_not_fit_has_a_scope(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info = type_ask(PCI_RESET_FLR, machine->fns[1]);

	KUNIT_EXPECT_EQ(test, info.type, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, info.scope, PCIRESET_SCOPE_FUNCTION);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, info.flags, 0);
	KUNIT_EXPECT_EQ(test, info.who.devfn, 1);
	info = type_ask(PCI_RESET_SLOT, machine->fns[1]);
	KUNIT_EXPECT_EQ(test, info.scope, 0);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_NO_SLOT);
	KUNIT_EXPECT_EQ(test, info.who.devfn, 1);
}

/* Nothing is above a function on a root bus. */
static void link_above_a_root_bus_is_reset(struct kunit *test)
{
	static const u32 links[] = { PCI_RESET_SLOT, PCI_RESET_BUS, PCI_RESET_CXL_BUS };
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *who = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(links); i++)
		KUNIT_EXPECT_EQ(test, type_ask(links[i], machine->port).why_not,
				PCIRESET_WHY_NO_BRIDGE);
	KUNIT_EXPECT_EQ(test, pcireset_link_refused(machine->fns[0], PCIRESET_CALLER_FREE, &who),
			PCIRESET_WHY_NO_BRIDGE);
	KUNIT_EXPECT_NULL(test, who);
}

/* Both bits of the AF capability are needed: FLR, and Transactions Pending. */
static void flr_of_half_a_capability_is_offered(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->space[0];

	space[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] = 0;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NO_CAPABILITY);
	kunit_add_cap(space, KUNIT_PM + 1, KUNIT_FREE, PCI_CAP_ID_AF);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NO_CAPABILITY);
	kunit_put8(space, KUNIT_FREE + PCI_AF_CAP, PCI_AF_CAP_TP);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NO_CAPABILITY);
	kunit_put8(space, KUNIT_FREE + PCI_AF_CAP, PCI_AF_CAP_FLR);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NO_CAPABILITY);
	kunit_put8(space, KUNIT_FREE + PCI_AF_CAP, PCI_AF_CAP_FLR | PCI_AF_CAP_TP);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, type_ask(PCI_RESET_FLR, machine->fns[0]).flags, PCIRESET_TYPE_AF);
	/* With both, that of PCIe is used. */
	space[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] = PCI_EXP_DEVCAP_FLR;
	KUNIT_EXPECT_EQ(test, type_ask(PCI_RESET_FLR, machine->fns[0]).flags, 0);
}

static void flr_of_a_port_is_offered(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u16 flags = dev->pcie_flags_reg;

	machine->port_space[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] = PCI_EXP_DEVCAP_FLR;
	KUNIT_EXPECT_EQ(test, type_ask(PCI_RESET_FLR, machine->port).why_not,
			PCIRESET_WHY_NOT_ENDPOINT);
	dev->pcie_flags_reg = (flags & ~PCI_EXP_FLAGS_TYPE) | PCI_EXP_TYPE_RC_EC << 4;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NOT_ENDPOINT);
	dev->pcie_flags_reg = (flags & ~PCI_EXP_FLAGS_TYPE) | PCI_EXP_TYPE_RC_END << 4;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NONE);
	dev->pcie_flags_reg = (flags & ~PCI_EXP_FLAGS_TYPE) | PCI_EXP_TYPE_LEG_END << 4;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_NONE);
	dev->pcie_flags_reg = flags;
}

static void quirk_of_flr_is_ignored(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u8 method = dev->reset_methods[0];

	dev->dev_flags |= PCI_DEV_FLAGS_NO_FLR_RESET;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_QUIRK);
	dev->dev_flags &= ~PCI_DEV_FLAGS_NO_FLR_RESET;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_DEV_SPECIFIC), PCIRESET_WHY_NO_HANDLER);
	/* The index of the kernel's own handler. */
	dev->reset_methods[0] = 1;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_FLR), PCIRESET_WHY_HAS_HANDLER);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_DEV_SPECIFIC), PCIRESET_WHY_NONE);
	dev->reset_methods[0] = method;
}

/**
 * struct type_quirk - a function with these IDs, and what its types say
 * @vendor: Vendor ID
 * @device: Device ID
 * @class: Class Code
 * @flr: enum pcireset_why of FLR
 * @pm: enum pcireset_why of a PM reset
 */
struct type_quirk {
	u16 vendor;
	u16 device;
	u32 class;
	u32 flr;
	u32 pm;
};

#define KUNIT_NVME 0x010802

static const struct type_quirk type_quirks[] = {
	{ 0x8086, 0x10ed, 0x020000, PCIRESET_WHY_HAS_HANDLER, PCIRESET_WHY_NONE },
	{ 0x8086, 0x0953, KUNIT_NVME, PCIRESET_WHY_HAS_HANDLER, PCIRESET_WHY_NONE },
	{ 0x8086, 0x0954, KUNIT_NVME, PCIRESET_WHY_NONE, PCIRESET_WHY_NONE },
	{ 0x144d, 0xa804, KUNIT_NVME, PCIRESET_WHY_HAS_HANDLER, PCIRESET_WHY_NONE },
	{ 0x144d, 0xa804, 0x010600, PCIRESET_WHY_NONE, PCIRESET_WHY_NONE },
	{ 0x144d, 0xa805, KUNIT_NVME, PCIRESET_WHY_NONE, PCIRESET_WHY_NONE },
	{ 0x144e, 0xa804, KUNIT_NVME, PCIRESET_WHY_NONE, PCIRESET_WHY_NONE },
	{ 0x1425, 0x4abc, 0x020000, PCIRESET_WHY_HAS_HANDLER, PCIRESET_WHY_NONE },
	{ 0x1425, 0x5abc, 0x020000, PCIRESET_WHY_NONE, PCIRESET_WHY_NONE },
	{ 0x1426, 0x4abc, 0x020000, PCIRESET_WHY_NONE, PCIRESET_WHY_NONE },
	{ 0x1022, 0x1502, 0x020000, PCIRESET_WHY_QUIRK, PCIRESET_WHY_NONE },
	{ 0x14c3, 0x7925, 0x028000, PCIRESET_WHY_QUIRK, PCIRESET_WHY_NONE },
	/* Only a downstream port of these switches must not be in D3hot. */
	{ 0x10b5, 0x8532, 0x060400, PCIRESET_WHY_NONE, PCIRESET_WHY_NONE },
};

static void quirk_of_a_device_is_another_devices(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u16 vendor = dev->vendor, device = dev->device, flags = dev->pcie_flags_reg;
	u32 class = dev->class;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(type_quirks); i++) {
		dev->vendor = type_quirks[i].vendor;
		dev->device = type_quirks[i].device;
		dev->class = type_quirks[i].class;
		KUNIT_EXPECT_EQ_MSG(test, type_why_not(test, PCI_RESET_FLR), type_quirks[i].flr,
				    "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, type_why_not(test, PCI_RESET_PM), type_quirks[i].pm,
				    "row %u", i);
	}
	dev->pcie_flags_reg = (flags & ~PCI_EXP_FLAGS_TYPE) | PCI_EXP_TYPE_DOWNSTREAM << 4;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_PM), PCIRESET_WHY_QUIRK);
	dev->pcie_flags_reg = flags;
	dev->vendor = vendor;
	dev->device = device;
	dev->class = class;
}

/* Their Immediate Readiness is wrong. */
static void readiness_of_some_devices_is_trusted(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u16 vendor = dev->vendor, device = dev->device;

	KUNIT_EXPECT_FALSE(test, pcireset_quirk_imm_ready(dev));
	dev->imm_ready = 1;
	KUNIT_EXPECT_TRUE(test, pcireset_quirk_imm_ready(dev));
	dev->vendor = PCI_VENDOR_ID_SAMSUNG;
	dev->device = 0xa80d;
	KUNIT_EXPECT_FALSE(test, pcireset_quirk_imm_ready(dev));
	dev->imm_ready = 0;
	dev->vendor = vendor;
	dev->device = device;
}

/* Issues a type on the first function; returns its errno. */
static int type_issue(struct kunit *test, u32 bit, const struct pcireset_times *times,
		      u32 *ret_no_access_us)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_trigger trigger = {
		.dev = machine->fns[0],
		.bridge = machine->port,
		.times = times,
	};
	int error;

	pci_cfg_access_lock(machine->port);
	error = pcireset_type_find(bit)->trigger(&trigger);
	pci_cfg_access_unlock(machine->port);
	*ret_no_access_us = trigger.no_access_us;
	return error;
}

static const struct pcireset_times type_times = { .flr_us = 11, .link_us = 22, .d0_us = 33 };

static void flr_is_issued_by_another_register(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->space[0], *control = &space[(KUNIT_PCIE + PCI_EXP_DEVCTL) / 4];
	u32 us;

	*control = 0x2810;
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_FLR, &type_times, &us), 0);
	KUNIT_EXPECT_EQ(test, us, 11);
	KUNIT_EXPECT_EQ(test, *control, 0x2810 | PCI_EXP_DEVCTL_BCR_FLR);

	space[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] = 0;
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_FLR, &type_times, &us), -EIO);
	kunit_add_cap(space, KUNIT_PM + 1, KUNIT_FREE, PCI_CAP_ID_AF);
	kunit_put8(space, KUNIT_FREE + PCI_AF_CAP, PCI_AF_CAP_FLR | PCI_AF_CAP_TP);
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_FLR, &type_times, &us), 0);
	KUNIT_EXPECT_EQ(test, us, 11);
	KUNIT_EXPECT_EQ(test, space[(KUNIT_FREE + PCI_AF_CTRL) / 4], PCI_AF_CTRL_FLR);
}

/* The kernel has no handler for this function. What the list held before is in it again. */
static void list_of_the_kernel_stays_narrowed(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u8 before[sizeof(dev->reset_methods)];
	u32 us;

	memcpy(before, dev->reset_methods, sizeof(before));
	KUNIT_EXPECT_NE(test, before[0], 0);
	device_lock(&dev->dev);
	KUNIT_EXPECT_NE(test, type_issue(test, PCI_RESET_DEV_SPECIFIC, &type_times, &us), 0);
	device_unlock(&dev->dev);
	KUNIT_EXPECT_EQ(test, memcmp(before, dev->reset_methods, sizeof(before)), 0);
}

static void pm_is_offered_although_it_resets_nothing(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u32 *space = machine->space[0];
	struct pci_dev *dev = machine->fns[0];
	u8 cap = dev->pm_cap;
	pci_power_t state;

	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_PM), PCIRESET_WHY_NONE);
	dev->pm_cap = 0;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_PM), PCIRESET_WHY_NO_CAPABILITY);
	dev->pm_cap = cap;
	for (state = PCI_D1; state <= PCI_D3hot; state++) {
		kunit_put16(space, KUNIT_PM + PCI_PM_CTRL, (__force u16)state);
		KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_PM), PCIRESET_WHY_NOT_D0);
	}
	kunit_put16(space, KUNIT_PM + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_PM), PCIRESET_WHY_NO_SOFT_RESET);
	kunit_put16(space, KUNIT_PM + PCI_PM_CTRL, 0);
	dev->dev_flags |= PCI_DEV_FLAGS_NO_PM_RESET;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_PM), PCIRESET_WHY_QUIRK);
	dev->dev_flags &= ~PCI_DEV_FLAGS_NO_PM_RESET;
	dev->dev_flags |= PCI_DEV_FLAGS_NO_D3;
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_PM), PCIRESET_WHY_QUIRK);
	dev->dev_flags &= ~PCI_DEV_FLAGS_NO_D3;
}

/* The first writes to a register, as a test wants to see them in order. */
static struct {
	struct pci_ops *ops;
	int where;
	unsigned int nr;
	u16 values[4];
	ktime_t times[4];
} type_seen;

static int type_read_through(struct pci_bus *bus, unsigned int devfn, int where, int size,
			     u32 *value)
{
	return type_seen.ops->read(bus, devfn, where, size, value);
}

static int type_write_seen(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (where == type_seen.where && type_seen.nr < ARRAY_SIZE(type_seen.values)) {
		type_seen.values[type_seen.nr] = value;
		type_seen.times[type_seen.nr++] = ktime_get();
	}
	return type_seen.ops->write(bus, devfn, where, size, value);
}

static struct pci_ops type_seeing = { .read = type_read_through, .write = type_write_seen };

static void type_see_writes(struct pci_bus *bus, int where)
{
	type_seen.ops = bus->ops;
	type_seen.where = where;
	type_seen.nr = 0;
	bus->ops = &type_seeing;
}

/* PCIe r6.0, sec 5.9: 10 ms in D3hot. A one in PME_Status would clear it. */
static void pm_is_too_short_or_clears_a_wakeup(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *dev = machine->fns[0];
	u16 kept = PCI_PM_CTRL_PME_ENABLE;
	u32 us;

	kunit_put16(machine->space[0], KUNIT_PM + PCI_PM_CTRL, kept | PCI_PM_CTRL_PME_STATUS);
	type_see_writes(dev->bus, KUNIT_PM + PCI_PM_CTRL);
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_PM, &type_times, &us), 0);
	dev->bus->ops = type_seen.ops;
	KUNIT_EXPECT_EQ(test, us, 33);
	KUNIT_ASSERT_EQ(test, type_seen.nr, 2);
	KUNIT_EXPECT_EQ(test, type_seen.values[0], kept | 3);
	KUNIT_EXPECT_EQ(test, type_seen.values[1], kept);
	KUNIT_EXPECT_GE(test, ktime_us_delta(type_seen.times[1], type_seen.times[0]), 10000);
}

static unsigned int type_nr_slot_resets;

static int type_reset_slot(struct hotplug_slot *slot, bool probe)
{
	type_nr_slot_resets++;
	return 0;
}

static int type_fail_slot(struct hotplug_slot *slot, bool probe)
{
	return -ENOTTY;
}

static const struct hotplug_slot_ops type_slot_ops = { .reset_slot = type_reset_slot };
static const struct hotplug_slot_ops type_failing_slot_ops = { .reset_slot = type_fail_slot };

static void type_expect_slot(struct kunit *test, u32 slot, u32 others)
{
	struct pcireset_kunit_machine *machine = test->priv;
	unsigned int i;

	/* The second function has no slot of its own: it is in that of its port. */
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, type_ask(PCI_RESET_SLOT, machine->fns[i]).why_not, slot);
		KUNIT_EXPECT_EQ(test, type_ask(PCI_RESET_BUS, machine->fns[i]).why_not, others);
	}
}

/* A slot that pciehp does not own can go at any time. */
static void slot_is_offered_that_nobody_keeps(struct kunit *test)
{
	struct pcireset_kunit_slot *slot = pcireset_kunit_slot_begin(test, &type_slot_ops);
	struct device_driver other = { .name = "aer" }, *pciehp = slot->service.driver;
	struct bus_type *pci_express = (struct bus_type *)slot->service.bus;
	struct bus_type elsewhere = { .name = "platform" };

	type_expect_slot(test, PCIRESET_WHY_NONE, PCIRESET_WHY_HOTPLUG);
	slot->service.driver = &other;
	type_expect_slot(test, PCIRESET_WHY_NO_SLOT, PCIRESET_WHY_NONE);
	slot->service.driver = NULL;
	type_expect_slot(test, PCIRESET_WHY_NO_SLOT, PCIRESET_WHY_NONE);
	slot->service.driver = pciehp;
	slot->service.bus = &elsewhere;
	type_expect_slot(test, PCIRESET_WHY_NO_SLOT, PCIRESET_WHY_NONE);
	slot->service.bus = pci_express;
	type_expect_slot(test, PCIRESET_WHY_NONE, PCIRESET_WHY_HOTPLUG);
	pcireset_kunit_slot_end(test, slot);
	type_expect_slot(test, PCIRESET_WHY_NO_SLOT, PCIRESET_WHY_NONE);
}

static int type_issue_slot(struct kunit *test)
{
	u32 us;

	return type_issue(test, PCI_RESET_SLOT, &type_times, &us);
}

static void slot_that_cannot_be_reset_is(struct kunit *test)
{
	struct pcireset_kunit_slot *slot = pcireset_kunit_slot_begin(test, &type_slot_ops);

	type_nr_slot_resets = 0;
	KUNIT_EXPECT_EQ(test, type_issue_slot(test), 0);
	KUNIT_EXPECT_EQ(test, type_nr_slot_resets, 1);
	slot->hotplug.ops = &type_failing_slot_ops;
	KUNIT_EXPECT_EQ(test, type_issue_slot(test), -EIO);
	pcireset_kunit_slot_end(test, slot);
}

/* Each of these says that the slot may be freed, or was. */
static void slot_that_goes_is_used(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_kunit_slot *slot = pcireset_kunit_slot_begin(test, &type_slot_ops);
	struct device_driver *pciehp = slot->service.driver;

	type_nr_slot_resets = 0;
	device_lock(&slot->service);
	KUNIT_EXPECT_EQ(test, type_issue_slot(test), -EIO);
	KUNIT_EXPECT_PTR_EQ(test, pcireset_pciehp_slot(&slot->service, machine->fns[0]),
			    &slot->hotplug);
	slot->service.driver = NULL;
	KUNIT_EXPECT_NULL(test, pcireset_pciehp_slot(&slot->service, machine->fns[0]));
	slot->service.driver = pciehp;
	pcireset_find_remove(machine->fns[0]);
	KUNIT_EXPECT_NULL(test, pcireset_pciehp_slot(&slot->service, machine->fns[0]));
	pcireset_find_add(machine->fns[0]);
	KUNIT_EXPECT_NULL(test, pcireset_pciehp_slot(&slot->service, machine->fns[1]));
	device_unlock(&slot->service);
	KUNIT_EXPECT_EQ(test, type_nr_slot_resets, 0);

	/* The lock is free again, and its reference is back. */
	KUNIT_EXPECT_EQ(test, type_issue_slot(test), 0);
	KUNIT_EXPECT_TRUE(test, device_trylock(&slot->service));
	device_unlock(&slot->service);
	pcireset_kunit_slot_end(test, slot);
}

/* CXL r3.1, sec 8.1.5: the DVSEC of a port. */
static void type_make_cxl_port(struct kunit *test, u16 control)
{
	u32 *space = ((struct pcireset_kunit_machine *)test->priv)->port_space;

	space[KUNIT_DVSEC / 4] = 1 << 16 | PCI_EXT_CAP_ID_DVSEC;
	space[(KUNIT_DVSEC + PCI_DVSEC_HEADER1) / 4] = 0x28 << 20 | PCIRESET_CXL_VENDOR_ID;
	kunit_put16(space, KUNIT_DVSEC + PCI_DVSEC_HEADER2, PCIRESET_CXL_DVSEC_PORT);
	kunit_put16(space, KUNIT_DVSEC + PCIRESET_CXL_PORT_CONTROL, control);
}

static void reset_that_cxl_masks_is_offered(struct kunit *test)
{
	struct pcireset_kunit_slot *slot;

	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_CXL_BUS), PCIRESET_WHY_NO_CXL);
	type_make_cxl_port(test, 0);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_BUS), PCIRESET_WHY_CXL_MASKED);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_CXL_BUS), PCIRESET_WHY_NONE);
	slot = pcireset_kunit_slot_begin(test, &type_slot_ops);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_SLOT), PCIRESET_WHY_CXL_MASKED);
	pcireset_kunit_slot_end(test, slot);
	type_make_cxl_port(test, PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_BUS), PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, type_why_not(test, PCI_RESET_CXL_BUS), PCIRESET_WHY_NONE);
}

/* Two types of one query get the same answer: it is looked up for the first. */
static void port_is_read_once_for_all_types(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info;
	struct pcireset_probe probe;
	unsigned int reads;

	type_make_cxl_port(test, PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR);
	reads = machine->nr_port_reads;
	pcireset_probe_begin(&probe, machine->fns[0], PCIRESET_CALLER_FREE);
	pcireset_type_probe(pcireset_type_find(PCI_RESET_BUS), &probe, &info);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_GT(test, machine->nr_port_reads, reads);
	reads = machine->nr_port_reads;
	pcireset_type_probe(pcireset_type_find(PCI_RESET_CXL_BUS), &probe, &info);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_NONE);
	KUNIT_EXPECT_EQ(test, machine->nr_port_reads, reads);
	pcireset_probe_end(&probe);
}

/* All functions on the bus are visited for the first, and again for the next query only. */
static void bus_is_visited_once_for_all_types(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_type_info info;
	struct pcireset_probe probe;

	type_make_cxl_port(test, PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR);
	pcireset_probe_begin(&probe, machine->fns[0], PCIRESET_CALLER_FREE);
	pcireset_type_probe(pcireset_type_find(PCI_RESET_BUS), &probe, &info);
	machine->fns[1]->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	pcireset_type_probe(pcireset_type_find(PCI_RESET_CXL_BUS), &probe, &info);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_NONE);
	pcireset_probe_end(&probe);

	/* The function that forbids it is kept until the end of the query, too. */
	pcireset_probe_begin(&probe, machine->fns[0], PCIRESET_CALLER_FREE);
	pcireset_type_probe(pcireset_type_find(PCI_RESET_BUS), &probe, &info);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_QUIRK);
	machine->fns[1]->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	pcireset_type_probe(pcireset_type_find(PCI_RESET_CXL_BUS), &probe, &info);
	KUNIT_EXPECT_EQ(test, info.why_not, PCIRESET_WHY_QUIRK);
	KUNIT_EXPECT_EQ(test, info.who.devfn, machine->fns[1]->devfn);
	pcireset_probe_end(&probe);
}

/* The mask is lifted for the reset, and set again as it was. */
static void mask_of_cxl_stays_lifted(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	u16 at = KUNIT_DVSEC + PCIRESET_CXL_PORT_CONTROL, other = 0x4;
	unsigned int i;
	u32 us;

	for (i = 0; i < ARRAY_SIZE(machine->fns); i++)
		machine->fns[i]->d3cold_delay = 0;
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_CXL_BUS, &type_times, &us), -EIO);
	type_make_cxl_port(test, other);
	type_see_writes(machine->port->bus, at);
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_CXL_BUS, &type_times, &us), 0);
	machine->port->bus->ops = type_seen.ops;
	KUNIT_ASSERT_EQ(test, type_seen.nr, 2);
	KUNIT_EXPECT_EQ(test, type_seen.values[0], other | PCIRESET_CXL_PORT_CONTROL_UNMASK_SBR);
	KUNIT_EXPECT_EQ(test, type_seen.values[1], other);
	type_make_cxl_port(test, 0xffff);
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_CXL_BUS, &type_times, &us), -EIO);
}

/* Secondary Bus Reset is set and cleared, and the rest of Bridge Control stays. */
static void bus_is_reset_by_another_register(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	unsigned int i;
	u32 us;

	for (i = 0; i < ARRAY_SIZE(machine->fns); i++)
		machine->fns[i]->d3cold_delay = 0;
	kunit_put16(machine->port_space, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_SERR);
	type_see_writes(machine->port->bus, PCI_BRIDGE_CONTROL);
	KUNIT_EXPECT_EQ(test, type_issue(test, PCI_RESET_BUS, &type_times, &us), 0);
	machine->port->bus->ops = type_seen.ops;
	KUNIT_ASSERT_EQ(test, type_seen.nr, 2);
	KUNIT_EXPECT_EQ(test, type_seen.values[0], PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_BUS_RESET);
	KUNIT_EXPECT_EQ(test, type_seen.values[1], PCI_BRIDGE_CTL_SERR);
}

static struct kunit_case type_cases[] = {
	KUNIT_CASE(type_is_found_by_another_bit),
	KUNIT_CASE(type_that_does_not_fit_has_a_scope),
	KUNIT_CASE(link_above_a_root_bus_is_reset),
	KUNIT_CASE(flr_of_half_a_capability_is_offered),
	KUNIT_CASE(flr_of_a_port_is_offered),
	KUNIT_CASE(quirk_of_flr_is_ignored),
	KUNIT_CASE(quirk_of_a_device_is_another_devices),
	KUNIT_CASE(readiness_of_some_devices_is_trusted),
	KUNIT_CASE(flr_is_issued_by_another_register),
	KUNIT_CASE(list_of_the_kernel_stays_narrowed),
	KUNIT_CASE(pm_is_offered_although_it_resets_nothing),
	KUNIT_CASE(pm_is_too_short_or_clears_a_wakeup),
	KUNIT_CASE(slot_is_offered_that_nobody_keeps),
	KUNIT_CASE(slot_that_cannot_be_reset_is),
	KUNIT_CASE(slot_that_goes_is_used),
	KUNIT_CASE(reset_that_cxl_masks_is_offered),
	KUNIT_CASE(port_is_read_once_for_all_types),
	KUNIT_CASE(bus_is_visited_once_for_all_types),
	KUNIT_CASE(mask_of_cxl_stays_lifted),
	KUNIT_CASE(bus_is_reset_by_another_register),
	{},
};

static struct kunit_suite type_suite = {
	.name = "pcireset-type",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = type_cases,
};

kunit_test_suite(type_suite);
