/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine for the KUnit tests: a port and an endpoint of two functions below it. */
#ifndef _PCIRESET_KUNIT_MACHINE_H
#define _PCIRESET_KUNIT_MACHINE_H

#include <kunit/test.h>
#include <linux/pci-ecam.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>

struct pcireset_request;
struct pcireset_tx;

/* Where each function's capabilities are as the core finds them. */
#define KUNIT_PCIE 0x40
#define KUNIT_PM   0x80
#define KUNIT_FREE 0x88

/**
 * struct pcireset_kunit_machine - a host bridge and what is below it
 * @bridge: the core's host bridge
 * @buses: its bus numbers
 * @sysdata: what the architecture expects behind every bus; zero: no firmware describes it
 * @port_space: config space of @port; a test may change it at will
 * @space: config space of each of @fns
 * @port: the root port
 * @fns: the endpoint's functions, below @port; FLR and PM
 * @nr_port_reads: number of reads of the config space of @port
 * @nr_bus_resets: how often @port was told to reset its bus
 * @link_controls: the first values that were written to Link Control of @port
 * @nr_link_controls: how often it was written
 */
struct pcireset_kunit_machine {
	struct pci_host_bridge *bridge;
	struct resource buses;
#ifdef CONFIG_X86
	struct pci_sysdata sysdata;
#else
	struct pci_config_window sysdata;
#endif
	u32 port_space[PCI_CFG_SPACE_EXP_SIZE / 4];
	u32 space[2][PCI_CFG_SPACE_EXP_SIZE / 4];
	struct pci_dev *port;
	struct pci_dev *fns[2];
	unsigned int nr_port_reads;
	unsigned int nr_bus_resets;
	u16 link_controls[2];
	unsigned int nr_link_controls;
};

int pcireset_kunit_machine_init(struct kunit *test);
void pcireset_kunit_machine_exit(struct kunit *test);

void pcireset_kunit_empty_bus(struct pcireset_kunit_machine *machine);

/**
 * struct pcireset_kunit_slot - a slot of the port, with the first function in it
 * @service: the child of the port that pciehp is bound to
 * @hotplug: pciehp's part of the slot
 * @slot: the core's part
 * @before: the slot of the first function before
 */
struct pcireset_kunit_slot {
	struct device service;
	struct hotplug_slot hotplug;
	struct pci_slot slot;
	struct pci_slot *before;
};

struct pcireset_kunit_slot *pcireset_kunit_slot_begin(struct kunit *test,
						      const struct hotplug_slot_ops *ops);
void pcireset_kunit_slot_end(struct kunit *test, struct pcireset_kunit_slot *slot);

struct pcireset_tx *pcireset_kunit_tx(struct kunit *test, const struct pcireset_request *request);

/* In claim_test.c. */
void pcireset_kunit_vfio_bind(struct pci_dev *dev, unsigned int nr_opened);
void pcireset_kunit_vfio_unbind(struct pci_dev *dev);

/* Config space as bytes, wherever it is. */
static inline void kunit_put8(u32 *space, unsigned int at, u8 value)
{
	u32 shift = 8 * (at % 4);

	space[at / 4] = (space[at / 4] & ~(0xffU << shift)) | (u32)value << shift;
}

static inline void kunit_put16(u32 *space, unsigned int at, u16 value)
{
	kunit_put8(space, at, value);
	kunit_put8(space, at + 1, value >> 8);
}

/* A capability and the link to it from where the list ended. */
static inline void kunit_add_cap(u32 *space, unsigned int last, unsigned int at, u8 id)
{
	kunit_put8(space, last, at);
	kunit_put16(space, at, id);
}

#endif /* _PCIRESET_KUNIT_MACHINE_H */
