/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals that wait while a machine is changed. */
#include <signal.h>
#include "util/util.h"

static const int held_signals[] = { SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
				    SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2 };

/* Block these signals until the settings are restored. After SIGKILL, the journal remains. */
void signals_hold(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(held_signals); i++)
		sigaddset(&set, held_signals[i]);
	pthread_sigmask(SIG_BLOCK, &set, old);
}

/* Blocked signals are also pending if the program ignores them. */
bool signals_are_waiting(void)
{
	struct sigaction action;
	sigset_t set;

	sigpending(&set);
	for (size_t i = 0; i < ARRAY_SIZE(held_signals); i++)
		if (sigismember(&set, held_signals[i]) == 1 &&
		    !sigaction(held_signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			return true;
	return false;
}

/* Will one of them end the process when it is unblocked? */
bool signals_are_fatal(void)
{
	struct sigaction action;
	sigset_t set;

	sigpending(&set);
	for (size_t i = 0; i < ARRAY_SIZE(held_signals); i++)
		if (sigismember(&set, held_signals[i]) == 1 &&
		    !sigaction(held_signals[i], NULL, &action) && action.sa_handler == SIG_DFL)
			return true;
	return false;
}

void signals_let_go(const sigset_t *old)
{
	pthread_sigmask(SIG_SETMASK, old, NULL);
}
