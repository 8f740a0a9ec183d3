# SPDX-License-Identifier: GPL-2.0-only
# Removes the reports of KCSAN and kmemleak that do not concern our modules from a kernel log, and two known reports of lockdep. With
# told=foreign, it prints a line for each removed report instead, and nothing else.
# A report is ours if a stack in it has, at any depth, a function of "modules", one of "functions" (kernel functions that our patches
# change), or one without a name, which belongs to an unloaded module. These races do not count as ours:
# - our function sleeps, reads the clock or was interrupted: then the race is in the kernel's timers or scheduler;
# - the race is in a driver's callback, such as those for a reset, or in pciehp's reset_slot;
# - the core writes a bit of struct pci_dev, and another task reads a byte near it. The bits share a word. In Linux 6.12, block_cfg_access
#   and state_saved share it with is_virtfn, which never changes and is read without a lock everywhere. We write state_saved under the
#   config access lock, so block_cfg_access stays. pcireset_state_save() reads state_saved, so it does count;
# - the scheduler reads flags of tasks, and each task writes its own, for example in device_del().
# Known: nvme freezes its queues in the task that resets it and thaws them in a worker. Linux 6.12.117 has that as a
# lock which this task still holds (drivers/nvme/host/core.c:5046 calls blk_freeze_queue_start(), and not its variant
# "_non_owner" as later kernels do), also for the kernel's own reset. Any other lock that is held then is a report of ours.
# Known: pciehp of Linux 6.12 and 7.3 takes its reset_lock and pci_rescan_remove_lock in both orders when a card is taken out
# (drivers/pci/hotplug/pciehp_pci.c), also where nothing of ours is loaded. A third lock in that circle is a report of ours,
# and so is one in which pcireset itself has a part.

BEGIN {
	count = split(modules, names, /[ \n]+/)
	for (i = 1; i <= count; i++)
		ours[names[i]] = 1
	count = split(functions, names, /[ \n]+/)
	for (i = 1; i <= count; i++)
		changed[names[i]] = 1
}

function text_of(line) {
	sub(/^(<[0-9]+>)?\[ *[0-9]+\.[0-9]+\] /, "", line)
	return line
}

# In the report of a race, each stack begins with the kind of access. The innermost frame comes first.
function begins_stack(text) {
	return text ~ /^(read|write|read-write|assert no writes|assert no accesses|race at unknown origin)[ ,(]/
}

function is_kernels_own(text) {
	return text ~ /^ (ktime_get_mono_fast_ns|usleep_range_state|msleep|msleep_interruptible|schedule|schedule_timeout|asm_sysvec_[a-z_]+)\+/
}

function is_drivers(text) {
	return text ~ /^ pciehp_(reset_slot|isr)\+/ || (text ~ /\[[A-Za-z0-9_]+\]$/ && !is_ours(text))
}

# The compiler adds suffixes, such as .isra.0, to a function that it specializes.
function is_changed(text) {
	if (!sub(/[.+].*/, "", text))
		return 0
	sub(/^(kmemleak:)? +/, "", text)
	return text in changed
}

function is_ours(text) {
	if (text ~ /^(kmemleak:)? +0x[0-9a-f]+$/ || is_changed(text))
		return 1
	return match(text, /\[[A-Za-z0-9_]+\]$/) && substr(text, RSTART + 1, RLENGTH - 2) in ours
}

# One that has lost its end is not known.
function end_report() {
	if (locks || circle)
		mine = 1
	if ((bit_written && byte_read) || flags_read)
		mine = 0
	if (report != "" && mine && told != "foreign")
		printf "%s", report
	if (report != "" && !mine && told == "foreign")
		print title
	report = ""
}

function begin_report(text) {
	end_report()
	title = text
	mine = not_ours = bit_written = byte_read = flags_read = 0
	locks = circle = 0
	report = $0 "\n"
}

# User-mode Linux has no mark: there the outermost function of a kernel's thread comes last, and once more with offset 0.
function ends_stack(text) {
	return text ~ /^ *<\/TASK>$/ || text ~ /^ *\[<[0-9a-f]+>\] \? new_thread_handler\+0x0\//
}

# Its locks are named where they are taken and in the chain.
function add_to_circle(text) {
	report = report $0 "\n"
	if (text ~ /^[0-9a-f]+ \(/ || text ~ /-> #[0-9]+ \(/) {
		if (text !~ /\((&ctrl->reset_lock|pci_rescan_remove_lock)\)/)
			mine = 1
	} else if (text ~ /\[pcireset\]$/) {
		mine = 1
	}
	if (ends_stack(text)) {
		circle = 0
		end_report()
	}
}

# The innermost frame comes first; the first line of a stack names the access by that frame.
function look_at_frame(text) {
	if (begins_stack(text)) {
		access = text
		not_ours = 0
		return
	}
	if (access ~ /^write / && text ~ /^ pci_(cfg_access_lock|cfg_access_trylock|cfg_access_unlock|save_state|restore_state|load_saved_state)\+/)
		bit_written = 1
	if (access ~ /^read .* of 1 bytes/ && text ~ /^ / && text !~ /^ pcireset_state_/)
		byte_read = 1
	if (access ~ /^read / && text ~ /^ kthread_is_per_cpu\+/)
		flags_read = 1
	access = ""
	if (is_kernels_own(text) || (title ~ /KCSAN/ && is_drivers(text)))
		not_ours = 1
	if (!not_ours && is_ours(text))
		mine = 1
}

# A leak is known by the functions that allocated it.
function add_line(text) {
	report = report $0 "\n"
	if (match(text, /^kmemleak:     [A-Za-z_][A-Za-z0-9_.]*/))
		title = title " " substr(text, 15, RLENGTH - 14)
	look_at_frame(text)
	if (!locks)
		return
	if (text ~ /^ #[0-9]+: / && text !~ / at: /) {
		rest_of = text
		return
	}
	# What another CPU said came in between.
	if (text ~ /^, at: /)
		text = rest_of text
	if (text ~ /^ #[0-9]+: /) {
		locks--
		if (text !~ /q_usage_counter\(.* at: nvme_start_freeze\+/)
			mine = 1
		if (!locks)
			end_report()
	} else if (match(text, /^[0-9]+ locks? held by /)) {
		locks = text + 0
	}
}

{
	text = text_of($0)
}

# This line only announces the reports that init has asked for.
text ~ /^kmemleak: [0-9]+ new suspected/ { next }
text ~ /^BUG: KCSAN: / { begin_report(text); next }
text ~ /^kmemleak: unreferenced object/ { begin_report("kmemleak:"); next }
text ~ /^WARNING: lock held when returning to user space/ {
	begin_report("lockdep, off from here on: queues frozen by nvme_start_freeze()")
	# Until it is known how many.
	locks = 99
	next
}
text ~ /^WARNING: possible circular locking dependency detected/ {
	begin_report("lockdep, off from here on: reset_lock of pciehp and pci_rescan_remove_lock")
	circle = 1
	next
}
circle && text !~ /WARNING: |BUG: |Oops|cut here|KASAN/ { add_to_circle(text); next }
# What another CPU says meanwhile is no part of it.
report != "" && text !~ /WARNING: |BUG: |Oops|cut here|KASAN/ {
	add_line(text)
	if (text ~ /^=====/)
		end_report()
	next
}
told != "foreign" { print }

END { end_report() }
