#!/bin/sh
# cp-auc with strata and other scores in files of their own, and cp-strata, which makes the strata: the long tail by its definition.
. "$(dirname "$0")/test-lib.sh"

# 3,000 rows of users and items, some of them rare; the last 600 are tested on, and have some that are new
awk 'BEGIN {
	x = 7
	print "label,timestamp,User ID,Item ID,Price"
	for (i = 0; i < 3000; i++) {
		x = x * 16807 % 2147483647; a = x / 2147483647
		x = x * 16807 % 2147483647; b = x / 2147483647
		new = i >= 2400 && x % 7 == 0
		printf "%d,%d,u%d,%s%d,%d\n", x % 3 == 0, i, 60 * a * a * a, new ? "n" : "i", 80 * b * b, i
	}
}' >rows.csv
cp-featurize -q rows.csv >rows.cps
head -n 2401 rows.csv | cp-featurize -q >train.cps
{ head -n 1 rows.csv; tail -n 600 rows.csv; } >test.csv
cp-featurize -q test.csv >test.cps
cp-cat -q --to tsv --bare -c 'User ID' -c 'Item ID' train.cps | tail -n +2 >train.keys
cp-cat -q --to tsv --bare -c 'User ID' -c 'Item ID' test.cps | tail -n +2 >test.keys
tail -n +2 test.csv | awk -F, 'BEGIN { x = 99 } { x = x * 16807 % 2147483647; printf "%d\t%.5f\n", $1, x / 2147483647 }' >a.tsv
awk '{ x = (NR * 7919) % 601; printf "%d\t%.5f\n", $1, (x + 300 * $1) / 1000 }' a.tsv >b.tsv

# The definition, by counting, sorting and looking up: tail PERCENT COLUMN
tail_of() {
	cut -f "$2" train.keys | sort | uniq -c | awk '{ print $1, $2 }' | LC_ALL=C sort -k 1,1n -k 2,2 >ranked
	awk -v percent="$1" -v n="$(wc -l <ranked)" 'NR <= int(n * percent / 100 + 1e-9) { print $2 }' ranked >rare
	awk '{ print $2 }' ranked >seen
	cut -f "$2" test.keys | awk 'FILENAME == "rare" { rare[$1] = 1; next } FILENAME == "seen" { seen[$1] = 1; next }
		{ print rare[$1] || !seen[$1] ? "tail" : "head", seen[$1] ? "seen" : "new" }' rare seen -
}

test_that 'strata are those of the definition: exactly the rarest share, ties by key, what is not seen among them' '
	cp-strata --train train.cps --by "User ID" --by "Item ID" --tail 20 --tail 12.5 test.cps >strata.tsv
	sed -n 1p strata.tsv
	{
		printf "tail20\ttail12.5\tnew\n"
		for percent in 20 12.5; do
			for c in 1 2; do tail_of $percent $c >of.$percent.$c; done
		done
		paste -d " " of.20.1 of.20.2 of.12.5.1 of.12.5.2 | awk "{ printf \"%s,%s\t%s,%s\t%s,%s\n\", \$1, \$3, \$5, \$7, \$2, \$4 }"
	} >want
	diff want strata.tsv
	for word in tail,tail tail,head head,tail head,head; do grep -q "^$word" strata.tsv || { echo "no $word to test with"; exit 1; }; done
	cut -f 3 strata.tsv | grep -q "seen,new"
'

test_that 'the share is 20 unless told; several training files are one; a column alone; the bounds' '
	cut -f 1,3 strata.tsv >want
	cp-strata -q --train train.cps --by "User ID" --by "Item ID" <test.cps | diff want -
	cp-cat -q -n 1000 -o first.cps train.cps
	cp-strata -q --train first.cps --by "User ID" test.cps >few
	! diff -q few want || exit 1
	head -n 1001 rows.csv | cp-featurize -q >p1.cps
	{ head -n 1 rows.csv; sed -n "1002,2401p" rows.csv; } | cp-featurize -q >p2.cps
	cp-strata -q --train p1.cps --train p2.cps --by "User ID" --by "Item ID" -o joined test.cps
	diff want joined
	test "$(cp-strata -q --train train.cps --by "User ID" --tail 100 test.cps | tail -n +2 | cut -f 1 | sort -u)" = tail
	test "$(cp-strata -q --train train.cps --by "User ID" --tail 0 test.cps | tail -n +2 | awk "{ print (\$1 == \"tail\") == (\$2 == \"new\") }" | sort -u)" = 1
'

test_that 'what it does not take' '
	fails_with 2 cp-strata --train train.cps test.cps
	fails_with 2 cp-strata --by "User ID" test.cps
	for bad in x 101 -1 ""; do fails_with 2 cp-strata --train train.cps --by "User ID" --tail "$bad" test.cps; done
	fails_with 2 cp-strata --train train.cps --by "User ID" --tail 20 --tail 2e1 test.cps
	fails_with 1 cp-strata --train train.cps --by label test.cps
	grep "no key column .label." fails_with.err
	cp-cat -q -c label -o bare.cps rows.cps
	fails_with 1 cp-strata --train train.cps --by "User ID" bare.cps
	for bounds in "5 10" "5 11"; do
		printf "label,price\n1,3\n0,10.5\n" | cp-featurize -q -f "price: buckets at $bounds" -o "at${bounds#5 }.cps"
	done
	fails_with 1 cp-strata -q --train at10.cps --by price -o no.tsv at11.cps
	grep "at11.cps: column .price. was made otherwise than in the training rows: .*at 5 11.* here, .*at 5 10.* there" fails_with.err
	test ! -e no.tsv
	cp-strata -q --train at10.cps --by price at10.cps | grep seen
	head -c 3000 train.cps >cut.cps
	fails_with 1 cp-strata --train cut.cps --by "User ID" -o no.tsv test.cps
	test ! -e no.tsv
'

test_that 'figures by strata are those of a column in the scores' '
	tail -n +2 strata.tsv | cut -f 1 | paste a.tsv - >with
	cp-auc -q --stratum 3 with | grep "	[a-z,]*$" | awk -F"\t" "{ print \$1, \$2, \"tail20=\" \$3 }" >want
	cp-auc -q --strata strata.tsv a.tsv >got
	awk -F"\t" "/tail20=/ { print \$1, \$2, \$3 }" got | diff want -
	test "$(grep -c "^auc	" got)" = "$(($(for c in 1 2 3; do tail -n +2 strata.tsv | cut -f $c | sort -u; done | wc -l) + 1))"
	cp-auc -q a.tsv >plain
	head -n "$(wc -l <plain)" got | diff plain -
	cp-auc -q --json --strata strata.tsv a.tsv >json
	if command -v jq; then test "$(jq ".strata | keys | length" json)" = "$(($(grep -c "^auc	" got) - 1))"; fi
'

test_that 'other scores from a file are compared as from a column, within strata too' '
	cut -f 2 b.tsv | paste a.tsv - >both
	cp-auc -q --score2 3 both >want
	cp-auc -q --against b.tsv a.tsv | diff want -
	cp-auc -q --against b.tsv --strata strata.tsv a.tsv | grep "^auc_p	.*	tail20=tail,head$"
	{ echo "label	score"; cat b.tsv; } >named.tsv
	cp-auc -q --against named.tsv a.tsv | diff want -
	cp-auc -q --against - a.tsv <b.tsv | diff want -
	fails_with 2 cp-auc --against - - <b.tsv
	fails_with 2 cp-auc --against - <b.tsv
	fails_with 2 cp-auc --strata - --against - a.tsv <b.tsv
	grep "standard input can be read once only" fails_with.err
'

test_that 'the ledger knows both files, so that a comparison is known by what was compared' '
	rm -f "$CP_LEDGER"
	cp-auc -q --split test --against b.tsv --strata strata.tsv a.tsv >/dev/null
	cp-ledger -q trace 1 >lines
	cat lines
	grep "^  scores a.tsv" lines
	grep "^  against b.tsv" lines
	grep "^  strata strata.tsv" lines
	if command -v sqlite3; then
		test "$(sqlite3 "$CP_LEDGER" "select count(*) from comparisons where stratum = \"\" and b = \"b.tsv\"")" = 1
		test "$(sqlite3 "$CP_LEDGER" "select count(*) from comparisons where stratum like \"tail20=%\"")" = 4
	fi
	cp-strata -q --train train.cps --by "User ID" -o s.tsv test.cps
	cp-auc -q --strata s.tsv a.tsv >/dev/null
	cp-ledger -q trace 3 | grep "^    run 2: cp-strata"
	cp-ledger -q rerun 2 | grep "^same	strata"
'

test_that 'files of other rows are refused' '
	head -n 599 b.tsv >short.tsv
	fails_with 1 cp-auc --against short.tsv a.tsv
	grep "599 rows, and 600" fails_with.err
	awk "NR == 77 { \$1 = 1 - \$1 } { print \$1 \"\t\" \$2 }" b.tsv >other.tsv
	fails_with 1 cp-auc --against other.tsv a.tsv
	grep "row 77 has label" fails_with.err
	head -n 600 strata.tsv >short.tsv
	fails_with 1 cp-auc --strata short.tsv a.tsv
	grep "599 rows under a line of names, expected the 600" fails_with.err
	{ cat strata.tsv; tail -n 1 strata.tsv; } >long.tsv
	fails_with 1 cp-auc --strata long.tsv a.tsv
	awk "NR == 9 { print \"one\"; next } { print }" strata.tsv >torn.tsv
	fails_with 1 cp-auc --strata torn.tsv a.tsv
	grep "line 9: 1 columns, and 3 names" fails_with.err
	fails_with 1 cp-auc --strata /dev/null a.tsv
	seq 0 600 >many.tsv
	fails_with 1 cp-auc --strata many.tsv a.tsv
	grep "more than 64 strata" fails_with.err
	fails_with 2 cp-auc --strata strata.tsv --stratum 2 a.tsv
	fails_with 2 cp-auc --against b.tsv --score2 2 a.tsv
'

test_done
