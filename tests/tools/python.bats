#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The Python binding as a package of its own: pyproject.toml builds a wheel with all modules, and Meson installs the same.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

@test "the wheel has every module of the package, and the version of the tool" {
	cp -r python "$BATS_TEST_TMPDIR/python"
	(cd "$BATS_TEST_TMPDIR/python" && /usr/bin/python3 -c \
		'from setuptools import build_meta; build_meta.build_wheel("..")') >"$BATS_TEST_TMPDIR/log" 2>&1
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
	diff <(git ls-files --cached --others --exclude-standard python/pcireset | sed 's|^python/||' | sort) \
		<(/usr/bin/python3 -m zipfile -l "$BATS_TEST_TMPDIR/pcireset-$version-py3-none-any.whl" |
			awk '{ print $1 }' | grep '^pcireset/' | sort)
}

@test "Meson installs every module of the package" {
	for file in $(git ls-files --cached --others --exclude-standard python/pcireset); do
		grep -qF "'${file#python/}'" python/meson.build
	done
}
