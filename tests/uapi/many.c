// SPDX-License-Identifier: GPL-2.0-only
/* Many resets in one call: one wrong entry and none is made, one refused and the others are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "uapi.h"

/* With room behind each, as its size may say more than is known. */
static struct entry {
	struct pcireset_reset reset;
	uint8_t surplus[64];
} resets[2];

static struct pcireset_reset_entry entries[2];

static struct pcireset_reset_many many(void)
{
	return (struct pcireset_reset_many){
		.size = sizeof(struct pcireset_reset_many),
		.nr_entries = 2,
		.entry_size = sizeof(entries[0]),
		.entry_ptr = (uintptr_t)entries,
	};
}

static void fill(unsigned int nr, int fd, uint32_t types, uint32_t force)
{
	memset(&resets[nr], 0, sizeof(resets[nr]));
	resets[nr].reset.size = sizeof(resets[nr].reset);
	resets[nr].reset.types = types;
	resets[nr].reset.force = force;
	entries[nr] = (struct pcireset_reset_entry){
		.fd = fd,
		.out_errno = 99,
		.out_done = 99,
		.reset_ptr = (uintptr_t)&resets[nr],
	};
}

/* Two functions that have nothing to do with each other. */
static void fill_both(int disk, int edu)
{
	fill(0, disk, PCI_RESET_FLR, 0);
	fill(1, edu, PCI_RESET_BUS, 0);
}

static void test_array(int fd)
{
	struct pcireset_reset_many arg = many();

	arg.nr_entries = 0;
	gives(call(fd, PCIRESET_RESET_MANY, &arg), EINVAL, "no entry");
	arg = many();
	arg.nr_entries = PCIRESET_MAX_RESETS + 1;
	gives(call(fd, PCIRESET_RESET_MANY, &arg), E2BIG, "too many entries");
	arg = many();
	arg.entry_size--;
	gives(call(fd, PCIRESET_RESET_MANY, &arg), EINVAL, "entries that are too short");
	arg.entry_size = 65536;
	gives(call(fd, PCIRESET_RESET_MANY, &arg), E2BIG, "entries that are too long");
	arg = many();
	arg.entry_ptr = 0;
	gives(call(fd, PCIRESET_RESET_MANY, &arg), EFAULT, "entries at address 0");
}

/* What is wrong is in the second entry, and named; the first one is fine, and not reset. */
static void refuses_all(int fd, int want, const char *what)
{
	struct pcireset_reset_many arg = many();

	gives(call(fd, PCIRESET_RESET_MANY, &arg), want, "the second of two has %s", what);
	is(arg.out_entry, 1, "and is named");
}

static void test_second_wrong(int disk, int edu)
{
	int control = open_control();

	fill_both(disk, edu);
	entries[1].fd = -1;
	refuses_all(disk, EBADF, "no descriptor");
	entries[1].fd = control;
	refuses_all(disk, EBADF, "the control node's descriptor");
	entries[1].fd = STDOUT_FILENO;
	refuses_all(disk, EBADF, "some other descriptor");
	fill_both(disk, edu);
	entries[1].__reserved = 1;
	refuses_all(disk, EINVAL, "a reserved member set");
	fill_both(disk, edu);
	entries[1].reset_ptr = 0;
	refuses_all(disk, EFAULT, "a structure at address 0");
	fill_both(disk, edu);
	resets[1].reset.size = 8;
	refuses_all(disk, EINVAL, "a structure that is too short");
	fill_both(disk, edu);
	resets[1].reset.size += 8;
	resets[1].surplus[0] = 1;
	refuses_all(disk, E2BIG, "a structure with something behind what is known");
	fill_both(disk, edu);
	resets[1].reset.types = 0;
	refuses_all(disk, EINVAL, "no type");
	resets[1].reset.types = 1u << 31;
	refuses_all(disk, EOPNOTSUPP, "an unknown type");
	fill_both(disk, edu);
	resets[1].reset.nr_members = 1;
	resets[1].reset.member_size = sizeof(struct pcireset_member);
	refuses_all(disk, EFAULT, "members at address 0");
	close(control);
}

static void run_both(int fd)
{
	struct pcireset_reset_many arg = many();

	gives(call(fd, PCIRESET_RESET_MANY, &arg), 0, "two resets");
	is(entries[0].out_done & entries[1].out_done, 1, "both are over");
}

static void test_both(int disk, int edu)
{
	unsigned int triggers = count_triggers();

	fill_both(disk, edu);
	run_both(disk);
	is(entries[0].out_errno, 0, "the first went well");
	is(entries[1].out_errno, 0, "so did the second");
	is(resets[0].reset.out_issued, PCI_RESET_FLR, "the first was an FLR");
	is(resets[1].reset.out_nr_members, 1, "the second is told of its member");
	is(count_triggers() - triggers, 2, "two resets were issued");
}

/* Each by its own descriptor: the other's grant is of no use. */
static void test_one_refused(int disk, int edu)
{
	unsigned int triggers = count_triggers();
	int narrow_fd = open_device(DISK, PCI_RESET_PM, 0, 0);

	fill_both(narrow_fd, edu);
	run_both(disk);
	is(entries[0].out_errno, EPERM, "what its descriptor does not grant is refused");
	is(resets[0].reset.out_issued, 0, "with nothing issued");
	is(entries[1].out_errno, 0, "the other one went well");
	fill_both(disk, edu);
	resets[0].reset.generation = 1;
	run_both(narrow_fd);
	is(entries[0].out_errno, ESTALE, "a generation that is not the plan's is refused");
	is(resets[0].reset.out_why, PCIRESET_WHY_CHANGED, "with the reason");
	is(entries[1].out_errno, 0, "the other one went well");
	is(count_triggers() - triggers, 2, "two resets were issued in all");
	close(narrow_fd);
}

/* Two functions of one card ask for its bus: one reset, each told as its own. */
static void test_same_link(void)
{
	static struct pcireset_member members[2][8];
	int nic = open_device(CARD_NIC, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	int audio = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	unsigned int triggers = count_triggers();

	fill(0, nic, PCI_RESET_BUS, PCIRESET_FORCE_DRIVER);
	fill(1, audio, PCI_RESET_BUS, PCIRESET_FORCE_DRIVER);
	for (unsigned int i = 0; i < 2; i++) {
		resets[i].reset.nr_members = ARRAY_SIZE(members[i]);
		resets[i].reset.member_size = sizeof(members[i][0]);
		resets[i].reset.member_ptr = (uintptr_t)members[i];
	}
	run_both(nic);
	is(entries[0].out_errno | entries[1].out_errno, 0, "both went well");
	is(count_triggers() - triggers, 1, "by one reset of the link");
	is(resets[0].reset.out_nr_members, 3, "the first is told of three members");
	is(resets[1].reset.out_nr_members, 3, "so is the second");
	is(members[0][0].flags & PCIRESET_MEMBER_TARGET, PCIRESET_MEMBER_TARGET,
	   "the network card was the first one's");
	is(members[1][1].flags & PCIRESET_MEMBER_TARGET, PCIRESET_MEMBER_TARGET,
	   "the audio function was the second one's");
	is(members[1][0].flags & PCIRESET_MEMBER_TARGET, 0, "and the network card was not");
	close(nic);
	close(audio);
}

/* Those who ask for different checks have each their own reset. */
static void test_other_request(void)
{
	int nic = open_device(CARD_NIC, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	unsigned int triggers = count_triggers();

	fill(0, nic, PCI_RESET_BUS, PCIRESET_FORCE_DRIVER);
	fill(1, nic, PCI_RESET_BUS, PCIRESET_FORCE_DRIVER);
	resets[1].reset.timeout_ms = 5000;
	run_both(nic);
	is(entries[0].out_errno | entries[1].out_errno, 0, "both went well");
	is(count_triggers() - triggers, 2, "by two resets, as their timeouts differ");
	close(nic);
}

void test_many(void)
{
	int disk = open_device(DISK, PCI_RESET_ANY, 0, 0);
	int edu = open_device(EDU, PCI_RESET_ANY, 0, 0);

	watch_begin();
	test_array(disk);
	test_second_wrong(disk, edu);
	watch_end("many resets with something wrong");
	test_both(disk, edu);
	test_one_refused(disk, edu);
	test_same_link();
	test_other_request();
	close(disk);
	close(edu);
}
