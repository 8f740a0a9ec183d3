#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Random types of reset against random faults and errors, by several processes at once, on machines that are added and
# removed. Every outcome is a documented one, and nothing is lost or leaked. SOAK_SECONDS is the duration; SOAK_SEED
# repeats a run.
# topology: empty
# icount: yes
# kcsan: yes
# nightly: 6.1 6.12
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

seconds=${SOAK_SECONDS:-$((20 * ${PCILAB_SLOWNESS:-1}))} seed=${SOAK_SEED:-$RANDOM}
RANDOM=$seed
masks=(flr pm bus slot cxl_bus link_disable func link any)
results=/tmp/results

# pick WORD...: sets REPLY to one of them.
pick() {
	shift $((RANDOM % $#))
	REPLY=$1
}

# random_machine: a port, of CXL or not, with or without a slot, that contains errors or does not; below it a card of one to four
# functions, or a PF with VFs, or a switch.
random_machine() {
	local i node

	nodes=(01.0/00.0)
	sim_node 01.0 kind=root-port hotplug=$((RANDOM % 2)) dpc=$((RANDOM % 2)) cxl=$((RANDOM % 3 == 0))
	case $((RANDOM % 3)) in
	0)
		sim_node 01.0/00.0
		for ((i = 1; i <= RANDOM % 4; i++)); do
			sim_node "01.0/00.$i" && nodes+=("01.0/00.$i")
		done
		;;
	1)
		sim_node 01.0/00.0 && sim_node 01.0/00.0/vf count=4 && nodes+=(01.0/00.0/vf)
		# A PF that is taken out of a slot together with its VFs is never given back by Linux 6.12.
		[[ $PCILAB_KERNEL != 6.12-kasan ]] || sim_set 01.0 hotplug=0
		;;
	2)
		sim_node 01.0/00.0 kind=upstream
		sim_node 01.0/00.0/00.0 kind=downstream hotplug=$((RANDOM % 2))
		sim_node 01.0/00.0/00.0/00.0
		sim_node 01.0/00.0/01.0 kind=downstream
		sim_node 01.0/00.0/01.0/00.0
		nodes=(01.0/00.0/00.0/00.0 01.0/00.0/01.0/00.0)
		;;
	esac
	for node in "${nodes[@]}"; do
		sim_set "$node" aer=1 || return
	done
	sim_live || return
	[[ ! -d $sim/host/01.0/00.0/vf ]] || echo 4 >"$devices/${sim_bus[1]}:00.0/sriov_numvfs"
}

random_fault() {
	local node

	pick "${nodes[@]}" && node=$REPLY
	exchanged=0
	case $((RANDOM % 10)) in
	0) sim_set "$node" ready_flr_us=$((RANDOM * 20)) ready_bus_us=$((RANDOM * 20)) ;;
	1) sim_set "$node" ready_flr_us=never ;;
	2) sim_set "$node" ready_bus_us=never ready_pm_us=never ;;
	3) sim_set "$node" answer=rrs ready_flr_us=200000 ;;
	4) sim_set "$node" answer=stale ready_bus_us=300000 ;;
	5) sim_set "$node" identity=1234:5678 && exchanged=1 ;;
	6) sim_set "$node" vanish=1 ;;
	7) sim_set 01.0 return_width=1 link_up_us=$((RANDOM * 10)) ;;
	8) sim_set "$node" ignore=flr ;;
	9) sim_set 01.0 link_events=0 ;;
	esac
}

simulated_functions() {
	local dir

	for dir in "$devices/${sim_bus[0]%:*}":*; do
		[[ ! -e $dir ]] || printf '%s\n' "${dir##*/}"
	done
}

# reset_at_random FUNCTION MASK: by a process of its own, which notes how it ended.
reset_at_random() {
	pcireset reset "$1" --type "$2" --timeout 500ms --force driver --yes --quiet 2>>/tmp/errors
	echo $? >>"$results"
}

# random_error: fatal or not, while the other jobs run. Not where pciehp finds another card: it holds its reset lock and waits for
# pci_slot_mutex; the recovery of a slot takes the two in the other order. The two deadlock, also without pcireset.
random_error() {
	local node error

	((!exchanged)) || return
	pick 01.0 "${nodes[@]}" && node=$REPLY
	pick 0x10 0x4000 && error=$REPLY
	sleep "0.$((RANDOM % 4))"
	sim_set "$node" "error=$error"
}

# unbind_card: but for a PF that has VFs where lockdep of 7.3 watches. A driver that takes them away in remove(), as many do, has
# no pci_rescan_remove_lock for that then, and nobody could take it: a card that is removed comes there with the lock held.
unbind_card() {
	local dir=$devices/${sim_bus[1]}:00.0

	[[ $PCILAB_KERNEL != 7.3-* || ! -e $dir/virtfn0 ]] || return 0
	[[ ! -e $dir/driver ]] || echo "${sim_bus[1]}:00.0" >"$dir/driver/unbind"
}

# one_round: three resets at once, and another action in parallel.
one_round() {
	local function mask jobs=() list struck=0

	mapfile -t list < <(simulated_functions)
	random_fault
	for _ in 1 2 3; do
		pick "${list[@]}" && function=$REPLY
		pick "${masks[@]}" && mask=$REPLY
		reset_at_random "$function" "$mask" &
		jobs+=($!)
	done
	case $((RANDOM % 8)) in
	0) sim_set 01.0 present=0 && sim_set 01.0 present=1 ;;
	1) unbind_card ;;
	2) kill -9 "${jobs[0]}" ;;
	[34]) random_error && struck=3 ;;
	esac 2>/dev/null
	wait "${jobs[@]}" 2>/dev/null
	# The kernel's recovery waits for the port, and the removal of the port waits for the recovery: a deadlock if they meet.
	sleep "$struck"
}

slab_kib() {
	awk '$1 == "SUnreclaim:" { print $2 }' /proc/meminfo
}

# end_if_hung: reports the hung tasks and powers the machine off, because nothing else would.
end_if_hung() {
	while sleep 30; do
		dmesg | grep -q 'blocked for more than' || continue
		not_ok "seed $seed: nothing hangs" "$(dmesg | tail -n 200)"
		sleep 1
		echo b >/proc/sysrq-trigger || return
	done
}

# If a slot does not become ready, the kernel's recovery waits for twice 65 s, and the removal of the port waits for it.
echo 300 >/proc/sys/kernel/hung_task_timeout_secs
sim_load
end_if_hung &
watchdog=$!
: >"$results"
random_machine && sim_clear
before=$(slab_kib)
rounds=0
started=$SECONDS
while ((SECONDS - started < seconds)); do
	random_machine || { not_ok "round $rounds: the machine is there" && break; }
	one_round
	sim_clear 2>errors || { not_ok "round $rounds: the machine goes" "$(cat errors)" && break; }
	rounds=$((rounds + 1))
done
kill "$watchdog"
diag "seed $seed: $rounds machines, $(wc -l <"$results") resets in $seconds s of the guest's time, by exit status:" \
	"$(sort "$results" | uniq -c)"
is "$(grep -vcE '^(0|1|3|4|137)$' "$results")" 0 'every exit status is a documented one'
exits 1 'no message speaks of anything internal' grep -iE 'internal|bug|invalid argument' /tmp/errors
after=$(slab_kib)
if [[ $PCILAB_KERNEL == *-kasan ]]; then
	skip 'the kernel does not need more memory than before' 'KASAN keeps what was freed; kmemleak looks for what is lost'
else
	less $((after - before)) 4096 'the kernel does not need more memory than before, in KiB'
fi
exits 0 'nobody holds the simulator' rmdir "$sim/host"
exits 0 'or the module' rmmod pcireset
exits 0 'and it loads again' modprobe pcireset
plan
