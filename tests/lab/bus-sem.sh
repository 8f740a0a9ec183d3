#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A driver that holds its device lock never waits for pci_bus_sem. Error recovery may hold it for reading while it waits
# for that device lock, and a removal that waits to write keeps other readers out.
# nightly: 6.12
# icount: yes
# topology: mixed
# modules: tests/lab/kmod
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"

card=0000:03:00 other=0000:00:10.0

# is_waiting PROCESS: it sleeps and cannot be interrupted.
is_waiting() {
	local try rest

	for ((try = 0; try < 100; try++)); do
		rest=$(<"/proc/$1/stat")
		[[ ${rest##*) } != D* ]] || return 0
		sleep 0.1
	done
	return 1
}

exits 0 'the caller loads' modprobe call_api
unbind "$card.2"
unbind "$other"
hold_bus_sem "$other"
bash -c "echo 1 >$devices/$other/remove" &
remover=$!
exits 0 'a removal waits for pci_bus_sem' is_waiting "$remover"

for name in function_locked try_function; do
	started=$EPOCHREALTIME
	answers "$name: resets meanwhile" "$name" "$card.2" "$flr" result=0 type="$flr" members=1
	took_less 3000 "$name: without waiting"
done
started=$EPOCHREALTIME
answers 'probe_function: answers meanwhile' probe_function "$card.2" "$any" types=0x16
took_less 3000 'probe_function: without waiting'
exits 0 'the removal still waits' is_waiting "$remover"

release
wait "$remover"
exits 1 'and then is done' test -e "$devices/$other"
plan
