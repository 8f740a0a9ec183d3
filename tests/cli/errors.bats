#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A failed read, write or allocation is an error or "unknown", and never an answer. Resets nothing.

# make_machine sets ROOT.
# shellcheck disable=SC2153,SC2030,SC2031 # each test is a subshell
bats_require_minimum_version 1.5.0
load lib

setup_file() {
	make_machine
}

# with_closed DESCRIPTORS ARG...: runs pcireset without these standard descriptors.
with_closed() {
	local closed=$1

	shift
	(
		[[ $closed != *0* ]] || exec <&-
		[[ $closed != *1* ]] || exec >&-
		[[ $closed != *2* ]] || exec 2>&-
		exec pcireset "$@"
	)
}

@test 'a closed standard descriptor is not reused for a file' {
	local archive=$BATS_TEST_TMPDIR/archive closed

	pcireset record "$BATS_TEST_TMPDIR/whole" --sysroot "$ROOT"
	for closed in 0 1 2 01 02 12 012; do
		run with_closed "$closed" record "$archive" --sysroot "$ROOT"
		[[ $status -eq 0 ]]
		cmp "$archive" "$BATS_TEST_TMPDIR/whole"
		rm "$archive"
		run with_closed "$closed" plan 08:00.0 --type flr --svg "$BATS_TEST_TMPDIR/none/x" --sysroot "$ROOT"
		[[ $status -eq 1 ]]
	done
	run -1 --separate-stderr with_closed 1 list --sysroot "$ROOT"
	[[ ${stderr:-} == *'cannot write the output: Bad file descriptor' ]]
}

@test 'unreadable names on standard input end the command before any work' {
	from() {
		pcireset plan 08:00.0 - --type flr --sysroot "$ROOT" <"$1"
	}
	run -1 --separate-stderr from /
	[[ -z $output && ${stderr:-} == 'pcireset: standard input: Is a directory' ]]
	run -1 --separate-stderr with_closed 0 plan 08:00.0 - --type flr --sysroot "$ROOT"
	[[ -z $output && ${stderr:-} == 'pcireset: standard input: Bad file descriptor' ]]
	printf '01:00.4\n02:00.0\0x\n' >"$BATS_TEST_TMPDIR/names"
	run -2 --separate-stderr from "$BATS_TEST_TMPDIR/names"
	[[ -z $output && ${stderr:-} == *'NUL byte'* ]]
	printf '01:00.4\n02:00.0 \t04:00.0 \n' >"$BATS_TEST_TMPDIR/names"
	run -2 --separate-stderr from "$BATS_TEST_TMPDIR/names"
	[[ -z $output && ${stderr:-} == *"'02:00.0' is followed by '04:00.0'; write one device on each line"* ]]
	# Blanks and the line ends of other systems are not a second name.
	printf ' 01:00.4\t \r\n \r\n' >"$BATS_TEST_TMPDIR/names"
	run -0 from "$BATS_TEST_TMPDIR/names"
}

# json-c has a limit of 2 GiB. Output of that size takes minutes, so a memory limit replaces it here.
@test 'without memory for the output, nothing is printed' {
	local kib

	for kib in 16000 20000 24000 28000; do
		run --separate-stderr bash -c "ulimit -v $kib; pcireset list -J --sysroot '$ROOT'"
		[[ $status -eq 0 || $status -eq 1 || $status -eq 127 ]]
		[[ $status -ne 0 ]] || jq -e .devices >/dev/null <<<"$output"
		[[ $status -ne 1 || -z $output ]]
	done
}

@test 'without /proc, all uses are unknown' {
	local root=$BATS_TEST_TMPDIR/machine

	cp -a "$ROOT" "$root"
	rm -r "$root/proc"
	run -0 pcireset list -J --sysroot "$root"
	jq -e '.devices[] | select(.device == "0000:04:00.0") |
		.users == ["unknown"] and .user_details.unknown == "/proc cannot be read"' <<<"$output"
	run -0 --separate-stderr pcireset list --sysroot "$root"
	[[ ${stderr:-} == 'pcireset: note: some users are unknown: /proc cannot be read' ]]
	run -0 pcireset show 04:00.0 --sysroot "$root"
	[[ $output == *'in use by: unknown: /proc cannot be read'* ]]
	run -5 pcireset plan 04:00.0 --type flr --force driver,mount,swap,open --sysroot "$root"
	[[ $output == *'unknown: who else uses it: /proc cannot be read'* ]]
	run -5 pcireset plan 02:00.0 04:00.0 --type flr --force driver --sysroot "$root"
	run -0 pcireset plan 04:00.0 --type flr --force driver,unknown-users --sysroot "$root"
	# A recording of that machine does not know either.
	pcireset record "$BATS_TEST_TMPDIR/archive" --sysroot "$root"
	diff <(pcireset list -J --sysroot "$root") <(pcireset list -J --sysroot "$BATS_TEST_TMPDIR/archive")
	# An empty /proc is not mounted. In a recording, it tells that nothing is in use.
	mkdir "$root/proc"
	run -5 pcireset plan 04:00.0 --type flr --force driver --sysroot "$root"
	[[ $output == *'/proc/self/mountinfo is missing'* ]]
	mkdir "$root/pcireset"
	echo >"$root/pcireset/recorded"
	run -0 pcireset plan 04:00.0 --type flr --force driver --sysroot "$root"
	pcireset record "$BATS_TEST_TMPDIR/empty" --sysroot "$root"
	run -0 pcireset plan 04:00.0 --type flr --force driver --sysroot "$BATS_TEST_TMPDIR/empty"
}

# unknown_without REASON COMMAND DEVICE USES: after COMMAND in a copy of the machine, who uses DEVICE is unknown.
unknown_without() {
	local root=$BATS_TEST_TMPDIR/copy

	rm -rf "$root"
	cp -a "$ROOT" "$root"
	(cd "$root" && eval "$2")
	run pcireset plan "$3" --type any --force "driver$4" --sysroot "$root"
	[[ $status -eq 5 && $output == *"unknown: who else uses it: $1"$'\n'* ]] && return
	printf '%s: status %d\n%s\n' "$2" "$status" "$output"
	return 1
}

@test 'without a part of /sys or /proc, the uses that it would show are unknown' {
	local link archive=$BATS_TEST_TMPDIR/archive net=sys/class/net/ens1

	unknown_without '/sys/class/net is missing' 'rm -r sys/class' 01:00.0 ''
	unknown_without '/sys/class/net is missing' 'rm -r sys/class/net' 01:00.0 ''
	# A recording of such a copy knows no more.
	pcireset record "$archive" --sysroot "$BATS_TEST_TMPDIR/copy"
	run -5 pcireset plan 01:00.0 --type flr --force driver --sysroot "$archive"
	unknown_without "/$net is missing" "rm $net" 01:00.0 ''
	unknown_without "/$net is damaged" "ln -sfn '../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/net/none' $net" 01:00.0 ''
	unknown_without "/$net is damaged" "ln -sfn /none $net" 01:00.0 ''
	unknown_without "/$net is damaged" "rm $net/flags" 01:00.0 ''
	for link in 'rm' 'ln -sfn ../nowhere'; do
		unknown_without '/sys/dev/block/259:1 is missing' "$link sys/dev/block/259:1" 04:00.0 ,swap
	done
	unknown_without '/dev/nvme0n1p2 is in use and cannot be found' 'ln -sfn ../no sys/class/block/nvme0n1p2' 04:00.0 ,mount
	unknown_without '/proc/self/mountinfo is missing' 'rm -r proc/self' 04:00.0 ,swap
	unknown_without '/proc/self/mountinfo is empty' ': >proc/self/mountinfo' 04:00.0 ,swap
	unknown_without '/proc/swaps is empty' ': >proc/swaps' 04:00.0 ,mount
	unknown_without '/proc/swaps has a line that cannot be read' 'echo nvme0n1p2 >proc/swaps' 04:00.0 ,mount
	unknown_without '/proc/812/fd is missing' 'rm -r proc/812/fd' 07:00.0 ''
	unknown_without '/proc/consoles is missing' 'rm proc/consoles' 04:00.0 ,mount,swap
	unknown_without '/proc has no processes' 'rm -r proc/812' 07:00.0 ''
	unknown_without '/sys/class/vtconsole is missing' 'rm -r sys/class/vtconsole' 04:00.0 ,mount,swap
	unknown_without '/sys/class/vtconsole/vtcon1 is damaged' 'rm sys/class/vtconsole/vtcon1/bind' 04:00.0 ,mount,swap
	unknown_without '/sys/class/graphics is missing' 'rm -r sys/class/graphics' 04:00.0 ,mount,swap
	unknown_without '/sys/devices/virtual/block/md0/slaves/sda leads nowhere' \
		'rm sys/class/block/sda; ln -s ../../../bus/pci/drivers/nvme sys/bus/pci/devices/0000:00:1f.2/driver' 00:1f.2 ,mount
}

@test 'a copy without parts that it need not have, and a recording of any, know all uses' {
	local root=$BATS_TEST_TMPDIR/copy

	cp -a "$ROOT" "$root"
	# No swap, no virtual terminals, and a virtual interface that was not copied.
	rm -r "$root"/proc/swaps "$root"/sys/class/{vtconsole,tty/tty0} "$root/sys/devices/virtual/net"
	run -0 pcireset plan 04:00.0 --type flr --force driver,mount --sysroot "$root"
	pcireset record "$BATS_TEST_TMPDIR/archive" --sysroot "$root"
	run -0 pcireset plan 04:00.0 --type flr --force driver,mount --sysroot "$BATS_TEST_TMPDIR/archive"
	# In a recording, nothing is in use that is not recorded.
	mkdir "$BATS_TEST_TMPDIR/dir"
	tar -C "$BATS_TEST_TMPDIR/dir" -xf "$BATS_TEST_TMPDIR/archive"
	rm -r "$BATS_TEST_TMPDIR"/dir/proc/{self,812}
	run -0 pcireset plan 04:00.0 07:00.0 --type flr --force driver --sysroot "$BATS_TEST_TMPDIR/dir"
}

# tar fills a file up to the size that sysfs gives it: a page, or the whole config space that only root may read.
@test 'zeros that tar adds to files of sysfs are no content' {
	local root=$BATS_TEST_TMPDIR/machine config

	cp -a "$ROOT" "$root"
	find "$root/sys" -type f ! -name config -exec truncate -s 4096 {} +
	diff <(pcireset list -J --sysroot "$ROOT") <(pcireset list -J --sysroot "$root")
	for config in "$root"/sys/bus/pci/devices/*/config; do
		truncate -s 64 "$config"
		cp "$config" "$config.64"
		truncate -s 4096 "$config"
	done
	pcireset list -J --sysroot "$root" >"$BATS_TEST_TMPDIR/filled"
	for config in "$root"/sys/bus/pci/devices/*/config; do
		mv "$config.64" "$config"
	done
	diff <(pcireset list -J --sysroot "$root") "$BATS_TEST_TMPDIR/filled"
	jq -e '.devices[] | select(.device == "0000:08:00.1").why_not.flr | test("only root can find out more")' "$BATS_TEST_TMPDIR/filled"
}

@test 'without sys/bus/pci_express, a port with a hotplug slot may have a driver' {
	local root=$BATS_TEST_TMPDIR/machine port=sys/bus/pci/devices/0000:00:1c.0/config

	cp -a "$ROOT" "$root"
	# Slot Implemented, and Hot-Plug Capable in Slot Capabilities; the machine has the capability at 0x50.
	printf '\x42\x01' | dd of="$root/$port" bs=1 seek=$((0x52)) conv=notrunc status=none
	printf '\x40' | dd of="$root/$port" bs=1 seek=$((0x64)) conv=notrunc status=none
	run -0 pcireset list -J --sysroot "$root"
	jq -e '.devices[] | select(.device == "0000:03:00.0").types == ["slot"]' <<<"$output"
	rm -r "$root/sys/bus/pci_express"
	run -0 pcireset list -J --sysroot "$root"
	jq -e '.devices[] | select(.device == "0000:03:00.0") | .types == [] and .why_not.bus == .why_not.slot and .why_not.bus ==
		"unknown: 0000:00:1c.0 has a hotplug slot, and a copy without sys/bus/pci_express does not tell whether a driver runs it"' <<<"$output"
	run -3 pcireset plan 03:00.0 --type bus --force driver --sysroot "$root"
}

@test 'an unknown reset_prepare is not taken for present, and recordings keep known ones' {
	local root=$BATS_TEST_TMPDIR/machine prepare

	cp -a "$ROOT" "$root"
	run -5 pcireset plan 03:00.0 --type slot -J --sysroot "$root"
	jq -e '.devices[0] | .refused == null and .error == null and .unknown == [
		"whether driver nouveau of 0000:03:00.0 has reset_prepare",
		"whether driver snd_hda_intel of 0000:03:00.1 has reset_prepare"]' <<<"$output"
	for prepare in 0 1; do
		for function in 0000:03:00.0 0000:03:00.1; do
			mkdir -p "$root/sys/bus/pci/devices/$function/pcireset"
			echo "$prepare" >"$root/sys/bus/pci/devices/$function/pcireset/reset_prepare"
		done
		pcireset record "$BATS_TEST_TMPDIR/archive$prepare" --sysroot "$root"
	done
	run -3 pcireset plan 03:00.0 --type slot --sysroot "$BATS_TEST_TMPDIR/archive0"
	[[ $output == *'in use by driver:nouveau (0000:03:00.0), driver:snd_hda_intel'* ]]
	run -0 pcireset plan 03:00.0 --type slot --sysroot "$BATS_TEST_TMPDIR/archive1"
}

@test 'an unreadable function is an error, and no partial list is printed' {
	local root=$BATS_TEST_TMPDIR/machine option

	cp -a "$ROOT" "$root"
	rm "$root/sys/bus/pci/devices/0000:04:00.0/reset_method"
	mkdir "$root/sys/bus/pci/devices/0000:04:00.0/reset_method"
	for option in -n -J --tree; do
		run -1 --separate-stderr pcireset list "$option" --sysroot "$root"
		[[ -z $output && ${stderr:-} == 'pcireset: 0000:04:00.0: Is a directory' ]]
	done
}

# Such a machine is a copy or an archive: nothing was removed while it was read.
@test 'a function or slot of which only the name is left is an error, not absent' {
	local root=$BATS_TEST_TMPDIR/machine file=sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.1 gone

	for gone in "$file"/{vendor,device,class} sys/bus/pci/devices/0000:03:00.1 sys/bus/pci/slots/3/address; do
		rm -rf "$root"
		cp -a "$ROOT" "$root"
		rm "$root/$gone"
		[[ $gone != */devices/0000:03:00.1 ]] || ln -s ../../../devices/nowhere "$root/$gone"
		run -1 --separate-stderr pcireset plan 03:00.0 --type slot --force driver,console --sysroot "$root"
		[[ -z $output && ${stderr:-} == 'pcireset: '*"/${gone/"$file"/sys/bus/pci/devices/0000:03:00.1}"*'missing'* ||
			$stderr == "pcireset: /$gone: No such file or directory" ]]
		tar -C "$root" -cf "$BATS_TEST_TMPDIR/archive" .
		run -1 pcireset list --sysroot "$BATS_TEST_TMPDIR/archive"
		run -1 pcireset record "$BATS_TEST_TMPDIR/none" --sysroot "$root"
		[[ ! -e $BATS_TEST_TMPDIR/none ]]
	done
	: >"$root/$gone"
	run -1 --separate-stderr pcireset list --sysroot "$root"
	[[ $stderr == 'pcireset: /sys/bus/pci/slots/3/address: is empty' ]]
}

@test 'an unreadable value is named with its file' {
	local root=$BATS_TEST_TMPDIR/machine file

	for file in class/net/ens1/flags class/vtconsole/vtcon1/bind class/vtconsole/vtcon1/name; do
		rm -rf "$root"
		cp -a "$ROOT" "$root"
		: >"$root/sys/$file"
		run -1 --separate-stderr pcireset plan 01:00.0 --type flr --sysroot "$root"
		[[ ${stderr:-} == *": /sys/$file: has no valid content"* ]]
	done
	rm -rf "$root"
	cp -a "$ROOT" "$root"
	ln -sfn ../nothing "$root/sys/bus/pci/devices/0000:02:00.0/physfn"
	run -1 --separate-stderr pcireset list --sysroot "$root"
	[[ $stderr == 'pcireset: 0000:02:00.0: its vendor, device or class is not a number, or its physfn not a function' ]]
}

@test 'a limit on the size of files is an error, not the end by a signal' {
	run --separate-stderr bash -c "ulimit -f 1; pcireset list -J --sysroot '$ROOT' >'$BATS_TEST_TMPDIR/list'"
	[[ $status -eq 1 && ${stderr:-} == *'cannot write the output'* ]]
	run --separate-stderr bash -c "ulimit -f 1; pcireset record '$BATS_TEST_TMPDIR/none' --sysroot '$ROOT'"
	[[ $status -eq 1 && $stderr == *'File too large'* && ! -e $BATS_TEST_TMPDIR/none ]]
}

# limited NUMBER ARG...: runs pcireset with this limit of open descriptors.
limited() {
	(ulimit -n "$1" && exec pcireset "${@:2}")
}

@test 'with few file descriptors, the output is the same or an error' {
	local nr command

	for command in 'list -J' 'show 04:00.0' 'plan 04:00.0 07:00.0 --type any --force mount,swap,vfio' 'doctor' 'record -'; do
		# shellcheck disable=SC2086
		run pcireset $command --sysroot "$ROOT"
		local want=$output want_status=$status

		for nr in {6..12}; do
			# shellcheck disable=SC2086
			run limited "$nr" $command --sysroot "$ROOT"
			[[ $status -eq 1 || ($status -eq $want_status && $output == "$want") ]]
		done
	done
}
