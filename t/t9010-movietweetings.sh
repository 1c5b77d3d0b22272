#!/bin/sh
# The data set inside the project: its cut, its CSV, its digest.
. "$(dirname "$0")/test-lib.sh"

. "$TEST_DIR/pipelines-lib.sh"
pipeline movietweetings
m=p/movietweetings

test_that 'movietweetings.csv: 108,029 rows with the stored digest' '
	make -s -C $m
	test $(wc -l <$m/movietweetings.csv) -eq 108030
	digest_in_readme movietweetings movietweetings.csv
	ls $m | grep tmp && exit 1
	true
'
test_that 'shards, split by time' '
	make -s -C $m shards BIN="$CP_BIN"
	test "$(cp-cat -q --count $m/movietweetings.train.cps)" = 86423
	test "$(cp-cat -q --count $m/movietweetings.valid.cps)" = 10803
	test "$(cp-cat -q --count $m/movietweetings.test.cps)" = 10803
	cp-cat -q --to tsv --bare -c timestamp $m/movietweetings.train.cps | sort -n | tail -n 1 >last
	cp-cat -q --to tsv --bare -c timestamp $m/movietweetings.test.cps | tail -n +2 | sort -n | head -n 1 >first
	test "$(cat last)" -le "$(cat first)"
'
test_that 'a stream that this version cannot read is made anew, and with it the shards' '
	cp $m/movietweetings.test.cps good.cps
	for f in $m/movietweetings.cps $m/movietweetings.test.cps; do echo "of another version" >$f; done
	make -s -C $m shards BIN="$CP_BIN" 2>err
	grep "cp-cat: movietweetings.cps: " err
	cmp good.cps $m/movietweetings.test.cps
	make -C $m shards BIN="$CP_BIN" 2>&1 | tee said
	! grep bin/cp- said || exit 1
'
test_that 'another cut, another rule: told, not refused' '
	make -s -C $m USERS=20 LABEL=">= 9" 2>err
	grep "rows, published are 108029: another cut" err
	make -s -C $m clean
	ls $m/ratings.dat.xz $m/Makefile
'
test_that 'movies of genre Adult are not shown' '
	printf "1::A (2000)::Drama\n2::B (2001)::Comedy|Adult\n" >movies
	printf "1::1::8::5\n1::2::9::6\n1::1::7::7\n" >ratings
	LC_ALL=C awk -v data=m -v rule=">= 8" -v counts=counts -v ratings=3 -f p/csv.awk -f $m/rows.awk movies ratings >rows
	printf "label,timestamp,User ID,Movie ID,Title,Year,Genre\n1,5,1,1,A,2000,Drama\n0,7,1,1,A,2000,Drama\n" | diff - rows
	grep "^rows	2$" counts
'
test_that 'clean takes what was made, and no more' '
	clean_leaves_the_sources movietweetings
'
test_done
