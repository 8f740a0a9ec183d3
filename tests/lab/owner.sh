#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An owner of functions gets exactly SLOT or exactly BUS, and nothing unless it owns all affected functions.
# icount: yes
# topology: mixed slots
# modules: tests/lab/kmod
# nightly: 6.1 6.12 7.3/slots
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"

if [[ -e $devices/0000:02:00.2 ]]; then
	card=0000:02:00 port=$(port_to 02) word=slot other=bus type=$slot why_not_other=$why_hotplug
else
	card=0000:03:00 port=$(port_to 03) word=bus other=slot type=$bus why_not_other=$why_no_slot
fi
all=("$card.0" "$card.1" "$card.2")

# reset TEXT: a user writes TEXT. Sets error to the message, or to nothing on success.
reset() {
	log_mark
	config_dump before "${all[@]}" "$port"
	error=$( (echo "$1" >"$drivers/sample_owner/reset") 2>&1)
	config_dump after "${all[@]}" "$port"
}

# refuses DESC TEXT ERROR
refuses() {
	reset "$2"
	like "$error" "$3" "$1: refused"
	config_is_untouched before after "$1: nothing was touched"
}

# named FUNCTION DESC
named() {
	like "$(log_since)" "sample_owner $card.0: not reset: $1 would be affected and is not ours" "$2: named"
}

exits 0 'the sample loads' modprobe sample_owner dyndbg=+p
for function in "${all[@]}"; do
	unbind "$function"
done
triggers_begin

refuses 'a function that is not owned' "$card.0 $word" 'not permitted'
bind "$card.0" sample_owner
bind "$card.1" sample_owner
refuses 'a sibling without a driver' "$card.0 $word" 'not permitted'
named "$card.2" 'a sibling without a driver'
bind "$card.2" virtio-pci
refuses "a sibling that is another driver's" "$card.0 $word" 'not permitted'
named "$card.2" "a sibling that is another driver's"

bind "$card.2" sample_owner
refuses 'the other type' "$card.0 $other" 'not supported'
has "$(logged sample_owner "$card.0" result=)" 'the other type: the report says why' result=$eopnotsupp \
	issued=0x0 why=$why_not_other
refuses 'a type that this owner does not offer' "$card.0 flr" 'Invalid argument'
refuses 'no type' "$card.0" 'Invalid argument'
refuses 'something behind the type' "$card.0 $word $word" 'Invalid argument'
refuses 'no address' "$word" 'Invalid argument'
refuses 'an address that is none' "0000:02:20.0 $word" 'Invalid argument'
refuses 'an address where nothing is' "0000:fe:00.0 $word" 'No such device'
is "$(triggers)" 0 'all this issued no reset'

reset "$card.1 $word"
is "$error" '' "the owner of all gets exactly $word"
has "$(logged sample_owner "$card.1" result=)" 'and the report says so' result=0 type=$type issued=$type \
	members=3 proof=$proof_shown failed=0x0
is "$(triggers)" 1 'with one reset'
config_is_same before after 'config space of all is as it was'
for function in "${all[@]}"; do
	is "$(driver_of "$function")" sample_owner "$function is still bound"
	is "$(log_since | grep -oE "sample_owner $function: (stopped|runs again)")" \
		"sample_owner $function: stopped
sample_owner $function: runs again" "$function was told before and after"
done

hold "$card.2"
started=$EPOCHREALTIME
refuses 'the lock of a member is held' "$card.0 $word" 'busy'
took_less 9000 'in a bounded time'
has "$(logged sample_owner "$card.0" result=)" 'and the member is named' result=$ebusy issued=0x0 why=$why_lock \
	who="$card.2"
release
reset "$card.0 $word"
is "$error" '' 'it works when the lock is free'
plan
