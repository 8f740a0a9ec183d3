// SPDX-License-Identifier: GPL-2.0-only
/*
 * uapi-fuzz: misuses /dev/pcireset at random in a guest with a simulated machine, and
 * knows of every call what may come of it. Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "uapi-fuzz.h"
#include "tap.h"

#define SIMULATOR    "/sys/kernel/config/pcisim"
#define CALLS_ALONE  400 /* of one machine */
#define CALLS_BESIDE 40  /* of each thread, at the end */
#define LOOK_EVERY   16  /* calls that touch nothing */
/* A lock is waited for 5 s, and functions in turn as long as the call says: far more than any call should take. */
#define PATIENCE_MS 60000

static struct options {
	uint64_t seed;
	uint64_t calls;
	uint64_t seconds;
} options = { .seed = 1, .calls = 4000 };

static struct worker workers[NR_WORKERS];
static bool stop_flipping;
static bool is_wild;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What the call itself asks to be waited for, which is waited for again where a reset escalates. */
static uint64_t patience_ms(const struct worker *worker)
{
	struct pcireset_reset arg = { .timeout_ms = 0 };

	if (worker->call.cmd == PCIRESET_RESET && can_read(worker->call.address, sizeof(arg)))
		memcpy(&arg, back_door(worker->call.address), sizeof(arg));
	if (worker->call.cmd == PCIRESET_RESET_MANY)
		return PATIENCE_MS + 2 * many_patience_ms(worker);
	return PATIENCE_MS + 2 * ((uint64_t)arg.timeout_ms + arg.settle_ms);
}

/* Performs the call and notes it; CALL_WAS_KILLED or the index of an errno. */
static int perform(struct worker *worker)
{
	uint64_t begin = now_ms(), patience = patience_ms(worker), took;
	int nr = command_of(worker->call.cmd), error;
	unsigned int index;

	error = call_perform(worker);
	took = now_ms() - begin;
	if (took > patience)
		complain(worker, BAD_TIME, "took %llu ms", (unsigned long long)took);
	if (error == CALL_WAS_KILLED)
		return error;
	index = error_index(error);
	if (nr >= 0)
		worker->counts[nr][index]++;
	if ((nr == CMD_RESET && TOUCHED & SET(index)) || (nr == CMD_RESET_MANY && index == E_OK))
		worker->touched++;
	return (int)index;
}

static void take_descriptor(struct worker *worker)
{
	struct pcireset_open arg;

	memcpy(&arg, back_door(worker->call.address), sizeof(arg));
	if (worker->call.manner != HERE)
		return;
	if (fcntl(arg.out_fd, F_GETFD) != FD_CLOEXEC)
		complain(worker, BAD_RESULT, "%d is no descriptor that exec closes", arg.out_fd);
	else if (worker->is_alone && sim_has(arg.addr))
		slot_add(&worker->chance, &arg);
	else
		close(arg.out_fd);
}

/* What a call that went well changes in what later ones may do. */
static void learn(struct worker *worker)
{
	const void *structure = back_door(worker->call.address);
	struct handle *handle = worker->call.slot->handle;
	struct pcireset_narrow narrow;
	struct pcireset_query query;

	switch (command_of(worker->call.cmd)) {
	case CMD_OPEN:
		take_descriptor(worker);
		break;
	case CMD_NARROW:
		memcpy(&narrow, structure, sizeof(narrow));
		handle->types = narrow.types;
		handle->force = narrow.force;
		if (narrow.max_scope)
			handle->max_scope = narrow.max_scope;
		if (narrow.flags & PCIRESET_GRANT_OWNED)
			handle->must_own = true;
		break;
	case CMD_QUERY:
		memcpy(&query, structure, sizeof(query));
		if (query.types)
			handle->generation = query.out_generation;
		break;
	default:
		break;
	}
}

static bool is_reset(unsigned int cmd)
{
	return cmd == PCIRESET_RESET || cmd == PCIRESET_RESET_MANY;
}

/* ---- one thread alone: of every call it is known what may come of it */

struct watch {
	struct counts counts;
	unsigned int unseen; /* calls since then */
};

/* All that was called since the last look should have touched nothing. */
static void look(const struct worker *worker, struct watch *watch)
{
	struct counts now;

	sim_count(&now);
	check_counts(worker, E_INVAL, &watch->counts, &now);
	watch->counts = now;
	watch->unseen = 0;
}

static void look_after_reset(const struct worker *worker, struct watch *watch, unsigned int error)
{
	struct counts now;

	sim_count(&now);
	check_counts(worker, error, &watch->counts, &now);
	watch->counts = now;
}

static void call_alone(struct worker *worker, struct watch *watch)
{
	uint32_t wrong, expected;
	bool may_touch;
	int error;

	call_make(worker);
	if (worker->call.manner == KILLED && !is_reset(worker->call.cmd))
		worker->call.manner = IN_CHILD;
	wrong = misuses(worker);
	expected = wrong ? wrong : outcomes(worker);
	may_touch = !wrong && is_reset(worker->call.cmd);
	if (watch->unseen && (may_touch || watch->unseen >= LOOK_EVERY))
		look(worker, watch);

	error = perform(worker);
	if (error == CALL_WAS_KILLED) {
		if (may_touch)
			sim_count(&watch->counts);
		else
			watch->unseen++;
		return;
	}
	if (!(expected & SET(error)))
		complain(worker, BAD_ERROR, "%s, and not %s", error_name((unsigned int)error),
			 set_text(expected));
	check_memory(worker);
	if (!wrong)
		check_results(worker, (unsigned int)error);
	else if (worker->call.cmd == PCIRESET_RESET_MANY)
		many_check_failure(worker);
	if (worker->call.is_tangled)
		sim_count(&watch->counts);
	else if (may_touch)
		look_after_reset(worker, watch, (unsigned int)error);
	else
		watch->unseen++;
	if (!wrong && error == E_OK)
		learn(worker);
}

static void run_alone(struct worker *worker)
{
	struct watch watch = { .unseen = 0 };

	worker->is_alone = true;
	sim_count(&watch.counts);
	for (unsigned int i = 0; i < CALLS_ALONE; i++) {
		call_alone(worker, &watch);
		if (slots_change(&worker->chance))
			sim_count(&watch.counts);
	}
	look(worker, &watch);
}

/* ---- several threads on the same descriptors */

/* Whatever the others do, this does not succeed with what is wrong in itself. */
static void check_beside(struct worker *worker, uint32_t wrong, unsigned int error)
{
	const uint32_t others = SET(E_PERM) | SET(E_STALE) | SET(E_NODEV);
	int nr = command_of(worker->call.cmd);
	uint32_t documented = nr < 0 ? SET(E_NOTTY) : commands[nr].documented;

	documented |= SET(E_BADF) | SET(E_NOTTY);
	if (!is_wild && wrong & ~others)
		documented = wrong | others;
	if (!(documented & SET(error)))
		complain(worker, BAD_ERROR, "beside others: %s, and not %s", error_name(error),
			 set_text(documented));
	if (nr == CMD_OPEN && error == E_OK && !is_wild)
		take_descriptor(worker);
}

static void *run_beside(void *data)
{
	struct worker *worker = data;
	uint32_t wrong;
	int error;

	worker->is_alone = false;
	for (unsigned int i = 0; i < CALLS_BESIDE; i++) {
		call_make(worker);
		worker->call.manner = HERE;
		/* With the descriptor's number in memory that others write to, nobody could close it. */
		if (is_wild && worker->call.cmd == PCIRESET_OPEN)
			worker->call.cmd = PCIRESET_QUERY;
		wrong = misuses(worker);
		error = perform(worker);
		check_beside(worker, wrong, (unsigned int)error);
	}
	return NULL;
}

/* Changes the memory of all calls under way, and swaps descriptors. */
static void *flip(void *data)
{
	struct chance chance = { *(uint64_t *)data };
	const struct slot *slots = workers[0].slots;
	const struct slot *from, *to;
	struct arena *arena;

	while (!__atomic_load_n(&stop_flipping, __ATOMIC_RELAXED)) {
		arena = arena_of(below(&chance, NR_WORKERS),
				 one_in(&chance, 3) ? ARENA_TYPES : ARENA_CALL);
		for (unsigned int i = 0; i < 64; i++)
			arena->back[below(&chance, 1024 + 256)] ^=
				(uint8_t)(1U << below(&chance, 8));
		from = &slots[FIRST_SLOT + below(&chance, NR_SLOTS - FIRST_SLOT)];
		to = &slots[FIRST_SLOT + below(&chance, NR_SLOTS - FIRST_SLOT)];
		if (from != to && from->kind == SLOT_DEVICE && to->kind == SLOT_DEVICE)
			dup3(from->fd, to->fd, O_CLOEXEC);
		usleep(200);
	}
	return NULL;
}

static void run_threads(void)
{
	pthread_t threads[NR_WORKERS], flipper;
	uint64_t seed = draw(&workers[0].chance);

	stop_flipping = false;
	if (is_wild && pthread_create(&flipper, NULL, flip, &seed))
		bail("no threads");
	for (unsigned int i = 0; i < NR_WORKERS; i++)
		if (pthread_create(&threads[i], NULL, run_beside, &workers[i]))
			bail("no threads");
	for (unsigned int i = 0; i < NR_WORKERS; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&stop_flipping, true, __ATOMIC_RELAXED);
	if (is_wild)
		pthread_join(flipper, NULL);
}

static uint64_t all_touched(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < NR_WORKERS; i++)
		sum += workers[i].touched;
	return sum;
}

static void run_together(void)
{
	struct counts before, after;
	uint64_t touched = all_touched();

	is_wild = one_in(&workers[0].chance, 2);
	sim_count(&before);
	run_threads();
	sim_count(&after);
	if (touched == all_touched())
		check_counts(&workers[0], E_INVAL, &before, &after);
}

/* ---- machine after machine */

static void run_machine(void)
{
	struct worker *worker = &workers[0];

	sim_begin(&worker->chance);
	slots_fill(&worker->chance);
	run_alone(worker);
	run_together();
	/* What others narrowed is not known: none of these is used on. */
	slots_clear();
	slots_fill(&worker->chance);
	sim_end();
	slots_orphan(&worker->chance);
}

static uint64_t all_calls(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < NR_WORKERS; i++)
		sum += workers[i].calls;
	return sum;
}

static void tell_command(unsigned int nr)
{
	uint64_t counts[NR_ERRORS] = { 0 };
	uint32_t met = 0;

	printf("# %s:", commands[nr].name);
	for (unsigned int e = 0; e < NR_ERRORS; e++) {
		for (unsigned int i = 0; i < NR_WORKERS; i++)
			counts[e] += workers[i].counts[nr][e];
		if (!counts[e])
			continue;
		met |= SET(e);
		printf(" %s %llu", error_name(e), (unsigned long long)counts[e]);
	}
	putchar('\n');
	ok(!(commands[nr].wanted & ~met), "%s met all that it should meet", commands[nr].name);
	if (commands[nr].wanted & ~met)
		printf("# not %s\n", set_text(commands[nr].wanted & ~met));
}

static int tell(uint64_t took_ms)
{
	static const char *const claims[NR_VERDICTS] = {
		[BAD_ERROR] = "every errno is one that fits its call",
		[BAD_MEMORY] = "nothing is written but results, and not beyond the caller's size",
		[BAD_RESULT] = "all results are within what the header knows",
		[BAD_TOUCH] =
			"nothing is touched where the errno promises it, and only what was issued",
		[BAD_TIME] = "every call ends in time",
	};

	printf("# seed %llu: %llu calls, %llu resets, %llu ms, %llu calls a second\n",
	       (unsigned long long)options.seed, (unsigned long long)all_calls(),
	       (unsigned long long)all_touched(), (unsigned long long)took_ms,
	       (unsigned long long)(all_calls() * 1000 / (took_ms ? took_ms : 1)));
	for (unsigned int i = 0; i < NR_VERDICTS; i++) {
		ok(!complaints(i), "%s", claims[i]);
		if (complaints(i))
			printf("# %u times\n", complaints(i));
	}
	for (unsigned int i = 0; i < NR_COMMANDS; i++)
		tell_command(i);
	return finish();
}

static bool parse_options(int argc, char **argv)
{
	static const struct option list[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "calls", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (option) {
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			options.calls = strtoull(optarg, NULL, 0);
			break;
		case 't':
			options.seconds = strtoull(optarg, NULL, 0);
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

static bool is_enough(uint64_t begin)
{
	return options.seconds ? now_ms() - begin >= options.seconds * 1000 :
				 all_calls() >= options.calls;
}

int main(int argc, char **argv)
{
	uint64_t begin;

	/* It resets whatever is in the simulated machine, and misuses what it does not know. */
	if (!getenv("PCILAB")) {
		fputs("uapi-fuzz: runs in a guest of the lab only\n", stderr);
		return 2;
	}
	if (!parse_options(argc, argv)) {
		fputs("usage: uapi-fuzz [--seed NUMBER] [--calls NUMBER | --seconds NUMBER]\n",
		      stderr);
		return 2;
	}

	setvbuf(stdout, NULL, _IOLBF, 0);
	start();
	arenas_make(NR_WORKERS);
	sim_find_nodes(SIMULATOR);
	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		workers[i].nr = i;
		workers[i].chance.state = options.seed * NR_WORKERS + i;
		workers[i].slots = i ? workers[0].slots : slots_open();
	}
	begin = now_ms();
	while (!is_enough(begin))
		run_machine();
	return tell(now_ms() - begin);
}
