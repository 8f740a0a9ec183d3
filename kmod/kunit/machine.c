// SPDX-License-Identifier: GPL-2.0-only
/* Real functions of the PCI core for the KUnit tests; only their config space is made up. */
#include "machine.h"
#include "run/run.h"

/* No machine that runs KUnit has one there. */
#define ROOT_BUS 0x80
#define DOMAIN   0x20000

static struct pcireset_kunit_machine *machine_of(struct pci_bus *bus)
{
	return container_of(bus->sysdata, struct pcireset_kunit_machine, sysdata);
}

static u32 *space_of(struct pci_bus *bus, unsigned int devfn)
{
	struct pcireset_kunit_machine *machine = machine_of(bus);

	if (pci_is_root_bus(bus))
		return devfn == PCI_DEVFN(1, 0) ? machine->port_space : NULL;
	return devfn < ARRAY_SIZE(machine->space) ? machine->space[devfn] : NULL;
}

static int read_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	const u32 *space = space_of(bus, devfn);

	if (!space)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (space == machine_of(bus)->port_space)
		machine_of(bus)->nr_port_reads++;
	*value = space[where / 4] >> (8 * (where % 4));
	if (size < 4)
		*value &= (1U << (8 * size)) - 1;
	return PCIBIOS_SUCCESSFUL;
}

/*
 * No BARs, no windows: Command, a bridge's bus numbers and Bridge Control, and all
 * capabilities can be written.
 */
static bool is_writable(const u32 *space, int where)
{
	if (where >= 0x40 || where == PCI_COMMAND)
		return true;
	return (space[PCI_CACHE_LINE_SIZE / 4] >> 16 & 0x7f) == PCI_HEADER_TYPE_BRIDGE &&
	       (where / 4 == PCI_PRIMARY_BUS / 4 || where == PCI_BRIDGE_CONTROL);
}

static void note_write(struct pcireset_kunit_machine *machine, int where, u32 value)
{
	if (where == PCI_BRIDGE_CONTROL && value & PCI_BRIDGE_CTL_BUS_RESET)
		machine->nr_bus_resets++;
	if (where != KUNIT_PCIE + PCI_EXP_LNKCTL)
		return;
	if (machine->nr_link_controls < ARRAY_SIZE(machine->link_controls))
		machine->link_controls[machine->nr_link_controls] = value;
	machine->nr_link_controls++;
}

static int write_config(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	u32 *space = space_of(bus, devfn);
	int i;

	if (!space)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (space == machine_of(bus)->port_space)
		note_write(machine_of(bus), where, value);
	for (i = 0; i < size && is_writable(space, where); i++)
		kunit_put8(space, where + i, value >> (8 * i));
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops machine_ops = {
	.read = read_config,
	.write = write_config,
};

static void make_header(u32 *space, u32 id, u32 class_revision, u8 header_type)
{
	space[PCI_VENDOR_ID / 4] = id;
	kunit_put16(space, PCI_STATUS, PCI_STATUS_CAP_LIST);
	space[PCI_CLASS_REVISION / 4] = class_revision;
	kunit_put8(space, PCI_HEADER_TYPE, header_type);
}

/* PCIe r6.0, sec 7.5.3.2: version 2 of the capability. */
static void make_pcie(u32 *space, u8 type)
{
	kunit_add_cap(space, PCI_CAPABILITY_LIST, KUNIT_PCIE, PCI_CAP_ID_EXP);
	kunit_put16(space, KUNIT_PCIE + PCI_EXP_FLAGS, 2 | type << 4);
}

static void make_port(u32 *space)
{
	make_header(space, 0x0020c0de, PCI_CLASS_BRIDGE_PCI << 16, PCI_HEADER_TYPE_BRIDGE);
	/* A closed memory window: base above limit. */
	space[PCI_MEMORY_BASE / 4] = 0x0000fff0;
	make_pcie(space, PCI_EXP_TYPE_ROOT_PORT);
}

static void make_endpoint(u32 *space)
{
	make_header(space, 0x0012c0de, 0xff000001, PCI_HEADER_TYPE_NORMAL | 0x80);
	space[PCI_SUBSYSTEM_VENDOR_ID / 4] = 0x0012c0de;
	make_pcie(space, PCI_EXP_TYPE_ENDPOINT);
	space[(KUNIT_PCIE + PCI_EXP_DEVCAP) / 4] = PCI_EXP_DEVCAP_FLR;
	kunit_add_cap(space, KUNIT_PCIE + 1, KUNIT_PM, PCI_CAP_ID_PM);
	kunit_put16(space, KUNIT_PM + PCI_PM_PMC, 3);
}

static void set_domain(struct pcireset_kunit_machine *machine)
{
#ifdef CONFIG_X86
	machine->sysdata.domain = DOMAIN;
	machine->sysdata.node = NUMA_NO_NODE;
#endif
	machine->bridge->domain_nr = DOMAIN;
}

/* Newer kernels, such as 7.3, would release this domain, which they have not allocated. */
static void free_bridge(struct pcireset_kunit_machine *machine)
{
	machine->bridge->domain_nr = PCI_DOMAIN_NR_NOT_SET;
	pci_free_host_bridge(machine->bridge);
	machine->bridge = NULL;
}

static int add_bridge(struct pcireset_kunit_machine *machine)
{
	int error;

	machine->bridge = pci_alloc_host_bridge(0);
	if (!machine->bridge)
		return -ENOMEM;
	machine->buses = (struct resource){
		.name = "pcireset KUnit",
		.start = ROOT_BUS,
		.end = ROOT_BUS + 1,
		.flags = IORESOURCE_BUS,
	};
	pci_add_resource(&machine->bridge->windows, &machine->buses);
	machine->bridge->busnr = ROOT_BUS;
	machine->bridge->ops = &machine_ops;
	machine->bridge->sysdata = &machine->sysdata;
	set_domain(machine);

	error = pci_host_probe(machine->bridge);
	if (error)
		free_bridge(machine);
	return error;
}

/**
 * pcireset_kunit_machine_init - put the machine together, as a suite's init
 * @test: test->priv becomes the machine
 *
 * Return: 0 or a negative errno.
 */
int pcireset_kunit_machine_init(struct kunit *test)
{
	struct pcireset_kunit_machine *machine;
	struct pci_bus *below;
	unsigned int i;
	int error;

	machine = kunit_kzalloc(test, sizeof(*machine), GFP_KERNEL);
	if (!machine)
		return -ENOMEM;
	test->priv = machine;
	make_port(machine->port_space);
	make_endpoint(machine->space[0]);
	make_endpoint(machine->space[1]);
	error = add_bridge(machine);
	if (error)
		return error;

	machine->port = pci_get_slot(machine->bridge->bus, PCI_DEVFN(1, 0));
	below = machine->port ? machine->port->subordinate : NULL;
	for (i = 0; below && i < ARRAY_SIZE(machine->fns); i++)
		machine->fns[i] = pci_get_slot(below, i);
	return machine->fns[0] && machine->fns[1] ? 0 : -ENODEV;
}

/**
 * pcireset_kunit_empty_bus - remove both functions
 * @machine: the machine, which keeps its references
 */
void pcireset_kunit_empty_bus(struct pcireset_kunit_machine *machine)
{
	pci_lock_rescan_remove();
	pci_stop_and_remove_bus_device(machine->fns[1]);
	pci_stop_and_remove_bus_device(machine->fns[0]);
	pci_unlock_rescan_remove();
}

/**
 * pcireset_kunit_tx - make a transaction for a reset of the first function
 * @test: the test; fails if there is none
 * @request: what the caller allows
 *
 * Return: the transaction, with the only reference to its plan. Nothing is locked or saved.
 */
struct pcireset_tx *pcireset_kunit_tx(struct kunit *test, const struct pcireset_request *request)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_plan *plan = NULL;
	struct pcireset_tx *tx = NULL;

	KUNIT_ASSERT_EQ(test, pcireset_plan_make(machine->fns[0], request, false, &plan), 0);
	KUNIT_ASSERT_EQ(test, pcireset_tx_new(plan, &tx), 0);
	pcireset_plan_put(plan);
	return tx;
}

/**
 * pcireset_kunit_machine_exit - take the machine apart, as a suite's exit
 * @test: the test
 */
void pcireset_kunit_machine_exit(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;

	if (!machine || !machine->bridge)
		return;
	pci_dev_put(machine->fns[0]);
	pci_dev_put(machine->fns[1]);
	pci_dev_put(machine->port);
	pci_lock_rescan_remove();
	pci_stop_root_bus(machine->bridge->bus);
	pci_remove_root_bus(machine->bridge->bus);
	pci_unlock_rescan_remove();
	free_bridge(machine);
}

/* Their fields are set by hand: the kernel has a bus of this name. */
static struct bus_type slot_bus = { .name = "pci_express" };
static struct device_driver slot_driver = { .name = "pciehp" };

static void release_service(struct device *dev)
{
}

/**
 * pcireset_kunit_slot_begin - make the port of a machine the port of a hotplug slot
 * @test: the test, whose machine it is
 * @ops: what pciehp does with it
 *
 * Return: the slot, for pcireset_kunit_slot_end().
 */
struct pcireset_kunit_slot *pcireset_kunit_slot_begin(struct kunit *test,
						      const struct hotplug_slot_ops *ops)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_kunit_slot *slot = kunit_kzalloc(test, sizeof(*slot), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, slot);
	slot->hotplug.ops = ops;
	slot->slot.hotplug = &slot->hotplug;
	slot->before = machine->fns[0]->slot;
	machine->fns[0]->slot = &slot->slot;

	device_initialize(&slot->service);
	slot->service.parent = &machine->port->dev;
	slot->service.release = release_service;
	KUNIT_ASSERT_EQ(test, dev_set_name(&slot->service, "%s:pcie004", pci_name(machine->port)),
			0);
	KUNIT_ASSERT_EQ(test, device_add(&slot->service), 0);
	slot->service.bus = &slot_bus;
	slot->service.driver = &slot_driver;
	return slot;
}

/**
 * pcireset_kunit_slot_end - undo pcireset_kunit_slot_begin()
 * @test: the test
 * @slot: the slot
 */
void pcireset_kunit_slot_end(struct kunit *test, struct pcireset_kunit_slot *slot)
{
	struct pcireset_kunit_machine *machine = test->priv;

	slot->service.driver = NULL;
	slot->service.bus = NULL;
	device_del(&slot->service);
	KUNIT_EXPECT_EQ(test, kref_read(&slot->service.kobj.kref), 1);
	put_device(&slot->service);
	machine->fns[0]->slot = slot->before;
}
