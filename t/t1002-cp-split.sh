#!/bin/sh
# cp-split: exact sizes, order, reproducible, all parts or none.
. "$(dirname "$0")/test-lib.sh"

# rows N: records with N rows: row, timestamp (some missing, many equal), User
rows() {
	{
		echo '{"#cps":{"format":"cps","columns":[{"name":"row","type":"row","storage":"u64","chain":[]},{"name":"timestamp","type":"time","storage":"i64","chain":[]},{"name":"User","type":"key","storage":"u64","chain":[]}],"steps":[]}}'
		awk -v n="$1" 'BEGIN {
			for (i = 0; i < n; i++) {
				t = (i * 7919 + 13) % 101
				printf "{\"row\":%d,\"timestamp\":%s,\"User\":\"%016x\"}\n", i, t < 20 ? "null" : t - 50, i * 31 % 23
			}
		}'
	} | cp-cat -q --from jsonl --edited --block-rows 64
}
table() {		# table FILE: row, timestamp, user
	cp-cat -q --to tsv --bare "$1" | sed 1d
}
count() { cp-cat -q --count "$1"; }

rows 1000 >all.cps

test_that '8:1:1 has the sizes of the paper' '
	for n in 0 1 2 9 10 11 19 20 21 101; do
		rows $n >n.cps && cp-split -q --by time -o n n.cps &&
		test=$(((n + 9) / 10)) && valid=$(((n - test + 8) / 9)) &&
		echo $n $valid $test &&
		test "$(count n.test.cps)" = $test && test "$(count n.valid.cps)" = $valid &&
		test "$(count n.train.cps)" = $((n - test - valid)) || return 1
	done
'
test_that 'by time: as a stable sort would have it, missing first, rows in order' '
	cp-split -q --by time -o time all.cps &&
	table all.cps | awk -F "\t" "{ print (\$2 == \"\" ? -1000 : \$2), NR, \$1 }" | sort -n -k1,1 -k2,2 | awk "{ print \$3 }" >ranked &&
	head -n 800 ranked | sort -n >a && table time.train.cps | cut -f1 >b && cmp a b &&
	sed -n 801,900p ranked | sort -n >a && table time.valid.cps | cut -f1 >b && cmp a b &&
	tail -n 100 ranked | sort -n >a && table time.test.cps | cut -f1 >b && cmp a b
'
test_that 'by order' '
	cp-split -q --by order --ratio 1:3 -o order all.cps &&
	table order.train.cps | cut -f1 >a && seq 0 249 | cmp - a && table order.test.cps | cut -f1 >a && seq 250 999 | cmp - a
'
test_that 'at random: every row once, in order; same seed same bytes, another seed other rows' '
	cp-split -q -o r1 all.cps && cp-split -q -o r2 all.cps && cp-split -q --seed 1 -o r3 all.cps &&
	for p in train valid test; do cmp r1.$p.cps r2.$p.cps && ! cmp -s r1.$p.cps r3.$p.cps || return 1; done &&
	test "$(count r1.train.cps) $(count r1.valid.cps) $(count r1.test.cps)" = "800 100 100" &&
	for p in train valid test; do table r1.$p.cps; done | sort -n >a && table all.cps >b && cmp a b &&
	table r1.train.cps >a && sort -n a | cmp - a &&
	test "$(table r1.test.cps | awk "\$1 < 500" | wc -l)" -gt 30 && test "$(table r1.test.cps | awk "\$1 < 500" | wc -l)" -lt 70
'
test_that 'a pipe gives the same bytes as a file, and so does a stream cut into other blocks and segments' '
	cat all.cps | cp-split -q -o piped && for p in train valid test; do cmp r1.$p.cps piped.$p.cps || return 1; done &&
	cp-cat -q --rows :333 all.cps >a.cps && cp-cat -q --rows 333: all.cps >b.cps &&
	cp-split -q -o parts a.cps b.cps &&
	for p in train valid test; do table r1.$p.cps >a && table parts.$p.cps >b && cmp a b || return 1; done
'
test_that 'by hash: parts of the data split apart are the parts of the whole' '
	cp-split -q --by hash --seed 3 -o whole all.cps && cp-split -q --by hash --seed 3 -o a a.cps && cp-split -q --by hash --seed 3 -o b b.cps &&
	for p in train valid test; do
		{ table a.$p.cps; table b.$p.cps; } >x && table whole.$p.cps >y && cmp x y || return 1
	done &&
	n=$(count whole.train.cps) && test "$n" -gt 740 && test "$n" -lt 860
'
test_that 'by group: a group is in one part' '
	cp-split -q --by group --group User --ratio 1:1 --names left,right -o g all.cps &&
	table g.left.cps | cut -f3 | sort -u >a && table g.right.cps | cut -f3 | sort -u >b &&
	test -s a && test -s b && test -z "$(comm -12 a b)" && test "$(cat a b | wc -l)" = 23
'
test_that 'what was split is drawn anew when it is split again, whatever rule drew it' '
	{ echo label,user; awk "BEGIN { for (i = 0; i < 20000; i++) print i % 2 \",u\" i % 997 }"; } | cp-featurize -q -o many.cps &&
	for first in "--by random" "--by hash" "--by group --group user"; do
		cp-split -q $first --ratio 4:1 -o once many.cps &&
		for again in "--by random" "--by hash" "--by group --group user"; do
			cp-split -q $again --ratio 4:1 -o twice once.train.cps &&
			n=$(count twice.test.cps) && echo "$first, $again: $n" && test $n -gt 2800 && test $n -lt 3600 || return 1
		done
	done &&
	cp-split -q --folds 5 --by hash -o cv many.cps && cat cv.fold[0-3].cps | cp-split -q --by hash --ratio 4:1 -o rest &&
	n=$(count rest.test.cps) && test $n -gt 2800 && test $n -lt 3600
'
test_that 'of rows that were split unequally often, those split most often come first' '
	{ echo label,user; awk "BEGIN { for (i = 0; i < 500; i++) print i % 2 \",v\" i }"; } | cp-featurize -q --first-row 20000 -o extra.cps &&
	for rule in "--by random" "--by hash" "--by group --group user"; do
		cp-split -q $rule --ratio 1:1 -o half many.cps &&
		cat half.train.cps extra.cps | cp-split -q $rule --ratio 1:1 -o joined &&
		a=$(count joined.train.cps) b=$(count joined.test.cps) &&
		echo "$rule: $a, $b" && test $a -gt $((b * 8 / 10)) && test $b -gt $((a * 8 / 10)) &&
		fails_with 1 cp-split -q $rule --ratio 1:1 -o no extra.cps half.train.cps &&
		grep "^cp-split: half.train.cps: its rows were split more often (1) than those of the first input (0)" fails_with.err || return 1
	done &&
	! ls no.* && cp-split -q --by order -o placed extra.cps half.train.cps
'
test_that 'a part that was cut is split apart as a whole, and as it is split by itself' '
	cp-split -q --by hash -o whole once.train.cps && cp-cat -q --rows :5000 once.train.cps >a.cps && cp-cat -q --rows 5000: --drop label once.train.cps >b.cps &&
	cp-split -q --by hash -o a a.cps && cp-split -q --by hash -o b b.cps &&
	for p in train valid test; do
		cp-cat -q --to tsv --bare -c row a.$p.cps >x && cp-cat -q --to tsv --bare -c row b.$p.cps | sed 1d >>x && cp-cat -q --to tsv --bare -c row whole.$p.cps | cmp - x || return 1
	done
'
test_that 'the parts say what they are' '
	cp-cat -q --show time.valid.cps | grep -q "cp-split .*ratio=\"8:1:1\" by=\"time\".*part=\"valid\"" &&
	cp-cat -q --check time.train.cps time.valid.cps time.test.cps &&
	cat time.train.cps time.valid.cps | cp-cat -q --join | cp-cat -q --check
'
test_that 'and what they come from' '
	"$CP_UNITS/stream" one.cps && cp-split -q -o one one.cps && cp-cat -q --show one.test.cps | grep -q "^source 0123456789abcdef0123456789abcdef, 1040"
'
test_that 'all parts or none' '
	head -c 5000 all.cps >cut.cps && mkdir none && fails_with 1 cp-split -q -o none/x cut.cps && test -z "$(ls none)" &&
	fails_with 1 cp-split -q --by hash -o none/x cut.cps && test -z "$(ls none)" &&
	fails_with 1 cp-split -q --by hash -o absent/x all.cps
'
test_that 'wrong options' '
	for args in "" "-o x --ratio 1" "-o x --ratio 8:0:1" "-o x --ratio 8:1:x" "-o x --ratio 1:1:1:1" "-o x --names a,b" "-o x --names a,a,b" \
		"-o x --names a,b,c/d" "-o x --by group" "-o x --group User" "-o x --by length"; do
		fails_with 2 cp-split $args all.cps || return 1
	done &&
	fails_with 2 cp-split -o x --names "" all.cps && grep -q -e "--names needs A,B,C, and what is given is empty" fails_with.err &&
	cp-cat -q --drop timestamp all.cps >no.cps && fails_with 1 cp-split --by time -o x no.cps && grep -q "type time" fails_with.err &&
	fails_with 1 cp-split --by group --group row -o x all.cps
'
test_done
