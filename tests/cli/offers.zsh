# SPDX-License-Identifier: GPL-2.0-only
# An interactive zsh reads this file: it writes the words that zsh offers for the end of $LINE to $OFFERS, one on each
# line, and ends.

fpath=($COMPLETIONS $fpath)
autoload -Uz compinit && compinit -u -d $ZDOTDIR/dump

# Only compadd knows which of its words fit what is typed. Calls with -O, -A and -D add nothing.
compadd() {
	local -a told

	if [[ -z ${argv[(r)-[OAD]]} ]]; then
		builtin compadd -A told "$@"
		print -rl -- $told >>$OFFERS
	fi
	builtin compadd "$@"
}

zle-line-init() {
	BUFFER=$LINE CURSOR=$#LINE
	zle list-choices
	BUFFER=exit
	zle accept-line
}
zle -N zle-line-init
LISTMAX=10000
