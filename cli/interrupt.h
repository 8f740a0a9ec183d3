/* SPDX-License-Identifier: GPL-2.0-only */
/* Ctrl-C, SIGTERM and SIGHUP during a reset. */
#ifndef PCIRESET_CLI_INTERRUPT_H
#define PCIRESET_CLI_INTERRUPT_H

#include <stddef.h>
#include "util.h"

struct interrupt_tick {
	void (*fn)(void *data);
	void *data;
};

void interrupt_catch(void);
void interrupt_begin(const struct pcireset_ctx *ctx);
void interrupt_end(void);
void interrupt_after_end(void (*fn)(void *data), void *data);
bool interrupt_is_given(void);
bool interrupt_is_second(void);
void interrupt_announce(void);
int interrupt_wait(pid_t pid, int *ret_status);
void interrupt_run(void (*fn)(void *data), void *data, const struct interrupt_tick *tick);

#endif /* PCIRESET_CLI_INTERRUPT_H */
