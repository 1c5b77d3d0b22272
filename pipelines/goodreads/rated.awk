# Rated interactions, checked: user, book, rating, seconds since 1970, place in the file.
# A time looks like "Tue Sep 09 11:15:31 -0700 2014"; one that is empty stays so, and counts as earliest in a split by time.

BEGIN {
	FS = OFS = "\t"
	n = split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", name, " ")
	for (i = 1; i <= n; i++)
		month[name[i]] = i
}

{
	if (NF != 4 || $1 == "" || $2 == "" || $3 !~ /^[1-5]$/)
		fail("of the rated interactions has no user_id, book_id or rating of 1 to 5")
	if ($4 != "" && ($4 = seconds($4)) == "")
		fail("of the rated interactions has a time that is not like Tue Sep 09 11:15:31 -0700 2014")
	print $0, NR
}

END { if (failed) exit failed }

function seconds(s,	part, clock, zone)
{
	if (split(s, part, " ") != 6 || !(part[2] in month) || part[3] !~ /^[0-9][0-9]?$/ || part[6] !~ /^[0-9][0-9][0-9][0-9]$/ ||
	    split(part[4], clock, ":") != 3 || part[5] !~ /^[-+][0-9][0-9][0-9][0-9]$/)
		return ""
	zone = (substr(part[5], 2, 2) * 60 + substr(part[5], 4, 2)) * 60
	if (part[5] ~ /^-/)
		zone = -zone
	return sprintf("%d", days(part[6] + 0, month[part[2]], part[3] + 0) * 86400 + clock[1] * 3600 + clock[2] * 60 + clock[3] - zone)
}
