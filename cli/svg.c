/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plan as a picture: affected functions, users, unaffected functions. The program dot
 * draws it, because its library would be a dependency for users that never draw.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "output.h"
#include "report.h"

/* The style of a function. Without colour, the line and the words are sufficient. */
struct look {
	const char *word, *line, *fill;
};

static const struct look reset_look = { "reset", "bold", "#ffc9c9" };
static const struct look cut_off_look = { "cut off", "dashed", "#ffe8b3" };
static const struct look spared_look = { "spared", "solid", "#ffffff" };

static const struct look *look_of(struct pcireset_plan *plan, struct pcireset_dev *dev)
{
	const struct pcireset_addr *addr = pcireset_dev_get_addr(dev);
	const struct pcireset_member *member;

	for (size_t i = 0; (member = pcireset_plan_get_member(plan, i)); i++)
		if (!memcmp(&member->addr, addr, sizeof(*addr)))
			return member->flags & PCIRESET_MEMBER_RESET ? &reset_look : &cut_off_look;
	return &spared_look;
}

static struct pcireset_dev *top_of(struct pcireset_dev *dev)
{
	struct pcireset_dev *parent;

	while ((parent = pcireset_dev_get_parent(dev)))
		dev = parent;
	return dev;
}

/* Draw the functions below the same root port as an affected function, or as the target. */
static bool is_drawn(struct pcireset_plan *plan, struct pcireset_dev *dev)
{
	struct pcireset_dev *named = pcireset_plan_get_dev(plan), *top = top_of(dev);
	const struct pcireset_member *member;

	if (top == top_of(named))
		return true;
	for (size_t i = 0; (member = pcireset_plan_get_member(plan, i)); i++) {
		struct pcireset_dev *hit =
			pcireset_ctx_get_dev(pcireset_dev_get_ctx(dev), &member->addr);

		if (hit && top_of(hit) == top)
			return true;
	}
	return false;
}

/* Print text inside of quotes. Take over the text. */
static void put_words(FILE *out, char *words)
{
	words = utf8(printable(words));
	for (const char *p = words; *p; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', out);
		putc(*p, out);
	}
	free(words);
}

static void put_line(FILE *out, const char *before, char *words)
{
	if (*words)
		fprintf(out, "\\n%s", before);
	put_words(out, words);
}

static void put_function(FILE *out, struct pcireset_plan *plan, struct pcireset_dev *dev,
			 bool colored)
{
	const struct look *look = look_of(plan, dev);
	const char *driver = pcireset_dev_get_driver(dev), *slot = pcireset_dev_get_slot(dev);
	const struct pcireset_dev *parent = pcireset_dev_get_parent(dev);

	fprintf(out, "\"%s\" [style=\"filled,%s\", fillcolor=\"%s\", label=\"%s: %s",
		pcireset_dev_get_name(dev), look->line, colored ? look->fill : "#ffffff",
		pcireset_dev_get_name(dev), look->word);
	put_line(out, "", device_description(dev));
	put_line(out, "driver: ", text("%s", driver ? driver : ""));
	put_line(out, "slot: ", text("%s", slot ? slot : ""));
	put_line(out, "in use by: ", users_details(dev));
	fprintf(out, "\"];\n");
	if (parent)
		fprintf(out, "\"%s\" -> \"%s\";\n", pcireset_dev_get_name(parent),
			pcireset_dev_get_name(dev));
}

static char *plan_title(struct pcireset_plan *plan)
{
	const char *name = pcireset_dev_get_name(pcireset_plan_get_dev(plan));
	const char *message = pcireset_plan_get_message(plan);
	uint32_t type = pcireset_plan_get_type(plan);
	size_t nr = pcireset_plan_get_nr_members(plan);

	if (!type)
		return text("%s: refused: %s", name, message);
	return text("%s: %s would affect %zu function%s%s%s", name,
		    pcireset_type_to_str(type, pcireset_plan_get_type_flags(plan)), nr,
		    nr == 1 ? "" : "s", message ? "; refused: " : "", message ? message : "");
}

/* Return the graph in the language of dot. The caller frees it. */
static char *describe_plan(struct pcireset_plan *plan, size_t *ret_size)
{
	const char *no_color = getenv("NO_COLOR");
	struct pcireset_dev *dev;
	char *graph = NULL;
	FILE *out = must(open_memstream(&graph, ret_size));

	fprintf(out,
		"digraph {\nrankdir=LR; labelloc=t; node [shape=box, fontname=\"sans-serif\"];\n"
		"fontname=\"sans-serif\"; label=\"");
	put_words(out, plan_title(plan));
	fprintf(out, "\";\n");
	pcireset_dev_foreach(pcireset_dev_get_ctx(pcireset_plan_get_dev(plan)), dev)
		if (is_drawn(plan, dev))
			put_function(out, plan, dev, !(no_color && *no_color));
	fprintf(out, "}\n");
	if (ferror(out) | fclose(out))
		must(NULL);
	must(graph);
	return graph;
}

static void __attribute__((noreturn)) run_dot(const int ends[2], int fd)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	dup2(ends[0], STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	execlp("dot", "dot", "-Tsvg", NULL);
	_exit(127);
}

/* Return the status of dot, which reads everything before it writes. */
static int draw_graph(const char *graph, size_t size, int fd)
{
	int ends[2], status = -1;
	FILE *to_dot;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_dot(ends, fd);
	close(ends[0]);
	to_dot = fdopen(ends[1], "w");
	if (to_dot) {
		fwrite(graph, 1, size, to_dot);
		fclose(to_dot);
	}
	if (pid < 0 || child_wait(pid, &status))
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int draw_into(struct output *output, struct pcireset_plan *plan)
{
	size_t size = 0;
	char *graph = describe_plan(plan, &size);
	int status = draw_graph(graph, size, output->fd), r;

	free(graph);
	if (status) {
		output_discard(output);
		error(status == 127 ? "--svg: cannot find the program dot; install Graphviz" :
				      "--svg: the program dot failed");
		return STATUS_ERROR;
	}
	r = output_commit(output);
	if (r)
		error("%s: %s", output->name, strerror(-r));
	return r ? STATUS_ERROR : STATUS_DONE;
}

/* The users that root can see are not for everybody. Nothing is overwritten. */
int svg_draw(const struct request *req, struct pcireset_plan *plan)
{
	bool is_private = !geteuid() && !req->sysroot && !req->dump;
	struct output output;
	int r = output_open(&output, req->svg, OUTPUT_NEW, is_private ? 0600 : 0666);

	if (!r)
		return draw_into(&output, plan);
	error("%s: %s", req->svg, strerror(-r));
	return STATUS_ERROR;
}
