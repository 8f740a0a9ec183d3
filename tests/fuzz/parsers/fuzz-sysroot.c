// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole machine as files, such as one that somebody else recorded: scanned, and
 * everything asked of every function in it.
 *
 * Input: a line each.
 *   p PATH VENDOR DEVICE CLASS   a function at PATH below sys/devices
 *   f PATH TEXT                  a file; \xNN is a byte
 *   l PATH TARGET                a symbolic link
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"
#include "libpcireset.h"

#define MAX_LINES 200
#define MAX_LINE  4200

static const char *root;

/* Inside: neither ".." nor an end that is none. Links are made last, so nothing is ever made through one. */
static bool is_inside(const char *path)
{
	return *path && *path != '/' && strlen(path) < 512 && !strstr(path, "..");
}

static bool place(const char *path, char full[1024])
{
	if (!is_inside(path))
		return false;
	snprintf(full, 1024, "%s/%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0777);
		*slash = '/';
	}
	return true;
}

static size_t unescape(char *text)
{
	char *from = text, *to = text;
	unsigned int byte;

	while (*from) {
		if (from[0] == '\\' && from[1] == 'x' && sscanf(from + 2, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			from += 2 + strspn(from + 2, "0123456789abcdefABCDEF") % 3;
			if (from > text + MAX_LINE)
				break;
		} else {
			*to++ = *from++;
		}
	}
	return (size_t)(to - text);
}

static void make_file(const char *path, char *text)
{
	char full[1024];
	size_t size = unescape(text);
	int fd;

	if (!place(path, full))
		return;
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	MUST(write(fd, text, size) == (ssize_t)size);
	close(fd);
}

static void make_link(const char *path, const char *target)
{
	char full[1024];

	if (*target && *target != '/' && place(path, full) && symlink(target, full))
		MUST(errno != EACCES);
}

static void make_function(char *path, char *rest)
{
	static const char *const attributes[] = { "vendor", "device", "class" };
	char file[1024], *save, *word;

	word = strtok_r(rest, " ", &save);
	for (size_t i = 0; i < 3 && word; i++) {
		snprintf(file, sizeof(file), "sys/devices/%s/%s", path, attributes[i]);
		make_file(file, word);
		word = strtok_r(NULL, " ", &save);
	}
}

static void link_function(const char *path)
{
	const char *name = strrchr(path, '/');
	char link[1024], target[1024];

	name = name ? name + 1 : path;
	if (!*name || !is_inside(path))
		return;
	snprintf(link, sizeof(link), "sys/bus/pci/devices/%s", name);
	snprintf(target, sizeof(target), "../../../devices/%s", path);
	make_link(link, target);
}

struct line {
	char kind;
	char *path;
	char *rest;
};

/* First what directories and files there are, also those of links. */
static void make_machine(struct line *lines, size_t nr)
{
	char full[1024];

	place("sys/bus/pci/devices/", full);
	for (size_t i = 0; i < nr; i++) {
		if (lines[i].kind == 'p')
			make_function(lines[i].path, lines[i].rest);
		else if (lines[i].kind == 'f')
			make_file(lines[i].path, lines[i].rest);
		else
			place(lines[i].path, full);
	}
	for (size_t i = 0; i < nr; i++) {
		if (lines[i].kind == 'p')
			link_function(lines[i].path);
		else if (lines[i].kind == 'l')
			make_link(lines[i].path, lines[i].rest);
	}
}

static size_t split(char *text, struct line *lines)
{
	size_t nr = 0;
	char *save, *space;

	for (char *line = strtok_r(text, "\n", &save); line && nr < MAX_LINES;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strchr("pfl", line[0]) || line[1] != ' ' || strlen(line) > MAX_LINE)
			continue;
		space = strchr(line + 2, ' ');
		if (!space)
			continue;
		*space = '\0';
		lines[nr++] = (struct line){ line[0], line + 2, space + 1 };
	}
	return nr;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line lines[MAX_LINES];
	struct pcireset_ctx *ctx;
	char *text = malloc(size + 1);

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (!root)
		root = sandbox_make();
	make_machine(lines, split(text, lines));
	free(text);

	MUST(!pcireset_ctx_new(root, &ctx));
	ask_machine(ctx);
	pcireset_ctx_unref(ctx);
	sandbox_empty();
	return 0;
}
