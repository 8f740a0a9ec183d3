#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Ten VFs can be opened at once through VFIO, and each is reset when all are closed at once.
# topology: vfio-tree
# timeout: 400
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-vfio.sh
. /tests/lib-vfio.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

# resets_by METHOD: sets REPLY to the number in the kernel log since the last call.
resets_by() {
	count_log "reset via $1\$"
	dmesg -c >/dev/null
}

load_vfio
modprobe nvme
pf=$(dirname "$devices"/*/sriov_totalvfs)
echo 0 >"$pf/sriov_drivers_autoprobe"
exits 0 'there are ten VFs' bash -c "echo 10 >$pf/sriov_numvfs"
list_vfs "$pf"
to_driver vfio-pci "${vfs[@]}"
echo 'format "reset via" +p' >/proc/dynamic_debug/control
dmesg -c >/dev/null

prepare_start
exec {hold}<>"$starting_line"
for vf in "${vfs[@]}"; do
	"$client" "$vf" wait <"$starting_line" >"/run/client-$vf" 2>&1 {hold}>&- &
done
sleep 20
opened=$(cat /run/client-* | grep -c '^waits$')
resets_by flr
shows '10 VFs opened at once by vfio-pci' "$opened opened, $REPLY reset"
is "$opened" 10 'all are open'
is "$REPLY" 10 'each was reset when it was opened'
is "$(grep -h '^open:' /run/client-* | sort | uniq -c)" '' 'no open failed'

exec {hold}>&-
wait
resets_by flr
shows '10 VFs closed at once by vfio-pci' "$REPLY reset"
is "$REPLY" 10 'each was reset when it was closed'
plan
