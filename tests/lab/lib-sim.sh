# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests with simulated hardware: hierarchies in pcisim, their faults, and the trace of every config write.

sim=/sys/kernel/config/pcisim
tracing=/sys/kernel/tracing

# The first part of a simulated function's address, DOMAIN:BUS, for each bus; the root bus is 0. It is pcisim that chooses
# them, as not every kernel has more than one domain.
sim_bus=()

# sim_load: uses a device ID without a driver, so that only pcireset and the core write to the device.
sim_load() {
	local domain bus i

	modprobe configfs
	modprobe pcisim || return
	[[ -d $sim ]] || mount -t configfs none /sys/kernel/config
	mkdir "$sim/host" && read -r domain <"$sim/host/domain" && read -r bus <"$sim/host/bus" || return
	for i in 0 1 2 3; do
		printf -v "sim_bus[$i]" '%04x:%02x' "$domain" $((bus + i))
	done
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

# sim_nodes NODE...: all by one process, as they are before anything is set.
sim_nodes() {
	mkdir "${@/#/$sim/host/}"
}

sim_live() {
	echo 1 >"$sim/host/live"
}

# sim_switch: a switch with eight functions below it, each busy for half a second with its FLR; sets fns to all nine. The
# switch's reset would affect the functions, so the nine are reset in turn.
sim_switch() {
	sim_node 01.0 kind=root-port
	sim_node 01.0/00.0 kind=upstream
	sim_node 01.0/00.0/00.0 kind=downstream
	sim_node 01.0/00.0/00.0/00.0 "${driverless[@]}" count=8
	sim_live
	sim_set 01.0/00.0/00.0/00.0 ready_flr_us=500000
	fns=("${sim_bus[3]}":00.{0..7} "${sim_bus[1]}:00.0")
}

# sim_clear: takes everything out of the machine, the deepest directories first.
sim_clear() {
	local dirs=() depth

	echo 0 >"$sim/host/live" || return
	shopt -s nullglob
	for depth in '*/' '*/*/' '*/*/*/' '*/*/*/*/' '*/*/*/*/*/' '*/*/*/*/*/*/'; do
		# shellcheck disable=SC2206
		dirs=("$sim/host"/$depth "${dirs[@]}")
	done
	shopt -u nullglob
	((${#dirs[@]} == 0)) || rmdir "${dirs[@]}"
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

# writes_of PROCESS: prints its writes since watch_writes, one on each line: "DEVICE OFFSET LOST".
writes_of() {
	echo 0 >"$tracing/tracing_on"
	sed -nE "s/^ *$1-[0-9]+ .*pcisim_write: device=([^ ]+) where=([^ ]+) .* lost=([01])$/\1 \2 \3/p" "$tracing/trace"
}
