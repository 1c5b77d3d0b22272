#!/bin/sh
# cp-cat: histograms, and rows for libsvm and libffm.
. "$(dirname "$0")/test-lib.sh"

awk 'BEGIN {
	print "label,timestamp,User,City"
	for (i = 0; i < 5000; i++) {
		r = (i * 7919 + 13) % 10007
		printf "%d,%s,u%d,c%d\n", r % 3 == 0, r % 10 ? r % 997 : "", r % 13 * (r % 7) % 29, r % 5
	}
}' >rows.csv
cp-textify -q <rows.csv >all.cps
printf '%s\n' '{"#cps":{"format":"cps","columns":[{"name":"label","type":"label","storage":"f64","chain":[]},{"name":"age","type":"number","storage":"f64","chain":[]},{"name":"User","type":"key","storage":"u64","chain":[]},{"name":"Tags","type":"keys","storage":"[u64]","chain":[]},{"name":"pay","type":"number","storage":"f64","chain":[]},{"name":"mask","type":"mask","storage":"[u32]","chain":[]}],"steps":[]}}' \
	'{"label":1,"age":30.5,"User":"8000000000000001","Tags":["4000000000000000","0000000000000000"],"pay":null,"mask":[1,5,3,7]}' \
	'{"label":0,"age":-1,"User":"0000000000000001","Tags":[],"pay":0.25,"mask":[]}' \
	'{"label":1,"age":null,"User":"4000000000000001","Tags":["4000000000000000","4fffffffffffffff","c000000000000000","4000000000000000"],"pay":-0.0,"mask":[0,1]}' |
	cp-cat -q --from jsonl --edited >small.cps

test_that 'keys: counts, the most frequent first' '
	cp-cat -q --histogram User all.cps >got && head -n 1 got | grep -qx "key	rows	share" &&
	cut -d, -f3 rows.csv | sed 1d | sort | uniq -c | awk "{ print \$1 }" | sort -nr >want && sed 1d got | cut -f2 | cmp - want &&
	awk "NR > 1 { n += \$2; s += \$3 } END { exit !(n == 5000 && s > 0.9999 && s < 1.0001) }" got &&
	top=$(cut -d, -f3 rows.csv | sed 1d | sort | uniq -c | sort -k1,1nr | head -n 1 | awk "{ print \$2 }") &&
	key=$(sed -n 2p got | cut -f1) && test "$(cp-cat -q --count --where "User=$top" all.cps)" = "$(cp-cat -q --count --where "User=#$key" all.cps)"
'
test_that 'of a list every member counts' '
	cp-cat -q --histogram Tags small.cps | sed 1d | cut -f 1,2 | tr "\t\n" "= " | grep -qx "4000000000000000=3 0000000000000000=1 4fffffffffffffff=1 c000000000000000=1 "
'
test_that 'numbers: bins that are quantiles, missing ones by themselves' '
	cp-cat -q --histogram timestamp --bins 10 all.cps >got && test "$(wc -l <got)" = 12 && head -n 1 got | grep -qx "from	to	rows	share" &&
	sed -n 2p got | grep -qx "		$(cut -d, -f2 rows.csv | sed 1d | grep -c "^\$")	0.[0-9]*" &&
	sed 1,2d got | awk -F "\t" "\$3 < 440 || \$3 > 460 { print; bad = 1 } END { exit bad }" &&
	sed 1,2d got | while IFS="	" read -r from to rows share; do
		cut -d, -f2 rows.csv | sed 1d | awk -v a="$from" -v b="$to" "\$1 != \"\" && \$1 >= a && \$1 <= b" | wc -l | grep -qx "$rows" || exit 1
	done
'
test_that 'few different values: a bin a value' '
	cp-cat -q --histogram label all.cps | cut -f 1-3 >got &&
	cut -d, -f1 rows.csv | sed 1d | sort -n | uniq -c | awk "{ print \$2 \"\t\" \$2 \"\t\" \$1 }" >want && sed 1d got | cmp - want &&
	cp-cat -q --histogram age small.cps | cut -f 1-3 | tr "\t\n" ",;" | grep -qx "from,to,rows;nan,nan,1;-1,-1,1;30.5,30.5,1;" &&
	cp-cat -q --histogram label --where label=1 all.cps | sed 1d | cut -f 1,4 | grep -qx "1	1.000000"
'
test_that 'text and lists: lengths; masks: positions' '
	cp-cat -q --histogram text --bins 1000000 all.cps | sed 1d | cut -f 1,3 >got &&
	cp-cat -q -c text --to tsv --bare all.cps | sed 1d | awk "{ print length }" | sort -n | uniq -c | awk "{ print \$2 \"\t\" \$1 }" | cmp - got &&
	cp-cat -q --histogram mask small.cps | sed 1d | cut -f 1,3 | tr "\t\n" ",;" | grep -qx "0,1;1,1;2,1;" &&
	cp-cat -q --histogram row --bins 3 all.cps | sed 1d | cut -f 1-3 | tr "\t\n" ",;" | grep -qx "0,1665,1666;1666,3332,1667;3333,4999,1667;"
'
test_that 'no rows, no column' '
	cp-cat -q --head 0 all.cps | cp-cat -q --histogram User | cmp - /dev/fd/3 3<<-END &&
	key	rows	share
	END
	cp-cat -q --head 0 all.cps | cp-cat -q --histogram row | grep -qx "from	to	rows	share" &&
	fails_with 1 cp-cat -q --histogram nothing all.cps && grep -q "there is no column" fails_with.err &&
	test "$(cp-cat -q --histogram User all.cps 2>&1 >/dev/full | wc -l)" = 1
'
test_that 'libsvm: label, ascending indices, numbers first, a list as its mean' '
	cp-cat -q --to libsvm --hash-bits 2 small.cps >got &&
	printf "%s\n" "1 1:30.5 3:0.5 4:0.5 5:1" "0 1:-1 2:0.25 3:1" "1 2:-0 4:1.75 6:0.25" | cmp - got &&
	cp-cat -q --to libsvm all.cps | awk "{ last = 0; for (i = 2; i <= NF; i++) { split(\$i, p, \":\"); if (p[1] + 0 <= last) exit 1; last = p[1] + 0 } } END { if (NR != 5000) exit 1 }"
'
test_that 'libffm: field, index, value' '
	cp-cat -q --to libffm --hash-bits 2 small.cps >got &&
	printf "%s\n" "1 0:1:30.5 1:5:1 2:3:0.5 2:4:0.5" "0 0:1:-1 1:3:1 3:2:0.25" "1 1:4:1 2:4:0.75 2:6:0.25 3:2:-0" | cmp - got
'
test_that 'rows and columns are chosen first; several streams, sorted ones too' '
	cp-cat -q --to libsvm -c label,User --where label=1 --head 3 all.cps >got && test "$(wc -l <got)" = 3 && test "$(awk "NF == 2" got | wc -l)" = 3 &&
	test "$(cp-cat -q --to libsvm all.cps all.cps | wc -l)" = 10000 &&
	cp-cat -q --sort row:desc --to libsvm all.cps >got && cp-cat -q --to libsvm all.cps | tac | cmp - got &&
	fails_with 1 cp-cat -q --to libsvm --drop label all.cps && grep -q "type label" fails_with.err &&
	fails_with 1 cp-cat -q --to libsvm -c label,text all.cps && grep -q "features" fails_with.err &&
	fails_with 1 sh -c "cp-cat -q --to libsvm all.cps >/dev/full"
'
if command -v liblinear-train >/dev/null; then
	test_that 'LIBLINEAR learns from it what the rows have' '
		awk "BEGIN { print \"label,User,City\"; for (i = 0; i < 400; i++) printf \"%d,u%d,c%d\\n\", i % 3 == 0, i % 3, i % 7 }" | cp-featurize -q | cp-cat -q --to libsvm >l.svm &&
		liblinear-train -s 0 -q l.svm l.model && liblinear-predict l.svm l.model l.out | grep -q "Accuracy = 100%"
	'
else
	test_skip 'LIBLINEAR learns from it what the rows have' 'liblinear-train is not installed (package liblinear-tools)'
fi
test_done
