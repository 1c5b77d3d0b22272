#!/bin/sh
# cp-split within the values of a column: by time, leave-last-out, stratified; by files of row numbers; folds.
. "$(dirname "$0")/test-lib.sh"

# rows N: row, timestamp (some missing, many equal), label, User (very many rows, or one), text
rows() {
	{
		echo '{"#cps":{"format":"cps","columns":[{"name":"row","type":"row","storage":"u64","chain":[]},{"name":"timestamp","type":"time","storage":"i64","chain":[]},{"name":"User","type":"key","storage":"u64","chain":[]},{"name":"label","type":"label","storage":"f64","chain":[]},{"name":"Tags","type":"keys","storage":"[u64]","chain":[]},{"name":"text","type":"text","storage":"bytes","chain":[]}],"steps":[]}}'
		awk -v n="$1" 'BEGIN {
			for (i = 0; i < n; i++) {
				r = (i * 7919 + 13) % 10007
				t = r % 101
				u = r % 10 < 7 ? r % 23 : 1000 + i % 400
				printf "{\"row\":%d,\"timestamp\":%s,\"User\":\"%016x\",\"label\":%d,\"Tags\":[\"%016x\"],\"text\":\"t%d\"}\n", i, t < 20 ? "null" : t - 50, u, r % 5 == 0, r, r
			}
		}'
	} | cp-cat -q --from jsonl --edited --block-rows 64
}
table() { cp-cat -q --to tsv --bare "$1" | sed 1d; }
count() { cp-cat -q --count "$1"; }
digests() { cp-cat -q --show "$1" | awk '/^column / { on = 1; next } on && NF == 0 { exit } on { print $1, $NF }'; }

rows 1000 >all.cps
table all.cps >all.tsv

# want RULE: "ROW PART" by awk, rows ranked within their user.  RULE: ratio (8:1:1 by time), last
want() {
	awk -F '\t' '{ print $3 "\t" ($2 == "" ? -1000 : $2) "\t" $1 }' all.tsv | sort -t "	" -k1,1 -k2,2n -k3,3n | awk -F '\t' -v rule="$1" '
		function ceil(x) { return x == int(x) ? x : int(x) + 1 }
		function flush(  i, test, valid) {
			test = valid = 0
			if (n >= 3 && rule == "last") test = valid = 1
			if (n >= 3 && rule == "ratio") { test = ceil(n / 10); valid = ceil((n - test) / 9) }
			for (i = 1; i <= n; i++) print row[i], (i > n - test ? "test" : i > n - test - valid ? "valid" : "train")
			n = 0
		}
		$1 != user { flush(); user = $1 }
		{ row[++n] = $3 }
		END { flush() }' | sort -n
}
got() {			# got PREFIX
	for p in train valid test; do table "$1.$p.cps" | awk -v p=$p '{ print $1, p }'; done | sort -n
}
is_the_input() {	# is_the_input PREFIX PART...: the parts together are all.cps, in order within each
	prefix=$1
	shift
	for p in "$@"; do table "$prefix.$p.cps" >part.tsv && sort -n part.tsv | cmp - part.tsv && cat part.tsv >>parts.tsv || return 1; done
	sort -n parts.tsv | cmp - all.tsv && rm parts.tsv &&
	for p in "$@"; do echo "$prefix.$p.cps"; done | xargs cp-cat -q --sort row >sorted.cps && digests sorted.cps >a && digests all.cps | cmp - a
}

test_that 'by time within each user' '
	cp-split -q --by time --per User -o t all.cps && want ratio >w && got t | cmp - w && is_the_input t train valid test &&
	cat all.cps | cp-split -q --by time --per User -o p && for p in train valid test; do cmp t.$p.cps p.$p.cps || return 1; done
'
test_that 'leave-last-out, users with fewer than three rows in train, and how many is said' '
	cp-split --by last --per User -o l all.cps 2>err && want last >w && got l | cmp - w && is_the_input l train valid test &&
	small=$(cut -f3 all.tsv | sort | uniq -c | awk "\$1 < 3" | wc -l) && users=$(cut -f3 all.tsv | sort -u | wc -l) && test $small -gt 10 &&
	grep -q "; $small of $users values of User have fewer than 3 rows: all to train" err &&
	test "$(count l.test.cps)" = $((users - small)) && test "$(count l.valid.cps)" = $((users - small))
'
test_that 'leave-last-out without a time goes by the order; two parts have no validation' '
	cp-cat -q --drop timestamp all.cps >no.cps && cp-split -q --by last --per User --names train,test -o o no.cps &&
	awk -F "\t" "{ n[\$3]++; last[\$3] = \$1 } END { for (u in n) if (n[u] > 1) print last[u] }" all.tsv | sort -n >w &&
	table o.test.cps | cut -f1 | cmp - w && test ! -e o.valid.cps
'
test_that 'stratified: each label has its share, at random by seed' '
	cp-split -q --per label -o s all.cps && is_the_input s train valid test &&
	for l in 0 1; do
		n=$(cut -f4 all.tsv | grep -c "^$l\$") && test=$(((n + 9) / 10)) && valid=$(((n - test + 8) / 9)) &&
		test "$(cp-cat -q --count --where label=$l s.test.cps)" = $test && test "$(cp-cat -q --count --where label=$l s.valid.cps)" = $valid || return 1
	done &&
	cp-split -q --per label -o s2 all.cps && cmp s.test.cps s2.test.cps && cp-split -q --per label --seed 1 -o s3 all.cps && ! cmp -s s.test.cps s3.test.cps
'
test_that 'folds: equal, disjoint, the whole; the others are the training set; by group and stratified too' '
	cp-split -q --folds 7 -o k all.cps && is_the_input k fold0 fold1 fold2 fold3 fold4 fold5 fold6 &&
	for i in 0 1 2 3 4 5 6; do count k.fold$i.cps; done | sort -u | tr "\n" " " | grep -qx "142 143 " &&
	ls k.fold?.cps | grep -v fold3 | xargs cp-cat -q --join >train.cps && test $(($(count train.cps) + $(count k.fold3.cps))) = 1000 &&
	cp-split -q --folds 0 -o none all.cps && cp-split -q -o by-ratio all.cps && cmp none.test.cps by-ratio.test.cps &&
	cp-cat -q --show k.fold3.cps | grep -q "folds=\"7\".*part=\"fold3\"" &&
	cp-split -q --folds 3 --by group --group User -o g all.cps && is_the_input g fold0 fold1 fold2 &&
	for i in 0 1 2; do table g.fold$i.cps | cut -f3 | sort -u; done | sort | uniq -d | cmp - /dev/null &&
	cp-split -q --folds 4 --per label -o s all.cps && is_the_input s fold0 fold1 fold2 fold3 &&
	for i in 0 1 2 3; do cp-cat -q --count --where label=1 s.fold$i.cps; done | sort -u | wc -l | awk "\$1 > 2 { exit 1 }"
'
test_that 'by files of row numbers, in both forms; the rest goes to the first part' '
	awk "BEGIN { for (i = 999; i >= 0; i -= 7) printf \"%d\\t%s\\n\", i, i % 2 ? \"test\" : \"valid\" }" >list &&
	cp-split --by rows --rows list -o r all.cps 2>err && grep -q "; 143 rows were named" err && is_the_input r train valid test &&
	grep test list | cut -f1 | sort -n >w && table r.test.cps | cut -f1 | cmp - w && grep valid list | cut -f1 | sort -n >w && table r.valid.cps | cut -f1 | cmp - w &&
	grep test list | cut -f1 >test.rows && grep valid list | cut -f1 >valid.rows &&
	cp-split -q --by rows --rows test=test.rows --rows valid=valid.rows -o q all.cps && for p in train valid test; do table q.$p.cps >a; table r.$p.cps | cmp - a || return 1; done &&
	cp-cat -q --drop row all.cps | cp-split -q --by rows --rows list -o n && table n.test.cps | cut -f5 >a && table r.test.cps | cut -f6 | cmp - a &&
	cp-cat -q --show r.test.cps | grep -q "cp-split .* rows="
'
test_that 'a file of row numbers that is wrong is told with its line' '
	wrong() { cat >bad; fails_with 1 cp-split -q --by rows --rows bad -o w all.cps >out && cat out && grep -q -e "$1" fails_with.err && ! ls w.* 2>/dev/null; }
	printf "3\ttest\nx\ttest\n" | wrong "bad: line 2: .x. is not the number" || return 1
	printf "3\ttset\n" | wrong "bad: line 1: .tset. is none of the parts" || return 1
	printf "3\n" | wrong "bad: line 1: .*a tab" || return 1
	printf "3\ttest\n4\ttest\n3\tvalid\n" | wrong "row 3 is named twice" || return 1
	printf "3\ttest\n1000\ttest\n" | wrong "all.cps: row 1000 is named for part .test., and the input has no such row" || return 1
	printf "3\ttest" | wrong "no newline" || return 1
	head -c 1000 /dev/zero | wrong "bad: line 1: too long" || return 1
	printf "3\ttest\n" >bad && fails_with 1 cp-split -q --by rows --rows bad -o w all.cps all.cps && grep -q "row 3 .* twice" fails_with.err &&
	fails_with 1 cp-split -q --by rows --rows absent -o w all.cps && grep -q "absent: open: No such file" fails_with.err &&
	fails_with 1 cp-split -q --by rows --rows test=/ -o w all.cps
'
test_that 'wrong options of these' '
	for args in "--by last" "--by hash --per User" "--by rows" "--rows x" "--folds 1" "--folds 33" "--folds 3 --ratio 1:1:1" "--folds 2 --names a,b" \
		"--by last --per User --ratio 8:1:1" "--by last --per User --names a"; do
		fails_with 2 cp-split -o x $args all.cps || return 1
	done &&
	fails_with 1 cp-split -o x --per Tags all.cps && grep -q "Tags. has type keys: --per takes" fails_with.err &&
	fails_with 1 cp-split -o x --per nothing all.cps && fails_with 1 cp-split -o x --by time --per text all.cps && ! ls x.* 2>/dev/null
'
test_that 'a part that would take the place of the input is refused' '
	cp all.cps a.train.cps && fails_with 1 cp-split -o a a.train.cps && grep -q "a.train.cps: is input and output at once" fails_with.err && cmp all.cps a.train.cps &&
	fails_with 1 cp-split -o a <a.train.cps && grep -q "standard input is input and output at once" fails_with.err && cmp all.cps a.train.cps &&
	test "$(ls a.*.cps)" = a.train.cps
'
test_that 'no rows at all' '
	cp-cat -q --head 0 all.cps >none.cps
	for how in "--by last --per User" "--per label" "--by time --per User" "--folds 3"; do
		cp-split -q $how -o z none.cps && test "$(cat z.*.cps | cp-cat -q --count)" = 0 && rm z.*.cps || return 1
	done
'
test_done
