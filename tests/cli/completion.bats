#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # programs of awk and fish
# Completion in bash, fish and zsh: each offers what the tool takes, and nothing else. The shells are real ones.

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/machine COMPLETIONS=$BATS_TEST_DIRNAME/../../completions
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	mkdir -p "$ROOT/sys/class/net/ens1" "$BATS_FILE_TMPDIR/zsh"
	cp "$BATS_TEST_DIRNAME/offers.zsh" "$BATS_FILE_TMPDIR/zsh/.zshrc"
	pcireset --complete-table >"$BATS_FILE_TMPDIR/table"
}

setup() {
	# shellcheck source=completions/pcireset.bash
	source "$COMPLETIONS/pcireset.bash"
	compopt() { :; }
}

# bash_offers WORD...: what is offered for the last word, one a line.
bash_offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_pcireset
	printf '%s\n' "${COMPREPLY[@]}"
}

fish_offers() {
	fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$COMPLETIONS/pcireset.fish" "$*" | cut -f 1
}

zsh_offers() {
	local offers=$BATS_TEST_TMPDIR/offers

	: >"$offers"
	LINE=$* OFFERS=$offers ZDOTDIR=$BATS_FILE_TMPDIR/zsh timeout 20 script -qec 'zsh -i' /dev/null </dev/null >/dev/null
	grep . "$offers" || true
}

# offers WANT WORD...: each shell offers just the words of WANT for the last word, in any order.
offers() {
	local want shell

	want=$(tr ' ' '\n' <<<"$1" | grep . | sort)
	for shell in bash fish zsh; do
		diff <(grep . <<<"$want") <("${shell}_offers" "${@:2}" | grep . | sort -u) || { echo "in $shell: ${*:2}" && return 1; }
	done
}

# of AWK [VAR=VALUE]: what AWK prints of the table, in one line.
of() {
	awk -F '\t' "${@:2}" "$1" "$BATS_FILE_TMPDIR/table" | paste -sd ' '
}

@test 'commands' {
	offers "$(of '$1 == "command" { print $2 }')" pcireset ''
	offers "$(of '$1 == "command" && $2 ~ /^re/ { print $2 }')" pcireset re
	[[ $(of '$1 == "command" && $2 ~ /^re/ { print $2 }') == *reset* ]]
	offers doctor pcireset help d
	offers '--help --version' pcireset --
}

@test 'every option of every command, and no other' {
	for command in $(of '$1 == "command" && $2 != "help" { print $2 }'); do
		offers "$(of '$1 == "option" && $2 == command { print "--" $4 }' -v command="$command")" pcireset "$command" --
	done
	offers --max-scope pcireset plan --m
	offers '' pcireset list --m
}

@test 'the table is what the help says' {
	for command in $(of '$1 == "command" && $2 != "help" { print $2 }'); do
		diff <(of '$1 == "option" && $2 == command { print "--" $4 }' -v command="$command" | tr ' ' '\n') \
			<(pcireset "$command" --help | grep -Eo -- '^ +(-., )? *--[a-z-]+' | grep -Eo -- '--[a-z-]+')
	done
	diff <(of '$1 == "command" { print $2 }' | tr ' ' '\n') <(pcireset --help | awk '/^Commands:/ { on = 1; next } !NF { on = 0 } on { print $1 }')
	diff <(of '$1 == "list" && $2 == "COLUMNS" { print $3 }' | tr ' ' '\n') <(pcireset list --help | awk '/^Columns/ { on = 1; next } !NF { on = 0 } on { print $1 }')
}

@test 'lists, also after a comma' {
	offers flr pcireset reset x --type fl
	offers flr pcireset plan x -t fl
	for shell in bash fish zsh; do
		[[ $("${shell}_offers" pcireset reset x --type flr,b) =~ ^(flr,)?bus$ ]]
		[[ $("${shell}_offers" pcireset list -o DEVICE,TY) =~ ^(DEVICE,)?TYPES$ ]]
	done
}

@test 'only words that the tool takes, and all of them' {
	offers "$(of '$2 == "TYPES" { print $3 }')" pcireset plan x --type ''
	offers "$(of '$2 == "SCOPE" { print $3 }')" pcireset reset x --max-scope ''
	for word in $(of '$2 == "TYPES" { print $3 }'); do
		run pcireset plan ffff:ffff --type "$word"
		[[ $status -eq 1 ]]
	done
	while read -r option kind; do
		for word in $(of '$2 == kind { print $3 }' -v kind="$kind"); do
			run pcireset reset ffff:ffff --type flr "--$option" "$word"
			[[ $status -eq 1 ]]
		done
	done < <(printf '%s\n' 'force USES' 'max-scope SCOPE' 'check CHECKS')
}

@test 'functions and interfaces of the machine below --sysroot' {
	offers '0000:07:00.0 0000:07:00.1' pcireset show --sysroot "$ROOT" 0000:07
	offers 'ens1' pcireset plan --sysroot "$ROOT" e
}

@test 'files, where a file is wanted' {
	cd "$BATS_TEST_TMPDIR"
	touch one.tar
	offers one.tar pcireset record on
	offers one.tar pcireset list --sysroot on
	offers one.tar pcireset plan x --svg on
}
