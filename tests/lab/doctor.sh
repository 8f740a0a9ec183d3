#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pcireset doctor reports the true state of a machine and touches nothing.
# topology: mixed sriov cxl
# shares: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

# finds CHECK PATTERN DESC: a line of the answer, whose words may be on the next ones.
finds() {
	like "$answer" "(^| )$1 +$2" "$3"
}

# ask STATUS DESC: sets answer to the output of doctor, in one line.
ask() {
	exits "$1" "$2" pcireset doctor
	answer=$(tr -s ' \n' ' ' <<<"$output")
}

enable_all_vfs
config_dump before
ask 0 'with the module nothing needs doing'
finds module 'version [0-9.]+ is loaded' 'the module is loaded'
finds leftovers 'no killed reset left settings changed' 'no killed reset left settings changed'
case $PCILAB_TOPOLOGY in
mixed)
	finds hotplug 'pciehp manages the slots of 4 ports' 'it knows who has the slots'
	finds device '0000:02:00.0 driver e1000e has no reset_prepare callback; do: unbind' 'it knows the driver that cannot prepare'
	;;
sriov) finds device '0000:01:00.1 if its FLR fails, .* including the PF' 'it knows what the kernel makes of a VF' ;;
cxl) finds device '0000:[0-9a-f:.]+ the CXL port above ignores slot and bus' 'it knows the mask of CXL' ;;
esac
rmmod pcireset
ask 1 'without the module something needs doing'
finds module 'not loaded: .*modprobe pcireset' 'and it says what'
exits 1 'as JSON too' pcireset doctor --json
like "$output" '"todo": "modprobe pcireset"' 'with what to do'
exits 1 'nothing is there to be repaired' pcireset doctor --repair
config_dump after
config_is_untouched before after 'nothing was touched'
exits 0 'the module is loaded again' modprobe pcireset
plan
