#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The holder of a descriptor, without privileges, cannot harm others: it cannot delay lspci longer than the
# specification lets a reset take, survive a kill, or use uncharged memory.
# topology: empty
# icount: yes
# nightly: 6.1 6.12
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

abuse=/usr/libexec/pcireset/tests/abuse

# held_up SECONDS: sets REPLY to the longest time that reading the device's config space took by then, in ms.
held_up() {
	local started end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000)) longest=0

	while ((${EPOCHREALTIME/[.,]/} < end)); do
		started=$EPOCHREALTIME
		setpci -s "$fn" COMMAND >setpci-said 2>&1
		milliseconds_since "$started"
		((REPLY <= longest)) || longest=$REPLY
	done
	REPLY=$longest
}

# is_killed DESC: the last job, within a second.
is_killed() {
	local started=$EPOCHREALTIME

	kill -9 $!
	wait $! 2>/dev/null
	took_less 1000 "$1"
}

machine() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port && sim_set 01.0/00.0 "${driverless[@]}" && sim_live || return
	fn=${sim_bus[1]}:00.0
}

settling() {
	local started

	machine
	config_dump before "$fn"
	"$abuse" wait "$fn" 0x2 0 20000 >said &
	held_up 5
	less_time "$REPLY" 1200 'settling: lspci is not held up, in ms'
	started=$EPOCHREALTIME
	exits 3 'settling: another reset is refused' pcireset reset "$fn" --type flr --quiet
	took_less 8000 'settling: after the usual time for a lock'
	wait
	is "$(cut -d' ' -f1 said)" 0 'settling: it succeeds'
	config_dump after "$fn"
	config_is_same before after 'settling: and everything is as before'

	"$abuse" wait "$fn" 0x2 0 60000 >said &
	sleep 2
	is_killed 'settling: a kill ends it'
	exits 0 'settling: and nothing stays behind' pcireset reset "$fn" --type flr --quiet

	"$abuse" wait "$fn" 0x2 0 20000 >said &
	sleep 2
	started=$EPOCHREALTIME
	echo 1 >"$devices/$fn/remove"
	took_less 1000 'settling: the function can be removed'
	wait
	is "$(cut -d' ' -f1 said)" 5 'settling: which is told as EIO'
	sim_clear
}

waiting() {
	machine
	config_dump before "$fn"
	sim_set 01.0/00.0 ready_bus_us=8000000
	"$abuse" wait "$fn" 0x10 60000 0 >said &
	held_up 5
	less_time "$REPLY" 1250 'waiting: lspci is not held up longer than for a second, in ms'
	wait
	is "$(cut -d' ' -f1 said)" 0 'waiting: the reset succeeds'
	config_dump after "$fn"
	config_is_same before after 'waiting: and everything is as before'
	sim_set 01.0/00.0 ready_bus_us=never
	"$abuse" wait "$fn" 0x10 60000 0 >said &
	sleep 3
	is_killed 'waiting: a kill ends it'
	sim_clear
}

many() {
	machine
	"$abuse" wait "$fn" 0x2 0 60000 >said &
	local settler=$!
	sleep 1
	"$abuse" many "$fn" 0x2 16384 >said-many &
	sleep 3
	is_killed 'many: a kill ends the call'
	kill -9 "$settler"
	wait "$settler" 2>/dev/null
	"$abuse" room "$fn" 150 >said
	like "$(<said)" '^22 [0-9]{1,3}$' 'much room: costs nothing where there is one member'
	exits 0 'and the function can be reset' pcireset reset "$fn" --type flr --quiet
	sim_clear
}

# slab_kb: sets REPLY.
slab_kb() {
	local word

	while read -r word REPLY _; do
		[[ $word != Slab: ]] || return 0
	done </proc/meminfo
}

# A cgroup of 100 MB, and plans of a bus with 64 functions. The slab of all is looked at.
memory() {
	local nodes=(01.0) i box=/sys/fs/cgroup/box before most=0 jobs=()

	for ((i = 0; i < 64; i++)); do
		printf -v "nodes[$((i + 1))]" '01.0/%02x.%x' $((i / 8)) $((i % 8))
	done
	sim_nodes "${nodes[@]}" && sim_set 01.0 kind=root-port || return
	for i in "${nodes[@]:1}"; do
		sim_set "$i" "${driverless[@]}"
	done
	sim_live
	fn=${sim_bus[1]}:00.0
	mkdir -p /sys/fs/cgroup
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
	if ! echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
		skip 'memory: slab stays within the limit' 'this kernel has no memory cgroups'
		sim_clear
		return
	fi
	mkdir "$box"
	echo 100M >"$box/memory.max"
	slab_kb
	before=$REPLY
	# The kernel kills the process that exhausts it, and shows the place.
	stock_begin
	for i in 1 2 3 4; do
		(echo "$BASHPID" >"$box/cgroup.procs" && exec "$abuse" many "$fn" 0x10 16384) >/dev/null 2>&1 &
		jobs+=($!)
	done
	for ((i = 0; i < 100; i++)); do
		sleep 0.1
		slab_kb
		((REPLY - before <= most)) || most=$((REPLY - before))
	done
	kill -9 "${jobs[@]}" 2>/dev/null
	wait "${jobs[@]}" 2>/dev/null
	stock_end
	less "$most" $(((100 + 4) * 1024)) 'memory: slab stays within the limit of the cgroup and 4 MB, in kB'
	sim_clear
}

sim_load
settling
waiting
many
memory
exits 0 'the module can be unloaded' rmmod pcireset
plan
