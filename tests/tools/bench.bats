#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# bench/run's options, and what bench/plot makes of a table; that the figures are measured is tests/lab/bench.sh.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	dir=$BATS_TEST_TMPDIR
}

# well_formed FILE: prints the text in it, a line each.
well_formed() {
	python3 -c 'import sys, xml.etree.ElementTree as tree
for element in tree.parse(sys.argv[1]).iter():
    if element.text and element.text.strip(): print(element.text)' "$1"
}

many() {
	cat <<-'END'
		table many: FLR of many functions
		kernel 7.3.4+deb13-amd64; virtual time, 1000 million instructions a second; "pcireset --version" takes 31 ms
		functions   bridges     how                  seconds    limit   x limit  note
		1           1           in turn                0.105    0.100      1.05
		1           1           pcireset               0.158    0.100      1.58
		64          1           in turn                6.700    0.100     67.00  failed (1)
		64          1           pcireset               0.158    0.100      1.58

	END
}

@test "--help lists every script of bench/guest with its title" {
	run bench/run --help
	[ "$status" -eq 0 ]
	for script in bench/guest/*.sh; do
		name=$(basename "$script" .sh)
		[ "$name" = lib ] || [[ "$output" =~ "  $name "\ +[A-Z] ]]
	done
}

@test "bench/run refuses unknown arguments before it boots a guest" {
	for wrong in --frobnicate nothing lib '--shift 10' '--functions 0' '--functions 1,,2' '--functions 10000' --kernel; do
		read -ra words <<<"$wrong"
		run bench/run "${words[@]}"
		[ "$status" -eq 2 ]
		[[ "$output" = *'see: bench/run --help' ]]
	done
}

@test "bench/plot can draw every table of bench/guest" {
	mapfile -t names < <(sed -nE "s/.*(begin_table|table) ([a-z]+)(:| ['\"]).*/\2/p" bench/guest/*.sh | sort -u)
	[ "${#names[@]}" -ge 6 ]
	for name in "${names[@]}"; do
		grep -q "[{ ]\"$name\": (" bench/plot
	done
}

@test "a table of numbers becomes lines, with the limit, and names the kernel and both axes" {
	many | bench/plot "$dir"
	run well_formed "$dir/many-7.3.svg"
	[ "$status" -eq 0 ]
	for word in 'FLR of many functions' 'in turn' pcireset limit seconds functions 1 64; do
		grep -qxF "$word" <<<"$output"
	done
	grep -q 'kernel 7.3.4+deb13-amd64; virtual time, 1000 million' <<<"$output"
	# Three lines of two points each; a higher value is drawn further up.
	[ "$(grep -c 'stroke-width="2"' "$dir/many-7.3.svg")" -eq 3 ]
	read -r y1 y2 < <(sed -nE '0,/stroke-width="2"/s/.*M[0-9.]+ ([0-9.]+)L[0-9.]+ ([0-9.]+)".*stroke-width="2".*/\1 \2/p' "$dir/many-7.3.svg")
	[ "${y1%.*}" -gt "${y2%.*}" ]
}

@test "a table of kinds becomes bars, and missing ones are labelled" {
	bench/plot "$dir" <<-'END'
		table types: Every type
		kernel 6.1.0-49-amd64; virtual time
		type        functions   bridges     how                  seconds    limit   x limit  note
		bus         64          1           in turn                    -        -         -  the kernel has no bus for it
		bus         64          1           pcireset               0.158    0.101      1.56

	END
	run well_formed "$dir/types-6.1.svg"
	[ "$status" -eq 0 ]
	for word in 'bus, 64 functions, 1 bridge' 'not there' 0.16; do
		grep -qxF "$word" <<<"$output"
	done
}

@test "tables of several kernels, and split tables, become one file each" {
	{
		many
		many | sed 's/kernel 7.3.4/kernel 6.12.117/'
		many | sed '/^64/d; s/^1 /4 /'
	} >"$dir/printed"
	bench/plot "$dir/svg" "$dir/printed"
	[ "$(cd "$dir/svg" && echo *)" = 'many-6.12.svg many-7.3.svg' ]
	well_formed "$dir/svg/many-7.3.svg" | grep -qx 4
	[ "$(well_formed "$dir/svg/many-6.12.svg" | grep -cx 4)" -eq 0 ]
}

@test "without a table, bench/plot draws nothing and fails" {
	run bench/plot "$dir" /dev/null
	[ "$status" -eq 1 ]
	[ "$output" = 'bench/plot: there is no table' ]
}
