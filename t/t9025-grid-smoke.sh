#!/bin/sh
# SCALE=smoke as a whole, once from nothing: every grid with a scale, on the rows it takes by default, which the tree has.  It is made in a copy.
. "$(dirname "$0")/test-lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'
command -v xz >/dev/null || skip_all 'xz is not installed'

mkdir results
(cd "$TOP" && tar -c --exclude=made --exclude='*.cps' --exclude='*.csv' experiments pipelines/*.mk pipelines/*.awk pipelines/movietweetings) | tar -x
smoke() { make -s -j2 -C experiments CP_BIN="$CP_BIN" SCALE=smoke THREADS=1 "$@"; }
sql() { sqlite3 results/ledger.db "$1"; }
for f in experiments/*/grid; do grep -q '^data ' "$f" || basename "${f%/grid}"; done >grids

test_that 'every cell of every grid is made, and no step fails' '
	smoke >said 2>&1 || { cat said; exit 1; }
	sed -n 1p said | grep "^$(paste -sd " " grids): [0-9]* trainings to do"
	smoke progress >progress
	cat progress
	sed -n "s,^\([^ ]*\) *\([1-9][0-9]*\) of *\2 cells.*,\1,p" progress | diff grids -
	test "$(sql "SELECT count(*) FROM runs WHERE status <> \"done\"")" = 0
	test -z "$(find experiments/made -name "*.failed" -o -name "*.lock" -o -name "*.tmp*")"
'

test_that 'tables 2 to 6 have figures of two seeds in each line' '
	grep "^Table" said | sed "s/:.*//" | paste -sd " " | grep -x "Table 2 Table 3 Table 4 Table 5 Table 6"
	sed "1,/^Table 2/d; /^Table/d; /^ * AUC /d; /^\$/d" said >lines
	test "$(wc -l <lines)" -ge 70
	! grep -vE " (\*\*)?0\.[0-9]{4} ±0\.[0-9]{4}.* [0-9]\.[0-9]{4} ±.*  2  .* [0-9]+,[0-9]+$" lines || exit 1
'

test_that 'a second call makes nothing, and shows the same' '
	n=$(sql "SELECT count(*) FROM runs")
	smoke >again 2>&1 || { cat again; exit 1; }
	sed -n 1p again | grep -x "$(paste -sd " " grids): all is there"
	test "$(sql "SELECT count(*) FROM runs")" = $n
	sed -n "/^Table/,\$p" again >tables
	sed -n "/^Table/,\$p" said | diff - tables
'

test_done
