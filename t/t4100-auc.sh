#!/bin/sh
# cp-auc: what it reads, what it prints, what it refuses.
. "$(dirname "$0")/test-lib.sh"

figure() {		# figure NAME [STRATUM] <text: the value printed
	awk -F '\t' -v name="$1" -v stratum="${2-}" '$1 == name && $3 == stratum { print $2 }'
}

member() {		# member PATH <json, e.g. member delong.ci95[0]
	sqlite3 :memory: "select coalesce(json_extract('$(cat)', '\$.$1'), 'null')"
}

# Half of the scores tie with others; the definition counts every pair.
awk 'BEGIN { x = 7; for (i = 0; i < 600; i++) { x = (x * 16807) % 2147483647; y = x % 10 < 3;
	x = (x * 16807) % 2147483647; printf "%d\t%.2f\tu%d\t%s\n", y, (x % 71 + 20 * y) / 100, i % 13, i % 3 ? "rest" : "head" } }' >rows.tsv
awk -F '\t' '{ y[NR] = $1; s[NR] = $2 } END { for (i = 1; i <= NR; i++) for (j = 1; j <= NR; j++) if (y[i] && !y[j]) {
	n++; a += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0 } printf "%.6f\n", a / n }' rows.tsv >by-pairs

test_that 'the AUC is the share of pairs in order, ties one half' '
	cp-auc -q <rows.tsv >out
	cat out
	test "$(figure auc <out)" = "$(cat by-pairs)"
	test "$(figure n <out)" = 600
	test "$(figure positives <out)" = "$(cut -f 1 rows.tsv | grep -c 1)"
'

test_that 'the order of rows does not matter, and a file is read as a pipe is' '
	cp-auc -q <rows.tsv >a
	sort rows.tsv | cp-auc -q | grep -v calibration >b
	cp-auc -q rows.tsv >c
	grep -v calibration a | diff - b
	diff a c
'

test_that 'a header names columns; CR before the newline is dropped; the last newline may lack' '
	{ printf "User\tscore\tlabel\r\n"; awk -F "\t" "{ printf \"%s\t%s\t%s\r\n\", \$3, \$2, \$1 }" rows.tsv; } >named.tsv
	cp-auc -q <named.tsv >a
	cp-auc -q <rows.tsv | diff - a
	cp-auc -q --label 3 --score 2 --group User <named.tsv | figure gauc >g
	cp-auc -q --group 3 <rows.tsv | figure gauc | diff - g
	printf "0\t0.1\n1\t0.9" | cp-auc -q | grep "^n	2"
'

test_that 'strata are what their rows alone give' '
	cp-auc -q --stratum 4 --group 3 <rows.tsv >out
	grep "	head$" rows.tsv | cp-auc -q --group 3 >head
	grep "	head$" out | cut -f 1,2 | diff - head
	grep "	rest$" rows.tsv | cp-auc -q --group 3 --json >rest
	test "$(cp-auc -q --json --stratum 4 --group 3 <rows.tsv | member strata.rest.gauc)" = "$(member gauc <rest)"
'

test_that 'a score compared with itself does not differ; with its negative it is turned about' '
	awk -F "\t" "{ printf \"%s\t%g\n\", \$0, -\$2 }" rows.tsv >neg.tsv
	cp-auc -q --json --score2 2 <rows.tsv >same
	test "$(member paired_delong.diff <same)" = 0
	test "$(member paired_delong.var_diff <same)" = 0
	test "$(member paired_delong.z <same)" = null
	cp-auc -q --json --score2 5 <neg.tsv >neg
	cat neg
	test "$(member logloss2 <neg)" = null
	echo "$(member auc <neg) $(member auc2 <neg)" | awk "{ d = \$1 + \$2 - 1; exit !(d * d < 1e-24) }"
'

test_that 'undefined figures are null, and no failure' '
	printf "1\t0.5\n1\t0.25\n" | cp-auc --json >out 2>err
	cat out err
	test "$(member auc <out)" = null
	test "$(member delong.ci95[0] <out)" = null
	test "$(member positives <out)" = 2
	grep "every label is 1" err
	printf "1\t2.5\n0\t-3\n" | cp-auc --json >out 2>err
	test "$(member auc <out)" = 1
	test "$(member logloss <out)" = null
	grep "outside" err
'

test_that 'the number of threads changes no byte' '
	awk "BEGIN { x = 3; for (i = 0; i < 300000; i++) { x = (x * 16807) % 2147483647; printf \"%d\\t%.6f\\tu%d\n\", x % 7 < 2, (x % 990001) / 990001, i % 997 } }" >many.tsv
	for t in 1 2 3; do cp-auc -q --json --threads $t --group 3 --score2 2 --bootstrap 10 --reliability 7 many.tsv >out.$t; done
	cmp out.1 out.2
	cmp out.1 out.3
	test "$(member n <out.1)" = 300000
'

test_that 'average precision is that of its definition' '
	sort -t "	" -k 2,2gr rows.tsv | awk -F "\t" "function take() { if (called) ap += got * tp / called; got = 0 }
		\$2 != last { take() } { last = \$2; called++; tp += \$1; got += \$1; m += \$1 } END { take(); printf \"%.6f\n\", ap / m }" >by-steps
	cp-auc -q rows.tsv | figure pr_auc | diff by-steps -
	test "$(printf "0\t0.5\n0\t0.25\n" | cp-auc -q --json | member pr_auc)" = null
	test "$(printf "1\t0.5\n1\t0.25\n" | cp-auc -q --json | member pr_auc)" = 1
'

test_that 'bins of equal count and of equal width; ECE is their mean gap' '
	printf "%s\t%s\n" 0 .1 0 .1 1 .15 0 .2 1 .6 1 .7 0 .9 1 1 >few.tsv
	cp-auc -q --json --reliability 4 few.tsv >count
	cat count
	for i in 0 1 2 3; do test "$(member "reliability[$i].n" <count)" = 2; done
	test "$(member "reliability[1].positives" <count)" = 1
	test "$(member "reliability[2].lowest" <count)" = 0.6
	test "$(member ece <count | cut -c 1-6)" = 0.3062
	cp-auc -q --json --reliability 4 --bins width few.tsv >width
	cat width
	test "$(member "reliability[0].n" <width) $(member "reliability[1].n" <width) $(member "reliability[1].rate" <width)" = "4 0 null"
	test "$(member "reliability[3].n" <width)" = 2
	cp-auc -q --reliability 4 few.tsv | grep -c "^bin	" | grep -x 5
	printf "1\t2\n0\t1\n" | cp-auc -q --json --reliability 2 >beyond
	test "$(member ece <beyond) $(member "reliability[1].mean_score" <beyond)" = "null 2"
'

test_that 'rows of one score are not parted between bins' '
	printf "%s\t0.5\n" 0 1 0 1 0 1 | cp-auc -q --json --reliability 3 >one
	test "$(member "reliability[0].n" <one) $(member "reliability[1].n" <one) $(member "reliability[2].n" <one)" = "6 0 0"
'

test_that 'the bootstrap has a seed, draws whole groups, and is wider where a group'"'"'s rows go together' '
	awk "BEGIN { srand(5); for (u = 0; u < 60; u++) { b = rand(); for (i = 0; i < 20; i++) {
		printf \"%d\t%.4f\t%d\n\", rand() < b, .5 * b + .5 * rand(), u } } }" >users.tsv
	cp-auc -q --json --bootstrap 300 --group 3 users.tsv >by-user
	cp-auc -q --json --bootstrap 300 --group 3 users.tsv | cmp - by-user
	! cp-auc -q --json --bootstrap 300 --group 3 --seed 2 users.tsv | cmp -s - by-user || exit 1
	cp-auc -q --json --bootstrap 300 users.tsv >by-row
	cat by-user by-row
	test "$(member bootstrap.groups <by-user) $(member bootstrap.groups <by-row)" = "60 1200"
	echo "$(member delong.se <by-row) $(member bootstrap.se <by-row) $(member bootstrap.se <by-user)" >se
	awk "{ exit !(\$2 > .85 * \$1 && \$2 < 1.15 * \$1 && \$3 > 1.2 * \$1) }" se
	fails_with 2 cp-auc --seed 3 users.tsv
'

test_that 'the relative improvement over the second score' '
	cp-auc -q --json --score2 2 rows.tsv >same
	test "$(member rela_impr <same)" = 0
	printf "1\t.9\t.9\n0\t.1\t.2\n1\t.8\t.7\n0\t.2\t.8\n" | cp-auc -q --json --score2 3 >two
	cat two
	test "$(member rela_impr <two)" = 1
'

refused() {		# refused WORDS LINES: exit 1, the sentence has the words, nothing on stdout
	printf "$2" >in
	fails_with 1 cp-auc -o none <in && grep -e "$1" fails_with.err && test ! -e none
}

test_that 'what is malformed is named' '
	refused "no rows" ""
	refused "no rows" "label\tscore\n"
	refused "line 2: column 1: label is .2., expected 0 or 1" "1\t0.5\n2\t0.5\n"
	refused "line 2: column 1: label is .0.5." "1\t0.5\n0.5\t0.5\n"
	refused "line 3: column 2: score is .0.5x." "1\t0.5\n0\t0.5\n1\t0.5x\n"
	refused "line 2: column 2: score is .nan." "1\t0.5\n1\tnan\n"
	refused "line 2: column 2: score is .." "1\t0.5\n1\t\n"
	refused "line 2: 1 field" "1\t0.5\n1\n"
	refused "line 2: 1 field" "1\t0.5\n\n"
	refused "line 1: 1 field" "0.5\n"
	refused "line 1: 1 field" "score\n"
	refused "line 3: column 2: score is .x." "1\t0.5\n0\t0.5\n1\tx\n1\ty\n"
	refused "line 2: a NUL byte" "1\t0.5\n1\t0.\\0005\n"
'

test_that 'a column that is not there is named, and one line without end is refused' '
	fails_with 1 cp-auc --group User <rows.tsv
	grep "no column .User. for --group among its 4; there is no header" fails_with.err
	fails_with 1 cp-auc --score2 5 <rows.tsv
	fails_with 1 cp-auc --score2 0 <rows.tsv
	yes | tr -d "\n" | head -c 3000000 >long
	fails_with 1 cp-auc <long
	grep "longer than" fails_with.err
'

test_that '--expect-rows finds a text that is cut' '
	cp-auc -q --expect-rows 600 <rows.tsv
	head -n 599 rows.tsv >cut
	fails_with 1 cp-auc --expect-rows 600 <cut
	grep "599 rows, expected 600" fails_with.err
	fails_with 1 cp-auc --expect-rows 0 <rows.tsv
	grep "600 rows, expected 0" fails_with.err
	cp-auc -q --expect-rows -1 <cut
'

test_that '-o writes the whole file or none' '
	cp-auc -q -o out.txt rows.tsv
	cp-auc -q rows.tsv | diff - out.txt
	! cp-auc -q -o none.txt long || exit 1
	test ! -e none.txt
'

test_that 'the figures stand in the ledger' '
	rm -f "$CP_LEDGER"
	cp-auc -q --split test --group 3 --score2 2 --stratum 4 rows.tsv >out
	sqlite3 "$CP_LEDGER" "select printf(\"%.6f\", auc) from results where split = \"test\" and stratum = \"\"" | diff - by-pairs
	test "$(sqlite3 "$CP_LEDGER" "select count(*) from results where stratum in (\"head\", \"rest\")")" = 2
	test "$(sqlite3 "$CP_LEDGER" "select count(*) from comparisons where method = \"delong\"")" = 3
	test "$(sqlite3 "$CP_LEDGER" "select rows from inputs where role = \"scores\" and digest is not null and path = \"rows.tsv\"")" = 600
'

test_that 'which of two columns of one name is meant, nobody can tell' '
	printf "label\tscore\tscore\n0\t.9\t.1\n1\t.1\t.9\n" >twice.tsv
	for options in "" "--score score"; do
		fails_with 1 cp-auc $options twice.tsv
		grep "two columns are called .score.; say which by its number: --score N" fails_with.err
	done
	cp-auc -q --score 3 twice.tsv | grep "^auc	1.0"
'

test_done
