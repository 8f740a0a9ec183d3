// SPDX-License-Identifier: GPL-2.0-only
/* Names of functions, masks of types and the other words, as somebody may type them. The machine is make-sysroot's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fuzz.h"
#include "util/util.h"

static struct pcireset_ctx *ctx;

static void make_machine(void)
{
	const char *dir = sandbox_make();
	pid_t child = fork();
	int status;

	if (!child) {
		execl(MAKE_SYSROOT, MAKE_SYSROOT, dir, NULL);
		_exit(127);
	}
	/* The alarm of libFuzzer interrupts it on a busy machine. */
	MUST(child > 0 && TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) == child && !status);
	MUST(!pcireset_ctx_new(dir, &ctx) && pcireset_ctx_scan(ctx) > 0);
}

/* What is taken for an address is exactly what that address is written as. */
static void try_address(const char *text)
{
	char again[PCIRESET_ADDR_STR_MAX];
	struct pcireset_addr addr;

	if (!addr_parse(text, strlen(text), &addr))
		return;
	MUST(!strcmp(pcireset_addr_to_str(&addr, again), text));
	MUST(addr_in_path(text, &addr));
}

static void try_types(const char *text)
{
	char again[128];
	uint32_t types, same;

	if (pcireset_types_from_str(ctx, text, &types)) {
		MUST(*pcireset_ctx_get_errmsg(ctx));
		return;
	}
	MUST(types && !(types & ~PCI_RESET_ANY));
	MUST(pcireset_types_to_str(types, again, sizeof(again)) > 0);
	MUST(!pcireset_types_from_str(ctx, again, &same) && same == types);
	for (size_t size = 0; size <= strlen(again); size++)
		MUST(pcireset_types_to_str(types, again, size) < 0 || strlen(again) < size);
}

static void try_words(const char *text)
{
	uint32_t value;

	if (!pcireset_scope_from_str(text, &value))
		MUST(!strcmp(pcireset_scope_to_str(value), text));
	if (!pcireset_check_from_str(text, &value))
		MUST(!strcmp(pcireset_check_to_str(value), text));
	if (!pcireset_use_from_str(text, &value))
		MUST(!strcmp(pcireset_use_to_str(value), text));
}

static void try_name(const char *text)
{
	struct pcireset_dev *dev = NULL;

	if (pcireset_dev_from_name(ctx, text, &dev)) {
		MUST(!dev && *pcireset_ctx_get_errmsg(ctx));
		return;
	}
	MUST(dev && pcireset_ctx_get_dev(ctx, pcireset_dev_get_addr(dev)) == dev);
	pcireset_dev_unref(dev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcireset_addr addr;
	char *text;

	if (!ctx)
		make_machine();
	/* Of its own, so that a byte too far is noticed. */
	text = malloc(size + 1);
	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';

	try_address(text);
	try_types(text);
	try_words(text);
	try_name(text);
	addr_in_path(text, &addr);
	free(text);
	return 0;
}
