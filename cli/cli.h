/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of the command line tool. */
#ifndef PCIRESET_CLI_H
#define PCIRESET_CLI_H

#include <stdarg.h>
#include <stdio.h>
#include <json-c/json.h>
#include <libpcireset.h>
#include <libsmartcols.h>
#include <signal.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Exit statuses. They are part of the interface. */
enum status {
	STATUS_DONE = 0,	/* done and verified */
	STATUS_ERROR = 1,	/* nothing was touched */
	STATUS_USAGE = 2,
	STATUS_REFUSED = 3,	/* or unsupported; nothing was touched */
	STATUS_TOUCHED = 4,	/* touched, but not verified */
	STATUS_UNKNOWN = 5,	/* plan: no obstacle is known, but some facts are unknown */
	STATUS_SOME = 64,	/* only some of several devices succeeded */
};

/* One bit per option, so that a command can list its options. */
enum option_id {
	OPT_TYPE	= 1 << 0,
	OPT_MAX_SCOPE	= 1 << 1,
	OPT_CHECK	= 1 << 2,
	OPT_TIMEOUT	= 1 << 3,
	OPT_ESCALATE	= 1 << 4,
	OPT_FORCE	= 1 << 5,
	OPT_YES		= 1 << 6,
	OPT_OUTPUT	= 1 << 7,
	OPT_NOHEADINGS	= 1 << 8,
	OPT_RAW		= 1 << 9,
	OPT_JSON	= 1 << 10,
	OPT_SYSROOT	= 1 << 11,
	OPT_QUIET	= 1 << 12,
	OPT_VERBOSE	= 1 << 13,
	OPT_HELP	= 1 << 14,
	OPT_SETTLE	= 1 << 15,
	OPT_NO_MODULE	= 1 << 16,
	OPT_REPAIR	= 1 << 17,
	OPT_FILE	= 1 << 20,
	OPT_SERIALS	= 1 << 21,
	OPT_SVG		= 1 << 22,
	OPT_RUN		= 1 << 23,
	OPT_COUNT	= 1 << 24,
	OPT_DRY_RUN	= 1 << 25,
	OPT_FILTER	= 1 << 26,	/* --driver, --class, --vendor, --slot */
	OPT_OUTPUT_ALL	= 1 << 27,
	OPT_TREE	= 1 << 28,
	OPT_COLOR	= 1 << 29,
};

/* The options for tables. */
#define OPT_TABLE (OPT_OUTPUT | OPT_OUTPUT_ALL | OPT_NOHEADINGS | OPT_RAW | OPT_TREE)

struct request;

/* One row per command, for dispatch, help and options. */
struct command {
	const char *name;
	const char *operands;
	const char *summary;
	const char *text;
	unsigned int options;	/* mask of enum option_id */
	unsigned int required;	/* the options without a default */
	bool takes_devices;
	bool takes_file;	/* one file to write */
	bool takes_none;	/* operands are optional */
	int (*run)(const struct request *req);
};

/* A parsed and checked command line. */
struct request {
	const struct command *command;
	unsigned int given;	/* mask of enum option_id */
	const char *types;	/* parsed by the library, which names the invalid word */
	const char *columns;
	const char *sysroot;
	const char *dump;
	const char *svg;
	const char *command_line;
	uint32_t max_scope, checks, force, timeout_ms, settle_ms, count;
	uint32_t color; /* enum colors */
	char **names;
	size_t nr_names;
	struct filter *filters;
	size_t nr_filters;
};

/* The named functions, without duplicates. */
struct machine {
	struct pcireset_ctx *ctx;
	struct pcireset_dev **devs; /* the named functions, in order */
	size_t nr_devs;
	void *known; /* the same as a tree, for machine_has() */
};

/* The functions that list shows. In a tree, each one is below another one. */
struct selection {
	struct selected {
		struct pcireset_dev *dev;
		struct selected *above;
		struct libscols_line *line;
	} *v;
	size_t nr;
};

/* options.c */
int options_parse(struct request *req, int argc, char **argv);
void help_command(const struct command *command);
void options_table(const struct command *command);
int usage_error(const char *fmt, ...) PRINTF(1, 2);
int options_skip(int argc, char **argv);

/* hint.c */
typedef const char *(*word_at_fn)(size_t i);
char *did_you_mean(const char *kind, const char *typed, size_t len, word_at_fn at);
char *words_list(word_at_fn at);

/* interrupt.c */
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
int interrupt_to_forward(void);
void interrupt_tell(void);
void interrupt_run(void (*fn)(void *data), void *data, const struct interrupt_tick *tick);

/* way-out.c */
char *way_to_find(struct pcireset_dev *dev);
char *way_out(const struct request *req, struct pcireset_plan *plan);
char *way_out_of_error(struct pcireset_dev *dev, int r);

/* names.c */
int names_find(struct machine *m, const struct request *req, const char *name);
int names_check_types(struct machine *m, const struct request *req);

/* main.c */
const char *command_at(size_t i);
char *commands_with(enum option_id id);
void error(const char *fmt, ...) PRINTF(1, 2);
char *text(const char *fmt, ...) PRINTF(1, 2);
char *vtext(const char *fmt, va_list ap) PRINTF(1, 0);
bool is_given(const struct request *req, enum option_id id);
bool can_ask(void);
bool ask(const char *question);

/*
 * printable.c: all except utf8() return new text; printable() and printable_lines()
 * take over the old text.
 */
char *printable(char *words);
char *printable_lines(char *words);
char *printable_json(const char *document);
char *utf8(char *s); /* in place: a byte that is not UTF-8 becomes "?" */
void say(FILE *out, const char *fmt, ...) PRINTF(2, 3);

/* process.c */
void process_start(void);
void process_touches(void);
int process_settle(int status);
void process_abort(const char *why) __attribute__((noreturn));
int process_end(int status);
void *must(void *memory);
bool is_exhausted(void);

/* machine.c */
sigset_t hold_signals(void);
bool is_above(struct pcireset_dev *dev, struct pcireset_dev *below);
int machine_open(struct machine *m, const struct request *req);
int machine_query(struct machine *m);
size_t machine_count(const struct machine *m);
bool machine_has(const struct machine *m, const struct pcireset_dev *dev);
char *unnamed_members(const struct machine *m, const struct pcireset_plan *plan);
void machine_add(struct machine *m, struct pcireset_dev *dev);
void machine_note_unknown(const struct machine *m);
int machine_finish(struct machine *m, int status);
void machine_close(struct machine *m);
int machine_plan(struct machine *m, const struct request *req, struct pcireset_dev *dev,
		 struct pcireset_plan **ret_plan);
void allow_many_files(const struct machine *m);
struct pcireset_batch *batch_new(const struct machine *m);
int resolve_into(struct pcireset_batch *batch, struct pcireset_plan *plan);
void choose(struct pcireset_batch *batch);
int status_of_error(int r);
int status_merge(const int *statuses, size_t nr);

/* table.c */
size_t output_width(FILE *out);
size_t width_of_part(FILE *out, size_t part);
size_t width_of_rest(FILE *out, size_t rest);
struct libscols_table *table_new(const struct request *req, FILE *out);
char *wrap(FILE *out, char *words, size_t width);
void table_column(struct libscols_table *table, const char *name, int flags);
struct libscols_line *table_line(struct libscols_table *table);
void table_set(struct libscols_line *line, size_t column, char *data);
void table_print(struct libscols_table *table);
char *join(char *all, char *word);
char *users_text(const struct pcireset_dev *dev);
char *users_details(const struct pcireset_dev *dev);

/* color.c */
enum colors { COLORS_AUTO, COLORS_ALWAYS, COLORS_NEVER };
enum color { COLOR_IN_USE, COLOR_NO_RESET, COLOR_NAMED, COLOR_HIT, NR_COLORS };

bool is_colored(const struct request *req);
void color_line(struct libscols_line *line, enum color color);
void color_legend(void);
const char *color_at(size_t i);
int color_from_str(const char *word, uint32_t *ret_color);

/* libpci.c */
struct pci_access;
struct pci_access *libpci_new(void);
char *device_description(struct pcireset_dev *dev);
bool class_names_check(void);
bool class_has_name(uint32_t class, const char *part);
void names_close(void);

/* filter.c */
int filter_add(struct request *req, const char *option, const char *arg);
int filters_check(const struct request *req);
bool filters_fit(const struct request *req, const struct pcireset_dev *dev);

/* columns.c */
struct column;
const struct column *column_find(const char *name, size_t len);
const char *column_at(size_t i);
void columns_help(void);
int columns_check(const struct request *req);
void columns_print(const struct request *req, const struct selection *list);

/* list-tree.c */
void tree_select(const struct machine *m, const struct request *req, struct selection *list);

/* complete.c */
void complete_words(void);
word_at_fn words_of(const char *arg);
int complete_machine(int argc, char **argv);
void complete_row(const char *const fields[]);
#define COMPLETE_ROW(...) complete_row((const char *const[]){ __VA_ARGS__, NULL })

/* plan.c */
void plan_print(const struct request *req, struct pcireset_plan *plan, FILE *out);

/* svg.c */
int svg_draw(const struct request *req, struct pcireset_plan *plan);

/* json.c */
json_object *json_document(struct pcireset_ctx *ctx, const char *key, json_object *list);
struct json_devices { /* under construction; scopes are shared with the previous device */
	json_object *array, *last;
	struct pcireset_dev *last_dev;
};

json_object *json_add_device(struct json_devices *devices, struct pcireset_dev *dev);
void json_add_plan(json_object *device, struct pcireset_plan *plan);
json_object *json_report(struct pcireset_dev *dev, const struct pcireset_report *report);
json_object *json_failure(struct pcireset_dev *dev, int r, const char *message);
struct reenumeration;
json_object *json_reenumeration(const struct reenumeration *e, const char *result);
json_object *json_finding(const char *check, const char *verdict, const char *device,
			  const char *finding, const char *todo);
void json_print(json_object *document);
json_object *json_event(const char *event, const char *time, const char *device);
void json_add_string(json_object *o, const char *key, const char *value);
void json_add_number(json_object *o, const char *key, uint64_t value);
void json_add_bool(json_object *o, const char *key, bool value);
void json_add_ms(json_object *o, const char *key, uint64_t ns);
void json_add_checks(json_object *o, const char *key, uint32_t mask);
void json_add_types(json_object *o, const char *key, uint32_t mask, uint32_t flags);
void json_add_addresses(json_object *o, const struct pcireset_member *members, size_t nr);
void json_add_members(json_object *o, const struct pcireset_member *members, size_t nr);
void json_print_line(json_object *o);

/* outcome.c */
void member_print(const struct pcireset_member *member);

/* The commands. */
int command_list(const struct request *req);
int command_show(const struct request *req);
int command_plan(const struct request *req);
int command_record(const struct request *req);
int command_reset(const struct request *req);
int command_reenumerate(const struct request *req);
int command_doctor(const struct request *req);
int command_metrics(const struct request *req);
int command_watch(const struct request *req);

#endif /* PCIRESET_CLI_H */
