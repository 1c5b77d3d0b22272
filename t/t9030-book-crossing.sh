#!/bin/sh
# Book-Crossing to CSV and shards: invented files of both layouts with the traps of the real ones; the subset itself where it is at hand.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/pipelines-lib.sh"
pipeline book-crossing

# As published: latin-1, CR LF, \" for a quote, entities, a line end in a field, NULL, and an author run into its title.
mkdir full
printf '%s\r\n' '"User-ID";"Location";"Age"' '"1";"gotham, new jersey, utopia";NULL' '"2";"\345bo, \\"n/a\\", lummerland";"18"' >full/users
printf '"3";"east\r\n, west, home";NULL\r\n"4";"&#304;st; n/a, elsewhere";"27"\r\n' >>full/users
printf '"User-ID";"Location";"Age"\r\n"1";"gotham, new jersey, utopia";NULL\r\n"2";"\345bo, \\"n/a\\", lummerland";"18"\r\n' >full/BX-Users.csv
tail -n +4 full/users >>full/BX-Users.csv
rm full/users
cat >full/BX-Books.csv <<'end'
"ISBN";"Book-Title";"Book-Author";"Year-Of-Publication";"Publisher";"Image-URL-S";"Image-URL-M";"Image-URL-L"
"000";"Plain";"A. Author";"2002";"House &amp; Sons";"http://s";"http://m";"http://l"
"00X";"The \"Best\"; of; all\\";"B, \"C\"";"0";NULL;"http://s";"http://m";"http://l"
"111";"Trains (Part 4)\";Ann Writer\"";"2000";"DK";"http://s";"http://m";"http://l"
"222";"too";"few"
end
cat >full/BX-Book-Ratings.csv <<'end'
"User-ID";"ISBN";"Book-Rating"
"1";"000";"0"
"2";"00X";"5"
"3";"111";"6"
"4";"000";"10"
"4";"222";"7"
"4";"unknown";"7"
end

test_that 'the published layout: encoding, quoting, broken rows, unknown books' '
	make -s -C p/book-crossing RAW="$PWD/full" EXPECT= 2>err || { cat err; exit 1; }
	cat err
	cat >expected <<-end
	label,User ID,Location,Age,ISBN,Book title,Author,Publication year,Publisher
	0,1,"gotham, new jersey, utopia",,000,Plain,A. Author,2002,House & Sons
	1,2,"åbo, ""n/a"", lummerland",18,00X,"The ""Best""; of; all\\","B, ""C""",0,
	1,3,"east , west, home",,111,Trains (Part 4),Ann Writer,2000,DK
	1,4,"İst; n/a, elsewhere",27,000,Plain,A. Author,2002,House & Sons
	end
	diff expected p/book-crossing/bookcrossing.csv
	grep "1 books mended" err
	grep "books line 5 has 3 fields and is left out" err
	grep "2 ratings left out, of books" err
	grep "not the published set (ratings: 1149780 there)" err
'
test_that 'other options, other rows; a rule that is none is refused' '
	make -s -C p/book-crossing RAW="$PWD/full" EXPECT=6 LABEL="> 5" ROWS=explicit 2>err || { cat err; exit 1; }
	cut -d, -f1,2 p/book-crossing/bookcrossing.csv | tr "\n" " " | grep -x "label,User ID 0,2 1,3 1,4 "
	grep "made with LABEL=.>= 5. ROWS=.all. before, now LABEL=.> 5. ROWS=.explicit." err
	fails_with 2 make -s -C p/book-crossing RAW="$PWD/full" EXPECT= LABEL=five
	grep "LABEL=.five. is not .>= NUMBER. or .> NUMBER." fails_with.err
'
test_that 'another number of ratings than is published is an error that says what to do' '
	make -s -C p/book-crossing clean
	fails_with 2 make -s -C p/book-crossing RAW=full
	grep "6 ratings, expected 1149780: a file cut short.*say EXPECT=6" fails_with.err
	! ls p/book-crossing/bookcrossing.csv
'
test_that 'a user that there is not is an error with its place' '
	cp -R full bad
	echo "\"9\";\"000\";\"1\"" >>bad/BX-Book-Ratings.csv
	fails_with 2 make -s -C p/book-crossing RAW="$PWD/bad" EXPECT=
	grep "ratings.tmp line 8: not User-ID, ISBN, Book-Rating with a user" fails_with.err
'
test_that 'no raw files: what is missing and where to get it' '
	make -s -C p/book-crossing clean
	fails_with 2 make -C p/book-crossing RAW="$TRASH"
	fails_with 2 make -s -C p/book-crossing RAW="my data"
	grep "no names with spaces" fails_with.err
	fails_with 2 make -C p/book-crossing RAW="$TRASH"
	grep "no BX-Users.csv (nor .gz.*get BX-CSV-Dump.zip" fails_with.err
'

mkdir subset
printf 'User-ID,User-City,User-State,User-Country,User-Age\n8,timtown, oz," emerald""",\n9,westville, ,,"14"""\n' | xz >subset/BX-Users.csv.xz
printf 'ISBN,Book-Title,Book-Author,Year-Of-Publication,Book-Publisher\n0X,"Cats, ""D"" & Co",Å. B,1988,P\n' | gzip >subset/BX-Books.csv.gz
printf 'User-ID,ISBN,Book-Rating\n8,0X,4\n9,0X,10\n8,0X,7\n9,0X,1\n' >subset/BX-Ratings.csv
test_that 'the layout of the subset, compressed or not, into shards' '
	into_shards book-crossing bookcrossing RAW="$PWD/subset" EXPECT=4
	cat >expected <<-end
	label,User ID,Location,Age,ISBN,Book title,Author,Publication year,Publisher
	0,8,"timtown, oz, emerald",,0X,"Cats, ""D"" & Co",Å. B,1988,P
	1,9,westville,14,0X,"Cats, ""D"" & Co",Å. B,1988,P
	end
	head -n 3 p/book-crossing/bookcrossing.csv | diff expected -
'

if test -e "$SHARED/data/book-crossing/explicit_subset"; then
	test_that 'the data: 204,164 rows with the stored digests' '
		make -s -C p/book-crossing RAW="$SHARED/data/book-crossing"
		digest_in_readme book-crossing bookcrossing.csv
		make -s -C p/book-crossing RAW="$SHARED/data/book-crossing" LABEL="> 5"
		digest_in_readme book-crossing bookcrossing.csv
	'
else
	test_skip 'the data: 204,164 rows with the stored digests' '../shared/data/book-crossing is not here'
fi
test_that 'clean takes what was made, and no more' '
	clean_leaves_the_sources book-crossing
'
test_done
