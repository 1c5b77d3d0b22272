#!/bin/sh
# clickprompt-tutorial(7): its commands, taken from the page itself and run one after the other, print what the page says they print.
#
# A display of the page is commands, or, behind a comment `.\" prints`, what the commands before it print.  Numbers with decimals may differ by 0.02:
# they depend on the processor.  So does a p, by more: what it says here, that little can be said, is that it is above 0.05.
. "$(dirname "$0")/test-lib.sh"

page=$TOP/tools/clickprompt-tutorial.7

# step-NN.sh and, where the page tells, step-NN.out
awk '
	/^\.\\" prints$/ { prints = 1 }
	/^\.Ed/ { on = 0 }
	on { gsub(/\\e/, "\\"); print >file }
	/^\.Bd -literal/ {
		if (!prints)
			n++
		file = sprintf("step-%02d.%s", n, prints ? "out" : "sh")
		printf "" >file
		prints = 0
		on = 1
	}' "$page"

# printed EXPECTED GOT: the same words in the same lines, numbers with decimals to 0.02, a p above 0.05 for one above it
printed() {
	awk '
		function alike(name, a, b) { return name == "auc_p" && a > 0.05 && b > 0.05 || near(a, b) }
		function near(a, b) { return a ~ /^[-+]?[0-9]*\.[0-9]+$/ && b ~ /^[-+]?[0-9]*\.[0-9]+$/ && a - b < 0.02 && b - a < 0.02 }
		NR == FNR { line[++n] = $0; next }
		{
			words = split(line[FNR], w, /[\t ]+/)
			if (split($0, v, /[\t ]+/) != words) { print "line " FNR ": " $0; bad = 1; exit }
			for (i = 1; i <= words; i++)
				if (w[i] != v[i] && !alike(v[1], w[i], v[i])) { print "line " FNR ": " v[i] ", the page has " w[i]; bad = 1; exit }
		}
		END { if (!bad && FNR != n) { print FNR " lines, the page has " n; bad = 1 } exit bad }' "$1" "$2"
}

# On one processor: so small a job is faster so, and much faster where others want the second.
one_processor=$(command -v taskset >/dev/null && echo 'taskset -c '"$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')")

test_that 'the page has ten steps, with commands in each' '
	test "$(grep -c "^\.Ss [0-9]*\. " "$page")" = 10
	awk "/^\.Ss/ { if (NR > 1 && step && !n) exit 1; step = \$2; n = 0 } /^\.Bd/ { n++ } END { exit !n }" "$page"
	test -s step-10.sh
'

test_that 'the comparison sees other words, other numbers and missing lines' '
	printf "a 0.50\nb 3\n" >page
	printf "a 0.51\nb 3\n" >got
	printed page got
	printf "auc_p 0.50\n" >page
	printf "auc_p 0.93\n" >got
	printed page got
	printf "auc_p 0.04\n" >got
	if printed page got; then echo "a p of 0.04 is not seen"; exit 1; fi
	printf "a 0.50\nb 3\n" >page
	for text in "a 0.53\nb 3\n" "a 0.50\nb 4\n" "a 0.50\n" "a 0.50\nb 3\nc\n" "a 0.50 x\nb 3\n"; do
		printf "$text" >got
		if printed page got; then echo "not seen: $text"; exit 1; fi
	done
	: >got
	if printed page got; then exit 1; fi
'

for step in step-*.sh; do
	n=${step%.sh}
	if grep -q '^cp-report' $step && ! command -v gnuplot >/dev/null; then
		test_skip "$n" 'gnuplot is not installed'
		continue
	fi
	test_that "$n: $(head -n 1 $step | cut -c 1-50)" "
		cat $step
		test -s $step
		$one_processor sh -e $step >$n.got
		cat $n.got
		if test -e $n.out; then test -s $n.out; printed $n.out $n.got; else test ! -s $n.got; fi
	"
done

test_that 'what was promised is there' '
	test "$(cp-ledger -q ls -n 0 --tool cp-train --status done | wc -l)" = 5
	test -s served.cpm
'

test_done
