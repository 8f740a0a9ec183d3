/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read config spaces in the format of lspci -x. A mail, a forum, a log, a patch, a page or an
 * editor may have changed the text: quotes, times and line numbers at the start of a line,
 * tabs, no-break spaces, HTML, a byte order mark, UTF-16, lines of stderr in between,
 * listings before and other numbers after the dump. A note of the context has the number of
 * skipped lines.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "snapshot/snapshot.h"

#define MAX_FUNCTIONS 16384
#define LINE_BYTES    DUMP_LINE_BYTES

/* The first row of a config space behind a prefix that other rows do not have. */
struct aside {
	struct pcireset_addr addr;
	bool has_addr;
	size_t line;
};

struct text {
	struct dump *dump;
	struct function *current; /* function of the next lines, or NULL */
	bool is_listing;          /* the function before it has no config space */
	bool is_open;             /* the previous line belongs to it */
	bool is_logged;           /* a log put its time before this line */
	bool is_early;            /* the kernel prints the current function */
	size_t depth;             /* of the quote that this line is in */
	size_t function_depth;    /* the same, of the current function */
	size_t partial;           /* bytes of a line that continues in the next one */
	size_t line;
	size_t number;                   /* before the previous line, 0: none */
	struct prefix prefix;            /* of all lines, if no row is without it */
	struct prefix other;             /* of some lines, if there are rows without it */
	struct pcireset_addr aside_addr; /* the last function behind it */
	bool has_aside_addr;
	struct aside *asides;
	size_t nr_asides;
	size_t path;                      /* line of a function without a bus number, or 0 */
	size_t nr_skipped, first_skipped; /* lines */
	size_t odd;                       /* first line of bytes in another format, 0: none */
	bool is_cut;                      /* the text ends within an address */
	size_t nr_cut;                    /* functions with less than lspci prints */
	char first_cut[PCIRESET_ADDR_STR_MAX];
};

void dump_clear(struct dump *dump)
{
	for (size_t i = 0; i < dump->nr; i++)
		free(dump->v[i]);
	free(dump->v);
	dump->v = NULL;
	dump->nr = 0;
}

/* ---- lines */

#define MAX_INITIALS 16

/* Skip the marks of a quote, "> ", ">> ", "| ", "JD> " and "john> ", and blanks. */
static const char *skip_quote_marks(const char *line)
{
	const char *p = line;

	for (;;) {
		size_t letters = 0;

		while (*p == ' ')
			p++;
		while (letters < MAX_INITIALS && isalpha((unsigned char)p[letters]))
			letters++;
		if (p[letters] == '>')
			p += letters + 1;
		else if (*p == '|')
			p++;
		else
			return p;
	}
}

/* How often a mail quotes the line. */
static size_t quote_depth(const char *line)
{
	const char *end = skip_quote_marks(line);
	size_t depth = 0;

	for (const char *p = line; p < end; p++)
		depth += *p == '>' || *p == '|';
	return depth;
}

/* The same for a continued line, whose blanks belong to it. */
static const char *unquote_rest(const char *line)
{
	const char *p = line;

	while (*p == '>' || *p == '|')
		p++;
	return p > line && *p == ' ' ? p + 1 : p;
}

/* Return the text after "Slot: " or "Device: ", with -vm, or the same text. */
static const char *skip_key(const char *line)
{
	static const char *const keys[] = { "Slot: ", "Device: " };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strncmp(line, keys[i], strlen(keys[i])))
			return line + strlen(keys[i]) + strspn(line + strlen(keys[i]), " ");
	return line;
}

/*
 * Return the length of an address at the start of a line, without the bridges above it
 * ("00:1c.0/03:00.0", with -PP), and without marks of a page behind it.
 */
static size_t find_address(const char **line)
{
	size_t len = strcspn(*line, " ");
	const char *slash = memrchr(*line, '/', len);

	if (slash) {
		len -= (size_t)(slash + 1 - *line);
		*line = slash + 1;
	}
	while (len && strchr("*`_:,\"", (*line)[len - 1]))
		len--;
	return len;
}

/*
 * Return the length of the domain, with its colon, of an address or of the first address of a
 * path: "10000:00:01.0/03:00.0". 0: there is none.
 */
static size_t domain_length(const char *address)
{
	size_t len = strcspn(address, ": /"), bus;

	if (address[len] != ':')
		return 0;
	bus = strcspn(address + len + 1, ": /");
	return address[len + 1 + bus] == ':' ? len + 1 : 0;
}

/* Read "0000:03:00.0 Ethernet ...", with or without the domain. */
static bool is_function_line(const char *line, struct pcireset_addr *ret_addr)
{
	const char *early = dump_skip_early(line), *path = early ? early : skip_key(line);
	size_t len, domain = domain_length(path);
	char full[64];

	line = path;
	len = find_address(&line);
	if (!len || len > 32 || domain > 9 || !memchr(line, ':', len))
		return false;
	if (domain_length(line))
		domain = 0;
	snprintf(full, sizeof(full), "%s%.*s%.*s",
		 domain || domain_length(line) ? "" : "0000:", (int)domain, path, (int)len, line);
	for (char *p = full; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return addr_parse(full, strlen(full), ret_addr);
}

/*
 * "00:1c.0/00.0", with -P: the function has no bus number. VFs may be on any bus below the
 * bridge.
 */
static bool is_path_without_bus(const char *line)
{
	const char *path = skip_key(line), *last = path;
	size_t len = find_address(&last), first = strcspn(path, "/ ");
	struct pcireset_addr addr;
	char name[32];

	if (last == path || len != 4 || dump_hex_digit(last[0]) < 0 ||
	    dump_hex_digit(last[1]) < 0 || last[2] != '.' || first >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)first, path);
	return is_function_line(name, &addr);
}

/* ---- prefixes by logs, patches and editors */

/*
 * Return the text after "[   12.345678] " or "[Mon Jan  1 12:00:00 2024] ", or NULL. The kernel
 * may print the number of a processor or thread right behind it: "[   12.345678][    T1] ".
 */
static const char *skip_brackets(const char *p)
{
	const char *end = *p == '[' ? strchr(p, ']') : NULL;

	if (!end || strcspn(p, "0123456789") >= (size_t)(end - p))
		return NULL;
	return end[1] == ' ' ? end + 2 : end[1] == '[' ? end + 1 : NULL;
}

/* Return the text after "  12 ", "12: " or "12:", or NULL. */
static const char *skip_line_number(const char *p)
{
	size_t digits = strspn(p, "0123456789");

	return digits && (p[digits] == ' ' || p[digits] == ':') ? p + digits + 1 : NULL;
}

/*
 * Return the text after "Jan  1 12:00:00 host program[1]: " or "2024-01-01T12:00:00 host
 * program: ", or NULL.
 */
static const char *skip_log(const char *p)
{
	bool has_month = isupper((unsigned char)p[0]) && isalpha((unsigned char)p[1]) &&
			 isalpha((unsigned char)p[2]) && p[3] == ' ';
	const char *end =
		has_month || (strspn(p, "0123456789") == 4 && p[4] == '-') ? strstr(p, ": ") : NULL;

	return end ? end + 2 : NULL;
}

/* A patch, a comment, a list or a page may begin each line with a mark. */
static bool is_mark(char c)
{
	return c && strchr("+#%:;*/~`\"", c);
}

/* @ret_logged is set if the prefix has a time. */
static const char *skip_prefix(const char *p, bool *ret_logged)
{
	const char *rest = is_mark(*p) ? p + 1 : skip_line_number(p);

	if (rest)
		return rest;
	rest = skip_brackets(p);
	rest = rest ? rest : skip_log(p);
	*ret_logged |= !!rest;
	return rest;
}

static bool is_of_lspci(const char *line)
{
	struct pcireset_addr addr;
	uint8_t bytes[LINE_BYTES];
	const char *rest;
	size_t offset;

	return dump_read_row(line, &offset, bytes, &rest) ||
	       dump_read_early_row(line, &offset, bytes, &rest) || is_function_line(line, &addr) ||
	       is_path_without_bus(line);
}

/* Return the part of a line that lspci printed, or the unquoted line if there is none. */
static const char *find_logged_line(const char *line, bool *ret_logged)
{
	const char *content = skip_quote_marks(line), *p = content;
	bool is_logged = false;

	*ret_logged = false;
	for (int nr = 0; p && nr < 4; nr++) {
		if (is_of_lspci(p)) {
			*ret_logged = is_logged;
			return p;
		}
		p = skip_prefix(p, &is_logged);
		p = p ? skip_quote_marks(p) : NULL;
	}
	return content;
}

static const char *find_line(const char *line)
{
	bool is_logged;

	return find_logged_line(line, &is_logged);
}

/*
 * From line 1000 on, "1000:03:00.0" of grep -n looks like an address in a domain. It is
 * not one if the previous line has the previous number. A row of lspci begins with at
 * most three digits.
 */
static const char *skip_counted(struct text *text, const char *line)
{
	size_t digits = strspn(line, "0123456789"), before = text->number;
	struct pcireset_addr addr;

	text->number = 0;
	if (!digits || digits > 9 || line[digits] != ':')
		return line;
	text->number = strtoul(line, NULL, 10);
	if (digits < 4 || *line == '0' || !is_function_line(line, &addr))
		return line;
	if (before && text->number == before + 1)
		return line + digits + 1;
	text->number = 0;
	return line;
}

/* ---- functions */

static void skip_line(struct text *text)
{
	if (!text->nr_skipped++)
		text->first_skipped = text->line;
}

/* The sizes that lspci prints. With any other size, some rows are missing. */
static size_t whole_length(const struct config *config)
{
	size_t len = config->len;

	if (len >= PCI_CFG_SPACE_EXP_SIZE)
		return PCI_CFG_SPACE_EXP_SIZE;
	if (len >= PCI_CFG_SPACE_SIZE)
		return PCI_CFG_SPACE_SIZE;
	if (len == 128 && (config->b[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_CARDBUS)
		return len;
	return len >= PCI_STD_HEADER_SIZEOF ? PCI_STD_HEADER_SIZEOF : 0;
}

static bool is_row(const char *line)
{
	uint8_t bytes[LINE_BYTES];
	const char *rest;
	size_t offset;

	return dump_read_row(find_line(line), &offset, bytes, &rest) == LINE_BYTES;
}

/* The first row of a config space behind words that find_line() does not skip. */
static bool is_first_row_aside(const char *line)
{
	return prefix_is_other(line) && !is_row(line);
}

/*
 * A prefix counts only if find_line() finds no row in the whole text: otherwise rows behind
 * other words are not part of the dump. They may be the rest of it.
 */
static void learn_prefix(struct text *text, const char *data)
{
	char line[2 * PREFIX_MAX];
	bool has_row = false;

	for (const char *p = data; p && !(has_row && text->prefix.len);) {
		const char *end = strchrnul(p, '\n');
		size_t len = (size_t)(end - p);

		len = len < sizeof(line) ? len : sizeof(line) - 1;
		memcpy(line, p, len);
		line[len] = '\0';
		has_row = has_row || is_row(line);
		if (is_first_row_aside(line))
			prefix_learn(&text->prefix, line);
		p = *end ? end + 1 : NULL;
	}
	if (!has_row)
		return;
	text->other = text->prefix;
	text->prefix.len = 0;
}

/* Keep the functions behind the other prefix until those of the dump are known. */
static int keep_aside(struct text *text, const char *line)
{
	const char *rest = prefix_skip(&text->other, line);
	struct aside *v;

	if (rest && is_function_line(find_line(rest), &text->aside_addr))
		text->has_aside_addr = true;
	if (!text->other.len || !is_first_row_aside(line))
		return 0;
	v = array_room(text->asides, text->nr_asides, sizeof(*v));
	if (!v)
		return ctx_error(text->dump->ctx, -ENOMEM, "out of memory");
	text->asides = v;
	v[text->nr_asides++] = (struct aside){
		.addr = text->aside_addr,
		.has_addr = rest && text->has_aside_addr,
		.line = text->line,
	};
	return 0;
}

/* The same as find_line(), and behind the learned prefix. */
static const char *find_prefixed_line(struct text *text, const char *line)
{
	const char *content = find_logged_line(line, &text->is_logged), *rest;

	if (!text->prefix.len)
		return content;
	rest = prefix_skip(&text->prefix, line);
	/* A time with nothing behind it may look like an address, such as "12:05.3". */
	if (rest && (!*rest || is_of_lspci(find_line(rest)))) {
		text->is_logged = false;
		return find_line(rest);
	}
	if (!rest && prefix_is_other(line))
		skip_line(text);
	return content;
}

static void end_function(struct text *text)
{
	struct function *f = text->current;
	size_t len = f ? whole_length(&f->config) : 0;

	if (f && (len < f->config.len || text->partial)) {
		if (!text->nr_cut++)
			strcpy(text->first_cut, f->name);
		memset(f->config.b + len, 0, sizeof(f->config.b) - len);
		f->config.len = len;
	}
	text->is_listing = f && !f->config.len;
	text->current = NULL;
	text->partial = 0;
	text->is_open = false;
}

/*
 * The kernel's log may be printed on the terminal that lspci writes to. A function that a
 * message names right after the function of lspci may be either, so both have no rows.
 */
static bool is_in_doubt(const struct text *text)
{
	const struct function *f = text->current;

	return text->is_logged && f && !f->is_logged && !f->config.len && !text->partial &&
	       f->line + 1 == text->line;
}

static int begin_function(struct text *text, const struct pcireset_addr *addr)
{
	bool is_doubtful = is_in_doubt(text);
	struct dump *dump = text->dump;
	struct function *f;

	end_function(text);
	text->path = 0;
	if (dump->nr == MAX_FUNCTIONS)
		return ctx_error(dump->ctx, -EFBIG, "line %zu: more than %d functions", text->line,
				 MAX_FUNCTIONS);
	if (dump->nr == dump->room) {
		size_t room = dump->room ? 2 * dump->room : 64;
		struct function **v = reallocarray(dump->v, room, sizeof(*v));

		if (!v)
			return ctx_error(dump->ctx, -ENOMEM, "out of memory");
		dump->v = v;
		dump->room = room;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return ctx_error(dump->ctx, -ENOMEM, "out of memory");
	f->addr = *addr;
	f->parent = f->physfn = DUMP_NONE;
	f->order = dump->nr;
	f->line = text->line;
	f->is_logged = text->is_logged;
	pcireset_addr_to_str(addr, f->name);
	dump->v[dump->nr++] = f;
	text->current = is_doubtful ? NULL : f;
	text->is_open = !is_doubtful;
	return 0;
}

/*
 * The rest of a line that was split by a mail program, or by output of another stream. A log may
 * put a time before it.
 */
static bool take_rest_of_line(struct text *text, const char *line)
{
	struct config *config = &text->current->config;
	const char *logged = skip_brackets(line);
	size_t nr;

	line = logged ? logged : line;
	nr = dump_read_bytes(&line, config->b + config->len + text->partial,
			     LINE_BYTES - text->partial);
	if (!nr || (*line && !ispunct((unsigned char)*line)))
		return false;
	text->partial += nr;
	if (text->partial == LINE_BYTES) {
		config->len += LINE_BYTES;
		text->partial = 0;
	}
	return true;
}

static bool has_these(const struct config *config, size_t offset, const uint8_t *bytes)
{
	return offset + LINE_BYTES <= config->len && !memcmp(config->b + offset, bytes, LINE_BYTES);
}

/* A row that does not fit ends the function: later rows may belong to another one. */
static void take_bytes(struct text *text, size_t offset, const uint8_t *bytes, size_t nr)
{
	struct config *config = text->current ? &text->current->config : NULL;

	if (!text->is_open && nr < LINE_BYTES)
		return;
	if (config && nr == LINE_BYTES && has_these(config, offset, bytes))
		return;
	if (!config || text->partial || offset != config->len) {
		skip_line(text);
		end_function(text);
		return;
	}
	memcpy(config->b + config->len, bytes, nr);
	config->len += nr == LINE_BYTES ? LINE_BYTES : 0;
	text->partial = nr % LINE_BYTES;
	text->is_open = true;
}

/* A message of the log in between: the function has no time before its name. */
static bool is_of_log(const struct text *text)
{
	return text->is_logged && text->current && !text->current->is_logged;
}

/* "     0  1  2 ..." or "00 01 02 ...": the columns of another program, such as i2cdump. */
static bool is_column_header(const char *line)
{
	char *end;

	for (unsigned long i = 0; i < LINE_BYTES / 2; i++, line = end)
		if (strtoul(line, &end, 16) != i || end == line)
			return false;
	return true;
}

/* "$ i2cdump", "root@host:~# i2cdump" or "[root@host ~]# i2cdump": what follows is its output. */
static bool is_prompt(const char *line)
{
	size_t at = strcspn(line, "$#");
	bool is_word = strcspn(line, " ") >= at;

	if (!line[at] || line[at + 1] != ' ' ||
	    !(isalpha((unsigned char)line[at + 2]) || line[at + 2] == '.' || line[at + 2] == '/'))
		return false;
	if (!is_word)
		return *line == '[' && memchr(line, '@', at);
	return line[at] == '$' || memchr(line, '@', at) || memchr(line, '~', at);
}

/*
 * "00000000: 8680 ...", "0x00: 86, 80 ...": at least eight bytes behind an offset, in a format
 * that lspci does not have. The code of an oops has no offset before its bytes.
 */
static bool is_odd_row(const char *line)
{
	size_t digits, nr = 0;

	line += strncmp(line, "0x", 2) ? 0 : 2;
	digits = strspn(line, "0123456789abcdefABCDEF");
	if (digits < 2 || digits > 8 || !line[digits] || !strchr(": |-", line[digits]) ||
	    !strchr("08", line[digits - 1]))
		return false;
	for (line += digits; *line && strchr(" :|-,x", *line); line++)
		while (dump_hex_digit(line[1]) >= 0) {
			nr++;
			line++;
		}
	return nr >= LINE_BYTES;
}

/* "00: 86 80 ... | 00: 86 81 ...", by diff -y or paste: the same row of two dumps. */
static bool has_row_beside(const char *rest, size_t offset)
{
	uint8_t bytes[LINE_BYTES];
	size_t other;

	rest += strspn(rest, " |<>/\\()");
	return dump_read_row(rest, &other, bytes, &rest) > 3 && other == offset;
}

/* "12,14c12,14" or "@@ -1,2 +1,2 @@" of diff: lines in front of it are left out. */
static bool is_hunk(const char *line)
{
	size_t len = strspn(line, "0123456789,");

	if (!strncmp(line, "@@ ", 3) || !strncmp(line, "***************", 15))
		return true;
	return len && strchr("acd", line[len]) && line[len] && line[len + 1] &&
	       !line[len + 1 + strspn(line + len + 1, "0123456789,")];
}

/* A mail answers within the quoted function. The rest of the function follows the answer. */
static bool is_in_answer(const struct text *text)
{
	return text->current && text->depth < text->function_depth;
}

/*
 * After a list of functions, what follows a blank line may belong to any of them. The
 * output of another program belongs to none.
 */
static void end_listing(struct text *text, const char *line)
{
	bool is_of_other = !is_in_answer(text) && (is_prompt(line) || is_column_header(line));
	bool is_end = *line ? is_of_other : text->is_listing;

	if (!*line)
		text->path = 0;
	if (is_end && text->current && !text->current->config.len && !text->partial)
		end_function(text);
}

/* A patch removes this line. The replacement follows. */
static bool is_removed(const char *line)
{
	return *line == '-' && is_of_lspci(line + 1);
}

/* A list of such functions alone is no reason. */
static int fail_without_bus(const struct text *text)
{
	return ctx_error(text->dump->ctx, -EBADMSG,
			 "line %zu: a function is named by the bridges above it, without its bus, "
			 "as lspci -P prints it; use lspci -xxxx, with -PP or without it",
			 text->path);
}

/* A row of config space: some of its bytes, and the text behind them. */
struct row {
	uint8_t bytes[LINE_BYTES];
	size_t offset, nr;
	const char *rest;
};

static bool has_a_byte_more(const struct row *row)
{
	return row->nr == LINE_BYTES && dump_hex_digit(row->rest[0]) >= 0 &&
	       dump_hex_digit(row->rest[1]) >= 0 && (!row->rest[2] || row->rest[2] == ' ');
}

static int read_row(struct text *text, const struct row *row)
{
	if (has_row_beside(row->rest, row->offset))
		return ctx_error(text->dump->ctx, -EBADMSG,
				 "line %zu: two dumps are side by side; save each in a file of "
				 "its own",
				 text->line);
	if (is_of_log(text)) {
		skip_line(text);
		return 0;
	}
	if (has_a_byte_more(row)) {
		skip_line(text);
		end_function(text);
		return 0;
	}
	if (text->path)
		return fail_without_bus(text);
	take_bytes(text, row->offset, row->bytes, row->nr);
	return 0;
}

/* Ignore blank lines and words, such as those of -v. They only end the current sequence. */
static int read_line(struct text *text, const char *line)
{
	struct pcireset_addr addr;
	struct row row;

	row.nr = dump_read_row(line, &row.offset, row.bytes, &row.rest);
	if (!row.nr && text->is_early)
		row.nr = dump_read_early_row(line, &row.offset, row.bytes, &row.rest);
	if (row.nr)
		return read_row(text, &row);
	if (is_path_without_bus(line)) {
		end_function(text);
		text->path = text->line;
		return 0;
	}
	if (is_function_line(line, &addr)) {
		text->is_early = dump_skip_early(line);
		text->function_depth = text->depth;
		return begin_function(text, &addr);
	}
	if (is_removed(line)) {
		skip_line(text);
		return 0;
	}
	if (!is_in_answer(text) && is_hunk(line)) {
		end_function(text);
		return 0;
	}
	if (text->partial && take_rest_of_line(text, line))
		return 0;
	if (!text->odd && is_odd_row(line))
		text->odd = text->line;
	end_listing(text, line);
	if (text->current && text->current->config.len)
		text->is_open = false;
	return 0;
}

/* Messages of libpci or lspci on the error stream, which a terminal shows in between. */
static char *find_message(char *line)
{
	char *pcilib = strstr(line, "pcilib: "), *lspci = strstr(line, "lspci: ");

	return pcilib && (!lspci || pcilib < lspci) ? pcilib : lspci;
}

/* Longer than a row or the name of a function: later lines are not the rest of it. */
#define MAX_BEGUN 256

/*
 * A message ends its line, so the rest of the interrupted line is on the next one. There
 * is room for it, because the message was removed. Other words before a message have no
 * meaning.
 */
static char *join_lines(struct text *text, char *begun, const char *line)
{
	const char *rest = unquote_rest(line), *content;
	char *end = begun + strlen(begun);
	struct pcireset_addr addr;

	memmove(end, rest, strlen(rest) + 1);
	content = find_logged_line(begun, &text->is_logged);
	if (is_of_lspci(content))
		return (char *)content;
	content = find_logged_line(end, &text->is_logged);
	return is_function_line(content, &addr) ? (char *)content : begun;
}

static int read_lines(struct text *text, char *data)
{
	char *save = NULL, *message = NULL, *begun = NULL;
	int r = 0;

	learn_prefix(text, data);
	for (char *line = data; line && !r; line = save) {
		char *end = strchr(line, '\n');

		save = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		text->line++;
		line = (char *)skip_counted(text, line);
		text->depth = quote_depth(line);
		r = begun ? 0 : keep_aside(text, line);
		if (r < 0)
			break;
		line = begun ? join_lines(text, begun, line) :
			       (char *)find_prefixed_line(text, line);
		begun = NULL;
		message = find_message(line);
		if (message)
			*message = '\0';
		if (message && message - line < MAX_BEGUN)
			begun = line;
		else
			r = read_line(text, line);
	}
	if (begun && !r)
		r = read_line(text, begun);
	end_function(text);
	return r;
}

static int by_address(const void *a, const void *b)
{
	const struct function *const *x = a, *const *y = b;

	return addr_cmp(&(*x)->addr, &(*y)->addr);
}

/* Sorted by address. */
static bool has_function(const struct dump *dump, const struct pcireset_addr *addr)
{
	const struct function key = { .addr = *addr }, *p = &key;
	struct function *const *found =
		bsearch(&p, dump->v, dump->nr, sizeof(*dump->v), by_address);

	return found && !function_is_listed_only(*found);
}

/* They are functions without config space, unless the dump has it. */
static int list_asides(struct text *text)
{
	int r = 0;

	text->is_logged = false;
	for (size_t i = 0; !r && i < text->nr_asides; i++) {
		text->line = text->asides[i].line;
		if (text->asides[i].has_addr)
			r = begin_function(text, &text->asides[i].addr);
		end_function(text);
	}
	return r;
}

/* A second copy of a function of the dump, such as in a comparison, is not missing. */
static void skip_asides(struct text *text)
{
	for (size_t i = 0; i < text->nr_asides; i++) {
		const struct aside *aside = &text->asides[i];

		if (aside->has_addr && has_function(text->dump, &aside->addr))
			continue;
		if (!text->nr_skipped++ || aside->line < text->first_skipped)
			text->first_skipped = aside->line;
	}
}

static void tell_what_is_missing(const struct text *text)
{
	if (text->nr_skipped)
		ctx_note(text->dump->ctx,
			 "%zu line%s of config space could not be assigned to a function and "
			 "%s skipped, the first is line %zu",
			 text->nr_skipped, text->nr_skipped == 1 ? "" : "s",
			 text->nr_skipped == 1 ? "was" : "were", text->first_skipped);
	if (text->is_cut)
		ctx_note(text->dump->ctx,
			 "the file ends within a line, so functions may be missing");
	if (text->nr_cut)
		ctx_note(text->dump->ctx,
			 "the config space of %zu function%s is cut off, and only the part before "
			 "the cut is used; the first is %s",
			 text->nr_cut, text->nr_cut == 1 ? "" : "s", text->first_cut);
}

/* ---- several dumps in one file */

static int by_address_and_order(const void *a, const void *b)
{
	const struct function *const *x = a, *const *y = b;
	int order = by_address(a, b);

	return order ? order : (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

static int by_order(const void *a, const void *b)
{
	const struct function *const *x = a, *const *y = b;

	return (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

static bool is_same_function(const struct function *a, const struct function *b)
{
	return addr_is(&a->addr, &b->addr);
}

/*
 * Sorted by address. For each function with config space whose address occurred before: 1
 * + its order in nr_dump, otherwise 0.
 */
static void find_repeated(struct dump *dump)
{
	const struct function *last = NULL;

	for (size_t i = 0; i < dump->nr; i++) {
		struct function *f = dump->v[i];

		if (last && !is_same_function(last, f))
			last = NULL;
		f->nr_dump = last ? last->order + 1 : 0;
		if (!function_is_listed_only(f))
			last = f;
	}
}

/*
 * In the order of the file: a dump ends where an address is repeated. Return the number
 * of dumps.
 */
static size_t number_dumps(struct dump *dump, const struct function **ret_second)
{
	size_t nr = 1, begin = 0;

	for (size_t i = 0; i < dump->nr; i++) {
		struct function *f = dump->v[i];

		if (!function_is_listed_only(f) && f->nr_dump > begin) {
			nr++;
			begin = f->order;
			*ret_second = nr == 2 ? f : *ret_second;
		}
		f->nr_dump = nr;
	}
	return nr;
}

static bool do_agree(const struct function *a, const struct function *b)
{
	size_t len = a->config.len < b->config.len ? a->config.len : b->config.len;

	return !memcmp(a->config.b, b->config.b, len);
}

/*
 * Of functions with the same address, keep the one with most of config space. Sorted by
 * address.
 */
static void keep_longest(struct dump *dump)
{
	size_t kept = 0;

	for (size_t i = 0; i < dump->nr; i++) {
		struct function *f = dump->v[i], **last = kept ? &dump->v[kept - 1] : NULL;

		if (!last || !is_same_function(*last, f)) {
			dump->v[kept++] = f;
		} else if ((*last)->config.len < f->config.len) {
			free(*last);
			*last = f;
		} else {
			free(f);
		}
	}
	dump->nr = kept;
}

static void keep_number(struct dump *dump, size_t number)
{
	size_t kept = 0;

	for (size_t i = 0; i < dump->nr; i++) {
		if (dump->v[i]->nr_dump == number)
			dump->v[kept++] = dump->v[i];
		else
			free(dump->v[i]);
	}
	dump->nr = kept;
}

/* Sorted by address. */
static bool do_all_agree(const struct dump *dump)
{
	const struct function *last = NULL;

	for (size_t i = 0; i < dump->nr; i++) {
		const struct function *f = dump->v[i];

		if (last && is_same_function(last, f) && !do_agree(last, f))
			return false;
		if (!function_is_listed_only(f))
			last = f;
	}
	return true;
}

static void sort_by_address(struct dump *dump)
{
	qsort(dump->v, dump->nr, sizeof(*dump->v), by_address_and_order);
}

/* Keep the requested dump. Without a number, keep all of them if they do not differ. */
static int choose_dump(struct dump *dump)
{
	struct pcireset_ctx *ctx = dump->ctx;
	const struct function *second = NULL;
	size_t nr;

	sort_by_address(dump);
	find_repeated(dump);
	qsort(dump->v, dump->nr, sizeof(*dump->v), by_order);
	nr = number_dumps(dump, &second);
	if (ctx->dump_number > nr)
		return ctx_error(ctx, -EBADMSG,
				 "there are %zu dumps in the file, and no number %zu", nr,
				 ctx->dump_number);
	if (ctx->dump_number)
		keep_number(dump, ctx->dump_number);
	sort_by_address(dump);
	if (!ctx->dump_number && !do_all_agree(dump))
		return ctx_error(
			ctx, -EBADMSG,
			"there are %zu dumps in the file that differ, the second begins in "
			"line %zu with %s; add #1 to the name for the first, #2 for the "
			"second",
			nr, second->line, second->name);
	if (nr > 1 && !ctx->dump_number)
		ctx_note(ctx, "there are %zu dumps in the file, and they do not differ", nr);
	keep_longest(dump);
	return 0;
}

static bool has_config(const struct dump *dump)
{
	for (size_t i = 0; i < dump->nr; i++)
		if (!function_is_listed_only(dump->v[i]))
			return true;
	return false;
}

/* The first line with bytes that no function has. */
static size_t first_unread(const struct text *text)
{
	if (text->odd && (!text->nr_skipped || text->odd < text->first_skipped))
		return text->odd;
	return text->nr_skipped ? text->first_skipped : text->dump->v[0]->line + 1;
}

static int check_functions(const struct text *text)
{
	const struct dump *dump = text->dump;

	if (has_config(dump))
		return 0;
	if (dump->nr && (text->nr_skipped || text->nr_cut || text->odd))
		return ctx_error(dump->ctx, -EBADMSG,
				 "functions are listed, %s for one, and the bytes from line %zu on "
				 "cannot be read as their config space; lspci prints it with -xxxx",
				 dump->v[0]->name, first_unread(text));
	if (dump->nr)
		return ctx_error(dump->ctx, -EBADMSG,
				 "functions are listed, %s for one, and there is no config space; "
				 "lspci prints it with -xxxx",
				 dump->v[0]->name);
	if (text->nr_skipped)
		return ctx_error(dump->ctx, -EBADMSG,
				 "line %zu: config space, and no line before it says of which "
				 "function",
				 text->first_skipped);
	if (text->odd)
		return ctx_error(
			dump->ctx, -EBADMSG,
			"line %zu: bytes as xxd or hexdump print them, without the name of "
			"a function; lspci -xxxx prints both",
			text->odd);
	return ctx_error(dump->ctx, -EBADMSG,
			 "there is no PCI function in it, as lspci -xxxx prints them");
}

/* Two digits or more of "0000:03:00.0", and no line end behind them. */
static bool ends_within_address(const char *text, size_t size)
{
	const char *end = memrchr(text, '\n', size), *line = end ? end + 1 : text;
	struct pcireset_addr addr;
	size_t len;

	line = find_line(line);
	len = strspn(line, "0123456789abcdef:.");
	return len >= 2 && !line[len] && !is_function_line(line, &addr);
}

static int read_text(struct text *text, const char *data, size_t size)
{
	char *plain = dump_narrow(data, size, &size);
	int r;

	if (!plain)
		return ctx_error(text->dump->ctx, -ENOMEM, "out of memory");
	text->is_cut = ends_within_address(plain, size);
	r = read_lines(text, plain);
	free(plain);
	return r;
}

int dump_text_probe(struct pcireset_ctx *ctx, const char *data, size_t size)
{
	struct dump dump = { .ctx = ctx };
	struct text text = { .dump = &dump };
	int r = read_text(&text, data, size);
	bool is_dump = r < 0 || has_config(&dump);

	free(text.asides);
	dump_clear(&dump);
	return r == -ENOMEM ? r : is_dump;
}

int dump_text_read(struct dump *dump, const char *data, size_t size)
{
	struct text text = { .dump = dump };
	int r = read_text(&text, data, size);

	if (!r)
		r = list_asides(&text);
	if (!r)
		r = check_functions(&text);
	if (!r)
		r = choose_dump(dump);
	if (!r) {
		skip_asides(&text);
		tell_what_is_missing(&text);
	}
	free(text.asides);
	return r;
}
