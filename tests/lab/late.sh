#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A function that returns after the caller's timeout is late: the module keeps its state, restores it when it answers,
# and reports that. No other reset of it runs in the meantime, and no other event leaves anything behind.
# topology: empty
# icount: yes
# quick: yes
# kcsan: yes
# parts: alone others user
# modules: tests/lab/kmod
# nightly: 6.1 6.12
# timeout: 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

# How many functions are late now, whatever the type: sets REPLY.
count_late() {
	REPLY=$(pcireset metrics | awk '$1 ~ /^pcireset_late\{/ { n += $2 } END { print n + 0 }')
}

# metric NAME TYPE: sets REPLY.
metric() {
	REPLY=$(pcireset metrics | sed -n "s/^$1{type=\"$2\"} //p")
}

# wait_for_late: at most 70 s.
wait_for_late() {
	local i

	for ((i = 0; i < 700; i++)); do
		count_late
		((REPLY == 0)) && return
		sleep 0.1
	done
	return 1
}

# resets STATUS DESC ARGUMENT...: as exits, by pcireset reset --json --yes; leaves the JSON behind in one line.
resets() {
	exits "$1" "$2" pcireset reset "${@:3}" --json --yes
	output=$(sed -E 's/^ +//; s/": /":/' <<<"$output" | tr -d '\n')
}

# machine [KEY=VALUE...]: one function below a port, for which these hold from the next reset on.
machine() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port || return
	sim_set 01.0/00.0 "${driverless[@]}"
	sim_live
	fn=${sim_bus[1]}:00.0
	setpci -s "$fn" COMMAND=0006
	config_dump before "$fn"
	[[ $# -eq 0 ]] || sim_set 01.0/00.0 "$@"
	log_mark
}

# is_as_before DESC
is_as_before() {
	config_dump after "$fn"
	config_is_same before after "$1"
}

# late_reset TYPE TIMEOUT: a reset with a timeout that is too short.
late_reset() {
	resets 4 "$1: the caller's time is over" "$fn" --type "$1" --timeout "$2"
	like "$output" '"error":"ETIMEDOUT","message":"[^"]*late, being restored"' "$1: the report says that it is late"
	like "$output" '"state":"dead".*"late":true' "$1: and that this function is"
}

# refused_meanwhile TYPE
refused_meanwhile() {
	resets 3 "$1: another reset meanwhile is refused" "$fn" --type "$1"
	like "$output" '"error":"EBUSY","message":"it is late' "$1: for that reason"
}

# As seen with a function that was 0.4 s late: the next reset saved its lost state, and reported it as verified.
restored() {
	local type=$1

	machine "ready_$2_us=3000000"
	late_reset "$type" 500ms
	refused_meanwhile flr
	exits 3 "$type: a plan says so, too" pcireset plan "$fn" --type flr
	like "$output" 'late after an earlier reset' "$type: and why"
	metric pcireset_late "$type"
	is "$REPLY" 1 "$type: one function is late"
	wait_for_late
	is_as_before "$type: it is restored when it is back"
	like "$(log_since)" "$fn: back [0-9]+ ms after its reset, and restored" "$type: the log says so"
	sim_set 01.0/00.0 "ready_$2_us=0"
	exits 0 "$type: the next reset is verified" pcireset reset "$fn" --type flr --yes --quiet
	is_as_before "$type: and nothing is lost by it"
	sim_clear
}

killed() {
	local job

	machine ready_bus_us=3000000
	pcireset reset "$fn" --type bus --timeout 60s --yes --quiet 2>/dev/null &
	job=$!
	sleep 2
	kill -9 "$job"
	wait "$job" 2>/dev/null
	exits 1 'killed: the module is needed still' rmmod pcireset
	wait_for_late
	is_as_before 'killed: it is restored'
	sim_clear
}

never() {
	machine ready_flr_us=never
	late_reset flr 500ms
	sleep 50
	count_late
	is "$REPLY" 1 'never back: it is waited for after 50 s'
	sleep 12
	count_late
	is "$REPLY" 0 'never back: and no more after 62 s'
	like "$(log_since)" "$fn: not back 6[0-9]{4} ms after its reset: its configuration is lost" 'never back: the log says so'
	metric pcireset_late_lost_total flr
	is "$REPLY" 1 'never back: it is counted'
	sim_clear
}

# In the trace of the hardware, nothing is written to a function that does not answer.
untouched() {
	machine ready_flr_us=3000000
	watch_writes
	late_reset flr 500ms
	sleep 1
	is "$(writes_of '[^ ]+' | grep -c ' 1$')" 0 'nothing is written while it does not answer'
	wait_for_late
	sim_clear
}

announced() {
	machine ready_flr_us=3000000
	pcireset watch --json --count 3 >told 2>/dev/null &
	sleep 1
	late_reset flr 500ms
	wait_for_late
	wait
	like "$(<told)" '"event":"end".*"late":true' 'watch: the end of the call'
	like "$(<told)" "\"event\":\"late\".*\"device\":\"$fn\".*\"type\":\"flr\",\"result\":\"restored\",\"state\":\"restored\"" 'watch: the end of the reset'
	sim_clear
}

alone() {
	restored flr flr
	restored pm pm
	restored bus bus
	killed
	untouched
	announced
	never
}

# several: sets fn and others, three functions of which the last two are late by 1 s and 2 s.
several() {
	sim_nodes 01.0 01.0/00.0 01.0/00.1 01.0/00.2 && sim_set 01.0 kind=root-port || return
	for node in 01.0/00.0 01.0/00.1 01.0/00.2; do
		sim_set "$node" "${driverless[@]}"
	done
	sim_live
	fn=${sim_bus[1]}:00.0
	card=("$fn" "${sim_bus[1]}:00.1" "${sim_bus[1]}:00.2")
	config_dump before "${card[@]}"
	sim_set 01.0/00.1 ready_bus_us=2000000
	sim_set 01.0/00.2 ready_bus_us=4000000
}

siblings() {
	several
	resets 4 'siblings: two are late' "$fn" --type bus --timeout 500ms
	is "$(grep -o '"late":true' <<<"$output" | wc -l)" 2 'siblings: the report names both'
	exits 0 'siblings: the third can be reset meanwhile' pcireset reset "$fn" --type flr --quiet
	resets 3 'siblings: their link cannot' "$fn" --type bus --yes
	like "$output" "\"message\":\"${card[1]}: it is late" 'siblings: the refusal names the first'
	wait_for_late
	config_dump after "${card[@]}"
	config_is_same before after 'siblings: all are restored'
	exits 0 'siblings: and can be reset' pcireset reset "$fn" --type flr --quiet
	sim_clear
}

# A PF that is late takes its VFs along: they come back after it.
vfs() {
	local vf

	sim_nodes 01.0 01.0/00.0 01.0/00.0/vf && sim_set 01.0 kind=root-port && sim_set 01.0/00.0/vf count=3 && sim_live || return
	fn=${sim_bus[1]}:00.0
	echo 3 >"$devices/$fn/sriov_numvfs"
	card=("$fn" "$devices/$fn"/virtfn*)
	card=("$fn")
	for vf in "$devices/$fn"/virtfn*; do
		vf=$(readlink -f "$vf")
		card+=("${vf##*/}")
	done
	config_dump before "${card[@]}"
	sim_set 01.0/00.0 ready_flr_us=3000000
	resets 4 'VFs: their PF is late' "$fn" --type flr --timeout 500ms
	is "$(grep -o '"late":true' <<<"$output" | wc -l)" 4 'VFs: and they are'
	resets 3 'VFs: none of them can be reset' "${card[1]}" --type flr
	wait_for_late
	config_dump after "${card[@]}"
	config_is_same before after 'VFs: all are restored'
	exits 0 'VFs: and can be reset' pcireset reset "${card[2]}" --type flr --quiet
	sim_clear
}

# What hangs on a bridge is restored after it.
bridges() {
	sim_nodes 01.0 01.0/00.0 01.0/00.0/05.0 && sim_set 01.0 kind=root-port || return
	sim_set 01.0/00.0 kind=pci-bridge && sim_set 01.0/00.0/05.0 "${driverless[@]}" && sim_live || return
	fn=${sim_bus[2]}:05.0
	card=("${sim_bus[1]}:00.0" "$fn")
	config_dump before "${card[@]}"
	sim_set 01.0/00.0 ready_bus_us=3000000
	resets 4 'a bridge: late, with what is below it' "${card[0]}" --type bus --timeout 500ms
	is "$(grep -o '"late":true' <<<"$output" | wc -l)" 2 'a bridge: the report names both'
	wait_for_late
	config_dump after "${card[@]}"
	config_is_same before after 'a bridge: both are restored'
	sim_clear
}

# slot_machine [KEY=VALUE...]: of the port; slot_shape has those of its slot.
slot_shape=()
slot_machine() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port hotplug=1 "${slot_shape[@]}" && sim_set 01.0/00.0 "${driverless[@]}" && sim_live || return
	sleep 1
	fn=${sim_bus[1]}:00.0
	config_dump before "$fn" "${sim_bus[0]}:01.0"
	sim_set 01.0 "$@"
}

# The link is late: hotplug does not take that for a removal. A slot whose presence follows its link seems empty until the link
# is up: for a second, that is no removal either.
links() {
	links_of_slot 'a link' 4000000
	slot_shape=(inband_presence=1)
	links_of_slot 'a link that the presence follows' 900000
	slot_shape=()
}

# links_of_slot DESC MICROSECONDS
links_of_slot() {
	slot_machine link_up_us="$2"
	resets 4 "$1: late" "$fn" --type slot --timeout 500ms
	wait_for_late
	config_dump after "$fn" "${sim_bus[0]}:01.0"
	config_is_same before after "$1: its function is restored, and the port as before"
	sim_set 01.0 link_up_us=300000
	exits 0 "$1: the next reset is verified" pcireset reset "$fn" --type slot --quiet
	resets 4 "$1: late after 100 ms" "$fn" --type slot --timeout 100ms
	wait_for_late
	config_dump after "$fn" "${sim_bus[0]}:01.0"
	config_is_same before after "$1: its function is restored again"
	sim_set 01.0 present=0
	sleep 3
	exits 1 "$1: hotplug hears of a removal later" test -e "$devices/$fn"
	sim_clear
}

# The worker keeps settings that others make in the port above while its locks are free.
settings_of_others() {
	slot_machine link_up_us=3000000
	resets 4 'a setting: late' "$fn" --type slot --timeout 500ms
	setpci -s "${sim_bus[0]}:01.0" CAP_EXP+8.w=0008:000f
	wait_for_late
	is "$(($(setpci -s "${sim_bus[0]}:01.0" CAP_EXP+8.w | sed 's/^/0x/') & 0xf))" 8 \
		'a setting: of the port above, made while nobody has its locks, is left alone'
	sim_clear
}

# Its slot has no driver any more when its card is pulled, so no driver gets the event.
unslotted() {
	local port

	slot_machine link_up_us=never
	log_mark
	port=${sim_bus[0]}:01.0
	resets 4 'no slot: late' "$fn" --type slot --timeout 500ms
	for service in /sys/bus/pci_express/drivers/pciehp/"$port":pcie*; do
		echo "${service##*/}" >/sys/bus/pci_express/drivers/pciehp/unbind
	done
	sim_set 01.0 present=0
	wait_for_late
	sleep 1
	exits 0 'no slot: its function stays' test -e "$devices/$fn"
	is "$(log_since | grep -E 'BUG:|Oops|general protection|WARNING')" '' 'no slot: and the kernel is well'
	sim_clear
}

# Many at once, of which one is late.
batches() {
	several
	sim_set 01.0/00.1 ready_flr_us=3000000
	resets 64 'many: one of three is late' "${card[@]}" --type flr --timeout 500ms
	is "$(grep -o '"late":true' <<<"$output" | wc -l)" 1 'many: the report names it'
	exits 0 'many: the others can be reset again' pcireset reset "${card[0]}" "${card[2]}" --type flr --quiet
	wait_for_late
	config_dump after "${card[@]}"
	config_is_same before after 'many: all are restored'
	sim_clear
}

others() {
	siblings
	vfs
	bridges
	links
	settings_of_others
	unslotted
	batches
}

removed() {
	local started

	machine ready_flr_us=never
	late_reset flr 500ms
	echo 1 >"$devices/$fn/remove"
	started=$EPOCHREALTIME
	wait_for_late
	took_less 1000 'removed: nobody waits for it any longer'
	sim_clear
	exits 0 'removed: the module can be unloaded' rmmod pcireset
	modprobe pcireset
}

# Pulled from its slot while it is late: hotplug takes it out.
pulled() {
	slot_machine
	sim_set 01.0/00.0 ready_bus_us=never
	resets 4 'pulled: late' "$fn" --type slot --timeout 500ms
	sim_set 01.0 present=0
	sleep 4
	count_late
	is "$REPLY" 0 'pulled: nobody waits for it any longer'
	sim_clear
	with_driver hotplug=1
	sim_set 01.0 link_up_us=never
	resets 4 'pulled with a driver: late' "$fn" --type slot --timeout 500ms
	sim_set 01.0 present=0
	sleep 4
	is "$(driver_calls)" 'reset_prepare reset_done remove_offline ' 'pulled with a driver: it learns that its card has left'
	sim_clear
	exits 0 'pulled: the module can be unloaded' rmmod pcireset
	modprobe pcireset
}

# unloaded: the module stays loaded until all restores are done.
unloaded() {
	machine ready_flr_us=5000000
	late_reset flr 500ms
	exits 1 'unloading: refused while a function is late' rmmod pcireset
	wait_for_late
	is_as_before 'unloading: it was restored'
	exits 0 'unloading: done then' rmmod pcireset
	modprobe pcireset
	sim_clear
}

# with_driver KEY=VALUE...: a machine whose function has a driver. The keys are those of the port.
with_driver() {
	sim_nodes 01.0 01.0/00.0 && sim_set 01.0 kind=root-port "$@" && sim_live || return
	sleep 1
	fn=${sim_bus[1]}:00.0
	bind "$fn" pcisim 2>/dev/null
	echo 1 >"$tracing/events/pcisim/pcisim_driver/enable"
	echo 1 >"$tracing/tracing_on"
	: >"$tracing/trace"
}

# driver_calls: prints the calls of the function's driver since the trace was emptied.
driver_calls() {
	sed -nE 's/.*pcisim_driver: .*call=([a-z_]+).*/\1/p' "$tracing/trace" | tr '\n' ' '
}

# A driver with a call of reset_prepare gets one reset_done before it is unbound.
unbound() {
	with_driver
	sim_set 01.0/00.0 ready_flr_us=5000000
	resets 4 'a driver: its device is late' "$fn" --type flr --timeout 500ms
	unbind "$fn"
	wait_for_late
	is "$(driver_calls)" 'reset_prepare reset_done remove ' 'a driver: is told of the end before it is removed'
	is "$(($(printf '%d' "0x$(setpci -s "$fn" COMMAND)") & 4))" 0 'a driver: its device is no bus master after it left'
	: >"$tracing/trace"
	sim_set 01.0/00.0 ready_flr_us=3000000
	bind "$fn" pcisim
	resets 4 'a driver: late again' "$fn" --type flr --timeout 500ms
	wait_for_late
	is "$(driver_calls)" 'probe reset_prepare reset_done ' 'a driver: that stays is told of the end once'
	exits 0 'a driver: and its device can be reset' pcireset reset "$fn" --type flr --quiet
	pcireset reset "$fn" --type flr --yes --force driver --timeout 20s >/dev/null 2>&1 &
	sleep 2
	unbind "$fn"
	wait $!
	is "$(($(printf '%d' "0x$(setpci -s "$fn" COMMAND)") & 4))" 0 'a driver: left during the wait, and its device is no bus master'
	sim_clear
}

# What lost its BARs behind the kernel's back is not worth saving.
lost_before() {
	machine
	setpci -s "$fn" BASE_ADDRESS_0=0
	resets 3 'BARs that the kernel has not assigned: refused' "$fn" --type flr
	like "$output" '"error":"EBUSY","message":"its addresses are not those' 'BARs: for that reason'
	sim_count 01.0/00.0 flr
	is "$REPLY" 0 'BARs: nothing was reset'
	sim_clear
}

user() {
	removed
	pulled
	unloaded
	unbound
	lost_before
}

sim_load
[[ $# -gt 0 ]] || set -- alone others user
for part; do
	$part
done
plan
