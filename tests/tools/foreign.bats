#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What KCSAN and kmemleak report counts if one of our modules has a part in it, and nothing else is lost with what does not.

filter() {
	awk -v modules=$'pcireset\npcisim' -f "$BATS_TEST_DIRNAME/../../lab/lib/foreign.awk" "$@" log
}

# race FUNCTION FUNCTION: a report of KCSAN as the guest's log has it.
race() {
	printf '<3>[    7.000001] %s\n' '=================================================================='
	printf '<3>[    7.000002] BUG: KCSAN: data-race in %s / %s\n' "${1%% *}" "${2%% *}"
	printf '<3>[    7.000003] %s\n' '' 'write to 0xffff888001234567 of 4 bytes by task 71 on cpu 0:' " $1" ' vfs_write+0x1/0x2' '' \
		'read to 0xffff888001234567 of 4 bytes by task 72 on cpu 1:' " $2" '' 'Reported by Kernel Concurrency Sanitizer on:' \
		'CPU: 1 UID: 0 PID: 72 Comm: cat Not tainted' '=================================================================='
}

# leak CALLER: one of kmemleak.
leak() {
	printf 'kmemleak: %s\n' 'unreferenced object 0xffff888001234560 (size 64):' '  comm "bash", pid 70, jiffies 4294900000' \
		'  hex dump (first 32 bytes):' '    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................' \
		'  backtrace (crc 0):' '    __kmalloc_noprof+0x1a0/0x2c0' "    $1"
}

# circle LOCK LOCK FRAME: one of lockdep, in which a function is on the way to the second.
circle() {
	printf '<4>[    7.000001] %s\n' '======================================================' 'WARNING: possible circular locking dependency detected' \
		'irq/24-pciehp/83 is trying to acquire lock:' "ffffffff822499a0 ($2){+.+.}-{4:4}, at: taken+0x12/0x20" \
		'\x0abut task is already holding lock:' "ffff888003ef7ad8 ($1){.+.+}-{4:4}, at: pciehp_ist+0x15b/0x400" \
		"\\x0a-> #1 ($1){.+.+}-{4:4}:" '       pcisim_host_start+0x3d4/0x450 [pcisim]' "\\x0a-> #0 ($2){+.+.}-{4:4}:" "       $3" ' <TASK>' \
		' pciehp_ist+0x3bc/0x400' '  </TASK>'
	printf '<6>[    8.000000] what comes after it\n'
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "a race with our module on one side counts" {
	race 'pci_read+0x1/0x2' 'pcireset_run+0x10/0x20 [pcireset]' >log
	run filter
	[[ $output == *'BUG: KCSAN: data-race in pci_read+0x1/0x2 / pcireset_run'* ]]
	run filter -v told=foreign
	[ -z "$output" ]
}

@test "in a kernel with patches, a race or a leak of a changed function counts" {
	race 'pci_read+0x1/0x2' 'pci_reset_by_method.isra.0+0x10/0x20' >log
	run filter -v functions=$'pci_reset_by_method\npci_dev_wait'
	[[ $output == *'BUG: KCSAN: data-race in pci_read+0x1/0x2 / pci_reset_by_method'* ]]
	run filter
	[[ $output != *KCSAN* ]]
	race 'pci_read+0x1/0x2' 'pci_reset_by_methods+0x10/0x20' >log
	run filter -v functions=pci_reset_by_method
	[[ $output != *KCSAN* ]]
	leak 'pci_reset_by_method+0x10/0x20' >log
	run filter -v functions=pci_reset_by_method
	[[ $output == *'unreferenced object'* ]]
}

@test "a race below a call of our module counts, at any depth" {
	race 'memcpy+0x1/0x2' $'memset+0x1/0x2\n<3>[    7.000004]  pci_store_saved_state+0x1/0x2\n<3>[    7.000004]  run+0x1/0x2 [pcireset]' >log
	run filter
	[[ $output == *'BUG: KCSAN'* ]]
}

@test "a race in a driver's reset callbacks does not count" {
	race 'acpi_ns_evaluate+0x1/0x2' $'acpi_ns_evaluate+0x1/0x2\n<4>[    7.000004]  nvme_reset_prepare+0x3b/0x50 [nvme]\n<4>[    7.000004]  start_type+0x1/0x2 [pcireset]' >log
	run filter
	[[ $output != *KCSAN* ]]
	race 'pciehp_isr+0x38a/0x3f0' $'pcie_wait_cmd+0x1/0x2\n<4>[    7.000004]  pciehp_reset_slot+0xb5/0x1c0\n<4>[    7.000004]  pcireset_slot_reset+0x1/0x2 [pcireset]' >log
	run filter
	[[ $output != *KCSAN* ]]
	race 'acpi_ns_evaluate+0x1/0x2' $'acpi_ns_evaluate+0x1/0x2\n<4>[    7.000004]  start_type+0x1/0x2 [pcireset]\n<4>[    7.000004]  nvme_probe+0x3b/0x50 [nvme]' >log
	run filter
	[[ $output == *'BUG: KCSAN'* ]]
}

@test "a race on a neighbouring bit of the core does not count, unless it may be the same bit" {
	race 'pci_cfg_access_trylock+0x4a/0x70' 'pcireset_scope_collect+0x6fc/0xb70 [pcireset]' | sed '/read to/s/4 bytes/1 bytes/' >log
	run filter
	[[ $output != *KCSAN* ]]
	race 'pci_cfg_access_trylock+0x4a/0x70' 'pcireset_scope_collect+0x6fc/0xb70 [pcireset]' >log
	run filter
	[[ $output == *'BUG: KCSAN'* ]]
	race $'pci_load_saved_state+0x33/0x1c0\n<4>[    7.000004]  pcireset_state_free+0x96/0xa0 [pcireset]' 'pci_wait_cfg+0xbd/0xf0' |
		sed '/read to/s/4 bytes/1 bytes/' >log
	run filter
	[[ $output != *KCSAN* ]]
	race 'pci_save_state+0x4a/0x70' 'pcireset_state_save+0x1/0x2 [pcireset]' | sed '/read to/s/4 bytes/1 bytes/' >log
	run filter
	[[ $output == *'BUG: KCSAN'* ]]
	race 'pcireset_state_save+0x1/0x2 [pcireset]' 'pci_read+0x1/0x2' | sed '/read to/s/4 bytes/1 bytes/' >log
	run filter
	[[ $output == *'BUG: KCSAN'* ]]
}

@test "a race of timers while our module sleeps, or is interrupted, does not count" {
	race $'hrtimer_active+0x1/0x2\n<4>[    7.000004]  usleep_range_state+0x1/0x2\n<4>[    7.000004]  pcireset_lock+0x1/0x2 [pcireset]' \
		$'tick_handler+0x1/0x2\n<4>[    7.000004]  asm_sysvec_apic_timer_interrupt+0x1/0x2\n<4>[    7.000004]  run+0x1/0x2 [pcireset]' >log
	run filter
	[[ $output != *KCSAN* ]]
	run filter -v told=foreign
	[[ $output == 'BUG: KCSAN: data-race in hrtimer_active'* ]]
}

@test "a race on the clock that our module reads does not count" {
	race 'timekeeping_update+0x1/0x2' $'ktime_get_mono_fast_ns+0x1/0x2\n<4>[    7.000004]  pci_scan_slot+0x1/0x2\n<4>[    7.000004]  pcisim_host_start+0x1/0x2 [pcisim]' >log
	run filter
	[[ $output != *KCSAN* ]]
}

@test "a race of our module with its interrupter counts" {
	race $'tick_handler+0x1/0x2\n<4>[    7.000004]  asm_sysvec_apic_timer_interrupt+0x1/0x2\n<4>[    7.000004]  run+0x1/0x2 [pcireset]' \
		'pcireset_run+0x10/0x20 [pcireset]' >log
	run filter
	[[ $output == *KCSAN* ]]
}

@test "a race for a task's flags with the scheduler does not count" {
	race $'device_del+0xa1/0x500\n<4>[    7.000004]  pcisim_host_stop+0x1/0x2 [pcisim]' 'kthread_is_per_cpu+0x11/0x60' >log
	run filter
	[[ $output != *KCSAN* ]]
	race $'device_del+0xa1/0x500\n<4>[    7.000004]  pcisim_host_stop+0x1/0x2 [pcisim]' 'device_add+0x11/0x60' >log
	run filter
	[[ $output == *KCSAN* ]]
}

@test "a race of the kernel or of another module is printed and does not count" {
	race 'tick_do_update+0x1/0x2' 'nvme_irq+0x1/0x2 [nvme]' >log
	echo '<6>[    8.000000] what comes after it' >>log
	run filter
	[[ $output != *KCSAN* ]]
	[[ $output == *'what comes after it'* ]]
	run filter -v told=foreign
	[ "$output" = 'BUG: KCSAN: data-race in tick_do_update+0x1/0x2 / nvme_irq+0x1/0x2' ]
}

@test "a warning of another CPU inside a foreign race is kept" {
	race 'a+0x1/0x2' $'b+0x1/0x2\n<4>[    7.000004] WARNING: CPU: 1 PID: 9 at kernel/x.c:1' >log
	run filter
	[[ $output == *'WARNING: CPU: 1 PID: 9'* ]]
}

@test "memory leaks of our module and of an unloaded module count" {
	leak 'pcireset_plan+0x1/0x2 [pcireset]' >log
	run filter
	[[ $output == *'unreferenced object'* ]]
	leak '0xffffffffc0401234' >log
	run filter
	[[ $output == *'unreferenced object'* ]]
}

@test "memory leaks of others are printed and do not count" {
	echo '<6>[    9.000000] kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)' >log
	leak 'acpi_init+0x1/0x2' >>log
	leak 'nvme_probe+0x1/0x2 [nvme]' >>log
	run filter
	[ -z "$output" ]
	run filter -v told=foreign
	[ "${lines[0]}" = 'kmemleak: __kmalloc_noprof acpi_init' ]
	[ "${lines[1]}" = 'kmemleak: __kmalloc_noprof nvme_probe' ]
}

# held LOCK: lockdep's report of two locks, the first is nvme's, with a line of somebody else in it.
held() {
	printf '<4>[   83.585289] %s\n' 'WARNING: lock held when returning to user space!' 'nvme nvme1: Ignoring bogus Namespace Identifiers' \
		'bash/142 is leaving the kernel with locks still held!' '2 locks held by bash/142:' \
		' #0: ffff88807ecf9288 (&q->q_usage_counter(io)#3){++++}-{0:0}, at: nvme_start_freeze+0xca/0x140 [nvme_core]' \
		" #1: $1" 'what comes after it'
}

@test "queues frozen by nvme do not count as a forgotten lock" {
	held 'ffff88807ecf92c0 (&q->q_usage_counter(queue)#4){+.+.}-{0:0}, at: nvme_start_freeze+0xca/0x140 [nvme_core]' >log
	run filter
	[[ $output == *'what comes after it' && $output != *'lock held'* ]]
	run filter -v told=foreign
	[[ $output == lockdep,* ]]
}

@test "an interrupted line about a lock still counts" {
	local lock='ffff88807ecf92c0 (&q->q_usage_counter(queue)#4){+.+.}-{0:0}'

	held "$lock"$'\n<6>[   83.585290] nvme nvme0: something\n<4>[   83.585289] , at: nvme_start_freeze+0xca/0x140 [nvme_core]' >log
	run filter
	[[ $output == *'what comes after it' && $output != *'lock held'* ]]
	held "$lock"$'\n<6>[   83.585290] nvme nvme0: something\n<4>[   83.585289] , at: somebody+0xca/0x140' >log
	run filter
	[[ $output == *'lock held'* ]]
}

@test "a forgotten lock counts, also next to frozen queues" {
	held 'ffff88807ecf92c0 (&handle->lock){+.+.}-{3:3}, at: handle_ioctl+0xca/0x140 [pcireset]' >log
	run filter
	[[ $output == *'lock held when returning'*'handle->lock'*'what comes after it' ]]
	sed -i 2,3d log
	head -n 2 log >short
	mv short log
	run filter
	[[ $output == *'lock held when returning'* ]]
}

@test "the lock cycle inside pciehp is printed and does not count" {
	circle '&ctrl->reset_lock' pci_rescan_remove_lock 'pciehp_unconfigure_device+0x61/0x1f0' >log
	run filter
	[[ $output != *circular* && $output == *'what comes after it'* ]]
	run filter -v told=foreign
	[ "$output" = 'lockdep, off from here on: reset_lock of pciehp and pci_rescan_remove_lock' ]
}

@test "the same cycle in user-mode Linux does not count" {
	local end='[<6003b499>] ? new_thread_handler+0x1f9/0x360\n<4>[    7.000001]  [<6003b2a0>] ? new_thread_handler+0x0/0x360'

	circle '&ctrl->reset_lock' pci_rescan_remove_lock 'pciehp_unconfigure_device+0x61/0x1f0' | sed "s|</TASK>|$end|" >log
	run filter
	[[ $output != *circular* && $output == *'what comes after it'* ]]
	circle '&ctrl->reset_lock' '&dev->mutex' 'device_lock+0x1/0x2' | sed "s|</TASK>|$end|" >log
	run filter
	[[ $output == *circular* ]]
}

@test "a cycle with another lock, with our module, or without an end counts" {
	circle '&ctrl->reset_lock' '&dev->mutex' 'device_lock+0x1/0x2' >log
	run filter
	[[ $output == *circular* ]]
	circle '&ctrl->reset_lock' pci_rescan_remove_lock 'pcireset_lock+0x61/0x1f0 [pcireset]' >log
	run filter
	[[ $output == *circular* ]]
	circle '&ctrl->reset_lock' pci_rescan_remove_lock 'pciehp_unconfigure_device+0x61/0x1f0' | grep -v '</TASK>' >log
	run filter
	[[ $output == *circular* ]]
}
