#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Machines recorded in the lab (tests/machines) give the same answers here; damaged ones (tests/machines-bad) are refused.

bats_require_minimum_version 1.5.0

setup_file() {
	export MACHINES=$BATS_TEST_DIRNAME/../machines BAD=$BATS_FILE_TMPDIR/bad
	# The tool runs under sanitizers. Their exit status is one that pcireset does not use.
	export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
	# libpci asks udev for names and does not let go of it.
	echo leak:udev_new >"$BATS_FILE_TMPDIR/not-ours"
	export LSAN_OPTIONS=suppressions=$BATS_FILE_TMPDIR/not-ours:print_suppressions=0
	local build=$BATS_TEST_DIRNAME/../../build/sanitized

	(cd "$BATS_TEST_DIRNAME/../.." && tools/configure build/sanitized -Db_sanitize=address,undefined \
		-Dc_args=-fno-sanitize-recover=all -Dtests=false -Dman=disabled) >/dev/null
	ninja -C "$build" >/dev/null
	export SANITIZED=$build/cli/pcireset PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	"$BATS_TEST_DIRNAME/../machines-bad/make" "$BAD"
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR/unpacked
	mkdir "$TMPDIR"
	# shellcheck source=tests/machines/questions
	. "$MACHINES/questions"
}

# After each test, no unpacked machine is left.
teardown() {
	[[ -z $(ls -A "$TMPDIR") ]]
}

@test 'each recorded machine gives the answers recorded with it' {
	local packed checked=0

	for packed in "$MACHINES"/*.tar.xz; do
		xz -dc "$packed" >"$BATS_TEST_TMPDIR/archive"
		diff "${packed%.tar.xz}.answers" <(questions --sysroot "$BATS_TEST_TMPDIR/archive")
		checked=$((checked + 1))
	done
	[[ $checked -eq 7 ]]
}

@test 'each dump has the functions of its archive' {
	local packed tree=DEVICE,VENDOR,ID,CLASS,PARENT,PHYSFN

	for packed in "$MACHINES"/*.dump.xz; do
		xz -dc "$packed" >"$BATS_TEST_TMPDIR/dump"
		xz -dc "${packed%.dump.xz}.tar.xz" >"$BATS_TEST_TMPDIR/archive"
		diff <(pcireset list -r -o "$tree" --sysroot "$BATS_TEST_TMPDIR/archive") \
			<(pcireset list -r -o "$tree" --file "$BATS_TEST_TMPDIR/dump" 2>/dev/null)
	done
}

# chosen MACHINE JSON OPTION...: the plan of each device is "DEVICE TYPE LEADER EXPECTED".
chosen() {
	local machine=$1 want=$2 got

	shift 2
	xz -dc "$MACHINES/$machine.tar.xz" >"$BATS_TEST_TMPDIR/archive"
	got=$(pcireset plan "$@" -J --sysroot "$BATS_TEST_TMPDIR/archive" |
		jq -r '.devices[] | "\(.device[-7:]) \(.chosen) \(.shares // "-" | .[-7:]) \(.expected_ms)"')
	diff <(printf '%s\n' "$want") <(printf '%s\n' "$got")
}

@test 'for several devices, plan chooses the fewest resets' {
	# A PF and its VFs: the PF's FLR, which is over before the slot's reset would be.
	chosen sriov $'01:00.1 flr 01:00.0 100\n01:00.0 flr - 100\n01:00.2 flr 01:00.0 100' \
		01:00.1 01:00.0 01:00.2 --type any --force swap
	# VFs alone: their slot has the PF too.
	chosen sriov $'01:00.1 flr - 100\n01:00.2 flr - 100' 01:00.1 01:00.2 --type any
	# A PM reset of a port does not reset the VF below it, but cuts it off. A VF on the next bus is reset with its PF.
	chosen sim $'00:02.0 pm - 20\n02:1f.6 flr - 100' 10000:00:02.0 10000:02:1f.6 --type any
	chosen sim $'02:00.0 flr - 100\n03:00.1 flr 02:00.0 100' 10000:02:00.0 10000:03:00.1 --type any
	# A whole card, with one function that supports only bus; and another card by itself.
	chosen mixed $'03:00.0 bus 03:00.1 102\n03:00.1 bus - 102\n03:00.2 bus 03:00.1 102\n02:00.0 pm - 20' \
		03:00.0 03:00.1 03:00.2 02:00.0 --type any --force net
	# Two of three in a slot; then all of it.
	chosen slots $'02:00.0 pm - 20\n02:00.2 flr - 100' 02:00.0 02:00.2 --type any --force net
	chosen slots $'02:00.0 slot - 102\n02:00.1 slot 02:00.0 102\n02:00.2 slot 02:00.0 102' \
		02:00.0 02:00.1 02:00.2 --type any --force net
	# Below a bridge to conventional PCI.
	chosen mixed $'0a:01.0 bus - 1019\n0a:02.0 bus 0a:01.0 1019\n0a:03.0 bus 0a:01.0 1019' \
		0a:01.0 0a:02.0 0a:03.0 --type any
	# A switch in a slot with a sibling port; then with all functions of the slot.
	chosen slots $'03:00.0 slot - 102\n04:01.0 slot 03:00.0 102\n05:00.0 slot 03:00.0 102' 03:00.0 04:01.0 05:00.0 --type any
	chosen slots $'03:00.0 slot - 102\n04:00.0 slot 03:00.0 102\n04:01.0 slot 03:00.0 102\n05:00.0 slot 03:00.0 102' \
		03:00.0 04:00.0 04:01.0 05:00.0 --type any
}

@test 'recording a recorded machine gives the same archive' {
	local packed

	for packed in "$MACHINES"/*.tar.xz; do
		xz -dc "$packed" >"$BATS_TEST_TMPDIR/archive"
		pcireset record - --sysroot "$BATS_TEST_TMPDIR/archive" | cmp - "$BATS_TEST_TMPDIR/archive"
	done
}

# answer FILE: output of list and plan under sanitizers, with all statuses on the last line. At most 10 s of CPU time each.
answer() {
	local option=--sysroot command statuses=''

	[[ $1 != *.dump ]] || option=--file
	for command in 'list -J' 'plan 01:00.0 --type any'; do
		status=0
		# shellcheck disable=SC2086
		(ulimit -t 10 && exec timeout -s KILL 300 "$SANITIZED" $command "$option=$1" 2>&1) || status=$?
		statuses+=" $status"
	done
	printf 'statuses%s\n' "$statuses"
}

# FILE.refused beside it contains words of the error, FILE.read words of the safe answer.
@test 'each damaged machine is refused with a reason or answered safely' {
	local file said checked=0 wrong=0

	for file in "$BAD"/*.tar "$BAD"/*.dump; do
		said=$(answer "$file")
		checked=$((checked + 1))
		if [[ -e $file.refused && $said == *"$(<"$file.refused")"*'statuses 1 1' ]]; then
			continue
		elif [[ -e $file.read && $said == *"$(<"$file.read")"*'statuses 0 '[0135] ]]; then
			continue
		fi
		printf '%s: wanted "%s", said:\n%s\n' "${file##*/}" "$(cat "$file".re[fa]*)" "$(tail -n 8 <<<"$said")"
		wrong=1
	done
	[[ $checked -eq 89 && $wrong -eq 0 ]]
}

@test 'no damaged machine makes pcireset write a file' {
	[[ ! -e $BAD/escaped && ! -e $TMPDIR/../escaped && ! -e /escaped ]]
}
