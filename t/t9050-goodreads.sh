#!/bin/sh
# GoodReads to CSV and shards, on invented files of the documented layout: there are none to be had.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/pipelines-lib.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
pipeline goodreads

# Two users and two books with two ratings each are the 2-core; u3, b3 and what rests on them fall out.  Rating 0 is none, whatever a text says.
mkdir raw
cat >raw/goodreads_interactions_dedup.json <<'end'
{"user_id": "u1", "book_id": "10", "review_id": "r", "is_read": true, "rating": 5, "review_text_incomplete": "he said \"rating\": 0, and", "date_added": "Tue Sep 09 11:15:31 -0700 2014", "date_updated": "Wed Dec 31 23:59:59 +0530 2014", "read_at": "", "started_at": ""}
{"user_id": "u1", "book_id": "20", "review_id": "r", "is_read": true, "rating": 3, "review_text_incomplete": "", "date_added": "Sat Mar 01 00:00:00 +0000 2008", "date_updated": "Sat Mar 01 00:00:00 +0000 2008", "read_at": "", "started_at": ""}
{"user_id": "u2", "book_id": "10", "review_id": "r", "is_read": true, "rating": 4, "review_text_incomplete": "", "date_added": "", "date_updated": "", "read_at": "", "started_at": ""}
{"user_id": "u2", "book_id": "20", "review_id": "r", "is_read": false, "rating": 1, "review_text_incomplete": "", "date_added": "Thu Jan 01 00:00:00 +0000 1970", "date_updated": "Thu Jan 01 00:00:00 +0000 1970", "read_at": "", "started_at": ""}
{"user_id": "u2", "book_id": "30", "review_id": "r", "is_read": true, "rating": 2, "review_text_incomplete": "", "date_added": "", "date_updated": "", "read_at": "", "started_at": ""}
{"user_id": "u3", "book_id": "30", "review_id": "r", "is_read": true, "rating": 2, "review_text_incomplete": "", "date_added": "", "date_updated": "", "read_at": "", "started_at": ""}
{"user_id": "u3", "book_id": "10", "review_id": "r", "is_read": false, "rating": 0, "review_text_incomplete": "", "date_added": "", "date_updated": "", "read_at": "", "started_at": ""}
end
cat >raw/goodreads_books.json <<'end'
{"book_id": "20", "work_id": "", "title": "A | \"B\", \\C\n\u00c5", "average_rating": "3.50", "text_reviews_count": "7", "authors": [], "publisher": "", "num_pages": "", "is_ebook": "false", "format": "", "publication_year": "", "popular_shelves": [{"count": "1", "name": "x"}]}
{"book_id": "10", "work_id": "w1", "title": "Plain", "average_rating": "4.00", "text_reviews_count": "1", "authors": [{"author_id": "a2", "role": ""}, {"author_id": "a1", "role": "Editor"}], "publisher": "P, Q", "num_pages": "300", "is_ebook": "true", "format": "Kindle", "publication_year": "1999"}
{"book_id": "30", "work_id": "w2", "title": "Falls", "average_rating": "1.00", "text_reviews_count": "1", "authors": [{"author_id": "a9", "role": ""}], "publisher": "", "num_pages": "", "is_ebook": "", "format": "", "publication_year": ""}
end
echo '{"work_id": "w1", "media_type": "not a book", "original_title": "x"}' >raw/goodreads_book_works.json
echo '{"work_id": "w2", "media_type": ""}' >>raw/goodreads_book_works.json
echo '{"author_id": "a2", "name": "Ann \u00d8", "average_rating": "4"}' >raw/goodreads_book_authors.json
echo '{"book_id": "10", "genres": {"poetry": 2, "fantasy, paranormal": 5}}' >raw/goodreads_book_genres_initial.json
echo '{"book_id": "20", "genres": {}}' >>raw/goodreads_book_genres_initial.json
gzip raw/*
cat >expected <<'end'
label,timestamp,User ID,Book ID,Book title,Book genres,Average rating,Number of book reviews,Author ID,Author name,Number of pages,eBook flag,Format,Publisher,Publication year,Work ID,Media type
1,1420050599,u1,10,Plain,"fantasy, paranormal|poetry",4.00,1,a2,Ann Ø,300,true,Kindle,"P, Q",1999,w1,not a book
0,1204329600,u1,20,"A | ""B"", \C Å",,3.50,7,,,,false,,,,,
1,,u2,10,Plain,"fantasy, paranormal|poetry",4.00,1,a2,Ann Ø,300,true,Kindle,"P, Q",1999,w1,not a book
0,0,u2,20,"A | ""B"", \C Å",,3.50,7,,,,false,,,,,
end

test_that 'rows: the core, times, joins with what may be missing' '
	make -s -C p/goodreads RAW="$PWD/raw" EXPECT=7 CORE=2 2>err || { cat err; exit 1; }
	cat err
	diff expected p/goodreads/goodreads.csv
	grep " 6 rated interactions" err
	grep " 2 interactions left out by the core" err
	test "$(ls p/goodreads | grep -c tmp)" = 0
'
test_that 'another field of time' '
	make -s -C p/goodreads RAW="$PWD/raw" EXPECT=7 CORE=2 TIME=date_added
	sed -n 2p p/goodreads/goodreads.csv | grep "^1,1410286531,u1,10,"
'
test_that 'into shards; killed on the way, it goes on with what was not done' '
	make -s -C p/goodreads clean
	make -s -C p/goodreads RAW="$PWD/raw" EXPECT=7 CORE=2 core.tmp
	make -n -C p/goodreads RAW="$PWD/raw" EXPECT=7 CORE=2 >plan
	! grep rated.jq plan || exit 1
	into_shards goodreads goodreads RAW="$PWD/raw" EXPECT= CORE=2
	cp-cat -q --to tsv --bare -c timestamp p/goodreads/goodreads.train.cps | tr "\n" "," | grep -x "timestamp,,0,"
'
test_that 'genres as a list of keys' '
	into_shards goodreads goodreads RAW="$PWD/raw" EXPECT= CORE=2 FIELDS=goodreads.fields
	cp-cat -q --to jsonl --bare --head 1 -c "Book genres",text p/goodreads/goodreads.cps >row
	cat row
	grep -E "Book genres.*[0-9a-f]{16}.*,.*[0-9a-f]{16}" row
	grep "Book genres is fantasy, paranormal, poetry" row
'
test_that 'a book that the books lack is said, a foreign time is refused' '
	mkdir bad
	cp raw/* bad
	gzip -dc raw/goodreads_books.json.gz | tail -n 2 | gzip >bad/goodreads_books.json.gz
	make -s -C p/goodreads RAW="$PWD/bad" EXPECT= CORE=2 2>err
	grep " 2 interactions left out, of books that goodreads_books lacks" err
	gzip -dc raw/goodreads_interactions_dedup.json.gz | sed "s/Wed Dec 31/Dec 31/" | gzip >bad/goodreads_interactions_dedup.json.gz
	make -s -C p/goodreads clean
	fails_with 2 make -s -C p/goodreads RAW="$PWD/bad" EXPECT= CORE=2
	grep "input line 1: of the rated interactions has a time that is not like" fails_with.err
'
test_that 'the core: users and items fall out until all that are left have enough' '
	# item c has one row, that of user 2, who without it has one left and falls too
	printf "%s\n" 1:a 1:b 2:a 2:c 3:a 3:b 4:a 4:b >rows
	awk -F : -v users=2 -v items=2 -v out=core -f p/core.awk rows
	grep -v ^2 rows | diff - core
	test ! -e core.0
	test ! -e core.1
	test -e rows
	awk -F : -v users=9 -v items=2 -v out=core -f p/core.awk rows
	test ! -s core
	fails_with 1 awk -F : -v users=9 -v items=2 -v out=core -f p/core.awk nothing
'
test_that 'clean takes what was made, and no more' '
	clean_leaves_the_sources goodreads
'
test_done
