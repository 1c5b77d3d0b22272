# Sorted rows, without those that have all fields but the last, their place, like the one before.

{
	row = $0
	sub(/\t[^\t]*$/, "", row)
	if (row == before)
		n++
	else
		print
	before = row
}

END { count("repeated reviews left out", n) }
