#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# All dumps of tests/machines and tests/machines-public: lspci and pcireset read the same. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export TESTS=$BATS_TEST_DIRNAME/.. PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
}

# lspci_says FILE: a line for each function.
#   ADDRESS FLR PM BRIDGE SLOT
# FLR is flr, af_flr (where there is only that) or no; PM is no, soft (a reset), hard (No_Soft_Reset) or low (not in D0). BRIDGE is the one right above, by
# its secondary and subordinate bus; its primary bus is its own. SLOT is the number of the slot of a hotplug port right above.
lspci_says() {
	lspci -D -vvv -F "$1" 2>/dev/null | awk '
		# Two lower-case digits each, which are in order as text.
		function bus_of(name) { return substr(name, length(name) - 6, 2) "" }
		function domain_of(name) { return substr(name, 1, length(name) - 8) }
		function field(word) {
			match($0, word "=[0-9a-f]+")
			return substr($0, RSTART + length(word) + 1, RLENGTH - length(word) - 1) ""
		}
		/^[0-9a-f]+:[0-9a-f]+:[0-9a-f]+\.[0-7]/ {
			name = $1
			names[++nr] = name
			flr[name] = af[name] = 0
			pm[name] = "no"
		}
		/Bus: primary=/ {
			if (field("secondary") != "00" && field("primary") != "00" && field("primary") != bus_of(name))
				print name, "has another bus as its primary one"
			first[name] = field("secondary")
			last[name] = field("subordinate")
		}
		/Express .*Slot\+/ { has_slot[name] = 1 }
		/SltCap:.*HotPlug\+/ { is_hotplug[name] = 1 }
		/^\t\t\tSlot #[0-9]+/ { match($0, /#[0-9]+/); slot[name] = substr($0, RSTART + 1, RLENGTH - 1) }
		/ FLReset\+ SlotPower|RBE[+-] FLReset\+/ { flr[name] = 1 }
		/AFCap:.*FLR\+/ { af[name] = 1 }
		/Status: D[0-3] NoSoftRst/ { pm[name] = /NoSoftRst\+/ ? "hard" : /Status: D0/ ? "soft" : "low" }
		END {
			for (i = 1; i <= nr; i++) {
				name = names[i]
				above = ""
				for (j = 1; j <= nr; j++) {
					bridge = names[j]
					if (first[bridge] > "00" && domain_of(bridge) == domain_of(name) &&
					    first[bridge] <= bus_of(name) && bus_of(name) <= last[bridge] &&
					    (above == "" || first[bridge] > first[above]))
						above = bridge
				}
				where = above != "" && has_slot[above] && is_hotplug[above] ? slot[above] : "-"
				kind = flr[name] ? "flr" : af[name] ? "af_flr" : "no"
				print name, kind, pm[name], above == "" ? "-" : above, where
			}
		}'
}

# tool_says FILE: the same lines from pcireset; SLOT is yes or no.
tool_says() {
	pcireset list -n -r -o DEVICE,PARENT,PHYSFN -F "$1" 2>/dev/null | awk '{ print $1, (NF > 2 ? "vf" : NF > 1 ? $2 : "-") }' \
		>"$TMPDIR/parents"
	pcireset list -J -F "$1" 2>/dev/null | jq -r '.devices[] |
		(.why_not.flr // "") as $flr | (.types | map(select(. == "flr" or . == "af_flr"))[0]) as $kind |
		(.why_not.pm // "") as $pm | (.why_not.slot // "") as $slot |
		[.device,
		 (if $kind then $kind elif ($flr | startswith("no FLR")) then "no" else "?" end),
		 (if $pm == "" then "soft" elif ($pm | startswith("no Power")) then "no"
			elif ($pm | test("No_Soft_Reset")) then "hard" elif ($pm | test("not in D0")) then "low" else "?" end),
		 (if $slot == "" then "1" elif ($slot | test("not in a hotplug slot|on a root bus")) then "-" else "?" end)] | join(" ")' |
		join - <(sort "$TMPDIR/parents") || true
}

# Dumps in which lspci and pcireset read different functions, with the reason.
explained='
1[245]* 3[1246]* 37* 4[67]* 5[01456]* 6[12346]* 8[89]* 90*  lspci skips what is in front of its lines or changed in them, and does not tell; the tool reads it, or tells
13* 33* 49* 63*                               functions with no config space, or too little: lspci lists them, the tool counts them in a note
16* 45* 82* 84*                               two dumps that differ: lspci lists both, the tool asks for the number of one
53*                                           rows are missing: lspci lists the function with one row, the tool refuses
'

# is_explained NAME: the functions are known to differ.
is_explained() {
	local patterns pattern

	while read -r -a patterns; do
		for pattern in "${patterns[@]}"; do
			# shellcheck disable=SC2053
			[[ $pattern == *'*' && $1 == $pattern ]] && return
		done
	done <<<"$explained"
	return 1
}

# differ NAME ADDRESS WHAT LSPCI TOOL
differ() {
	[[ $5 == '?' || $4 == "$5" ]] || printf '%s %s %s: lspci %s, tool %s\n' "$@"
}

# compare FILE NAME: prints the differences.
compare() {
	local name flr pm above slot tool_flr tool_pm tool_slot tool_above

	lspci_says "$1" | sort >"$TMPDIR/lspci"
	tool_says "$1" | sort >"$TMPDIR/tool"
	grep 'primary one' "$TMPDIR/lspci" && return
	is_explained "$2" || diff <(cut -d ' ' -f 1 "$TMPDIR/lspci") <(cut -d ' ' -f 1 "$TMPDIR/tool") >"$TMPDIR/other" ||
		printf '%s: other functions: %s\n' "$2" "$(grep '^[<>]' "$TMPDIR/other" | tr '\n' ' ')"
	while read -r name flr pm above slot tool_flr tool_pm tool_slot tool_above; do
		printf '%s\n' "$name" >>"$TMPDIR/compared"
		differ "$2" "$name" FLR "$flr" "$tool_flr"
		differ "$2" "$name" PM "$pm" "$tool_pm"
		# A VF is beside its PF, and lspci may have skipped the bridge.
		[[ $tool_above != vf ]] || continue
		[[ $above != - ]] || ! is_explained "$2" || tool_above='?'
		differ "$2" "$name" bridge "$above" "$tool_above"
		[[ $slot == - ]] || slot=1
		differ "$2" "$name" slot "$slot" "$tool_slot"
	done < <(join "$TMPDIR/lspci" "$TMPDIR/tool")
}

@test 'lspci and pcireset read the same FLR, AF, PM, buses and slots' {
	local packed name

	for packed in "$TESTS"/machines/*.dump.xz "$TESTS"/machines-public/*.dump.xz; do
		name=${packed##*/}
		xz -dc "$packed" >"$TMPDIR/dump"
		compare "$TMPDIR/dump" "${name%.dump.xz}"
	done >"$TMPDIR/differ"
	cat "$TMPDIR/differ"
	[[ ! -s $TMPDIR/differ && $(wc -l <"$TMPDIR/compared") -gt 100 ]]
}

# The kernel names a slot by the number in its port, unless two ports have the same.
@test 'slots have the numbers that lspci shows' {
	local name

	for name in slots sim; do
		xz -dc "$TESTS/machines/$name.dump.xz" >"$TMPDIR/dump"
		xz -dc "$TESTS/machines/$name.tar.xz" >"$TMPDIR/archive"
		lspci_says "$TMPDIR/dump" | awk '$5 != "-" { print $1, $5 }' | sort >"$TMPDIR/want"
		pcireset list -n -r -o DEVICE,SLOT --sysroot "$TMPDIR/archive" | awk '$2 != "" { print $1, $2 }' | sort >"$TMPDIR/got"
		printf '%s\n' "$name" && diff "$TMPDIR/want" "$TMPDIR/got"
		[[ -s $TMPDIR/want ]]
	done
}
