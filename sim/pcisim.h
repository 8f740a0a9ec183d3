/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI host bridge in software. A node is one configured directory in configfs. A
 * function is one running function of a node, which may have several.
 */
#ifndef _PCISIM_H
#define _PCISIM_H

#include <linux/atomic.h>
#include <linux/configfs.h>
#include <linux/mutex.h>
#include <linux/pci-ecam.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct acpi_device;

/* All capabilities are below this offset. The rest of the 4 KiB reads as zero. */
#define PCISIM_SPACE 1024

/* DPC Control and DPC Status, for headers without names for these. */
#define PCISIM_DPC_ENABLED      0x0003
#define PCISIM_DPC_FATAL        0x0001
#define PCISIM_DPC_NONFATAL     0x0002
#define PCISIM_DPC_SW_TRIGGER   0x0040
#define PCISIM_DPC_OWN_ERROR    0x0000
#define PCISIM_DPC_GOT_NONFATAL 0x0002
#define PCISIM_DPC_GOT_FATAL    0x0004
#define PCISIM_DPC_BY_SOFTWARE  0x0026

/* CXL r3.1, sec 8.1.5.2: Port Control of a CXL port. */
#define PCISIM_CXL_CONTROL             0x0c
#define PCISIM_CXL_UNMASK_SBR          0x0001
#define PCISIM_CXL_UNMASK_LINK_DISABLE 0x0002

/* Deep enough for a switch below a switch below a switch; see list_below(). */
#define PCISIM_DEPTH 8

/* An infinite time in microseconds: "never" in configfs. */
#define PCISIM_NEVER U32_MAX

/* The faults apply to every function of a node: "all" in configfs. */
#define PCISIM_ALL U32_MAX

enum pcisim_kind {
	PCISIM_ENDPOINT,
	PCISIM_ROOT_PORT,
	PCISIM_UPSTREAM,
	PCISIM_DOWNSTREAM,
	PCISIM_PCI_BRIDGE,
	PCISIM_VF,
};

/* Types of reset. POWER_ON is insertion, and the power loss of drop_us. */
enum pcisim_way {
	PCISIM_BUS,
	PCISIM_FLR,
	PCISIM_PM,
	PCISIM_POWER_ON,
	PCISIM_WAYS, /* how many */
};

/* The IOMMU groups of a host. */
enum pcisim_iommu {
	PCISIM_IOMMU_NONE,
	PCISIM_IOMMU_FUNCTIONS, /* each function is a group */
	PCISIM_IOMMU_PCI,       /* as the core builds them, from ACS and the topology */
};

/* The answer of a function before it is ready again. */
enum pcisim_answer {
	PCISIM_ANSWER_ONES,
	PCISIM_ANSWER_RRS,
	PCISIM_ANSWER_STALE,
};

/* Methods of the power resources that end with an error. */
enum pcisim_power_error {
	PCISIM_POWER_ERROR_NONE,
	PCISIM_POWER_ERROR_OFF,
	PCISIM_POWER_ERROR_ON,
};

/* Reasons why the link or the bus below a bridge is down. */
#define PCISIM_HELD_RESET   BIT(0) /* Secondary Bus Reset */
#define PCISIM_HELD_DISABLE BIT(1) /* Link Disable */
#define PCISIM_HELD_POWER   BIT(2) /* slot power is off */
#define PCISIM_HELD_ABSENT  BIT(3) /* the slot is empty */
#define PCISIM_HELD_LINK    BIT(4) /* link = 0 in configfs */
#define PCISIM_HELD_DPC     BIT(5) /* DPC has triggered */
#define PCISIM_HELD_FLAPS   BIT(6) /* it cannot agree on a speed with its partner */
#define PCISIM_HELD_FAULT   BIT(7) /* the power controller has found a fault */
#define PCISIM_HELD_SUPPLY  BIT(8) /* its power resources are off, and so is the port itself */

/* The hardware of a node. Constant while its host is live. */
struct pcisim_shape {
	u32 kind;
	u32 vendor;
	u32 device;
	u32 class;
	u32 revision;
	u32 count;
	u32 bar_size;
	u32 msix;
	u32 flr;
	u32 af;
	u32 pcix;
	u32 pm;
	u32 no_soft_reset;
	u32 immediate_readiness;
	u32 rtr_reset_us;
	u32 rtr_flr_us;
	u32 rtr_d3_us;
	u32 hotplug;
	u32 button;
	u32 inband_presence; /* the presence of the slot follows its link */
	u32 power_controller;
	u32 dllla;
	u32 speed;
	u32 width;
	u32 bandwidth; /* the port reports trainings that software has started */
	u32 aer;
	u32 dpc;
	u32 cxl;
	u32 controls;
	u32 ats;
	u32 serial;    /* low half of Device Serial Number, 0 if it has none */
	u32 vf_offset; /* of a VF node: First VF Offset */
};

/* The behaviour of a node. It may change at any time. */
struct pcisim_faults {
	u32 only;
	u32 ready_us[PCISIM_WAYS];
	u32 answer;
	u32 ignore;          /* bit mask of ways that do nothing */
	u32 identity;        /* device << 16 | vendor from the next reset on; 0: as it was */
	u32 return_bar_size; /* of BAR 0, likewise */
	u32 return_serial;   /* likewise */
	u32 drop_us;
	u32 vanish;
	u32 link_up_us;
	u32 link_events;
	u32 return_speed;
	u32 return_width;
	u32 surprise_down;
	u32 lose_control;
	u32 link_flaps;
	u32 stuck;        /* offset of a read-only dword */
	u32 retrain_us;   /* how long a new link is slow */
	u32 power_stuck;  /* the slot or port keeps its power when it is switched off */
	u32 power_fails;  /* each time it is switched on */
	u32 power_up_us;  /* until a port has power again from its power resources */
	u32 power_error;  /* PCISIM_POWER_ERROR_* */
	u32 train_us;     /* how long a training takes that software has started */
	u32 train_speed;  /* after such a training; 0: the usual one */
	u32 equalization; /* index of its word */
};

/* The history of a function, for the triggers: the last resets, each in so many bits. */
#define PCISIM_WAY_BITS 4
#define PCISIM_HISTORY  (32 / PCISIM_WAY_BITS)

/* Limits: triggers of a node, and attributes of a trigger. */
#define PCISIM_TRIGGERS     8
#define PCISIM_TRIGGER_KEYS 12

struct pcisim_node;

/**
 * struct pcisim_trigger - faults of some resets: see the manual for each condition
 * @on: bit mask of the ways that count
 * @after: bit mask of the ways that the reset before may have had; 0: any
 * @sequence: the ways of the resets before, as in the history of a function
 * @sequence_mask: the bits of @sequence that count, 0: any
 * @every: only each so-many-th; 0: all
 * @at: only this one; 0: all
 * @from: the first one that counts
 * @chance: probability in billionths; 0: certain
 * @seed: of the chance
 * @set: bit mask of the faults to set
 * @grow: those of them that are added for each reset
 * @value: of each fault
 * @lose: offset of the dword that gets its power-on value; 0: none
 * @error: bits of Uncorrectable Error Status
 * @correctable: bits of Correctable Error Status
 * @victim: the node that @lose, @error and @correctable hit; NULL: the function itself
 * @victim_index: its function, or PCISIM_ALL
 * @fired: how often it has fired
 */
struct pcisim_trigger {
	u32 on;
	u32 after;
	u32 sequence;
	u32 sequence_mask;
	u32 every;
	u32 at;
	u32 from;
	u32 chance;
	u32 seed;
	u32 set;
	u32 grow;
	u32 value[PCISIM_TRIGGER_KEYS];
	u32 lose;
	u32 error;
	u32 correctable;
	struct pcisim_node *victim;
	u32 victim_index;
	u32 fired;
};

struct pcisim_counts {
	atomic64_t reads;
	atomic64_t writes;
	atomic64_t lost_writes; /* to a function that was not ready */
	atomic64_t resets[PCISIM_WAYS];
	atomic64_t errors;    /* reported errors */
	atomic64_t contained; /* by its DPC */
};

struct pcisim_function;

/* A register with a side effect. */
struct pcisim_effect {
	u16 offset;
	void (*apply)(struct pcisim_function *fn, u16 before, u16 after);
};

/* The template for a node's functions. */
struct pcisim_template {
	u8 initial[PCISIM_SPACE];
	u8 writable[PCISIM_SPACE];
	u8 w1c[PCISIM_SPACE];
	u16 ext;      /* offset of the next extended capability */
	u16 ext_last; /* offset of the previous one, or 0 */
	u8 cap;       /* offset of the next capability */
	u8 cap_last;  /* offset of the pointer to it */
	u8 pm;
	u8 pcie;
	u8 af;
	u16 aer;
	u16 ari;
	u16 sriov;
	u16 dpc;
	u16 cxl;
	u16 dsn;
	u16 acs;
	unsigned int effects;
	struct pcisim_effect effect[16];
};

/**
 * struct pcisim_bus - the functions below a bridge, or on the root bus
 * @bridge: the bridge, NULL for the root bus
 * @functions: by devfn; after the 256th, VFs on the following bus numbers
 * @slots: number of entries of @functions
 * @number: bus number that software gave the bridge
 * @routed: @number is valid and requests reach this bus
 */
struct pcisim_bus {
	struct pcisim_function *bridge;
	struct pcisim_function **functions;
	unsigned int slots;
	u8 number;
	bool routed;
};

/**
 * struct pcisim_port - the state of a bridge's link and slot
 * @below: the bus below
 * @first: index of the first function below in the host's list
 * @end: index after the last one
 * @held: PCISIM_HELD_* bits; the bus is down while any is set
 * @link_at: time when the link is up again, ns
 * @reported_up: state of the link that the status bits have reported
 * @irq_condition: a slot event is pending and enabled
 * @fast_at: time when the link has its full speed, ns
 * @train_at: time when the training that software has started ends, ns, 0 if there is none
 * @has_trained: it has ended, and software has not cleared its bit
 * @pme_waits: a power management event waits until the root port can take it
 * @speed: current link speed, as in Link Status
 * @width: current link width
 * @link_work: reports the link when it is up
 * @irq_work: raises the interrupt
 */
struct pcisim_port {
	struct pcisim_bus below;
	unsigned int first;
	unsigned int end;
	u32 held;
	u64 link_at;
	u64 fast_at;
	u64 train_at;
	bool has_trained;
	bool pme_waits;
	bool reported_up;
	bool irq_condition;
	u8 speed;
	u8 width;
	struct delayed_work link_work;
	struct work_struct irq_work;
};

/**
 * struct pcisim_function - one function of a live host
 * @node: its configuration
 * @index: its number within the node
 * @order: its position in the host's list; its VFs follow it there
 * @bus: its bus
 * @devfn: its position there; above 255 for a VF on a further bus
 * @port: the link below, NULL unless it is a bridge
 * @pf: the PF of a VF
 * @template: power-on values and masks
 * @bar_mask: address bits of BAR 0, 0 if as in @template
 * @next_devfn: devfn of the next ARI function, 0 if this is the last
 * @multifunction: sets the bit of the header type
 * @gone: it has disappeared and will not return before insertion
 * @stale: the reset takes effect at @ready_at; until then reads return old values
 * @resetting: @way has begun and not ended
 * @way: type of the last reset
 * @ready_at: time when it answers, ns
 * @drop_at: time when it loses its configuration, ns, or 0
 * @nth: number of resets of each type since the node's triggers were written
 * @history: types of the resets before plus 1, PCISIM_WAY_BITS each, the last one lowest
 * @triggered: a trigger has fired at the last reset
 * @faults: the faults of that reset
 * @space: current config space
 */
struct pcisim_function {
	struct pcisim_node *node;
	unsigned int index;
	unsigned int order;
	struct pcisim_bus *bus;
	u16 devfn;
	struct pcisim_port *port;
	struct pcisim_function *pf;
	const struct pcisim_template *template;
	u32 bar_mask;
	u8 next_devfn;
	bool multifunction;
	bool gone;
	bool stale;
	bool resetting;
	enum pcisim_way way;
	u64 ready_at;
	u64 drop_at;
	u32 nth[PCISIM_WAYS];
	u32 history;
	bool triggered;
	struct pcisim_faults faults;
	u8 space[PCISIM_SPACE];
};

/**
 * struct pcisim_host - one host bridge, a directory in configfs
 * @group: its directory
 * @lock: protects @nodes, the shape of each node, and going live
 * @nodes: all nodes, those nearer to the root first
 * @live: it was added to the machine
 * @domain: its PCI domain
 * @bus: the number of its root bus
 * @window_mb: size of the memory window, MiB
 * @iommu: PCISIM_IOMMU_*
 * @firmware: an ACPI table describes its ports
 * @hw: protects all members after it, while live, and the faults and triggers of each node
 * @root: the root bus
 * @functions: all functions, parents first
 * @function_count: number of @functions
 * @bridges: all bridges
 * @bridge_count: number of @bridges
 * @by_number: the bus for each bus number
 * @work: for interrupts and links
 * @closing: no more events
 * @striking: a trigger hits its victim
 * @device: parent of the bridge
 * @memory: the memory window
 * @buses: the bus numbers
 * @bridge: the core's host bridge
 * @companion: its description in the ACPI table, or NULL
 * @sysdata: data that the architecture expects for every bus; zeroes mean that
 *	firmware does not describe it
 */
struct pcisim_host {
	struct config_group group;
	struct mutex lock; /* see above */
	struct list_head nodes;
	bool live;
	u32 domain;
	u32 bus;
	u32 window_mb;
	u32 iommu;
	u32 firmware;

	raw_spinlock_t hw;
	struct pcisim_bus root;
	struct pcisim_function **functions;
	unsigned int function_count;
	struct pcisim_function **bridges;
	unsigned int bridge_count;
	struct pcisim_bus *by_number[256];
	struct workqueue_struct *work;
	bool closing;
	bool striking;

	struct device *device;
	struct resource memory;
	struct resource buses;
	struct pci_host_bridge *bridge;
	struct acpi_device *companion;
#ifdef CONFIG_X86
	struct pci_sysdata sysdata;
#else
	struct pci_config_window sysdata;
#endif
};

/**
 * struct pcisim_node - one directory below a host's: a function, or several alike
 * @group: its directory
 * @host: the host
 * @parent: the bridge above, or the PF; NULL on the root bus
 * @entry: in the host's list
 * @devfn: position of the first function
 * @depth: number of directories between it and the host's
 * @held: PCISIM_HELD_ABSENT and PCISIM_HELD_LINK at the time when it goes live
 * @shape: see struct pcisim_shape
 * @faults: see struct pcisim_faults
 * @triggers: see struct pcisim_trigger
 * @trigger_count: number of @triggers
 * @counts: see struct pcisim_counts
 * @template: while live
 * @functions: while live, the @shape.count functions
 */
struct pcisim_node {
	struct config_group group;
	struct pcisim_host *host;
	struct pcisim_node *parent;
	struct list_head entry;
	u8 devfn;
	u8 depth;
	u32 held;
	struct pcisim_shape shape;
	struct pcisim_faults faults;
	struct pcisim_trigger triggers[PCISIM_TRIGGERS];
	unsigned int trigger_count;
	struct pcisim_counts counts;
	struct pcisim_template *template;
	struct pcisim_function *functions;
};

static inline bool pcisim_is_bridge(const struct pcisim_node *node)
{
	return node->shape.kind >= PCISIM_ROOT_PORT && node->shape.kind <= PCISIM_PCI_BRIDGE;
}

/* A port with a link below. */
static inline bool pcisim_is_port(const struct pcisim_node *node)
{
	return node->shape.kind == PCISIM_ROOT_PORT || node->shape.kind == PCISIM_DOWNSTREAM;
}

static inline u16 pcisim_get16(const u8 *at)
{
	return at[0] | at[1] << 8;
}

static inline void pcisim_put16(u8 *at, u16 value)
{
	at[0] = value & 0xff;
	at[1] = value >> 8;
}

static inline void pcisim_put32(u8 *at, u32 value)
{
	pcisim_put16(at, value & 0xffff);
	pcisim_put16(at + 2, value >> 16);
}

/* config.c */
int pcisim_config_init(void);
void pcisim_config_exit(void);

/* path.c */
struct pcisim_node *pcisim_find_node(struct pcisim_host *host, const char *path);
int pcisim_show_path(char *page, int at, struct pcisim_node *node);

/* driver.c */
int pcisim_driver_init(void);
void pcisim_driver_exit(void);

/* host.c */
int pcisim_host_start(struct pcisim_host *host);
void pcisim_host_stop(struct pcisim_host *host);

/* iommu.c */
#ifdef CONFIG_IOMMU_API
int pcisim_iommu_start(struct pcisim_host *host);
void pcisim_iommu_stop(struct pcisim_host *host);
#else
static inline int pcisim_iommu_start(struct pcisim_host *host)
{
	return host->iommu == PCISIM_IOMMU_NONE ? 0 : -EOPNOTSUPP;
}

static inline void pcisim_iommu_stop(struct pcisim_host *host)
{
}
#endif

/* firmware.c */
#ifdef CONFIG_ACPI
int pcisim_firmware_start(struct pcisim_host *host);
void pcisim_firmware_bind(struct pcisim_host *host);
void pcisim_firmware_stop(struct pcisim_host *host);
#else
static inline int pcisim_firmware_start(struct pcisim_host *host)
{
	return host->firmware ? -ENODEV : 0;
}

static inline void pcisim_firmware_bind(struct pcisim_host *host)
{
}

static inline void pcisim_firmware_stop(struct pcisim_host *host)
{
}
#endif

/* build.c */
int pcisim_build(struct pcisim_host *host);
void pcisim_build_free(struct pcisim_host *host);

/* space.c */
int pcisim_template_make(struct pcisim_node *node, u32 slot);

/* access.c */
extern struct pci_ops pcisim_ops;
void pcisim_route(struct pcisim_host *host);

/* effect.c */
void pcisim_effect_devctl(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_af(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_pmcsr(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_buses(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_bridge_control(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_lnkctl(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_sltctl(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_lnksta(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_sltsta(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_rtsta(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_sriov(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_dpc_ctl(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_dpc_status(struct pcisim_function *fn, u16 before, u16 after);
void pcisim_effect_cxl_control(struct pcisim_function *fn, u16 before, u16 after);

/* error.c */
void pcisim_error(struct pcisim_function *fn, u32 errors);
void pcisim_correctable(struct pcisim_function *fn, u32 errors);
void pcisim_contain(struct pcisim_function *port, u16 reason, u16 source);

/* reset.c */
void pcisim_power_on(struct pcisim_function *fn);
void pcisim_reset_begin(struct pcisim_function *fn, enum pcisim_way way);
void pcisim_reset_end(struct pcisim_function *fn, u64 from);
void pcisim_reset(struct pcisim_function *fn, enum pcisim_way way);
bool pcisim_settle(struct pcisim_function *fn);

/* trigger.c */
extern const char *const pcisim_ways[PCISIM_WAYS];
const struct pcisim_faults *pcisim_faults_of(const struct pcisim_function *fn);
void pcisim_trigger(struct pcisim_function *fn, enum pcisim_way way);
int pcisim_triggers_add(struct pcisim_node *node, const char *text);
void pcisim_triggers_clear(struct pcisim_node *node);
void pcisim_triggers_forget(struct pcisim_node *victim);
int pcisim_triggers_show(struct pcisim_node *node, char *page);
int pcisim_triggers_show_fired(struct pcisim_node *node, char *page);

/* link.c */
bool pcisim_link_is_up(struct pcisim_function *bridge);
void pcisim_hold(struct pcisim_function *bridge, u32 reason);
void pcisim_release(struct pcisim_function *bridge, u32 reason);
void pcisim_supply_off(struct pcisim_function *bridge);
void pcisim_supply_on(struct pcisim_function *bridge);
void pcisim_retrain(struct pcisim_function *bridge);
void pcisim_set_present(struct pcisim_function *bridge, u32 present);
void pcisim_press_button(struct pcisim_function *bridge);
void pcisim_fail_power(struct pcisim_function *bridge);
void pcisim_refresh(struct pcisim_function *fn);
void pcisim_check_irq(struct pcisim_function *bridge);
void pcisim_next_event(struct pcisim_function *root);
void pcisim_raise_irq(struct pcisim_function *bridge);
void pcisim_port_init(struct pcisim_function *bridge);
void pcisim_port_stop(struct pcisim_function *bridge);

#endif /* _PCISIM_H */
