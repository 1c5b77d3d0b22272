#!/bin/sh
# The other readers and writers where the world is broken, as t1013 asks of cp-cat and cp-split: disk full, limits, what is no file, output over
# input, fields without an end, foreign bytes, declarations and tokenizers that are none.  One sentence, exit 1, nothing half-written.
. "$(dirname "$0")/test-lib.sh"

awk 'BEGIN {
	print "label,timestamp,User,Title"
	for (i = 0; i < 20000; i++) printf "%d,%d,u%d,\"The Film, part %d\"\n", i * 7 % 11 < 5, 1000 + i, i % 97, i * 31 % 1009
}' >rows.csv
cp-textify -q rows.csv >text.cps
cp-textify -q --text rows.csv >lines.txt
head -n 300 rows.csv | cp-textify -q | cp-train -q --stage ctr --epochs 1 --threads 1 -o m.cpm
mkdir out
echo 'timestamp: buckets 9' >learn

# every tool and one input that is good for it
calls() {
	cat <<-'END'
	cp-featurize -q -o out/x :rows.csv
	cp-featurize -q --learn --declare learn -o out/x :rows.csv
	cp-textify -q -o out/x :rows.csv
	cp-textify -q --text -o out/x :rows.csv
	cp-mask -q -o out/x :text.cps
	cp-mask -q --lines -o out/x :lines.txt
	cp-validate -q -o out/x :text.cps
	cp-validate -q --csv -o out/x :rows.csv
	cp-predict -q -m m.cpm -o out/x :text.cps
	cp-predict -q -m m.cpm --csv -o out/x :rows.csv
	cp-auc -q -o out/x :scores
	cp-vocab -q --size 300 -o out/plm :text.cps
	cp-vocab -q --size 300 --lines -o out/plm :lines.txt
	cp-train -q --stage ctr --epochs 1 --threads 1 -o out/x --train :text.cps
	END
}
cp-predict -q -m m.cpm text.cps >scores

# one_sentence COMMAND...: exit 1, one line on stderr, nothing in out/
one_sentence() {
	status=0
	timeout 60 "$@" >stdout 2>stderr </dev/null || status=$?
	cat stderr
	test $status -eq 1 && test "$(wc -l <stderr)" = 1 && test -z "$(find out -type f)" || { echo "status $status: $*"; find out; return 1; }
}
# with FILE: every call on FILE in place of its good input
with() {
	calls | sed "s|:[a-z.]*\$|$1|" | while read -r call; do one_sentence $call || exit 1; done
}
# csv_is WHAT: the readers of CSV refuse the file `bad`, in a sentence that says WHAT
csv_is() {
	for how in cp-featurize cp-textify "cp-validate --csv" "cp-predict -m m.cpm --csv"; do
		one_sentence $how -q -o out/x bad && grep -a -e "$1" stderr || { echo "$how"; return 1; }
	done
}

test_that 'the good calls are good' '
	calls | tr -d : | while read -r call; do $call </dev/null || exit 1; rm -rf out/*; done
'
test_that 'a folder, an absent file, an empty one, zeros, compressed rows' '
	: >empty && head -c 100000 /dev/zero >zeros && gzip -c rows.csv >rows.gz &&
	for bad in out absent empty zeros rows.gz; do with $bad || return 1; done
'
if test "$(id -u)" = 0; then
	test_skip 'a file that may not be read' 'root may read all'
else
	test_that 'a file that may not be read' ': >locked && chmod 0 locked && with locked && grep Permission stderr'
fi
test_that 'no folder for the output' '
	rm -rf out/* && calls | grep -v vocab | sed "s| out/x| absent/x|; s/://" | while read -r call; do one_sentence $call && grep -q "^cp-[a-z]*: absent/x" stderr || exit 1; done
'
test_that 'a limit on the size of files, in the output' '
	export CP_LEDGER=/dev/null/none
	calls | grep "featurize -q -o\|textify\|mask" | tr -d : | while read -r call; do (ulimit -f 2 && one_sentence $call && grep -q "File too large" stderr) || { echo "$call"; exit 1; }; done
'
test_that 'a reader that goes away ends it quietly' '
	calls | grep -v "learn\|validate\|auc\|vocab\|train" | sed "s/ -o out.x / /; s/:\([a-z.]*\)\$/\1/" | while read -r call; do
		status=0; unread $call 2>stderr || status=$?
		test $status = 141 && test ! -s stderr || { cat stderr; echo "status $status: $call"; exit 1; }
	done
'
test_that 'lines and fields without an end: soon, and in little memory' '
	endless() { { printf "$1"; yes | tr -d "\n"; } | (ulimit -v 2000000; shift; one=0; timeout 30 "$@" >stdout 2>stderr || one=$?; cat stderr; test $one = 1 && test "$(wc -l <stderr)" = 1); }
	if $CP_BIN/cp-cat --version | grep -q sanitize; then return 0; fi
	for q in "" "\""; do
		endless "label,User,Title\n1,2,$q" cp-featurize -q && endless "label,User,Title\n1,2,$q" cp-textify -q && endless "label,User,Title\n1,2,$q" cp-predict -q -m m.cpm --csv
	done
	for how in cp-featurize "cp-mask --lines" "cp-vocab --lines" cp-auc cp-mask cp-vocab cp-validate "cp-predict -m m.cpm" cp-cat "cp-cat --from tsv" "cp-split -o out/x" "cp-cat --tail 3"; do
		endless "" $how || { echo "$how"; exit 1; }
	done
'
test_that 'NUL, UTF-16, a cut quote, a lone CR, a row too short' '
	printf "label,timestamp,User,Title\n1,2,a\\000b,c\n" >bad && csv_is "NUL" && printf "\377\376l\000,\000A\000\n\000" >bad && csv_is "UTF-16\|UTF-8\|NUL" &&
	printf "label,timestamp,User,Title\n1,2,\"a\n" >bad && csv_is "never closed" && printf "label,timestamp,User,Title\n1,2,a\rb,c\n" >bad && csv_is "carriage return" &&
	printf "label,timestamp,User,Title\n1,a\n" >bad && csv_is "expected 4"
'
test_that 'a header alone, CR LF and a byte order mark are good' '
	echo "label,timestamp,User,Title" >h && test "$(cp-featurize -q h | cp-cat -q --count)" = 0 && head -n 50 rows.csv >a.csv &&
	{ printf "\357\273\277"; sed "s/\$/\r/" a.csv; } >b.csv && for how in cp-featurize cp-textify "cp-predict -m m.cpm --csv"; do
		$how -q a.csv >a && $how -q b.csv >b || return 1
		case $how in cp-predict*) cmp a b ;; *) test "$(cp-cat -q --to tsv --bare a)" = "$(cp-cat -q --to tsv --bare b)" ;; esac || return 1
	done
'
test_that 'a million columns' '
	awk "BEGIN { for (i = 0; i < 1000000; i++) printf \"c%d,\", i; print \"label\"; for (i = 0; i < 1000000; i++) printf \"1,\"; print 1 }" >bad &&
	for how in cp-featurize "cp-validate --csv" "cp-predict -m m.cpm --csv"; do
		status=0; timeout 60 $how -q bad >o 2>stderr || status=$?; cat stderr | cut -c1-300
		{ test $status = 0 && test ! -s stderr; } || { test $status = 1 && test "$(wc -l <stderr)" = 1 && test "$(wc -c <stderr)" -lt 2000; } || return 1
	done
'
test_that 'the output is the input' '
	cp rows.csv same && cp-textify -q -o same same && cp-cat -q --check same && cp-mask -q -o same same && cp-cat -q --check same
'
test_that 'declarations and templates that are none' '
	head -c 3000 /dev/zero >zeros && echo "{Title" >open && : >empty && for how in "--declare out" "--declare absent" "--declare zeros" "--declare lines.txt" "--template-file out" \
		"--template-file absent" "--template-file zeros" "--template-file open" "--template-file empty"; do
		status=0; cp-textify -q -o out/x $how rows.csv 2>stderr || status=$?
		cat stderr; test $status != 0 && test -z "$(ls out)" && test "$(grep -vc "try .cp-" stderr)" = 1 || { echo "$how"; return 1; }
	done
'
test_that 'folders of a tokenizer that are none' '
	mkdir p0 p1 p2 p3
	echo "{" >p0/tokenizer.json
	head -c 5000 /dev/zero >p1/vocab.txt
	mkdir p2/vocab.txt
	for plm in p0 p1 p2 p3 absent rows.csv; do
		one_sentence cp-mask -q --plm $plm -o out/x text.cps || return 1
	done
'
test_done
