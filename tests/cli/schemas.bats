#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The JSON output of the commands is valid under schemas/, for every recorded machine. Resets nothing.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export PATH=$PWD/build/meson/cli:$PATH out=$BATS_FILE_TMPDIR/out
	mkdir -p "$out"/{list,show,plan,reset,link,recover,doctor,qualify} "$BATS_FILE_TMPDIR/machines"
	for file in tests/machines/*.xz; do
		say_all "$file"
	done
	say_with_rules
	say_of_runs
	say_recoveries
}

# keep COMMAND FILE ARG...: saves the output, whatever the status. Without output the tool has refused the machine.
keep() {
	pcireset "$1" --json "${@:3}" >"$out/$1/$2" 2>/dev/null || [[ -s $out/$1/$2 ]] || rm "$out/$1/$2"
}

# say_all FILE: runs each command on one machine.
say_all() {
	local name=${1##*/} file=$BATS_FILE_TMPDIR/machines/${1##*/} from devices
	from=(--sysroot "$file")

	xz -dc "$1" >"$file"
	[[ $name != *.dump.xz ]] || from=(--file "$file")
	mapfile -t devices < <(pcireset list -n -r -o DEVICE "${from[@]}")
	keep list "$name" "${from[@]}"
	keep show "$name" "${from[@]}" "${devices[@]}"
	keep plan "$name" "${from[@]}" --type any "${devices[@]}"
	keep plan "$name.flr" "${from[@]}" --type flr --force mount "${devices[-1]}"
	[[ $name == *.tar.xz ]] || return 0
	keep doctor "$name" "${from[@]}"
	keep link "$name" "${from[@]}" "${devices[-1]}"
	keep link "$name.refused" "${from[@]}" --retrain --yes "${devices[-1]}"
	keep reset "$name" "${from[@]}" --type any --yes "${devices[@]}"
}

# One rule denies, and one delays. Their keys exist only with such rules.
say_with_rules() {
	local root=$BATS_FILE_TMPDIR/rules

	"$BATS_TEST_DIRNAME/make-sysroot" "$root"
	mkdir -p "$root/etc/pcireset/rules.d"
	printf '[Match]\nVendor=%s\n[Reset]\n%s\n' 1b36 $'Delay=500\nTypes=flr' 1af4 $'Deny=any\nReason=none' \
		>"$root/etc/pcireset/rules.d/10-test.conf"
	keep show rules --sysroot "$root" 04:00.0 07:00.0
	keep plan rules --sysroot "$root" --type flr --force mount,swap 04:00.0
	keep doctor rules --sysroot "$root"
}

# Qualifications with each kind of finding.
say_of_runs() {
	local fault

	for fault in none lanes after slower neighbour cut; do
		"$BATS_TEST_DIRNAME/make-run" "$BATS_FILE_TMPDIR/$fault" 900 "$fault"
		keep qualify "$fault" --report "$BATS_FILE_TMPDIR/$fault"
	done
}

# Each line of recover is a document. A guest test covers real recoveries.
say_recoveries() {
	local root=$BATS_FILE_TMPDIR/recover events=$BATS_FILE_TMPDIR/events line nr=0

	"$BATS_TEST_DIRNAME/make-sysroot" "$root"
	mkdir -p "$root/etc/pcireset/recover.d"
	printf '[Match]\nSlot=3\n[Recover]\nEvents=wedged\nSteps=rebind,slot\n' >"$root/etc/pcireset/recover.d/1.conf"
	printf 'ACTION=change\nDEVPATH=/x/0000:03:00.0/drm/card0\nWEDGED=%s\n\n' bus-reset none vendor-specific >"$events"
	while IFS= read -r line; do
		printf '%s\n' "$line" >"$out/recover/$nr"
		nr=$((nr + 1))
	done < <(pcireset recover --dry-run --json --sysroot "$root" "$events" 2>/dev/null)
	pcireset recover --status --json >"$out/recover/status" || :
}

@test 'the output contains the keys of rules' {
	jq -e '[.devices[].rules[0] | .delay_ms, .reason] == [500, null, null, "none"]' "$out/show/rules"
	jq -e '[.. | .delay_ms? // empty] | index(500)' "$out/plan/rules"
	jq -e '.checks | any(.check == "rules")' "$out/doctor/rules"
}

@test 'every output is valid, and both validators find each fault' {
	run /usr/bin/python3 -B tests/json/check-schemas.py "$out"
	echo "$output"
	[ "$status" -eq 0 ]
	wc -l <<<"$output"
}

@test 'every command with --json has an installed schema, named in docs/json.md' {
	for command in $(pcireset --complete-table | awk -F '\t' '$1 == "option" && $4 == "json" { print $2 }'); do
		[ -f "schemas/$command.schema.json" ]
		grep -q "\`$command.schema.json\`" docs/json.md
	done
	for file in schemas/*.schema.json; do
		name=${file##*/}
		grep -q "'${name%.schema.json}'" schemas/meson.build
	done
}
