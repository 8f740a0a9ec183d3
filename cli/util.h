/* SPDX-License-Identifier: GPL-2.0-only */
/* The ground floor: texts, memory, messages, exit statuses. */
#ifndef PCIRESET_CLI_UTIL_H
#define PCIRESET_CLI_UTIL_H

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <libpcireset.h>

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Exit statuses. They are part of the interface. */
enum status {
	STATUS_DONE = 0,  /* done and verified */
	STATUS_ERROR = 1, /* nothing was touched */
	STATUS_USAGE = 2,
	STATUS_REFUSED = 3, /* or unsupported; nothing was touched */
	STATUS_TOUCHED = 4, /* touched, but not verified */
	STATUS_UNKNOWN = 5, /* plan: no obstacle is known, but some facts are unknown */
	STATUS_SOME = 64,   /* only some of several devices succeeded */
};

/* clock.c */
int64_t clock_ns(void);
int64_t clock_ms(void);
double clock_seconds(void);

/* util.c */
void process_touches(void);
int process_settle(int status);
bool process_is_settled(void);
void process_exit(void) __attribute__((noreturn));
int child_wait(pid_t pid, int *ret_status);
void *must(void *memory);
bool is_exhausted(void);
char *text(const char *fmt, ...) PRINTF(1, 2);
char *vtext(const char *fmt, va_list ap) PRINTF(1, 0);
char *join(char *all, char *word);

/* status.c */
int status_of_error(int r);
int status_merge(const int *statuses, size_t nr);

/*
 * printable.c: all except utf8() return new text; printable() and printable_lines()
 * take over the old text. printable_json() returns NULL if nothing needs an escape.
 */
char *printable(char *words);
char *printable_lines(char *words);
char *printable_json(const char *document);
bool printable_is_limited(void); /* a library is missing, and more was escaped than needed */
char *utf8(char *s);             /* in place: a byte that is not UTF-8 becomes "?" */
void say(FILE *out, const char *fmt, ...) PRINTF(2, 3);

/* process.c */
void process_start(void);
void process_abort(const char *why) __attribute__((noreturn));
int process_end(int status);
void error(const char *fmt, ...) PRINTF(1, 2);
bool can_ask(void);
bool ask(const char *question);
sigset_t hold_signals(void);

/* hint.c */
typedef const char *(*word_at_fn)(size_t i);
char *did_you_mean(const char *kind, const char *typed, size_t len, word_at_fn at);
char *words_list(word_at_fn at);

/* libpci.c */
char *device_description(struct pcireset_dev *dev);
bool class_names_check(void);
bool class_has_name(uint32_t class, const char *part);
void names_close(void);

#endif /* PCIRESET_CLI_UTIL_H */
