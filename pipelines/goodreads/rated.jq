# user, book, rating and the time asked for, of an interaction that has a rating
try (select(.rating != 0 and .rating != null) | [.user_id // "", .book_id // "", .rating, .[$time] // ""] | map(tostring) | @tsv)
catch ("line \(input_line_number) is not as documented: \(.)\n" | halt_error(1))
