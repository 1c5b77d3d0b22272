#!/bin/sh
# The data set inside the project: its cut, its CSV, its digest.
. "$(dirname "$0")/test-lib.sh"

cp -R "$TOP/pipelines/movietweetings" m && rm -f m/*.csv m/*.cps

test_that 'the core: users and movies fall out until all that are left have enough' '
	# movie c has one rating, that of user 2, who without it has one left and falls too
	printf "%s::x::1\n" 1::a 1::b 2::a 2::c 3::a 3::b 4::a 4::b | awk -v users=2 -v movies=2 -f m/core.awk >core
	printf "%s::x::1\n" 1::a 1::b 3::a 3::b 4::a 4::b | diff - core
'
test_that 'movietweetings.csv: 108,029 rows with the stored digest' '
	make -s -C m
	test $(wc -l <m/movietweetings.csv) -eq 108030
	grep -o "[0-9a-f]\{64\}" m/README.md | sed "s|\$|  m/movietweetings.csv|" | sha256sum -c
	ls m | grep tmp && exit 1
	true
'
test_that 'shards, split by time' '
	make -s -C m shards BIN="$CP_BIN"
	test "$(cp-cat -q --count m/movietweetings.train.cps)" = 86423
	test "$(cp-cat -q --count m/movietweetings.valid.cps)" = 10803
	test "$(cp-cat -q --count m/movietweetings.test.cps)" = 10803
	cp-cat -q --to tsv --bare -c timestamp m/movietweetings.train.cps | sort -n | tail -n 1 >last
	cp-cat -q --to tsv --bare -c timestamp m/movietweetings.test.cps | tail -n +2 | sort -n | head -n 1 >first
	test "$(cat last)" -le "$(cat first)"
'
test_that 'movies of genre Adult are not shown' '
	printf "1::A (2000)::Drama\n2::B (2001)::Comedy|Adult\n" >movies
	printf "1::1::8::5\n1::2::9::6\n1::1::7::7\n" >ratings
	awk -f m/rows.awk movies ratings >rows 2>err || true
	printf "label,timestamp,User ID,Movie ID,Title,Year,Genre\n1,5,1,1,A,2000,Drama\n0,7,1,1,A,2000,Drama\n" | diff - rows
	grep "2 rows, 1 users, 1 movies, 1 positive; expected 108029 rows" err
'
test_done
