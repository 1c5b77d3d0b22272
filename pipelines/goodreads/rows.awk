# The rows, from interactions joined with the catalogue: book, user, rating, time, place, and from 6 on the catalogue's fields.

BEGIN {
	FS = "\t"
	label_rule(rule)
	print "label,timestamp,User ID,Book ID,Book title,Book genres,Average rating,Number of book reviews,Author ID,Author name," \
		"Number of pages,eBook flag,Format,Publisher,Publication year,Work ID,Media type"
}

{
	line = label($3) "," $4 "," $2 "," $1
	for (i = 6; i <= 18; i++)
		line = line "," quote(untsv($i))
	print line
	n_positive += label($3)
	n_rows++
}

END {
	if (failed)
		exit failed
	count("rated interactions", rated)
	count("interactions left out by the core", rated - core)
	count("interactions left out, of books that goodreads_books lacks", core - n_rows)
	count("rows", n_rows)
	count("rows with label 1 by " rule, n_positive)
}
