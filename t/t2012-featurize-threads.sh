#!/bin/sh
# cp-featurize and cp-textify: the same bytes from any number of threads, whatever is wrong with the rows, and the same sentence.
. "$(dirname "$0")/test-lib.sh"

# Some 12 MB in which everything occurs: quotes over lines, doubled quotes, blank lines, CR LF; then rows that are bad, the number of the
# first of them given.
rows() {
	awk -v bad="$1" 'BEGIN {
		print "label,timestamp,User,Title,Genre"
		for (i = 1; i <= 150000; i++) {
			u = (i * 7919) % 6040; t = (i * 104729) % 3883
			if (i % 1000 == 17) print ""
			if (i % 977 == 0) printf "%d,%d,u%d,\"A \"\"title\"\" of\ntwo lines, %d\",g%d\n", i % 2, i, u, t, t % 18
			else if (i % 3 == 0) printf "%d,%d,u%d,\"Title, The %d (1990)\",g%d\r\n", i % 2, i, u, t, t % 18
			else printf "%d,%d,u%d,Title %d (a long one: %d%d%d),g%d\n", i % 2, i, u, t, i, i, i, t % 18
			if (bad && i >= bad && i % 5003 == 0) printf "1,2,x\"y,z,%d\nx,1,2,3,4\n0,\"open,1,2,3\n1,2\n   \n", i
		}
	}'
}

same_for_threads() {	# tool and arguments
	rm -f out.*
	for n in 1 2 3; do
		"$@" --threads $n -o out.$n 2>err.$n || echo "exit $?" >>err.$n
		sed 's/, [0-9.]* s, [0-9.]* MB peak//' err.$n >msg.$n
	done
	cmp msg.1 msg.2
	cmp msg.1 msg.3
	[ ! -e out.1 ] || { cmp out.1 out.2 && cmp out.1 out.3; }
}

test_that "good rows: the same bytes" '
	rows 0 >good.csv
	same_for_threads cp-featurize good.csv
	grep -q "150000 rows in, 150000 rows out" msg.1
	same_for_threads cp-textify --text good.csv
	test "$(wc -l <out.1)" -eq 150000
'

test_that "several files, one of them without its last line end" '
	head -c 3000000 good.csv >part.csv
	same_for_threads cp-featurize --skip-bad part.csv good.csv
'

test_that "bad rows left out: the same bytes, the same first of them" '
	rows 60000 >bad.csv
	same_for_threads cp-featurize --skip-bad bad.csv
	grep -q "first bad row: bad.csv: line [0-9]*, column 3 .User.: a quote inside an unquoted field" msg.1
	grep -q "bad rows left out" msg.1
	same_for_threads cp-textify --skip-bad bad.csv
'

test_that "a bad row in the middle: the same sentence, and nothing is left" '
	same_for_threads cp-featurize bad.csv
	grep -q "line [0-9]*, column 3 .User.: a quote inside an unquoted field" msg.1
	grep -q "exit 1" msg.1
	test ! -e out.1
'

test_that "what comes through a pipe is cut no other way" '
	cp-featurize -q good.csv >file.cps
	{ head -c 1234567 good.csv; sleep 0.1; tail -c +1234568 good.csv; } | cp-featurize -q --threads 3 >pipe.cps
	cmp file.cps pipe.cps
'

test_that "memory stays small" '
	cp-textify good.csv 2>&1 >/dev/null | awk "{ sub(/.* s, /, \"\"); exit !(\$1 < 60) }" ||
		cp-textify --version | grep -q fsanitize	# whose own memory counts as well
'

test_done
