/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read a journal: whole lines, of which only the last one may be cut off. */
#include <errno.h>
#include <string.h>
#include "qualify.h"

#define MAX_WORDS 32

/* Check and cut off the checksum. */
static bool is_whole(char *line, size_t len)
{
	char *star = len > 11 && line[len - 1] == '\n' ? line + len - 10 : NULL;
	unsigned int sum;

	if (!star || star[0] != '*' || star[-1] != ' ' || strlen(line) != len ||
	    sscanf(star + 1, "%8x", &sum) != 1)
		return false;
	star[-1] = '\0';
	return sum == journal_sum(line, (size_t)(star - 1 - line));
}

static int read_words(struct pcireset_qualify *qualify, char *line)
{
	char *words[MAX_WORDS], *save = NULL;
	size_t nr = 0;

	for (char *word = strtok_r(line, " ", &save); word && nr < MAX_WORDS;
	     word = strtok_r(NULL, " ", &save))
		words[nr++] = word;
	return nr ? lines_read(qualify, words, nr) : -EBADMSG;
}

/* @f is at the end of a line. Is there anything after it? */
static bool is_last(FILE *f)
{
	int c = getc(f);

	if (c != EOF)
		ungetc(c, f);
	return c == EOF;
}

static int read_lines(struct pcireset_qualify *qualify, FILE *f, const char *path)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;
	int r = 0;

	while (!r && (len = getline(&line, &size, f)) >= 0) {
		number++;
		qualify->size += (uint64_t)len;
		if (is_whole(line, (size_t)len))
			r = read_words(qualify, line);
		else if (is_last(f) && number > 1)
			break;
		else
			r = -EBADMSG;
		qualify->sure_of += (uint64_t)len;
	}
	if (r == -EBADMSG)
		return ctx_error(qualify->ctx, r,
				 "%s:%zu: the line is damaged, or not of a journal", path, number);
	if (r)
		return ctx_error(qualify->ctx, r, "%s:%zu: %s", path, number, strerror(-r));
	if (ferror(f) || !number)
		return ctx_error(qualify->ctx, number ? -EIO : -EBADMSG, "%s: %s", path,
				 number ? "cannot be read" : "the journal is empty");
	return 0;
}

int pcireset_qualify_load(struct pcireset_ctx *ctx, const char *path,
			  struct pcireset_qualify **ret_qualify)
{
	struct pcireset_qualify *qualify;
	FILE *f = fopen(path, "re");
	int r;

	if (!f)
		return ctx_error(ctx, -errno, "%s: %s", path, strerror(errno));
	r = qualify_new(ctx, &qualify);
	if (!r) {
		r = read_lines(qualify, f, path);
		if (!r && !*qualify->boot)
			r = ctx_error(ctx, -EBADMSG, "%s: the journal has no beginning", path);
		qualify->was_cut_off = qualify->begun;
		if (!r)
			r = qualify_interrupted(qualify, 0);
		if (r)
			pcireset_qualify_unref(qualify);
		else
			*ret_qualify = qualify;
	}
	fclose(f);
	return r;
}
