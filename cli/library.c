/* SPDX-License-Identifier: GPL-2.0-only */
/* Libraries that only some commands need. */
#include <dlfcn.h>
#include "library.h"
#include "util.h"

static bool find_symbols(const struct library *library, void *handle)
{
	for (size_t i = 0; i < library->nr_symbols; i++) {
		*library->symbols[i].to = dlsym(handle, library->symbols[i].name);
		if (!*library->symbols[i].to)
			return false;
	}
	return true;
}

/* The message is that of the last name, which is a reason against all of them. */
char *library_load(struct library *library)
{
	const char *const *name = library->names;
	void *handle = library->handle;
	const char *why;

	for (; !handle && *name; name++)
		handle = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
	if (library->handle || (handle && find_symbols(library, handle))) {
		library->handle = handle;
		return NULL;
	}
	why = dlerror();
	return text("%s with %s, which cannot be loaded (%s): install %s", library->purpose,
		    library->names[0], why ? why : "no reason is known", library->package);
}
