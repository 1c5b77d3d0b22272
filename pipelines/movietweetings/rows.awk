# MovieTweetings to CSV: awk -v rule='>= 8' -v counts=FILE -v ratings=N -f ../csv.awk -f rows.awk MOVIES RATINGS, the RATINGS those N that
# core.awk left.  Title without its year, first genre, in their own fields.  Movies of genre Adult are not shown.

BEGIN {
	FS = "::"
	label_rule(rule)
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
	print label($3) "," $4 "," $1 "," $2 "," movie[$2]
	seen_user[$1]
	seen_movie[$2]
	n_positive += label($3)
	n_rows++
}

END {
	if (failed)
		exit failed
	for (u in seen_user)
		n_users++
	for (m in seen_movie)
		n_movies++
	count("ratings", ratings)
	count("rows", n_rows)
	count("users", n_users)
	count("movies", n_movies)
	count("rows with label 1 by " rule, n_positive)
}
