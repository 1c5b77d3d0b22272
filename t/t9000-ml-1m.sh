#!/bin/sh
# MovieLens-1M to CSV: on invented files of its form, and on the data itself where it is at hand, against stored counts and a digest.
. "$(dirname "$0")/test-lib.sh"

. "$TEST_DIR/pipelines-lib.sh"
pipeline ml-1m
m=p/ml-1m
rows() { LC_ALL=C awk -v data=ml1m -v words="$1" -v counts=counts -f p/csv.awk -f p/ml-1m/rows.awk users.dat movies.dat ratings.dat; }
cat >users.dat <<'end'
1::F::1::10::48067
2::M::56::20::70072-1234
end
cat >movies.dat <<'end'
1::A Film (1995)::Drama|Comedy
22::Say "Hi", She Said (Dire "Hi") (1988) ::Action
333::2001 (1968)::Film-Noir
end
printf '1::1::5::978300760\n2::22::3::978300761\n2::22::2::\r\n1::333::1::5\n' >ratings.dat

test_that 'rows: labels, words for codes, years, first genres, quotes, missing times' '
	rows yes >rows.csv
	cat >expected <<-end
	label,timestamp,User ID,Gender,Age,Job,Zipcode,Movie ID,Title,Film genre
	1,978300760,1,F,Under 18,K-12 student,48067,1,A Film,Drama
	0,,2,M,56+,writer,70072-1234,22,"Say ""Hi"", She Said (Dire ""Hi"")",Action
	0,5,1,F,Under 18,K-12 student,48067,333,2001,Film-Noir
	end
	diff expected rows.csv
'
test_that 'codes instead of words, for comparison' '
	rows no >rows.csv
	sed -n 3p rows.csv | grep "^0,,2,M,56,20,70072-1234,22,"
	fails_with 2 rows perhaps
'
test_that 'other counts are an error, which tells them and says what to do' '
	fails_with 2 make -s -C $m RAW="$PWD"
	grep "ml1m: 2 users" fails_with.err
	grep "4 ratings, expected 1000209: a file cut short.*EXPECT=4" fails_with.err
	test ! -e $m/ml1m.csv
	make -s -C $m RAW="$PWD" EXPECT=4
	diff expected $m/ml1m.csv
'
test_that 'the number of ratings may be right and others not' '
	printf "ratings\t1000209\nusers\t6041\nrows\t5\n" >found
	fails_with 1 awk -v data=ml1m -v expect=1000209 -f p/check.awk $m/published found
	grep "6041 users, expected 6040: a file cut short" fails_with.err
	grep "5 rows, expected 739012" fails_with.err
'
test_that 'a line that does not join is an error with its place' '
	echo 1::4444::5::1 >>ratings.dat
	fails_with 1 rows yes >rows.csv
	grep "ratings.dat line 5: not UserID::MovieID::Rating::Timestamp with a user, a movie and a rating" fails_with.err
	test $(wc -l <fails_with.err) -eq 1
'
test_that 'no raw files: where to get them' '
	make -s -C $m clean
	fails_with 2 make -C $m
	grep "get ml-1m.zip from https://grouplens.org" fails_with.err
'

if test -e "$SHARED/data/ml-1m/users.dat"; then
	test_that 'the data: 739,012 rows with the stored digest' '
		make -s -C $m RAW="$SHARED/data/ml-1m"
		test $(wc -l <$m/ml1m.csv) -eq 739013
		digest_in_readme ml-1m ml1m.csv
		ls $m | grep tmp && exit 1
		true
	'
	test_that 'a path to the raw files may be relative to where make was called' '
		make -s -C $m clean
		cp -R "$SHARED/data/ml-1m" raw
		make -n -s -C $m RAW=raw >/dev/null
	'
else
	test_skip 'the data: 739,012 rows with the stored digest' '../shared/data/ml-1m is not here'
fi
test_that 'clean takes what was made, and no more' '
	clean_leaves_the_sources ml-1m
'
test_done
