#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# LINK and SLOT remove nothing in slots of pciehp, nested slots included, and BUS alone is refused there.
# icount: yes
# topology: slots mixed
# nightly: 6.1 6.12
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

# There is no comparison with the stock kernel's reset_subordinate, which on 6.1 and 6.12 resets a hotplug port's bus
# behind pciehp's back: QEMU's link stays up through a bus reset and raises no event, so nothing of the removal that
# follows on hardware would be seen. For the same reason this test shows the actions of the module and of pciehp, and
# not that pciehp would ignore an event.
rounds=3

# start_watching: the kernel's events, in a file; and its log from here on.
start_watching() {
	local try

	uevent >/tmp/uevents 2>&1 &
	watcher=$!
	# It listens once it has seen an event made for it.
	for ((try = 0; try < 100; try++)); do
		echo change >/sys/class/mem/null/uevent
		sleep 0.1
		! grep -qs '^change@' /tmp/uevents || break
	done
	dmesg -c >/dev/null
}

# comings_and_goings: of devices and of drivers; a reset ends with a change, which is no such thing.
comings_and_goings() {
	grep -E '^(add|remove|bind|unbind|move|offline|online)@' /tmp/uevents
}

# stop_watching: the recorded events must include the resets themselves, or nothing was recorded.
stop_watching() {
	sleep 1
	is "$(comings_and_goings)" '' 'no device came or went, and no driver'
	like "$(grep -c '^PCIRESET_TYPE=' /tmp/uevents)" '^[1-9]' 'the watcher saw the resets'
	kill "$watcher"
}

# What pciehp says, be it of a link or card that went or of a command that the port did not complete.
hotplug_log() {
	dmesg | grep -E 'pciehp|Link (Down|Up)|Card (not )?present'
}

want_nothing_gone() {
	local was=$state

	machine_state
	is "$state" "$was" "$1: same devices, same drivers"
	is "$(hotplug_log)" '' "$1: pciehp says nothing"
}

# link_resets FUNCTION TYPES WANT: several rounds of it.
link_resets() {
	local round

	for ((round = 1; round <= rounds; round++)); do
		force_for "$1" "$3"
		exits 0 "$1 --type $2, round $round" pcireset reset "$1" --type "$2" "${force[@]}" --yes -J
		read_reports "$output"
		is "${report[$1 issued]:-} ${report[$1 result]:-}" "$3 verified" "$1 --type $2, round $round: by $3"
		is "${report[$1 members]:-}" "${scope[$1 $3]}" "$1 --type $2, round $round: all members are told"
	done
	want_nothing_gone "$1 --type $2"
}

# bus_is_refused FUNCTION: with the reason, and with nothing touched.
bus_is_refused() {
	config_dump /tmp/before
	forget_triggers
	exits 3 "$1 --type bus: refused" pcireset reset "$1" --type bus --force driver --yes -J
	read_reports "$output"
	is "${report[$1 result]:-} ${report[$1 error]:-}" 'refused EOPNOTSUPP' "$1 --type bus: not supported"
	like "${report[$1 message]:-}" 'hotplug port' "$1 --type bus: hotplug is the reason"
	like "${why_not[$1 bus]:-}" 'hotplug port' "$1: show gives that reason too"
	count_triggers
	is "$triggers" 0 "$1 --type bus: nothing was issued"
	config_dump /tmp/after
	config_is_untouched /tmp/before /tmp/after "$1 --type bus: nothing was touched"
}

unbind_rngs
mapfile -t functions < <(pci_functions)
read_machine show "${functions[@]}"
machine_state
start_watching
case $PCILAB_TOPOLOGY in
slots)
	# One function; three of a card; a switch whose ports are slots again, one with a disk and one empty; that disk's slot.
	# The last comes after the switch on purpose: a port that was reset must still be able to complete a command.
	slots=(0000:01:00.0 0000:02:00.0 0000:02:00.1 0000:03:00.0 0000:05:00.0)
	is "${scope[0000:02:00.0 slot]}" '0000:02:00.0 0000:02:00.1 0000:02:00.2' 'the card has three functions in its slot'
	like "${scope[0000:03:00.0 slot]}" '0000:04:00.0 .*0000:05:00.0' 'there are slots below a slot'
	;;
mixed)
	slots=(0000:01:00.0 0000:07:00.0)
	like "${scope[0000:04:00.0 bus]}" '0000:05:01.0 .*0000:07:00.0' 'there is a slot below a port without one'
	link_resets 0000:04:00.0 link bus
	;;
esac
for function in "${slots[@]}"; do
	bus_is_refused "$function"
	link_resets "$function" link slot
	link_resets "$function" slot slot
done
stop_watching
plan
