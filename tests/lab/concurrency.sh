#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Eight processes that reset overlapping functions, while devices are added and removed, neither hang nor break
# anything.
# topology: busy
# kcsan: yes
# nightly: 6.1 6.12
# timeout: 700
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sriov.sh"

hammer=/usr/libexec/pcireset/tests/hammer
# With the kernel's checkers a call waits for most of a minute behind those of the other processes.
seconds=${SECONDS_TO_RUN:-$((${PCILAB_SLOWNESS:-1} > 1 ? 240 : 60))}
# Rounds of so many seconds follow until each outcome below was seen often enough, because a busy machine does less in that time.
max_rounds=5 rounds=0
nvme=0000:05:00.0
card=(0000:04:00.0 0000:04:00.1 0000:04:00.2)
pair=(0000:06:00.0 0000:06:00.1)
ports=(0000:02:00.0 0000:03:00.0 0000:03:01.0)

# What a task waits for longer than this is a hang; it then says so in the kernel log, which fails the run.
echo $((60 * ${PCILAB_SLOWNESS:-1})) >/proc/sys/kernel/hung_task_timeout_secs

# beside NAME COMMAND...: over and over until the end; counts how often it went well.
beside() {
	local name=$1 good=0 bad=0

	shift
	while [[ ! -e end ]]; do
		if "$@" >/dev/null 2>&1; then
			((good++))
		else
			((bad++))
		fi
	done
	printf '%s %d %d\n' "$name" "$good" "$bad" >"beside-$name"
}

# The driver of these has nothing to do, with or without reset_prepare.
#
# No other driver comes and goes: on 6.1 a reset and the end of nvme's initialization, which goes on after probe(), wait
# for each other for ever, on the stock kernel as well. reset_prepare() stops the queue that nvme_enable_aen() waits for.
change_drivers() {
	local function

	for function in "${pair[@]}" "${card[0]}"; do
		echo "$function" >"$devices/$function/driver/unbind"
		echo "$1" >"$devices/$function/driver_override"
		echo "$function" >/sys/bus/pci/drivers_probe
	done
	sleep 0.2
}

bind_all_ways() {
	change_drivers pci-stub
	change_drivers pci-pf-stub
}

change_vfs() {
	local number

	for number in 4 0 1 0; do
		echo "$number" >"$devices/$pf/sriov_numvfs"
		sleep 0.3
	done
}

# remove_and_rescan: rescans only the buses of the removed functions. If a rescan meets a bridge during its reset, it finds wrong bus
# numbers and assigns others, also on the stock kernel, because no lock protects the two from each other.
remove_and_rescan() {
	echo 1 >"$devices/${card[1]}/remove"
	echo 1 >"$devices/${pair[0]}/remove"
	sleep 0.2
	rescan
	sleep 0.2
}

# A function that is found while it is being reset is found by halves: the kernel then says that a buffer was not found, and
# nobody can save its state for as long as Linux has it.
found_by_halves() {
	dmesg | grep -q 'buffer not found'
}

rescan() {
	echo 1 >/sys/class/pci_bus/0000:04/rescan
	echo 1 >/sys/class/pci_bus/0000:06/rescan
}

look_at_all() {
	timeout 100 lspci -xxxx
}

# hammer_for_a_round: eight processes; each must end well.
hammer_for_a_round() {
	local i hammers=()

	((++rounds))
	for ((i = 8 * rounds - 7; i <= 8 * rounds; i++)); do
		"$hammer" "$seconds" "$i" "$pf" "${vfs[@]}" "$nvme" "${card[@]}" "${pair[@]}" "${ports[@]}" >"hammer-$i" 2>&1 &
		hammers+=($!)
	done
	for i in "${hammers[@]}"; do
		wait "$i"
		is $? 0 'a process found every call documented, and none too long'
	done
}

# count CALL ERRNO: over all hammers; a dot stands for any of them.
count() {
	cat hammer-* | awk -v call="$1" -v errno="$2" '
		$1 == "count" && (call == "." || $2 == call) && (errno == "." || $3 == errno) { sum += $4 }
		END { print sum + 0 }'
}

# tell: what all hammers counted, a line for each call.
tell() {
	cat hammer-* | awk '
		$1 == "count" { calls[$2] = 1; sum[$2, $3] += $4; errnos[$3] = 1 }
		$1 == "slowest" && $2 > slowest { slowest = $2 }
		END {
			for (call in calls) {
				line = call ":"
				for (errno in errnos)
					if ((call, errno) in sum)
						line = line " " (errno == "0" ? "success" : errno) " " sum[call, errno]
				print line
			}
			print "slowest call: " slowest " ms"
		}' | sort
	cat beside-* | sed -E 's/(.*) (.*) (.*)/beside: \1 \2 times, not \3 times/'
	cat hammer-* | grep '^harm' | sort | uniq -c | head -n 20
}

# outcomes COMMAND...: calls it with N CALL ERRNO DESC for each outcome that must be seen N times. Ends with the first failure.
outcomes() {
	"$@" 20 flr 0 'FLR succeeds' &&
		"$@" 5 pm 0 'PM succeeds' &&
		"$@" 5 slot 0 'slot succeeds' &&
		"$@" 10 bus 0 'bus succeeds' &&
		"$@" 10 . EBUSY 'a driver or a lock is in the way: EBUSY' &&
		"$@" 1 . EAGAIN 'a lock is in the way of who does not wait: EAGAIN' &&
		"$@" 1 . ESTALE 'a plan no longer fits: ESTALE' &&
		"$@" 10 . ENODEV 'a function is gone: ENODEV' &&
		"$@" 10 pm EOPNOTSUPP 'a type does not fit: EOPNOTSUPP'
}

# is_seen N CALL ERRNO DESC
is_seen() {
	(($(count "$2" "$3") * ${PCILAB_SLOWNESS:-1} >= $1))
}

# at_least N CALL ERRNO DESC
at_least() {
	exits 0 "$4 ($(count "$2" "$3"))" is_seen "$@"
	return 0
}

# resets_everything: each type each function has. Whatever lock was left behind would be in the way. PM is not among them,
# as it resets nothing in QEMU, and is said not to.
resets_everything() {
	local function type

	for function in "$pf" "${vfs[@]}" "$nvme" "${card[@]}" "${pair[@]}" "${ports[@]}"; do
		for type in flr slot bus; do
			pcireset plan "$function" --type "$type" --force driver >/dev/null 2>&1 || continue
			exits 0 "in the end: $type of $function" pcireset reset "$function" --type "$type" --check config,link --force driver --yes
		done
	done
}

# in_order: all that was there at the beginning is there, and can be used.
in_order() {
	disable_vfs
	remove_and_rescan
	pci_functions >functions-after
	is "$(cat functions-after)" "$(cat functions-before)" 'in the end: every function is there'
	exits 0 "in the end: the PF's disk can be read" wait_for reads "$pf"
	exits 0 'in the end: the other disk can be read' wait_for reads "$nvme"
	exits 0 'in the end: VFs can be made' enable_vfs 4
	list_vfs
	is "$(answering "${vfs[@]}")" "${vfs[*]}" 'in the end: the VFs answer'
	resets_everything
	exits 0 'in the end: no function keeps lspci waiting' timeout 100 lspci -xxxx
	exits 0 "in the end: the PF's disk can still be read" wait_for reads "$pf"
	exits 0 'in the end: VFs can be taken away' disable_vfs
}

find_pf
modprobe pci-stub
modprobe pci-pf-stub
# Its requests to a device that was reset by force never complete. It waits for them for ever, possibly in probe().
rmmod virtio_rng
pci_functions >functions-before
enable_vfs 4
beside drivers bind_all_ways &
beside vfs change_vfs &
beside rescan remove_and_rescan &
beside lspci look_at_all &
until hammer_for_a_round; outcomes is_seen; do
	((rounds < max_rounds)) || break
done
: >end
wait
diag "$(tell)" "$(grep -h '^failure' hammer-* | sort | uniq -c)"

is "$(count . ETIMEDOUT)" 0 'every function came back in time'
is "$(count . EIO)" 0 'every function came back as it was'
[[ $(count . ENOMEM) -eq 0 ]] || exits 0 'what could not be saved was found by halves' found_by_halves
outcomes at_least
in_order
plan
