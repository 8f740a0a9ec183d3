#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# tools/configure: a build finds what it did not find before, as soon as it has been installed.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	project=$BATS_TEST_TMPDIR/project build=$BATS_TEST_TMPDIR/build
	mkdir -p "$project" "$BATS_TEST_TMPDIR/bin"
	cp -r tools "$project"
	cat >"$project/meson.build" <<-'END'
		project('test', 'c')
		cc = meson.get_compiler('c')
		if cc.links('int main(void) { return 0; }', args: '-DSPECIAL', name: 'special')
		  custom_target('special', output: 'special', command: ['touch', '@OUTPUT@'], build_by_default: true)
		endif
		if find_program('special-tool', required: false).found()
		  custom_target('tool', output: 'tool', command: ['touch', '@OUTPUT@'], build_by_default: true)
		endif
	END
	# A compiler and a database of packages to which something can be added.
	printf '%s\n' '#!/bin/sh' "[ -e '$BATS_TEST_TMPDIR/special' ] || case \" \$* \" in *' -DSPECIAL '*) exit 1 ;; esac" 'exec gcc "$@"' >"$BATS_TEST_TMPDIR/bin/cc"
	printf '%s\n' '#!/bin/sh' 'echo gcc 1 installed' "[ ! -e '$BATS_TEST_TMPDIR/special' ] || echo gcc-multilib 1 installed" >"$BATS_TEST_TMPDIR/bin/dpkg-query"
	chmod +x "$BATS_TEST_TMPDIR/bin"/*
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH CC=cc
	cd "$project" || return
}

@test "a build is configured once, and again after packages change" {
	tools/configure "$build"
	ninja -C "$build" >&2
	[[ ! -e $build/special && ! -e $build/tool ]]
	run tools/configure "$build"
	[[ $status -eq 0 && -z $output ]]

	touch "$BATS_TEST_TMPDIR/special"
	ln -s /bin/true "$BATS_TEST_TMPDIR/bin/special-tool"
	run tools/configure "$build"
	[[ $status -eq 0 && $output == *'configured again: packages that it looks for have changed'* ]]
	ninja -C "$build" >&2
	[[ -e $build/special && -e $build/tool ]]

	rm "$BATS_TEST_TMPDIR/special" "$build/special"
	tools/configure "$build"
	ninja -C "$build" >&2
	[[ ! -e $build/special ]]
}

@test "options of a build are kept" {
	tools/configure "$build" --buildtype=minsize
	touch "$BATS_TEST_TMPDIR/special"
	tools/configure "$build" --buildtype=minsize
	[[ $(meson introspect --buildoptions "$build" | jq -r '.[] | select(.name == "buildtype").value') == minsize ]]
}

@test "a missing directory is a usage error" {
	run tools/configure
	[[ $status -eq 2 && $output == usage:* ]]
}
