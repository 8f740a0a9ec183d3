/* SPDX-License-Identifier: GPL-2.0-only */
/* The metrics of all runs in the directory of the systemd unit, each metric once. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "qualify.h"

#define RUNS_DIRECTORY "/var/lib/pcireset/qualify"

/* The samples of each metric, of all runs. */
struct samples_text {
	FILE *out[NR_QUALIFY_METRICS];
	char *words[NR_QUALIFY_METRICS];
	size_t sizes[NR_QUALIFY_METRICS];
};

/* All values are whole numbers. */
static bool has_number_at_end(const char *line)
{
	const char *blank = strrchr(line, ' ');

	return blank && blank[1] && !blank[1 + strspn(blank + 1, "0123456789")];
}

/* The rest of a line after 'NAME{run="..."'; NULL for another line. */
static const char *after_run(const char *line, const char *name)
{
	static const char label[] = "{run=\"";
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 || strncmp(line + len, label, strlen(label)) != 0 ||
	    !has_number_at_end(line))
		return NULL;
	for (line += len + strlen(label); *line && *line != '"'; line++)
		if (*line == '\\' && line[1])
			line++;
	return *line ? line + 1 : NULL;
}

/* A directory may have been copied or renamed. Its name now is that of the run. */
static int take_line(struct samples_text *all, const char *line, const char *run)
{
	if (!*line || *line == '#')
		return 0;
	for (size_t i = 0; i < NR_QUALIFY_METRICS; i++) {
		const char *name = qualify_metrics[i].name, *rest = after_run(line, name);

		if (rest) {
			fprintf(all->out[i], "%s{run=\"%s\"%s\n", name, run, rest);
			return 0;
		}
	}
	return -EBADMSG;
}

/* A pipe without a writer must not stop all other metrics. Return: NULL and errno on error. */
static FILE *open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	FILE *f = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0) {
		errno = ENODEV;
		f = S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	}
	if (!f)
		close(fd);
	return f;
}

static int read_lines(struct samples_text *all, FILE *f, const char *run)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0, bad;

	errno = 0;
	while ((len = getline(&line, &size, f)) >= 0) {
		bad = strlen(line) == (size_t)len ? 0 : -EBADMSG;
		line[strcspn(line, "\n")] = '\0';
		bad = bad ? bad : take_line(all, line, run);
		r = r ? r : bad;
		errno = 0;
	}
	if (!feof(f))
		r = errno ? -errno : -EIO;
	free(line);
	return r;
}

static const char *reason(int r)
{
	if (r == -EBADMSG)
		return "the file is damaged";
	return r == -ENODEV ? "not a regular file" : strerror(-r);
}

/* A run that has just begun has no metrics. */
static int read_run(struct samples_text *all, const char *directory)
{
	char *path = text(RUNS_DIRECTORY "/%s/" METRICS_FILE, directory);
	char *run = metric_label(directory);
	FILE *f = open_regular(path);
	int r = f ? read_lines(all, f, run) : -errno;

	if (r == -ENOENT || r == -ENOTDIR)
		r = 0;
	if (r)
		error("%s: %s", path, reason(r));
	if (f)
		fclose(f);
	free(run);
	free(path);
	return r;
}

static int read_runs(struct samples_text *all)
{
	struct dirent **entries;
	int nr = scandir(RUNS_DIRECTORY, &entries, NULL, alphasort), r = 0, bad;

	if (nr < 0 && errno == ENOENT)
		return 0;
	if (nr < 0) {
		r = -errno;
		error("%s: %s", RUNS_DIRECTORY, strerror(-r));
		return r;
	}
	for (int i = 0; i < nr; i++) {
		bad = entries[i]->d_name[0] == '.' ? 0 : read_run(all, entries[i]->d_name);
		r = r ? r : bad;
		free(entries[i]);
	}
	free(entries);
	return r;
}

int qualify_print_metrics(FILE *out)
{
	struct samples_text all = { 0 };
	int r;

	for (size_t i = 0; i < NR_QUALIFY_METRICS; i++)
		all.out[i] = must(open_memstream(&all.words[i], &all.sizes[i]));
	r = read_runs(&all);
	for (size_t i = 0; i < NR_QUALIFY_METRICS; i++) {
		if (ferror(all.out[i]) | fclose(all.out[i]))
			must(NULL);
		if (all.sizes[i]) {
			metric_put_head(&qualify_metrics[i], out);
			fputs(all.words[i], out);
		}
		free(all.words[i]);
	}
	return r;
}
