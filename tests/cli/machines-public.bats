#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Machines from public reports (tests/machines-public): each gives the recorded answer. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export PUBLIC=$BATS_TEST_DIRNAME/../machines-public PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
}

@test 'each public machine gives the recorded answer' {
	local packed name checked=0

	for packed in "$PUBLIC"/*.xz; do
		name=${packed##*/} name=${name%.xz}
		diff "$PUBLIC/$name.answer" <(timeout 20 "$PUBLIC/answer" "$name")
		checked=$((checked + 1))
	done
	[[ $checked -eq 84 ]]
}

@test '#NUMBER selects one of several dumps in a file' {
	local packed=$PUBLIC/45-dead-and-back.dump.xz plain=$TMPDIR/plain

	xz -dc "$packed" >"$plain"
	run -1 --separate-stderr pcireset list -F "$plain"
	[[ ${stderr:-} == *'2 dumps in the file that differ, the second begins in line 25 with 0000:01:00.0; add #1 to the name'* ]]
	run -0 --separate-stderr pcireset list -J -F "$plain#1"
	jq -e '.devices[0].why_not.flr == "it is gone or does not respond"' <<<"$output"
	run -0 --separate-stderr pcireset list -J -F "$plain#2"
	jq -e '.devices[0] | .id == "0x5555" and (.why_not.flr | startswith("no FLR"))' <<<"$output"
	diff <(pcireset list -J -F "$plain#2" | jq .devices) <(pcireset list -J -F "$packed#2" | jq .devices)
	run -1 --separate-stderr pcireset list -F "$plain#3"
	[[ ${stderr:-} == *'there are 2 dumps in the file, and no number 3'* ]]
	for number in 0 -1 1x 9999999 ''; do
		run -1 --separate-stderr pcireset list -F "$plain#$number"
		[[ ${stderr:-} == *'No such file or directory'* ]]
	done
	# A file of that name comes first.
	xz -dc "$PUBLIC/38-hi1822.dump.xz" >"$plain#2"
	run -0 --separate-stderr pcireset list -n -r -o ID -F "$plain#2"
	[[ $output == 0x0200 ]]
}

@test 'two dumps side by side are not one machine' {
	local dump=$TMPDIR/dump other=$TMPDIR/other width

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" >"$dump"
	sed '0,/^10: 00/s//10: 01/; 0,/^0000:0b:00.0/s//0000:0d:00.0/' "$dump" >"$other"
	for width in 80 130 160; do
		diff -y -W "$width" "$dump" "$other" >"$TMPDIR/beside" || true
		run -1 --separate-stderr pcireset list -F "$TMPDIR/beside"
		[[ ${stderr:-} == *"$TMPDIR/beside: line 2: two dumps are side by side; save each in a file of its own" ]]
	done
	diff -y --suppress-common-lines "$dump" "$other" >"$TMPDIR/beside" || true
	run -1 --separate-stderr pcireset list -F "$TMPDIR/beside"
	[[ ${stderr:-} == *'side by side'* ]]
}

@test 'what mails, pages and terminals put around the lines of lspci is skipped' {
	local dump=$TMPDIR/dump esc=$'\e' edit edits

	# shellcheck disable=SC2016
	edits=(
		's/^/Alexander> /' 's/^/jd> /' 's/^/: /' 's/^/% /' 's/^/;; /' 's,^,// ,' 's/^/* /' 's/^/~> /'
		's/^\(0000:[0-9a-f:.]*\) /**\1** /' 's/^\(0000:[0-9a-f:.]*\) /`\1` /' 's/^\(0000:[0-9a-f:.]*\) /* \1: /'
		"s/^\\(0000:[0-9a-f:.]*\\)/${esc}[35m${esc}[K\\1${esc}[m${esc}[K/"
		's/^\(..: \([0-9a-f][0-9a-f] \)\{7\}[0-9a-f][0-9a-f]\) /\1=\n /'
	)

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" >"$dump"
	pcireset list -J -F "$dump" >"$TMPDIR/want"
	for edit in "${edits[@]}"; do
		sed "$edit" "$dump" >"$TMPDIR/edited"
		printf '%s\n' "$edit"
		diff "$TMPDIR/want" <(pcireset list -J -F "$TMPDIR/edited")
	done
}

@test 'the same text in front of each line is skipped' {
	local dump=$TMPDIR/dump before count

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" >"$dump"
	pcireset list -J -F "$dump" >"$TMPDIR/want"
	for before in 'Jan 01 12:00:00 ' '2024-01-01 12:00:00 ' '12:00:00.123 ' '[2024-01-01 12:00:00,123] {run.py:12} INFO - ' \
		'I0101 12:00:00.000000 1 file.go:12] ' 'INFO: ' 'node-1: ' '[    1.234567] pci: ' '- ' '! ' '» ' 'J. D.> '; do
		sed "s/^/$before/" "$dump" >"$TMPDIR/edited"
		printf '%s\n' "$before"
		diff "$TMPDIR/want" <(pcireset list -J -F "$TMPDIR/edited")
	done
	for count in '"2024-01-01T12:%02d:%02d.%03dZ ", NR / 60, NR % 60, NR % 999' '"%d. ", NR' '"%5d| ", NR' '"Line %d: ", NR' '"dump.txt:%d:", NR'; do
		awk "{ printf $count; print }" "$dump" >"$TMPDIR/edited"
		printf '%s\n' "$count"
		diff "$TMPDIR/want" <(pcireset list -J -F "$TMPDIR/edited")
	done
}

@test 'lines of two hosts are not one machine' {
	local dump=$TMPDIR/dump host

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" >"$dump"
	for host in node 10.0.0.; do
		{ sed "s/^/${host}1: /" "$dump" && sed "s/^/${host}2: /" "$dump"; } >"$TMPDIR/both"
		run -0 --separate-stderr pcireset list -J -F "$TMPDIR/both"
		[[ $output == *'lines of config space could not be assigned to a function and were skipped'* ]]
		diff <(jq .devices <<<"$output") <(pcireset list -J -F "$dump" | jq .devices)
	done
	# Not a file and a comparison with it.
	{ cat "$dump" && sed 's/^/before: /' "$dump"; } >"$TMPDIR/both"
	diff <(pcireset list -J -F "$dump") <(pcireset list -J -F "$TMPDIR/both")
}

@test 'the lines of a page are read without its tags' {
	local dump=$TMPDIR/dump edit

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" >"$dump"
	pcireset list -J -F "$dump" >"$TMPDIR/want"
	for edit in 's,.*,<li class="a"><div class="b">&</div></li>,' 's,.*,<span>&</span>,' 's,$,<BR />,' \
		's,^[0-9a-f:.]* ,<b>&</b>,'; do
		sed -e 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' -e "$edit" "$dump" >"$TMPDIR/edited"
		printf '%s\n' "$edit"
		diff "$TMPDIR/want" <(pcireset list -J -F "$TMPDIR/edited")
	done
	# A page in one line.
	for edit in 's,.*,<tr><td>12</td><td>&</td></tr>,' 's,.*,<P>&</P>,'; do
		sed -e 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' -e "$edit" "$dump" | tr -d '\n' >"$TMPDIR/edited"
		printf '%s\n' "$edit"
		diff "$TMPDIR/want" <(pcireset list -J -F "$TMPDIR/edited")
	done
}

@test 'a row after a gap of diff belongs to no function' {
	local dump=$TMPDIR/dump hunk

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" | sed -n '/^0000:0b:00.0/,/^$/p' >"$dump"
	for hunk in '100,101c100,101' '@@ -90,9 +90,9 @@'; do
		# The rows from 100 on are those of another function.
		sed "s/^100: .*/$hunk\n&/" "$dump" >"$TMPDIR/edited"
		run -0 --separate-stderr pcireset list -J -F "$TMPDIR/edited"
		[[ $output == *'240 lines of config space could not be assigned to a function'* ]]
		sed '/^100: /,$d' "$dump" >"$TMPDIR/begin"
		diff <(jq .devices <<<"$output") <(pcireset list -J -F "$TMPDIR/begin" | jq .devices)
	done
}

@test 'every form of output that lspci has with -x is read' {
	local dump=$TMPDIR/dump options

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" >"$dump"
	pcireset list -J -F "$dump" >"$TMPDIR/want"
	for options in '' -D -n -nn -m -vm -vmm -vvv '-D -vmm' '-D -PP' -PP; do
		# shellcheck disable=SC2086
		lspci -F "$dump" -xxxx $options >"$TMPDIR/form" 2>/dev/null
		printf 'lspci -xxxx %s\n' "$options"
		diff "$TMPDIR/want" <(pcireset list -J -F "$TMPDIR/form")
	done
}

# With -PP, only the first address of a path has the domain.
@test 'a path of bridges has the domain of its first address' {
	local dump=$TMPDIR/dump options

	xz -dc "$PUBLIC/../machines/sim.dump.xz" >"$dump"
	for options in -PP '-D -PP'; do
		# shellcheck disable=SC2086
		lspci -F "$dump" -xxxx $options >"$TMPDIR/form" 2>/dev/null
		grep -q '^10000:00:0.*\.0/0[0-9]:' "$TMPDIR/form"
		diff <(pcireset list -J -F "$dump") <(pcireset list -J -F "$TMPDIR/form")
	done
}

@test 'rows after a list of functions belong to none of them' {
	local dump=$TMPDIR/dump

	xz -dc "$PUBLIC/../machines/mixed.dump.xz" >"$dump"
	{
		grep '^0000:0[bc]' "$dump"
		printf '\nlspci -xxx of the first:\n'
		sed -n '/^0000:0b:00.0/,/^$/p' "$dump" | tail -n +2
	} >"$TMPDIR/list"
	run -1 --separate-stderr pcireset list -F "$TMPDIR/list"
	# With a dump of its own before it, the function has its own rows only.
	cat "$dump" "$TMPDIR/list" >"$TMPDIR/both"
	run -0 --separate-stderr pcireset list -J -F "$TMPDIR/both"
	[[ $output == *'lines of config space could not be assigned to a function and were skipped'* ]]
	diff <(jq .devices <<<"$output") <(pcireset list -J -F "$dump" | jq .devices)
	# A list before a whole dump is no doubt.
	{ grep '^0000:' "$dump" && echo && cat "$dump"; } >"$TMPDIR/both"
	run -0 --separate-stderr pcireset list -J -F "$TMPDIR/both"
	diff <(jq .devices <<<"$output") <(pcireset list -J -F "$dump" | jq .devices)
}

# From a mail on i40e: lspci -vvv without -x, and an oops.
@test 'the code of an oops is not config space' {
	{
		lspci -nn -F <(xz -dc "$PUBLIC/../machines/mixed.dump.xz")
		printf '%s\n' 'RIP: 0010:delay_tsc+0x1f/0x70' 'Code: 48 ff c8 5b c3 66 0f 1f 44 00 00 53' \
			'8b 0d e4 be 9e 69 0f 01 f9 66 90 48 c1 e2 20 48 09 c2 49 89 d0 eb 11 f3'
	} >"$TMPDIR/oops"
	run -1 --separate-stderr pcireset list -F "$TMPDIR/oops"
	[[ ${stderr:-} == *'functions are listed, 0000:00:00.0 for one, and there is no config space'* ]]
}

@test 'circular links do not slow down list' {
	timeout 20 pcireset list --sysroot "$PUBLIC/24-slaves-loop.tar.xz" >"$TMPDIR/list"
	grep -q 0000:08:00.0 "$TMPDIR/list"
}

@test 'a function that is gone is shown with the way out' {
	local switch=$PUBLIC/23-dead-switch.dump.xz

	# The way out names the topmost dead function, not those below it.
	run -0 --separate-stderr pcireset show -J 05:00.0 -F "$switch"
	jq -e '.devices[0].way_out == "pcireset re-enumerate 0000:03:00.0 --type bus"' <<<"$output"
	run -0 --separate-stderr pcireset show 05:00.0 -F "$switch"
	[[ $output == *'re-enumerate 0000:03:00.0 --type bus; or power-cycle it'* ]]
	run -3 --separate-stderr pcireset plan 05:00.0 --type bus -F "$switch"
	[[ $output${stderr:-} == *'re-enumerate 0000:03:00.0 --type bus; or power-cycle it'* ]]
	# Another function of the device that would be reset.
	run -3 --separate-stderr pcireset plan 01:00.0 --type bus -F "$PUBLIC/08-sibling-gone.dump.xz"
	[[ $output${stderr:-} == *'re-enumerate 0000:01:00.1 --type bus'* ]]
	# A port above that is the reason is not gone.
	run -3 --separate-stderr pcireset plan 1c:03.0 --type flr -F "$PUBLIC/01-card-behind-cardbus.dump.xz"
	[[ $output${stderr:-} != *power-cycle* ]]
	run -0 --separate-stderr pcireset show -J 00:02.0 -F "$switch"
	jq -e '.devices[0] | has("way_out") | not' <<<"$output"
}

@test 'doctor prints the same for an archive and its directory' {
	local root=$TMPDIR/machine

	"$BATS_TEST_DIRNAME/make-sysroot" "$root"
	mkdir -p "$root/sys/module/pcireset"
	echo quiet pcie_ports=compat >"$root/proc/cmdline"
	tar -C "$root" -cJf "$TMPDIR/machine.tar.xz" .
	diff <(pcireset doctor -J --sysroot "$root") <(pcireset doctor -J --sysroot "$TMPDIR/machine.tar.xz")
	[[ $(pcireset doctor --sysroot "$TMPDIR/machine.tar.xz") == *pcie_ports=compat* ]]
}
