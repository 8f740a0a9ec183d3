#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# 64 VFs can be opened at once through VFIO, and each is reset when all are closed at once.
# timeout: 400
# kcsan: yes
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh
# shellcheck source=tests/lab/lib-vfio.sh
. /tests/lib-vfio.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

readonly count=64

# resets_by METHOD: sets REPLY to the number in the kernel log since the last call.
resets_by() {
	count_log "reset via $1\$"
	dmesg -c >/dev/null
}

# count_waiting: sets opened to the number of clients that have opened their VF.
count_waiting() {
	opened=$(cat /run/client-* | grep -c '^waits$')
}

sim_load
echo functions >"$sim/host/iommu"
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 kind=endpoint
sim_node 01.0/00.0/vf count=$count vf_offset=250
sim_live
pf=$devices/${sim_bus[1]}:00.0
load_vfio
echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
echo 0 >"$pf/sriov_drivers_autoprobe"
enable_vfs "${pf##*/}" "$count"
list_vfs "$pf"
is "${#vfs[@]}" "$count" "there are $count VFs"
to_driver vfio-pci "${vfs[@]}"
echo 'format "reset via" +p' >/proc/dynamic_debug/control
dmesg -c >/dev/null

prepare_start
exec {hold}<>"$starting_line"
for vf in "${vfs[@]}"; do
	"$client" "$vf" wait <"$starting_line" >"/run/client-$vf" 2>&1 {hold}>&- &
done
for ((i = 0; i < 120 * PCILAB_SLOWNESS; i++)); do
	count_waiting
	[[ $opened -lt $count ]] || break
	sleep 1
done
resets_by flr
shows "$count VFs opened at once by vfio-pci" "$opened opened, $REPLY reset"
is "$opened" "$count" 'all are open'
is "$REPLY" "$count" 'each was reset when it was opened'
is "$(grep -h '^open:' /run/client-* | sort | uniq -c)" '' 'no open failed'

exec {hold}>&-
wait
resets_by flr
shows "$count VFs closed at once by vfio-pci" "$REPLY reset"
is "$REPLY" "$count" 'each was reset when it was closed'
plan
