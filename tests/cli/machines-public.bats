#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Machines from public reports (tests/machines-public): each has its right answer, and lspci reads the same of it. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export PUBLIC=$BATS_TEST_DIRNAME/../machines-public PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
}

@test 'each has its answer' {
	local packed name checked=0

	for packed in "$PUBLIC"/*.xz; do
		name=${packed##*/} name=${name%.xz}
		diff "$PUBLIC/$name.answer" <(timeout 20 "$PUBLIC/answer" "$name")
		checked=$((checked + 1))
	done
	[[ $checked -ge 23 ]]
}

# lspci_says FILE: of each function its address, whether it has FLR, whether it has PM, and the bridge right above.
lspci_says() {
	lspci -D -vvv -F "$1" 2>/dev/null | awk '
		/^[0-9a-f]+:[0-9a-f]+:[0-9a-f]+\.[0-7]/ { name = $1; names[++nr] = name; flr[name] = pm[name] = 0 }
		/secondary=/ { match($0, /secondary=[0-9a-f]+/); below[substr(name, 1, length(name) - 7) substr($0, RSTART + 10, 2)] = name }
		/FLReset\+/ || /AFCap:.*FLR\+/ { flr[name] = 1 }
		/Power Management version/ { pm[name] = 1 }
		END {
			for (i = 1; i <= nr; i++) {
				name = names[i]
				print name, flr[name], pm[name], below[substr(name, 1, length(name) - 5)]
			}
		}'
}

# tool_says FILE: the same as the tool sees it; of what is gone or not known nothing is said.
tool_says() {
	local file=$1 parents

	parents=$(pcireset list -n -r -o DEVICE,PARENT,PHYSFN -F "$file" 2>/dev/null)
	pcireset list -J -F "$file" | jq -r '.devices[] | . as $d |
		(if .why_not.flr == null then "1" elif (.why_not.flr | startswith("no FLR")) then "0"
			elif (.why_not.flr | startswith("known broken")) then "1" else "?" end) as $flr |
		(if .why_not.pm == null then "1" elif (.why_not.pm | startswith("no Power")) then "0"
			elif (.why_not.pm | test("No_Soft_Reset|not in D0")) then "1" else "?" end) as $pm |
		"\(.device) \($flr) \($pm)"' | while read -r name flr pm; do
		printf '%s %s %s %s\n' "$name" "$flr" "$pm" "$(awk -v name="$name" '$1 == name { print (NF > 2 ? "vf" : $2) }' <<<"$parents")"
	done
}

@test 'lspci agrees on FLR, PM and the bridges above' {
	local packed name flr pm above want tool_flr tool_pm tool_above compared=0

	for packed in "$PUBLIC"/*.dump.xz; do
		xz -dc "$packed" >"$TMPDIR/dump"
		tool_says "$TMPDIR/dump" >"$TMPDIR/tool"
		while read -r name flr pm above; do
			want=$(grep "^$name " "$TMPDIR/tool") || continue
			read -r _ tool_flr tool_pm tool_above <<<"$want"
			printf '%s %s: lspci %s %s %s, tool %s %s %s\n' "${packed##*/}" "$name" "$flr" "$pm" "$above" \
				"$tool_flr" "$tool_pm" "$tool_above"
			[[ $tool_flr == '?' || $tool_flr == "$flr" ]]
			[[ $tool_pm == '?' || $tool_pm == "$pm" ]]
			[[ -z $above || $tool_above == vf || $tool_above == "$above" ]]
			compared=$((compared + 1))
		done < <(lspci_says "$TMPDIR/dump")
	done
	[[ $compared -ge 20 ]]
}

@test 'links in a circle take no time' {
	timeout 20 pcireset list --sysroot "$PUBLIC/24-slaves-loop.tar.xz" >"$TMPDIR/list"
	grep -q 0000:08:00.0 "$TMPDIR/list"
}

@test 'what is gone comes with the way out' {
	local switch=$PUBLIC/23-dead-switch.dump.xz

	# The topmost that is dead, not what hangs on it.
	run -0 --separate-stderr pcireset show -J 05:00.0 -F "$switch"
	jq -e '.devices[0].way_out == "pcireset re-enumerate 0000:03:00.0 --type bus"' <<<"$output"
	run -0 --separate-stderr pcireset show 05:00.0 -F "$switch"
	[[ $output == *'re-enumerate 0000:03:00.0 --type bus; or cycle its power'* ]]
	run -3 --separate-stderr pcireset plan 05:00.0 --type bus -F "$switch"
	[[ $output${stderr:-} == *'re-enumerate 0000:03:00.0 --type bus; or cycle its power'* ]]
	# Another function of the device that would be reset.
	run -3 --separate-stderr pcireset plan 01:00.0 --type bus -F "$PUBLIC/08-sibling-gone.dump.xz"
	[[ $output${stderr:-} == *'re-enumerate 0000:01:00.1 --type bus'* ]]
	run -0 --separate-stderr pcireset show -J 00:02.0 -F "$switch"
	jq -e '.devices[0] | has("way_out") | not' <<<"$output"
}

@test 'doctor says the same of an archive as of its tree' {
	local root=$TMPDIR/machine

	"$BATS_TEST_DIRNAME/make-sysroot" "$root"
	mkdir -p "$root/sys/module/pcireset"
	echo quiet pcie_ports=compat >"$root/proc/cmdline"
	tar -C "$root" -cJf "$TMPDIR/machine.tar.xz" .
	diff <(pcireset doctor -J --sysroot "$root") <(pcireset doctor -J --sysroot "$TMPDIR/machine.tar.xz")
	[[ $(pcireset doctor --sysroot "$TMPDIR/machine.tar.xz") == *pcie_ports=compat* ]]
}
