#!/bin/sh
# The figures in README.md are those of the published ledger, its speed that of results/speed.md: experiments/readme writes them, and would write what
# is there.
. "$(dirname "$0")/test-lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

readme() { "$TOP/experiments/readme" "${ledger:-$TOP/results/ledger.sql}" "$CP_BIN" "${speed:-$TOP/results/speed.md}"; }

test_that 'README.md and results/ledger.sql agree; `make -C experiments readme` makes them' '
	readme <"$TOP/README.md" >new
	diff "$TOP/README.md" new
	sed -n "/^<!-- figures: /,/^<!-- end of figures/p" new >figures
	test "$(grep -cE "^\| clickprompt (\| \.[0-9]{4} ){10}\|$" figures)" = 1
	grep -E "^\| MovieTweetings \| [0-9] (\| \.[0-9]{4} ){3}\|$" figures
	sed -n "/^<!-- speed: /,/^<!-- end of speed/p" new >speeds
	test "$(grep -cE "^\| [a-z].* \| [0-9]+ (rows|tokens) \| [0-9]+\.[0-9] \|$" speeds)" = 12
'

test_that 'a figure that was changed is written anew, and nothing around it' '
	sed "/^| clickprompt /s/| \.[0-9]*/| .9999/" "$TOP/README.md" >changed
	! cmp -s changed "$TOP/README.md" || exit 1
	readme <changed | diff "$TOP/README.md" -
'

test_that 'other runs are other figures' '
	cp-ledger -q --ledger other.db import "$TOP/results/ledger.sql"
	sqlite3 other.db "update metrics set value = 0.75 where key = \"auc\" and split = \"test\" and run in (select run from cells where data = \"ml-1m-time\" and model = \"ipnn\")"
	cp-ledger -q --ledger other.db export -o other.sql
	ledger=other.sql
	readme <"$TOP/README.md" >new
	grep -E "^\| clickprompt (\| \.[0-9]{4} ){4}\| \.7500 " new
'

test_that 'another measurement is another speed' '
	sed -E "/^dnn-256 +clickprompt/s/[0-9.]+ torch-/9.87 torch-/" "$TOP/results/speed.md" >other.md
	! cmp -s other.md "$TOP/results/speed.md" || exit 1
	speed=other.md
	readme <"$TOP/README.md" >new
	grep -E "^\| train DNN, batch 256 \| bf16 \| [0-9]+ rows \| 9\.9 \|$" new
'

test_that 'a README without the marks is told of' '
	got=0
	sed "/end of figures/d" "$TOP/README.md" | readme >none 2>err || got=$?
	cat err
	test $got = 1
	grep "expected one <!-- figures" err
'

test_done
