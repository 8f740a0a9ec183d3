#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The RPM packages' recipe: rpm and rpmlint take it, and it has the parts and the version that everything else has.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	spec=packaging/pcireset.spec
}

@test "rpm parses the spec file without a message" {
	run rpmspec -P "$spec"
	[ "$status" -eq 0 ]
	[[ $output != *warning:* ]]
}

# clean SPEC: has rpmlint nothing to say about it?
clean() {
	rpmlint -c packaging/rpmlint.toml "$1" | tee /dev/stderr | grep -q '0 errors, 0 warnings'
}

@test "rpmlint accepts the spec file, and reports a wrong one" {
	clean "$spec"
	sed 's/^License: .*/License: Free/; /^%prep$/d' "$spec" >"$BATS_TEST_TMPDIR/pcireset.spec"
	run -1 clean "$BATS_TEST_TMPDIR/pcireset.spec"
}

@test "version and packages agree with the module and the Debian packages" {
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
	[ "$(rpmspec -q --qf '%{name} %{version}\n' "$spec" | sed 's/-devel/-dev/' | sort)" = \
		"$(sed -n "s/^Package: \(.*\)/\1 $version/p" packaging/debian/control | sed 's/^libpcireset1/libpcireset/' | sort)" ]
}
