#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Calls each exported function of the module from another kernel module: effects, refusals, and the reported function.
# modules: tests/lab/kmod
# kcsan: yes
# nightly: 6.12
# timeout: 500
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"

# Three functions below a port without hotplug, and devices that are alone: in a slot, without a driver, behind a port.
card=0000:03:00 port=$(port_to 03) nvme=0000:01:00.0 edu=0000:0c:00.0 usb=0000:08:00.0
all=("$card.0" "$card.1" "$card.2")

for function in "${all[@]}"; do
	unbind "$function"
done
exits 0 'call_api loads' modprobe call_api
triggers_begin

# Bridges are left out: the status of the bridge above an error is none of ours.
config_dump before

answers 'probe_function: all types of a disk in a slot' probe_function $nvme $any types=0xa
answers 'probe_function: only those that are asked about' probe_function $nvme $link types=0x8
answers 'probe_function: a function that only the bus resets' probe_function $card.1 $any types=0x10
answers 'probe_function: none' probe_function $card.1 $flr types=0x0

for name in function try_function function_locked raw_function_locked bus try_bus bus_locked plan; do
	answers "$name: an empty mask" $name $edu 0 result=$einval
	answers "$name: an unknown type" $name $edu $unknown result=$eopnotsupp
done
for name in bus try_bus bus_locked; do
	answers "$name: a type that is not the link's" $name $edu $((flr | bus)) result=$einval
done
for name in function try_function function_locked raw_function_locked; do
	answers "$name: a type that does not fit" $name $edu $flr result=$eopnotsupp issued=0x0 who=$edu
done
for name in bus try_bus bus_locked; do
	answers "$name: a type that does not fit" $name $edu $slot result=$eopnotsupp issued=0x0 why=$why_no_slot
done
answers 'raw_function_locked: a type that hits others' raw_function_locked $card.0 $bus result=$ebusy issued=0x0 \
	why=$why_scope who=$card.1
answers 'function: a driver that cannot prepare' function 0000:02:00.0 $bus result=$ebusy issued=0x0 \
	why=$why_driver who=0000:02:00.0
answers 'raw_bus: no bridge' raw_bus $edu 0 result=$enodev
answers 'raw_bus: nothing below' raw_bus "$(port_to 0d)" 0 result=$enodev
is "$(triggers)" 0 'all this issued no reset'
config_dump after
config_is_untouched before after 'and touched nothing'

answers 'function: a bound disk, by flr' function $nvme $((flr | bus)) result=0 type=$flr issued=$flr scope=1 \
	members=1 proof=$proof_shown failed=0x0
exits 0 'function: the disk works' dd if=/dev/nvme0n1 of=/dev/null bs=4k count=1
answers 'function: the first type that fits' function $edu $any result=0 type=$bus issued=$bus scope=3 members=1
answers 'try_function: all are free' try_function $nvme $flr result=0 type=$flr proof=$proof_shown
answers 'function_locked: a function' function_locked $card.2 $flr result=0 type=$flr members=1 proof=$proof_shown
answers 'function_locked: the link too' function_locked $card.0 $bus result=0 type=$bus members=3 proof=$proof_shown

setpci -s $edu COMMAND=6
answers 'raw_function_locked: resets' raw_function_locked $edu $bus result=0 type=$bus members=1 before=0x6 \
	proof=$proof_unknown
has "$answer" 'raw_function_locked: and restores nothing' after=0x0
setpci -s $edu COMMAND=0

for name in bus try_bus bus_locked; do
	answers "$name: three functions" $name $card.1 $link result=0 type=$bus issued=$bus scope=3 members=3 \
		proof=$proof_shown failed=0x0
	like "$answer" " member=$card.0/0x2/1/1 member=$card.1/0x3/1/1 member=$card.2/0x2/1/1" "$name: each is told of"
done
config_dump after "${all[@]}" $edu $nvme
grep -E "^($card|$edu|$nvme)" before >before.some
config_is_same before.some after 'config space is as it was'

setpci -s $card.1 COMMAND=6
triggers_begin
answers 'raw_bus: a port' raw_bus "$port" 0 result=0 type=$bus members=3
answers 'raw_bus: another function is there, device 0 is not' raw_bus 0000:09:00.0 0 result=0 type=$bus members=3
unbind 0000:0b:00.0
answers 'raw_bus: a hotplug port' raw_bus "$(port_to 0b)" 0 result=0 type=$slot members=1
exits 0 'raw_bus: nothing was removed' test -e $devices/0000:0b:00.0
setpci -s $card.1 COMMAND=0

# Somebody else has a lock.
hold $card.1
for name in try_function try_bus; do
	answers "$name: the lock of a member is held" $name $card.0 $bus result=$eagain issued=0x0 why=$why_lock \
		who=$card.1
	exits 0 "$name: it did not wait" test "$(value total_ms "$answer")" -lt 500
done
for name in function_locked bus_locked; do
	answers "$name: the lock of a member is held" $name $card.0 $bus result=$ebusy issued=0x0 why=$why_lock \
		who=$card.1
	exits 0 "$name: in bounded time" test "$(value total_ms "$answer")" -lt 3000
done
answers 'bus: the lock of a member is held' bus $card.0 $bus result=$ebusy issued=0x0 why=$why_lock who=$card.1
exits 0 'bus: in bounded time' test "$(value total_ms "$answer")" -lt 9000
answers 'function: a sibling is not concerned' function $card.2 $flr result=0 type=$flr
answers 'try_function: its own lock is held' try_function $card.1 $bus result=$eagain why=$why_lock who=$card.1
release
hold $card.1 1000
answers 'bus: a lock that is held for a second is waited for' bus $card.0 $bus result=0 type=$bus
release

# Plans.
answers 'plan: shows type and members' plan $card.1 $link type=$bus members=3 member=$card.0 member=$card.1 \
	member=$card.2 end=1
triggers_begin
answers 'run: does it' run $card.1 $link result=0 type=$bus members=3
answers 'run: again' run $card.1 $link result=0 type=$bus members=3
is "$(triggers)" 2 'run: each time'
echo 1 >$devices/$card.2/remove
answers 'run: a member is gone' run $card.1 $link result=$estale issued=0x0 why=$why_changed
echo 1 >/sys/bus/pci/rescan
answers 'run: another has come in its place' run $card.1 $link result=$estale issued=0x0 why=$why_changed
unbind $card.2

modprobe sample_owner
modprobe pci-stub
bind $card.2 sample_owner
call plan $card.1 $link
bind $card.2 pci-stub
answers 'run: a member has changed its driver' run $card.1 $link result=$estale issued=0x0 why=$why_changed
bind $card.2 sample_owner
answers 'run: and back' run $card.1 $link result=0 type=$bus
unbind $card.2
answers 'run: a member has lost its driver' run $card.1 $link result=$estale issued=0x0
answers 'plan: no type that fits' plan $card.1 $flr result=0 type=0x0 members=0 end=1
answers 'run: a plan that is refused' run $card.1 $flr result=$eopnotsupp issued=0x0
call plan_put $card.1 0
call run $card.1 0
like "$answer" 'No such file' 'plan_put: the plan is gone'

# Batches.
# batch DESC FUNCTIONS TYPES TRIGGERS: each has its line, without error, and that many resets were issued.
batch() {
	local line lines good=0

	triggers_begin
	call run_batch "$2" "$3"
	mapfile -t lines <<<"$answer"
	for line in "${lines[@]}"; do
		[[ " $line " != *" result=0 type=$3 issued=$3 "* ]] || good=$((good + 1))
	done
	is "$good" "$(tr ',' '\n' <<<"$2" | wc -l)" "run_batch: $1: all are told of"
	is "$(triggers)" "$4" "run_batch: $1: as many resets as it takes"
}

batch 'three functions behind one bridge' $card.0,$card.1,$card.2 $bus 1
like "$answer" "members=3
.*$card.0/0x2/.*$card.1/0x3/.*$card.2/0x2/.*$card.0/0x2/.*$card.1/0x2/.*$card.2/0x3/1/1" \
	'run_batch: each report that has room tells of the members, and of its own function'
batch 'the same function twice' $edu,$edu $bus 1
batch 'three buses' $card.0,$edu,$usb $bus 3
batch 'three functions by themselves' $nvme,0000:06:00.0,$card.2 $flr 3
call run_batch $card.0,$nvme $bus
like "$answer" "^result=0 type=$bus .*
result=$eopnotsupp .* why=$why_hotplug" 'run_batch: a failure does not stop the others'

config_dump after "${all[@]}" $edu $nvme
config_is_same before.some after 'config space is as it was in the end'
rmmod call_api
plan
