#!/bin/sh
# cp-featurize and cp-textify as commands: options, files, outputs.  What a row becomes is in t2000 and t2001.
. "$(dirname "$0")/test-lib.sh"

printf 'label,timestamp,User,Film\n1,10,u1,"Hi, there"\n0,,u2,Jaws\n1,30,u1,Jaws\n' >rows.csv

test_that 'sentences as plain lines' '
	cp-textify --text <rows.csv >lines
	printf "%s\n" "User is u1. Film is Hi, there." "User is u2. Film is Jaws." "User is u1. Film is Jaws." | diff - lines
'
test_that 'a file, standard input and - are the same; -o as standard output' '
	for t in cp-featurize cp-textify; do
		$t rows.csv >a.cps
		$t <rows.csv >b.cps
		cat rows.csv | $t - >c.cps
		$t -o d.cps rows.csv >nothing
		cmp a.cps b.cps
		cmp a.cps c.cps
		cmp a.cps d.cps
		test ! -s nothing
	done
'
test_that 'same bytes however the input is cut into reads' '
	cp-textify <rows.csv >a.cps
	{ head -c 30 rows.csv; sleep 0.1; tail -c +31 rows.csv; } | cp-textify >b.cps
	cmp a.cps b.cps
'
test_that 'several files are one input' '
	head -n 2 rows.csv >1.csv
	{ head -n 1 rows.csv; tail -n 2 rows.csv; } >2.csv
	cp-textify --text 1.csv 2.csv >lines
	cp-textify --text rows.csv | diff - lines
	cp-textify rows.csv | cp-cat --to tsv --bare >whole
	cp-textify 1.csv 2.csv | cp-cat --to tsv --bare | diff whole -
	printf "label,timestamp,User,Movie\n1,1,a,b\n" >3.csv
	fails_with 1 cp-featurize 1.csv 3.csv -o x.cps
	grep "^cp-featurize: 3.csv: " fails_with.err
	test ! -e x.cps
'
test_that 'the delimiter, and a tab by name' '
	tr , "\t" <rows.csv | sed "s/\"Hi\t there\"/\"Hi, there\"/" >rows.tsv
	for d in "\\t" tab "$(printf "\t")"; do
		cp-textify --text -d "$d" rows.tsv >lines
		cp-textify --text rows.csv | diff - lines
	done
	fails_with 2 cp-textify -d ab rows.csv
	fails_with 2 cp-textify -d "" rows.csv
	fails_with 2 cp-textify -d "\"" rows.csv
'
test_that 'fields: chosen, ordered, named with a comma' '
	printf "a,\"b, c\",d\n1,2,3\n" >odd.csv
	test "$(cp-textify --text --fields "d,\"b, c\"" odd.csv)" = "d is 3. b, c is 2."
	fails_with 1 cp-textify --text --fields "d,b" odd.csv
	grep "no column .b. for --fields; there are .a., .b, c. and .d." fails_with.err
	fails_with 2 cp-textify --text --fields "d,\"b" odd.csv
	fails_with 2 cp-textify --text --fields "" odd.csv
	grep -e "--fields needs NAMES, and what is given is empty" fails_with.err
'
test_that 'no header: f1, f2, ..., or names from --fields' '
	tail -n +2 rows.csv >bare.csv
	test "$(head -n 1 bare.csv | cp-textify --text --no-header)" = "f1 is 1. f2 is 10. f3 is u1. f4 is Hi, there."
	test "$(head -n 1 bare.csv | cp-textify --text --no-header --fields f4,f3)" = "f4 is Hi, there. f3 is u1."
	cp-textify --text --no-header --fields label,timestamp,User,Film bare.csv >lines
	cp-textify --text rows.csv | diff - lines
	test "$(head -n 1 bare.csv | cp-textify --text --no-header --fields label,timestamp,-,Film)" = "Film is Hi, there."
'
test_that 'a template, with any column but the label' '
	test "$(head -n 2 rows.csv | cp-textify --text -t "{{{Film}}} at {timestamp}")" = "{Hi, there} at 10"
	test "$(head -n 2 rows.csv | cp-textify --text --fields User --template "{Film}")" = "Hi, there"
	fails_with 1 cp-textify --text --template "{film}" rows.csv
	grep "rows.csv: template: there is no column .film.; there are .label., .timestamp., .User. and .Film." fails_with.err
	fails_with 1 cp-textify --text --template "{label}" rows.csv
	fails_with 2 cp-textify --text --template "{Film" rows.csv
'
test_that 'a bad row: file, line and column; nothing under the final name' '
	printf "1,x,u3,Alien\n" >>rows.csv
	fails_with 1 cp-featurize -o x.cps rows.csv
	grep "^cp-featurize: rows.csv: line 5, column 2 .timestamp.: the timestamp .x. is not a whole number" fails_with.err
	ls | grep x.cps && exit 1
	fails_with 1 cp-featurize <rows.csv >cut.cps
	grep "^cp-featurize: standard input: line 5, column 2" fails_with.err
'
test_that '--skip-bad goes on and says how many' '
	printf "1\n0,40,u2,Alien\n" >>rows.csv
	cp-featurize --skip-bad rows.csv >x.cps 2>err
	cat err
	grep "^cp-featurize: the first bad row: rows.csv: line 5, column 2 .timestamp.: " err
	tail -n 1 err | grep "^cp-featurize [0-9.]*: 6 rows in, 4 rows out, .* peak, 2 bad rows left out$"
	cp-featurize --skip-bad -q rows.csv 2>err >x.cps
	test ! -s err
'
test_that '--bad-utf8: refused by default, replaced on demand' '
	printf "A\nJos\351 \342\202x\n" >latin.csv
	fails_with 1 cp-textify --text latin.csv
	grep "latin.csv: line 2, column 1 .A.: byte 4 of the value (0xe9) is not UTF-8" fails_with.err
	test "$(cp-textify --text --bad-utf8 replace latin.csv)" = "A is Jos� �x."
	fails_with 2 cp-textify --bad-utf8 ignore latin.csv
'
test_that 'what an option takes may read like an option' '
	printf "label,A\n1,--help\n0,x\n" >help.csv
	cp-featurize -q --null --help help.csv >apart.cps
	cp-featurize -q --null=--help help.csv | cmp - apart.cps
'
test_that 'nothing at all is refused, a header alone gives no rows' '
	fails_with 1 cp-featurize </dev/null >x.cps
	grep "standard input: empty: expected a CSV that begins with the names of its columns" fails_with.err
	printf "label,A\n" | cp-featurize >x.cps 2>err
	grep "0 rows in, 0 rows out" err
	printf "label,A\n" | cp-textify --text >x 2>err
	test ! -s x
'
test_that 'a file that is not there, and a folder' '
	fails_with 1 cp-featurize no-such.csv
	grep "no-such.csv: open: No such file" fails_with.err
	fails_with 1 cp-featurize .
'
test_that 'lines that cannot be written' '
	got=0
	cp-textify --text rows.csv --skip-bad >/dev/full 2>err || got=$?
	test $got -eq 1
	grep "No space left on device" err
	cp-textify rows.csv --skip-bad >/dev/full 2>err || got=$?
	grep "cp-textify: standard output: writing records: No space left on device" err
'
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	test_that 'records are not written to a terminal, lines are' '
		script -qec "cp-textify rows.csv --skip-bad; echo status \$?" /dev/null >tty </dev/null
		cat tty
		grep "status 2" tty
		grep "refusing to write binary records to a terminal" tty
		script -qec "cp-textify --text rows.csv --skip-bad; echo status \$?" /dev/null >tty </dev/null
		grep "status 0" tty
		grep "User is u1." tty
	'
else
	test_skip 'records are not written to a terminal, lines are' 'script(1) makes no terminal here'
fi
test_that 'rows of any number in the same memory' '
	{ echo label,A,B; yes "1,some value,\"another, longer value of the row\"" | head -n 300000; } >long.csv
	cp-textify -o long.cps long.csv 2>err
	cat err
	mb=$(sed -n "s/.* s, \([0-9]*\)\.[0-9]* MB peak.*/\1/p" err)
	test "$mb" -lt 50 || grep -q sanitize "$CP_BIN/../build.h" 2>/dev/null || cp-textify --version | grep -q fsanitize
'
test_that 'parts with --first-row, joined, are the whole' '
	cp-textify --skip-bad rows.csv >whole.cps
	head -n 3 rows.csv | cp-textify --skip-bad >1.cps
	{ head -n 1 rows.csv; tail -n +4 rows.csv; } | cp-textify --skip-bad --first-row 2 >2.cps
	cp-cat --to tsv --bare whole.cps >whole.tsv
	cat 1.cps 2.cps | cp-cat --to tsv --bare | diff whole.tsv -
	grep "^1[[:space:]]" whole.tsv
'
test_that 'what a stream tells of itself: source, options, the template with the text alone' '
	cp-textify -t "{User}" --skip-bad <rows.csv | cp-cat --show >show
	cat show
	grep template show
	cp-featurize --skip-bad <rows.csv | cp-cat --show | grep template && exit 1
	cp-textify --skip-bad --first-row 7 <rows.csv | cp-cat --show | grep first-row && exit 1
	true
'
test_that 'a header of one name that others would cut is refused, unless it is named' '
	tab=$(printf "\t")
	for delimiter in ";" "|" "$tab"; do
		printf "label%su\n1%sa\n" "$delimiter" "$delimiter" >one.csv
		for how in cp-featurize "cp-featurize --null NA" cp-textify "cp-textify --text" "cp-validate --csv"; do
			fails_with 1 $how -q one.csv
			grep "one.csv: .label.u. is one name only if --fields says so; the header is a single column: is .* the delimiter" fails_with.err
		done
		cp-textify -q --text -d "$delimiter" one.csv | grep -x "u is a."
		cp-textify -q --text --fields "label${delimiter}u" one.csv | grep -F "label"
	done
	printf "a;b\n1;2\n" | cp-featurize -q --no-header --fields "x;y" | cp-cat -q --count
'
test_done
