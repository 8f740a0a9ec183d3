# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2016 # awk programs
# Completion for bash. The tool provides its options (--complete-table) and the words of a machine (--complete-words).
# Words must not be passed to "compgen -W" or eval: a name may contain "$(...)", which these would run.

# _pcireset_rows AWK [VAR=VALUE...]: prints the output of AWK for the table.
_pcireset_rows() {
	pcireset --complete-table 2>/dev/null | awk -F '\t' "${@:2:$#-1}" "$1"
}

# _pcireset_offer TYPED [BEFORE]: offers the lines of standard input that begin with TYPED, prefixed with BEFORE.
_pcireset_offer() {
	local word

	while IFS= read -r word; do
		[[ $word != "$1"* ]] || COMPREPLY+=("${2:-}$word")
	done
}

# _pcireset_files TYPED: offers files. Readline quotes them.
_pcireset_files() {
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# _pcireset_list TYPED [BEFORE]: as _pcireset_offer, also after a comma, or after "+" for --output.
_pcireset_list() {
	local last=${1##*,}

	last=${last#+}
	_pcireset_offer "$last" "${2:-}${1%"$last"}"
	compopt -o nospace
}

# _pcireset_unquote WORD: sets REPLY to the word without quotes. Expands "~" and nothing else.
_pcireset_unquote() {
	REPLY=$1
	[[ ${REPLY:0:2} != \~/ ]] || REPLY=$HOME/${REPLY:2}
	REPLY=${REPLY//[\\\"\']/}
}

# _pcireset_machine WORD...: sets machine to the option that selects another machine, if there is one.
_pcireset_machine() {
	local REPLY previous='' word

	machine=()
	for word in "$@"; do
		_pcireset_unquote "$word"
		case $previous in
		--sysroot) machine=(--sysroot "$REPLY") ;;
		--file | -F) machine=(--file "$REPLY") ;;
		esac
		case $word in
		--sysroot=* | --file=*) machine=("${word%%=*}" "${REPLY#*=}") ;;
		esac
		previous=$word
	done
}

# _pcireset_of_machine KIND TYPED [BEFORE]: offers the words of a kind from the machine, quoted for the shell.
_pcireset_of_machine() {
	local REPLY word quoted

	_pcireset_unquote "$2"
	while IFS=$'\t' read -r word _; do
		[[ $word == "$REPLY"* ]] || continue
		printf -v quoted '%q' "$word"
		COMPREPLY+=("${3:-}$quoted")
	done < <(pcireset --complete-words "$1" "$REPLY" "${machine[@]}" 2>/dev/null)
}

# _pcireset_argument KIND TYPED [BEFORE]: offers the arguments of an option.
_pcireset_argument() {
	local words

	words=$(_pcireset_rows '$2 == kind { print $1, $3 }' -v kind="$1")
	case $words in
	file*) _pcireset_files "$2" ;;
	list*) _pcireset_list "$2" "${3:-}" <<<"${words//list /}" ;;
	word*) _pcireset_offer "$2" "${3:-}" <<<"${words//word /}" ;;
	machine*) _pcireset_of_machine "$1" "$2" "${3:-}" ;;
	esac
}

# _pcireset_operand COMMAND TYPED: offers the operands of a command.
_pcireset_operand() {
	case $(_pcireset_rows '$1 == "command" && $2 == name { print $3 }' -v name="$1") in
	*DEVICE*)
		if [[ $2 == /* ]]; then
			_pcireset_files "$2"
		else
			_pcireset_of_machine DEVICE "$2"
		fi
		;;
	*FILE*) _pcireset_files "$2" ;;
	COMMAND) _pcireset_offer "$2" < <(_pcireset_rows '$1 == "command" && $2 != "help" { print $2 }') ;;
	esac
}

# _pcireset_words: sets words to the words up to the cursor, and joins the parts that readline breaks at ":" and "=".
_pcireset_words() {
	local i breaks='^[:=]+$'

	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		if ((i > 1)) && [[ ${COMP_WORDS[i]} =~ $breaks || ${COMP_WORDS[i - 1]} =~ $breaks ]]; then
			words[-1]+=${COMP_WORDS[i]}
		else
			words+=("${COMP_WORDS[i]}")
		fi
	done
}

# _pcireset_kind COMMAND OPTION: prints the name of the argument of an option, or nothing.
_pcireset_kind() {
	_pcireset_rows '$1 == "option" && $2 == name && $5 != "-" && (option == $3 || option == "--" $4) { print $5 }' \
		-v name="$1" -v option="$2"
}

_pcireset() {
	local words machine command cur kind before='' split
	COMPREPLY=()

	_pcireset_words
	cur=${words[-1]} command=${words[1]:-}
	_pcireset_machine "${words[@]:0:${#words[@]}-1}"
	if ((${#words[@]} == 2)) && [[ $cur != -* ]]; then
		_pcireset_offer "$cur" < <(_pcireset_rows '$1 == "command" { print $2 }')
		return
	fi
	((${#words[@]} > 2)) || command=- # of the tool itself
	if [[ $cur == --*=* ]]; then
		kind=$(_pcireset_kind "$command" "${cur%%=*}")
		# Readline replaces the text after "=", if it breaks words there.
		[[ $COMP_WORDBREAKS == *=* ]] || before=${cur%%=*}=
		[[ -z $kind ]] || _pcireset_argument "$kind" "${cur#*=}" "$before"
	elif kind=$(_pcireset_kind "$command" "${words[-2]}") && [[ -n $kind ]]; then
		_pcireset_argument "$kind" "$cur"
	elif [[ $cur == -* ]]; then
		_pcireset_offer "$cur" < <(_pcireset_rows '$1 == "option" && $2 == name { print "--" $4 }' -v name="$command")
	else
		_pcireset_operand "$command" "$cur"
	fi
	# In an address, readline replaces the text after the last ":".
	split=${cur#"${cur%%=*}="}
	if [[ ${COMP_WORDS[COMP_CWORD]} != "$cur" && $split == *:* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${split%"${split##*:}"}"}")
	fi
}

complete -F _pcireset pcireset
