/* SPDX-License-Identifier: GPL-2.0-only */
/* Colours: whether to use them, their meanings, and the files of terminal-colors.d(5). */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "table.h"

#define SEQUENCE_MAX 32

/* The table shows the same facts without colours. */
static struct meaning {
	const char *name; /* in a scheme file */
	const char *legend;
	char sequence[SEQUENCE_MAX];
	bool is_used;
} meanings[NR_COLORS] = {
	[COLOR_IN_USE] = { "in-use", "in use", "\033[31m", false },
	[COLOR_NO_RESET] = { "no-reset", "no supported reset", "\033[2m", false },
	[COLOR_NAMED] = { "named", "named and affected", "\033[31m", false },
	[COLOR_HIT] = { "hit", "also affected", "\033[33m", false },
};

static const struct {
	const char *name, *code;
} codes[] = {
	{ "black", "30" },        { "red", "31" },
	{ "green", "32" },        { "brown", "33" },
	{ "blue", "34" },         { "magenta", "35" },
	{ "cyan", "36" },         { "gray", "37" },
	{ "darkgray", "1;30" },   { "lightred", "1;31" },
	{ "lightgreen", "1;32" }, { "yellow", "1;33" },
	{ "lightblue", "1;34" },  { "lightmagenta", "1;35" },
	{ "lightcyan", "1;36" },  { "white", "1;37" },
	{ "bold", "1" },          { "halfbright", "2" },
	{ "reverse", "7" },       { "blink", "5" },
	{ "reset", "0" },
};

/* ---- terminal-colors.d */

enum {
	FILE_DISABLE,
	FILE_ENABLE,
	FILE_SCHEME,
	NR_FILES
};

/* The best file of each kind, and the score of its name: [[pcireset][@TERM].]KIND */
struct color_files {
	int score[NR_FILES];
	char *path[NR_FILES];
};

static int file_kind(const char *name)
{
	static const char *const kinds[NR_FILES] = { "disable", "enable", "scheme" };

	for (int kind = 0; kind < NR_FILES; kind++)
		if (!strcmp(kinds[kind], name))
			return kind;
	return NR_FILES;
}

/*
 * The score of the part before the kind, 0 if it does not match: the terminal has
 * priority over the program.
 */
static int file_score(const char *name, size_t len)
{
	static const char program[] = "pcireset";
	const char *term = getenv("TERM"), *at = memchr(name, '@', len);
	size_t program_len = at ? (size_t)(at - name) : len;
	int score = 1;

	if (program_len) {
		if (program_len != strlen(program) || memcmp(name, program, program_len))
			return 0;
		score += 10;
	}
	if (at) {
		size_t term_len = len - program_len - 1;

		if (!term || term_len != strlen(term) || memcmp(at + 1, term, term_len))
			return 0;
		score += 20;
	}
	return score;
}

static void take_file(struct color_files *files, const char *dirname, const char *name)
{
	const char *dot = strrchr(name, '.');
	int kind = file_kind(dot ? dot + 1 : name);
	int score = kind < NR_FILES ? file_score(name, dot ? (size_t)(dot - name) : 0) : 0;

	if (!score || score <= files->score[kind])
		return;
	free(files->path[kind]);
	files->path[kind] = text("%s/%s", dirname, name);
	files->score[kind] = score;
}

/* Take over dirname. Return false if there is no such directory. */
static bool read_directory(struct color_files *files, char *dirname)
{
	DIR *dir = opendir(dirname);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		take_file(files, dirname, entry->d_name);
	if (dir)
		closedir(dir);
	free(dirname);
	return dir;
}

/* The user's own directory replaces the system's directory. */
static void find_files(struct color_files *files)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	bool found = false;

	if (config && *config)
		found = read_directory(files, text("%s/terminal-colors.d", config));
	else if (home && *home)
		found = read_directory(files, text("%s/.config/terminal-colors.d", home));
	if (!found)
		read_directory(files, text("/etc/terminal-colors.d"));
}

/* "red", "1;31", "\e[1;31m": nothing else is sent to the terminal. */
static void set_sequence(struct meaning *meaning, const char *color)
{
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (!strcmp(codes[i].name, color))
			color = codes[i].code;
	if (!strncmp(color, "\\e[", 3))
		color += 3;
	len = strspn(color, "0123456789;");
	if (len && len < SEQUENCE_MAX - 4 && (!color[len] || !strcmp(color + len, "m")))
		snprintf(meaning->sequence, SEQUENCE_MAX, "\033[%.*sm", (int)len, color);
}

static void read_scheme(const char *path)
{
	char line[256], name[64], color[64];
	FILE *scheme = fopen(path, "re");

	while (scheme && fgets(line, sizeof(line), scheme)) {
		if (sscanf(line, "%63s %63s", name, color) != 2)
			continue;
		for (size_t i = 0; i < NR_COLORS; i++)
			if (!strcmp(meanings[i].name, name))
				set_sequence(&meanings[i], color);
	}
	if (scheme)
		fclose(scheme);
}

/* ---- */

/* By default, only a terminal with colours gets them: https://no-color.org */
static bool wants_colors(const struct request *req, const struct color_files *files)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (req->color != COLORS_AUTO)
		return req->color == COLORS_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && *term &&
	       strcmp(term, "dumb") && files->score[FILE_DISABLE] <= files->score[FILE_ENABLE];
}

/* Computed once, because it reads files. */
bool is_colored(const struct request *req)
{
	static enum {
		UNKNOWN,
		NO,
		YES
	} answer;
	struct color_files files = { 0 };

	if (answer != UNKNOWN)
		return answer == YES;
	find_files(&files);
	answer = wants_colors(req, &files) ? YES : NO;
	if (answer == YES && files.path[FILE_SCHEME])
		read_scheme(files.path[FILE_SCHEME]);
	for (size_t i = 0; i < NR_FILES; i++)
		free(files.path[i]);
	return answer == YES;
}

void color_line(struct libscols_line *line, enum color color)
{
	if (smartcols.scols_line_set_color(line, meanings[color].sequence))
		must(NULL);
	meanings[color].is_used = true;
}

/* Print the meanings of the used colours, in these colours. */
void color_legend(void)
{
	bool is_first = true;

	for (size_t i = 0; i < NR_COLORS; i++) {
		if (!meanings[i].is_used)
			continue;
		printf("%s%s%s\033[0m", is_first ? "Colours: " : ", ", meanings[i].sequence,
		       meanings[i].legend);
		is_first = meanings[i].is_used = false;
	}
	if (!is_first)
		putchar('\n');
}

/* For --color; NULL after the last. */
const char *color_at(size_t i)
{
	static const char *const words[] = { "auto", "always", "never" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

int color_from_str(const char *word, uint32_t *ret_color)
{
	for (uint32_t i = COLORS_AUTO; color_at(i); i++)
		if (!strcmp(color_at(i), word)) {
			*ret_color = i;
			return 0;
		}
	return -1;
}
