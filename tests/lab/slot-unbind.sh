#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pciehp is unbound from a port while the slot is reset, at many moments. Freed memory is overwritten, so that a use of the
# slot after its end is an oops.
# topology: empty
# icount: yes
# kernels: 6.1 7.3
# append: slub_debug=FZPU
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

sim_load
sim_nodes 01.0 01.0/00.0
sim_set 01.0 kind=root-port hotplug=1
sim_set 01.0/00.0 "${driverless[@]}"
exits 0 'a function in a hotplug slot' sim_live
sleep 1
fn=${sim_bus[1]}:00.0
for service in /sys/bus/pci_express/drivers/pciehp/"${sim_bus[0]}:01.0":pcie*; do
	service=${service##*/}
done
cd /sys/bus/pci_express/drivers/pciehp || exit
log_mark

# unbound_after ROUND: the reset begins at another moment before the unbinding in each round, up to some 15 ms.
unbound_after() {
	local i

	pcireset reset "$fn" --type slot --quiet --yes &>/dev/null &
	for ((i = 0; i < $1 * 30; i++)); do
		:
	done
	echo "$service" >unbind
	wait $! || ((failed++))
	echo "$service" >bind
}

failed=0
for ((round = 0; round < 50; round++)); do
	unbound_after "$round"
done
is "$(log_since | grep -E 'BUG:|Oops|general protection|WARNING')" '' 'the kernel is well'
is $((failed > 2 && failed < 48)) 1 "pciehp was unbound before some resets, and later than others ($failed of 50)"
exits 0 'the slot works' pcireset reset "$fn" --type slot --quiet --yes
plan
