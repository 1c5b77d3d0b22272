#!/bin/sh
# Criteo and Avazu to shards and a model: invented rows of the Kaggle layouts; the samples where they are at hand.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/pipelines-lib.sh"
pipeline criteo
pipeline avazu

# 400 rows; numbers that are empty, negative and large, hashes that are empty
mkdir raw
awk 'BEGIN {
	OFS = "\t"
	for (i = 0; i < 400; i++) {
		line = (i * 7 % 11) < 4 + i % 3 * 2
		for (k = 1; k <= 13; k++)
			line = line OFS (i % (k + 3) ? (i * k) % 97 * (i % 29 ? 1 : 1000) - k : "")
		for (k = 1; k <= 26; k++)
			line = line OFS (i % (k + 5) ? sprintf("%08x", (i * k) % 31 * 7919) : "")
		print line
	}
}' >raw/train.txt
gzip -k raw/train.txt && mv raw/train.txt raw/again.txt

one() {		# one COLUMN: that of row 50
	cp-cat -q --to tsv --bare --rows 50:51 -c "$1" p/criteo/criteo.cps | tail -n 1
}

test_that 'Criteo: 39 fields of rows without a header, into shards' '
	into_shards criteo criteo RAW="$PWD/raw" EXPECT=400 2>err || { cat err; exit 1; }
	test "$(cp-cat -q --to tsv --bare --head 0 p/criteo/criteo.cps | tr "\t" "\n" | grep -cE "^(I|C)[0-9]+$")" = 39
	grep "criteo: 400 rows" err
'
test_that 'the numbers by each declaration: buckets, learnt buckets, numbers, categories' '
	for how in squares quantiles log category; do
		make -s -C p/criteo BIN="$CP_BIN" RAW="$PWD/raw" EXPECT= NUMBERS=$how
		one I1 >I1.$how
	done
	cmp I1.squares I1.category && exit 1
	grep -E "^[0-9a-f]{16}$" I1.squares
	grep "^3.9" I1.log
	grep "^I1: buckets at [-0-9]" p/criteo/criteo.bounds
'
test_that 'several files are one; the rest of the rows of a file cut short is missed' '
	make -s -C p/criteo BIN="$CP_BIN" RAW="$PWD/raw" FILES="train.txt again.txt" EXPECT=800
	fails_with 2 make -s -C p/criteo BIN="$CP_BIN" RAW="$PWD/raw" FILES=train.txt
	grep "400 rows, expected 45840617: a file cut short" fails_with.err
	test ! -e p/criteo/criteo.cps || test "$(cp-cat -q --count p/criteo/criteo.cps)" = 800
	mkdir cut
	head -c 2000 raw/train.txt.gz >cut/train.txt.gz
	fails_with 2 make -s -C p/criteo BIN="$CP_BIN" RAW="$PWD/cut" EXPECT=
	printf "1\t2\n" >cut/short.txt
	fails_with 2 make -s -C p/criteo BIN="$CP_BIN" RAW="$PWD/cut" EXPECT= FILES=short.txt
	grep "the first row has 2 columns" fails_with.err
'
test_that 'one epoch on Criteo, its numbers as numbers' '
	into_shards criteo criteo RAW="$PWD/raw" EXPECT=400 NUMBERS=log 2>err
	cp-train -q --stage ctr --model dnn --set hidden=8 --epochs 1 --train p/criteo/criteo.train.cps --valid p/criteo/criteo.valid.cps -o m.cpm
	cp-predict -q -m m.cpm p/criteo/criteo.test.cps | cp-auc -q | grep "^auc	"
'

awk 'BEGIN {
	print "id,click,hour,C1,banner_pos,site_id,site_domain,site_category,app_id,app_domain,app_category,device_id,device_ip,device_model," \
		"device_type,device_conn_type,C14,C15,C16,C17,C18,C19,C20,C21"
	for (i = 0; i < 300; i++) {
		line = sprintf("1%018d,%d,1410%02d%02d", i, i * 7 % 11 < 3, 21 + i / 30, i % 24)
		for (k = 4; k <= 24; k++)
			line = line "," (k < 6 || k > 13 ? i % k - 1 : sprintf("%08x", i * k % 23))
		print line
	}
}' >raw/train.csv
head -n 1 raw/train.csv >raw/more.csv
tail -n 1 raw/train.csv >>raw/more.csv

test_that 'Avazu: the id is no field, the hour is the time and tells hour and weekday, into shards by time' '
	into_shards avazu avazu RAW="$PWD/raw" EXPECT=301 FILES="train.csv more.csv" SPLIT=time 2>err || { cat err; exit 1; }
	cp-cat -q --to tsv --bare --head 0 p/avazu/avazu.cps | tr "\t" "\n" >names
	grep -x timestamp names
	grep -x weekday names
	grep -x hour_of_day names
	test "$(grep -cvxE "row|label|timestamp" names)" = 23
	! grep -x id names || exit 1
	cp-cat -q --to tsv --bare --head 1 -c timestamp p/avazu/avazu.cps | grep -x 1413849600
	cp-cat -q --to tsv --bare -c timestamp p/avazu/avazu.test.cps | sed 1d | sort -n | head -n 1 >late
	test $(cat late) -ge $(date -u -d 2014-10-29 +%s)
'
test_that 'one epoch on Avazu' '
	cp-train -q --stage ctr --model fm --epochs 1 --train p/avazu/avazu.train.cps --valid p/avazu/avazu.valid.cps -o m.cpm
	cp-predict -q -m m.cpm p/avazu/avazu.test.cps | cp-auc -q | grep "^auc	"
'

if test -e "$SHARED/data/ctr-samples"; then
	test_that 'the samples: their rows and positives' '
		files="train.csv dev.csv test.csv"
		make -s -C p/criteo BIN="$CP_BIN" RAW="$SHARED/data/ctr-samples/criteo" FILES="$files" EXPECT=8000
		grep "^rows with label 1	1728$" p/criteo/criteo.counts
		make -s -C p/avazu BIN="$CP_BIN" RAW="$SHARED/data/ctr-samples/avazu" FILES="$files" EXPECT=8999
		grep "^rows with label 1	1563$" p/avazu/avazu.counts
	'
else
	test_skip 'the samples: their rows and positives' '../shared/data/ctr-samples is not here'
fi
test_that 'clean takes what was made, and no more' '
	clean_leaves_the_sources criteo
	clean_leaves_the_sources avazu
'
test_done
