#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Types the commands of README.md, of its tour and of the installation page in their order, in a clean clone with nothing built before.
# Commands that install or load something are named with the test that types them.
# slow: yes
# shellcheck disable=SC2016 # what README has the reader's shell fill in

bats_require_minimum_version 1.5.0

pages=(README.md docs/tour.md docs/install.md)

# host_commands: the commands for the host, in order: indented lines without a prompt.
host_commands() {
	awk '
		FNR == 1 { inside = 0 }
		/^<!-- lab: / { print "lab " $3; next }
		/^    / && !inside { inside = 1; typed = /^    \$ / }
		/^    / && !typed { print substr($0, 5) }
		!/^    / && NF { inside = 0 }' "${pages[@]}"
}

# session TOPOLOGY: the lines "$ COMMAND" for that guest, each with its output, without empty lines.
session() {
	awk -v want="$1" '
		FNR == 1 { place = ""; inside = 0 }
		/^<!-- lab: / { place = $3; inside = 0; next }
		place != want { next }
		/^    \$ / { inside = 1 }
		/^    / && inside { print substr($0, 5) }
		!/^    / && NF { inside = 0 }' "${pages[@]}"
}

# same_but_for_times: as tests/lab/guides.sh has it; blanks at the end of a line are of a table.
same_but_for_times() {
	sed -E -e 's/[0-9]+\.[0-9] ms/N ms/g' -e 's/ +$//' -e '/^$/d'
}

# typed TOPOLOGY: a name in capitals is one that the reader is to fill in.
typed() {
	session "$1" | sed -n 's/^\$ //p' | grep -Ev '(^|[ =])(FILE|DUMP)$'
}

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export clone=$BATS_FILE_TMPDIR/clone
	mkdir "$clone"
	git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t "$clone" 2>/dev/null || true
	(cd "$clone" && git init -q && git add -A && git -c user.name=x -c user.email=x@example.org commit -qm x)
	stub_packages
}

# stub_packages: a machine without gcc-multilib, until somebody installs it. All else is the machine's own.
stub_packages() {
	local bin=$BATS_FILE_TMPDIR/bin there=$BATS_FILE_TMPDIR/multilib compiler

	mkdir "$bin"
	for compiler in gcc cc; do
		printf '%s\n' '#!/bin/sh' "[ -e '$there' ] || case \" \$* \" in *' -m32 '*) exit 1 ;; esac" "exec $(command -v $compiler) \"\$@\"" >"$bin/$compiler"
	done
	printf '%s\n' '#!/bin/sh' "$(command -v dpkg-query) \"\$@\" | if [ -e '$there' ]; then cat; else case \" \$* \" in" \
		"*' gcc-multilib '*) if [ \$# -eq 4 ]; then cat >/dev/null; else sed '/gcc-multilib/d'; fi ;; *) cat ;; esac; fi" >"$bin/dpkg-query"
	printf '%s\n' '#!/bin/sh' "case \" \$* \" in *' install '*gcc-multilib*) touch '$there' ;; *' update '*) ;; *) exec $(command -v apt-get) \"\$@\" ;; esac" >"$bin/apt-get"
	printf '%s\n' '#!/bin/sh' 'exec "$@"' >"$bin/sudo"
	chmod +x "$bin"/*
	export PATH=$bin:$PATH
}

setup() {
	# A make above would have this one say which directory it leaves.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	command -v qemu-system-x86_64 >/dev/null || skip 'no QEMU here'
	[[ -n $("$BATS_TEST_DIRNAME/../../lab/kernel-get" --list 6.1) ]] || skip 'kernel 6.1 is not cached'
	cd "$clone" || return
}

# Seen only where a test fails.
teardown() {
	printf 'status: %s\n%s\n' "${status:-}" "$(tail -c 3000 <<<"${output:-}")"
}

# typed_by FILE TEXT: another test, in which the text stands.
typed_by() {
	grep -qF -e "$2" "$1" || { echo "$1 does not have: $2" && return 1; }
}

# type_there TOPOLOGY: in the shell that README's line gives.
type_there() {
	local want got

	{ typed "$1" && echo exit; } | tests/lib/typist 'pcilab:~# ' lab/pcilab --topology "$1" >"$BATS_TEST_TMPDIR/session"
	want=$(session "$1" | grep -Ev '^\$ .*[ =](FILE|DUMP)$' | same_but_for_times)
	# README has no colours, and so no line that explains them.
	got=$(sed '/^\$ exit$/,$d; /^Colours: /d' "$BATS_TEST_TMPDIR/session" | same_but_for_times)
	diff <(echo "$want") <(echo "$got")
}

# follow COMMAND: as README says, or by the test that does.
follow() {
	case $1 in
	'make demo')
		run make demo
		[[ $status -eq 0 && $output == *'everything as it should be'* ]]
		;;
	'make check')
		# One test, which wants what demo's configuration lacked.
		run make check TESTS='--tier lab --kernel 6.1 --only uapi -j 1'
		[[ $status -eq 0 && ${lines[-1]} == *' 0 failed, 0 skipped' ]]
		;;
	# The marker of the guest follows each of these, and type_there starts the guest.
	'lab/pcilab --topology gpu' | 'lab/pcilab --topology mixed') ;;
	'lab gpu' | 'lab mixed') type_there "${1#lab }" ;;
	'make deb') typed_by tests/tools/deb.bats 'make --no-print-directory deb' ;;
	'sudo apt-get install linux-headers-$(uname -r) ./build/deb/'*) typed_by tests/packages/deb.bats 'apt "${@:2}" install "${files[@]}"' ;;
	'sudo apt-get install dkms linux-headers-$(uname -r)') typed_by tests/packages/deb.bats 'linux-headers-amd64' ;;
	'sudo modprobe pcireset') typed_by tests/lab/boot.sh 'modprobe pcireset' ;;
	'sudo pcireset list') typed_by tests/packages/deb.bats 'exec pcireset list' ;;
	'tools/install-deps build') tools/install-deps build ;;
	'sudo make install') typed_by tests/tools/install.bats 'make --no-print-directory install DESTDIR=' ;;
	*) echo "${pages[*]}: no test types '$1'" && return 1 ;;
	esac
}

@test "the commands of README, tour and installation work in their order" {
	local command

	while IFS= read -r command <&5; do
		echo "# $command" >&2
		follow "$command" 5<&- </dev/null
	done 5< <(host_commands)
	[[ $(host_commands | head -n 4 | paste -sd ,) == 'make demo,make check,lab/pcilab --topology gpu,lab gpu' ]]
}
