/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Libraries that only some commands need. They are loaded on first use, because most of
 * the time in which pcireset starts goes into its libraries.
 */
#ifndef PCIRESET_CLI_LIBRARY_H
#define PCIRESET_CLI_LIBRARY_H

#include <stddef.h>

struct library_symbol {
	const char *name;
	void **to;
};

struct library {
	const char *const *names; /* of the file, the newest first, up to NULL */
	const char *purpose;      /* "the names of devices are read" */
	const char *package;      /* to install */
	const struct library_symbol *symbols;
	size_t nr_symbols;
	void *handle;
};

/*
 * A list of functions is a macro FUNCTIONS(X), such as X(udev_new) X(udev_unref). Make a
 * structure of pointers from it, with the types from the header of the library:
 *
 *	static struct { FUNCTIONS(LIBRARY_POINTER) } udev;
 *
 * Define LIBRARY_POINTERS as the name of that variable. Then define the library:
 *
 *	LIBRARY(udev_library, FUNCTIONS, purpose, package, "libudev.so.1");
 */
#define LIBRARY_POINTER(name) __typeof__(name) *name;
#define LIBRARY_SYMBOL(name)  { #name, (void **)&LIBRARY_POINTERS.name },
#define LIBRARY(variable, functions, its_purpose, its_package, ...)                              \
	static const struct library_symbol variable##_symbols[] = { functions(LIBRARY_SYMBOL) }; \
	static const char *const variable##_names[] = { __VA_ARGS__, NULL };                     \
	static struct library variable = {                                                       \
		.names = variable##_names,                                                       \
		.purpose = its_purpose,                                                          \
		.package = its_package,                                                          \
		.symbols = variable##_symbols,                                                   \
		.nr_symbols = sizeof(variable##_symbols) / sizeof(variable##_symbols[0]),        \
	}

/*
 * Load it for the rest of the process, unless it is loaded. Return NULL, or an allocated
 * message that names the library.
 */
char *library_load(struct library *library);

#endif /* PCIRESET_CLI_LIBRARY_H */
