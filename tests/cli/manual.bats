#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The manual page on reset types, the page on troubleshooting and the picture in README agree with the tool.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export PATH=$PWD/build/meson/cli:$PATH
	page=man/pcireset-types.7.scd
}

# section NAME: prints the headings of a section.
section() {
	awk -v name="# $1" '/^# / { on = $0 == name; next } on && /^\*.*\*$/' "$page" | sed 's/\*//g; s/\\_/_/g'
}

@test 'pcireset-types(7) lists every type in the order of choice, and every alias' {
	"$BATS_TEST_DIRNAME/make-sysroot" "$BATS_TEST_TMPDIR/root"
	device=$(pcireset list -n -r -o DEVICE --sysroot "$BATS_TEST_TMPDIR/root" | head -n 1)
	[ "$(section TYPES)" = "$(pcireset show "$device" --sysroot "$BATS_TEST_TMPDIR/root" | awk '/^TYPE / { on = 1; next } !NF { on = 0 } on && /^[a-z]/ { print $1 }')" ]
	for word in $(section 'WORDS FOR SEVERAL TYPES'); do
		pcireset plan "$device" --type "$word" --sysroot "$BATS_TEST_TMPDIR/root" 2>&1 | grep -v 'unknown type'
	done
}

@test 'pcireset-types(7) explains reasons of the library only' {
	section 'UNSUPPORTED TYPES' >"$BATS_TEST_TMPDIR/reasons"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/reasons")" -ge 5 ]
	while IFS= read -r reason; do
		grep -qF "$reason" lib/core/types.c kmod/table/reasons.h || { echo "$reason" && return 1; }
	done <"$BATS_TEST_TMPDIR/reasons"
}

@test 'docs/troubleshooting.md quotes real messages' {
	for words in 'state that a reset clears is unchanged' 'there is no proof that the reset took place' 'module pcireset is not loaded'; do
		grep -qF "\`$words\`" docs/troubleshooting.md
		grep -rqF "$words" lib cli kmod/table
	done
}

# words_of FILE: prints the texts and fills of a picture. Positions differ between versions of dot.
words_of() {
	sed -nE 's/^<text [^>]*>(.*)<\/text>$/\1/p; s/^<polygon (fill="[^"]*").*/\1/p' "$1"
}

@test 'docs/plan.svg is the current drawing, opaque and small' {
	tools/draw-plan "$BATS_TEST_TMPDIR/plan.svg"
	words_of docs/plan.svg | diff - <(words_of "$BATS_TEST_TMPDIR/plan.svg")
	[ "$(words_of docs/plan.svg | grep -c ': reset$')" -eq 3 ]
	# On a dark page, the dark letters need a white background.
	[ "$(words_of docs/plan.svg | head -n 1)" = 'fill="white"' ]
	[ "$(stat -c %s docs/plan.svg)" -lt 10000 ]
	grep -qF '](docs/plan.svg)' README.md
}
