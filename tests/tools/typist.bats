#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The program that types into a guest, which the tests of README and of the lab's shell use.

bats_require_minimum_version 1.5.0

@test "a split multibyte character is one character" {
	local typist=$BATS_TEST_DIRNAME/../lib/typist
	# shellcheck disable=SC2016 # the shell that the typist starts expands it
	local pieces='printf "> "; read -r _; for i in "\xe2" "\x94" "\x94 end\n> "; do printf "$i"; sleep 0.1; done'

	run bash -c '"$@" <<<line' - "$typist" '> ' bash -c "$pieces"
	[[ $status -eq 0 && $output == $'$ line\n└ end' ]]
}

@test "an erased line, such as the progress of a reset, is not printed" {
	local typist=$BATS_TEST_DIRNAME/../lib/typist
	# shellcheck disable=SC2016 # as above
	local program='printf "> "; read -r _; printf "\r1 of 3 done\033[K\r2 of 3 done\033[K\r\033[Kall\n> "'

	run bash -c '"$@" <<<line' - "$typist" '> ' bash -c "$program"
	[[ $status -eq 0 && $output == $'$ line\nall' ]]
}
