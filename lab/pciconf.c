// SPDX-License-Identifier: GPL-2.0-only
/* In the guest: dumps the config space of PCI functions, and compares two dumps but for the registers that may change. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES  "/sys/bus/pci/devices"
#define MAX_SIZE 4096

static const char usage[] =
	"usage: pciconf dump FILE [FUNCTION...]\n"
	"       pciconf compare RULES BEFORE AFTER\n\n"
	"A dump has a line for each function: \"ADDRESS BYTE BYTE ...\", all of its config space.\n"
	"RULES says what may differ: \"KIND ID OFFSET BYTES REASON\", see tests/lab/may-change.\n"
	"Exit status: 0 equal, 1 each difference is printed, 2 something went wrong.\n";

struct space {
	char *address;
	unsigned int size;
	uint8_t bytes[MAX_SIZE];
};

struct dump {
	struct space *spaces;
	size_t nr;
};

/* A register that may change: its place is relative to the header or capability of this kind and ID. */
struct rule {
	char kind[8];
	unsigned int id;
	unsigned int offset;
	unsigned int bytes;
};

/* What is known of each byte of the space at hand. */
struct map {
	const struct space *space;
	const struct rule *rules;
	size_t nr_rules;
	bool allowed[MAX_SIZE];
	char names[MAX_SIZE][16];
};

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "pciconf: %s: %m\n", what);
	exit(2);
}

static void *must(void *memory)
{
	if (!memory)
		die("memory");
	return memory;
}

static FILE *must_open(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file)
		die(path);
	return file;
}

static void dump_function(FILE *out, const char *function)
{
	static const char digits[] = "0123456789abcdef";
	char path[300], text[3 * MAX_SIZE + 1], *end = text;
	uint8_t bytes[MAX_SIZE];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/config", function);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
	if (size <= 0)
		die(path);
	close(fd);

	for (ssize_t i = 0; i < size; i++) {
		*end++ = ' ';
		*end++ = digits[bytes[i] >> 4];
		*end++ = digits[bytes[i] & 15];
	}
	*end = '\0';
	fprintf(out, "%s%s\n", function, text);
}

static int is_function(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int dump(const char *file, char **functions)
{
	FILE *out = must_open(file, "we");
	struct dirent **entries;
	int nr;

	for (char **function = functions; *function; function++)
		dump_function(out, *function);
	if (!*functions) {
		nr = scandir(DEVICES, &entries, is_function, alphasort);
		if (nr < 0)
			die(DEVICES);
		for (int i = 0; i < nr; i++) {
			dump_function(out, entries[i]->d_name);
			free(entries[i]);
		}
		free(entries);
	}
	if (fclose(out))
		die(file);
	return 0;
}

static void parse_space(char *line, struct space *space)
{
	char *rest = line + strcspn(line, " ");
	char *end;

	space->size = 0;
	space->address = must(strndup(line, (size_t)(rest - line)));
	while (space->size < MAX_SIZE) {
		unsigned long byte = strtoul(rest, &end, 16);

		if (end == rest)
			return;
		space->bytes[space->size++] = (uint8_t)byte;
		rest = end;
	}
}

static void read_dump(const char *path, struct dump *dump)
{
	FILE *in = must_open(path, "re");
	struct space *spaces;
	char *line = NULL;
	size_t room = 0;

	dump->spaces = NULL;
	dump->nr = 0;
	while (getline(&line, &room, in) > 0) {
		spaces = must(reallocarray(dump->spaces, dump->nr + 1, sizeof(*spaces)));
		parse_space(line, &spaces[dump->nr++]);
		dump->spaces = spaces;
	}
	free(line);
	fclose(in);
}

static void free_dump(struct dump *dump)
{
	for (size_t i = 0; i < dump->nr; i++)
		free(dump->spaces[i].address);
	free(dump->spaces);
}

static struct rule *read_rules(const char *path, size_t *ret_nr)
{
	FILE *in = must_open(path, "re");
	struct rule *rules = NULL;
	char *line = NULL, id[8];
	size_t room = 0, nr = 0;

	while (getline(&line, &room, in) > 0) {
		struct rule rule = { .id = 0 };

		if (line[0] == '#' || isspace((unsigned char)line[0]))
			continue;
		if (sscanf(line, "%7s %7s %x %u", rule.kind, id, &rule.offset, &rule.bytes) != 4) {
			fprintf(stderr, "pciconf: %s: not a rule: %s", path, line);
			exit(2);
		}
		rule.id = (unsigned int)strtoul(id, NULL, 16);
		rules = must(reallocarray(rules, nr + 1, sizeof(*rules)));
		rules[nr++] = rule;
	}
	free(line);
	fclose(in);
	*ret_nr = nr;
	return rules;
}

static void allow(struct map *map, const char *kind, unsigned int id, unsigned int base)
{
	snprintf(map->names[base], sizeof(map->names[base]), "%s %0*x", kind, base < 256 ? 2 : 4,
		 id);
	for (size_t i = 0; i < map->nr_rules; i++) {
		const struct rule *rule = &map->rules[i];

		if (strcmp(rule->kind, kind) || rule->id != id)
			continue;
		for (unsigned int j = 0; j < rule->bytes; j++)
			if (base + rule->offset + j < MAX_SIZE)
				map->allowed[base + rule->offset + j] = true;
	}
}

/* Both capability lists, bounded, because a broken list may be a loop. */
static void walk(struct map *map)
{
	const uint8_t *bytes = map->space->bytes;
	unsigned int at;

	memset(map->allowed, 0, sizeof(map->allowed));
	memset(map->names, 0, sizeof(map->names));
	if (map->space->size < 64)
		return;
	allow(map, "header", 0, 0);
	if ((bytes[0x0e] & 0x7f) == 1)
		allow(map, "bridge", 0, 0);
	at = bytes[0x34] & ~3U;
	for (int left = 48; left && at >= 64; left--) {
		allow(map, "cap", bytes[at], at);
		at = bytes[at + 1] & ~3U;
	}
	at = map->space->size > 256 ? 256 : 0;
	for (int left = 480; left && at >= 256; left--) {
		if (!bytes[at] && !bytes[at + 1])
			break;
		allow(map, "ecap", bytes[at] | (unsigned int)bytes[at + 1] << 8, at);
		at = ((unsigned int)bytes[at + 3] << 4 | bytes[at + 2] >> 4) & ~3U;
	}
}

static size_t compare_space(struct map *map, const struct space *before, const struct space *after)
{
	unsigned int base = 0;
	size_t found = 0;

	if (before->size != after->size) {
		printf("%s: the size of config space differs\n", before->address);
		return 1;
	}
	map->space = before;
	walk(map);
	for (unsigned int i = 0; i < before->size; i++) {
		if (map->names[i][0])
			base = i;
		if (before->bytes[i] == after->bytes[i] || map->allowed[i])
			continue;
		printf("%s 0x%03x (%s+0x%02x): %02x -> %02x\n", before->address, i,
		       map->names[base], i - base, before->bytes[i], after->bytes[i]);
		found++;
	}
	return found;
}

static const struct space *find(const struct dump *dump, const char *address)
{
	for (size_t i = 0; i < dump->nr; i++)
		if (!strcmp(dump->spaces[i].address, address))
			return &dump->spaces[i];
	return NULL;
}

static size_t compare_dumps(struct map *map, const struct dump *before, const struct dump *after)
{
	const struct space *other;
	size_t found = 0, compared = 0;

	for (size_t i = 0; i < before->nr; i++) {
		other = find(after, before->spaces[i].address);
		if (other) {
			found += compare_space(map, &before->spaces[i], other);
			compared++;
		} else {
			printf("%s: gone\n", before->spaces[i].address);
			found++;
		}
	}
	for (size_t i = 0; i < after->nr; i++) {
		if (find(before, after->spaces[i].address))
			continue;
		printf("%s: came\n", after->spaces[i].address);
		found++;
	}
	if (!compared)
		puts("nothing was compared");
	return compared ? found : 1;
}

static int compare(const char *rules, const char *before_path, const char *after_path)
{
	static struct map map;
	struct dump before, after;
	struct rule *list;
	size_t found;

	list = read_rules(rules, &map.nr_rules);
	map.rules = list;
	read_dump(before_path, &before);
	read_dump(after_path, &after);
	found = compare_dumps(&map, &before, &after);
	free_dump(&before);
	free_dump(&after);
	free(list);
	return found ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "dump"))
		return dump(argv[2], argv + 3);
	if (argc == 5 && !strcmp(argv[1], "compare"))
		return compare(argv[2], argv[3], argv[4]);
	fputs(usage, stderr);
	return 2;
}
