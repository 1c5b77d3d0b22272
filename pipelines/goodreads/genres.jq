# book and its genres, the one that most readers named first, with | between
try ([.book_id // "", (.genres // {} | to_entries | sort_by(-.value) | map(.key) | join("|"))] | map(tostring) | @tsv)
catch ("line \(input_line_number) is not as documented: \(.)\n" | halt_error(1))
