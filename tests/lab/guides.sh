#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every command of README.md and docs, in one shell for each page. The output must equal that of the page, and
# times must agree within a quarter and 2 ms. The test runs in virtual time, so that a busy machine changes no such time.
# A total includes the work of drivers and of QEMU's disks, which answer in real time: it may be up to four times as long.
# topology: mixed gpu sriov slots vfio
# kernels: 6.1
# timeout: 900
# icount: yes
# add: README.md docs/delegation.md docs/drivers.md docs/vfio.md docs/tour.md docs/without-module.md docs/guides/acceptance.md docs/guides/fpga.md docs/guides/gpu-passthrough.md docs/guides/moving.md docs/guides/new-board.md docs/guides/nvme.md docs/guides/recover.md docs/guides/slow-link.md docs/guides/vfs.md
. "$(dirname "$0")/lib.sh"
shopt -s extglob

# Two prompts in a row are two commands. The text after them, up to an empty line, is their expected output. GUIDES_PRINT shows the real
# output.
# A line "<!-- lab: TOPOLOGY -->" says where all that follows it can be typed.
prompt='    $ '

# same_but_for_times TEXT: equal except for times and process IDs.
same_but_for_times() {
	sed -E -e 's/[0-9]+\.[0-9] ms/N ms/g' -e 's/process [0-9]+/process N/g' -e 's/ +$//' <<<"$1"
}

# times_of TEXT: sets times to those in it, in tenths of a millisecond, and totals to whether each is a total.
times_of() {
	local found

	mapfile -t found < <(grep -oE '(total )?[0-9]+\.[0-9] ms' <<<"$1")
	mapfile -t times < <(printf '%s\n' "${found[@]//[!0-9]/}" | sed 's/^0*\(.\)/\1/')
	mapfile -t totals < <(printf '%s\n' "${found[@]}" | sed 's/^total.*/yes/; t; s/.*/no/')
}

# times_agree GOT WANT: the times in two texts agree; the rest is equal.
times_agree() {
	local here there totals i most

	times_of "$1"
	here=("${times[@]}")
	times_of "$2"
	there=("${times[@]}")
	for i in "${!there[@]}"; do
		most=$((5 * there[i] + 80))
		[[ ${totals[i]} == no ]] || most=$((16 * there[i]))
		((4 * here[i] >= 3 * there[i] - 80 && 4 * here[i] <= most)) || return
	done
}

# type_in COMMAND WANT: in this shell, with $? as the last one left it.
last=0
type_in() {
	local command=$1 want=$2 got

	eval_with "$last" "$command" >out 2>&1
	last=$?
	got=$(same_but_for_times "$(<out)")
	if [[ -n ${GUIDES_PRINT:-} ]]; then
		printf 'GUIDE:%s\n' "\$ $command" && sed 's/^/GUIDE:/' out
	elif [[ $got != "$(same_but_for_times "$want")" ]]; then
		not_ok "$page: $command" "got:" "$got" "the page says:" "$want"
	elif times_agree "$(<out)" "$want"; then
		ok "$page: $command"
	else
		not_ok "$page: $command: the times" "$(<out)" "the page says:" "$want"
	fi
}

eval_with() {
	set_status "$1"
	eval "$2"
}

set_status() {
	return "$1"
}

# read_page FILE: sets commands to those that can be typed here, and printed to the output that the page shows for each.
read_page() {
	local line in_block=no place=''

	commands=() printed=()
	while IFS= read -r line; do
		if [[ $line =~ ^'<!-- lab: '([a-z-]+)' -->'$ ]]; then
			place=${BASH_REMATCH[1]} in_block=no
		elif [[ $place != "$PCILAB_TOPOLOGY" ]]; then
			continue
		elif [[ $line == "$prompt"* ]]; then
			in_block=yes
			commands+=("${line#"$prompt"}") printed+=('')
		elif [[ $in_block == yes && $line == '    '* ]]; then
			printed[-1]+=${line#    }$'\n'
		elif [[ $in_block == yes && -z $line ]]; then
			# A table may have an empty line; the block goes on if it is followed by more of it.
			printed[-1]+=$'\n'
		else
			in_block=no
		fi
	done <"$1"
}

modprobe -a crc32c_generic ext4 2>/dev/null
for page in /root/*.md; do
	read_page "$page"
	page=${page##*/}
	for i in "${!commands[@]}"; do
		# A name in capitals is one that the reader is to fill in.
		[[ ${commands[i]} =~ (^|[ =])(FILE|DUMP)$ ]] || type_in "${commands[i]}" "${printed[i]%%+($'\n')}"
	done
done
plan
