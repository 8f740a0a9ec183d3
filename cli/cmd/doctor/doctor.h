/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset doctor". */
#ifndef PCIRESET_CLI_DOCTOR_H
#define PCIRESET_CLI_DOCTOR_H

#include <limits.h>
#include "machine.h"

enum verdict {
	VERDICT_OK,
	VERDICT_NOTE, /* for information; no action is necessary */
	VERDICT_TODO,
};

/* One line of the output. */
struct finding {
	const char *check;
	enum verdict verdict;
	char *device; /* NULL for the whole machine */
	char *text;
	char *todo; /* or NULL */
};

struct doctor {
	struct machine machine;
	const struct request *req;
	struct finding *v;
	size_t nr;
	char *unreadable; /* a file that this user cannot read, in the current check; or NULL */
};

/* findings.c */
struct finding *doctor_add(struct doctor *doctor, const char *check, enum verdict verdict,
			   char *finding);
struct finding *doctor_todo(struct doctor *doctor, const char *check, char *finding,
			    const char *todo);
void doctor_note(struct doctor *doctor, const char *check, char *finding, const char *todo);
void doctor_drop_at(struct doctor *doctor, size_t i);
void doctor_drop(struct doctor *doctor, size_t nr);

/* files.c */
void doctor_path(struct doctor *doctor, char path[PATH_MAX], const char *file);
void doctor_check_absent(struct doctor *doctor, const char *path);
struct finding *doctor_end_check(struct doctor *doctor, const char *check, size_t before);
bool doctor_knows(struct doctor *doctor, const char *check, const char *file);
bool doctor_is_mounted(struct doctor *doctor, const char *check, const char *directory);
void doctor_run(struct doctor *doctor, const char *check, void (*run)(struct doctor *doctor));
bool doctor_has_file(struct doctor *doctor, const char *file);
size_t doctor_read(struct doctor *doctor, const char *file, char *buf, size_t size);
size_t doctor_count_entries(struct doctor *doctor, const char *directory,
			    bool (*counts)(const char *name));

/* machine.c */
void doctor_check_machine(struct doctor *doctor);

/* boot.c */
void doctor_check_boot(struct doctor *doctor);

/* rules.c */
void doctor_check_rules(struct doctor *doctor);

/* power.c */
void doctor_check_power(struct doctor *doctor);

/* devices.c */
void doctor_check_devices(struct doctor *doctor);

#endif /* PCIRESET_CLI_DOCTOR_H */
