/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of findings. */
#include <stdlib.h>
#include <string.h>
#include "doctor.h"

/* Take over the text. */
struct finding *doctor_add(struct doctor *doctor, const char *check, enum verdict verdict,
			   char *finding)
{
	struct finding *f;

	doctor->v = must(reallocarray(doctor->v, doctor->nr + 1, sizeof(*doctor->v)));
	f = &doctor->v[doctor->nr++];
	*f = (struct finding){ .check = check, .verdict = verdict, .text = finding };
	return f;
}

void doctor_drop_at(struct doctor *doctor, size_t i)
{
	struct finding *f = &doctor->v[i];

	free(f->device);
	free(f->text);
	free(f->todo);
	memmove(f, f + 1, (--doctor->nr - i) * sizeof(*f));
}

/* Drop all findings after the first nr. */
void doctor_drop(struct doctor *doctor, size_t nr)
{
	while (doctor->nr > nr)
		doctor_drop_at(doctor, doctor->nr - 1);
}

struct finding *doctor_todo(struct doctor *doctor, const char *check, char *finding,
			    const char *todo)
{
	struct finding *f = doctor_add(doctor, check, VERDICT_TODO, finding);

	f->todo = text("%s", todo);
	return f;
}

/* Add a finding that is not a problem, with an optional action. */
void doctor_note(struct doctor *doctor, const char *check, char *finding, const char *todo)
{
	struct finding *f = doctor_add(doctor, check, VERDICT_NOTE, finding);

	f->todo = text("%s", todo);
}
