# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion for bash. Commands and options are asked of the tool, so that they are always its own.

_pcireset_words() {
	pcireset "$@" 2>/dev/null
}

# Lists after a comma too: what is typed before the last one stays.
_pcireset_list() {
	local typed=$2 before=''

	[[ $typed != *,* ]] || before=${typed%,*},
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${typed##*,}")
	compopt -o nospace
}

_pcireset_devices() {
	local typed=$1 path names=()

	if [[ $typed == /* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$typed")
		return
	fi
	for path in /sys/bus/pci/devices/* /sys/class/net/*; do
		[[ -e $path ]] && names+=("${path##*/}")
	done
	mapfile -t COMPREPLY < <(compgen -W "${names[*]}" -- "$typed")
	[[ $(type -t __ltrim_colon_completions) != function ]] || __ltrim_colon_completions "$typed"
}

_pcireset() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]:-} words cword=$COMP_CWORD
	COMPREPLY=()

	# Addresses have colons, at which readline breaks words.
	if [[ $(type -t _get_comp_words_by_ref) == function ]]; then
		_get_comp_words_by_ref -n : cur prev words cword
		command=${words[1]:-}
	fi
	if ((cword == 1)); then
		words="$(_pcireset_words --help | awk '/^Commands:/ { on = 1; next } !NF { on = 0 } on { print $1 }') --help --version"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi
	case $prev in
	-t | --type) _pcireset_list 'device_specific acpi flr pm slot bus cxl_bus func link any' "$cur" ;;
	--max-scope) mapfile -t COMPREPLY < <(compgen -W 'function slot bus' -- "$cur") ;;
	--check) _pcireset_list 'ready identity link config proof' "$cur" ;;
	--force) _pcireset_list 'driver vfio mount net swap console' "$cur" ;;
	-o | --output)
		_pcireset_list "$(_pcireset_words list --help | awk '/^Columns/ { on = 1; next } on { print $1 }')" "$cur"
		;;
	--sysroot | -F | --file | --svg) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	--timeout | --settle) ;;
	help) mapfile -t COMPREPLY < <(compgen -W 'list show plan reset re-enumerate doctor record' -- "$cur") ;;
	*)
		if [[ $cur == -* ]]; then
			words=$(_pcireset_words "$command" --help | grep -Eo -- '^ +(-., )? *--[a-z-]+' | grep -Eo -- '--[a-z-]+')
			mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		elif [[ $command == record ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		elif [[ $command != list && $command != doctor ]]; then
			_pcireset_devices "$cur"
		fi
		;;
	esac
}

complete -F _pcireset pcireset
