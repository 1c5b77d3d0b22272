# Book-Crossing to CSV: awk -v rule='>= 5' -v only=all|explicit -v counts=FILE -f ../csv.awk -f rows.awk USERS BOOKS RATINGS, in UTF-8.
# A rating of a book that BOOKS has gives a row, in the order of RATINGS; one of a book that it lacks has no title and gives none.
#
# Each file is of one of two forms, told by its first line.  As published: "a";"b";NULL with \" for a quote and HTML's entities in it.  Only an
# unescaped quote can stand beside a semicolon outside, so ";" between quotes is the delimiter whatever a field holds.  A line end inside a
# field happens, and three books have title and author run together as title\";author\"; both are mended.  The other form is plain CSV.

BEGIN {
	label_rule(rule)
	if (only != "all" && only != "explicit") {
		print data ": ROWS is all or explicit, not '" only "'" > "/dev/stderr"
		failed = 1
		exit 2
	}
	print "label,User ID,Location,Age,ISBN,Book title,Author,Publication year,Publisher"
}

FNR == 1 {
	file++
	published = /;/
	next
}

{
	sub(/\r$/, "")
	line = held == "" ? $0 : held " " $0
	held = ""
	if (!whole(line)) {
		held = line
		next
	}
	n = published ? split_published(line) : split_csv(line)
}

file == 1 {
	if (n != 3 && n != 5)
		fail("not User-ID, Location, Age, nor User-ID, User-City, User-State, User-Country, User-Age")
	user[f[1]] = quote(n == 3 ? f[2] : place()) "," (n == 3 ? f[3] : digits(f[5]))
	n_users++
	next
}

file == 2 {
	if (published && n == 7 && mend())
		n = 8
	if (n != (published ? 8 : 5)) {
		if (!n_broken++)
			printf "%s: books line %d has %d fields and is left out, as others of this kind\n", data, FNR, n > "/dev/stderr"
		next
	}
	book[f[1]] = quote(f[2]) "," quote(f[3]) "," quote(f[4]) "," quote(f[5])
	n_books++
	next
}

{
	if (n != 3 || !(f[1] in user) || f[3] !~ /^([0-9]|10)$/)
		fail("not User-ID, ISBN, Book-Rating with a user that there is and a rating from 0 to 10")
	n_ratings++
	if (only == "explicit" && f[3] == 0)
		n_implicit++
	else if (!(f[2] in book))
		n_unknown++
	else {
		print label(f[3]) "," f[1] "," user[f[1]] "," quote(f[2]) "," book[f[2]]
		n_rows++
		n_positive += label(f[3])
	}
}

END {
	if (failed)
		exit failed == 1 ? 1 : failed
	if (held != "")
		fail("the file ends inside a row")
	count("ratings", n_ratings)
	count("users", n_users)
	count("books", n_books)
	count("books mended, whose author stood in the title", n_mended)
	count("books left out, rows with another number of fields", n_broken)
	count("ratings of 0 left out", n_implicit)
	count("ratings left out, of books that are not in BX-Books.csv", n_unknown)
	count("rows", n_rows)
	count("rows with label 1 by " rule, n_positive)
}

# Does the row end with this line?
function whole(s)
{
	if (published)
		return s ~ /;NULL$/ || s ~ /[^\\]"$/
	return gsub(/"/, "\"", s) % 2 == 0
}

# f[1..n] of a row as published
function split_published(s,	i, n)
{
	gsub(/;NULL;/, ";\"\";", s)
	sub(/;NULL$/, ";\"\"", s)
	sub(/^"/, "", s)
	sub(/"$/, "", s)
	n = split(s, f, /";"/)
	for (i = 1; i <= n; i++) {
		raw[i] = f[i]
		f[i] = plain(f[i])
	}
	return n
}

function plain(s)
{
	gsub(/\\"/, "\"", s)
	gsub(/\\\\/, "\\", s)
	return one_line(entities(s))
}

# A title with the author run into it, title\";author\", and all that follows one place to the left
function mend(	at, i)
{
	if (!(at = index(raw[2], "\\\";")))
		return 0
	for (i = 8; i > 3; i--)
		f[i] = f[i - 1]
	f[2] = plain(substr(raw[2], 1, at - 1))
	f[3] = plain(substr(raw[2], at + 3))
	sub(/"$/, "", f[3])
	n_mended++
	return 1
}

function split_csv(s,	n)
{
	n = 0
	s = s ","
	while (s != "") {
		if (substr(s, 1, 1) == "\"") {
			match(s, /^"([^"]|"")*"/)
			f[++n] = substr(s, 2, RLENGTH - 2)
			gsub(/""/, "\"", f[n])
			s = substr(s, RLENGTH + 2)
		} else {
			f[++n] = substr(s, 1, index(s, ",") - 1)
			s = substr(s, index(s, ",") + 1)
		}
		f[n] = one_line(f[n])
	}
	return n
}

# City, state and country of the subset's users, without the quotes that were left on them
function place(	i, s, out)
{
	for (i = 2; i <= 4; i++) {
		s = f[i]
		gsub(/["\\]/, "", s)
		s = one_line(s)
		if (s != "" && s !~ /^[0-9]+$/)
			out = out (out == "" ? "" : ", ") s
	}
	return out
}

function digits(s)
{
	gsub(/[^0-9]/, "", s)
	return s
}
