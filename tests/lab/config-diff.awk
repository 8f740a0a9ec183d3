# SPDX-License-Identifier: GPL-2.0-only
# Compares two dumps of config space: prints each byte that differs and is not in a register listed in MAY-CHANGE.
# awk -f config-diff.awk part=rules MAY-CHANGE part=before BEFORE part=after AFTER
# Needs no more than POSIX awk: no bit operations, no hexadecimal numbers.

function number(hex,   i, value) {
	sub(/^0x/, "", hex)
	for (i = 1; i <= length(hex); i++)
		value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return value + 0
}

# byte(N): offset N of the function at hand, before the reset.
function byte(n) {
	return number(before[n + 1])
}

function allow(kind, id, base,   i, j) {
	name[base] = kind (id == "-" ? "" : " " id)
	for (i = 1; i <= rules; i++)
		if (rule_kind[i] == kind && rule_id[i] == id)
			for (j = 0; j < rule_bytes[i]; j++)
				allowed[base + rule_offset[i] + j] = 1
}

# Both capability lists, bounded, because a broken list may be a loop.
function walk(size,   at, left) {
	split("", allowed)
	split("", name)
	allow("header", "-", 0)
	at = byte(52) - byte(52) % 4
	for (left = 48; left > 0 && at >= 64; left--) {
		allow("cap", before[at + 1], at)
		at = byte(at + 1) - byte(at + 1) % 4
	}
	at = size > 256 ? 256 : 0
	for (left = 480; left > 0 && at >= 256; left--) {
		if (byte(at) + byte(at + 1) == 0)
			break
		allow("ecap", before[at + 2] before[at + 1], at)
		at = byte(at + 3) * 16 + (byte(at + 2) - byte(at + 2) % 16) / 16
		at -= at % 4
	}
}

function place(n,   base) {
	for (base = n; base >= 0; base--)
		if (base in name)
			return sprintf("%s+0x%02x", name[base], n - base)
}

function compare(address, after_text,   after, size, n) {
	size = split(bytes[address], before, " ")
	if (size != split(after_text, after, " ")) {
		print address ": the size of config space differs"
		return
	}
	walk(size)
	for (n = 0; n < size; n++)
		if (before[n + 1] != after[n + 1] && !(n in allowed))
			printf "%s 0x%03x (%s): %s -> %s\n", address, n, place(n), before[n + 1], after[n + 1]
}

/^#/ || NF == 0 { next }
part == "rules" {
	rules++
	rule_kind[rules] = $1
	rule_id[rules] = $2
	rule_offset[rules] = number($3)
	rule_bytes[rules] = $4
	next
}
{
	address = $1
	sub(/^[^ ]+ +/, "")
}
part == "before" { bytes[address] = $0; next }
!(address in bytes) { print address ": came"; next }
{
	compare(address, $0)
	delete bytes[address]
	compared++
}
END {
	for (address in bytes)
		print address ": gone"
	if (!compared)
		print "nothing was compared"
}
