#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Machines in files: recorded archives, and output of lspci -xxxx. Resets nothing.

# make_machine sets ROOT.
# shellcheck disable=SC2153
bats_require_minimum_version 1.5.0
load lib

setup_file() {
	make_machine
	export ARCHIVE=$BATS_FILE_TMPDIR/machine.tar DUMP=$BATS_FILE_TMPDIR/dump
	pcireset record "$ARCHIVE" --sysroot "$ROOT"
	lspci -xxxx -A linux-sysfs -O "sysfs.path=$ROOT/sys/bus/pci" >"$DUMP" 2>/dev/null
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR/unpacked
	mkdir "$TMPDIR"
}

# After each test, no unpacked machine is left.
teardown() {
	[[ -z $(ls -A "$TMPDIR") ]]
}

# same ARG...: the command has the same output and status for the archive as for the machine.
same() {
	local here there status_here=0 status_there=0

	here=$(pcireset "$@" --sysroot "$ROOT" 2>&1) || status_here=$?
	there=$(pcireset "$@" --sysroot "$ARCHIVE" 2>&1) || status_there=$?
	diff <(printf '%s\n' "$here") <(printf '%s\n' "$there")
	[[ -n $here && $status_here -eq $status_there ]]
}

# says TEXT: standard error is an error with the name of the program and TEXT.
says() {
	[[ $(wc -l <<<"${stderr:-}") -eq 1 && $stderr == 'pcireset: '* && $stderr == *"$1"* ]] && return
	printf 'said: %s\n' "$stderr"
	return 1
}

# json FILTER: applies a jq filter to the output, and fails for false and null.
json() {
	jq -e "$1" <<<"$output"
}

@test 'an archive gives the same output as its machine' {
	mapfile -t devices < <(pcireset list -n -r -o DEVICE --sysroot "$ROOT")
	[[ ${#devices[@]} -gt 20 ]]
	same list
	same list -J
	same show "${devices[@]}"
	same show -J "${devices[@]}"
	same plan --type any -J "${devices[@]}"
	same plan --type func --force mount,swap "${devices[@]}"
	for name in /dev/nvme0 /dev/nvme0n1p2 /dev/sda /dev/nvme1n1 /dev/md0p1 ens1 usb0; do
		same plan "$name" --type any
	done
}

@test 'recording is reproducible, also from an archive' {
	pcireset record "$BATS_TEST_TMPDIR/again.tar" --sysroot "$ROOT"
	cmp "$ARCHIVE" "$BATS_TEST_TMPDIR/again.tar"
	pcireset record - --sysroot "$ARCHIVE" >"$BATS_TEST_TMPDIR/third.tar"
	cmp "$ARCHIVE" "$BATS_TEST_TMPDIR/third.tar"
}

@test 'tar reads archives of pcireset, and pcireset reads archives of tar' {
	local dir=$BATS_TEST_TMPDIR/dir packed=$BATS_TEST_TMPDIR/packed.tar

	mkdir "$dir"
	tar -C "$dir" -xf "$ARCHIVE"
	diff <(pcireset list -J --sysroot "$ARCHIVE") <(pcireset list -J --sysroot "$dir")
	for format in gnu pax ustar; do
		tar -C "$ROOT" --format "$format" -cf "$packed" .
		diff <(pcireset list -J --sysroot "$ROOT") <(pcireset list -J --sysroot "$packed")
	done
}

@test 'an archive may be compressed, and may have the machine in a folder' {
	local packed=$BATS_TEST_TMPDIR/packed program

	pcireset list -J --sysroot "$ROOT" >"$BATS_TEST_TMPDIR/plain"
	for program in gzip bzip2 xz lzma zstd; do
		"$program" -c "$ARCHIVE" >"$packed"
		diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J --sysroot "$packed")
		"$program" -c "$DUMP" >"$packed"
		diff <(pcireset list -J -F "$DUMP") <(pcireset list -J -F "$packed")
	done
	mkdir "$BATS_TEST_TMPDIR/a b"
	cp -a "$ROOT" "$BATS_TEST_TMPDIR/a b/machine"
	echo text >"$BATS_TEST_TMPDIR/a b/README"
	tar -C "$BATS_TEST_TMPDIR" -cJf "$packed" 'a b/machine'
	diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J --sysroot "$packed")
	tar -C "$BATS_TEST_TMPDIR/a b" -cf "$packed" --transform 's,^machine,./machine,' machine
	diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J --sysroot "$packed")
}

# flip FILE OFFSET: changes one bit.
flip() {
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "\\x$(printf '%02x' $((byte ^ 16)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test 'a compressed file with a wrong bit is damaged, and not another machine' {
	local packed=$BATS_TEST_TMPDIR/packed program at size file option nr=0

	for file in "$DUMP" "$ARCHIVE"; do
		option=$([[ $file == "$DUMP" ]] && echo -F || echo --sysroot)
		for program in gzip bzip2 xz; do
			"$program" -c "$file" >"$packed.good"
			size=$(stat -c %s "$packed.good")
			for ((at = 32; at < size; at += size / 7)); do
				cp "$packed.good" "$packed"
				flip "$packed" "$at"
				run -1 --separate-stderr pcireset list "$option" "$packed"
				[[ -z $output ]]
				nr=$((nr + 1))
			done
		done
	done
	[[ $nr -gt 40 ]]
	# The length, and the checksum before it.
	for at in 1 5; do
		gzip -c "$DUMP" >"$packed"
		flip "$packed" $(($(stat -c %s "$packed") - at))
		run -1 --separate-stderr pcireset list -F "$packed"
		says 'the file is damaged: its checksum is wrong'
	done
	gzip -c "$DUMP" | head -c -3 >"$packed"
	run -1 --separate-stderr pcireset list -F "$packed"
	says 'the file is cut off, or out of memory'
	rm -f "$packed"
	zip -q0 "$packed" "$DUMP"
	flip "$packed.zip" 1000
	run -1 --separate-stderr pcireset list -F "$packed.zip"
	says 'ZIP bad CRC'
}

@test 'a compressed file may have several parts, and bytes behind them are told' {
	local packed=$BATS_TEST_TMPDIR/packed program half

	half=$(($(stat -c %s "$DUMP") / 2))
	pcireset list -J -F "$DUMP" >"$BATS_TEST_TMPDIR/plain"
	for program in gzip bzip2 xz zstd; do
		{ head -c "$half" "$DUMP" | "$program" && tail -c "+$((half + 1))" "$DUMP" | "$program"; } >"$packed"
		diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J -F "$packed")
	done
	# A file without content is a part too, and zeros fill a block.
	{ gzip </dev/null && gzip -c "$DUMP" && gzip </dev/null && head -c 700 /dev/zero; } >"$packed"
	diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J -F "$packed")
	{ printf 'P*M\x18\x04\0\0\0abcd' && zstd -c "$DUMP"; } >"$packed"
	diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J -F "$packed")
	# The magic number of a second part is lost.
	for program in gzip bzip2; do
		{ head -c "$half" "$DUMP" | "$program" && tail -c "+$((half + 1))" "$DUMP" | "$program" | tail -c +2; } >"$packed"
		run -0 --separate-stderr pcireset list -J -F "$packed"
		json '.notes[0] | test("^[0-9]+ bytes behind the compressed data are not compressed and are skipped$")'
	done
}

@test 'an archive or a dump may come from a pipe' {
	diff <(pcireset list -J --sysroot "$ROOT") <(gzip -c "$ARCHIVE" | pcireset list -J --sysroot /dev/stdin)
	diff <(pcireset list -J -F "$DUMP") <(pcireset list -J -F <(cat "$DUMP"))
	# The names of the functions are in a pipe too, and a pipe without end is refused.
	diff <(pcireset plan 01:00.0 --type flr -J -F "$DUMP") <(pcireset plan - --type flr -J -F <(cat "$DUMP") <<<01:00.0)
	run -1 --separate-stderr pcireset list -F <(cat /dev/zero)
	says 'File too large'
	run -1 --separate-stderr pcireset list -F <(true)
	says 'there is no PCI function in it'
	run -1 --separate-stderr pcireset list -F /dev/null
	says '/dev/null: is neither a file nor a directory nor a pipe'
}

@test 'a dump may be one file of a tar or zip archive' {
	local bundle=$BATS_TEST_TMPDIR/bundle top=$BATS_TEST_TMPDIR/report size

	mkdir -p "$top/logs"
	cp "$DUMP" "$top/logs/lspci.txt"
	printf '00:00.0 Host bridge: words of lspci -v\n' >"$top/logs/lspci-v.txt"
	ln -s /etc/passwd "$top/link"
	head -c 100000 /dev/urandom >"$top/core"
	tar -C "$BATS_TEST_TMPDIR" -czf "$bundle.tgz" report
	tar -C "$BATS_TEST_TMPDIR" -cf "$bundle.tar" report
	(cd "$BATS_TEST_TMPDIR" && python3 -m zipfile -c "$bundle.zip" report/logs report/core)
	for file in "$bundle".*; do
		run -0 --separate-stderr pcireset list -J -F "$file"
		json '.notes[0] | test("^the dump is the file (report/)?logs/lspci.txt of the archive$")'
		diff <(pcireset list -J -F "$DUMP" | jq .devices) <(jq .devices <<<"$output")
	done
	# It is cut off at each of its ends.
	size=$(stat -c %s "$bundle.zip")
	for size in 5 $((size / 2)) $((size - 23)); do
		head -c "$size" "$bundle.zip" >"$bundle.cut"
		run -1 --separate-stderr pcireset list -F "$bundle.cut"
		says 'cut off: its directory is missing'
	done
	head -c 5000 "$bundle.tar" >"$bundle.cut"
	run -1 --separate-stderr pcireset list -F "$bundle.cut"
	says 'cut off'
	# Two dumps may come from two machines.
	sed 's/^10: 00/10: 01/' "$DUMP" >"$top/logs/other"
	tar -C "$BATS_TEST_TMPDIR" -cf "$bundle.tar" report
	run -1 --separate-stderr pcireset list -F "$bundle.tar"
	says 'several files of the archive have config space'
	rm "$top"/logs/other "$top/logs/lspci.txt"
	tar -C "$BATS_TEST_TMPDIR" -cf "$bundle.tar" report
	run -1 --separate-stderr pcireset list -F "$bundle.tar"
	says 'no file of the archive has config space'
	run -1 --separate-stderr pcireset list -F "$ARCHIVE"
	says 'recordings are read with --sysroot'
	run -1 --separate-stderr pcireset list --sysroot "$DUMP"
	says 'dumps of lspci are read with --file'
}

@test 'a dump may have a name that tar -P keeps' {
	local bundle=$BATS_TEST_TMPDIR/bundle

	tar -P -cf "$bundle" "$DUMP"
	run -0 --separate-stderr pcireset list -J -F "$bundle"
	json ".notes[0] == \"the dump is the file ${DUMP#/} of the archive\""
	(cd "$BATS_TEST_TMPDIR" && cp "$DUMP" dump && mkdir below && cd below && tar -P -cf "$bundle" ../dump)
	run -0 --separate-stderr pcireset list -J -F "$bundle"
	json '.notes[0] == "the dump is the file dump of the archive"'
}

@test 'the dump of a bug report may be compressed, or be there twice' {
	local bundle=$BATS_TEST_TMPDIR/bundle.tar top=$BATS_TEST_TMPDIR/report program

	mkdir -p "$top"
	echo words >"$top/README"
	for program in gzip bzip2 xz zstd; do
		"$program" -c "$DUMP" >"$top/lspci.txt.gz"
		tar -C "$BATS_TEST_TMPDIR" -cf "$bundle" report
		run -0 --separate-stderr pcireset list -J -F "$bundle"
		json '.notes[0] == "the dump is the file report/lspci.txt.gz of the archive"'
		diff <(pcireset list -J -F "$DUMP" | jq .devices) <(jq .devices <<<"$output")
	done
	cp "$DUMP" "$top/lspci.txt"
	# The first tar had no magic.
	tar -C "$BATS_TEST_TMPDIR" --format v7 -cf "$bundle" report
	diff <(pcireset list -J -F "$DUMP" | jq .devices) <(pcireset list -J -F "$bundle" | jq .devices)
	# They differ.
	sed 's/^10: 00/10: 01/' "$DUMP" | gzip >"$top/lspci.txt.gz"
	tar -C "$BATS_TEST_TMPDIR" -cf "$bundle" report
	run -1 --separate-stderr pcireset list -F "$bundle"
	says 'several files of the archive have config space'
}

@test 'a damaged file or an archive in a bug report is left out, with a note' {
	local bundle=$BATS_TEST_TMPDIR/bundle.tar top=$BATS_TEST_TMPDIR/report

	mkdir -p "$top"
	cp "$DUMP" "$top/dump"
	gzip -c "$DUMP" | head -c 500 >"$top/a.gz"
	tar -C "$BATS_TEST_TMPDIR" -cf "$bundle" report
	run -0 --separate-stderr pcireset list -J -F "$bundle"
	json '.notes[0] == "1 file of the archive is left out, damaged or an archive of its own; the first is report/a.gz"'
	diff <(pcireset list -J -F "$DUMP" | jq .devices) <(jq .devices <<<"$output")
	tar -C "$BATS_TEST_TMPDIR" -czf "$top/b.tgz" report/dump
	tar -C "$BATS_TEST_TMPDIR" --sort=name -cf "$bundle" report
	run -0 --separate-stderr pcireset list -J -F "$bundle"
	json '.notes[0] == "2 files of the archive are left out, damaged or an archive of their own; the first is report/a.gz"'
	# What is left out must not be all: nothing is read from it, and the error names it.
	rm "$top/dump"
	tar -C "$BATS_TEST_TMPDIR" --sort=name -cf "$bundle" report
	run -1 --separate-stderr pcireset list -F "$bundle"
	says 'no file that could be read has config space'
	says 'report/a.gz and others were not read, damaged or an archive of their own: extract them'
	rm "$top/a.gz"
	tar -C "$BATS_TEST_TMPDIR" -cf "$bundle" report
	run -1 --separate-stderr pcireset list -F "$bundle"
	says 'report/b.tgz was not read, damaged or an archive of its own: extract it'
	# A small file that becomes large.
	head -c 300M /dev/zero | gzip -1 >"$top/bomb.gz"
	tar -C "$BATS_TEST_TMPDIR" -cf "$bundle" report
	run -1 --separate-stderr pcireset list -F "$bundle"
	says 'report/bomb.gz: no machine is as large as this'
}

@test 'other files in an archive are ignored and counted' {
	local beside=$BATS_TEST_TMPDIR/beside

	mkdir -p "$beside/top/logs"
	cp -a "$ROOT" "$beside/top/machine"
	echo text | tee "$beside/top/logs/dmesg" >"$beside/README"
	tar -C "$beside" --sort=name -cf "$BATS_TEST_TMPDIR/beside.tar" .
	run -0 --separate-stderr pcireset list -J --sysroot "$BATS_TEST_TMPDIR/beside.tar"
	json '.notes == ["3 entries of the archive are not below top/machine/ and left out; the first is README"]'
	diff <(pcireset list -J --sysroot "$ROOT" | jq .) <(jq 'del(.notes)' <<<"$output")
	tar -C "$beside" -cf "$BATS_TEST_TMPDIR/beside.tar" ./top/machine README
	run -0 --separate-stderr pcireset list -J --sysroot "$BATS_TEST_TMPDIR/beside.tar"
	json '.notes == ["1 entry of the archive is not below top/machine/ and left out; the first is README"]'
}

@test 'the message says why libarchive cannot be loaded' {
	mkdir "$BATS_TEST_TMPDIR/lib"
	echo text >"$BATS_TEST_TMPDIR/lib/libarchive.so.13"
	run -1 --separate-stderr env LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/lib" pcireset list --sysroot "$ARCHIVE"
	says 'libarchive.so.13: file too short): install libarchive'
}

@test 'long names are not cut off' {
	local root=$BATS_TEST_TMPDIR/deep path=pci0000:00 i

	cp -a "$ROOT" "$root"
	for i in {16..30}; do
		path+=$(printf '/0000:%02x:00.0' "$i")
		mkdir -p "$root/sys/devices/$path"
		echo 0x1234 | tee "$root/sys/devices/$path"/{vendor,device} >"$root/sys/devices/$path/class"
		ln -s "../../../devices/$path" "$root/sys/bus/pci/devices/"
	done
	pcireset record "$BATS_TEST_TMPDIR/deep.tar" --sysroot "$root"
	diff <(pcireset list -J --sysroot "$root") <(pcireset list -J --sysroot "$BATS_TEST_TMPDIR/deep.tar")
	[[ $(tar -tf "$BATS_TEST_TMPDIR/deep.tar" | awk 'length > 150' | wc -l) -gt 0 ]]
	for format in gnu pax; do
		tar -C "$root" --format "$format" -cf "$BATS_TEST_TMPDIR/packed.tar" .
		diff <(pcireset list -J --sysroot "$root") <(pcireset list -J --sysroot "$BATS_TEST_TMPDIR/packed.tar")
	done
}

@test 'serial numbers, MAC addresses and home directories are recorded only with --serials' {
	local root=$BATS_TEST_TMPDIR/private function interface

	cp -a "$ROOT" "$root"
	function=$(readlink -f "$root/sys/bus/pci/devices/0000:01:00.0")
	# A serial number behind the SR-IOV capability, and VPD in place of the power management.
	printf '\x03\x00\x01\x00SERIALNO' | dd of="$function/config" bs=1 seek=$((0x140)) conv=notrunc status=none
	printf '\x01\x14' | dd of="$function/config" bs=1 seek=$((0x102)) conv=notrunc status=none
	printf '\x03\x50\x00\x80VPDS' | dd of="$function/config" bs=1 seek=$((0x40)) conv=notrunc status=none
	interface=$function/net/enx525400aabbcc
	mkdir "$interface"
	echo 0x1003 >"$interface/flags"
	ln -s "../../${interface#"$root/sys/"}" "$root/sys/class/net/"
	echo '26 22 259:1 /secret /media/alice/secret rw,private=yes - xfs /dev/mapper/secret rw' >>"$root/proc/self/mountinfo"
	echo '27 22 0:40 / /mnt rw - nfs alice.example:/secret rw' >>"$root/proc/self/mountinfo"

	pcireset record "$BATS_TEST_TMPDIR/without.tar" --sysroot "$root"
	for word in SERIALNO VPDS 525400aabbcc alice secret relatime; do
		run -1 grep -Fac "$word" "$BATS_TEST_TMPDIR/without.tar"
	done
	run -0 pcireset list -J --sysroot "$BATS_TEST_TMPDIR/without.tar"
	json '.devices[] | select(.device == "0000:01:00.0").users == ["net:ens1", "net:enx000000000001"]'
	json '.devices[] | select(.device == "0000:04:00.0").users |
		. == ["mount:/data disk", "mount:/media/*", "swap:/dev/nvme0n1p2"]'

	pcireset record "$BATS_TEST_TMPDIR/with.tar" --with-serials --sysroot "$root"
	for word in SERIALNO VPDS 525400aabbcc /media/alice; do
		grep -Faq "$word" "$BATS_TEST_TMPDIR/with.tar"
	done
	diff <(pcireset list -J --sysroot "$root") <(pcireset list -J --sysroot "$BATS_TEST_TMPDIR/with.tar")
}

@test 'only processes with an open device are recorded, with their names' {
	local root=$BATS_TEST_TMPDIR/open archive=$BATS_TEST_TMPDIR/open.tar

	cp -a "$ROOT" "$root"
	mkdir -p "$root"/proc/{90,91}/fd "$root/sys/class/sound"
	echo postgres >"$root/proc/90/comm"
	echo secretd >"$root/proc/91/comm"
	mkdir -p "$(readlink -f "$root/sys/bus/pci/devices/0000:03:00.1")/sound/controlC0"
	ln -s ../../devices/pci0000:00/0000:00:1c.0/0000:03:00.1/sound/controlC0 "$root/sys/class/sound/"
	ln -s /dev/nvme0n1 "$root/proc/90/fd/3"
	ln -s /dev/snd/controlC0 "$root/proc/90/fd/4"
	ln -s /dev/null "$root/proc/90/fd/5"
	ln -s /dev/null "$root/proc/91/fd/3"
	ln -s /var/lib/secret "$root/proc/91/fd/4"
	# The first thread of a process has ended: the others have its descriptors.
	mkdir -p "$root"/proc/92/fd "$root"/proc/92/task/{92,93}/fd
	echo qemu | tee "$root"/proc/92/task/93/comm >"$root/proc/92/comm"
	ln -s /dev/nvme0n1 "$root/proc/92/task/93/fd/3"
	pcireset record "$archive" --sysroot "$root"
	[[ $(tar -tf "$archive" | grep -E '^proc/9') == \
		$'proc/90/comm\nproc/90/fd/3\nproc/90/fd/4\nproc/92/task/93/comm\nproc/92/task/93/fd/3' ]]
	run -0 pcireset show -J 03:00.1 04:00.0 --sysroot "$archive"
	json '.devices[0].user_details == {"open:/dev/snd/controlC0": "postgres, process 90"}'
	json '.devices[1].user_details == {"open:/dev/nvme0n1": "postgres, process 90; qemu, process 92"}'
	diff <(pcireset list -J --sysroot "$root") <(pcireset list -J --sysroot "$archive")
	pcireset record - --sysroot "$archive" | cmp - "$archive"
}

@test 'record overwrites nothing and leaves no partial file' {
	echo mine >"$BATS_TEST_TMPDIR/file"
	run -1 --separate-stderr pcireset record "$BATS_TEST_TMPDIR/file" --sysroot "$ROOT"
	says 'File exists'
	[[ $(<"$BATS_TEST_TMPDIR/file") == mine ]]
	to_full() {
		"$@" >/dev/full
	}
	run -1 --separate-stderr to_full pcireset record - --sysroot "$ROOT"
	says 'No space left'
	run -1 pcireset record "$BATS_TEST_TMPDIR/none/file" --sysroot "$ROOT"
	run -2 pcireset record --sysroot "$ROOT"
	run -2 pcireset record "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" --sysroot "$ROOT"
	run -2 pcireset record "$BATS_TEST_TMPDIR/a" --json --sysroot "$ROOT"
	[[ ! -e $BATS_TEST_TMPDIR/a ]]
}

@test 'record needs no privileges' {
	[[ -d /sys/bus/pci/devices ]] || skip 'this machine has no PCI'
	pcireset record "$BATS_TEST_TMPDIR/this.tar"
	diff <(pcireset list -n -r -o DEVICE,DRIVER) \
		<(pcireset list -n -r -o DEVICE,DRIVER --sysroot "$BATS_TEST_TMPDIR/this.tar")
}

@test 'a signal or a closed pipe leaves no unpacked files' {
	local fifo=$BATS_TEST_TMPDIR/fifo root=$BATS_TEST_TMPDIR/large dir i

	# The output is larger than a pipe.
	cp -a "$ROOT" "$root"
	for i in {0..199}; do
		dir=sys/devices/pci0000:7f/$(printf '0000:7f:%02x.%d' $((i / 8)) $((i % 8)))
		mkdir -p "$root/$dir"
		echo 0x1234 | tee "$root/$dir"/{vendor,device} >"$root/$dir/class"
		ln -s "../../../${dir#sys/}" "$root/sys/bus/pci/devices/"
	done
	pcireset record "$BATS_TEST_TMPDIR/large.tar" --sysroot "$root"
	mkfifo "$fifo"
	# The tool waits for its reader, with the archive unpacked, while it is asked to end.
	pcireset list -J --sysroot "$BATS_TEST_TMPDIR/large.tar" >"$fifo" 2>/dev/null &
	exec 8<"$fifo"
	read -r _ <&8
	[[ -n $(ls -A "$TMPDIR") ]]
	kill -TERM $!
	exec 8<&-
	wait $! || true
	# Another process removes it.
	for ((i = 0; i < 200; i++)); do
		[[ -n $(ls -A "$TMPDIR") ]] || return 0
		sleep 0.05
	done
	return 1
}

@test 'neither an archive nor a dump can be reset' {
	for machine in "--sysroot=$ARCHIVE" "--file=$DUMP"; do
		run -3 --separate-stderr pcireset reset 08:00.0 --type flr --yes -J "$machine"
		json '.resets[0] | .result == "refused" and .error == "EROFS" and .issued == [] and
			.message == "a recorded machine cannot be reset"'
	done
}

@test 'a dump shows the topology and the affected functions' {
	run -0 --separate-stderr pcireset list -n -r -o DEVICE,PARENT,PHYSFN,VENDOR,ID,CLASS -F "$DUMP"
	# All functions except the dead one: only sysfs has its IDs.
	diff <(pcireset list -n -r -o DEVICE,PARENT,PHYSFN,VENDOR,ID,CLASS --sysroot "$ROOT" | grep -v '^0000:09:00.0') \
		<(grep -v '^0000:09:00.0' <<<"$output")
	# What is known hits the same functions as on the machine itself. But a domain of its own that hangs on a function
	# (VMD) is nowhere in config space said to hang there.
	run -0 pcireset list -J -F "$DUMP"
	json '[.devices[].types | length] | add == 35'
	jq -e --argjson machine "$(pcireset list -J --sysroot "$ROOT")" '
		[.devices[] | . as $d | $machine.devices[] | select(.device == $d.device) | . as $m |
			$d.scope | keys[] | select($m.scope[.] != null and $d.scope[.] != $m.scope[.]) | $d.device] ==
			["0000:00:0e.0"]' <<<"$output"
	run -5 --separate-stderr pcireset plan 07:00.1 --type bus -J -F "$DUMP"
	json '.devices[0].members == ["0000:07:00.0", "0000:07:00.1"]'
	run -0 --separate-stderr pcireset plan 01:00.0 --type flr -J -F "$DUMP" --force driver,unknown-users
	json '.devices[0].members == ["0000:01:00.0", "0000:01:00.4", "0000:02:00.0"]'
	run -3 --separate-stderr pcireset plan 0a:00.0 --type bus -F "$DUMP"
}

@test 'facts that a dump lacks are unknown' {
	run -0 pcireset list -J -F "$DUMP"
	json '.unknown == ["driver", "users", "slot"] and .devices[0].driver == null'
	json '[.devices[] | select(.device != "0000:09:00.0").why_not | .acpi, .device_specific] | all(. == "unknown: a dump of config space does not contain it")'
	# Whether a hotplug driver owns that port; and a dead function is dead.
	json '.devices[] | select(.device == "0000:03:00.0").why_not | .slot == .bus and .bus ==
		"unknown: 0000:00:1c.0 has a hotplug slot, and a dump does not tell whether a driver runs it"'
	json '.devices[] | select(.device == "0000:09:00.0").types == []'
	run -0 --separate-stderr pcireset show 04:00.0 -F "$DUMP"
	[[ $output == *'driver: unknown'*'in use by: unknown'* ]]
	says 'a dump does not contain drivers, users and slots'
	run -2 pcireset list -F "$DUMP" --sysroot "$ROOT"
	run -1 pcireset list -F "$ROOT"
	run -2 pcireset record "$BATS_TEST_TMPDIR/a" -F "$DUMP"
}

@test 'dumps of all lspci options are read' {
	local sysfs=(-A linux-sysfs -O "sysfs.path=$ROOT/sys/bus/pci") option

	pcireset list -J -F "$DUMP" >"$BATS_TEST_TMPDIR/plain"
	for option in -D -nn -vv; do
		lspci -xxxx "$option" -F "$DUMP" >"$BATS_TEST_TMPDIR/dump"
		diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J -F "$BATS_TEST_TMPDIR/dump")
	done
	sed 's/$/\r/' "$DUMP" >"$BATS_TEST_TMPDIR/dump"
	diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J -F "$BATS_TEST_TMPDIR/dump")
	# With less of config space, fewer facts are known, and none changes.
	lspci -x "${sysfs[@]}" >"$BATS_TEST_TMPDIR/dump" 2>/dev/null
	run -0 pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
	json '[.devices[] | .types == []] | all'
	json '.devices[] | select(.device == "0000:04:00.0").why_not | .flr == .pm and .flr == "unknown: only 64 bytes of 0000:04:00.0 were saved; use lspci -xxxx as root"'
	run -3 --separate-stderr pcireset link 04:00.0 -F "$BATS_TEST_TMPDIR/dump"
	[[ $stderr == *'only 64 bytes of 0000:00:1c.4 were saved; use lspci -xxxx as root'* ]]
	# A single function: the bridge is missing in the dump, but not absent on the machine.
	lspci -xxxx -s 04:00.0 "${sysfs[@]}" >"$BATS_TEST_TMPDIR/dump" 2>/dev/null
	run -0 pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
	json '.devices | length == 1 and .[0].types == ["flr"] and
		.[0].why_not.bus == "unknown: the bridge right above it is not in the dump"'
}

@test 'a VF may have its IDs in config space' {
	local plain=$BATS_TEST_TMPDIR/plain dump=$BATS_TEST_TMPDIR/dump columns=DEVICE,VENDOR,ID,PARENT,PHYSFN,REACH

	xz -dc "$BATS_TEST_DIRNAME/../machines/sriov.dump.xz" >"$plain"
	sed 's/^00: ff ff ff ff/00: 36 1b 10 00/' "$plain" >"$dump"
	run -1 cmp -s "$plain" "$dump"
	diff <(pcireset list -n -r -o "$columns" -F "$plain") <(pcireset list -n -r -o "$columns" -F "$dump")
	# Another function at the address of a VF is not one.
	sed 's/^00: ff ff ff ff/00: 36 1b 11 00/' "$plain" >"$dump"
	run -0 pcireset list -J -F "$dump"
	json '.devices[] | select(.device == "0000:01:00.0").why_not.flr == "unknown: 2 of its 2 VFs are not in the dump"'
}

@test 'line numbers and timestamps do not change addresses' {
	pcireset list -J -F "$DUMP" | jq .devices >"$BATS_TEST_TMPDIR/plain"
	[[ $(wc -l <"$DUMP") -gt 2000 ]]
	sed 's/^0000://' "$DUMP" | grep -n '' >"$BATS_TEST_TMPDIR/dump"
	diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J -F "$BATS_TEST_TMPDIR/dump" | jq .devices)
	# The function before the message does not get the config space of the next one.
	for prefix in '[    1.000000] ' 'Jan  1 12:00:00 host sh: ' ''; do
		for words in '' 'root@host:~# '; do
			{ printf '00:1f.7 Bridge: listed\n%slspci: Unable to load libkmod resources\n' "$words" && cat "$DUMP"; } |
				sed "s/^/$prefix/" >"$BATS_TEST_TMPDIR/dump"
			diff "$BATS_TEST_TMPDIR/plain" <(pcireset list -J -F "$BATS_TEST_TMPDIR/dump" | jq .devices)
		done
	done
	# Four decimal digits are a domain unless a line number precedes them.
	sed -n 's/^0000:04:00.0/1001:04:00.0/; /^1001/,/^$/p' "$DUMP" >"$BATS_TEST_TMPDIR/dump"
	run -0 --separate-stderr pcireset list -n -r -o DEVICE -F "$BATS_TEST_TMPDIR/dump"
	[[ $output == 1001:04:00.0 ]]
}

# row OFFSET BYTE...: prints one row of config space.
row() {
	local bytes=("${@:2}")

	while [[ ${#bytes[@]} -lt 16 ]]; do bytes+=(00); done
	printf '%02x: %s\n' "$1" "${bytes[*]}"
}

# zeros FROM TO: prints rows of zeros.
zeros() {
	local at

	for ((at = $1; at < $2; at += 16)); do printf '%02x: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n' "$at"; done
}

# port ADDRESS SECONDARY TYPE SLOT STATUS: a bridge with PM. TYPE and SLOT are the PCIe capability's register, STATUS is of the slot.
port() {
	printf '%s PCI bridge: port\n' "$1"
	row 0 86 80 11 11 07 00 10 00 01 00 04 06 00 00 01 00
	row 16 00 00 00 00 00 00 00 00 00 "$2" "$2" 00
	row 32 00
	row 48 00 00 00 00 40
	row 64 01 50 03 00 00 00 00 00
	row 80 10 00 "$3" "$4"
	row 96 00 00 00 00 00 00 00 00 00 00 "$5"
	zeros 112 4096
}

# card ADDRESS IDS...: an endpoint with FLR, in a dump of 256 bytes. IDS are the four bytes of vendor and device.
card() {
	printf '%s Non-Volatile memory controller: card\n' "$1"
	row 0 "${@:2}" 07 00 10 00 01 02 08 01 00 00 00 00
	row 16 00
	row 32 00
	row 48 00 00 00 00 40
	row 64 10 00 02 00 00 00 00 10
	zeros 80 256
}

@test 'a bus that should have functions but has none in the dump is unknown' {
	below() {
		printf '00:00.0 Host bridge: host\n' >"$BATS_TEST_TMPDIR/dump"
		port 00:1c.0 01 "$@" >>"$BATS_TEST_TMPDIR/dump"
		pcireset list -J -F "$BATS_TEST_TMPDIR/dump" 2>/dev/null |
			jq -r '.devices[] | select(.device == "0000:00:1c.0") | .why_not.pm // "allowed"'
	}
	# Root port without and with a slot, without and with a card.
	[[ $(below 42 00 00) == allowed && $(below 42 01 00) == allowed && $(below 42 00 40) == allowed ]]
	[[ $(below 42 01 40) == 'unknown: there is a card in its slot, which is not in the dump' ]]
	[[ $(below 52 00 00) == 'unknown: the downstream ports of the switch are not in the dump' ]]
}

@test 'the kernel ignores a Power Management capability of a later version' {
	local version

	for version in 03 04 07; do
		port 00:1c.0 01 42 00 00 >"$BATS_TEST_TMPDIR/dump"
		sed -i "s/^40: 01 50 03/40: 01 50 $version/" "$BATS_TEST_TMPDIR/dump"
		run -0 --separate-stderr pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
		if [[ $version == 03 ]]; then
			json '.devices[0].types == ["pm"]'
		else
			json '.devices[0].why_not.pm == "no Power Management capability"'
		fi
	done
}

# ari ADDRESS NEXT: the extended config space of a card, with the ARI capability.
ari() {
	card "$1" 36 1b 10 00
	row 256 0e 00 01 00 00 "$2"
	zeros 272 4096
}

@test 'a function that ARI names must be in the dump' {
	{
		port 00:1c.0 01 42 00 00
		ari 01:00.0 01
		ari 01:00.1 00
	} >"$BATS_TEST_TMPDIR/dump"
	run -0 --separate-stderr pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
	json '.devices[1].scope.bus == ["0000:01:00.0", "0000:01:00.1"]'
	{
		port 00:1c.0 01 42 00 00
		ari 01:00.0 09
		ari 01:00.1 00
	} >"$BATS_TEST_TMPDIR/dump"
	run -0 --separate-stderr pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
	json '[.devices[1, 2].why_not.bus] | unique ==
		["unknown: the function after 0000:01:00.0 of the same device is not in the dump"]'
	json '.devices[1].types == ["flr"]'
}

@test 'a function that looks like a VF belongs to a function below the same bridge' {
	{
		printf '00:00.0 Host bridge: host\n'
		port 00:1c.0 01 42 00 00
		port 00:1c.1 02 42 00 00
		card 01:00.0 36 1b 10 00
		card 02:00.0 36 1b 10 00
		card 02:00.1 ff ff ff ff
	} >"$BATS_TEST_TMPDIR/dump"
	run -0 --separate-stderr pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
	json '.devices[] | select(.device == "0000:01:00.0") | .types == ["flr", "bus"]'
	json '.devices[] | select(.device == "0000:02:00.0").why_not.flr == "unknown: 0000:02:00.1 looks like a VF of it; use lspci -xxxx as root"'
}

# all_ones ADDRESS: replaces the config space of a function in a dump from standard input.
all_ones() {
	awk -v address="$1" '
		/^[0-9a-f:]+:[0-9a-f]+\.[0-7] / { is_it = $1 == address }
		is_it && /^[0-9a-f]+: / { gsub(/ [0-9a-f][0-9a-f]/, " ff") }
		{ print }'
}

@test 'a type that would affect a dead function is refused, a reset of the function itself too' {
	# A PF with a dead VF.
	xz -dc "$BATS_TEST_DIRNAME/../machines/sriov.dump.xz" | all_ones 0000:01:00.1 >"$BATS_TEST_TMPDIR/dump"
	run -3 --separate-stderr pcireset plan 01:00.0 --type flr -F "$BATS_TEST_TMPDIR/dump"
	[[ $output$stderr == *'flr: 0000:01:00.1: it is gone or does not respond'* ]]
	# A VF is found again with its PF.
	[[ $output$stderr == *'run: pcireset re-enumerate 0000:01:00.0 --type bus'* ]]
	run -0 --separate-stderr pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
	json '.devices[] | select(.device == "0000:01:00.0") | .types == [] and (.why_not.flr | startswith("0000:01:00.1: "))'
	json '.devices[] | select(.device == "0000:01:00.2").types == ["flr"]'
	# A port with PM, and a dead function below it.
	{
		port 00:1c.0 01 42 00 00
		card 01:00.0 36 1b 10 00 | all_ones 01:00.0
	} >"$BATS_TEST_TMPDIR/dump"
	run -3 --separate-stderr pcireset plan 00:1c.0 --type pm -F "$BATS_TEST_TMPDIR/dump"
	[[ $output$stderr == *'pm: 0000:01:00.0: it is gone or does not respond'* ]]
	run -0 --separate-stderr pcireset list -J -F "$BATS_TEST_TMPDIR/dump"
	json '.devices[0] | .device == "0000:00:1c.0" and .types == []'
}

# bus_of DEVICE: prints the reach of its bus reset, or the reason against it.
bus_of() {
	pcireset list -J -F "$BATS_TEST_TMPDIR/dump" 2>/dev/null |
		jq -r --arg device "0000:$1" '.devices[] | select(.device == $device) | .why_not.bus // (.scope.bus | join(" "))'
}

# many ADDRESS: a card with other functions, by its header.
many() {
	card "$1" 36 1b 10 00 | sed '/^00: /s/00 00$/80 00/'
}

@test 'the reach of a link is unknown if a function of a device below it must exist, and is not in the dump' {
	local unknown0='unknown: function 0 of the device of 0000:02:04.1 is not in the dump' type

	# Below a bridge to conventional PCI, and below the upstream port of a switch.
	for type in 72 52; do
		{
			port 00:1c.0 01 42 00 00
			port 01:00.0 02 "$type" 00 00
			many 02:04.0
		} >"$BATS_TEST_TMPDIR/dump"
		[[ $(bus_of 02:04.0) == 'unknown: 0000:02:04.0 is one of several functions, and alone in the dump' ]]
		[[ $(bus_of 01:00.0) == "$(bus_of 02:04.0)" ]]
		many 02:04.5 >>"$BATS_TEST_TMPDIR/dump"
		[[ $(bus_of 02:04.5) == '0000:02:04.0 0000:02:04.5' ]]
		{
			port 00:1c.0 01 42 00 00
			port 01:00.0 02 "$type" 00 00
			card 02:04.1 36 1b 10 00
			card 02:04.2 36 1b 10 00
		} >"$BATS_TEST_TMPDIR/dump"
		[[ $(bus_of 02:04.2) == "$unknown0" && $(bus_of 01:00.0) == "$unknown0" ]]
	done
	# Directly below a port there is only one device, with ARI too. Its header need not say that it has other functions.
	for function in 00.1 01.0; do
		{
			port 00:1c.0 01 42 00 00
			card "01:$function" 36 1b 10 00
		} >"$BATS_TEST_TMPDIR/dump"
		[[ $(bus_of "01:$function") == "unknown: function 0 of the device of 0000:01:$function is not in the dump" ]]
		card 01:00.0 36 1b 10 00 >>"$BATS_TEST_TMPDIR/dump"
		[[ $(bus_of "01:$function") == "0000:01:00.0 0000:01:$function" ]]
	done
}

@test 'the reach of a link is unknown if a VF below it has no PF in the dump' {
	{
		port 00:1c.0 01 42 00 00
		card 01:10.0 ff ff ff ff
	} >"$BATS_TEST_TMPDIR/dump"
	[[ $(bus_of 01:10.0) == 'unknown: 0000:01:10.0 looks like a VF, and its PF is not in the dump' ]]
	# A dead function may be its PF.
	card 01:00.0 36 1b 10 00 | all_ones 01:00.0 >>"$BATS_TEST_TMPDIR/dump"
	[[ $(bus_of 01:10.0) == '0000:01:00.0: it is gone or does not respond' ]]
}

@test 'a bridge that the dump lacks is not taken for a root bus' {
	local dump=$BATS_TEST_TMPDIR/dump missing='is not in the dump' function

	# The function itself is gone, or it is alive.
	card 03:00.0 36 1b 10 00 | all_ones 03:00.0 >"$dump"
	run -3 --separate-stderr pcireset plan 03:00.0 --type bus -F "$dump"
	[[ $output$stderr == *'run: pcireset re-enumerate 0000:03:00.0 --type bus; or power-cycle it'* ]]
	run -0 --separate-stderr pcireset show -J 03:00.0 -F "$dump"
	json '.devices[0].way_out == "pcireset re-enumerate 0000:03:00.0 --type bus"'
	run -3 --separate-stderr pcireset link 03:00.0 -F "$dump"
	[[ $stderr == *"0000:03:00.0: the bridge right above it $missing" ]]
	# There is another port further up.
	{
		port 00:1c.0 01 42 00 00 | sed '/^10: /s/01 01/01 03/'
		card 03:00.0 36 1b 10 00
	} >"$dump"
	run -3 --separate-stderr pcireset link 03:00.0 -F "$dump"
	[[ $stderr == *"0000:03:00.0: the bridge right above it $missing" ]]
	# A function on a root bus has neither a link nor a way out.
	card 00:1f.0 36 1b 10 00 | all_ones 00:1f.0 >"$dump"
	run -3 --separate-stderr pcireset link 00:1f.0 -F "$dump"
	[[ $stderr == *'0000:00:1f.0: is on a root bus, without a link above' ]]
	run -0 --separate-stderr pcireset show -J 00:1f.0 -F "$dump"
	json '.devices[0] | has("way_out") and .way_out == null'
}

@test 'link tells that functions below the port are unknown' {
	local dump=$BATS_TEST_TMPDIR/dump reason='0000:01:00.0 is one of several functions, and alone in the dump'

	{
		port 00:1c.0 01 42 00 00
		many 01:00.0
	} >"$dump"
	run -0 --separate-stderr pcireset link 01:00.0 -F "$dump"
	[[ $output == *$'\nfunctions     0000:01:00.0\n              others are unknown: '"$reason"$'\nstate'* ]]
	run -0 --separate-stderr pcireset link 01:00.0 -J -F "$dump"
	jq -e --arg reason "$reason" '.links[0] | .functions == ["0000:01:00.0"] and .functions_unknown == $reason' <<<"$output"
	many 01:00.1 >>"$dump"
	run -0 --separate-stderr pcireset link 01:00.0 -J -F "$dump"
	jq -e '.links[0] | (.functions | length) == 2 and (has("functions_unknown") | not)' <<<"$output"
}

@test 'a bus with a root port is a root bus, whatever its number' {
	local dump=$BATS_TEST_TMPDIR/dump type

	# A root port, an endpoint and an event collector of the root complex.
	for type in 42 92 a2; do
		{
			card 16:00.0 36 1b 10 00 | sed "/^40: /s/10 00 02/10 00 $type/"
			card 16:05.0 36 1b 10 00 | sed '/^00: /s/10 00 01/00 00 01/'
		} >"$dump"
		[[ $(bus_of 16:05.0) == 'it is on a root bus, without a bridge above to reset it' ]]
	done
	sed -i "/^40: /s/10 00 $type/10 00 02/" "$dump"
	[[ $(bus_of 16:05.0) == 'unknown: the bridge right above it is not in the dump' ]]
}
