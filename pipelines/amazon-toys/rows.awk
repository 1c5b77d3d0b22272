# The rows, from reviews joined with items: asin, user, rating, time, place, CSV of the item.

BEGIN {
	FS = "\t"
	label_rule(rule)
	print "label,timestamp,User ID,Item ID,Category,Title,Brand"
}

{
	print label($3) "," $4 "," quote($2) "," quote($1) "," $6
	n_positive += label($3)
	n_rows++
}

END {
	if (failed)
		exit failed
	count("rows", n_rows)
	count("rows with label 1 by " rule, n_positive)
}
