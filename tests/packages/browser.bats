#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The page of a qualification in a real browser: its DOM, its layout, and that it needs no colour.

bats_require_minimum_version 1.5.0

setup_file() {
	browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip 'Chromium is missing'
	export browser
	for fault in none lanes; do
		tests/cli/make-run "$BATS_FILE_TMPDIR/$fault" 3334 "$fault" 7
		build/meson/cli/pcireset qualify --report "$BATS_FILE_TMPDIR/$fault" >/dev/null || [[ $fault == lanes ]]
	done
}

# headless ARG...: without a profile of its own, and without a network.
headless() {
	timeout 300 "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$BATS_TEST_TMPDIR/profile" \
		--host-resolver-rules='MAP * ~NOTFOUND' --virtual-time-budget=2000 "$@" 2>"$BATS_TEST_TMPDIR/messages"
}

@test "the HTML report has the content of the JSON report" {
	for fault in none lanes; do
		headless --dump-dom "file://$BATS_FILE_TMPDIR/$fault/report.html" >"$BATS_TEST_TMPDIR/dom.html"
		/usr/bin/python3 -B tests/cli/check-page.py "$BATS_TEST_TMPDIR/dom.html" "$BATS_FILE_TMPDIR/$fault/report.json"
		run ! grep -i 'console' "$BATS_TEST_TMPDIR/messages"
	done
}

@test "the report fits the page and is grey" {
	for width in 1000 600; do
		headless --window-size="$width,1600" --screenshot="$BATS_TEST_TMPDIR/page.png" "file://$BATS_FILE_TMPDIR/lanes/report.html"
		/usr/bin/python3 -B tests/packages/check-screenshot.py "$BATS_TEST_TMPDIR/page.png" "$width"
	done
}
