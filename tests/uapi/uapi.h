/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of /dev/pcireset share: results in TAP, descriptors, and a look at whether anything was touched. */
#ifndef UAPI_TEST_H
#define UAPI_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pcireset.h>
#include "text.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* As long as a structure may be, and a bit more. */
#define ROOM 8192

/* Functions of lab/topologies/mixed. */
#define DISK         ((struct pcireset_addr){ .bus = 0x01 }) /* flr and slot; its driver prepares */
#define CARD_NIC     ((struct pcireset_addr){ .bus = 0x03 }) /* pm and bus; its driver does not */
#define CARD_AUDIO   ((struct pcireset_addr){ .bus = 0x03, .devfn = 1 }) /* bus; no driver */
#define CARD_RNG     ((struct pcireset_addr){ .bus = 0x03, .devfn = 2 })
#define CONVENTIONAL ((struct pcireset_addr){ .bus = 0x0a, .devfn = 0x10 }) /* pm and bus */
#define VDISK        ((struct pcireset_addr){ .bus = 0x0b })                /* in slot 109 */
#define EDU          ((struct pcireset_addr){ .bus = 0x0c })                /* bus; no driver */

/* tap.c */
void start(void);
void ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void is(uint64_t got, uint64_t want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void gives(int got, int want, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void skip(const char *reason, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
int finish(void);

/* device.c */
int call(int fd, unsigned long cmd, void *arg);
int open_control(void);
int open_device(struct pcireset_addr addr, uint32_t types, uint32_t max_scope, uint32_t force);
int query(int fd, uint32_t types, struct pcireset_query *arg);
int narrow(int fd, uint32_t types, uint32_t max_scope, uint32_t force);
int reset(int fd, uint32_t types, struct pcireset_reset *arg);
bool is_addr(struct pcireset_addr a, struct pcireset_addr b);
bool is_there(struct pcireset_addr addr);
bool remove_function(struct pcireset_addr addr);
bool rescan_until(struct pcireset_addr addr);
bool wait_until_gone(struct pcireset_addr addr);

/* touch.c */
unsigned int count_triggers(void);
void watch_begin(void);
void watch_end(const char *what);

/* command.c */
struct mask {
	size_t offset;
	uint32_t known;
	const char *name;
};

struct reserved {
	size_t offset;
	size_t size;
	const char *name;
};

/**
 * struct command - what is to be known of a command to misuse it
 * @name: its name
 * @cmd: its number
 * @first: size of its structure in the first published header
 * @size: size of its structure
 * @on_device: belongs on the descriptor of a device, not on the control node's
 * @fill: make a structure that is accepted
 * @masks: the members that are closed masks, ended by a name of NULL
 * @reserved: the members that must be zero, ended by a name of NULL
 * @scope: where max_scope is, 0 if there is none
 * @no_types_refused: an empty mask of types is refused
 * @error: errno of a structure with nothing wrong in it
 */
struct command {
	const char *name;
	unsigned long cmd;
	size_t first;
	size_t size;
	bool on_device;
	void (*fill)(void *arg);
	const struct mask *masks;
	const struct reserved *reserved;
	size_t scope;
	bool no_types_refused;
	int error;
};

#define NR_COMMANDS 9
extern const struct command commands[NR_COMMANDS];
int fd_for(const struct command *command);
int try_command(const struct command *command, void *arg);

/* The tests, one file each. */
void test_numbers(void);
void test_sizes(void);
void test_masks(void);
void test_pointers(void);
void test_arrays(void);
void test_results(void);
void test_refusals(void);
void test_grants(void);
void test_passing(void);
void test_privilege(void);
void test_generation(void);
void test_orphans(void);
void test_locks(void);
void test_many(void);
void test_owners(void);

#endif
