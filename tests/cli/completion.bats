#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Completion in bash: it offers what the tool takes, and nothing else.

setup() {
	PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	compopt() { :; }
	# shellcheck source=completions/pcireset.bash
	source "$BATS_TEST_DIRNAME/../../completions/pcireset.bash"
}

# offers WORD...: what is offered for the last word, in one line.
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_pcireset
	echo "${COMPREPLY[*]}"
}

@test 'commands' {
	[[ $(offers pcireset '') == 'list show plan reset re-enumerate doctor record help --help --version' ]]
	[[ $(offers pcireset rese) == reset ]]
}

@test 'options, those of the command' {
	[[ $(offers pcireset plan --m) == --max-scope ]]
	[[ $(offers pcireset list --m) == '' ]]
	[[ $(offers pcireset reset --e) == --escalate ]]
}

@test 'every option of the help is offered' {
	for command in list show plan reset re-enumerate doctor record; do
		offered=$(offers pcireset "$command" --)
		for option in $(pcireset "$command" --help | grep -Eo -- '^ +(-., )? *--[a-z-]+' | grep -Eo -- '--[a-z-]+'); do
			[[ " $offered " == *" $option "* ]]
		done
	done
}

@test 'lists, also after a comma, and only words that are taken' {
	[[ $(offers pcireset reset x --type fl) == flr ]]
	[[ $(offers pcireset reset x --type flr,b) == flr,bus ]]
	[[ $(offers pcireset list -o DEVICE,TY) == DEVICE,TYPES ]]
	for word in $(offers pcireset plan x --type ''); do
		run pcireset plan ffff:ffff --type "$word"
		[[ $status -eq 1 ]]
	done
	for option in force max-scope check; do
		for word in $(offers pcireset reset x "--$option" ''); do
			run pcireset reset ffff:ffff --type flr "--$option" "$word"
			[[ $status -eq 1 ]]
		done
	done
}
