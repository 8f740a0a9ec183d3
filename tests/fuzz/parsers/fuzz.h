/* SPDX-License-Identifier: GPL-2.0-only */
/* A target: what libFuzzer calls, and replay.c in its place where a file is all there is. */
#ifndef PARSER_FUZZ_H
#define PARSER_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert(), also in a release build. */
#define MUST(condition)          \
	do {                     \
		if (!(condition)) \
			abort();  \
	} while (0)

struct pcireset_ctx;

/* ask.c: scans, then asks; the context is one that cannot reset */
void ask_machine(struct pcireset_ctx *ctx);

/* sandbox.c: a directory that is taken away when the process ends */
const char *sandbox_make(void);
void sandbox_empty(void);
/* Open a file in the sandbox, which is also TMPDIR, for writing. */
FILE *sandbox_file(const char **ret_name);
/* Remove the file. Nothing else may be in the sandbox. */
void sandbox_end_file(void);

#endif
