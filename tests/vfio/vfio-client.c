// SPDX-License-Identifier: GPL-2.0-only
/* vfio-client [-i] FUNCTION[,FUNCTION...] ACTION...: a user of VFIO, as the tests of a guest need it; says what comes of each action. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/userfaultfd.h>
#include <linux/vfio.h>
#include "cdev.h"

#define MAX_FUNCTIONS 16
#define MAX_SCOPE     64
#define PAGE          4096

/**
 * struct client - what this process holds
 * @container: its one container, for all groups
 * @groups: descriptors of the groups, none twice
 * @group_ids: their numbers
 * @nr_groups: number of @groups
 * @device: the first function
 * @name: its address
 * @map: the first page of its BAR 0, NULL if it was not mapped
 *
 * With an iommufd there are no groups.
 */
struct client {
	int container;
	int32_t groups[MAX_FUNCTIONS];
	unsigned int group_ids[MAX_FUNCTIONS];
	unsigned int nr_groups;
	int device;
	const char *name;
	volatile uint32_t *map;
};

static const char *error_name(int error)
{
	return error ? strerrorname_np(error) : "done";
}

/* Whether it worked is in the output, and decides the exit status. */
static int tell(const char *action, int ret)
{
	printf("%s: %s\n", action, error_name(ret < 0 ? errno : 0));
	fflush(stdout);
	return ret < 0;
}

static int group_of(const char *function, unsigned int *ret_id)
{
	char path[128], target[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", function);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -1;
	target[len] = 0;
	*ret_id = (unsigned int)strtoul(strrchr(target, '/') + 1, NULL, 10);
	return 0;
}

/* Without an IOMMU the node has another name, and the container another type. */
static int open_group(unsigned int id, int *ret_type)
{
	char path[64];
	int group;

	snprintf(path, sizeof(path), "/dev/vfio/%u", id);
	*ret_type = VFIO_TYPE1_IOMMU;
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group >= 0 || errno != ENOENT)
		return group;
	snprintf(path, sizeof(path), "/dev/vfio/noiommu-%u", id);
	*ret_type = VFIO_NOIOMMU_IOMMU;
	return open(path, O_RDWR | O_CLOEXEC);
}

static int add_group(struct client *client, unsigned int id)
{
	int type, group = open_group(id, &type);

	if (group < 0)
		return -1;
	client->group_ids[client->nr_groups] = id;
	client->groups[client->nr_groups++] = group;
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &client->container))
		return -1;
	return client->nr_groups > 1 ? 0 : ioctl(client->container, VFIO_SET_IOMMU, type);
}

/* A function's descriptor, or -1. */
static int open_function(struct client *client, const char *function)
{
	unsigned int id, i;

	if (group_of(function, &id))
		return -1;
	for (i = 0; i < client->nr_groups && client->group_ids[i] != id; i++)
		;
	if (i == client->nr_groups && add_group(client, id))
		return -1;
	return ioctl(client->groups[i], VFIO_GROUP_GET_DEVICE_FD, function);
}

static int open_all(struct client *client, char *functions)
{
	char *function;
	int device;

	client->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (client->container < 0)
		return -1;
	client->device = -1;
	errno = EINVAL;
	for (function = strtok(functions, ","); function; function = strtok(NULL, ",")) {
		device = client->nr_groups < MAX_FUNCTIONS ? open_function(client, function) : -1;
		if (device < 0)
			return -1;
		if (client->device < 0)
			client->device = device;
	}
	return client->device < 0 ? -1 : 0;
}

/* With -i by their own nodes, for one iommufd. The others stay open as long as the process is there. */
static int open_nodes(struct client *client, char *functions)
{
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	if (iommufd < 0)
		return -1;
	client->device = -1;
	for (char *name = strtok(functions, ","); name; name = strtok(NULL, ",")) {
		int device = cdev_open(name);

		if (device < 0 || cdev_bind(device, iommufd))
			return -1;
		if (client->device < 0)
			client->device = device;
	}
	return 0;
}

static int do_scope(struct client *client, const char *text)
{
	uint64_t room[(sizeof(struct vfio_pci_hot_reset_info) +
		       MAX_SCOPE * sizeof(struct vfio_pci_dependent_device)) /
		      sizeof(uint64_t)];
	struct vfio_pci_hot_reset_info *info = (void *)room;

	(void)text;
	memset(room, 0, sizeof(room));
	info->argsz = sizeof(room);
	if (ioctl(client->device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info))
		return tell("scope", -1);
	printf("scope:");
	for (unsigned int i = 0; i < info->count; i++)
		printf(" %04x:%02x:%02x.%x", info->devices[i].segment, info->devices[i].bus,
		       info->devices[i].devfn >> 3, info->devices[i].devfn & 7);
	putchar('\n');
	return 0;
}

static int do_reset(struct client *client, const char *text)
{
	(void)text;
	return tell("reset", ioctl(client->device, VFIO_DEVICE_RESET));
}

/* With the groups that this process holds, whether or not they are enough. */
static int do_hot(struct client *client, const char *text)
{
	uint32_t room[sizeof(struct vfio_pci_hot_reset) / sizeof(uint32_t) + MAX_FUNCTIONS];
	struct vfio_pci_hot_reset *hot = (void *)room;

	(void)text;
	memset(room, 0, sizeof(room));
	hot->argsz = sizeof(room);
	hot->count = client->nr_groups;
	memcpy(hot->group_fds, client->groups, client->nr_groups * sizeof(client->groups[0]));
	return tell("hot", ioctl(client->device, VFIO_DEVICE_PCI_HOT_RESET, hot));
}

static int64_t region_offset(struct client *client, uint32_t index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	return ioctl(client->device, VFIO_DEVICE_GET_REGION_INFO, &info) ? -1 :
									   (int64_t)info.offset;
}

static int read_at(struct client *client, uint32_t region, unsigned int at, void *value, size_t len)
{
	int64_t start = region_offset(client, region);

	return start >= 0 && pread(client->device, value, len, start + at) == (ssize_t)len ? 0 : -1;
}

static int write_at(struct client *client, uint32_t region, unsigned int at, const void *value,
		    size_t len)
{
	int64_t start = region_offset(client, region);

	return start >= 0 && pwrite(client->device, value, len, start + at) == (ssize_t)len ? 0 :
											      -1;
}

/* As a guest's driver does first of all. */
static int enable(struct client *client)
{
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	return write_at(client, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &command,
			sizeof(command));
}

/* Where it is, 0 if it cannot be found. */
static unsigned int find_capability(struct client *client, uint8_t id)
{
	uint8_t at = PCI_CAPABILITY_LIST, entry[2];

	if (read_at(client, VFIO_PCI_CONFIG_REGION_INDEX, at, &at, 1))
		return 0;
	while (at) {
		if (read_at(client, VFIO_PCI_CONFIG_REGION_INDEX, at, entry, sizeof(entry)))
			return 0;
		if (entry[0] == id)
			return at;
		at = entry[1];
	}
	errno = ENOENT;
	return 0;
}

/* What a guest does that resets its function by itself: PCIe r6.0, sec 7.5.3.4, Initiate Function Level Reset. */
static int do_flr(struct client *client, const char *text)
{
	unsigned int cap = find_capability(client, PCI_CAP_ID_EXP);
	uint16_t control;

	(void)text;
	if (!cap || read_at(client, VFIO_PCI_CONFIG_REGION_INDEX, cap + PCI_EXP_DEVCTL, &control,
			    sizeof(control)))
		return tell("flr", -1);
	control = (uint16_t)(control | PCI_EXP_DEVCTL_BCR_FLR);
	return tell("flr", write_at(client, VFIO_PCI_CONFIG_REGION_INDEX, cap + PCI_EXP_DEVCTL,
				    &control, sizeof(control)));
}

/**
 * struct sneak - a buffer of two pages that changes while the kernel reads it
 * @fd: userfaultfd that tells when the first page, which is missing, is wanted
 * @pages: the buffer
 */
struct sneak {
	int fd;
	uint8_t *pages;
};

/* Sets the FLR bit in the second page before the kernel may have the first one. */
static void *set_bit_late(void *arg)
{
	struct sneak *sneak = arg;
	struct uffdio_zeropage zero = { .range = { (uintptr_t)sneak->pages, PAGE } };
	struct uffd_msg msg;

	if (read(sneak->fd, &msg, sizeof(msg)) != sizeof(msg))
		return NULL;
	sneak->pages[PAGE + 1] |= PCI_EXP_DEVCTL_BCR_FLR >> 8;
	return ioctl(sneak->fd, UFFDIO_ZEROPAGE, &zero) ? NULL : arg;
}

static int prepare_sneak(struct sneak *sneak)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	sneak->pages =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sneak->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (sneak->pages == MAP_FAILED || sneak->fd < 0 || ioctl(sneak->fd, UFFDIO_API, &api))
		return -1;
	range.range = (struct uffdio_range){ (uintptr_t)sneak->pages, PAGE };
	return ioctl(sneak->fd, UFFDIO_REGISTER, &range);
}

/*
 * Device Capabilities, which may not be written, and Device Control in one write: the bit that
 * asks for FLR is set after VFIO has begun to read.
 */
static int do_sneak(struct client *client, const char *text)
{
	unsigned int cap = find_capability(client, PCI_CAP_ID_EXP);
	struct sneak sneak;
	pthread_t thread;
	void *was_set;
	int ret;

	(void)text;
	if (!cap || prepare_sneak(&sneak) ||
	    read_at(client, VFIO_PCI_CONFIG_REGION_INDEX, cap + PCI_EXP_DEVCTL, sneak.pages + PAGE,
		    2))
		return tell("sneak", -1);
	if (pthread_create(&thread, NULL, set_bit_late, &sneak))
		return tell("sneak", -1);
	ret = write_at(client, VFIO_PCI_CONFIG_REGION_INDEX, cap + PCI_EXP_DEVCAP,
		       sneak.pages + PAGE - 4, 6);
	pthread_join(thread, &was_set);
	if (!was_set)
		errno = EPROTO;
	return tell("sneak", was_set ? ret : -1);
}

/* "write:OFFSET=VALUE" and "read:OFFSET" in BAR 0, 32 bits. */
static int do_write(struct client *client, const char *text)
{
	char *end;
	unsigned int offset = (unsigned int)strtoul(text, &end, 0);
	uint32_t value = (uint32_t)strtoul(*end ? end + 1 : end, NULL, 0);

	return tell("write",
		    write_at(client, VFIO_PCI_BAR0_REGION_INDEX, offset, &value, sizeof(value)));
}

static int do_read(struct client *client, const char *text)
{
	unsigned int offset = (unsigned int)strtoul(text, NULL, 0);
	uint32_t value;

	if (read_at(client, VFIO_PCI_BAR0_REGION_INDEX, offset, &value, sizeof(value)))
		return tell("read", -1);
	printf("read: %#x\n", value);
	return 0;
}

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* Reads the first page of BAR 0, which is mapped if need be. Was it there, or did the kernel have to put it there? */
static int do_touch(struct client *client, const char *text)
{
	int64_t start = region_offset(client, VFIO_PCI_BAR0_REGION_INDEX);
	long before;
	void *map;

	(void)text;
	if (!client->map) {
		map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, client->device, start);
		if (map == MAP_FAILED)
			return tell("touch", -1);
		client->map = map;
	}
	before = minor_faults();
	(void)client->map[0];
	puts(minor_faults() == before ? "touch: there" : "touch: fault");
	return 0;
}

/**
 * struct watch - a thread that reads mapped memory all the time
 * @thread: the thread
 * @reg: a register whose value does not change
 * @value: it
 * @stop: set when it has to end
 * @reads: how often it has read
 * @odd: how often it has read something else
 * @first_odd: the first of these values
 */
static struct {
	pthread_t thread;
	volatile uint32_t *reg;
	uint32_t value;
	volatile bool stop;
	volatile unsigned long reads;
	volatile unsigned long odd;
	uint32_t first_odd;
} watch;

static void *watch_register(void *unused)
{
	(void)unused;
	while (!watch.stop) {
		uint32_t value = *watch.reg;

		watch.reads++;
		if (value != watch.value && !watch.odd++)
			watch.first_odd = value;
		/* The lab's processors take turns, and each read of a device is dear. */
		usleep(20);
	}
	return NULL;
}

/* "watch:OFFSET": from here on, without privileges, reads that register in BAR 0. */
static int do_watch(struct client *client, const char *text)
{
	int64_t start = region_offset(client, VFIO_PCI_BAR0_REGION_INDEX);
	void *map;

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return tell("watch", -1);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, client->device, start);
	if (map == MAP_FAILED)
		return tell("watch", -1);
	watch.reg = (volatile uint32_t *)map + strtoul(text, NULL, 0) / 4;
	watch.value = *watch.reg;
	if (pthread_create(&watch.thread, NULL, watch_register, NULL))
		return tell("watch", -1);
	while (watch.reads < 100)
		usleep(1000);
	return tell("watch", 0);
}

/* How many of the reads since "watch" met memory that was not there. */
static int do_watched(struct client *client, const char *text)
{
	(void)client;
	(void)text;
	watch.stop = true;
	pthread_join(watch.thread, NULL);
	printf("watched: %lu odd, the first %#x\n", watch.odd, watch.first_odd);
	fflush(stdout);
	return 0;
}

/* Maps memory for DMA and unmaps it again: "dma" only if each byte was unmapped. */
static int do_dma(struct client *client, const char *text)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = 0x100000,
		.size = 64 * PAGE,
	};
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap),
						    .iova = map.iova,
						    .size = map.size };
	void *memory =
		mmap(NULL, map.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)text;
	if (memory == MAP_FAILED)
		return tell("dma", -1);
	map.vaddr = (uintptr_t)memory;
	if (ioctl(client->container, VFIO_IOMMU_MAP_DMA, &map) ||
	    ioctl(client->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return tell("dma", -1);
	munmap(memory, map.size);
	errno = EIO;
	return tell("dma", unmap.size == map.size ? 0 : -1);
}

/* reopen:COUNT: VFIO resets the function each time. */
static int do_reopen(struct client *client, const char *text)
{
	for (unsigned long left = strtoul(text, NULL, 0); left; left--) {
		close(client->device);
		client->device = open_function(client, client->name);
		if (client->device < 0)
			return tell("reopen", -1);
	}
	return tell("reopen", 0);
}

/* Holds what it has until there is a line to read. */
static int do_wait(struct client *client, const char *text)
{
	char line[16];

	(void)client;
	(void)text;
	puts("waits");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) ? 0 : tell("wait", -1);
}

static const struct action {
	const char *name;
	int (*run)(struct client *client, const char *text);
} actions[] = {
	{ "scope", do_scope },   { "reset", do_reset },     { "hot", do_hot },
	{ "flr", do_flr },       { "write", do_write },     { "read", do_read },
	{ "wait", do_wait },     { "touch", do_touch },     { "sneak", do_sneak },
	{ "watch", do_watch },   { "watched", do_watched }, { "dma", do_dma },
	{ "reopen", do_reopen },
};

static int act(struct client *client, const char *word)
{
	size_t len = strcspn(word, ":");

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strlen(actions[i].name) == len && !strncmp(word, actions[i].name, len))
			return actions[i].run(client, word[len] ? word + len + 1 : "");
	fprintf(stderr, "vfio-client: no action '%s'\n", word);
	return 2;
}

int main(int argc, char **argv)
{
	bool by_iommufd = argc > 1 && !strcmp(argv[1], "-i");
	struct client client = { 0 };
	int status = 0;

	/* It resets what it is given. */
	if (!getenv("PCILAB")) {
		fputs("vfio-client: runs in a guest of the lab only\n", stderr);
		return 2;
	}
	argv += by_iommufd;
	argc -= by_iommufd;
	if (argc < 3) {
		fputs("usage: vfio-client [-i] FUNCTION[,FUNCTION...] ACTION...\n", stderr);
		return 2;
	}
	client.name = argv[1];
	if ((by_iommufd ? open_nodes(&client, argv[1]) : open_all(&client, argv[1])) ||
	    enable(&client))
		return tell("open", -1);
	for (int i = 2; i < argc && status < 2; i++)
		status |= act(&client, argv[i]);
	return status;
}
