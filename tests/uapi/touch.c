// SPDX-License-Identifier: GPL-2.0-only
/* Whether anything was touched: all of config space of every function, and the module's own tracepoint. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "uapi.h"

#define MAX_FUNCTIONS 64
#define CONFIG_SIZE   4096
#define TRACE         "/sys/kernel/tracing/instances/uapi"

struct function {
	char name[16];
	size_t size;
	uint8_t config[CONFIG_SIZE];
};

static struct snapshot {
	size_t nr;
	unsigned int triggers;
	struct function functions[MAX_FUNCTIONS];
} before, after;

static void start_tracing(void)
{
	static bool started;

	if (started)
		return;
	if (mkdir(TRACE, 0700) && errno != EEXIST)
		bail("%s: %s", TRACE, strerror(errno));
	if (!write_text(TRACE "/events/pcireset/pcireset_trigger/enable", "1"))
		bail("the tracepoint pcireset_trigger cannot be enabled: %s", strerror(errno));
	started = true;
}

/* How many resets were issued since the first call, whoever asked for them. */
unsigned int count_triggers(void)
{
	char line[512];
	unsigned int count = 0;
	FILE *trace;

	start_tracing();
	trace = fopen(TRACE "/trace", "re");
	if (!trace)
		bail("%s/trace: %s", TRACE, strerror(errno));
	while (fgets(line, sizeof(line), trace))
		count += strstr(line, " pcireset_trigger: ") != NULL;
	fclose(trace);
	return count;
}

static int is_function(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void read_config(const char *name, struct function *function)
{
	char path[512];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : pread(fd, function->config, CONFIG_SIZE, 0);
	if (size < 0)
		bail("%s: %s", path, strerror(errno));
	close(fd);
	snprintf(function->name, sizeof(function->name), "%.15s", name);
	function->size = (size_t)size;
}

static void take(struct snapshot *snapshot)
{
	struct dirent **names;
	int nr = scandir("/sys/bus/pci/devices", &names, is_function, alphasort);

	if (nr < 0 || nr > MAX_FUNCTIONS)
		bail("%d functions", nr);
	snapshot->nr = (size_t)nr;
	for (int i = 0; i < nr; i++) {
		read_config(names[i]->d_name, &snapshot->functions[i]);
		free(names[i]);
	}
	free(names);
	snapshot->triggers = count_triggers();
}

static bool is_same_function(const struct function *a, const struct function *b)
{
	size_t i = 0;

	if (strcmp(a->name, b->name) || a->size != b->size) {
		printf("# %s was there, now it is %s\n", a->name, b->name);
		return false;
	}
	while (i < a->size && a->config[i] == b->config[i])
		i++;
	if (i == a->size)
		return true;
	printf("# %s at %#zx: was %02x, is %02x\n", a->name, i, a->config[i], b->config[i]);
	return false;
}

void watch_begin(void)
{
	take(&before);
}

/* One result: since watch_begin() no reset was issued, and config space of all functions is as it was. */
void watch_end(const char *what)
{
	bool same;

	take(&after);
	same = before.nr == after.nr;
	for (size_t i = 0; same && i < after.nr; i++)
		same = is_same_function(&before.functions[i], &after.functions[i]);
	ok(same && before.triggers == after.triggers, "%s: nothing was touched", what);
	if (before.triggers != after.triggers)
		printf("# %u resets were issued\n", after.triggers - before.triggers);
}
