// SPDX-License-Identifier: GPL-2.0-only
/* Sleep for an exact time, and wait for a function to answer or to end its transactions. */
#include <linux/delay.h>

#include "wait/wait.h"

/* The core waits 700 ms. A longer wait does not make a transaction complete. */
#define PENDING_MS 700

/**
 * pcireset_sleep_until - sleep exactly
 * @when: returns at once if that has passed
 *
 * Above 20 ms fsleep() counts in jiffies and sleeps up to 8 ms too long. Below 20 ms
 * it may take twice the time.
 */
void pcireset_sleep_until(ktime_t when)
{
	s64 us = ktime_us_delta(when, ktime_get());

	if (us > 0)
		usleep_range(us, us + us / 512);
}

/**
 * pcireset_poll_us - interval at which to poll
 * @since: when the wait began
 *
 * Return: microseconds, at most 1 ms or 5 % of the time since @since.
 */
s64 pcireset_poll_us(ktime_t since)
{
	return clamp_t(s64, ktime_us_delta(ktime_get(), since) / 32, 250, 50 * USEC_PER_MSEC);
}

/**
 * pcireset_poll_sleep - sleep between two polls
 * @since: when the wait began
 */
void pcireset_poll_sleep(ktime_t since)
{
	s64 us = pcireset_poll_us(since);

	usleep_range(us, us + us / 4);
}

/**
 * pcireset_wait_pending - wait for a function's own transactions
 * @dev: the function
 * @pos: config space offset of the word to read
 * @mask: bit that is set while transactions are pending
 *
 * Return: 0 or -ETIMEDOUT.
 */
int pcireset_wait_pending(struct pci_dev *dev, int pos, u16 mask)
{
	ktime_t start = ktime_get();
	ktime_t deadline = ktime_add_ms(start, PENDING_MS);
	u16 value;

	for (;;) {
		pci_read_config_word(dev, pos, &value);
		/* All-ones: nothing answers, so nothing has transactions either. */
		if (PCI_POSSIBLE_ERROR(value) || !(value & mask))
			return 0;
		if (ktime_after(ktime_get(), deadline))
			return -ETIMEDOUT;
		pcireset_poll_sleep(start);
	}
}
