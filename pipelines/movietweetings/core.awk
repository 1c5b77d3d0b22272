# Ratings of users with at least `users` and movies with at least `movies` ratings: awk -v users=5 -v movies=3 -f core.awk RATINGS
# Leaving one row out can bring its user or movie below the line, so it is done until nothing more falls: what is left is the largest
# set that has the property, whatever the order.  Rows keep their order.

BEGIN { FS = "::" }

{
	line[NR] = $0
	user[NR] = $1
	movie[NR] = $2
	by_user[$1]++
	by_movie[$2]++
}

END {
	do {
		fallen = 0
		for (i = 1; i <= NR; i++)
			if (i in line && (by_user[user[i]] < users || by_movie[movie[i]] < movies)) {
				by_user[user[i]]--
				by_movie[movie[i]]--
				delete line[i]
				fallen++
			}
	} while (fallen)
	for (i = 1; i <= NR; i++)
		if (i in line)
			print line[i]
}
