# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # programs of awk
# Completion for bash. All words are asked of the tool (--complete-table), so that they are always its own.

# _pcireset_rows AWK [VAR=VALUE...]: what AWK prints of the table.
_pcireset_rows() {
	pcireset --complete-table 2>/dev/null | awk -F '\t' "${@:2:$#-1}" "$1"
}

# Lists after a comma too: what is typed before the last one stays.
_pcireset_list() {
	local typed=$2 before=''

	[[ $typed != *,* ]] || before=${typed%,*},
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${typed##*,}")
	compopt -o nospace
}

# _pcireset_devices TYPED ROOT
_pcireset_devices() {
	local typed=$1 path names=()

	if [[ $typed == /* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$typed")
		return
	fi
	for path in "$2"/sys/bus/pci/devices/* "$2"/sys/class/net/*; do
		[[ -e $path ]] && names+=("${path##*/}")
	done
	mapfile -t COMPREPLY < <(compgen -W "${names[*]}" -- "$typed")
	[[ $(type -t __ltrim_colon_completions) != function ]] || __ltrim_colon_completions "$typed"
}

# _pcireset_argument KIND TYPED: of an option.
_pcireset_argument() {
	local words

	words=$(_pcireset_rows '$2 == kind { print $1, $3 }' -v kind="$1")
	case $words in
	file*) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	list*) _pcireset_list "${words//list /}" "$2" ;;
	word*) mapfile -t COMPREPLY < <(compgen -W "${words//word /}" -- "$2") ;;
	esac
}

# _pcireset_operand COMMAND TYPED ROOT
_pcireset_operand() {
	case $(_pcireset_rows '$1 == "command" && $2 == name { print $3 }' -v name="$1") in
	*DEVICE*) _pcireset_devices "$2" "$3" ;;
	*FILE*) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	COMMAND) mapfile -t COMPREPLY < <(compgen -W "$(_pcireset_rows '$1 == "command" && $2 != "help" { print $2 }')" -- "$2") ;;
	esac
}

_pcireset() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
	local command kind root='' i own='$1 == "option" && $2 == name'
	COMPREPLY=()

	# Addresses have colons, at which readline breaks words.
	[[ $(type -t _get_comp_words_by_ref) != function ]] || _get_comp_words_by_ref -n : cur prev words cword
	command=${words[1]:-}
	if ((cword == 1)) && [[ $cur != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_pcireset_rows '$1 == "command" { print $2 }')" -- "$cur")
		return
	fi
	((cword > 1)) || command=- # of the tool itself
	for ((i = 2; i < cword - 1; i++)); do
		[[ ${words[i]} != --sysroot ]] || root=${words[i + 1]}
	done
	kind=$(_pcireset_rows "$own"' && $5 != "-" && (prev == $3 || prev == "--" $4) { print $5 }' -v name="$command" -v prev="$prev")
	if [[ -n $kind ]]; then
		_pcireset_argument "$kind" "$cur"
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_pcireset_rows "$own"' { print "--" $4 }' -v name="$command")" -- "$cur")
	else
		_pcireset_operand "$command" "$cur" "$root"
	fi
}

complete -F _pcireset pcireset
