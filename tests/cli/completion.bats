#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # programs of awk and fish
# Completion in bash, fish and zsh: each shell offers exactly the words that pcireset accepts. The tests run the real shells.

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

# bash_offers WORD...: prints the words that bash offers for the last word, one on each line.
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
	LINE=$* OFFERS=$offers ZDOTDIR=$BATS_FILE_TMPDIR/zsh timeout 300 script -qec 'zsh -i' /dev/null </dev/null >/dev/null
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

# of AWK [VAR=VALUE]: prints the output of AWK for the table, in one line.
of() {
	awk -F '\t' "${@:2}" "$1" "$BATS_FILE_TMPDIR/table" | paste -sd ' '
}

@test 'completion offers all commands, and help takes a command' {
	offers "$(of '$1 == "command" { print $2 }')" pcireset ''
	offers "$(of '$1 == "command" && $2 ~ /^re/ { print $2 }')" pcireset re
	[[ $(of '$1 == "command" && $2 ~ /^re/ { print $2 }') == *reset* ]]
	offers doctor pcireset help d
	offers '--help --version' pcireset --
}

@test 'completion offers exactly the options of each command' {
	for command in $(of '$1 == "command" && $2 != "help" { print $2 }'); do
		offers "$(of '$1 == "option" && $2 == command { print "--" $4 }' -v command="$command")" pcireset "$command" --
	done
	offers --max-scope pcireset plan --m
	offers '' pcireset list --m
}

@test '--complete-table lists the same words as --help' {
	for command in $(of '$1 == "command" && $2 != "help" { print $2 }'); do
		diff <(of '$1 == "option" && $2 == command { print "--" $4 }' -v command="$command" | tr ' ' '\n') \
			<(pcireset "$command" --help | grep -Eo -- '^ +(-., )? *--[a-z-]+' | grep -Eo -- '--[a-z-]+')
	done
	diff <(of '$1 == "command" { print $2 }' | tr ' ' '\n') <(pcireset --help | awk '/^Commands:/ { on = 1; next } !NF { on = 0 } on { print $1 }')
	diff <(of '$1 == "list" && $2 == "COLUMNS" { print $3 }' | tr ' ' '\n') <(pcireset list --help | awk '/^Columns/ { on = 1; next } !NF { on = 0 } on { print $1 }')
}

@test 'completion continues a list after a comma' {
	offers flr pcireset reset x --type fl
	offers flr pcireset plan x -t fl
	for shell in bash fish zsh; do
		[[ $("${shell}_offers" pcireset reset x --type flr,b) =~ ^(flr,)?bus$ ]]
		[[ $("${shell}_offers" pcireset list -o DEVICE,TY) =~ ^(DEVICE,)?TYPES$ ]]
		[[ $("${shell}_offers" pcireset list -o +SL) =~ ^[+]?SLOT$ ]]
		[[ $("${shell}_offers" pcireset list -o +SLOT,PA) =~ ^([+]SLOT,)?PARENT$ ]]
	done
}

@test 'completion offers exactly the words that pcireset accepts' {
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

@test 'completion offers functions and interfaces of the machine in --sysroot' {
	offers '07:00.0 07:00.1' pcireset show --sysroot "$ROOT" 07
	offers '07:00.0 07:00.1' pcireset show "--sysroot=$ROOT" 07
	offers '0000:07:00.0 0000:07:00.1' pcireset show --sysroot "$ROOT" 0000:07
	offers '10000:e0:06.0 10000:e1:00.0' pcireset show --sysroot "$ROOT" 100
	offers 'ens1' pcireset plan --sysroot "$ROOT" e
	# Interfaces that are on no PCI function, or on several.
	offers '' pcireset plan --sysroot "$ROOT" l
	offers '' pcireset plan --sysroot "$ROOT" u
}

@test 'completion reads archives, dumps and directories with blanks' {
	local dir="$BATS_TEST_TMPDIR/my machine"

	cp -a "$ROOT" "$dir"
	pcireset record "$BATS_TEST_TMPDIR/m.tar" --sysroot "$ROOT"
	"$BATS_TEST_DIRNAME/lspci-dump" "$ROOT" >"$BATS_TEST_TMPDIR/m.dump"
	for machine in "--sysroot $BATS_TEST_TMPDIR/m.tar" "--file $BATS_TEST_TMPDIR/m.dump" "-F $BATS_TEST_TMPDIR/m.dump" \
		"--file=$BATS_TEST_TMPDIR/m.dump" "--sysroot '$dir'" "--sysroot ${dir/ /\\ }"; do
		[[ $machine == *my* ]] && option=("--sysroot" "${machine#--sysroot }") || read -ra option <<<"$machine"
		offers '08:00.0 08:00.1' pcireset show "${option[@]}" 08
	done
	offers '' pcireset show --sysroot "$BATS_TEST_TMPDIR/nothing" 08
}

@test 'completion offers drivers, slots, vendors and classes of the machine' {
	offers 'igb' pcireset list --sysroot "$ROOT" --driver i
	offers 'igb nouveau nvme pcieport snd_hda_intel vfio-pci' pcireset list --sysroot "$ROOT" --driver ''
	offers 3 pcireset list --sysroot "$ROOT" --slot ''
	offers '8086' pcireset list --sysroot "$ROOT" --vendor 80
	offers '0104 0106 0108' pcireset list --sysroot "$ROOT" --class 01
	offers '04:00.0' pcireset list --sysroot "$ROOT" 04
}

@test 'completion works after --option=' {
	offers_after_equals '--type=' flr pcireset plan x --type=fl
	offers_after_equals '--type=' "$(of '$2 == "TYPES" { print $3 }')" pcireset plan x --type=
	offers_after_equals '--type=flr,' bus pcireset reset x --type=flr,b
	offers_after_equals '--max-scope=' slot pcireset plan x --type flr --max-scope=s
}

# offers_after_equals BEFORE WANT WORD...: as offers, with or without BEFORE in front of the words.
offers_after_equals() {
	local before=$1 want shell

	want=$(tr ' ' '\n' <<<"$2" | sort)
	for shell in bash fish zsh; do
		diff <(printf '%s\n' "$want") <("${shell}_offers" "${@:3}" | sed "s/^$before//; s/^${before#*=}//" | sort -u)
	done
}

@test 'bash: words that readline splits at ":" and "=" are completed' {
	diff <(bash_offers pcireset show --sysroot = "$ROOT" 0000 : 07 : ) <(printf '%s\n' 00.0 00.1)
	diff <(bash_offers pcireset show --sysroot "$ROOT" 0000 : 07) <(printf '%s\n' 07:00.0 07:00.1)
	diff <(bash_offers pcireset show --sysroot "$ROOT" 07) <(printf '%s\n' 07:00.0 07:00.1)
	diff <(bash_offers pcireset plan x --type = fl) <(echo flr)
	diff <(bash_offers pcireset plan x --type = flr,b) <(echo flr,bus)
	COMP_WORDBREAKS=' :'
	diff <(bash_offers pcireset plan x --type=fl) <(echo --type=flr)
}

@test 'bash: a completed command line runs' {
	local rc=$BATS_TEST_TMPDIR/rc keys

	printf '%s\n' "source $COMPLETIONS/pcireset.bash" 'bind "set enable-bracketed-paste off"' >"$rc"
	keys="pcireset plan --sysroot=$ROOT --type=fl\t 08:00.1 --max-sc\t sl\t0000:02\t\nexit\n"
	# shellcheck disable=SC2059
	run script -qec "bash --noprofile --rcfile $rc -i" /dev/null < <(printf "$keys")
	[[ $output == *"pcireset plan --sysroot=$ROOT --type=flr "* && $output == *'0000:02:00.0: flr would affect 1 function'* ]]
}

@test 'no shell executes a name or leaves it unquoted' {
	local machine=$BATS_TEST_TMPDIR/machine name word
	# shellcheck disable=SC2016
	local names=('$(touch pwn)' '`touch pwn`' '$(touch${IFS}pwn)' ';touch${IFS}pwn' "';touch pwn;'" '$[pwn[$(touch pwn)]]' '(touch pwn)'
		'a[$(touch pwn)]' '${x:=$(touch pwn)}' '<(touch pwn)' \~/x '-n' '*' 'a b' '\\$(touch pwn)' 'zz:$(touch pwn)' '"$(touch pwn)"')

	cp -a "$ROOT" "$machine"
	cd "$BATS_TEST_TMPDIR"
	for name in "${names[@]}"; do
		ln -sn "$(readlink "$ROOT/sys/class/net/ens1")" "$machine/sys/class/net/${name//\//.}"
		mkdir -p "$machine/sys/bus/pci/drivers/${name//\//.}" "$machine/sys/bus/pci/slots/${name//\//.}"
		echo 0000:04:00 >"$machine/sys/bus/pci/slots/${name//\//.}/address"
	done
	ln -sfn '../../../../bus/pci/drivers/$(touch pwn)' "$machine/sys/devices/pci0000:00/0000:00:1d.0/driver"
	cp -a "$machine" "$BATS_TEST_TMPDIR/\$(touch pwn)"
	for shell in bash fish zsh; do
		for word in '' '$' '\$' "'" "'\$" a z; do
			"${shell}_offers" pcireset show --sysroot "$machine" "$word" >offered
			for option in driver slot; do
				"${shell}_offers" pcireset list --sysroot "$machine" "--$option" "$word" >>offered
				"${shell}_offers" pcireset list --sysroot "$machine" "--$option=$word" >>offered
			done
			[[ ! -e pwn ]]
		done
		for word in "'$BATS_TEST_TMPDIR/\$(touch pwn)'" "$BATS_TEST_TMPDIR/\\\$(touch\\ pwn)"; do
			"${shell}_offers" pcireset show --sysroot "$word" 07 >offered
			grep -qx '07:00.0' offered
		done
		"${shell}_offers" pcireset list --sysroot "$BATS_TEST_TMPDIR/" >offered
		[[ ! -e pwn ]]
	done
	# In bash the script quotes, in fish and zsh the shell does.
	bash_offers pcireset show --sysroot "$machine" '' >offered
	grep -Fqx '\$\(touch\ pwn\)' offered
	while IFS= read -r word; do
		eval "printf '%s\n' $word" >words
		[[ $(wc -l <words) -eq 1 && ! -e pwn ]]
	done <offered
}

@test 'completion offers files for file arguments' {
	cd "$BATS_TEST_TMPDIR"
	touch one.tar
	offers one.tar pcireset record on
	offers one.tar pcireset list --sysroot on
	offers one.tar pcireset plan x --svg on
}
