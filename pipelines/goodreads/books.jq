# Of a book: book, work, its first author, title, average rating, number of reviews, pages, whether an eBook, format, publisher, year
try ([.book_id, .work_id, (.authors // [] | .[0].author_id), .title, .average_rating, .text_reviews_count, .num_pages, .is_ebook, .format,
 .publisher, .publication_year] | map(if . == null then "" else tostring end) | @tsv)
catch ("line \(input_line_number) is not as documented: \(.)\n" | halt_error(1))
