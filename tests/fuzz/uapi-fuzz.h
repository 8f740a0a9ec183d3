/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the uAPI fuzzer share: chance, memory, descriptors, calls and the simulated machine. */
#ifndef UAPI_FUZZ_H
#define UAPI_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pcireset.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE          4096U

/* ---- chance.c: the same from the same seed, on every machine */

struct chance {
	uint64_t state;
};

uint32_t draw(struct chance *chance);
uint32_t below(struct chance *chance, uint32_t limit);
bool one_in(struct chance *chance, uint32_t n);

/* ---- errors.c: the errno of the interface, as sets */

enum {
	E_OK,
	E_NOTTY,
	E_INVAL,
	E_2BIG,
	E_FAULT,
	E_NOMEM,
	E_OPNOTSUPP,
	E_PERM,
	E_STALE,
	E_BUSY,
	E_AGAIN,
	E_INTR,
	E_NODEV,
	E_TIMEDOUT,
	E_IO,
	E_BADF, /* of the system, before the module is asked; or of an owner */
	E_OTHER,
	NR_ERRORS
};

#define SET(e) (1U << (e))

#define TOUCHED   (SET(E_OK) | SET(E_TIMEDOUT) | SET(E_IO)) /* of a reset */
#define MISUSED   (SET(E_NOTTY) | SET(E_INVAL) | SET(E_2BIG) | SET(E_FAULT) | SET(E_OPNOTSUPP))
#define ON_DEVICE (MISUSED | SET(E_PERM) | SET(E_NODEV))

unsigned int error_index(int error);
const char *error_name(unsigned int index);
const char *set_text(uint32_t set);

/* ---- arena.c: memory whose end can only be read, and behind which there is none */

enum {
	ARENA_CALL,
	ARENA_TYPES,
	ARENA_MEMBERS,
	NR_ARENAS
};

/**
 * struct arena - memory handed to the module
 * @front: as the module sees it: up to @writable it can be written, up to @readable read
 * @back: the same memory, all of it writable
 * @before: what was there before the call
 */
struct arena {
	uint8_t *front;
	uint8_t *back;
	uint8_t *before;
	size_t writable;
	size_t readable;
};

#define ARENA_SIZE (4 * PAGE)

void arenas_make(unsigned int nr_workers);
struct arena *arena_of(unsigned int worker, unsigned int which);
bool can_read(uint64_t address, uint64_t size);
bool can_write(uint64_t address, uint64_t size);
uint8_t *back_door(uint64_t address);
void arena_poison(struct arena *arena, struct chance *chance);
void arena_allow(struct arena *arena, uint64_t address, uint64_t size);
bool arena_is_as_before(const struct arena *arena, size_t *ret_at);

/* ---- command.c: what the header says of each command */

enum {
	CMD_INFO,
	CMD_OPEN,
	CMD_NARROW,
	CMD_QUERY,
	CMD_RESET,
	CMD_RESET_MANY,
	CMD_STATS,
	CMD_EXPECT,
	CMD_EMPTY_BUS,
	NR_COMMANDS
};

/**
 * struct command - one command of the interface
 * @name: its name
 * @cmd: its number
 * @first: size of its structure in the first published header
 * @size: size of its structure
 * @on_device: belongs on a device's descriptor
 * @out_begin: its first out_* member
 * @out_end: behind the last one
 * @documented: set of the errno that it may give
 * @wanted: set of the errno that a run of some length has to meet
 */
struct command {
	const char *name;
	unsigned int cmd;
	uint32_t first;
	uint32_t size;
	bool on_device;
	size_t out_begin;
	size_t out_end;
	uint32_t documented;
	uint32_t wanted;
};

extern const struct command commands[NR_COMMANDS];
int command_of(unsigned int cmd);

/* ---- sim.c: the machine */

#define MAX_FUNCTIONS 64

struct counts {
	uint64_t resets[4]; /* bus, flr, pm, power_on */
	uint64_t writes;    /* to endpoints: ports are written to by their driver as well */
};

void sim_find_nodes(const char *dir);
void sim_begin(struct chance *chance);
void sim_end(void);
void sim_count(struct counts *counts);
unsigned int sim_nr_functions(void);
struct pcireset_addr sim_function(unsigned int nr);
bool sim_has(struct pcireset_addr addr);
bool sim_is_there(struct pcireset_addr addr);
bool sim_remove(struct pcireset_addr addr);
void sim_rescan(void);
bool sim_is_faulty(void);
bool sim_may_lose_functions(void);

/* ---- call.c: good calls, and what is done to them */

enum slot_kind {
	SLOT_FREE,
	SLOT_CLOSED,
	SLOT_CONTROL,
	SLOT_OTHER, /* a descriptor of something else */
	SLOT_DEVICE,
};

/* What an open descriptor grants; several numbers may stand for it. */
struct handle {
	unsigned int refs;
	struct pcireset_addr addr;
	uint32_t types;
	uint32_t max_scope;
	uint32_t force;
	bool must_own;
	uint64_t generation;
	bool is_orphan;
};

struct slot {
	enum slot_kind kind;
	int fd;
	struct handle *handle;
};

#define NR_SLOTS    24
#define FIRST_SLOT  3 /* those before are the control node, /dev/null and a closed one */
#define NR_WORKERS  4
#define MAX_HANDLES 256

enum manner {
	HERE,
	IN_CHILD,
	AS_NOBODY,
	KILLED,
};

struct call {
	uint64_t number;
	unsigned int cmd;
	struct slot *slot;
	uint64_t address;
	enum manner manner;
	bool is_tangled; /* many, and one part of it lies in another */
};

struct worker {
	unsigned int nr;
	struct chance chance;
	struct call call;
	struct slot *slots;
	bool is_alone; /* nobody else changes descriptors or memory */
	uint64_t counts[NR_COMMANDS][NR_ERRORS];
	uint64_t calls;
	uint64_t touched;
};

void call_make(struct worker *worker);
struct slot *call_choose_slot(struct worker *worker);
void call_fill_reset(struct worker *worker, struct pcireset_reset *arg);

/* ---- perform.c: making it */

#define CALL_WAS_KILLED (-1)

int call_perform(struct worker *worker);
int pass_descriptor(int fd);

/* ---- slots.c: descriptors */

struct slot *slots_open(void);
void slot_add(struct chance *chance, const struct pcireset_open *arg);
void slot_clear(struct slot *slot);
bool slots_change(struct chance *chance);
void slots_fill(struct chance *chance);
void slots_orphan(struct chance *chance);
void slots_clear(void);

/* ---- many.c: many resets in one call */

void many_fill(struct worker *worker, struct pcireset_reset_many *arg);
void many_spoil(struct worker *worker, const struct pcireset_reset_many *arg);
bool many_is_tangled(const struct worker *worker);
uint32_t many_misuses(const struct worker *worker);
void many_allow(const struct worker *worker);
void many_check(const struct worker *worker);
void many_check_failure(const struct worker *worker);
uint32_t many_issued(const struct worker *worker, bool *ret_in_vain);
uint64_t many_patience_ms(const struct worker *worker);

/* ---- oracle.c: what may come of a call */

uint32_t if_so(bool condition, unsigned int error);
bool overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size);
uint32_t judge_surplus(uint64_t address, uint32_t known, uint32_t size);
uint32_t judge_structure(uint64_t address, uint32_t known, uint32_t first);
uint32_t may_be_missed(uint64_t address, uint32_t given, uint32_t nr);
bool many_may_miss(const struct worker *worker);
uint32_t reset_misuses(const struct worker *worker, const struct pcireset_reset *arg);
uint32_t reset_refusals(const struct handle *handle, const struct pcireset_reset *arg);
uint32_t reset_outcomes(const struct handle *handle, const struct pcireset_reset *arg);
void check_reset(const struct worker *worker, const struct pcireset_reset *arg, unsigned int error);

uint32_t misuses(const struct worker *worker);
uint32_t outcomes(const struct worker *worker);
void check_memory(const struct worker *worker);
void check_results(const struct worker *worker, unsigned int error);
void check_counts(const struct worker *worker, unsigned int error, const struct counts *before,
		  const struct counts *after);

enum verdict {
	BAD_ERROR,
	BAD_MEMORY,
	BAD_RESULT,
	BAD_TOUCH,
	BAD_TIME,
	NR_VERDICTS
};

void complain(const struct worker *worker, enum verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
unsigned int complaints(enum verdict verdict);

#endif
