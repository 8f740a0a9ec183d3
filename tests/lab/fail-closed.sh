#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows that closed descriptors, lost output and unreadable files end in an error or a refusal, never in a reset or a wrong status.
# topology: mixed
# kernels: 6.12
# timeout: 240
. "$(dirname "$0")/lib.sh"

before=$(mktemp)
after=$(mktemp)
bridge=0000:00:07.0

# closed COMMAND...: without standard input, output and error.
closed() {
	"$@" <&- >&- 2>&-
}

# into FILE COMMAND...
into() {
	"${@:2}" >"$1"
}

# unread COMMAND...: the reader of its output is gone.
unread() {
	"$@" | true
	return "${PIPESTATUS[0]}"
}

config_dump "$before" "$bridge"
exits 3 're-enumerate without standard descriptors: refused' closed pcireset re-enumerate -y 03:00.0 --type flr
exits 3 'without the module too' closed pcireset re-enumerate -y 02:00.0 --type flr --no-module
config_dump "$after" "$bridge"
config_is_untouched "$before" "$after" 'no message is written into the config space of the port'

exits 0 'a verified reset whose output is lost stays verified' into /dev/full pcireset reset 0b:00.0 --type flr --force driver,open
like "$output" 'could not be written: No space left on device' 'and the loss is reported'
exits 0 'the same as JSON' into /dev/full pcireset reset 0b:00.0 --type flr --force driver,open -J
exits 0 'the same without standard descriptors' closed pcireset reset 0b:00.0 --type flr --force driver,open
exits 0 'the same with a reader that is gone' unread pcireset reset 0b:00.0 --type flr --force driver,open -J
exits 1 'a list that is lost is an error' into /dev/full pcireset list
plan
