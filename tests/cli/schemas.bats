#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What the commands print as JSON is what schemas/ describes, for every recorded machine. Resets nothing.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export PATH=$PWD/build/meson/cli:$PATH out=$BATS_FILE_TMPDIR/out
	mkdir -p "$out"/{list,show,plan,reset,doctor} "$BATS_FILE_TMPDIR/machines"
	for file in tests/machines/*.xz; do
		say_all "$file"
	done
}

# keep COMMAND FILE ARG...: what the tool prints, whatever its status. Without a word it has refused to answer at all.
keep() {
	pcireset "$1" --json "${@:3}" >"$out/$1/$2" 2>/dev/null || [[ -s $out/$1/$2 ]] || rm "$out/$1/$2"
}

# say_all FILE: each command on one machine.
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
	keep reset "$name" "${from[@]}" --type any --yes "${devices[@]}"
}

@test "every output is as its schema says, and both validators find each fault" {
	run /usr/bin/python3 -B tests/json/check-schemas.py "$out"
	echo "$output"
	[ "$status" -eq 0 ]
	wc -l <<<"$output"
}

@test "every command with --json has a schema that is installed, and docs/json.md names it" {
	for command in $(pcireset --complete-table | awk -F '\t' '$1 == "option" && $4 == "json" { print $2 }'); do
		[ -f "schemas/$command.schema.json" ]
		grep -q "\`$command.schema.json\`" docs/json.md
	done
	for file in schemas/*.schema.json; do
		name=${file##*/}
		grep -q "'${name%.schema.json}'" schemas/meson.build
	done
}
