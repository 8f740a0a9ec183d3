# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What tests with simulated hardware share: making a hierarchy in pcisim, its faults, and its witness: every config write.

sim=/sys/kernel/config/pcisim
tracing=/sys/kernel/tracing

# sim_load: also a device ID that no driver knows, so that nobody but pcireset and the core writes to it.
sim_load() {
	modprobe configfs
	[[ -d /sys/kernel/config/pcisim ]] || mount -t configfs none /sys/kernel/config
	modprobe pcisim && mkdir "$sim/host"
	driverless=(device=0x0012)
}

# sim_set NODE KEY=VALUE...
sim_set() {
	local node=$sim/host/$1 pair

	shift
	for pair; do
		printf '%s\n' "${pair#*=}" >"$node/${pair%%=*}" || return
	done
}

# sim_node NODE [KEY=VALUE...]: NODE is a path such as 01.0/00.0; kind is to be the first key.
sim_node() {
	mkdir "$sim/host/$1" && sim_set "$@"
}

sim_live() {
	echo 1 >"$sim/host/live"
}

# sim_clear: takes everything out of the machine, the deepest directories first.
sim_clear() {
	echo 0 >"$sim/host/live" && find "$sim/host" -mindepth 1 -depth -type d -exec rmdir {} +
}

# sim_count NODE WORD: sets REPLY.
sim_count() {
	local word

	while read -r word REPLY; do
		[[ $word != "$2" ]] || return 0
	done <"$sim/host/$1/counts"
	return 1
}

# watch_writes: from here on, every config write is noted.
watch_writes() {
	echo 0 >"$tracing/tracing_on"
	: >"$tracing/trace"
	echo 1 >"$tracing/events/pcisim/pcisim_write/enable"
	echo 1 >"$tracing/tracing_on"
}

# writes_of PROCESS: what it has written since watch_writes: "DEVICE OFFSET LOST", a line each.
writes_of() {
	echo 0 >"$tracing/tracing_on"
	sed -nE "s/^ *$1-[0-9]+ .*pcisim_write: device=([^ ]+) where=([^ ]+) .* lost=([01])$/\1 \2 \3/p" "$tracing/trace"
}
