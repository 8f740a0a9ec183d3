// SPDX-License-Identifier: GPL-2.0-only
/* Two threads count in one variable without a lock: who looks for data races has to find that. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

static uint ms = 3000;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "how long they count, in milliseconds");

static unsigned long count;

static int count_up(void *data)
{
	while (!kthread_should_stop()) {
		count++;
		cond_resched();
	}
	return 0;
}

static int __init race_init(void)
{
	struct task_struct *threads[2];
	int i;

	for (i = 0; i < 2; i++) {
		threads[i] = kthread_run(count_up, NULL, "race/%d", i);
		if (IS_ERR(threads[i]))
			break;
	}
	msleep(ms);
	while (i--)
		kthread_stop(threads[i]);
	pr_info("counted to %lu\n", count);
	return 0;
}

static void __exit race_exit(void)
{
}

module_init(race_init);
module_exit(race_exit);

MODULE_DESCRIPTION("Races with itself for a test");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
