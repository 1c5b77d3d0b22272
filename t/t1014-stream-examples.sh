#!/bin/sh
# The examples of cp-cat(1) and cp-split(1), as they stand in the pages: each is run, and none may fail or say nothing.
. "$(dirname "$0")/test-lib.sh"

awk 'BEGIN {
	print "label,timestamp,User ID,Movie ID,Title"
	for (i = 0; i < 600; i++) printf "%d,%d,%d,%d,\"The Film, part %d\"\n", i * 7 % 11 < 5, i * 7919 % 10007, i % 37, i * 31 % 29, i * 31 % 29
}' >ml1m.csv
cut -d, -f1-4 ml1m.csv >ratings.csv
awk 'BEGIN { print "Movie ID,Genre"; for (i = 0; i < 29; i++) printf "%d,g%d\n", i, i % 5 }' >movies.csv
cp-textify -q <ml1m.csv >ml1m.cps
cp-featurize -q <ratings.csv >ratings.cps
cp ml1m.cps x.cps
cp ml1m.cps clicks.cps
cp ml1m.cps all.cps
cp-split -q --by time -o ml1m ml1m.cps
cp-cat -q --head 300 ml1m.cps >part.1.cps
cp-cat -q --rows 300: ml1m.cps >part.2.cps
seq 0 9 >valid.txt
seq 500 520 >test.txt

# The commands of a page's EXAMPLES: what follows .Dl, and literal displays joined to one line each.
examples() {
	awk '/^\.Sh / { on = /EXAMPLES/ } !on { next }
		/^\.Bd -literal/ { text = ""; literal = 1; next }
		/^\.Ed/ { print text; literal = 0; next }
		literal { sub(/^\t/, ""); text = text (text == "" ? "" : " ") $0 (/ do$/ ? "" : ";"); next }
		/^\.Dl / { sub(/^\.Dl /, ""); if (/^".*"$/) { sub(/^"/, ""); sub(/"$/, "") } print }' "$1" | sed 's/\\-/-/g; s/\\(dq/"/g'
}
needs() {		# needs COMMAND: the first program of it that is not here
	for p in jq sqlite3; do
		case $1 in *"$p "*) command -v $p >/dev/null || { echo $p; return; } ;; esac
	done
}

for tool in cp-cat cp-split; do
	examples "$TOP/tools/$tool.1" | sed 's/--expect-rows 739012/--expect-rows 600/; s/cp-train --stage ctr/& --epochs 1 --no-ledger/' >examples
	test -s examples || echo "not ok - $tool.1 has no examples"
	while read -r command <&3; do
		missing=$(needs "$command")
		if test -n "$missing"; then
			test_skip "$tool.1: $command" "$missing is not installed"
			continue
		fi
		printf '%s\n' "$command" >command
		test_that "$tool.1: $(printf '%s' "$command" | tr '#' ' ' | cut -c 1-100)" '
			bash -o pipefail -e command >said 2>err || { test $? = 141 || { cat err; exit 1; }; }
		'
	done 3<examples
done

test_that 'and they did what they say' '
	test "$(cp-cat -q --count whole.cps)" = 600 && test "$(cp-cat -q --count thousand.cps)" = 600 && test "$(cp-cat -q --count newest.cps)" = 10 &&
	cp-cat -q --show both.cps | grep -q "^Genre" && test "$(wc -l <train.svm)" = 480 && test "$(wc -l <train.ffm)" = 480 &&
	test "$(cp-cat -q --count theirs.test.cps)" = 21 && test "$(ls cv.fold?.cps | wc -l)" = 5 && test "$(ls fold?.cpm | wc -l)" = 5
'
test_done
