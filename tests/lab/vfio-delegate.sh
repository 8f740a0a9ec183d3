#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows that a process without privileges resets its own VFIO device and, by its group alone, all it holds; and nothing else.
# topology: vfio
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-vfio.sh"

# Three functions of one group in a slot; the last one has FLR.
card=0000:02:00
all=("$card.0" "$card.1" "$card.2")

# allow TYPES: to users of the driver.
allow() {
	echo $(($1)) >/sys/module/vfio_typed_pci/parameters/types
	: >"$tracing/trace"
}

# asks WORD ANSWER DESC: what the monitor tries, and what comes of it.
asks() {
	local line

	echo "$1" >&"${MONITOR[1]}"
	read -r -t 30 line <&"${MONITOR[0]}"
	is "$line" "$2" "$3"
}

load_vfio
modprobe vfio_typed_pci
to_driver vfio_typed_pci "${all[@]}"
# VFIO means this file for everybody, and says so by its mode.
chmod 0666 /dev/vfio/vfio
triggers_begin
allow $flr
coproc MONITOR { exec /usr/libexec/pcireset/tests/delegate "$card.2" 2>&1; }
pid=$MONITOR_PID
read -r -t 30 line <&"${MONITOR[0]}"
is "$line" ready 'the monitor has the device'
read -r monitor <"/proc/$pid/task/$pid/children"
is "$(awk '/^CapEff/ { print $2 }' "/proc/$monitor/status")" 0000000000000000 'and no privileges'

allow $flr
asks flr "hits $card.2 done" 'FLR of its own device, which it is shown before'
is "$(triggers)" 1 'FLR: once'
allow $flr
config_dump before "${all[@]}"
asks slot EPERM 'not the slot, by that descriptor'
asks any EPERM 'not whatever there is'
asks widen EPERM 'what was narrowed cannot be had back'
asks open EACCES 'no other device'
asks open-by-device ENOTTY 'not by the descriptor either'
asks hot EOPNOTSUPP 'not by VFIO, while the administrator allows FLR alone'
allow $slot
unbind "$card.1"
asks hot EPERM 'not by VFIO, while it does not hold a function of the slot'
to_driver vfio_typed_pci "$card.1"
is "$(triggers)" 0 'none of these was issued'
config_dump after "${all[@]}"
config_is_untouched before after 'and nothing was touched'
asks hot 'done' 'the slot, by the group that holds all of it'
is "$(grep -c "pcireset_trigger:.* type=$slot " "$tracing/trace")" 1 'the slot: once, and by no other type'

# The device goes, and another one takes its address.
asks close 'done' 'the monitor gives the device back'
echo 1 >"$devices/$card.2/remove"
asks flr ENODEV 'it is lost with the device'
echo 1 >/sys/bus/pci/rescan
exits 0 'a device is at this address again' test -e "$devices/$card.2"
asks flr ENODEV 'and stays lost'
to_monitor=${MONITOR[1]}
exec {to_monitor}>&-
wait "$pid"
is $? 0 'the monitor ends'
plan
