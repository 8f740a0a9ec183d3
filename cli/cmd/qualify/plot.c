/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plots as SVG, in one colour: shapes and positions carry the meaning. The size does not
 * depend on the number of resets.
 */
#include <stdlib.h>
#include "qualify.h"

#define WIDTH   720
#define HEIGHT  214
#define LEFT    70
#define RIGHT   10
#define TOP     34
#define BOTTOM  46
#define BUCKETS 160
#define PLOT_W  (WIDTH - LEFT - RIGHT)
#define PLOT_H  (HEIGHT - TOP - BOTTOM)

/* Some resets in a row. */
struct bucket {
	uint64_t low, high, sum;
	size_t nr, failed;
};

struct plot {
	const struct pcireset_series *series;
	struct bucket buckets[BUCKETS];
	size_t nr;          /* resets */
	uint64_t low, high; /* of all times */
};

static void add_sample(struct plot *plot, const struct pcireset_sample *sample, size_t at)
{
	struct bucket *bucket = &plot->buckets[at * BUCKETS / plot->nr];

	if (is_failure(sample)) {
		bucket->failed++;
		return;
	}
	if (!bucket->nr || sample->ready_ns < bucket->low)
		bucket->low = sample->ready_ns;
	if (sample->ready_ns > bucket->high)
		bucket->high = sample->ready_ns;
	bucket->sum += sample->ready_ns;
	bucket->nr++;
}

static bool is_counted(const struct pcireset_sample *sample, const struct pcireset_series *series)
{
	return is_sample_of(sample, series) && sample->result &&
	       sample->result != PCIRESET_RESULT_REFUSED;
}

static void collect_times(struct plot *plot, const struct result *result)
{
	const struct pcireset_sample *sample;
	size_t at = 0;

	for (size_t i = 0; (sample = pcireset_qualify_get_sample(result->qualify, i)); i++)
		plot->nr += is_counted(sample, plot->series);
	for (size_t i = 0; (sample = pcireset_qualify_get_sample(result->qualify, i)); i++)
		if (is_counted(sample, plot->series))
			add_sample(plot, sample, at++);
	plot->low = plot->series->ready_ns[0];
	plot->high = plot->series->ready_ns[4];
	if (plot->high - plot->low < 1000000)
		plot->high = plot->low + 1000000;
}

static double x_of(double share)
{
	return LEFT + share * PLOT_W;
}

static double y_of(double share)
{
	return TOP + (1 - share) * PLOT_H;
}

static double y_of_time(const struct plot *plot, double ns)
{
	return y_of((ns - (double)plot->low) / (double)(plot->high - plot->low));
}

static void begin_svg(FILE *out, const char *title, const char *description)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" "
		"width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n"
		"<title>%s</title>\n<desc>%s</desc>\n"
		"<text x=\"%d\" y=\"14\" font-size=\"12\" font-weight=\"bold\">%s</text>\n"
		"<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#000\"/>\n",
		WIDTH, HEIGHT, WIDTH, HEIGHT, title, description, LEFT, title, LEFT, TOP,
		TOP + PLOT_H, WIDTH - RIGHT);
}

static void label_y(FILE *out, double y, const char *label)
{
	fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 6, y + 4,
		label);
}

/* Below the triangles. */
static void label_x(FILE *out, double x, const char *anchor, const char *label)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x,
		TOP + PLOT_H + 30, anchor, label);
}

/* A bar from the fastest to the slowest, with a line at the mean; a triangle for a failure. */
static void draw_bucket(const struct plot *plot, size_t i, FILE *out)
{
	const struct bucket *bucket = &plot->buckets[i];
	double x = x_of(((double)i + 0.5) / BUCKETS), low, high, mean;

	if (bucket->failed)
		fprintf(out, "<path d=\"M%.1f %dl-4 8h8z\" class=\"failed\"/>\n", x,
			TOP + PLOT_H + 6);
	if (!bucket->nr)
		return;
	low = y_of_time(plot, (double)bucket->low);
	high = y_of_time(plot, (double)bucket->high);
	mean = y_of_time(plot, (double)bucket->sum / (double)bucket->nr);
	fprintf(out, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#777\"/>", x, low, high);
	fprintf(out, "<path d=\"M%.1f %.1fh4\" stroke=\"#000\" stroke-width=\"2\"/>\n", x - 2,
		mean);
}

static void label_times(const struct plot *plot, FILE *out)
{
	char label[64];

	snprintf(label, sizeof(label), "%.1f ms", (double)plot->high / 1e6);
	label_y(out, TOP, label);
	snprintf(label, sizeof(label), "%.1f ms", (double)plot->low / 1e6);
	label_y(out, TOP + PLOT_H, label);
	label_x(out, LEFT, "start", "reset 1");
	snprintf(label, sizeof(label), "reset %zu", plot->nr);
	label_x(out, WIDTH - RIGHT, "end", label);
	label_x(out, LEFT + PLOT_W / 2, "middle",
		"bar: fastest to slowest; line: mean; triangle: failure");
}

void plot_times(const struct result *result, const struct pcireset_series *series, FILE *out)
{
	struct plot *plot = must(calloc(1, sizeof(*plot)));
	char *description;

	plot->series = series;
	collect_times(plot, result);
	description = text("%zu resets, %llu failed, from %.1f ms to %.1f ms", plot->nr,
			   (unsigned long long)series->nr_failed, (double)series->ready_ns[0] / 1e6,
			   (double)series->ready_ns[4] / 1e6);
	begin_svg(out, "Time until ready, in the order of the run", description);
	for (size_t i = 0; i < BUCKETS && plot->nr; i++)
		draw_bucket(plot, i, out);
	label_times(plot, out);
	fputs("</svg>\n", out);
	free(description);
	free(plot);
}

void plot_histogram(const struct result *result, const struct pcireset_series *series, FILE *out)
{
	double width = (double)PLOT_W / (NR_BINS + 1);
	struct histogram h;
	uint32_t most = 1;
	char label[64];

	histogram_make(result, series, &h);
	for (size_t i = 0; i <= NR_BINS; i++)
		most = h.counts[i] > most ? h.counts[i] : most;
	begin_svg(out, "Histogram of the time until ready", "the last bar has all later resets");
	for (size_t i = 0; i <= NR_BINS; i++) {
		double y = y_of((double)h.counts[i] / most);

		if (h.counts[i])
			fprintf(out,
				"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
				"fill=\"%s\" stroke=\"#000\"><title>%u</title></rect>\n",
				LEFT + (double)i * width, y, width - 1, TOP + PLOT_H - y,
				i == NR_BINS ? "#fff" : "#999", h.counts[i]);
	}
	snprintf(label, sizeof(label), "%u", most);
	label_y(out, TOP, label);
	label_y(out, TOP + PLOT_H, "0");
	snprintf(label, sizeof(label), "%.1f ms", (double)h.from / 1e6);
	label_x(out, LEFT, "start", label);
	snprintf(label, sizeof(label), "%.1f ms", (double)(h.from + NR_BINS * h.width) / 1e6);
	label_x(out, LEFT + NR_BINS * width, "end", label);
	label_x(out, LEFT + PLOT_W / 2, "middle",
		"height: number of resets; white bar: all later resets");
	fputs("</svg>\n", out);
}
