#!/bin/sh
# cp-cat and cp-split where the world is broken: disk full, limits, closed pipes, what is no file, temporary files that cannot be.
# Each time one sentence and exit 1, and nothing half-written.
. "$(dirname "$0")/test-lib.sh"

awk 'BEGIN {
	print "label,timestamp,User,Title"
	for (i = 0; i < 30000; i++) printf "%d,%d,u%d,\"The Film, part %d\"\n", i * 7 % 11 < 5, i * 7919 % 10007, i % 97, i * 31 % 1009
}' >rows.csv
cp-textify -q <rows.csv >all.cps
printf 'User,Age\nu1,18\nu2,25\n' | cp-featurize -q >users.cps
size=$(wc -c <all.cps)
mkdir out tmp

# every way to read rows, as words after cp-cat
modes() {
	cat <<-'END'
	--count
	--where label=1
	--sort timestamp
	--sort Title:desc --memory 1
	--shuffle
	--sample-rows 100
	--tail 5
	--histogram Title
	--histogram timestamp
	--join-by-key users.cps --on User
	--to libsvm
	--to jsonl
	END
}
rules() {
	cat <<-'END'
	--by hash
	--by time
	--by time --per User
	--by last --per User
	--per label
	--folds 3
	--by rows --rows list
	END
}
printf '3\ttest\n' >list

# one_sentence COMMAND...: exit 1, one line on stderr, nothing new in out/ and tmp/
one_sentence() {
	status=0
	"$@" >stdout 2>stderr || status=$?
	cat stderr
	test $status -eq 1 && test "$(wc -l <stderr)" = 1 && test -z "$(ls out tmp | grep -v ":$" | grep .)" || { echo "status $status: $*"; ls out tmp; return 1; }
}

test_that 'cut and flipped streams, in every mode' '
	head -c $((size - 100)) all.cps >cut.cps && cp all.cps flipped.cps && printf "\377\377" | dd of=flipped.cps bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null &&
	for bad in cut.cps flipped.cps; do
		modes | while read -r how; do one_sentence cp-cat -q -o out/x $how $bad && grep -q "^cp-cat: $bad: ." stderr || exit 1; done || return 1
		rules | while read -r how; do one_sentence cp-split -q -o out/x $how $bad && grep -q "^cp-split: $bad: ." stderr || exit 1; done || return 1
		rules | while read -r how; do one_sentence sh -c "cat $bad | TMPDIR=tmp cp-split -q -o out/x $how" || exit 1; done || return 1
	done
'
test_that 'a folder, a file that is not there, an empty one, one that is none' '
	: >empty
	echo "label,x" >text
	for bad in out absent empty text rows.csv; do
		modes | while read -r how; do one_sentence cp-cat -q -o out/x $how $bad && grep -q "^cp-cat: $bad: ." stderr || exit 1; done || return 1
		rules | while read -r how; do one_sentence cp-split -q -o out/x $how $bad && grep -q "^cp-split: $bad: ." stderr || exit 1; done || return 1
	done &&
	one_sentence cp-cat -q --join-by-key out --on User all.cps && one_sentence cp-split -q -o out/x --by rows --rows out all.cps
'
if test "$(id -u)" = 0; then
	test_skip 'a file that may not be read' 'root may read all'
else
	test_that 'a file that may not be read' 'cp all.cps locked && chmod 0 locked && one_sentence cp-cat -q --sort label -o out/x locked && grep -q "Permission" stderr'
fi
test_that 'a disk that is full' '
	modes | while read -r how; do
		status=0; cp-cat -q $how all.cps >/dev/full 2>stderr || status=$?
		test $status -eq 1 && test "$(wc -l <stderr)" = 1 && grep -q "No space left" stderr || { cat stderr; echo "$how"; exit 1; }
	done
'
test_that 'a limit on the size of files: the output, and the temporary file' '
	(ulimit -f 20 && for how in "--sort row" "--join" "--to tsv" "--where row<29000"; do one_sentence cp-cat -q $how -o out/x all.cps && grep -q "File too large" stderr || exit 1; done) &&
	(ulimit -f 20 && rules | while read -r how; do one_sentence cp-split -q $how -o out/x all.cps && grep -q "File too large" stderr || exit 1; done) &&
	(ulimit -f 20 && TMPDIR=tmp one_sentence cp-cat -q --sort row --memory 1 --head 1 all.cps && grep -q "temporary file in tmp: File too large" stderr) &&
	(ulimit -f 20 && one_sentence sh -c "cat all.cps | TMPDIR=tmp cp-cat -q --tail 1" && grep -q "temporary file in tmp: File too large" stderr)
'
test_that 'no folder for temporary files, where one is needed' '
	TMPDIR=absent one_sentence cp-cat -q --sort row --memory 1 -o out/x all.cps && grep -q "absent/cp-spool.*No such file" stderr &&
	one_sentence sh -c "cat all.cps | TMPDIR=absent cp-split -q -o out/x" && one_sentence sh -c "cat all.cps | TMPDIR=absent cp-cat -q --sample-rows 3" &&
	TMPDIR=absent cp-cat -q --sort row all.cps >/dev/null && TMPDIR=absent cp-split -q -o y all.cps
'
test_that 'no folder for the output' '
	one_sentence cp-cat -q --sort row -o absent/x all.cps && one_sentence cp-split -q -o absent/x all.cps
'
test_that 'a reader that goes away ends it quietly' '
	modes | grep -v "count\|tail\|sample\|histogram" | while read -r how; do
		status=0; unread cp-cat -q $how all.cps 2>stderr || status=$?
		test $status = 141 && test ! -s stderr || { cat stderr; echo "status $status: $how"; exit 1; }
	done
'
test_that 'streams that disagree' '
	modes | while read -r how; do one_sentence cp-cat -q -o out/x $how all.cps users.cps || exit 1; done &&
	rules | while read -r how; do one_sentence cp-split -q -o out/x $how all.cps users.cps || exit 1; done
'
test_that 'the output is the input' '
	cp all.cps same.cps
	for how in "" "--sort row" "--to tsv" "--count"; do
		one_sentence sh -c "cp-cat -q $how same.cps >>same.cps" && grep -q "same.cps: is input and output at once" stderr && cmp all.cps same.cps || return 1
	done &&
	one_sentence sh -c "cp-cat -q <same.cps >>same.cps" && cmp all.cps same.cps &&
	cp-cat -q --sort timestamp -o same.cps same.cps && cp-cat -q --sort timestamp all.cps | cmp - same.cps
'
test_that 'names that are not those of the header' '
	cp-cat -q --to tsv all.cps | sed "2s/User/Uses/" >t.tsv && one_sentence cp-cat -q --from tsv -o out/x t.tsv && grep -q "expected .row.*User" stderr
'
test_that 'text that is cut, or has a line without an end' '
	cp-cat -q --to jsonl all.cps >t.jsonl && cp-cat -q --to tsv all.cps >t.tsv &&
	for form in jsonl tsv; do
		head -c 300000 t.$form >cut && one_sentence cp-cat -q --from $form -o out/x cut && grep -q "line [0-9]*: .*cut short" stderr &&
		head -n 3000 t.$form >cut && one_sentence cp-cat -q --from $form -o out/x cut && grep -q "cut short" stderr || return 1
	done
'
test_done
