#!/bin/sh
# What every tool does, because its user and the scripts of others rely on it: --help, --version, strict options, a checked close of
# standard output, and a sentence and exit 1 for input that is empty, foreign, absent, cut or flipped.
#
# A tool is found by its source file.  run() below knows one good call of each; a tool that it does not know fails here.
. "$(dirname "$0")/test-lib.sh"

TOOLS=$(cd "$TOP/tools" && ls cp-*.c 2>/dev/null | sed 's/\.c$//')

# --- one good call a tool -----------------------------------------------------------------------------------------------------

run() {			# run TOOL [OPTION...]: with the rows of its good input on stdin
	tool=$1
	shift
	case $tool in
	cp-split) cp-split -o part "$@" ;;
	cp-train) cp-train --stage ctr --epochs 1 --threads 1 -o made.cpm "$@" ;;
	cp-predict) cp-predict -m model.cpm "$@" ;;
	cp-model) cp-model show model.cpm "$@" ;;
	cp-strata) cp-strata --train keys.cps --by User "$@" ;;
	cp-ledger) cp-ledger ls --ledger "$TRASH/ledger.db" "$@" ;;
	cp-report) cp-report --no-pictures --ledger "$TRASH/ledger.db" "$@" ;;
	cp-vocab) cp-vocab --lines --size 200 "$@" ;;
	cp-featurize | cp-textify | cp-mask | cp-cat | cp-auc | cp-validate) $tool "$@" ;;
	*) echo "t0000-contract.sh has no good call of $tool"; return 99 ;;
	esac
}

input() {		# input TOOL: the file with its good input
	case $1 in
	cp-featurize | cp-textify) echo rows.csv ;;
	cp-mask) echo text.cps ;;
	cp-split | cp-train | cp-predict | cp-cat | cp-validate | cp-strata) echo keys.cps ;;
	cp-auc) echo scores.tsv ;;
	cp-vocab) echo lines.txt ;;
	*) echo /dev/null ;;
	esac
}

operand() {		# operand TOOL FILE: how it takes FILE for its input
	case $1 in
	cp-train) echo "--train $2" ;;
	*) echo "$2" ;;
	esac
}

reads() { case $1 in cp-ledger | cp-report | cp-fixture | cp-model) false ;; *) true ;; esac; }		# rows, lines or records on stdin
reads_stream() { case $1 in cp-mask | cp-split | cp-train | cp-predict | cp-cat | cp-validate | cp-strata) true ;; *) false ;; esac; }
writes_stdout() { case $1 in cp-split | cp-train | cp-fixture) false ;; *) true ;; esac; }
has_good_call() { test "$1" != cp-fixture; }

has() { command -v "$1" >/dev/null 2>&1; }

make_inputs() {		# as far as the tools that make them are there
	awk 'BEGIN {
		print "label,timestamp,User,Title,Genre"
		for (i = 0; i < 400; i++)
			printf "%d,%d,u%d,\"The Film, part %d\",%s\n", (i * 7 % 11) < 5, 1000 + i, i % 17, i % 29, i % 3 ? "Drama" : "Comedy"
	}' >rows.csv
	awk 'BEGIN { for (i = 0; i < 200; i++) printf "%d\t%.4f\n", i % 3 == 0, (i * 37 % 101) / 101 }' >scores.tsv
	awk 'BEGIN { for (i = 0; i < 200; i++) printf "Title is The Film, part %d. Genre is Drama.\n", i % 29 }' >lines.txt
	has cp-featurize && cp-featurize -q <rows.csv >keys.cps
	has cp-textify && cp-textify -q <rows.csv >text.cps
	has cp-train && run cp-train -q <keys.cps && cp made.cpm model.cpm
	true
}

# --- what is looked at ---------------------------------------------------------------------------------------------------------

only_error() {		# only_error TOOL STATUS COMMAND...: that status, nothing on stdout, "TOOL: sentence" on stderr, no crash
	eo_tool=$1
	eo_want=$2
	shift 2
	eo_got=0
	"$@" >only.out 2>only.err || eo_got=$?
	cat only.err
	test $eo_got -eq "$eo_want" || { echo "exit status $eo_got, expected $eo_want: $*"; return 1; }
	grep -q "^$eo_tool: ." only.err || { echo "no sentence of $eo_tool on stderr: $*"; return 1; }
	! grep -E 'Sanitizer|runtime error|core dumped' only.err || return 1
}

usage_error() {		# usage_error TOOL WORD ARGUMENT...: exit 2, nothing on stdout, a sentence that names WORD
	ue_tool=$1
	ue_word=$2
	shift 2
	only_error "$ue_tool" 2 "$ue_tool" "$@" </dev/null || return 1
	test ! -s only.out || { echo "something on stdout: $*"; return 1; }
	head -n 1 only.err | grep -q -e "$ue_word" || { echo "the sentence does not name $ue_word"; return 1; }
}

to_closed() {		# to_closed TOOL COMMAND...: started with standard output closed
	tc_tool=$1
	shift
	tc_got=0
	"$@" >&- 2>closed.err || tc_got=$?
	cat closed.err
	test $tc_got -eq 1 || { echo "exit status $tc_got, expected 1"; return 1; }
	grep -q "^$tc_tool: .*Bad file descriptor" closed.err
}

# The lines of --help that are options, as "NAME ARGUMENT DEFAULT CHOICES", '-' where there is none.  A long left part puts the words
# on the next line, so a line that is all left part is joined with the one after it.
options_of() {
	$1 --help | awk '
		/^ +(-.,? +)?--[a-z]/ { if (held) print held; held = $0; next }
		held { if ($0 ~ /^ {20,}/) held = held " " $0; print held; held = "" }
		END { if (held) print held }' |
	sed -E 's/^ +(-., +)?--//' | awk '{
		name = $1
		rest = substr($0, length(name) + 1)
		arg = (rest ~ /^ [A-Z]/) ? $2 : "-"
		choices = match($0, /: [a-z0-9-]+(\|[a-z0-9-]+)+/) ? substr($0, RSTART + 2, RLENGTH - 2) : "-"
		value = match($0, /\[[^][]*\]$/) ? substr($0, RSTART + 1, RLENGTH - 2) : "-"
		print name, arg, value, choices
	}'
}

is_number() { echo "$1" | grep -qE '^-?[0-9]+(\.[0-9]*)?(e-?[0-9]+)?$'; }

is_name() { case $1 in FILE | DIR | FOLDER | PREFIX | PATH | CSV | 'NAME,...' | 'NAME[:desc],...') true ;; *) false ;; esac; }

wrong_values() {	# wrong_values TOOL: every option with a value it cannot have
	options_of "$1" >options
	test -s options || return 1
	while read -r name arg value choices; do
		if test "$arg" = -; then
			usage_error "$1" "--$name" "--$name=1" || return 1
			continue
		fi
		usage_error "$1" "--$name" "--$name" || return 1
		if test "$choices" != -; then
			usage_error "$1" "--$name" "--$name" no-such-choice || return 1
			usage_error "$1" "--$name" "--$name" "$choices" || return 1	# is none of them
		elif is_number "$value"; then
			usage_error "$1" "--$name" "--$name" 1x || return 1
			usage_error "$1" "--$name" "--$name=" || return 1
		elif is_name "$arg"; then
			usage_error "$1" "--$name" "--$name=" || return 1
		fi
	done <options
}

is_filter() { case $1 in cp-cat | cp-featurize | cp-mask | cp-textify) true ;; *) false ;; esac; }

not_both() {		# not_both TOOL: an output that the tool reads as well is refused, and left as it is; but a filter may replace what its operand is
	options_of "$1" | awk '$1 != "output" && ($2 == "FILE" || $2 == "CSV") { print "--" $1 } END { print "" }' >inputs
	while read -r option; do
		test -z "$option" && is_filter "$1" && continue
		cp text.cps mine
		# shellcheck disable=SC2086
		"$1" -o mine $option mine </dev/null >both.out 2>both.err && { echo "-o mine $option mine is taken"; return 1; }
		cmp mine text.cps || return 1
		grep -q 'unexpected operand\|unknown command' both.err && test -z "$option" && continue
		grep -qx "$1: mine: is input and output at once: give the output another name" both.err || { cat both.err; return 1; }
	done <inputs
	is_filter "$1" && return
	cp text.cps mine
	"$1" -o mine <mine >both.out 2>both.err && { echo "-o mine <mine is taken"; return 1; }
	cmp mine text.cps && grep -qx "$1: standard input is input and output at once: give the output another name" both.err
}

onto_input() {		# onto_input TOOL: its output appended to the file that it reads, by name or from standard input, is refused, and the file left as it is
	cp "$(input "$1")" same
	oi_got=0
	# shellcheck disable=SC2046
	run "$1" $(operand "$1" same) >>same 2>same.err </dev/null || oi_got=$?
	cat same.err
	test $oi_got -eq 1 && cmp same "$(input "$1")" || { echo "exit status $oi_got"; return 1; }
	grep -q "^$1: same: is input and output at once" same.err || return 1
	oi_got=0
	run "$1" <same >>same 2>same.err || oi_got=$?
	cat same.err
	test $oi_got -eq 1 && cmp same "$(input "$1")" || { echo "exit status $oi_got"; return 1; }
	grep -q "^$1: standard input is input and output at once" same.err
}

to_full() {		# to_full TOOL COMMAND...: nothing can be written, and that is said
	tf_tool=$1
	shift
	tf_got=0
	"$@" >/dev/full 2>full.err || tf_got=$?
	cat full.err
	test $tf_got -eq 1 || { echo "exit status $tf_got, expected 1"; return 1; }
	grep -q "^$tf_tool: .*No space left on device" full.err
}

page_options() {	# page_options FILE: the names in the item tags of its OPTIONS section, in mdoc or man macros
	awk '/^\.S[Hh] / { on = /OPTIONS/ } on' "$1" | awk '/^\.It / { print } tag { print; tag = 0 } /^\.T[PQ]/ { tag = 1 }' |
	sed 's/\\-/-/g; s/Fl Fl /--/g; s/Fl -/--/g; s/\\f[A-Z]/ /g' | grep -oE -e '--[a-z][a-z0-9-]*' | sort -u
}

page_sections() {
	sed -n 's/^\.S[Hh] //p' "$1" | tr -d '"'
}

left_behind() {		# files that a failed call may have made
	find . -name 'part*' -o -name 'made.cpm*' | grep . && return 0
	return 1
}

about() {		# about NAME TOOL COMMAND...: exit 1, a sentence that says the fault is in the input NAME, and nothing left behind
	about_name=$1
	shift
	about_tool=$1
	shift
	only_error "$about_tool" 1 "$@" || return 1
	grep -q "^$about_tool: $about_name: ." only.err || { echo "the sentence does not name $about_name: $*"; return 1; }
	test "$(wc -l <only.err)" -eq 1 || { echo "more than one sentence: $*"; return 1; }
	! left_behind || { echo "left behind: $*"; return 1; }
}

# damaged HOW TOOL FILE: FILE cut (or flipped) at some places; each is an error with a sentence
damaged() {
	size=$(wc -c <"$3")
	rm -f part* made.cpm*
	for k in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		at=$((size * k / 16 + k % 5))
		test $k != 15 || at=$((size - 1))
		case $1 in
		cut) head -c $at "$3" ;;
		flipped) flip $at "$3" ;;
		esac >damaged.cps
		about 'standard input' "$2" run "$2" <damaged.cps || { echo "$1 at byte $at of $size"; return 1; }
	done
}

flip() {		# flip OFFSET FILE: with the lowest bit of that byte turned
	head -c "$1" "$2"
	byte=$(tail -c +$(($1 + 1)) "$2" | head -c 1 | od -An -tu1)
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((byte ^ 1)))"
	tail -c +$(($1 + 2)) "$2"
}

# --- the tests -----------------------------------------------------------------------------------------------------------------

contract_of_options() {
	test_that "$1 --help" "
		$1 --help >help 2>err
		test ! -s err
		grep '^usage: $1' help
		for word in quiet help version; do grep -e \"--\$word\" help; done
		options_of $1 | grep '^quiet - '
		$1 -q --help | cmp - help
	"
	test_that "$1 --version" "
		$1 --version >version 2>err
		test ! -s err
		for word in 'compiler: .' 'flags: .*std=c11' 'libraries: .'; do grep \"\$word\" version; done
		grep '^$1 (clickprompt) [0-9]' version
	"
	test_that "$1 refuses an unknown and an abbreviated option" "
		usage_error $1 --no-such-option --no-such-option
		usage_error $1 --no-such-option --no-such-option=3
		usage_error $1 --versio --versio
		usage_error $1 -Q -Q
	"
	test_that "$1 refuses wrong, empty and missing values" "wrong_values $1"
	! options_of "$1" | grep -q '^output FILE' || test_that "$1 refuses an output that it reads" "not_both $1"
	test_that "$1 notices that --help and --version cannot be written" "
		to_full $1 $1 --help
		to_full $1 $1 --version
		to_closed $1 $1 --help
	"
}

contract_of_page() {
	page=$TOP/tools/$1.1
	test_that "$1.1 has the sections of a manual page" "
		page_sections $page >sections
		for s in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do grep -qx \"\$s\" sections || { echo \"no \$s\"; exit 1; }; done
	"
	test_that "$1.1 names the options of --help and no other" "
		options_of $1 | sed 's/ .*//; s/^/--/' | sort -u >of-help
		test -s of-help
		page_options $page >of-page
		diff of-help of-page
	"
	if has mandoc; then
		test_that "$1.1 has no errors" "mandoc -T lint -W warning $page"
	else
		test_skip "$1.1 has no errors" "mandoc is not installed"
	fi
}

contract_of_input() {
	stdin="about 'standard input' $1 run $1"
	test_that "$1 refuses an empty input" "$stdin </dev/null"
	test_that "$1 refuses a directory as input" "$stdin <."
	test_that "$1 refuses bytes that are nothing it reads" "$stdin <zeros"
	test_that "$1 names a file that is not there" "about nowhere $1 run $1 $(operand "$1" nowhere) </dev/null"
	if reads_stream "$1"; then
		test_that "$1 refuses a file that is no stream" "$stdin <rows.csv"
		test_that "$1 refuses a cut stream" "damaged cut $1 $(input "$1")"
		test_that "$1 refuses a stream with a flipped bit" "damaged flipped $1 $(input "$1")"
	fi
}

contract_of_output() {
	test_that "$1: a good call ends in a line with version, rows, seconds and memory" "
		run $1 <$(input "$1") >out 2>err || { cat err; exit 1; }
		cat err
		tail -n 1 err | grep -E '^$1 [0-9.]+: [0-9]+ rows in, [0-9]+ rows out, [0-9.]+ s, [0-9.]+ MB peak'
	"
	test_that "$1 -q says nothing" "
		run $1 -q <$(input "$1") >out 2>err || { cat err; exit 1; }
		cat err
		test ! -s err
	"
	if writes_stdout "$1"; then
		test_that "$1 notices that its output cannot be written" "
			to_full $1 run $1 <$(input "$1")
			to_closed $1 run $1 <$(input "$1")
		"
	fi
	if writes_stdout "$1" && reads "$1"; then
		test_that "$1 does not append to what it reads" "onto_input $1"
	fi
	rm -f part* made.cpm*
}

make_inputs >inputs.log 2>&1
head -c 5000 /dev/zero >zeros

test -n "$TOOLS" || skip_all 'there are no tools'
for tool in $TOOLS; do
	contract_of_options "$tool"
	contract_of_page "$tool"
	has_good_call "$tool" || continue
	if test ! -s "$(input "$tool")" && reads "$tool"; then
		test_skip "$tool: input and output" "no $(input "$tool"): $(tail -n 1 inputs.log)"
		continue
	fi
	contract_of_output "$tool"
	reads "$tool" && contract_of_input "$tool"
done

# Said before anything is read: there is nothing to read, which is the other failure.
test_that 'a value of an option that cannot be understood is wrong usage, whichever tool it is given to' '
	while IFS="|" read -r words value; do
		fails_with 2 $words "$value" </dev/null || exit 1
	done <<-\END
	cp-auc --bins|some
	cp-cat --where|label
	cp-cat --where|=3
	cp-cat --columns|
	cp-cat --rows|1-2
	cp-cat --sample|1.5
	cp-featurize --field|price buckets
	cp-mask --plm scratch -q --rate|x
	cp-predict -m m.cpm --csv --delimiter|;;
	cp-split -o p --ratio|8:x
	cp-split -o p --names|a,a,b
	cp-strata --train t.cps --by User --tail|101
	cp-textify --template|{User
	cp-train --train t.cps --stage ctr --dim-of|User
	cp-train --train t.cps --stage ctr --dim-of|User=0
	cp-train --train t.cps --stage ctr --set|hidden=x
	cp-train --train t.cps --stage ctr --memory|3x
	cp-train --train t.cps --stage pretrain --plm|scratch:layers=x
	cp-validate --names|a,b
	cp-ledger table|9
	END
'

test_that 'a sentence is one line, whatever stands in a name' '
	fails_with 1 cp-cat "$(printf "no\nwhere\033[31m")"
	test "$(cat fails_with.err)" = "cp-cat: no\\x0awhere\\x1b[31m: open: No such file or directory"
'

test_that 'the memory told is that of the tool, not what its parent had' '
	awk "BEGIN { for (s = \"x\"; length(s) < 2e8; s = s s) ; system(\"exec cp-auc scores.tsv 2>err >out\"); exit length(s) < 2e8 }"
	cat err
	grep -o "[0-9.]* MB" err >told
	awk "\$1 > 0 && \$1 < 100 { n++ } END { exit n != 1 }" told
'

test_done
