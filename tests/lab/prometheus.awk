# SPDX-License-Identifier: GPL-2.0-only
# Complains of what Prometheus' text format forbids or discourages, as "promtool check metrics" does; silent if all is well.

function bad(why) {
	printf "line %d: %s: %s\n", NR, why, $0
	found = 1
}

/^# (HELP|TYPE) / {
	if ($3 !~ /^[a-z_:][a-z0-9_:]*$/)
		bad("no name")
	if (($2, $3) in heads)
		bad("told twice")
	heads[$2, $3] = 1
	if ($2 == "HELP" && (NF < 4 || $NF !~ /\.$/))
		bad("no help")
	if ($2 == "TYPE" && $4 != "counter" && $4 != "gauge")
		bad("no type")
	if ($2 == "TYPE" && !(("HELP", $3) in heads))
		bad("the type comes before the help")
	if ($2 == "TYPE" && ($4 == "counter") != ($3 ~ /_total$/))
		bad("a counter ends in _total, and nothing else does")
	family = $3
	next
}

BEGIN {
	label = "[a-z]+=\"([^\"\\\\]|\\\\[\"\\\\n])*\""
	sample = "^[a-z_]+(\\{" label "(," label ")*\\})? [0-9]+(\\.[0-9]+)?$"
}

$0 !~ sample { bad("no sample"); next }

{
	key = $0
	sub(/ [^ ]*$/, "", key)
	name = key
	sub(/\{.*/, "", name)
	if (name != family || !(("TYPE", name) in heads))
		bad("not below its head")
	if (key in samples)
		bad("twice")
	samples[key] = 1
	nr[name]++
}

END {
	for (head in heads) {
		split(head, parts, SUBSEP)
		if (!nr[parts[2]]) {
			print parts[2] ": no sample"
			found = 1
		}
	}
	if (!NR) {
		print "nothing at all"
		found = 1
	}
	exit found
}
