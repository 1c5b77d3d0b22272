# asin, user, rating and time of a review
try ([.asin // "", .reviewerID // "", .overall // "", .unixReviewTime // .reviewTime // ""] | @tsv)
catch ("line \(input_line_number) is not as documented: \(.)\n" | halt_error(1))
