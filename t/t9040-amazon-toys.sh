#!/bin/sh
# Amazon-Toys to CSV and shards, on invented files of the documented layout: there are none to be had.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/pipelines-lib.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
pipeline amazon-toys

mkdir raw
cat >raw/meta_Toys_and_Games.json <<'end'
{"category": ["Toys &amp; Games", "Puzzles", "Jigsaw | Floor"], "title": "Tom &amp;amp; Jerry&#39;s &quot;Big&quot; Puzzle, 24|48 pieces", "brand": "A, B & Co", "asin": "A1", "price": "$1"}
{"category": ["Toys & Games"], "title": "One\tlevel \\ of\ncategories", "brand": "", "asin": "A2"}
{"category": [], "title": "Caf\u00e9 set", "brand": "X", "asin": "A3"}
{"category": ["Toys & Games", "Dolls"], "title": "var aPageStart = (new Date()).getTime();\nvar x;", "brand": "Y", "asin": "A4"}
{"category": ["Toys & Games", "Dolls"], "title": "The second of its asin, never shown", "brand": "Y", "asin": "A1"}
{"category": ["Toys & Games", "Games\n<span class=x>"], "title": "\u201cLe Jeu\u201d \u2013 it\u2019s a game\u2122", "brand": "By\u00ae Z", "asin": "A5"}
{"category": ["Toys & Games", "Long"], "title": "Word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word, word word word", "brand": null, "asin": "A6"}
{"title": "No category, no brand", "asin": "A7"}
end
cat >raw/Toys_and_Games_5.json <<'end'
{"overall": 5.0, "verified": true, "reviewTime": "07 3, 2014", "reviewerID": "U1", "asin": "A1", "reviewText": "\"asin\": \"A9\"", "unixReviewTime": 1404345600}
{"overall": 3.0, "reviewTime": "12 31, 2015", "reviewerID": "U2", "asin": "A1"}
{"overall": 1.0, "reviewTime": "07 3, 2014", "reviewerID": "U1", "asin": "A2", "unixReviewTime": 1404345600, "style": {"Color:": "red"}}
{"overall": 5.0, "reviewTime": "07 3, 2014", "reviewerID": "U1", "asin": "A1", "unixReviewTime": 1404345600}
{"overall": 4.0, "reviewTime": "07 3, 2014", "reviewerID": "U3", "asin": "A3", "unixReviewTime": 1404345600}
{"overall": 4.0, "reviewTime": "07 3, 2014", "reviewerID": "U3", "asin": "A4", "unixReviewTime": 1404345600}
{"overall": 4.0, "reviewTime": "07 3, 2014", "reviewerID": "U3", "asin": "A8", "unixReviewTime": 1404345600}
{"overall": 4.0, "reviewTime": "02 29, 2016", "reviewerID": "U4", "asin": "A5"}
{"overall": 2.0, "reviewTime": "03 1, 2000", "reviewerID": "U4", "asin": "A6", "unixReviewTime": 951868800}
{"overall": 4.0, "reviewTime": "03 1, 2000", "reviewerID": "U5", "asin": "A7", "unixReviewTime": 951868801}
end
gzip raw/*
cat >expected <<'end'
label,timestamp,User ID,Item ID,Category,Title,Brand
1,1404345600,U1,A1,Puzzles,"Tom & Jerry's ""Big"" Puzzle, 24|48 pieces","A, B & Co"
0,1451520000,U2,A1,Puzzles,"Tom & Jerry's ""Big"" Puzzle, 24|48 pieces","A, B & Co"
0,1404345600,U1,A2,Toys & Games,One level \ of categories,
1,1456704000,U4,A5,,"""Le Jeu"" - it's a game",By Z
0,951868800,U4,A6,Long,Word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word,
1,951868801,U5,A7,,"No category, no brand",
end

test_that 'rows: titles, categories, brands, both forms of dates, what has no metadata, what is there twice' '
	make -s -C p/amazon-toys RAW="$PWD/raw" EXPECT= 2>err || { cat err; exit 1; }
	cat err
	diff expected p/amazon-toys/amazontoys.csv
	grep " 1 repeated reviews left out" err
	grep " 2 of them without a title to show" err
'
test_that 'the options: last category, no 3s, no long titles, another rule' '
	make -s -C p/amazon-toys RAW="$PWD/raw" EXPECT=10 CATEGORY=last THREES=drop LONG=drop LABEL="> 4" 2>err || { cat err; exit 1; }
	cut -d, -f1,3-5 p/amazon-toys/amazontoys.csv | tail -n +2 | tr "\n" " " | grep -x "1,U1,A1,Jigsaw | Floor 0,U1,A2,Toys & Games 0,U4,A5, 0,U5,A7, "
	fails_with 2 make -s -C p/amazon-toys RAW="$PWD/raw" CATEGORY=third EXPECT=
	grep "CATEGORY second or last, not .cut., .third." fails_with.err
'
test_that 'into shards, by time' '
	into_shards amazon-toys amazontoys RAW="$PWD/raw" EXPECT=
	test "$(cp-cat -q --to tsv --bare -c timestamp p/amazon-toys/amazontoys.test.cps | tail -n 1)" = 1456704000
'
test_that 'a file cut short, a foreign line, another number of reviews: a sentence each, and no CSV' '
	make -s -C p/amazon-toys clean
	fails_with 2 make -s -C p/amazon-toys RAW="$PWD/raw"
	grep "10 reviews, expected 1828971" fails_with.err
	cp -R raw bad
	head -c 200 raw/Toys_and_Games_5.json.gz >bad/Toys_and_Games_5.json.gz
	fails_with 2 make -s -C p/amazon-toys RAW="$PWD/bad" EXPECT=
	rm bad/Toys*
	echo "{\"overall\": 5.0, \"asin\": \"A1\"}" >bad/Toys_and_Games_5.json
	fails_with 2 make -s -C p/amazon-toys RAW="$PWD/bad" EXPECT=
	grep "line 1: of the reviews has no asin, reviewerID or overall" fails_with.err
	echo "[1]" >bad/Toys_and_Games_5.json
	fails_with 2 make -s -C p/amazon-toys RAW="$PWD/bad" EXPECT=
	grep "line 1 is not as documented" fails_with.err
	! ls p/amazon-toys/amazontoys.csv
'
test_that 'no raw files: what is missing and where to get it' '
	fails_with 2 make -s -C p/amazon-toys RAW="$PWD/p"
	grep "no meta_Toys_and_Games.json (nor .gz.*get both from https://nijianmo" fails_with.err
'
test_that 'clean takes what was made, and no more' '
	clean_leaves_the_sources amazon-toys
'
test_done
