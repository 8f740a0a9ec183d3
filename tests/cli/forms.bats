#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# One dump in the forms in which people have it (make-forms): the same answer, a part with a note, or a clear error. Resets nothing.

bats_require_minimum_version 1.5.0

setup_file() {
	export FORMS=$BATS_FILE_TMPDIR/forms DUMP=$BATS_FILE_TMPDIR/dump
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	xz -dc "$BATS_TEST_DIRNAME/../machines/mixed.dump.xz" >"$DUMP"
	"$BATS_TEST_DIRNAME/make-forms" "$DUMP" "$FORMS"
	pcireset list -J -F "$DUMP" | jq .devices >"$BATS_FILE_TMPDIR/want"
	export WANT=$BATS_FILE_TMPDIR/want
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
}

@test 'a dump in another form gives the same answer' {
	local form nr=0

	for form in "$FORMS"/same/*; do
		printf '%s\n' "$form"
		diff "$WANT" <(pcireset list -J -F "$form" | jq .devices)
		nr=$((nr + 1))
	done
	[[ $nr -gt 60 ]]
}

# Each function is one of the whole dump, with no type and no reach that it has not there.
@test 'a part of a dump says nothing wrong, and a note says that it is a part' {
	local form

	for form in "$FORMS"/part/*; do
		printf '%s\n' "$form"
		pcireset list -J -F "$form" >"$TMPDIR/got"
		jq -e '.notes | length > 0' "$TMPDIR/got"
		jq -e --slurpfile whole "$WANT" '[.devices[] | . as $got | ($whole[0][] | select(.device == $got.device)) // {} |
			[.vendor, .id, .class] == ($got | [.vendor, .id, .class]) and $got.types - .types == [] and
			(.scope as $scope | $got.scope | to_entries | all(.value == $scope[.key]))] | length > 0 and all' "$TMPDIR/got"
	done
}

@test 'a file that is no dump is refused, and the message says what it is' {
	local form

	for form in "$FORMS"/refused/*.message; do
		printf '%s\n' "$form"
		run -1 --separate-stderr pcireset list -F "${form%.message}"
		[[ -z $output && $(wc -l <<<"${stderr:-}") -eq 1 && $stderr == "pcireset: ${form%.message}: "*"$(<"$form")"* ]]
	done
}
