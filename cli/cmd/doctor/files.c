/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the machine for doctor. A file that cannot be read is unknown, not absent. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "doctor.h"

void doctor_path(struct doctor *doctor, char path[PATH_MAX], const char *file)
{
	const char *root = pcireset_ctx_get_sysroot(doctor->machine.ctx);

	if (snprintf(path, PATH_MAX, "%s/%s", root, file) >= PATH_MAX)
		path[0] = '\0';
}

/* A missing file is a fact. For a file that this user may not read, see doctor_run(). */
void doctor_check_absent(struct doctor *doctor, const char *path)
{
	char *why;

	if (errno == ENOENT || errno == ENOTDIR || errno == ENODEV || errno == ENXIO)
		return;
	if (errno == EACCES || errno == EPERM) {
		free(doctor->unreadable);
		doctor->unreadable = text("%s", path);
		return;
	}
	why = text("%s: %s", path, strerror(errno));
	process_abort(why);
}

/*
 * If the check could not read a file, replace its findings with "unknown".
 * Return: the new finding, or NULL if all files could be read.
 */
struct finding *doctor_end_check(struct doctor *doctor, const char *check, size_t before)
{
	char *path = doctor->unreadable;
	struct finding *f;

	doctor->unreadable = NULL;
	if (!path)
		return NULL;
	doctor_drop(doctor, before);
	f = doctor_todo(doctor, check, text("unknown: this user cannot read %s", path),
			"sudo pcireset doctor");
	free(path);
	return f;
}

/* A recording may lack the file. If so, add the finding that its check is unknown. */
bool doctor_knows(struct doctor *doctor, const char *check, const char *file)
{
	if (pcireset_ctx_has_recorded(doctor->machine.ctx, file))
		return true;
	doctor_note(doctor, check, text("unknown: not recorded"),
		    "sudo pcireset doctor, on the machine itself");
	return false;
}

/* An empty directory for a file system, which is not mounted. If so, add that finding. */
bool doctor_is_mounted(struct doctor *doctor, const char *check, const char *directory)
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *dir;

	doctor_path(doctor, path, directory);
	dir = opendir(path);
	if (!dir)
		return true;
	while ((errno = 0, de = readdir(dir)) && de->d_name[0] == '.')
		;
	closedir(dir);
	if (de || errno)
		return true;
	doctor_note(doctor, check, text("unknown: no file system is mounted on /%s", directory),
		    "mount it (systemd does), then run doctor again");
	return false;
}

void doctor_run(struct doctor *doctor, const char *check, void (*run)(struct doctor *doctor))
{
	size_t before = doctor->nr;

	run(doctor);
	doctor_end_check(doctor, check, before);
}

bool doctor_has_file(struct doctor *doctor, const char *file)
{
	char path[PATH_MAX];

	doctor_path(doctor, path, file);
	if (!access(path, F_OK))
		return true;
	doctor_check_absent(doctor, path);
	return false;
}

size_t doctor_read(struct doctor *doctor, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];
	size_t len = 0;
	FILE *f;

	doctor_path(doctor, path, file);
	f = fopen(path, "re");
	if (f) {
		len = fread(buf, 1, size - 1, f);
		if (ferror(f))
			doctor_check_absent(doctor, path);
		fclose(f);
	} else {
		doctor_check_absent(doctor, path);
	}
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return len;
}

size_t doctor_count_entries(struct doctor *doctor, const char *directory,
			    bool (*counts)(const char *name))
{
	char path[PATH_MAX];
	struct dirent *de;
	size_t nr = 0;
	DIR *dir;

	doctor_path(doctor, path, directory);
	dir = opendir(path);
	if (!dir) {
		doctor_check_absent(doctor, path);
		return 0;
	}
	while ((errno = 0, de = readdir(dir)))
		nr += de->d_name[0] != '.' && counts(de->d_name);
	if (errno)
		doctor_check_absent(doctor, path);
	closedir(dir);
	return nr;
}
