# MovieTweetings to CSV: awk -f rows.awk MOVIES RATINGS.  Label: rating 8 or more.  Title without its year, first genre, in their own
# fields.  Movies of genre Adult are not shown (none is left after the cut of core.awk).

function quote(s)		# RFC 4180, only where needed
{
	if (s !~ /[",\r\n]/)
		return s
	gsub(/"/, "\"\"", s)
	return "\"" s "\""
}

function fail(sentence)
{
	printf "movietweetings: %s line %d: %s\n", FILENAME, FNR, sentence > "/dev/stderr"
	failed = 1
	exit 1
}

BEGIN {
	FS = "::"
	print "label,timestamp,User ID,Movie ID,Title,Year,Genre"
}

FNR == 1 { file++ }

file == 1 {
	if (NF != 3 || $2 !~ / \([0-9][0-9][0-9][0-9]\)$/)
		fail("not ID::Title (Year)::Genre|Genre")
	adult[$1] = $3 ~ /(^|\|)Adult(\||$)/
	genre = $3
	sub(/\|.*/, "", genre)
	movie[$1] = quote(substr($2, 1, length($2) - 7)) "," substr($2, length($2) - 4, 4) "," quote(genre)
	next
}

{
	if (NF != 4 || !($2 in movie) || $3 !~ /^[0-9]+$/ || $4 !~ /^[0-9]+$/)
		fail("not user::movie::rating::time with a movie that there is")
	if (adult[$2])
		next
	print ($3 >= 8) "," $4 "," $1 "," $2 "," movie[$2]
	seen_user[$1]
	seen_movie[$2]
	n_positive += $3 >= 8
	n_rows++
}

END {
	if (failed)
		exit 1
	for (u in seen_user)
		n_users++
	for (m in seen_movie)
		n_movies++
	found = n_rows " rows, " n_users " users, " n_movies " movies, " n_positive " positive"
	if (found != "108029 rows, 6128 users, 4576 movies, 50715 positive") {
		print "movietweetings: " found "; expected 108029 rows, 6128 users, 4576 movies, 50715 positive" > "/dev/stderr"
		exit 1
	}
}
