#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A process without privileges resets its own VFIO device, and the slot while it holds all functions there, and nothing
# else.
# intree: yes
# nightly: 6.12
# topology: vfio
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-vfio.sh"

# Three functions of one group in a slot; the last one has FLR.
card=0000:02:00
all=("$card.0" "$card.1" "$card.2")
hits="hits $card.0 hits $card.1 hits $card.2"

forget() {
	: >"$tracing/trace"
}

load_vfio
to_driver vfio-pci "${all[@]}"
triggers_begin
start_monitor "$card.2"

forget
asks flr "hits $card.2 done" 'FLR of its own device, which it is shown before'
is "$(triggers)" 1 'FLR: once'
forget
config_dump before "${all[@]}"
asks flr-unproved "not $card.2 EBUSY" 'not while a VFIO user holds it who does not say that it is that user'
asks flr-open "not $card.2 EBUSY" 'nor while it has the device open, whose memory it may read at any time'
asks slot-unproved "not $card.0 not $card.1 not $card.2 EPERM" 'not the slot, without a proof that all in it is its own'
asks any EPERM 'not whatever there is'
asks widen EPERM 'what was narrowed cannot be had back'
asks open EACCES 'no other device'
asks open-by-device ENOTTY 'not by the descriptor either'
unbind "$card.1"
asks slot "hits $card.0 not $card.1 hits $card.2 EPERM" 'not the slot, while a function in it has no driver of VFIO'
to_driver vfio-pci "$card.1"
is "$(triggers)" 0 'none of these was issued'
config_dump after "${all[@]}"
config_is_untouched before after 'and nothing was touched'
unbind "$card.1"
asks flr "hits $card.2 done" 'its own device all the same, whoever has the others'
to_driver vfio-pci "$card.1"
forget
asks slot "$hits done" 'the slot, by the group that holds all of it'
is "$(grep -c "pcireset_trigger:.* type=$slot " "$tracing/trace")" 1 'the slot: once, and by no other type'
is "$(triggers)" 1 'and nothing else'

# VFIO's own hot reset takes the same proof, and whichever it finds of slot and bus; nobody is told which.
stock_begin
asks hot 'done' 'stock VFIO resets as much by the same group'
unbind "$card.1"
asks hot EINVAL 'and refuses as well where a function has no driver of VFIO, with EINVAL and no name'
to_driver vfio-pci "$card.1"
stock_end

# The sample driver gives VFIO's interface the types that the administrator allows.
asks close 'done' 'the monitor gives the device back'
end_monitor
modprobe vfio_typed_pci
to_driver vfio_typed_pci "${all[@]}"
start_monitor "$card.2"
echo $((flr)) >/sys/module/vfio_typed_pci/parameters/types
asks hot EOPNOTSUPP 'by VFIO not, while the administrator allows FLR alone'
echo $((slot)) >/sys/module/vfio_typed_pci/parameters/types
unbind "$card.1"
asks hot EPERM 'nor while it does not hold a function of the slot'
to_driver vfio_typed_pci "$card.1"
forget
asks hot 'done' 'the slot, by the group that holds all of it'
is "$(triggers)" 1 'once'
forget
asks slot "$hits done" 'and by the descriptor, whichever driver of VFIO it is'

# The device goes, and another one takes its address.
asks close 'done' 'the monitor gives the device back'
asks slot "not $card.0 not $card.1 not $card.2 EPERM" 'whoever has given its group back has no proof any more'
echo 1 >"$devices/$card.2/remove"
asks flr ENODEV 'the descriptor is lost with the device'
echo 1 >/sys/bus/pci/rescan
exits 0 'a device is at this address again' test -e "$devices/$card.2"
asks flr ENODEV 'and stays lost'
end_monitor

# A network card in a port without a slot.
nic=0000:03:00.0
to_driver vfio-pci "$nic"
start_monitor "$nic"
forget
asks slot EOPNOTSUPP 'no slot: it is in none'
asks bus "hits $nic done" 'the bus, by the group that holds all on it'
is "$(grep -c "pcireset_trigger:.* type=$bus " "$tracing/trace")/$(triggers)" 1/1 'the bus: once, and nothing else'
end_monitor
plan
