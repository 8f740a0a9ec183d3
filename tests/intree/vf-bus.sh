#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A VF does not offer a bus reset, and its PF only while it has no VFs.
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

# reset_by METHOD FUNCTION
reset_by() {
	(echo "$1" >"$2/reset_method" && echo 1 >"$2/reset") 2>&1 | sed 's/.*: //'
}

sim_load
sim_node 01.0 kind=root-port hotplug=1
sim_node 01.0/00.0
sim_node 01.0/00.0/vf count=4
sim_live
pf=/sys/bus/pci/devices/${sim_bus[1]}:00.0
enable_vfs "${sim_bus[1]}:00.0" 0
like "$(cat "$pf/reset_method")" 'bus' 'a PF without VFs offers a bus reset'
enable_vfs "${sim_bus[1]}:00.0" 4
for vf in "$pf"/virtfn*; do
	is "$(cat "$vf/reset_method")" flr "${vf##*/} offers flr only"
done

setpci -s "${sim_bus[1]}:00.0" COMMAND=4:4
before=$(setpci -s "${sim_bus[1]}:00.0" COMMAND)
reply=$(reset_by bus "$pf/virtfn0")
sim_count 01.0/00.0 bus
after=$(setpci -s "${sim_bus[1]}:00.0" COMMAND)
shows "\"bus\" of a VF" "${reply:-0}; $REPLY resets of the PF, whose Command is $before before and $after after"
is "$reply" 'Invalid argument' 'bus on a VF is refused'
is "$REPLY $after" "0 $before" 'and nothing happens to the PF'

reply=$(reset_by bus "$pf")
sim_count 01.0/00.0 bus
shows "\"bus\" of a PF with VFs" "${reply:-0}; $REPLY bus resets in all"
like "$reply" 'Invalid argument|Inappropriate ioctl' 'bus on a PF with VFs is refused'
is "$REPLY" 0 'no bus reset has happened'

echo 0 >"$pf/sriov_numvfs"
is "$(reset_by bus "$pf")" '' 'bus on a PF works again when the VFs are gone'
plan
