/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of a run as one page of HTML that needs no other file. It is also XML. */
#include <stdlib.h>
#include <string.h>
#include "qualify.h"

/* Text of a machine may have any character. */
static void put_text(FILE *out, const char *words)
{
	char *copy = utf8(text("%s", words));

	for (const char *c = copy; *c; c++) {
		if (*c == '&')
			fputs("&amp;", out);
		else if (*c == '<')
			fputs("&lt;", out);
		else if (*c == '>')
			fputs("&gt;", out);
		else if (*c == '"')
			fputs("&quot;", out);
		else if ((unsigned char)*c >= ' ' && *c != 0x7f)
			fputc(*c, out);
		else
			fputc(' ', out);
	}
	free(copy);
}

static void put_row(FILE *out, const char *head, const char *value)
{
	fputs("<tr><th scope=\"row\">", out);
	put_text(out, head);
	fputs("</th><td>", out);
	put_text(out, value);
	fputs("</td></tr>\n", out);
}

/* Wide tables scroll, and do not widen the page. */
static const char style[] =
	"<meta name=\"viewport\" content=\"width=device-width\"/>\n<style>\n"
	"body { font-family: sans-serif; line-height: 1.4; max-width: 62em; margin: 2em auto; "
	"padding: 0 1em; color: #000; background: #fff; }\n"
	"h1 { font-size: 1.6em; }\nh2 { margin-top: 1.6em; border-bottom: 1px solid #777; }\n"
	"div.wide { overflow-x: auto; }\n"
	"table { border-collapse: collapse; font-size: 0.9em; }\n"
	"th, td { border: 1px solid #999; padding: 0.2em 0.5em; text-align: left; vertical-align: "
	"bottom; }\nthead th { background: #eee; }\n"
	"td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
	"td.bad { font-weight: bold; }\n"
	".verdict { font-size: 1.1em; border: 3px double #000; padding: 0.6em; }\n"
	".verdict strong { font-size: 1.3em; }\n"
	"svg { display: block; max-width: 100%; height: auto; margin: 0.5em 0; }\n</style>\n";

/* The line begins with the verdict. */
static void put_verdict(const struct result *result, FILE *out)
{
	const char *verdict = verdict_to_str(result->verdict);

	fputs("<p class=\"verdict\" id=\"verdict\"><strong>", out);
	put_text(out, verdict);
	fputs("</strong>", out);
	put_text(out, result->line + strlen(verdict));
	fputs("</p>\n", out);
}

static void put_head(const struct result *result, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\"/>\n<title>pcireset qualify: ",
	      out);
	put_text(out, verdict_to_str(result->verdict));
	fputs("</title>\n", out);
	fputs(style, out);
	fputs("</head>\n<body>\n<h1>Qualification of PCI resets</h1>\n", out);
	put_verdict(result, out);
	if (pcireset_qualify_get_stop(result->qualify)) {
		fputs("<p id=\"stopped\">The run stopped: ", out);
		put_text(out, pcireset_qualify_get_stop(result->qualify));
		fputs("</p>\n", out);
	}
}

static void put_findings(const struct result *result, FILE *out)
{
	const struct pcireset_finding *finding;

	fputs("<h2>Findings</h2>\n", out);
	if (!result->nr_findings)
		fputs("<p id=\"findings\">None.</p>\n", out);
	else
		fputs("<ol id=\"findings\">\n", out);
	for (size_t i = 0; (finding = pcireset_qualify_get_finding(result->qualify, i)); i++) {
		char *sequence = sequence_text(finding);

		fputs("<li>", out);
		put_text(out, pcireset_qualify_get_device(result->qualify, finding->device));
		fputs(": ", out);
		put_text(out, pcireset_qualify_get_finding_text(result->qualify, i));
		put_text(out, sequence);
		fputs("</li>\n", out);
		free(sequence);
	}
	if (result->nr_findings)
		fputs("</ol>\n", out);
}

static void put_series(const struct result *result, const struct pcireset_series *s, FILE *out)
{
	char *below = percent_below(s->failed_high);

	fputs("<tr><td>", out);
	put_text(out, pcireset_qualify_get_device(result->qualify, s->device));
	fprintf(out,
		"</td><td>%s</td><td class=\"n\">%llu</td><td class=\"n%s\">%llu</td>"
		"<td class=\"n\">%s</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td>",
		pcireset_type_to_str(s->type, 0), (unsigned long long)s->nr,
		s->nr_failed ? " bad" : "", (unsigned long long)s->nr_failed, below,
		(unsigned long long)s->nr_unverified, (unsigned long long)s->nr_interrupted);
	for (size_t i = 0; i < 5; i++)
		fprintf(out, "<td class=\"n\">%.1f</td>", (double)s->ready_ns[i] / 1e6);
	fputs("</tr>\n", out);
	free(below);
}

static void put_table(const struct result *result, FILE *out)
{
	fputs("<h2>Resets</h2>\n<p>Failures are less frequent than the bound, at 95 % confidence. The "
	      "last five columns have the time until the function was ready, in ms.</p>\n"
	      "<div class=\"wide\"><table id=\"series\">\n<thead><tr><th>device</th><th>type</th>"
	      "<th class=\"n\">resets</th><th class=\"n\">failed</th><th class=\"n\">bound</th>"
	      "<th class=\"n\">unverified</th><th class=\"n\">interrupted</th>"
	      "<th class=\"n\">fastest</th><th class=\"n\">median</th><th class=\"n\">90 %</th>"
	      "<th class=\"n\">99 %</th><th class=\"n\">slowest</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < result->nr_series; i++)
		put_series(result, &result->series[i], out);
	fputs("</tbody>\n</table></div>\n", out);
}

static void put_plot(const struct result *result, const struct pcireset_series *s, FILE *out)
{
	fputs("<h3>", out);
	put_text(out, pcireset_qualify_get_device(result->qualify, s->device));
	fprintf(out, ": %s</h3>\n", pcireset_type_to_str(s->type, 0));
	plot_times(result, s, out);
	plot_histogram(result, s, out);
}

static bool has_finding(const struct result *result, const struct pcireset_series *s)
{
	const struct pcireset_finding *finding;

	for (size_t i = 0; (finding = pcireset_qualify_get_finding(result->qualify, i)); i++)
		if (finding->device == s->device && (!finding->type || finding->type == s->type))
			return true;
	return false;
}

/* The series with findings come first. */
static void put_plots(const struct result *result, FILE *out)
{
	size_t nr = 0;

	fputs("<h2>Time until ready</h2>\n", out);
	for (size_t i = 0; i < result->nr_series; i++)
		if (has_finding(result, &result->series[i]) && nr++ < MAX_PLOTTED)
			put_plot(result, &result->series[i], out);
	for (size_t i = 0; i < result->nr_series; i++)
		if (!has_finding(result, &result->series[i]) && nr++ < MAX_PLOTTED)
			put_plot(result, &result->series[i], out);
	if (nr > MAX_PLOTTED)
		fprintf(out, "<p>%d of %zu series are drawn.</p>\n", MAX_PLOTTED, nr);
}

static bool has_deviation(const struct pcireset_sample *sample)
{
	return sample->marks || !sample->result;
}

static void put_deviation(const struct result *result, const struct pcireset_sample *sample,
			  FILE *out)
{
	char *words = marks_text(sample->marks, ", ");

	fprintf(out,
		"<tr><td class=\"n\">%u</td><td>%s</td><td>%s</td><td>%s</td><td>%s%s</td></tr>\n",
		sample->round + 1, pcireset_qualify_get_device(result->qualify, sample->device),
		pcireset_type_to_str(sample->type, 0),
		sample->previous ? pcireset_type_to_str(sample->previous, 0) : "",
		sample->result ? "" : "interrupted ", words);
	free(words);
}

static size_t count_deviations(const struct result *result)
{
	const struct pcireset_sample *sample;
	size_t nr = 0;

	for (size_t i = 0; (sample = pcireset_qualify_get_sample(result->qualify, i)); i++)
		nr += has_deviation(sample);
	return nr;
}

static void put_deviations(const struct result *result, FILE *out)
{
	const struct pcireset_sample *sample;
	size_t all = count_deviations(result), nr = 0;

	fputs("<h2>Resets with deviations</h2>\n", out);
	if (!all) {
		fputs("<p>None.</p>\n", out);
		return;
	}
	fprintf(out, "<p>%zu", all);
	if (all > MAX_DEVIATIONS)
		fprintf(out, "; the first %d are listed", MAX_DEVIATIONS);
	fputs(".</p>\n<div class=\"wide\"><table id=\"deviations\">\n<thead><tr>"
	      "<th class=\"n\">round</th><th>device</th><th>type</th><th>after</th>"
	      "<th>deviation</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; (sample = pcireset_qualify_get_sample(result->qualify, i)); i++)
		if (has_deviation(sample) && nr++ < MAX_DEVIATIONS)
			put_deviation(result, sample, out);
	fputs("</tbody>\n</table></div>\n", out);
}

static void put_machine(const struct result *result, FILE *out)
{
	const char *key, *value;

	fputs("<h2>Machine</h2>\n<div class=\"wide\"><table id=\"facts\">\n<tbody>\n", out);
	for (uint32_t d = 0; (value = pcireset_qualify_get_device(result->qualify, d)); d++)
		put_row(out, value, pcireset_qualify_get_identity(result->qualify, d));
	for (size_t i = 0; (value = pcireset_qualify_get_fact(result->qualify, i, &key)); i++)
		put_row(out, key, value);
	fputs("</tbody>\n</table></div>\n", out);
}

void html_write(const struct result *result, FILE *out)
{
	put_head(result, out);
	put_findings(result, out);
	put_table(result, out);
	put_plots(result, out);
	put_deviations(result, out);
	put_machine(result, out);
	fputs("<p>Bounds are exact (Clopper-Pearson) and one-sided. A pattern is named if chance "
	      "makes it less often than once in 1000 runs.</p>\n</body>\n</html>\n",
	      out);
}
