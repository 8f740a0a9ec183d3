// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the ioctls. Built in place of control.o and device.o, which it includes unchanged. */
#include "../cdev/control.c"
#include "../cdev/device.c"

#include <linux/cred.h>

#include "machine.h"

/* A descriptor for the first function, as an ioctl sees it. */
static struct file *cdev_open(struct kunit *test, u32 types, u32 flags)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct file *file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	struct pcireset_open open = {
		.addr = pcireset_addr_of(machine->fns[0]),
		.types = types,
		.flags = flags,
	};

	KUNIT_ASSERT_NOT_NULL(test, file);
	file->private_data = pcireset_handle_new(&open);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(file->private_data));
	return file;
}

static void cdev_close(struct file *file)
{
	pcireset_handle_put(file->private_data);
}

static int cdev_narrow(struct file *file, struct pcireset_narrow arg)
{
	return device_do_narrow(file, &arg);
}

#define NARROW(file, ...) cdev_narrow(file, (struct pcireset_narrow){ __VA_ARGS__ })

static void right_comes_back_or_is_kept(struct kunit *test)
{
	struct file *file = cdev_open(test, PCI_RESET_FLR | PCI_RESET_BUS, 0);
	struct pcireset_handle *handle = file->private_data;

	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_PM), -EPERM);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_FLR, .force = PCIRESET_FORCE_VFIO),
			-EPERM);
	KUNIT_EXPECT_EQ(test, handle->types, PCI_RESET_FLR | PCI_RESET_BUS);
	KUNIT_EXPECT_FALSE(test, handle->must_own);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_BUS, .flags = PCIRESET_GRANT_OWNED),
			0);
	KUNIT_EXPECT_EQ(test, handle->types, PCI_RESET_BUS);
	KUNIT_EXPECT_TRUE(test, handle->must_own);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_BUS), 0);
	KUNIT_EXPECT_TRUE(test, handle->must_own);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_FLR), -EPERM);
	KUNIT_EXPECT_EQ(test,
			NARROW(file, .types = PCI_RESET_BUS, .max_scope = PCIRESET_SCOPE_SLOT), 0);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_BUS, .max_scope = PCIRESET_SCOPE_BUS),
			-EPERM);
	cdev_close(file);
}

static void wrong_arguments_narrow(struct kunit *test)
{
	struct file *file = cdev_open(test, 0, 0);

	KUNIT_EXPECT_EQ(test, NARROW(file, .types = 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_FLR, .__reserved = 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_FLR, .flags = 2), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = 1U << 31), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_FLR, .max_scope = 4), -EOPNOTSUPP);
	cdev_close(file);
}

static int cdev_expect(struct file *file, struct pcireset_expect *arg, u32 types)
{
	*arg = (struct pcireset_expect){ .types = types, .out_type = 1, .out_ns = 1 };
	return pcireset_do_expect(file, arg);
}

static void estimate_is_of_a_type_that_was_not_granted(struct kunit *test)
{
	struct file *file = cdev_open(test, PCI_RESET_FLR, 0);
	struct pcireset_expect arg;

	KUNIT_EXPECT_EQ(test, cdev_expect(file, &arg, PCI_RESET_FLR), 0);
	KUNIT_EXPECT_EQ(test, arg.out_type, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, arg.out_ns, 100000000ULL);
	KUNIT_EXPECT_EQ(test, cdev_expect(file, &arg, PCI_RESET_BUS), -EPERM);
	KUNIT_EXPECT_EQ(test, arg.out_type, 0);
	KUNIT_EXPECT_EQ(test, arg.out_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, cdev_expect(file, &arg, 0), -EINVAL);
	cdev_close(file);
}

static void reset_is_not_planned(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct file *file = cdev_open(test, PCI_RESET_FLR, 0);
	struct pcireset_reset arg = { .types = PCI_RESET_FLR };
	struct pcireset_plan *plan, *wanted;
	struct pci_dev *dev;

	KUNIT_ASSERT_EQ(test, pcireset_reset_plan(file->private_data, &arg, &dev, &plan, &wanted),
			0);
	KUNIT_EXPECT_PTR_EQ(test, dev, machine->fns[0]);
	KUNIT_EXPECT_EQ(test, pcireset_plan_type(plan), PCI_RESET_FLR);
	KUNIT_EXPECT_TRUE(test, plan->request.by_user);
	KUNIT_EXPECT_NULL(test, wanted);
	pcireset_plan_put(plan);
	pci_dev_put(dev);
	arg.types = PCI_RESET_PM;
	KUNIT_EXPECT_EQ(test, pcireset_reset_plan(file->private_data, &arg, &dev, &plan, &wanted),
			-EPERM);
	cdev_close(file);
}

static void device_that_was_removed_is_used(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct file *file = cdev_open(test, 0, 0);
	struct pcireset_expect arg;

	pcireset_handle_orphan(machine->fns[1]);
	KUNIT_EXPECT_EQ(test, cdev_expect(file, &arg, PCI_RESET_FLR), 0);
	pcireset_handle_orphan(machine->fns[0]);
	KUNIT_EXPECT_EQ(test, cdev_expect(file, &arg, PCI_RESET_FLR), -ENODEV);
	KUNIT_EXPECT_EQ(test, NARROW(file, .types = PCI_RESET_FLR), -ENODEV);
	cdev_close(file);
}

/*
 * The types that QUERY reports as working for a descriptor with these types, below a port
 * with a link.
 */
static u32 cdev_query_types(struct kunit *test, u32 types)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct file *file = cdev_open(test, types, 0);
	struct pcireset_query arg = { 0 };

	machine->port->link_active_reporting = 1;
	KUNIT_EXPECT_EQ(test, pcireset_do_query(file, &arg), 0);
	machine->port->link_active_reporting = 0;
	cdev_close(file);
	return arg.out_types;
}

/* An older program passes the mask on: a type that it cannot know must not be in it. */
static void unnamed_type_is_told_as_working(struct kunit *test)
{
	u32 all = cdev_query_types(test, PCI_RESET_ANY);

	KUNIT_EXPECT_TRUE(test, all & PCI_RESET_LINK_DISABLE);
	KUNIT_EXPECT_EQ(test, cdev_query_types(test, 0), all & ~PCI_RESET_LINK_DISABLE);
	/* The other types are reported, granted or not. */
	KUNIT_EXPECT_EQ(test, cdev_query_types(test, PCI_RESET_PM), all & ~PCI_RESET_LINK_DISABLE);
}

/* Each type that is not planned costs accesses, and those of the link a visit to the bus. */
static void query_of_a_plan_looks_at_other_types(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct file *file = cdev_open(test, PCI_RESET_ANY, 0);
	struct pcireset_query arg = {
		.types = PCI_RESET_FLR,
		.flags = PCIRESET_QUERY_PLAN_ONLY,
		.out_types = PCI_RESET_ANY,
	};

	/* FLR fits all the same, but no type that asks the port or the firmware. */
	KUNIT_EXPECT_EQ(test, pcireset_do_query(file, &arg), 0);
	KUNIT_EXPECT_EQ(test, arg.out_type, PCI_RESET_FLR);
	KUNIT_EXPECT_EQ(test, arg.out_nr_members, 1);
	KUNIT_EXPECT_EQ(test, arg.out_types, 0);
	KUNIT_EXPECT_EQ(test, arg.out_nr_types, PCIRESET_NR_TYPES);
	machine->fns[0]->dev_flags |= PCI_DEV_FLAGS_NO_FLR_RESET;
	KUNIT_EXPECT_EQ(test, pcireset_do_query(file, &arg), 0);
	KUNIT_EXPECT_EQ(test, arg.out_error, EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, arg.out_why, PCIRESET_WHY_QUIRK);
	arg.types = 0;
	KUNIT_EXPECT_EQ(test, pcireset_do_query(file, &arg), -EINVAL);
	arg.types = PCI_RESET_FLR;
	arg.nr_types = 1;
	KUNIT_EXPECT_EQ(test, pcireset_do_query(file, &arg), -EINVAL);
	cdev_close(file);
}

static void info_leaves_something_out(struct kunit *test)
{
	struct pcireset_info info = { 0 };

	KUNIT_EXPECT_EQ(test, control_do_info(NULL, &info), 0);
	KUNIT_EXPECT_EQ(test, info.out_types, PCI_RESET_ANY);
	KUNIT_EXPECT_EQ(test, info.out_checks, PCIRESET_ALL_CHECKS);
	KUNIT_EXPECT_EQ(test, info.out_force, PCIRESET_ALL_FORCE);
	KUNIT_EXPECT_EQ(test, info.out_reset_flags, PCIRESET_ALL_FLAGS | PCIRESET_RESET_SPEED);
	KUNIT_EXPECT_EQ(test, info.out_query_flags, PCIRESET_QUERY_PLAN_ONLY);
	KUNIT_EXPECT_EQ(test, info.out_max_scope, PCIRESET_SCOPE_BUS);
	KUNIT_EXPECT_EQ(test, info.out_late_ms, PCIRESET_LATE_MS);
	KUNIT_EXPECT_NE(test, info.out_timeout_ms, 0);
	KUNIT_EXPECT_NE(test, info.out_max_timeout_ms, 0);
	KUNIT_EXPECT_NE(test, info.out_max_members, 0);
	info.flags = 1;
	KUNIT_EXPECT_EQ(test, control_do_info(NULL, &info), -EOPNOTSUPP);
	info.flags = 0;
	info.__reserved = 1;
	KUNIT_EXPECT_EQ(test, control_do_info(NULL, &info), -EINVAL);
}

/* The thread of the tests has all capabilities. */
static void function_that_is_not_there_is_opened(struct kunit *test)
{
	struct pcireset_open open = { .addr = { .domain = 0x20000, .bus = 0xff } };

	KUNIT_EXPECT_EQ(test, control_do_open(NULL, &open), -ENODEV);
	open.flags = ~PCIRESET_ALL_GRANTS;
	KUNIT_EXPECT_EQ(test, control_do_open(NULL, &open), -EOPNOTSUPP);
}

/* Takes the capabilities of this thread away, and returns what cdev_take_back() needs. */
static const struct cred *cdev_give_up(struct kunit *test)
{
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	cap_clear(cred->cap_effective);
	return override_creds(cred);
}

static void cdev_take_back(const struct cred *before)
{
	const struct cred *cred = current_cred();

	revert_creds(before);
	put_cred(cred);
}

/* A privileged process may have passed the descriptor on. */
static void process_without_privileges_opens_or_sets_a_speed(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct pcireset_open open = { .addr = pcireset_addr_of(machine->fns[0]) };
	struct pcireset_empty_bus empty = { .bridge = pcireset_addr_of(machine->port) };
	struct pcireset_reset reset = { .types = PCI_RESET_BUS,
					.flags = PCIRESET_RESET_SPEED,
					.link_speed = 1 };
	const struct cred *before;

	KUNIT_EXPECT_EQ(test, pcireset_reset_check(&reset), 0);
	before = cdev_give_up(test);
	KUNIT_EXPECT_EQ(test, control_open(NULL, NULL), -EPERM);
	KUNIT_EXPECT_EQ(test, control_do_open(NULL, &open), -EPERM);
	KUNIT_EXPECT_EQ(test, control_do_empty_bus(NULL, &empty), -EPERM);
	KUNIT_EXPECT_EQ(test, pcireset_reset_check(&reset), -EPERM);
	cdev_take_back(before);
	KUNIT_EXPECT_EQ(test, control_do_empty_bus(NULL, &empty), -EBUSY);
	KUNIT_EXPECT_EQ(test, empty.out_why, PCIRESET_WHY_SCOPE);
	/* The flag says that the caller knows of the speed. */
	reset.flags = 0;
	KUNIT_EXPECT_EQ(test, pcireset_reset_check(&reset), -EINVAL);
	reset.flags = PCIRESET_RESET_SPEED;
	reset.link_speed = 0;
	KUNIT_EXPECT_EQ(test, pcireset_reset_check(&reset), -EINVAL);
}

/* The descriptor limits each request, and gives what the request leaves open. */
static void request_exceeds_its_descriptor(struct kunit *test)
{
	struct file *file = cdev_open(test, PCI_RESET_FLR | PCI_RESET_BUS, PCIRESET_GRANT_OWNED);
	struct pcireset_request request = { .types = PCI_RESET_FLR };
	struct pci_dev *dev;

	KUNIT_EXPECT_EQ(test,
			NARROW(file, .types = PCI_RESET_FLR, .max_scope = PCIRESET_SCOPE_SLOT), 0);
	KUNIT_EXPECT_EQ(test, pcireset_handle_grant(file->private_data, &request, &dev), 0);
	KUNIT_EXPECT_EQ(test, request.max_scope, PCIRESET_SCOPE_SLOT);
	KUNIT_EXPECT_TRUE(test, request.must_own);
	KUNIT_EXPECT_TRUE(test, request.by_user);
	pci_dev_put(dev);
	request.max_scope = PCIRESET_SCOPE_FUNCTION;
	KUNIT_EXPECT_EQ(test, pcireset_handle_grant(file->private_data, &request, &dev), 0);
	KUNIT_EXPECT_EQ(test, request.max_scope, PCIRESET_SCOPE_FUNCTION);
	pci_dev_put(dev);
	request.max_scope = PCIRESET_SCOPE_BUS;
	KUNIT_EXPECT_EQ(test, pcireset_handle_grant(file->private_data, &request, &dev), -EPERM);
	request.max_scope = 0;
	request.force = PCIRESET_FORCE_DRIVER;
	KUNIT_EXPECT_EQ(test, pcireset_handle_grant(file->private_data, &request, &dev), -EPERM);
	request.force = 0;
	request.types = PCI_RESET_BUS;
	KUNIT_EXPECT_EQ(test, pcireset_handle_grant(file->private_data, &request, &dev), -EPERM);
	cdev_close(file);
}

static u64 cdev_query_generation(struct kunit *test, struct file *file, u32 types)
{
	struct pcireset_query arg = { .types = types };

	KUNIT_EXPECT_EQ(test, pcireset_do_query(file, &arg), 0);
	return arg.out_generation;
}

/* A generation is that of one plan: an equal one keeps it, and any other is stale. */
static void generation_of_another_plan_is_accepted(struct kunit *test)
{
	struct pcireset_kunit_machine *machine = test->priv;
	struct file *file = cdev_open(test, 0, 0);
	struct pcireset_handle *handle = file->private_data;
	u64 flr = cdev_query_generation(test, file, PCI_RESET_FLR), bus;
	struct pcireset_plan *plan;

	KUNIT_EXPECT_NE(test, flr, 0);
	KUNIT_EXPECT_EQ(test, cdev_query_generation(test, file, PCI_RESET_FLR), flr);
	KUNIT_EXPECT_EQ(test, pcireset_handle_get_plan(handle, flr, &plan), 0);
	KUNIT_EXPECT_EQ(test, pcireset_plan_type(plan), PCI_RESET_FLR);
	pcireset_plan_put(plan);
	bus = cdev_query_generation(test, file, PCI_RESET_BUS);
	KUNIT_EXPECT_NE(test, bus, flr);
	KUNIT_EXPECT_EQ(test, pcireset_handle_get_plan(handle, flr, &plan), -ESTALE);
	KUNIT_EXPECT_NULL(test, plan);
	pcireset_handle_orphan(machine->fns[0]);
	KUNIT_EXPECT_EQ(test, pcireset_handle_get_plan(handle, bus, &plan), -ENODEV);
	cdev_close(file);
}

static struct kunit_case cdev_cases[] = {
	KUNIT_CASE(right_comes_back_or_is_kept),
	KUNIT_CASE(wrong_arguments_narrow),
	KUNIT_CASE(estimate_is_of_a_type_that_was_not_granted),
	KUNIT_CASE(reset_is_not_planned),
	KUNIT_CASE(device_that_was_removed_is_used),
	KUNIT_CASE(unnamed_type_is_told_as_working),
	KUNIT_CASE(query_of_a_plan_looks_at_other_types),
	KUNIT_CASE(info_leaves_something_out),
	KUNIT_CASE(function_that_is_not_there_is_opened),
	KUNIT_CASE(process_without_privileges_opens_or_sets_a_speed),
	KUNIT_CASE(request_exceeds_its_descriptor),
	KUNIT_CASE(generation_of_another_plan_is_accepted),
	{},
};

static struct kunit_suite cdev_suite = {
	.name = "pcireset-cdev",
	.init = pcireset_kunit_machine_init,
	.exit = pcireset_kunit_machine_exit,
	.test_cases = cdev_cases,
};

kunit_test_suite(cdev_suite);
