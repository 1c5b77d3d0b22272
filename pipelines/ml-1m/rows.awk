# MovieLens-1M to CSV: awk -v words=yes|no -v counts=FILE -f ../csv.awk -f rows.awk users movies ratings, all three in UTF-8.
# A row of ratings.dat gives a row, in its order; rating 3 gives none.

BEGIN {
	FS = "::"
	if (words != "yes" && words != "no") {
		print data ": WORDS is yes or no, not '" words "'" > "/dev/stderr"
		exit failed = 2
	}
	split("1 18 25 35 45 50 56", code, " ")
	split("Under 18,18-24,25-34,35-44,45-49,50-55,56+", word, ",")
	for (i in code)
		age[code[i]] = word[i]
	n_jobs = split("other or not specified,academic/educator,artist,clerical/admin,college/grad student,customer service," \
		"doctor/health care,executive/managerial,farmer,homemaker,K-12 student,lawyer,programmer,retired,sales/marketing," \
		"scientist,self-employed,technician/engineer,tradesman/craftsman,unemployed,writer", job, ",")
	print "label,timestamp,User ID,Gender,Age,Job,Zipcode,Movie ID,Title,Film genre"
}

{ sub(/\r$/, "") }

FNR == 1 { file++ }

file == 1 {
	if (NF != 5 || !($3 in age) || $4 + 0 >= n_jobs)
		fail("not UserID::Gender::Age::Occupation::Zip-code with the codes of its README")
	user[$1] = quote($2) "," (words == "yes" ? age[$3] "," job[$4 + 1] : $3 "," $4) "," quote($5)
	n_users++
	next
}

file == 2 {
	if (NF != 3)
		fail("not MovieID::Title::Genres")
	title = $2
	sub(/[ \t]*\([0-9][0-9][0-9][0-9]\)[ \t]*$/, "", title)
	genre = $3
	sub(/\|.*/, "", genre)
	movie[$1] = quote(title) "," quote(genre)
	n_movies++
	next
}

{
	if (NF != 4 || !($1 in user) || !($2 in movie) || $3 !~ /^[1-5]$/)
		fail("not UserID::MovieID::Rating::Timestamp with a user, a movie and a rating that there are")
	n_ratings++
	if ($4 == "")
		n_timeless++
	if ($3 == 3)
		n_threes++
	else {
		print ($3 > 3) "," $4 "," $1 "," user[$1] "," $2 "," movie[$2]
		n_positive += $3 > 3
	}
}

END {
	if (failed)
		exit failed
	count("ratings", n_ratings)
	count("users", n_users)
	count("movies", n_movies)
	count("ratings of 3, which are left out", n_threes)
	count("ratings without a timestamp, which count as earliest", n_timeless)
	count("rows", n_ratings - n_threes)
	count("rows with label 1", n_positive)
}
