#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The tool names the mistake in its input, exits with the right status, and touches nothing.
# nightly: 6.1 6.12
# topology: mixed
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"

before=$(mktemp)
after=$(mktemp)

watch_begin() {
	triggers_begin
	config_dump "$before"
}

# watch_end DESC: since watch_begin nothing was reset, and config space is as it was.
watch_end() {
	config_dump "$after"
	config_is_untouched "$before" "$after" "$1: config space is untouched"
	is "$(triggers)" 0 "$1: no reset was issued"
}

# refuses STATUS PATTERN ARG...: exits with the status, and the message matches the pattern.
refuses() {
	local want=$1 pattern=$2

	shift 2
	exits "$want" "pcireset ${*@Q}" pcireset "$@"
	like "$output" "$pattern" 'and says why'
}

# names_device STATUS PATTERN NAME: for each command that takes a device.
names_device() {
	refuses "$1" "$2" show -- "$3"
	refuses "$1" "$2" plan --type any -- "$3"
	refuses "$1" "$2" reset --type any --force driver,vfio,mount,net,swap,console --yes -- "$3"
}

# refuses_type PATTERN TYPES
refuses_type() {
	refuses 2 "$1" plan 01:00.0 --type "$2"
	refuses 2 "$1" reset 01:00.0 --type "$2"
}

# hide BRIDGE: requests no longer reach functions below it, so their config space reads as all-ones.
hide() {
	setpci -s "$1" SUBORDINATE_BUS.b=fe SECONDARY_BUS.b=fe
}

# unhide BRIDGE BUS
unhide() {
	setpci -s "$1" SECONDARY_BUS.b="$2" SUBORDINATE_BUS.b="$2"
}

reads_all_ones() {
	[[ $(setpci -s "$1" VENDOR_ID.l) == ffffffff ]]
}

watch_begin
for name in zz:00.0 1:2:3:4 00:20.0 00:00.8 '' 8086 nosuchthing '01:00.0 x' -5 01:00.0/ ../01:00.0; do
	names_device 2 "\"$name\" names no PCI function" "$name"
done
for name in 77:00.0 01:00.1 0000:ff:1f.7 ffff:00:00.0 10000:00:00.0 8086:ffff; do
	names_device 1 "$name: there is no such PCI function" "$name"
done
names_device 1 '/dev/nope: No such file' /dev/nope
names_device 1 '/dev/null: is on no PCI function' /dev/null
names_device 1 'lo: is on no PCI function' lo
refuses 1 '77:00.0: there is no such' reset 01:00.0 77:00.0 --type flr
refuses 2 'no device given' reset --type flr
refuses 2 'no device given' reset - --type flr </dev/null
watch_end 'devices that are not there'

watch_begin
for types in '' ',' ',,'; do
	refuses_type 'no type of reset is given' "$types"
done
for types in warp FL flrx fl 0x2 -1 all none flr,warp; do
	refuses_type "unknown type of reset \"${types#flr,}\"" "$types"
done
refuses 2 '--type is required' reset 01:00.0
refuses 2 '--type requires an argument' reset 01:00.0 --type
refuses 2 "unknown word 'wide'; valid words: function, slot, bus" reset 01:00.0 --type flr --max-scope wide
refuses 2 "unknown word 'proven'" reset 01:00.0 --type flr --check proven
refuses 2 '--check requires an argument' reset 01:00.0 --type flr --check ''
refuses 2 "unknown word 'hammer'" reset 01:00.0 --type flr --force hammer
refuses 2 "invalid time 'soon'" reset 01:00.0 --type flr --timeout soon
refuses 2 "'0' is out of range" reset 01:00.0 --type flr --timeout 0
refuses 2 'longest timeout' reset 01:00.0 --type flr --timeout 601
refuses 2 "unknown option '--typ' .did you mean '--type'" reset 01:00.0 --typ flr
refuses 2 "unknown command 'reboot'" reboot 01:00.0 --type flr
watch_end 'options that cannot be'

# A device with config space of all-ones is gone, even if sysfs still has its facts.
for place in "$(port_to 0c) 0c:00.0 0c bus" "$(port_to 01) 01:00.0 01 flr,slot"; do
	read -r bridge device bus types <<<"$place"
	hide "$bridge"
	watch_begin
	exits 0 "$device reads as all-ones" reads_all_ones "$device"
	exits 0 "$device is listed" pcireset show "$device"
	like "$output" 'gone or does not respond' 'and has no type that would work'
	refuses 1 "$device: .*gone or does not respond" plan "$device" --type "$types"
	refuses 1 "$device: .*gone or does not respond" reset "$device" --type "$types"
	refuses 1 "$device: .*gone or does not respond" reset "$device" --type any --force driver
	refuses 1 '"error": "ENODEV"' reset "$device" --type "$types" --json
	watch_end "$device as all-ones"
	unhide "$bridge" "$bus"
done
exits 0 'a device that answers again is reset' pcireset reset 0c:00.0 --type bus
exits 0 'and the other one' pcireset reset 01:00.0 --type flr

# One among several functions that would be hit.
port=$(port_to 08)
hide "$port"
watch_begin
exits 0 '08:00.0 reads as all-ones' reads_all_ones 08:00.0
refuses 3 '0000:08:00.0: it is gone' plan 04:00.0 --type bus --force driver
refuses 3 '0000:08:00.0: it is gone' reset 04:00.0 --type bus --force driver
refuses 3 '0000:08:00.0: it is gone' reset "$port" --type bus --force driver
watch_end 'a function below as all-ones'
unhide "$port" 08
exits 0 'when all answer it is reset' pcireset reset 04:00.0 --type bus --force driver --yes
plan
