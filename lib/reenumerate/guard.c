/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link of a card goes down and up while the card is programmed, and the card may send
 * errors. A guard keeps the port above from reporting errors, from containing the card, and
 * from sending hotplug events.
 *
 * A note below /run has the former values of all changed registers. If this process is
 * killed, pcireset_leftovers_repair() restores them.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "reenumerate/reenumerate.h"

#define SUFFIX   ".held"
#define MAX_HELD 5
#define NOTE_MAX 2048
#define LINK_MS  5000 /* until the link is up after a repair */

#define DPC_TRIGGER (PCI_EXP_DPC_CTL_EN_FATAL | PCI_EXP_DPC_CTL_EN_NONFATAL)

struct guard {
	struct pcireset_ctx *ctx;
	char name[PCIRESET_ADDR_STR_MAX];
	struct port port;
	int port_error; /* of opening its config space, or 0 */
	int dir, note;  /* the directory, and the note in it, which is locked */
	bool is_clean;  /* nothing is to be restored */
	struct held v[MAX_HELD];
	size_t nr;
	char power[32];       /* power/control, or "" */
	struct supply supply; /* whose power is cut */
	struct witnesses witnesses;
	bool keeps_note; /* the power could not be switched on again */
	bool trains;     /* the note is of a training */
	struct {
		char power[32];
		struct supply supply;
		struct witnesses witnesses;
		bool trains;
	} noted;                  /* by another process */
	char boot[64];            /* the ID of this boot */
	unsigned long long inode; /* of the port's directory, 0: the port was removed */
	struct unread unread;
};

/* A value that cannot be read cannot be restored. */
static int add_register(struct guard *guard, size_t at, unsigned int size, uint32_t mask)
{
	struct held *held = &guard->v[guard->nr];
	uint32_t value;
	int r = port_try_read(&guard->port, (unsigned int)at, size, &value);

	if (r)
		return r;
	*held = (struct held){
		.at = (unsigned int)at, .size = size, .mask = mask, .was = value & mask
	};
	guard->nr++;
	return 0;
}

static int add_surprise_down(struct guard *guard)
{
	const struct config *config = &guard->port.config;
	size_t at = config_find_extended(config, PCI_EXT_CAP_ID_ERR, 0);
	int r;

	if (!at ||
	    !(config_get32(config, guard->port.express + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_SDERC))
		return 0;
	r = add_register(guard, at + PCI_ERR_UNCOR_MASK, 4, PCI_ERR_UNC_SURPDN);
	if (!r)
		guard->v[guard->nr - 1].wanted = PCI_ERR_UNC_SURPDN;
	return r;
}

/*
 * The bit for the reset of the bus is only in the note: if the process is killed during
 * port_reset_bus(), the repair takes the bus out of reset.
 */
static int add_bridge_control(struct guard *guard)
{
	int r = add_register(guard, PCI_BRIDGE_CONTROL, 2,
			     PCI_BRIDGE_CTL_SERR | PCI_BRIDGE_CTL_BUS_RESET);

	if (!r)
		guard->v[guard->nr - 1].was &= PCI_BRIDGE_CTL_SERR;
	return r;
}

/*
 * PCIe r6.0, sec 6.2.6: SERR# Enable forwards error messages of the functions below, and
 * Device Control enables those of the port itself. DPC contains nothing without its trigger
 * (sec 6.2.11). A masked Surprise Down Error is neither reported nor contained.
 */
static int choose_registers(struct guard *guard)
{
	const struct port *port = &guard->port;
	size_t dpc;
	int r;

	guard->nr = 0;
	r = add_bridge_control(guard);
	if (r || !port->express)
		return r;
	r = add_register(guard, port->express + PCI_EXP_DEVCTL, 2,
			 PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE |
				 PCI_EXP_DEVCTL_URRE);
	if (!r && port->slot_status)
		r = add_register(guard, port->express + PCI_EXP_SLTCTL, 2,
				 PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE);
	if (!r)
		r = add_surprise_down(guard);
	dpc = config_find_extended(&port->config, PCI_EXT_CAP_ID_DPC, 0);
	if (!r && dpc)
		r = add_register(guard, dpc + PCI_EXP_DPC_CTL, 2, DPC_TRIGGER);
	return r;
}

/* ---- the note */

static void read_inode(struct guard *guard)
{
	char path[PATH_MAX];
	struct stat st;
	int r = ctx_path(guard->ctx, path, "sys/bus/pci/devices/%s", guard->name);

	if (!r)
		r = stat(path, &st) ? -errno : 0;
	if (!r)
		guard->inode = st.st_ino;
	else if (r != -ENOENT)
		unread_note(&guard->unread, path + strlen(guard->ctx->sysroot), r);
}

/* A note is valid for one boot and one directory: a port that was removed and found again has another. */
static int read_identity(struct guard *guard)
{
	static const char path[] = "proc/sys/kernel/random/boot_id";
	char text[ATTR_MAX];

	if (attr_read(guard->ctx, path, &guard->unread, text) <= 0)
		unread_note(&guard->unread, "/proc/sys/kernel/random/boot_id", -ENOENT);
	snprintf(guard->boot, sizeof(guard->boot), "%.63s", text);
	read_inode(guard);
	return guard->unread.error;
}

/* "end" is the last word: a killed process may have written half of the note. */
static int write_note(struct guard *guard)
{
	char text[NOTE_MAX];
	int len = snprintf(text, sizeof(text), "boot %s\ninode %llu\n", guard->boot, guard->inode);

	if (guard->trains)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "training\n");
	else if (*guard->power)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "control %s\n",
				guard->power);
	if (guard->supply.method)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "power %s %s\n",
				pcireset_power_to_str(guard->supply.method),
				*guard->supply.slot ? guard->supply.slot : guard->supply.allowed);
	for (size_t i = 0; i < guard->witnesses.nr; i++) {
		const struct witness *witness = &guard->witnesses.v[i];

		len += snprintf(text + len, sizeof(text) - (size_t)len, "witness %s %x %x\n",
				witness->name, witness->was, witness->value);
	}
	for (size_t i = 0; i < guard->nr; i++) {
		const struct held *held = &guard->v[i];

		len += snprintf(text + len, sizeof(text) - (size_t)len, "held %u %u %x %x\n",
				held->at, held->size, held->mask, held->was);
	}
	snprintf(text + len, sizeof(text) - (size_t)len, "end\n");
	guard->is_clean = false;
	return lockfile_write(guard->note, text);
}

/* "slot NAME" or "d3cold ALLOWED" */
static void take_supply(struct guard *guard, const char *words)
{
	struct supply *supply = &guard->noted.supply;

	supply->ctx = guard->ctx;
	memcpy(supply->port, guard->name, sizeof(supply->port));
	if (!strncmp(words, "slot ", 5)) {
		supply->method = PCIRESET_POWER_SLOT;
		snprintf(supply->slot, sizeof(supply->slot), "%.255s", words + 5);
	} else {
		supply->method = PCIRESET_POWER_D3COLD;
		snprintf(supply->allowed, sizeof(supply->allowed), "%.7s",
			 words + strcspn(words, " ") + !!strchr(words, ' '));
	}
}

/* "NAME WAS VALUE" */
static void take_witness(struct guard *guard, const char *words)
{
	struct witnesses *list = &guard->noted.witnesses;
	size_t len = strcspn(words, " ");
	struct pcireset_addr addr;
	unsigned int was, value;

	if (list->nr == ARRAY_SIZE(list->v) || !addr_parse(words, len, &addr) ||
	    sscanf(words + len, "%x %x", &was, &value) != 2)
		return;
	pcireset_addr_to_str(&addr, list->v[list->nr].name);
	list->v[list->nr].was = (uint8_t)was;
	list->v[list->nr++].value = (uint8_t)value;
}

static void take_line(struct guard *guard, const char *line, bool *is_whole, bool *is_same)
{
	struct held held = { 0 };
	unsigned long long inode;

	if (!strcmp(line, "end"))
		*is_whole = true;
	else if (!strcmp(line, "training"))
		guard->noted.trains = true;
	else if (!strncmp(line, "boot ", 5))
		*is_same = *is_same && !strcmp(line + 5, guard->boot);
	else if (!strncmp(line, "power ", 6))
		take_supply(guard, line + 6);
	else if (!strncmp(line, "witness ", 8))
		take_witness(guard, line + 8);
	else if (!strncmp(line, "control ", 8))
		snprintf(guard->noted.power, sizeof(guard->noted.power), "%.31s", line + 8);
	else if (sscanf(line, "inode %llu", &inode) == 1)
		*is_same = *is_same && inode == guard->inode;
	else if (sscanf(line, "held %u %u %x %x", &held.at, &held.size, &held.mask, &held.was) ==
			 4 &&
		 (held.size == 2 || held.size == 4) && guard->nr < MAX_HELD)
		guard->v[guard->nr++] = held;
}

/*
 * The writer of half a note had changed nothing yet. A note of another boot or port is void.
 * Return: 1 if the note is valid, 0 if it is not, or a negative errno.
 */
static int read_note(struct guard *guard)
{
	char *save = NULL, text[NOTE_MAX];
	ssize_t len = pread(guard->note, text, sizeof(text) - 1, 0);
	bool is_whole = false, is_same = true;
	int r = len < 0 ? -errno : 0;

	guard->nr = 0;
	text[len > 0 ? len : 0] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(guard, line, &is_whole, &is_same);
	return r ? r : is_whole && is_same;
}

static void name_note(const struct guard *guard, char name[NAME_MAX + 1])
{
	snprintf(name, NAME_MAX + 1, "%s" SUFFIX, guard->name);
}

/* ---- the port */

static int lock_port(struct guard *guard)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	int r = ctx_path(guard->ctx, path, LOCKFILE_DIRECTORY);

	if (r < 0)
		return r;
	guard->dir = lockfile_directory(path);
	if (guard->dir < 0)
		return guard->dir;
	name_note(guard, name);
	return lockfile_open(guard->dir, name, &guard->note);
}

/* Return 1 if power/control is as noted, 0 if it is not, or a negative errno. */
static int is_control_as_before(struct guard *guard)
{
	char path[64], text[ATTR_MAX];
	int r;

	if (!*guard->noted.power)
		return 1;
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/power/control", guard->name);
	r = attr_read(guard->ctx, path, &guard->unread, text);
	return r < 0 ? r : !strcmp(text, guard->noted.power);
}

static bool are_registers_as_before(const struct guard *guard)
{
	for (size_t i = 0; i < guard->nr; i++) {
		const struct held *held = &guard->v[i];

		if ((port_read(&guard->port, held->at, held->size) & held->mask) != held->was)
			return false;
	}
	return true;
}

/* Return 1 if a killed process left registers to restore, 0 if not, or a negative errno. */
static int has_leftover(struct guard *guard)
{
	int r = read_note(guard);

	if (r <= 0)
		return r;
	if (guard->port_error)
		return guard->port_error;
	/* A power cycle that ended has no note, so the device may be without power. */
	if (guard->noted.supply.method || !are_registers_as_before(guard))
		return 1;
	r = is_control_as_before(guard);
	return r < 0 ? r : !r;
}

static struct guard *guard_new(struct pcireset_ctx *ctx, const struct pcireset_addr *addr)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	char path[PATH_MAX];

	if (!guard)
		return NULL;
	guard->ctx = ctx;
	guard->dir = guard->note = guard->port.fd = -1;
	pcireset_addr_to_str(addr, guard->name);
	guard->port_error = ctx_path(ctx, path, "sys/bus/pci/devices/%s/config", guard->name);
	if (!guard->port_error)
		guard->port_error = port_open(&guard->port, path);
	return guard;
}

static void note_config(struct guard *guard, int error)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", guard->name);
	if (error)
		unread_note(&guard->unread, path, error);
}

static int look_at_port(struct guard *guard)
{
	char path[64], text[ATTR_MAX];
	int r = lock_port(guard);

	if (r < 0)
		return r;
	/* A refusal does not remove the note of a killed process. */
	guard->is_clean = !lseek(guard->note, 0, SEEK_END);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/power/control", guard->name);
	attr_read(guard->ctx, path, &guard->unread, text);
	snprintf(guard->power, sizeof(guard->power), "%.31s", text);
	note_config(guard, guard->port_error);
	return read_identity(guard);
}

/*
 * Return -EAGAIN if another process has the port, -EEXIST if a killed process left registers
 * to restore, or -EUCLEAN if the power may be off. Nothing is changed yet.
 */
int guard_open(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, struct unread *unread,
	       struct guard **ret_guard)
{
	struct guard *guard = guard_new(ctx, addr);
	int r = guard ? look_at_port(guard) : -ENOMEM;

	/* The changes of a killed process must not be taken for the state to return to. */
	if (!r && !guard->is_clean)
		r = has_leftover(guard);
	if (r > 0)
		r = guard->noted.supply.method ? -EUCLEAN : -EEXIST;
	if (!r && !guard->port_error) {
		r = choose_registers(guard);
		note_config(guard, r);
	}
	if (!r) {
		*ret_guard = guard;
		return 0;
	}
	if (guard)
		*unread = guard->unread;
	guard_close(guard);
	return r;
}

const struct port *guard_port(const struct guard *guard)
{
	return &guard->port;
}

/* Call this before guard_begin(), which notes it. */
void guard_set_supply(struct guard *guard, const struct supply *supply)
{
	guard->supply = *supply;
}

/* Call this before guard_begin(), which notes them. */
void guard_set_witnesses(struct guard *guard, const struct witnesses *witnesses)
{
	guard->witnesses = *witnesses;
}

/* The device has no power, and the note is the only trace of it. */
void guard_keep_note(struct guard *guard)
{
	guard->keeps_note = true;
}

bool guard_keeps_note(const struct guard *guard)
{
	return guard->keeps_note;
}

static int restore_registers(struct guard *guard)
{
	int r = 0;

	port_forget_events(&guard->port);
	for (size_t i = guard->nr; i-- > 0;)
		if (port_write_bits(&guard->port, &guard->v[i], guard->v[i].was))
			r = -EPERM;
	return r;
}

/* Without a function below it, the port could be suspended, and the rescan would find nothing. */
static void keep_awake(const struct guard *guard)
{
	attr_write_of(guard->ctx, guard->name, "power/control", "on");
}

/*
 * While the port sleeps, pciehp has disabled the events of its slot. So wake it up before
 * the registers are read again. A process that is killed before has changed none of them.
 */
static int wake_port(struct guard *guard)
{
	int r;

	guard->nr = 0;
	r = write_note(guard);
	keep_awake(guard);
	return r ? r : choose_registers(guard);
}

int guard_begin(struct guard *guard)
{
	int r = wake_port(guard);

	if (!r)
		r = write_note(guard);
	for (size_t i = 0; i < guard->nr && !r; i++)
		r = port_write_bits(&guard->port, &guard->v[i], guard->v[i].wanted);
	if (r)
		guard_end(guard);
	return r;
}

/*
 * If the registers cannot be restored, the note stays, and pcireset_leftovers_look() finds it.
 * A port that does not respond stays awake: the kernel would save its registers as all-ones.
 * Otherwise its content goes now, because a caller that ends early never closes the guard.
 */
void guard_end(struct guard *guard)
{
	guard->is_clean = !restore_registers(guard) && !guard->keeps_note;
	if (*guard->power && !(guard->keeps_note && guard->supply.method == PCIRESET_POWER_D3COLD))
		attr_write_of(guard->ctx, guard->name, "power/control", guard->power);
	if (guard->is_clean && ftruncate(guard->note, 0))
		guard->is_clean = false;
}

/*
 * For a training of the link, which changes and restores these bits itself, instead of
 * guard_begin() and guard_end().
 */
int guard_note_training(struct guard *guard, const struct held *bits, size_t nr)
{
	memcpy(guard->v, bits, nr * sizeof(*bits));
	guard->nr = nr;
	guard->trains = true;
	return write_note(guard);
}

/* The bits are as they should be. Without this call, the note stays. */
void guard_end_training(struct guard *guard)
{
	guard->is_clean = true;
}

/* Remove the note while it is locked: see lockfile_open(). */
static void remove_note(const struct guard *guard)
{
	char name[NAME_MAX + 1];

	name_note(guard, name);
	unlinkat(guard->dir, name, 0);
}

void guard_close(struct guard *guard)
{
	if (!guard)
		return;
	if (guard->is_clean)
		remove_note(guard);
	if (guard->note >= 0)
		close(guard->note);
	if (guard->dir >= 0)
		close(guard->dir);
	port_close(&guard->port);
	free(guard);
}

/* ---- leftovers */

/*
 * If the link goes up and down again, pciehp would try to switch the slot on for ever, and
 * the write to its file would not return.
 */
static void quiet_port(const struct guard *guard)
{
	struct guard now = *guard;

	/* Those that can be read. */
	(void)choose_registers(&now);
	for (size_t i = 0; i < now.nr; i++)
		port_write_bits(&now.port, &now.v[i], now.v[i].wanted);
}

/*
 * Any access wakes the port up, and pciehp then tries to switch on a slot with a card.
 * Meanwhile the slot looks switched on, and it is off again if this fails.
 */
static int restore_slot(struct guard *guard)
{
	int r;

	quiet_port(guard);
	r = supply_is_off(&guard->noted.supply);
	if (!r) {
		port_await_link(&guard->port, LINK_MS);
		r = supply_is_off(&guard->noted.supply);
	}
	return r > 0 ? supply_on(&guard->noted.supply) : r;
}

/* Return 0 if the slot still has power, or -EIO if pciehp has switched it off again. */
static int check_slot(const struct guard *guard)
{
	int r = supply_is_off(&guard->noted.supply);

	return r > 0 ? -EIO : r;
}

/*
 * The kernel never asks firmware again to switch on a port that does not respond: it takes
 * the port for switched on, or its state for unknown (acpi_power_transition()). A port that
 * responds late has lost its registers, so the kernel must enumerate it.
 */
static int restore_port(struct guard *guard)
{
	int r = supply_on(&guard->noted.supply);

	if (!r)
		r = port_await_alive(&guard->port, guard->ctx, guard->name, LINK_MS);
	if (r == -EUCLEAN)
		r = port_enumerate(&guard->port, guard->ctx, guard->name);
	if (!r)
		r = port_check_alive(&guard->port, guard->ctx, guard->name);
	if (!r)
		quiet_port(guard);
	return r;
}

/* Switch the power on, if it is off, and let the kernel find what is below the port. */
static int restore_power(struct guard *guard)
{
	bool is_slot = guard->noted.supply.method == PCIRESET_POWER_SLOT;
	int r = is_slot ? restore_slot(guard) : restore_port(guard);
	struct pcireset_addr addr;

	if (r || !addr_parse(guard->name, strlen(guard->name), &addr))
		return r;
	port_await_link(&guard->port, LINK_MS);
	r = is_slot ? check_slot(guard) : 0;
	if (r)
		return r;
	return attr_rescan(guard->ctx, guard->name, addr.domain,
			   port_read(&guard->port, PCI_PRIMARY_BUS, 4) >> 8 & 0xff);
}

/* The process may have been killed before it cut the power. */
static void restore_witnesses(const struct guard *guard)
{
	for (size_t i = 0; i < guard->noted.witnesses.nr; i++)
		(void)witness_ask(guard->ctx, &guard->noted.witnesses.v[i]);
}

/* Return 0 if all is as noted. */
static int restore_noted(struct guard *guard)
{
	int r = guard->noted.supply.method ? restore_power(guard) : 0;

	restore_witnesses(guard);
	if (restore_registers(guard))
		r = -EPERM;
	if (*guard->noted.power && !(r && guard->noted.supply.method == PCIRESET_POWER_D3COLD))
		attr_write_of(guard->ctx, guard->name, "power/control", guard->noted.power);
	return r;
}

/* A file that cannot be opened or read is no proof that nothing is left. */
static enum pcireset_leftover judge_leftover(struct guard *guard, const struct leftover_walk *walk)
{
	int r = lock_port(guard);

	if (r == -EAGAIN)
		return PCIRESET_LEFTOVER_RUNNING;
	if (!r)
		r = read_identity(guard);
	if (!r)
		r = has_leftover(guard);
	if (r < 0)
		return PCIRESET_LEFTOVER_UNKNOWN;
	if (!r) {
		guard->is_clean = walk->repairs;
		return PCIRESET_LEFTOVER_VOID;
	}
	if (!walk->repairs || restore_noted(guard))
		return PCIRESET_LEFTOVER_TO_REPAIR;
	guard->is_clean = true;
	return PCIRESET_LEFTOVER_REPAIRED;
}

static const char *describe_power(const struct guard *guard, enum pcireset_leftover state)
{
	if (state != PCIRESET_LEFTOVER_REPAIRED)
		return "a power cycle did not end: the device below it may have no power";
	return guard->noted.supply.method == PCIRESET_POWER_SLOT ?
		       "the slot below it has power, and the bus was rescanned" :
		       "it has power, and the bus below it was rescanned";
}

static const char *describe_training(enum pcireset_leftover state)
{
	return state == PCIRESET_LEFTOVER_REPAIRED ?
		       "the target speed and the interrupts of the link are as before" :
		       "a training was killed: the target speed or the interrupts of the link "
		       "are not as before";
}

static const char *describe_leftover(enum pcireset_leftover state)
{
	switch (state) {
	case PCIRESET_LEFTOVER_RUNNING:
		return "a device below it is being re-enumerated";
	case PCIRESET_LEFTOVER_TO_REPAIR:
		return "a re-enumerate was killed: the port does not report errors or hotplug events";
	case PCIRESET_LEFTOVER_REPAIRED:
		return "the port reports errors and hotplug events as before";
	case PCIRESET_LEFTOVER_UNKNOWN:
		return "unknown: its entry in /" LOCKFILE_DIRECTORY
		       ", or the state of the port, cannot be read";
	default:
		return "an entry with nothing to put back";
	}
}

static const char *describe_note(const struct guard *guard, enum pcireset_leftover state)
{
	if (state == PCIRESET_LEFTOVER_TO_REPAIR || state == PCIRESET_LEFTOVER_REPAIRED) {
		if (guard->noted.supply.method)
			return describe_power(guard, state);
		if (guard->noted.trains)
			return describe_training(state);
	}
	return describe_leftover(state);
}

static int visit_note(struct leftover_walk *walk, const char *file)
{
	size_t len = strlen(file);
	struct pcireset_addr addr;
	enum pcireset_leftover state;
	struct guard *guard;

	if (len <= strlen(SUFFIX) || strcmp(file + len - strlen(SUFFIX), SUFFIX) ||
	    !addr_parse(file, len - strlen(SUFFIX), &addr))
		return 0;
	guard = guard_new(walk->ctx, &addr);
	if (!guard)
		return -ENOMEM;
	state = judge_leftover(guard, walk);
	walk->nr_left += state == PCIRESET_LEFTOVER_TO_REPAIR;
	walk->fn(guard->name, state, describe_note(guard, state), walk->data);
	guard_close(guard);
	return 0;
}

/* Report the ports that killed processes left quiet, and restore them if the walk repairs. */
int guard_foreach_leftover(struct leftover_walk *walk)
{
	char path[PATH_MAX];
	struct dirent *de;
	int r = ctx_path(walk->ctx, path, LOCKFILE_DIRECTORY);
	DIR *dir = r ? NULL : opendir(path);

	if (r < 0)
		return r;
	while (!r && dir && (de = dir_next(dir)))
		r = visit_note(walk, de->d_name);
	if (r < 0)
		ctx_error(walk->ctx, r, "out of memory");
	/* A directory that cannot be read is no proof that nothing is left. */
	else if (errno && errno != ENOENT)
		walk->fn("/" LOCKFILE_DIRECTORY, PCIRESET_LEFTOVER_UNKNOWN,
			 "unknown: it cannot be read", walk->data);
	if (dir)
		closedir(dir);
	return r;
}
