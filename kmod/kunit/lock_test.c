// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the locks. Built in place of lock.o, which it includes unchanged. */
#include "../run/lock.c"

#include "machine.h"

static struct pcireset_tx *lock_tx_on(struct kunit *test, u32 types, u32 flags)
{
	struct pcireset_request request = { .types = types, .flags = flags };

	return pcireset_kunit_tx(test, &request);
}

static bool lock_is_free(struct pci_dev *dev)
{
	if (!device_trylock(&dev->dev))
		return false;
	device_unlock(&dev->dev);
	if (!pci_cfg_access_trylock(dev))
		return false;
	pci_cfg_access_unlock(dev);
	return true;
}

static void lock_expect_all(struct kunit *test, bool are_free)
{
	struct pcireset_kunit_machine *machine = test->priv;

	KUNIT_EXPECT_EQ(test, lock_is_free(machine->port), are_free);
	KUNIT_EXPECT_EQ(test, lock_is_free(machine->fns[0]), are_free);
	KUNIT_EXPECT_EQ(test, lock_is_free(machine->fns[1]), are_free);
}

static void lock_of_a_member_is_left_out(struct kunit *test)
{
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_BUS, 0);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx };

	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), 0);
	lock_expect_all(test, false);
	KUNIT_EXPECT_TRUE(test, tx->fns[1].locks.resumed);
	pcireset_unlock(tx);
	lock_expect_all(test, true);
	KUNIT_EXPECT_FALSE(test, tx->fns[1].locks.resumed);
	KUNIT_EXPECT_FALSE(test, tx->bridge_fn.locks.resumed);
	pcireset_tx_put(tx);
}

/* A reset of the function leaves its bridge and its neighbour alone. */
static void lock_of_the_bridge_is_taken_for_a_function(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_FLR, 0);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx };

	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), 0);
	KUNIT_EXPECT_TRUE(test, lock_is_free(machine->port));
	KUNIT_EXPECT_FALSE(test, lock_is_free(machine->fns[0]));
	KUNIT_EXPECT_TRUE(test, lock_is_free(machine->fns[1]));
	pcireset_unlock(tx);
	pcireset_tx_put(tx);
}

/* One lock of a member that is not free: none is held then, and the plan names it. */
static void lock_expect_refused(struct kunit *test, struct pcireset_tx *tx, int error)
{
	bool killed = error == -EINTR;
	struct pcireset_run run = { .plan = tx->plan, .tx = tx, .killed = &killed };

	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), error);
	KUNIT_EXPECT_EQ(test, tx->plan->why, PCIRESET_WHY_LOCK);
	KUNIT_EXPECT_EQ(test, tx->plan->who.devfn, 1);
	KUNIT_EXPECT_FALSE(test, tx->fns[0].locks.device_locked);
	KUNIT_EXPECT_FALSE(test, tx->fns[0].locks.cfg_locked);
	KUNIT_EXPECT_FALSE(test, tx->fns[1].locks.device_locked);
	KUNIT_EXPECT_FALSE(test, tx->bridge_fn.locks.device_locked);
	KUNIT_EXPECT_FALSE(test, tx->fns[0].locks.resumed);
	pcireset_tx_put(tx);
}

static void busy_lock_is_waited_for(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pci_dev *busy = machine->fns[1];
	struct pcireset_run impatient = { .impatient = true };
	struct pcireset_tx *tx;

	/* Planned before: a plan itself looks at the lock for a moment. */
	tx = lock_tx_on(test, PCI_RESET_BUS, PCIRESET_RESET_TRY);
	device_lock(&busy->dev);
	lock_expect_refused(test, tx, -EAGAIN);
	device_unlock(&busy->dev);

	tx = lock_tx_on(test, PCI_RESET_BUS, 0);
	pci_cfg_access_lock(busy);
	lock_expect_refused(test, tx, -EINTR);
	pci_cfg_access_unlock(busy);

	tx = lock_tx_on(test, PCI_RESET_BUS, 0);
	impatient.tx = tx;
	impatient.plan = tx->plan;
	device_lock(&busy->dev);
	KUNIT_EXPECT_EQ(test, pcireset_lock(&impatient), -EAGAIN);
	device_unlock(&busy->dev);
	pcireset_tx_put(tx);
	lock_expect_all(test, true);
}

/* The caller has it already, and keeps it. */
static void lock_of_the_caller_is_taken_or_released(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_FLR, 0);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx };

	tx->plan->held = true;
	device_lock(&machine->fns[0]->dev);
	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), 0);
	KUNIT_EXPECT_FALSE(test, tx->fns[0].locks.device_locked);
	pcireset_unlock(tx);
	KUNIT_EXPECT_FALSE(test, device_trylock(&machine->fns[0]->dev));
	device_unlock(&machine->fns[0]->dev);
	pcireset_tx_put(tx);
}

/* Another reset lets it settle without its locks: it counts as locked, but not for that reset. */
static void member_that_settles_is_locked(struct kunit *test)
{
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_FLR, PCIRESET_RESET_TRY);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx };
	struct pcireset_unfinished other = { .dev = tx->fns[0].dev, .owner = &other };

	pcireset_unfinished_add(&other, PCIRESET_SETTLING);
	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), -EAGAIN);
	pcireset_unfinished_remove(&other);
	other.owner = tx;
	pcireset_unfinished_add(&other, PCIRESET_SETTLING);
	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), 0);
	pcireset_unlock(tx);
	pcireset_unfinished_remove(&other);
	pcireset_tx_put(tx);
}

/* Only ports that are quiet are locked, all or none. */
static void quiet_port_is_not_locked(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_BUS, 0);

	tx->fns[1].masked.quiet = true;
	tx->bridge_fn.masked.quiet = true;
	KUNIT_EXPECT_TRUE(test, lock_try_ports(tx));
	KUNIT_EXPECT_FALSE(test, lock_is_free(machine->port));
	KUNIT_EXPECT_TRUE(test, lock_is_free(machine->fns[0]));
	pcireset_unlock_ports(tx);
	device_lock(&machine->port->dev);
	KUNIT_EXPECT_FALSE(test, lock_try_ports(tx));
	device_unlock(&machine->port->dev);
	lock_release_all(tx);
	device_lock(&machine->fns[1]->dev);
	KUNIT_EXPECT_FALSE(test, lock_try_ports(tx));
	device_unlock(&machine->fns[1]->dev);
	lock_release_all(tx);
	lock_expect_all(test, true);
	pcireset_tx_put(tx);
}

static void half_a_lock_is_kept(struct kunit *test)
{
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_FLR, 0);
	struct pci_dev *dev = tx->fns[0].dev;

	KUNIT_EXPECT_TRUE(test, pcireset_try_lock_one(tx, &tx->fns[0]));
	pcireset_unlock_one(&tx->fns[0]);
	pci_cfg_access_lock(dev);
	KUNIT_EXPECT_FALSE(test, pcireset_try_lock_one(tx, &tx->fns[0]));
	pci_cfg_access_unlock(dev);
	KUNIT_EXPECT_TRUE(test, lock_is_free(dev));
	pcireset_tx_put(tx);
}

/* Others wait for a lock that the caller has, so this one waits less. */
static void caller_with_a_lock_waits_longer(struct kunit *test)
{
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_FLR, 0);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx };

	KUNIT_EXPECT_EQ(test, lock_patience_ms(&run), LOCK_WAIT_MS);
	tx->plan->held = true;
	KUNIT_EXPECT_EQ(test, lock_patience_ms(&run), LOCK_WAIT_HELD_MS);
	pcireset_tx_put(tx);
}

typedef void (*lock_end_fn)(struct pcireset_tx *tx);

/* pciehp acts on it when the locks are free. */
static void change_of_a_slot_is_forgotten(struct kunit *test)
{
	const lock_end_fn unlocks[] = { pcireset_unlock, pcireset_unlock_awake,
					pcireset_unlock_ports };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unlocks); i++) {
		struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_BUS, 0);

		tx->bridge_fn.masked.slot_changed = true;
		unlocks[i](tx);
		KUNIT_EXPECT_FALSE(test, tx->bridge_fn.masked.slot_changed);
		KUNIT_EXPECT_PTR_EQ(test, tx->bridge_fn.masked.slot_tx, tx);
		flush_work(&tx->bridge_fn.masked.slot_work);
		KUNIT_EXPECT_EQ(test, kref_read(&tx->ref), 1);
		pcireset_tx_put(tx);
	}
}

/* Both ends of a lock are called in several orders, so each is noted. */
static void lock_is_released_twice(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_tx *tx = lock_tx_on(test, PCI_RESET_BUS, 0);
	struct pcireset_run run = { .plan = tx->plan, .tx = tx };
	int usage;

	KUNIT_EXPECT_EQ(test, pcireset_lock(&run), 0);
	usage = atomic_read(&machine->fns[1]->dev.power.usage_count);
	pcireset_unlock_awake(tx);
	KUNIT_EXPECT_FALSE(test, tx->fns[1].locks.cfg_locked);
	KUNIT_EXPECT_FALSE(test, tx->fns[1].locks.device_locked);
	/* Locks of others stay. */
	device_lock(&machine->fns[1]->dev);
	pci_cfg_access_lock(machine->fns[1]);
	pcireset_unlock(tx);
	KUNIT_EXPECT_FALSE(test, pci_cfg_access_trylock(machine->fns[1]));
	pci_cfg_access_unlock(machine->fns[1]);
	device_unlock(&machine->fns[1]->dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&machine->fns[1]->dev.power.usage_count), usage - 1);
	pcireset_let_sleep(tx);
	KUNIT_EXPECT_EQ(test, atomic_read(&machine->fns[1]->dev.power.usage_count), usage - 1);
	pcireset_tx_put(tx);
}

static struct kunit_case lock_cases[] = {
	KUNIT_CASE(lock_of_a_member_is_left_out),
	KUNIT_CASE(lock_of_the_bridge_is_taken_for_a_function),
	KUNIT_CASE(busy_lock_is_waited_for),
	KUNIT_CASE(lock_of_the_caller_is_taken_or_released),
	KUNIT_CASE(member_that_settles_is_locked),
	KUNIT_CASE(quiet_port_is_not_locked),
	KUNIT_CASE(half_a_lock_is_kept),
	KUNIT_CASE(caller_with_a_lock_waits_longer),
	KUNIT_CASE(change_of_a_slot_is_forgotten),
	KUNIT_CASE(lock_is_released_twice),
	{},
};

static struct kunit_suite lock_suite = {
	.name = "pcireset-lock",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = lock_cases,
};

kunit_test_suite(lock_suite);
