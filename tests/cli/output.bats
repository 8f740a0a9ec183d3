#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Written files appear completely or not at all, however pcireset ends, and are no more readable than their sources.

# The expansions are those of the shell inside.
# shellcheck disable=SC2016
bats_require_minimum_version 1.5.0
load lib

setup_file() {
	make_machine
}

setup() {
	dir=$BATS_TEST_TMPDIR/dir
	mkdir "$dir"
}

# took COMMAND...: sets ms to the duration of the command.
took() {
	local begin=${EPOCHREALTIME/[.,]/}

	"$@" >/dev/null 2>&1 || true
	ms=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000 + 1))
}

# killed SIGNAL MS COMMAND...: sends the signal after this time, and ignores the result.
killed() {
	timeout -s "$1" "$(printf '%d.%03d' $(($2 / 1000)) $(($2 % 1000)))" "${@:3}" >/dev/null 2>&1 || true
}

# whole_or_nothing CHECK NAME COMMAND...: kills the command at 12 moments by each of three signals.
whole_or_nothing() {
	local check=$1 name=$2 signal i left

	shift 2
	took "$@"
	"$check" "$dir/$name"
	for signal in KILL TERM INT QUIT; do
		for ((i = 0; i < 12; i++)); do
			rm -f "$dir/$name"
			killed "$signal" $((ms * i / 10 + 1)) "$@"
			[[ ! -e $dir/$name ]] || "$check" "$dir/$name"
			left=$(ls -A "$dir")
			[[ -z $left || $left == "$name" ]] || { printf 'left by %s: %s\n' "$signal" "$left" && return 1; }
		done
	done
}

is_archive() {
	tar -tf "$1" >/dev/null && [[ $(tar -tf "$1" | wc -l) -gt 100 ]]
}

is_svg() {
	[[ $(tail -n 1 "$1") == '</svg>' ]]
}

is_metrics() {
	[[ $(tail -n 1 "$1") == 'pcireset_readable{source="qualify"}'* ]]
}

@test 'record: a killed record leaves a complete archive or none' {
	whole_or_nothing is_archive m.tar pcireset record "$dir/m.tar" --sysroot "$ROOT"
	pcireset record "$dir/m.tar" --sysroot "$ROOT" || [[ -e $dir/m.tar ]]
}

@test 'plan --svg: a killed plan leaves a complete drawing or none' {
	command -v dot >/dev/null || skip 'graphviz is not installed'
	whole_or_nothing is_svg p.svg pcireset plan 03:00.0 --type bus --sysroot "$ROOT" --svg "$dir/p.svg"
}

@test 'metrics: a killed metrics leaves the old or the new file, and no other' {
	whole_or_nothing is_metrics m.prom pcireset metrics "$dir/m.prom"
}

@test 'record keeps an existing file, and the message names it' {
	echo mine >"$dir/m.tar"
	run -1 --separate-stderr pcireset record "$dir/m.tar" --sysroot "$ROOT"
	[[ ${stderr:-} == "pcireset: $dir/m.tar: File exists" && $(<"$dir/m.tar") == mine ]]
	ln -s nowhere "$dir/link"
	run -1 --separate-stderr pcireset record "$dir/link" --sysroot "$ROOT"
	[[ ${stderr:-} == *'File exists' && ! -e $dir/nowhere ]]
	run -1 --separate-stderr pcireset plan 03:00.0 --type bus --sysroot "$ROOT" --svg "$dir/m.tar"
	[[ ${stderr:-} == *"$dir/m.tar: File exists" && $(<"$dir/m.tar") == mine ]]
	run -1 --separate-stderr pcireset record "$dir/missing/m.tar" --sysroot "$ROOT"
	[[ ${stderr:-} == *"$dir/missing/m.tar: No such file or directory" ]]
	run -1 --separate-stderr pcireset record '' --sysroot "$ROOT"
	[[ ${stderr:-} == *'No such file or directory' ]]
}

@test 'metrics: an existing file is replaced' {
	echo old >"$dir/m.prom"
	pcireset metrics "$dir/m.prom"
	is_metrics "$dir/m.prom"
	[[ $(ls -A "$dir") == m.prom ]]
}

@test 'record writes a plain name to the current directory' {
	cd "$dir"
	pcireset record m.tar --sysroot "$ROOT"
	is_archive "$dir/m.tar"
}

@test 'only root may read an archive' {
	umask 022
	pcireset record "$dir/m.tar" --sysroot "$ROOT"
	[[ $(stat -c %a "$dir/m.tar") == 600 ]]
	pcireset metrics "$dir/m.prom"
	[[ $(stat -c %a "$dir/m.prom") == 644 ]]
}

@test 'record works without /proc' {
	[[ $EUID -eq 0 ]] || skip 'needs root for a mount namespace'
	unshare -m true 2>/dev/null || skip 'no mount namespaces here'
	LD_LIBRARY_PATH=$BATS_TEST_DIRNAME/../../build/meson/lib \
		unshare -m sh -c 'mount -t tmpfs none /proc && exec pcireset record "$1" --sysroot "$2"' sh "$dir/m.tar" "$ROOT"
	is_archive "$dir/m.tar"
}

@test 'record leaves no file on a full disk' {
	[[ $EUID -eq 0 ]] || skip 'needs root for a mount namespace'
	unshare -m true 2>/dev/null || skip 'no mount namespaces here'
	run -1 unshare -m sh -c 'mount -t tmpfs -o size=8k none "$1" && ! pcireset record "$1/m.tar" --sysroot "$2" && ls -A "$1" | grep .' \
		sh "$dir" "$ROOT"
	[[ $output == "pcireset: $dir/m.tar: "*'No space left on device' ]]
}

# nothing_left: the unpacked files are removed, by another process if this one was killed.
nothing_left() {
	local i

	for ((i = 0; i < 1200; i++)); do
		[[ -n $(ls -A "$dir") ]] || return 0
		sleep 0.05
	done
	printf 'left: %s\n' "$(ls -A "$dir")"
	return 1
}

@test 'a replay removes its unpacked files, however it ends' {
	local archive=$BATS_TEST_TMPDIR/m.tar signal limit i

	pcireset record "$archive" --sysroot "$ROOT"
	export TMPDIR=$dir
	took pcireset list --sysroot "$archive"
	[[ -z $(ls -A "$dir") ]]
	for signal in KILL TERM INT QUIT SEGV; do
		for ((i = 0; i < 12; i++)); do
			killed "$signal" $((ms * i / 10 + 1)) pcireset list --sysroot "$archive"
		done
		nothing_left
	done
	for ((limit = 4; limit < 40; limit++)); do
		(ulimit -n "$limit" && pcireset list --sysroot "$archive") >/dev/null 2>&1 || true
	done
	nothing_left
	run -1 --separate-stderr bash -c 'ulimit -n 12 && exec pcireset list --sysroot "$1"' bash "$archive"
	[[ ${stderr:-} == "pcireset: $archive: "*'Too many open files' ]]
}

@test 'Ctrl-C ends a replay at once' {
	local archive=$BATS_TEST_TMPDIR/m.tar output=$BATS_TEST_TMPDIR/output tool status=0

	pcireset record "$archive" --sysroot "$ROOT"
	# Without a reader the full pipe blocks the tool.
	mkfifo "$output"
	exec 8<>"$output"
	dd if=/dev/zero of="$output" oflag=nonblock bs=4096 count=1024 2>/dev/null || true
	# A shell that is not interactive has its background jobs ignore SIGINT.
	TMPDIR=$dir env --default-signal=INT pcireset list --sysroot "$archive" >&8 2>/dev/null 3>&- &
	tool=$!
	until [[ -n $(ls -A "$dir") ]]; do
		kill -0 "$tool"
		sleep 0.02
	done
	kill -INT "$tool"
	wait "$tool" || status=$?
	[[ $status -eq 130 ]]
	nothing_left
}
