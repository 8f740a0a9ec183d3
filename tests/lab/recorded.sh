#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A recording gives the same answers as its machine without the module, and a dump gives no wrong answer.
# libraries: libarchive.so.13
# topology: mixed sriov slots gpu cxl vfio
# kernels: 7.3
# timeout: 240
# nightly: 7.3/cxl 7.3/gpu 7.3/slots 7.3/vfio
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

# same DESC ARG...: here and from the archive.
same() {
	local desc=$1 here there status_here=0 status_there=0

	shift
	here=$(pcireset "$@" 2>&1) || status_here=$?
	there=$(pcireset "$@" --sysroot /tmp/archive.tar 2>&1) || status_there=$?
	if [[ -n $here && $here == "$there" && $status_here -eq $status_there ]]; then
		ok "$desc"
	else
		not_ok "$desc" "$(diff <(printf '%s\n' "$here") <(printf '%s\n' "$there"))" "$status_here, $status_there"
	fi
}

# refusals: removes the parts of a plan about its execution. Here, a reset would have no module; the recording is of a machine that may
# have one.
refusals() {
	sed '/^ *"refused": /d; /^ *"error": /d'
}

# same_plan DESC ARG...
same_plan() {
	local desc=$1 here there

	shift
	here=$(pcireset plan -J "$@" 2>&1 | refusals)
	there=$(pcireset plan -J "$@" --sysroot /tmp/archive.tar 2>&1 | refusals)
	if [[ $here == *'"chosen": '* && $here == "$there" ]]; then
		ok "$desc"
	else
		not_ok "$desc" "$(diff <(printf '%s\n' "$here") <(printf '%s\n' "$there"))"
	fi
}

# On a recording, one reset may be chosen for several functions, but not with the kernel's own interface. So each call has functions
# that share no reset: never two below one port, and a bridge alone.
same_plans() {
	local -A nr=()
	local -a calls=('') bridges=()
	local function above

	for function in "${functions[@]}"; do
		above=$(readlink -f "$devices/$function/..")
		above=${above##*/}
		if [[ $above == pci* ]]; then
			calls[0]+=" $function"
		elif [[ -e $devices/$function/secondary_bus_number ]]; then
			bridges+=("$function")
		else
			calls[${nr[$above]:-0}]+=" $function"
			nr[$above]=$((${nr[$above]:-0} + 1))
		fi
	done
	for function in "${calls[@]}" "${bridges[@]}"; do
		# shellcheck disable=SC2086
		same_plan "plan of any type: $function" --type any $function
	done
	# shellcheck disable=SC2086
	same_plan 'plan of each function' --type func ${calls[0]}
	# shellcheck disable=SC2086
	same_plan 'plan of each link' --type link ${calls[0]}
}

use_what_there_is
[[ ! -c /dev/nvme0 ]] || sleep 1000 9</dev/nvme0 &
exits 0 'the module is unloaded' rmmod pcireset
mapfile -t functions < <(pcireset list -n -r -o DEVICE)
exits 0 'the machine is recorded' pcireset record /tmp/archive.tar
same 'list' list -J
same 'list as text' list
same 'show' show -J "${functions[@]}"
same_plans
same 'show as text' show "${functions[@]}"
for name in /dev/nvme0 /dev/nvme0n1 eth0; do
	[[ -e $name || -e /sys/class/net/$name ]] || continue
	same_plan "by name: $name" --type any "$name"
	exits 3 "in use there too: $name" pcireset plan --type any "$name" --sysroot /tmp/archive.tar
	like "$output" 'in use by ' 'and it says by what'
done
exits 0 'and again' pcireset record /tmp/again.tar
exits 0 'the same machine gives the same bytes' cmp /tmp/archive.tar /tmp/again.tar

# The dump knows less: each type it offers, the machine has with the same functions or refuses for the kernel's own reasons.
lspci -D -xxxx >/tmp/dump
exits 0 'the dump is read' pcireset list -J -F /tmp/dump
is "$(pcireset list -n -r -o DEVICE,PARENT,PHYSFN,VENDOR,ID,CLASS -F /tmp/dump 2>/dev/null)" \
	"$(pcireset list -n -r -o DEVICE,PARENT,PHYSFN,VENDOR,ID,CLASS)" 'the dump has the same tree'
wrong=''
while read -r function reach; do
	machine=" $(pcireset list -n -r -o DEVICE,REACH | sed -n "s/^$function //p" | sed 's/\\x20/ /g') "
	for word in ${reach//\\x20/ }; do
		[[ $machine != *" ${word%:*}:"* || $machine == *" $word "* ]] || wrong+=" $function:$word"
	done
done < <(pcireset list -n -r -o DEVICE,REACH -F /tmp/dump 2>/dev/null)
is "$wrong" '' 'what both know reaches as far'
exits 3 'neither is reset: archive' pcireset reset "${functions[-1]}" --type any --sysroot /tmp/archive.tar
exits 3 'neither is reset: dump' pcireset reset "${functions[-1]}" --type any -F /tmp/dump
plan
