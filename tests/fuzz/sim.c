// SPDX-License-Identifier: GPL-2.0-only
/* The simulated machine: its functions, its faults, and what was done to it. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "uapi-fuzz.h"
#include "tap.h"
#include "../uapi/text.h"

#define DEVICES    "/sys/bus/pci/devices"
#define MAX_NODES  64
#define MAX_FAULTS 12
#define PATH       256
#define MIN_DOMAIN 0x10000U /* below are those of real machines */

static struct node {
	char path[PATH];
	char counts[PATH];
	bool is_bridge;
} nodes[MAX_NODES];

static unsigned int nr_nodes;
static char live[PATH];
static struct pcireset_addr functions[MAX_FUNCTIONS];
static unsigned int nr_functions;

/* What goes wrong in hardware. */
static const struct fault {
	const char *attribute;
	const char *value;
	bool loses_functions;
} faults[] = {
	{ "ready_flr_us", "never", false },
	{ "ready_bus_us", "never", false },
	{ "ready_pm_us", "never", false },
	{ "ready_flr_us", "30000", false },
	{ "ready_bus_us", "30000", false },
	{ "answer", "stale", false },
	{ "answer", "rrs", false },
	{ "identity", "1234:5678", false },
	{ "ignore", "flr", false },
	{ "ignore", "bus", false },
	{ "ignore", "pm", false },
	{ "drop_us", "1000", false },
	{ "vanish", "1", true },
	{ "return_width", "1", false },
	{ "return_speed", "1", false },
	{ "link_up_us", "never", true },
};

/* What is wrong with the machine at hand, and how to make it right. */
static struct present {
	const struct fault *fault;
	char attribute[2 * PATH];
	char before[32];
} present[MAX_FAULTS];

static unsigned int nr_present;

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return false;
	text[len] = '\0';
	return true;
}

static int note_node(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + ftw->base;
	struct node *node = &nodes[nr_nodes];
	char kind[2 * PATH], word[32];

	(void)st;
	if (type == FTW_F && !strcmp(name, "live"))
		snprintf(live, sizeof(live), "%s", path);
	if (type != FTW_F || strcmp(name, "counts") || nr_nodes == MAX_NODES)
		return 0;
	snprintf(node->path, sizeof(node->path), "%.*s", ftw->base - 1, path);
	snprintf(node->counts, sizeof(node->counts), "%s", path);
	snprintf(kind, sizeof(kind), "%s/kind", node->path);
	if (!read_text(kind, word, sizeof(word)))
		return 0;
	node->is_bridge = strncmp(word, "endpoint", 8) && strncmp(word, "vf", 2);
	nr_nodes++;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

void sim_find_nodes(const char *dir)
{
	if (nftw(dir, note_node, 16, FTW_PHYS) || !nr_nodes || !*live)
		bail("no simulated machine in %s", dir);
	qsort(nodes, nr_nodes, sizeof(nodes[0]), by_path);
}

static int is_simulated(const struct dirent *entry)
{
	unsigned int domain;

	return sscanf(entry->d_name, "%x:", &domain) == 1 && domain >= MIN_DOMAIN;
}

static void find_functions(void)
{
	struct dirent **entries;
	int nr = scandir(DEVICES, &entries, is_simulated, alphasort);
	unsigned int domain, bus, device, function;

	nr_functions = 0;
	for (int i = 0; i < nr; i++) {
		if (nr_functions < MAX_FUNCTIONS && sscanf(entries[i]->d_name, "%x:%x:%x.%x",
							   &domain, &bus, &device, &function) == 4)
			functions[nr_functions++] = (struct pcireset_addr){
				.domain = domain,
				.bus = (uint8_t)bus,
				.devfn = (uint8_t)(device << 3 | function),
			};
		free(entries[i]);
	}
	free(entries);
	if (!nr_functions)
		bail("the simulated machine has no functions");
}

static void path_of(struct pcireset_addr addr, const char *file, char path[PATH])
{
	snprintf(path, PATH, DEVICES "/%04x:%02x:%02x.%x/%s", addr.domain, addr.bus,
		 addr.devfn >> 3, addr.devfn & 7U, file);
}

static void enable_vfs(void)
{
	char path[PATH], text[16];
	unsigned int nr = nr_functions;

	for (unsigned int i = 0; i < nr; i++) {
		path_of(functions[i], "sriov_totalvfs", path);
		if (!read_text(path, text, sizeof(text)))
			continue;
		path_of(functions[i], "sriov_numvfs", path);
		write_text(path, text);
	}
}

static void set_fault(struct chance *chance, bool may_lose)
{
	const struct fault *fault = &faults[below(chance, ARRAY_SIZE(faults))];
	const struct node *node = &nodes[below(chance, nr_nodes)];
	struct present *now = &present[nr_present];

	snprintf(now->attribute, sizeof(now->attribute), "%s/%s", node->path, fault->attribute);
	if (fault->loses_functions && !may_lose)
		return;
	if (!read_text(now->attribute, now->before, sizeof(now->before)) ||
	    !write_text(now->attribute, fault->value))
		return;
	now->fault = fault;
	nr_present++;
}

/* A machine as new, but for some faults. */
void sim_begin(struct chance *chance)
{
	/* Seldom: of what is lost, less is known. */
	bool may_lose = one_in(chance, 4);

	if (!write_text(live, "1"))
		bail("the simulated machine does not come to life");
	find_functions();
	enable_vfs();
	find_functions();
	for (unsigned int nr = below(chance, MAX_FAULTS + 1); nr; nr--)
		set_fault(chance, may_lose);
}

void sim_end(void)
{
	/* The last one first: two may be the same attribute's. */
	while (nr_present) {
		nr_present--;
		write_text(present[nr_present].attribute, present[nr_present].before);
	}
	if (!write_text(live, "0"))
		bail("the simulated machine cannot be taken down");
}

void sim_count(struct counts *counts)
{
	static const char form[] =
		"reads %*u writes %llu lost_writes %llu bus %llu flr %llu pm %llu "
		"power_on %llu";
	unsigned long long writes, lost, n[4];
	char text[256];

	memset(counts, 0, sizeof(*counts));
	for (unsigned int i = 0; i < nr_nodes; i++) {
		if (!read_text(nodes[i].counts, text, sizeof(text)) ||
		    sscanf(text, form, &writes, &lost, &n[0], &n[1], &n[2], &n[3]) != 6)
			bail("%s cannot be read", nodes[i].counts);
		if (!nodes[i].is_bridge)
			counts->writes += writes + lost;
		for (unsigned int way = 0; way < 4; way++)
			counts->resets[way] += n[way];
	}
}

unsigned int sim_nr_functions(void)
{
	return nr_functions;
}

struct pcireset_addr sim_function(unsigned int nr)
{
	return functions[nr];
}

bool sim_has(struct pcireset_addr addr)
{
	for (unsigned int i = 0; i < nr_functions; i++)
		if (functions[i].domain == addr.domain && functions[i].bus == addr.bus &&
		    functions[i].devfn == addr.devfn)
			return true;
	return false;
}

/* Whatever it is: the fuzzer opens other functions of the guest too, and closes them at once. */
bool sim_is_there(struct pcireset_addr addr)
{
	char path[PATH];

	path_of(addr, "config", path);
	return !access(path, F_OK);
}

bool sim_remove(struct pcireset_addr addr)
{
	char path[PATH];

	path_of(addr, "remove", path);
	return write_text(path, "1");
}

void sim_rescan(void)
{
	write_text("/sys/bus/pci/rescan", "1");
	enable_vfs();
	find_functions();
}

bool sim_is_faulty(void)
{
	return nr_present;
}

bool sim_may_lose_functions(void)
{
	for (unsigned int i = 0; i < nr_present; i++)
		if (present[i].fault->loses_functions)
			return true;
	return false;
}
