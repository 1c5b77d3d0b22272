# Are these the counts that the publisher and the paper tell?  awk -v data=NAME -v expect=N -f check.awk published counts
#
# A line of either file is WHAT<tab>COUNT; in `published` two more fields follow, KIND and WHY.  The first line of `published` is the number
# of raw rows: N is held against the raw rows found, and only if N is the published number are the others looked at.  Of those, one of kind
# `must` that differs is an error; one of kind `told` is told, with its reason.  With N empty nothing is an error, and it is said that
# nothing was checked.  All counts are shown.

BEGIN { FS = "\t" }

/^#/ || NF == 0 { next }

FNR == NR {
	if (NF != 4 || ($3 != "must" && $3 != "told")) {
		printf "%s: published line %d is not WHAT, COUNT, must or told, WHY, with tabs between\n", data, FNR > "/dev/stderr"
		exit bad = 1
	}
	if (!n_published++)
		raw = $1
	published[$1] = $2
	kind[$1] = $3
	why[$1] = $4
	next
}

{
	found[$1] = $2
	order[++n_found] = $1
}

END {
	if (bad)
		exit 1
	for (i = 1; i <= n_found; i++)
		say(tell(order[i]))
	if (expect == "") {
		say("EXPECT is empty: not the published set" (raw == "" ? "" : " (" raw ": " published[raw] " there)") ", nothing was checked")
		exit 0
	}
	if (raw != "" && found[raw] != expect) {
		say(sprintf("%d %s, expected %d: a file cut short, or not the published set; if it is as it should be, say EXPECT=%d, " \
		            "or EXPECT= to check nothing", found[raw], raw, expect, found[raw]))
		exit 1
	}
	if (expect != published[raw])
		say("not the published set (" raw ": " published[raw] " there): other counts were not checked")
	else
		for (i = 1; i <= n_found; i++)
			compare(order[i])
	exit bad
}

function say(sentence)
{
	print data ": " sentence > "/dev/stderr"
}

function tell(what)
{
	return found[what] " " what
}

function compare(what)
{
	if (!(what in published) || found[what] == published[what])
		return
	if (kind[what] == "must") {
		say(sprintf("%s, expected %d: %s", tell(what), published[what], why[what]))
		bad = 1
	} else
		say(sprintf("%s, published are %d: %s", tell(what), published[what], why[what]))
}
