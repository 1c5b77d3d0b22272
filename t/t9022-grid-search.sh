#!/bin/sh
# A search: draws that are the same each time and stay when there are more, cells that are not run twice, and the ledger's answer.
. "$(dirname "$0")/test-lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

awk 'BEGIN {
	print "label,timestamp,User,Title"
	for (i = 0; i < 400; i++)
		printf "%d,%d,u%d,film %d\n", (i * 7 % 11) < 3 + i % 3 * 3, 1000 + i, i % 17, i % 29
}' >rows.csv
cp-featurize -q rows.csv | cp-split -q --by time -o rows
mkdir grid
cat >grid/grid <<END
# A small search
data      := $TRASH/rows
search    := dnn
draws     := 3
draw-seed := 5
ways      := ctr
seeds     := 1 2
ctr       := --epochs 1
END
printf '# what varies\nlr  log 1e-4 1e-2\nset hidden  8 16,8\nunseen-rate  from 0 0.2\nset dim  4\n' >grid/space

draw() { sh "$TOP/experiments/draw" "$@"; }
of() { make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$CP_BIN" grid="$TRASH/grid" ledger="$TRASH/l.db" "$@"; }
grid() { of all >log 2>&1 && of table "$@" 2>log || { cat log; return 1; }; }
runs() { sqlite3 l.db "SELECT count(*) FROM runs WHERE tool = 'cp-train'"; }

test_that 'draws: the same for a seed, others for another, and the first ones stay where there are more' '
	draw dnn 3 5 grid/space >three
	cat three
	draw dnn 3 5 grid/space | cmp - three
	draw dnn 3 6 grid/space >other
	! cmp -s other three || exit 1
	draw dnn 9 5 grid/space | head -n 3 >first
	head -n 3 three | cmp - first
	test "$(tail -n 1 three | wc -w)" = 5
'

test_that 'draws are spread over their range' '
	draw dnn 400 1 grid/space | sed -n "s/.*--lr \([^ ]*\) .*hidden=\([^ ]*\) .*-rate \([^ ]*\) .*/\1 \2 \3/p" >drawn
	awk "{ low += \$1 < 1e-3; first += \$2 == \"8\"; half += \$3 < 0.1; if (\$1 < 1e-4 || \$1 > 1e-2 || \$3 > 0.2) exit 1 }
		END { print NR, low, first, half; exit !(NR == 400 && low > 160 && low < 240 && first > 160 && first < 240 && half > 160 && half < 240) }" drawn
'

test_that 'neighbouring seeds are as far from each other as any: their draws do not step evenly' '
	echo "unseen-rate from 0 1" >one
	for seed in $(seq 0 200); do draw dnn 2 $seed one | sed -n "s/^options.*--unseen-rate //p" | paste -s; done >drawn
	head -n 4 drawn
	awk "{ for (k = 1; k <= 2; k++) { low[k] += \$k < 0.5; step = \$k - last[k] + 1; last[k] = \$k; if (NR > 1) n[k, int(step * 10) % 10]++ } }
		END { for (k = 1; k <= 2; k++) { if (low[k] < 80 || low[k] > 121) exit 1
			for (i = 0; i < 10; i++) { printf \"%d%s\", n[k, i], i < 9 ? \" \" : \"\n\"; if (n[k, i] < 8 || n[k, i] > 35) exit 1 } } }" drawn
	test "$(draw dnn 1 1 one | sed 1q)" = "$(draw dnn 1 2147483647 one | sed 1q)"
'

test_that 'a grid is every one of the product, once' '
	printf "lr 1e-3 1e-2\nbatch 64 128 256\nset dim 4\n" >lists
	draw fm grid 0 lists >all
	cat all
	test "$(grep -c "^options.fm.*--set dim=4$" all)" = 6
	test "$(grep "^options" all | sort -u | cut -d" " -f1 | sort -u | wc -l)" = 6
	grep -e "--lr 1e-2 --batch 64" all
'

test_that 'a line that says nothing, a range from high to low, and a range in a grid are refused' '
	echo lr >bad
	fails_with 1 draw dnn 2 1 bad
	grep "bad: line 1: expected an option and its values" fails_with.err
	echo "lr log 1e-2 1e-3" >bad
	fails_with 1 draw dnn 2 1 bad
	echo "lr log 0 1" >bad
	fails_with 1 draw dnn 2 1 bad
	fails_with 1 draw dnn grid 1 grid/space
	grep "a grid wants values" fails_with.err
'

test_that 'a cell a draw and seed, and the best by the mean over seeds' '
	grid >best
	cat best
	test "$(runs)" = 6
	test "$(wc -l <best)" = 4
	awk -F "\t" "NR > 1 { if (\$4 != 2 || \$5 != \"valid\" || (NR > 2 && \$1 > last)) exit 1; last = \$1 }" best
	options=$(sed -n "2p" best | grep -o "lr=[^ ]*")
	grep -e "--lr ${options#lr=} " grid/made/space.mk
	best=$(sqlite3 l.db "SELECT printf(\"%.6f\", max(v)) FROM (SELECT avg(m.value) AS v FROM metrics m JOIN params p ON p.run = m.run AND p.name = \"lr\"
		WHERE split = \"valid\" AND key = \"auc\" AND epoch = -1 GROUP BY p.value)")
	test "$(sed -n 2p best | awk "{ printf \"%.6f\", \$1 }")" = "$best"
'

test_that 'asked again nothing runs; with more draws, and in another space, only what is new' '
	grid >again
	cmp best again
	test "$(runs)" = 6
	sed -i "s/^draws .*/draws := 4/" grid/grid
	grid >more
	test "$(runs)" = 8
	test "$(wc -l <more)" = 5
	echo "batch 32" >>grid/space
	grid >/dev/null
	test "$(runs)" = 16
'

test_done
