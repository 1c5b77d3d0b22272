# Reviews, checked: asin, user, rating, time, place in the file; from the four that reviews.jq tells.
# The time is in seconds, or a day like "07 3, 2014" where a line has nothing better.

BEGIN {
	FS = OFS = "\t"
	if (threes != "keep" && threes != "drop") {
		print data ": THREES is keep or drop, not '" threes "'" > "/dev/stderr"
		failed = 1
		exit 2
	}
}

{
	if (NF != 4 || $1 == "" || $2 == "" || $3 !~ /^[1-5](\.0)?$/)
		fail("of the reviews has no asin, reviewerID or overall of 1 to 5")
	if ($4 !~ /^[0-9]+$/ && ($4 = seconds($4)) == "")
		fail("of the reviews has neither unixReviewTime nor reviewTime like 07 3, 2014")
	n_reviews++
	$3 += 0
	if ($3 == 3 && threes == "drop")
		n_threes++
	else
		print $0, NR
}

END {
	if (failed)
		exit failed
	count("reviews", n_reviews)
	count("reviews of 3 left out", n_threes)
}

# Seconds since 1970 of a day "MM D, YYYY", in UTC; "" if it is none
function seconds(day,	part, y, m, d, era, of_year)
{
	if (split(day, part, /,? +/) != 3 || day !~ /^[0-9][0-9]? [0-9][0-9]?, [0-9][0-9][0-9][0-9]$/)
		return ""
	return days(part[3] + 0, part[1] + 0, part[2] + 0) * 86400
}
