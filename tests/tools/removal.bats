#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # what the stub fills in
# The recovery service ends with its package: a service without a package would go on to reset devices.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	calls=$BATS_TEST_TMPDIR/calls
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "${0##*/} $*" >>%s\n' "$calls" >"$BATS_TEST_TMPDIR/bin/stub"
	chmod +x "$BATS_TEST_TMPDIR/bin/stub"
	ln -s stub "$BATS_TEST_TMPDIR/bin/systemctl"
	ln -s stub "$BATS_TEST_TMPDIR/bin/deb-systemd-invoke"
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH
	: >"$calls"
	qualify="systemctl --quiet stop pcireset-qualify@*.service"
}

# script ARG...: runs the script in standard input as on a machine with systemd.
script() {
	sed "s|/run/systemd/system|$BATS_TEST_TMPDIR|" | sh -s "$@"
}

@test 'the Debian package stops the service when it is removed, and not when it is upgraded' {
	script upgrade 2.0 <packaging/debian/pcireset.prerm
	[[ ! -s $calls ]]
	script remove <packaging/debian/pcireset.prerm
	[[ $(<"$calls") == 'deb-systemd-invoke stop pcireset-recover.service'$'\n'"$qualify" ]]
}

@test 'the RPM package stops the service when it is removed, and not when it is upgraded' {
	preun() { sed -n '/^%preun$/,/^$/p' packaging/pcireset.spec | sed 1d; }

	preun | script 1
	[[ ! -s $calls ]]
	preun | script 0
	[[ $(<"$calls") == 'systemctl --quiet disable --now pcireset-recover.service'$'\n'"$qualify" ]]
}

@test 'packaging/uninstall stops the service' {
	run sed -n '/^stop_service() {$/,/^}$/p' packaging/uninstall
	script <<<"$output
stop_service"
	[[ $(<"$calls") == 'systemctl --quiet disable --now pcireset-recover.service'$'\n'"$qualify" ]]
}
