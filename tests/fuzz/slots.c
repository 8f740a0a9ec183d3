// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors, and what each of them is known to grant. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "uapi-fuzz.h"
#include "tap.h"

#define NEVER_OPEN 900 /* a number that no descriptor gets */

static struct slot slots[NR_SLOTS];

struct slot *slots_open(void)
{
	slots[0] = (struct slot){ SLOT_CONTROL, open("/dev/pcireset", O_RDWR | O_CLOEXEC), NULL };
	slots[1] = (struct slot){ SLOT_OTHER, open("/dev/null", O_RDWR | O_CLOEXEC), NULL };
	slots[2] = (struct slot){ SLOT_CLOSED, NEVER_OPEN, NULL };
	if (slots[0].fd < 0 || slots[1].fd < 0)
		bail("/dev/pcireset cannot be opened");
	return slots;
}

void slot_clear(struct slot *slot)
{
	if (slot->kind != SLOT_DEVICE)
		return;
	close(slot->fd);
	if (!--slot->handle->refs)
		free(slot->handle);
	memset(slot, 0, sizeof(*slot));
}

static struct slot *evict(struct chance *chance)
{
	struct slot *slot = &slots[FIRST_SLOT + below(chance, NR_SLOTS - FIRST_SLOT)];

	slot_clear(slot);
	return slot;
}

/* A descriptor that OPEN gave, for a function of the simulated machine. */
void slot_add(struct chance *chance, const struct pcireset_open *arg)
{
	struct slot *slot = evict(chance);
	struct handle *handle = calloc(1, sizeof(*handle));

	if (!handle)
		bail("no memory");
	handle->refs = 1;
	handle->addr = arg->addr;
	handle->types = arg->types ? arg->types : PCI_RESET_ANY & ~PCI_RESET_LINK_DISABLE;
	handle->max_scope = arg->max_scope ? arg->max_scope : PCIRESET_SCOPE_BUS;
	handle->force = arg->force;
	handle->must_own = arg->flags & PCIRESET_GRANT_OWNED;
	slot->kind = SLOT_DEVICE;
	slot->fd = arg->out_fd;
	slot->handle = handle;
}

static void copy_slot(struct chance *chance)
{
	struct slot *from = &slots[FIRST_SLOT + below(chance, NR_SLOTS - FIRST_SLOT)];
	struct handle *handle = from->handle;
	struct slot *to;
	int fd;

	if (from->kind != SLOT_DEVICE)
		return;
	fd = one_in(chance, 2) ? pass_descriptor(from->fd) : fcntl(from->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		bail("a descriptor cannot be passed");
	handle->refs++;
	to = evict(chance);
	*to = (struct slot){ SLOT_DEVICE, fd, handle };
}

static void orphan(struct pcireset_addr addr)
{
	for (unsigned int i = FIRST_SLOT; i < NR_SLOTS; i++)
		if (slots[i].kind == SLOT_DEVICE && slots[i].handle->addr.domain == addr.domain &&
		    slots[i].handle->addr.bus == addr.bus &&
		    slots[i].handle->addr.devfn == addr.devfn)
			slots[i].handle->is_orphan = true;
}

/*
 * Whatever else went with it is found to be gone now, and what comes back is another
 * device. Not where hardware is broken: a bridge that came back without its bus
 * numbers gets others from a rescan, and the kernel loses the bus it had before.
 */
static void remove_function(struct chance *chance)
{
	struct pcireset_addr addr = sim_function(below(chance, sim_nr_functions()));

	sim_remove(addr);
	for (unsigned int i = 0; i < sim_nr_functions(); i++)
		if (!sim_is_there(sim_function(i)))
			orphan(sim_function(i));
	sim_rescan();
}

/* Descriptors come, go and are passed on. True if functions did. */
bool slots_change(struct chance *chance)
{
	if (one_in(chance, 100) && !sim_is_faulty()) {
		remove_function(chance);
		return true;
	}
	if (one_in(chance, 16))
		copy_slot(chance);
	else if (one_in(chance, 64))
		evict(chance);
	return false;
}

void slots_fill(struct chance *chance)
{
	struct pcireset_open arg;

	for (unsigned int i = 0; i < NR_SLOTS; i++) {
		arg = (struct pcireset_open){
			.size = sizeof(arg),
			.addr = sim_function(below(chance, sim_nr_functions())),
			.force = one_in(chance, 2) ? PCIRESET_FORCE_DRIVER : 0,
		};
		if (!ioctl(slots[0].fd, PCIRESET_OPEN, &arg))
			slot_add(chance, &arg);
	}
}

/* The machine is taken down: a few are kept, to see that they never work again. */
void slots_orphan(struct chance *chance)
{
	for (unsigned int i = FIRST_SLOT; i < NR_SLOTS; i++) {
		if (slots[i].kind != SLOT_DEVICE)
			continue;
		slots[i].handle->is_orphan = true;
		if (!one_in(chance, 4))
			slot_clear(&slots[i]);
	}
}

void slots_clear(void)
{
	for (unsigned int i = FIRST_SLOT; i < NR_SLOTS; i++)
		slot_clear(&slots[i]);
}
