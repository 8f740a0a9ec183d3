# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Judges TAP: the output of a test program, and whether it is complete.

# judge_tap STATUS <TAP: one line per result, "passed<TAB>number", "failed<TAB>what" or "skipped<TAB>what - why".
# Output without a plan, with another number of results than planned, or with none at all is a failure: it ended early.
judge_tap() {
	tr -d '\r' | awk -v status="$1" '
	function report(word, text) { printf "%s\t%s\n", word, text }
	function say(word, text) { sub(/^ *[0-9]* *(- )?/, "", text); report(word, text) }
	/^not ok([^a-z]|$)/ { results++; failures++; say("failed", substr($0, 7)); next }
	/^ok([^a-z]|$)/ {
		results++
		if (match($0, / # [Ss][Kk][Ii][Pp]/)) {
			reason = substr($0, RSTART + RLENGTH)
			sub(/^[: ]*/, "", reason)
			say("skipped", substr($0, 3, RSTART - 3) " - " (reason == "" ? "no reason given" : reason))
		} else
			passes++
		next
	}
	/^1\.\.[0-9]+/ {
		plans++
		planned = substr($1, 4) + 0
		if (planned == 0 && match($0, / # [Ss][Kk][Ii][Pp]/)) {
			whole = substr($0, RSTART + RLENGTH)
			sub(/^[: ]*/, "", whole)
		}
		next
	}
	/^Bail out!/ { failures++; report("failed", $0); next }
	END {
		if (passes)
			report("passed", passes)
		if (plans != 1)
			report("failed", "it ended without its plan, or has several, after " (results + 0) " results")
		else if (planned != results)
			report("failed", planned " results were planned, there are " (results + 0))
		else if (results == 0 && whole != "")
			report("skipped", whole)
		else if (results == 0)
			report("failed", "no results at all")
		if (status != 0 && failures == 0)
			report("failed", "exit status " status)
	}'
}
