/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal of a run: lines that are only appended, and are stored before the run goes
 * on. Each line ends with a checksum. A line that a crash has cut off is the last one, and
 * is dropped. A damaged line before it is an error.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "qualify.h"

/* FNV-1a by Fowler, Noll and Vo: it finds damage, and is no protection against forgery. */
uint32_t journal_sum(const char *line, size_t len)
{
	uint32_t sum = 0x811c9dc5;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)line[i]) * 0x01000193;
	return sum;
}

/* Any text as one word: all bytes except plain ones are percent-encoded. */
char *journal_word(const char *text)
{
	char *word = malloc(3 * strlen(text) + 2), *to = word;

	if (!word)
		return NULL;
	if (!*text)
		*to++ = '%';
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._:/+,=@", *text))
			*to++ = *text;
		else
			to += sprintf(to, "%%%02x", (uint8_t)*text);
	}
	*to = '\0';
	return word;
}

char *journal_text(const char *word)
{
	char *text = malloc(strlen(word) + 1), *to = text;
	unsigned int byte;

	for (; text && *word; word++) {
		if (*word != '%') {
			*to++ = *word;
		} else if (isxdigit((unsigned char)word[1]) && isxdigit((unsigned char)word[2]) &&
			   sscanf(word + 1, "%2x", &byte) == 1) {
			*to++ = (char)byte;
			word += 2;
		}
	}
	if (text)
		*to = '\0';
	return text;
}

int journal_line(struct pcireset_qualify *qualify, const char *fmt, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list ap;
	int len;

	if (qualify->journal < 0)
		return 0;
	va_start(ap, fmt);
	len = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (len < 0) {
		line = NULL;
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	}
	if (!qualify->lines)
		qualify->lines = open_memstream(&qualify->line, &qualify->line_size);
	if (!qualify->lines ||
	    fprintf(qualify->lines, "%s *%08x\n", line, journal_sum(line, (size_t)len)) < 0)
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * After an error, such as a full disk, the lines that are not stored must not stay. The
 * caller does not count them, and a part of a line would be damage in front of the next one.
 */
static int append_lines(struct pcireset_qualify *qualify)
{
	off_t end = lseek(qualify->journal, 0, SEEK_END);
	int r = end < 0 ? -errno : write_all(qualify->journal, qualify->line, qualify->line_size);

	if (!r && fdatasync(qualify->journal))
		r = -errno;
	if (r && (end < 0 || ftruncate(qualify->journal, end))) {
		qualify->is_open = false;
		qualify->is_damaged = true;
	}
	return r;
}

int journal_sync(struct pcireset_qualify *qualify)
{
	int r = 0;

	if (!qualify->lines)
		return 0;
	if (fclose(qualify->lines))
		r = -ENOMEM;
	qualify->lines = NULL;
	if (!r)
		r = qualify->is_damaged ? -EIO : append_lines(qualify);
	free(qualify->line);
	qualify->line = NULL;
	return r ? ctx_error(qualify->ctx, r, "the journal cannot be written: %s", strerror(-r)) :
		   0;
}

/* Another process must not run the same run, and only its owner may lock the file. */
static int lock_journal(struct pcireset_qualify *qualify, const char *path)
{
	if (!flock(qualify->journal, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return ctx_error(qualify->ctx, -EBUSY, "%s: another process runs this run", path);
	return ctx_error(qualify->ctx, -errno, "%s: %s", path, strerror(errno));
}

/* The name of a new file is stored with its directory. */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *name = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int dir = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, r = 0;

	if (dir < 0)
		return -errno;
	if (fsync(dir))
		r = -errno;
	close(dir);
	return r;
}

/* A hidden name in the same directory. */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash + 1 - path) : 0;

	return format("%.*s.%s.XXXXXX", len, path, path + len);
}

/* Some file systems have no hard links. An existing file is never replaced. */
static int rename_new(const char *from, const char *path)
{
	if (!link(from, path))
		return unlink(from) ? -errno : 0;
	if (errno != EPERM && errno != EOPNOTSUPP)
		return -errno;
	return renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) ? -errno : 0;
}

/* The journal gets its name when it has a beginning: see journal_publish(). */
int journal_create(struct pcireset_qualify *qualify, const char *path)
{
	qualify->temporary = name_beside(path);
	if (!qualify->temporary)
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	qualify->journal = mkostemp(qualify->temporary, O_APPEND | O_CLOEXEC);
	if (qualify->journal < 0)
		return ctx_error(qualify->ctx, -errno, "%s: %s", path, strerror(errno));
	return lock_journal(qualify, path);
}

int journal_publish(struct pcireset_qualify *qualify, const char *path)
{
	int r = rename_new(qualify->temporary, path);

	if (r)
		return ctx_error(qualify->ctx, r, "%s: %s", path, strerror(-r));
	free(qualify->temporary);
	qualify->temporary = NULL;
	r = sync_directory(path);
	return r ? ctx_error(qualify->ctx, r, "%s: %s", path, strerror(-r)) : 0;
}

/* After an error, nothing of a journal stays that has no beginning. */
void journal_end(struct pcireset_qualify *qualify)
{
	if (qualify->journal >= 0)
		close(qualify->journal);
	qualify->journal = -1;
	if (qualify->temporary)
		unlink(qualify->temporary);
	free(qualify->temporary);
	qualify->temporary = NULL;
}

/* Drop a line that a crash has cut off. */
int journal_continue(struct pcireset_qualify *qualify, const char *path)
{
	struct stat now;
	int r;

	qualify->journal = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (qualify->journal < 0)
		return ctx_error(qualify->ctx, -errno, "%s: %s", path, strerror(errno));
	r = lock_journal(qualify, path);
	if (r)
		return r;
	if (fstat(qualify->journal, &now))
		return ctx_error(qualify->ctx, -errno, "%s: %s", path, strerror(errno));
	if ((uint64_t)now.st_size != qualify->size)
		return ctx_error(qualify->ctx, -ESTALE, "%s: has changed since it was read", path);
	if (ftruncate(qualify->journal, (off_t)qualify->sure_of))
		return ctx_error(qualify->ctx, -errno, "%s: %s", path, strerror(errno));
	return 0;
}
