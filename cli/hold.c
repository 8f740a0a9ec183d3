/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * While a card is programmed anew its link goes down and comes back, and it may send what it likes. The port above
 * is kept from reporting that as an error, from containing it, and from telling a hotplug driver about it.
 *
 * What is changed is written down below /run first, so that doctor can put it back if this process is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pci/pci.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "util/lockfile.h"
#include "reenumerate.h"

#define DIRECTORY     "/" LOCKFILE_DIRECTORY
#define SUFFIX        ".held"
#define MAX_HELD      5
#define LINK_PAUSE_MS 10

/* Some bits of one register. */
struct held {
	int pos, size;
	uint32_t mask, was, wanted;
};

struct hold {
	struct pci_access *access;
	struct pci_dev *port;
	char name[PCIRESET_ADDR_STR_MAX];
	int dir, note;   /* DIRECTORY and the note in it, locked so that there is one of us */
	bool is_clean;   /* nothing is to be put back */
	int slot_status; /* position, or 0 if it is no hotplug slot */
	struct held v[MAX_HELD];
	size_t nr;
	char *power;              /* power/control, or NULL */
	char *boot;               /* the ID of this boot, or NULL */
	unsigned long long inode; /* of the port's directory, 0: the port was removed */
	struct unread unread;
};

static uint32_t read_register(const struct hold *hold, const struct held *held)
{
	return held->size == 2 ? pci_read_word(hold->port, held->pos) :
				 pci_read_long(hold->port, held->pos);
}

/* The other bits of the register stay what they are now. */
static int write_bits(const struct hold *hold, const struct held *held, uint32_t bits)
{
	uint32_t value = (read_register(hold, held) & ~held->mask) | bits;

	if (held->size == 2)
		pci_write_word(hold->port, held->pos, (u16)value);
	else
		pci_write_long(hold->port, held->pos, value);
	return (read_register(hold, held) & held->mask) == bits ? 0 : -EPERM;
}

static void add_register(struct hold *hold, int pos, int size, uint32_t mask, uint32_t wanted)
{
	struct held *held = &hold->v[hold->nr++];

	*held = (struct held){ .pos = pos, .size = size, .mask = mask, .wanted = wanted };
	held->was = read_register(hold, held) & mask;
}

static int express_at(const struct hold *hold)
{
	const struct pci_cap *cap = pci_find_cap(hold->port, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);

	return cap ? (int)cap->addr : 0;
}

/* 0 if it is no hotplug slot. */
static int slot_status_at(const struct hold *hold)
{
	int express = express_at(hold);

	if (!express || !(pci_read_word(hold->port, express + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_SLOT))
		return 0;
	return pci_read_long(hold->port, express + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_HPC ?
		       express + PCI_EXP_SLTSTA :
		       0;
}

/*
 * PCIe r6.0, sec 6.2.6: SERR# Enable lets messages of what is below through, Device
 * Control those of the port itself. Without the trigger DPC contains nothing (sec 6.2.11);
 * a Surprise Down Error that is masked is neither reported nor contained.
 */
static void choose_registers(struct hold *hold)
{
	const struct pci_cap *cap;
	int express = express_at(hold);

	hold->nr = 0;
	add_register(hold, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_SERR, 0);
	if (!express)
		return;
	add_register(hold, express + PCI_EXP_DEVCTL, 2,
		     PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE |
			     PCI_EXP_DEVCTL_URRE,
		     0);
	hold->slot_status = slot_status_at(hold);
	if (hold->slot_status)
		add_register(hold, express + PCI_EXP_SLTCTL, 2,
			     PCI_EXP_SLTCTL_PRSD | PCI_EXP_SLTCTL_LLCHG, 0);
	cap = pci_find_cap(hold->port, PCI_EXT_CAP_ID_AER, PCI_CAP_EXTENDED);
	if (cap && pci_read_long(hold->port, express + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_SURPRISE)
		add_register(hold, (int)cap->addr + PCI_ERR_UNCOR_MASK, 4, PCI_ERR_UNC_SDES,
			     PCI_ERR_UNC_SDES);
	cap = pci_find_cap(hold->port, PCI_EXT_CAP_ID_DPC, PCI_CAP_EXTENDED);
	if (cap)
		add_register(hold, (int)cap->addr + PCI_DPC_CTL, 2, PCI_DPC_CTL_TRIGGER(3), 0);
}

/* ---- what is written down */

static char *note_name(const char *name)
{
	return text("%s" SUFFIX, name);
}

/* A port that was removed and found again has another directory. */
static void read_inode(struct hold *hold)
{
	char *path = text("/sys/bus/pci/devices/%s", hold->name);
	struct stat st;

	if (!stat(path, &st))
		hold->inode = st.st_ino;
	else if (errno != ENOENT)
		unread_note(&hold->unread, path, errno);
	free(path);
}

/* The identity of the port. Without it a note would look void to doctor. */
static int read_identity(struct hold *hold)
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";

	hold->boot = file_read(path, &hold->unread);
	if (!hold->boot)
		unread_note(&hold->unread, path, ENOENT);
	read_inode(hold);
	return hold->unread.error;
}

/* "end" is the last word, as a killed process may write half of it. */
static char *note_text(const struct hold *hold)
{
	char *note = text("boot %s\ninode %llu\n", hold->boot, hold->inode), *more;

	for (size_t i = 0; i < hold->nr; i++) {
		const struct held *held = &hold->v[i];

		more = text("%sheld %d %d %x %x\n", note, held->pos, held->size, held->mask,
			    held->was);
		free(note);
		note = more;
	}
	more = text("%send\n", note);
	free(note);
	return more;
}

static int note_write(struct hold *hold)
{
	char *note = note_text(hold);
	int r = lockfile_write(hold->note, note);

	hold->is_clean = false;
	free(note);
	return r;
}

static void note_line(struct hold *hold, const char *line, bool *is_whole, bool *is_same)
{
	struct held held = { 0 };
	unsigned long long inode;

	if (!strcmp(line, "end"))
		*is_whole = true;
	else if (!strncmp(line, "boot ", 5))
		*is_same = *is_same && !strcmp(line + 5, hold->boot);
	else if (sscanf(line, "inode %llu", &inode) == 1)
		*is_same = *is_same && inode == hold->inode;
	else if (sscanf(line, "held %d %d %x %x", &held.pos, &held.size, &held.mask, &held.was) ==
			 4 &&
		 hold->nr < MAX_HELD)
		hold->v[hold->nr++] = held;
}

/*
 * Half a note is of a process that had changed nothing yet; one of another boot or port is void.
 * Return: 1 if it is valid, 0 if it is not, or a negative errno.
 */
static int note_read(struct hold *hold)
{
	char *save = NULL, buf[1024];
	ssize_t len = pread(hold->note, buf, sizeof(buf) - 1, 0);
	bool is_whole = false, is_same = true;
	int r = len < 0 ? -errno : 0;

	hold->nr = 0;
	buf[len > 0 ? len : 0] = '\0';
	for (char *line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		note_line(hold, line, &is_whole, &is_same);
	return r ? r : is_whole && is_same;
}

/* ---- the port */

static int lock_port(struct hold *hold)
{
	char *name = note_name(hold->name);
	int r = 0;

	hold->dir = lockfile_directory(DIRECTORY);
	if (hold->dir < 0)
		r = hold->dir;
	else
		r = lockfile_open(hold->dir, name, &hold->note);
	free(name);
	return r;
}

static bool is_as_before(const struct hold *hold)
{
	for (size_t i = 0; i < hold->nr; i++)
		if ((read_register(hold, &hold->v[i]) & hold->v[i].mask) != hold->v[i].was)
			return false;
	return true;
}

/* Return 1 if a killed process left registers to restore, 0 if not, or a negative errno. */
static int has_leftover(struct hold *hold)
{
	int r = note_read(hold);

	return r > 0 ? !is_as_before(hold) : r;
}

static struct hold *hold_new(const struct pcireset_addr *addr)
{
	struct hold *hold = must(calloc(1, sizeof(*hold)));

	hold->dir = hold->note = -1;
	pcireset_addr_to_str(addr, hold->name);
	hold->access = libpci_new();
	hold->access->writeable = 1;
	pci_init(hold->access);
	hold->port = must(pci_get_dev(hold->access, (int)addr->domain, addr->bus, addr->devfn >> 3,
				      addr->devfn & 7));
	return hold;
}

/*
 * Return -EAGAIN if another process has the port, or -EEXIST if a killed process left
 * registers to restore. Nothing is changed yet.
 */
int hold_open(const struct pcireset_dev *port, struct unread *unread, struct hold **ret_hold)
{
	struct hold *hold = hold_new(pcireset_dev_get_addr(port));
	int r = lock_port(hold);

	if (!r) {
		/* The note of a process that was killed is not removed by a refusal. */
		hold->is_clean = !lseek(hold->note, 0, SEEK_END);
		hold->power = attr_read(hold->name, "power/control", &hold->unread);
		r = read_identity(hold);
	}
	/* What a killed process changed must not be taken for the state to return to. */
	if (!r && !hold->is_clean)
		r = has_leftover(hold);
	if (r > 0)
		r = -EEXIST;
	if (!r) {
		choose_registers(hold);
		*ret_hold = hold;
		return 0;
	}
	*unread = hold->unread;
	hold->unread = (struct unread){ 0 };
	hold_close(hold);
	return r;
}

/* Below such a port there is one device, whatever the numbers of its functions. */
bool hold_is_point_to_point(const struct hold *hold)
{
	int express = express_at(hold), type;

	if (!express)
		return false;
	type = (pci_read_word(hold->port, express + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4;
	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
}

/* Events that came meanwhile would be found with the next interrupt, whatever it is for. */
void hold_forget(const struct hold *hold)
{
	if (hold->slot_status)
		pci_write_word(hold->port, hold->slot_status,
			       PCI_EXP_SLTSTA_PRSD | PCI_EXP_SLTSTA_LLCHG);
}

static int put_back(struct hold *hold)
{
	int r = 0;

	hold_forget(hold);
	for (size_t i = hold->nr; i-- > 0;)
		if (write_bits(hold, &hold->v[i], hold->v[i].was))
			r = -EPERM;
	return r;
}

/* With nothing below it the port might fall asleep, and be deaf when it is looked below. */
static void stay_awake(const struct hold *hold)
{
	attr_write(hold->name, "power/control", "on");
}

/* PCIe r6.0, sec 7.5.3.6 and 7.5.3.8. */
static bool is_link_up(const struct hold *hold)
{
	int express = express_at(hold);

	if (!express ||
	    !(pci_read_long(hold->port, express + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLA))
		return true;
	return pci_read_word(hold->port, express + PCI_EXP_LNKSTA) & PCI_EXP_LNKSTA_DL_ACT;
}

/*
 * Only with nothing below that the kernel knows of. PCI r3.0, sec 4.3.2: RST# for at least
 * 1 ms; PCIe r6.0, sec 6.6.1: 100 ms from when the link is up to the first request.
 */
void hold_reset_bus(const struct hold *hold, unsigned int timeout_ms)
{
	uint16_t control = pci_read_word(hold->port, PCI_BRIDGE_CONTROL);

	pci_write_word(hold->port, PCI_BRIDGE_CONTROL, control | PCI_BRIDGE_CTL_BUS_RESET);
	usleep(2000);
	pci_write_word(hold->port, PCI_BRIDGE_CONTROL, control);
	for (unsigned int ms = 0; ms < timeout_ms && !is_link_up(hold); ms += LINK_PAUSE_MS)
		usleep(LINK_PAUSE_MS * 1000);
	usleep(100000);
	hold_forget(hold);
}

int hold_begin(struct hold *hold)
{
	int r = note_write(hold);

	stay_awake(hold);
	for (size_t i = 0; i < hold->nr && !r; i++)
		r = write_bits(hold, &hold->v[i], hold->v[i].wanted);
	if (r)
		hold_end(hold);
	return r;
}

/* The note stays if the registers could not be put back: doctor tells. */
void hold_end(struct hold *hold)
{
	hold->is_clean = !put_back(hold);
	if (hold->power)
		attr_write(hold->name, "power/control", hold->power);
}

/* While it is locked: see lockfile_open(). */
static void note_remove(const struct hold *hold)
{
	char *name = note_name(hold->name);

	unlinkat(hold->dir, name, 0);
	free(name);
}

void hold_close(struct hold *hold)
{
	if (!hold)
		return;
	if (hold->is_clean)
		note_remove(hold);
	if (hold->note >= 0)
		close(hold->note);
	if (hold->dir >= 0)
		close(hold->dir);
	pci_free_dev(hold->port);
	pci_cleanup(hold->access);
	free(hold->power);
	free(hold->boot);
	unread_clear(&hold->unread);
	free(hold);
}

/* ---- leftovers */

/* A file that cannot be opened or read is no proof that nothing is left. */
static enum pcireset_leftover judge(struct hold *hold, bool repairs)
{
	int r = lock_port(hold);

	if (r == -EAGAIN)
		return PCIRESET_LEFTOVER_RUNNING;
	if (!r)
		r = read_identity(hold);
	if (!r)
		r = has_leftover(hold);
	if (r < 0)
		return PCIRESET_LEFTOVER_UNKNOWN;
	if (!r) {
		hold->is_clean = repairs;
		return PCIRESET_LEFTOVER_VOID;
	}
	if (!repairs)
		return PCIRESET_LEFTOVER_TO_REPAIR;
	hold->slot_status = slot_status_at(hold);
	if (put_back(hold))
		return PCIRESET_LEFTOVER_TO_REPAIR;
	hold->is_clean = true;
	return PCIRESET_LEFTOVER_REPAIRED;
}

static const char *describe(enum pcireset_leftover state)
{
	switch (state) {
	case PCIRESET_LEFTOVER_RUNNING:
		return "what is below it is being enumerated anew";
	case PCIRESET_LEFTOVER_TO_REPAIR:
		return "a re-enumerate was killed: the port does not report errors or hotplug events";
	case PCIRESET_LEFTOVER_REPAIRED:
		return "the port reports errors and hotplug events as before";
	case PCIRESET_LEFTOVER_UNKNOWN:
		return "unknown: its entry in " DIRECTORY ", or the state of the port, cannot be "
		       "read";
	default:
		return "an entry with nothing to put back";
	}
}

static void visit(const char *file, bool repairs, pcireset_leftover_fn fn, void *data)
{
	struct pcireset_addr addr;
	enum pcireset_leftover state;
	unsigned int device, function;
	struct hold *hold;
	char end;

	if (sscanf(file, "%x:%hhx:%x.%x" SUFFIX "%c", &addr.domain, &addr.bus, &device, &function,
		   &end) != 4)
		return;
	addr.devfn = (uint8_t)(device << 3 | function);
	hold = hold_new(&addr);
	state = judge(hold, repairs);
	fn(hold->name, state, describe(state), data);
	hold_close(hold);
}

/* Tells of, or puts back, what processes that were killed have left. */
void hold_leftovers(bool repairs, pcireset_leftover_fn fn, void *data)
{
	DIR *dir = opendir(DIRECTORY);
	struct dirent *de;

	while (dir && (errno = 0, de = readdir(dir))) {
		size_t len = strlen(de->d_name);

		if (len > strlen(SUFFIX) && !strcmp(de->d_name + len - strlen(SUFFIX), SUFFIX))
			visit(de->d_name, repairs, fn, data);
	}
	/* A directory that cannot be read is no proof that nothing is left. */
	if (errno && errno != ENOENT)
		fn(DIRECTORY, PCIRESET_LEFTOVER_UNKNOWN, "unknown: it cannot be read", data);
	if (dir)
		closedir(dir);
}
