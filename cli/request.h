/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: commands, options, and the parsed request. */
#ifndef PCIRESET_CLI_REQUEST_H
#define PCIRESET_CLI_REQUEST_H

#include "util.h"

/* One bit per option, so that a command can list its options. */
enum option_id {
	OPT_TYPE	= 1 << 0,
	OPT_MAX_SCOPE	= 1 << 1,
	OPT_CHECK	= 1 << 2,
	OPT_TIMEOUT	= 1 << 3,
	OPT_RESET	= 1 << 4,	/* all that only reset has */
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
	OPT_RECOVER	= 1 << 18,	/* all that only recover has */
	OPT_LINK	= 1 << 19,	/* all that only link has */
	OPT_FILE	= 1 << 20,
	OPT_SERIALS	= 1 << 21,
	OPT_SVG		= 1 << 22,
	OPT_REENUMERATE	= 1 << 23,	/* all that only re-enumerate has */
	OPT_COUNT	= 1 << 24,
	OPT_DRY_RUN	= 1 << 25,
	OPT_FILTER	= 1 << 26,	/* --driver, --class, --vendor, --slot */
	OPT_OUTPUT_ALL	= 1 << 27,
	OPT_TREE	= 1 << 28,
	OPT_COLOR	= 1 << 29,
	OPT_QUALIFY	= 1 << 30,	/* all that only qualify has */
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
	bool takes_file;	/* one file to write, or to read events from */
	bool takes_none;	/* operands are optional */
	int (*run)(const struct request *req);
};

/* The options of qualify. */
struct qualify_request {
	const char *save, *resume, *report, *exercise, *key;
	const char *directory; /* whichever of the first three is given */
	uint32_t max_failures, seed;
};

/* The options of link. */
struct link_request {
	bool retrains;
	uint32_t speed_mts; /* 0: as fast as possible */
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
	bool cuts_power;	/* --power-cycle */
	const char *policy;
	bool asks_status;
	uint32_t max_scope, checks, force, timeout_ms, settle_ms, count;
	bool escalates;
	uint32_t link_speed_mts;
	uint32_t color; /* enum colors */
	struct qualify_request qualify;
	struct link_request link;
	char **names;
	size_t nr_names;
	struct filter *filters;
	size_t nr_filters;
};

static inline bool is_given(const struct request *req, enum option_id id)
{
	return req->given & id;
}

/* command.c */
void commands_set(const struct command *table, size_t nr);
const char *command_at(size_t i);
const struct command *command_find(const char *name);
char *commands_with(enum option_id id);
void usage_explain(const struct command *command);
const struct command *usage_command(void);
int usage_error(const char *fmt, ...) PRINTF(1, 2);

/* filter.c */
int filter_add(struct request *req, const char *option, const char *arg);
int filters_check(const struct request *req);
bool filters_fit(const struct request *req, const struct pcireset_dev *dev);

/* words.c */
word_at_fn words_of(const char *arg);
void complete_words(void);
void complete_row(const char *const fields[]);
#define COMPLETE_ROW(...) complete_row((const char *const[]){ __VA_ARGS__, NULL })

/* options.c */
int options_parse(struct request *req, int argc, char **argv);
void help_command(const struct command *command);
void options_table(const struct command *command);
int options_skip(int argc, char **argv);

/* help.c */
int help_print(void);
int help_table(void);

#endif /* PCIRESET_CLI_REQUEST_H */
