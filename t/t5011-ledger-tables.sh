#!/bin/sh
# The paper's tables from cells: means, deviations, the best, what is compared with what, and both tests.
. "$(dirname "$0")/test-lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

sql() { sqlite3 "$CP_LEDGER" "$1"; }
is() { test "$(sql "$1")" = "$2" || { echo "$1: '$(sql "$1")', expected '$2'"; return 1; }; }

# scores SEED NOISE: labels that do not depend on anything, scores that follow them more or less
scores() { awk -v x="$1" -v noise="$2" 'BEGIN {
	y = 77
	for (i = 0; i < 400; i++) {
		x = x * 16807 % 2147483647; y = y * 48271 % 2147483647
		label = y % 3 == 0
		printf "%d\t%.6f\n", label, (label + noise * (x / 2147483647)) / (1 + noise)
	}
}'; }
# cell MODEL PLM VARIANT WAY SEED NOISE: a cell's scores and figures
cell() {
	scores "$5$5" "$6" >"$1$2$3$4$5.tsv"
	CP_TAGS=scale=s,data=ml-1m-time,model=$1,plm=$2,variant=$3,way=$4,seed=$5 cp-auc -q --split test "$1$2$3$4$5.tsv" >/dev/null
}
auc() { sql "select auc from cells where model = '$1' and plm = '$2' and variant = '$3' and way = '$4' order by seed"; }
for seed in 1 2 3; do
	cell fm '' '' ctr $seed 4
	cell dcnv2 '' '' ctr $seed 3
	cell dcnv2 base '' with-plm $seed 2
	cell dcnv2 base input with-plm $seed 2.5
	cell dcnv2 base noprompt with-plm $seed 2.7
done
cell dnn '' '' ctr 1 1.5

test_that 'mean and deviation over seeds, by the definition, and the runs behind them' '
	auc dcnv2 "" "" ctr | awk "{ s += \$1; q += \$1 * \$1 } END { printf \"%.6f %.6f\n\", s / NR, sqrt((q - s * s / NR) / (NR - 1)) }" >want
	sql "select printf(\"%.6f\", auc), printf(\"%.6f\", auc_sd) from table2 where line = \"DCNv2\"" | tr "|" " " | diff want -
	is "select seeds, n from table2 where line = \"DCNv2\"" "3|400"
	is "select seeds || coalesce(auc_sd, \" none\") from table2 where line = \"DNN\"" "1 none"
	is "select runs from table2 where line = \"DCNv2\"" "$(sql "select group_concat(run) from tags where name = \"model\" and value = \"dcnv2\" and run in
		(select run from tags where name = \"way\" and value = \"ctr\")")"
'

test_that 'table 2 compares with the best baseline, whichever that is; over the seeds both have' '
	is "select base from table2 where line like \"ClickPrompt with%\"" DNN
	is "select line from table2 where best" DNN
	is "select count(*) from pairs where tab = 2" 1
	sql "pragma foreign_keys = on; delete from runs where id in (select run from tags where value = \"dnn\")"
	is "select base from table2 where line like \"ClickPrompt with%\"" DCNv2
	is "select count(*) from pairs where tab = 2" 3
	is "select count(*) from table2 where base is not null" 1
	want=$(sql "select printf(\"%.3f\", 100 * ((select avg(auc) from cells where way = \"with-plm\" and variant = \"\") / avg(auc) - 1)) from cells
		where model = \"dcnv2\" and way = \"ctr\"")
	is "select printf(\"%.3f\", impr) from table2 where base is not null" "$want"
'

test_that 'what is printed is rounded once' '
	cp "$CP_LEDGER" once.db
	sqlite3 once.db "update metrics set value = 0.76755027 where key = \"auc\" and stratum = \"\" and run in (select run from cells where model = \"dcnv2\" and way = \"ctr\");
		update metrics set value = 0.76755027 * 1.001946722 where key = \"auc\" and stratum = \"\" and run in (select run from cells where way = \"with-plm\" and variant = \"\")"
	cp-ledger table -q --ledger once.db 2 >said
	cat said
	grep "^DCNv2 .*0\.7676" said
	grep "^ClickPrompt with PLM .*+0\.19 %" said
	sqlite3 once.db "update metrics set value = 0.7675497 where key = \"auc\" and stratum = \"\" and run in (select run from cells where model = \"dcnv2\" and way = \"ctr\")"
	cp-ledger table -q --ledger once.db 2 | grep "^DCNv2 .*0\.7675"
'

test_that 'the other tables: by generator, against what the paper compares with, and its figures beside' '
	is "select line, base, paper_auc from table3 where block = \"DCNv2\" and place > 1" "base, with PLM|alone|0.8499"
	is "select line, base, paper_auc, round(paper_impr, 3) from table4 where base is not null" "layer-wise|input-only|0.8499|0.366"
	is "select line, base from table5 where place > 1" "w/o prompt|full"
	is "select paper_auc, paper_logloss, round(paper_impr, 3) from table2 where line = \"ClickPrompt with PLM\"" "0.8499|0.3905|0.544"
'

# made_up N T: a ledger of two lines of N seeds, whose differences have mean T / sqrt(N) and deviation 1
made_up() {
	rm -f t.db
	cp-ledger -q --ledger t.db merge "$CP_LEDGER" >/dev/null
	awk -v n="$1" -v t="$2" 'function tag(run, name, value) { printf "INSERT INTO tags VALUES (%d, \047%s\047, \047%s\047);\n", run, name, value }
	function cell(run, variant, seed, auc) {
		printf "INSERT INTO runs(id, uid, tool, argv, started, status) VALUES (%d, \047u%d\047, \047cp-auc\047, \047\047, \047\047, \047done\047);\n", run, run
		printf "INSERT INTO inputs(run, n, role, via, digest) VALUES (%d, 1, \047scores\047, \047file\047, \047d%d\047);\n", run, run
		printf "INSERT INTO metrics VALUES (%d, \047test\047, \047\047, -1, \047auc\047, %.15f);\n", run, auc
		tag(run, "model", "dcnv2"); tag(run, "plm", "base"); tag(run, "variant", variant); tag(run, "way", "with-plm"); tag(run, "seed", seed)
	}
	BEGIN {
		print "PRAGMA foreign_keys = ON; DELETE FROM runs;"
		for (i = 1; i <= n; i++) {	# half of them above the mean, half below, and one on it where n is odd
			d = t / sqrt(n) + (i == n && n % 2 ? 0 : i % 2 ? 1 : -1) * sqrt((n - 1) / (n - n % 2))
			cell(2 * i, "input", i, 0.5)
			cell(2 * i + 1, "", i, 0.5 + d / 1000)
		}
	}' | sqlite3 t.db
}

test_that 'improvement, star and tests are of the seeds that both lines have' '
	made_up 4 9
	sqlite3 t.db "pragma foreign_keys = on; update metrics set value = 0.9 where run = 2; delete from runs where id = 3"
	test "$(sqlite3 t.db "select seeds, better, impr > 0 from table4 where base is not null")" = "3|1|1"
	test "$(sqlite3 t.db "select auc < (select auc from table4 where base is null) from table4 where base is not null")" = 1
	made_up 4 -9
	sqlite3 t.db "pragma foreign_keys = on; update metrics set value = 0.1 where run = 2; delete from runs where id = 3"
	test "$(sqlite3 t.db "select seeds, better, impr < 0 from table4 where base is not null")" = "3|0|1"
	sqlite3 t.db "pragma foreign_keys = on; delete from runs where id in (4, 6, 8)"
	test "$(sqlite3 t.db "select seeds, impr is null, p is null, coalesce(better, 0) from table4 where base is not null")" = "3|1|1|0"
'

test_that 'seeds of a line that were trained by other options or on other rows are told of' '
	alike() {	# alike OPTION OF SEED 2, ROWS OF SEED 2
		rm -f u.db
		cp-ledger -q --ledger u.db merge "$CP_LEDGER" >/dev/null
		for seed in 1 2; do
			sqlite3 u.db "insert into runs(id, uid, tool, argv, started, status) values (9000 + $seed, \"t$seed\", \"cp-train\", \"\", \"\", \"done\");
				insert into metrics values (9000 + $seed, \"train\", \"\", 1, \"loss\", 1);
				insert into tags select 9000 + $seed, name, value from tags where run = (select run from cells where model = \"dcnv2\" and way = \"ctr\" and seed = $seed);
				insert into params values (9000 + $seed, \"lr\", \"$(test $seed = 1 && echo 0.1 || echo $1)\", 1, 1), (9000 + $seed, \"seed\", $seed, 1, 1),
					(9000 + $seed, \"threads\", $seed, 1, 0);
				insert into inputs(run, n, role, via, content) values (9000 + $seed, 1, \"train\", \"file\", \"$(test $seed = 1 && echo a || echo $2)\")"
		done
		cp-ledger table -q --ledger u.db 2
	}
	alike 0.1 a >said
	! grep "not trained alike" said || exit 1
	alike 0.2 a | grep "^Seeds of one line that were not trained alike: dcnv2/ctr: lr (0.1, 0.2)\.$"
	alike 0.1 b | grep "^Seeds of one line that were not trained alike: dcnv2/ctr: the training rows\.$"
'

# Known tails of Student: degrees of freedom, and the t of which the two-sided p is 0.05
test_that 'p is that of the paired t test, for whole degrees of freedom' '
	set -- 1 12.7062 2 4.3027 3 3.1824 4 2.7764 5 2.5706 6 2.4469 7 2.3646 8 2.3060 9 2.2622 14 2.1448 19 2.0930
	while test $# -gt 0; do
		made_up $(($1 + 1)) $2
		p=$(sqlite3 t.db "select printf(\"%.4f\", p) from table4 where base is not null")
		echo "df $1: p of $2 is $p"
		test "$p" = 0.0500
		made_up $(($1 + 1)) -50
		test "$(sqlite3 t.db "select better from table4 where base is not null")" = 0
		shift 2
	done
	made_up 5 2.77
	test "$(sqlite3 t.db "select better, df from table4 join tests using (place) where base is not null and tests.tab = 4")" = "0|4"
	made_up 5 2.79
	test "$(sqlite3 t.db "select better from table4 where base is not null")" = 1
'

# compared SEED P: DeLong's p of the two lines of t.db
compared() {
	sqlite3 t.db "insert into runs(id, uid, tool, argv, started, status) values (100 + $1, \"c$1\", \"cp-auc\", \"\", \"\", \"done\");
		insert into inputs(run, n, role, via, digest) values (100 + $1, 1, \"scores\", \"file\", \"d\" || (2 * $1 + 1)), (100 + $1, 2, \"against\", \"file\", \"d\" || (2 * $1));
		insert into comparisons(run, n, method, split, stratum, key, p) values (100 + $1, 1, \"delong\", \"test\", \"\", \"auc\", $2)"
}
starred() { test "$(sqlite3 t.db "select coalesce(better, 0) from table4 where base is not null")" = "$1"; }

test_that 'a star is by the t test of three seeds or more, of one or two by the largest of DeLong'\''s p, where each seed is better' '
	made_up 2 50
	test "$(sqlite3 t.db "select p < 0.05 from table4 where base is not null")" = 1
	starred 0
	compared 1 0.01; starred 0
	compared 2 0.06; starred 0
	sqlite3 t.db "update comparisons set p = 0.04 where run = 102"; starred 1
	cp-ledger table --ledger t.db 4 | tr "\n" " " | grep "\* means better.*t test.*three seeds.*DeLong"
	made_up 2 0.5; compared 1 0.01; compared 2 0.01; starred 0		# better with one seed, worse with the other
	made_up 2 -50; compared 1 0.01; compared 2 0.01; starred 0
	made_up 3 50; compared 1 0.5; compared 2 0.5; compared 3 0.5; starred 1
	made_up 3 2; compared 1 0.01; compared 2 0.01; compared 3 0.01; starred 0
'

test_that 'DeLong comes in where every seed was compared, the largest p of them' '
	is "select delong_p is null from table4 where base is not null" 1
	for seed in 1 2; do cp-auc -q --split test --against dcnv2baseinputwith-plm$seed.tsv dcnv2basewith-plm$seed.tsv >/dev/null; done
	is "select delong_p is null from table4 where base is not null" 1
	cp-auc -q --split test --against dcnv2baseinputwith-plm3.tsv dcnv2basewith-plm3.tsv >/dev/null
	is "select delong_p = (select max(p) from comparisons) from table4 where base is not null" 1
	is "select count(*) from pairs where tab = 4 and not compared" 0
'

test_that 'a cell that was scored again counts once, with its last figures; one that failed, or is a repetition, does not' '
	before=$(sql "select auc from table2 where line = \"FM\"")
	cell fm "" "" ctr 1 1
	last=$(sql "select max(id) from runs")
	is "select run from cells where model = \"fm\" and seed = 1" $last
	is "select auc from cells where model = \"fm\" and seed = 1" "$(sql "select value from metrics where run = $last and key = \"auc\"")"
	is "select seeds, auc > $before from table2 where line = \"FM\"" "3|1"
	sql "update runs set rerun_of = \"x\" where id = $last"
	is "select auc from table2 where line = \"FM\"" "$before"
	sql "update runs set rerun_of = null, status = \"failed\" where id = $last"
	is "select auc from table2 where line = \"FM\"" "$before"
'

test_that 'as text, on a terminal, as markdown and as tsv' '
	cp-ledger table 4 >text
	cat text
	grep -E "^DCNv2 +input-only +0\.[0-9]{4} ±0\.[0-9]{4} " text
	grep -E "^ +layer-wise +\*\*0\.[0-9]{4} ±0\.[0-9]{4}\*\*\*? .*0\.8499 " text
	grep "^AUC and log loss are means" text
	cp-ledger -q table 4 --format terminal | grep "$(printf "layer-wise  \033\\[1m0\.")"
	cp-ledger -q table 4 --format markdown >md
	test "$(grep "^|" md | awk -F"|" "{ print NF }" | sort -u | wc -l)" = 1
	cp-ledger -q table 4 --format tsv | awk -F"\t" "NR == 1 { for (i = 1; i <= NF; i++) if (\$i == \"auc\") c = i } NR > 1 { print \$c }" >aucs
	sql "select auc from table4" | diff - aucs
	cp-ledger -q table | grep -c "^Table [2-5]: ml-1m-time (s)$" | grep 4
	cp-ledger -q table 2 4 --scale s --data ml-1m-time | grep -c "^Table" | grep 2
'

test_that 'table 6 says on how many rows a line stands' '
	rm -f six.db
	cp-ledger -q --ledger six.db merge "$CP_LEDGER" >/dev/null
	sqlite3 six.db "insert into metrics select run, split, \"tail20=\" || s, -1, key, v from cells, (select \"tail,tail\" s, \"auc\" key, .9375 v union all
		select \"tail,tail\", \"n\", 9 union all select \"head,head\", \"auc\", .5 union all select \"head,head\", \"n\", 391)
		where model = \"dcnv2\" and stratum = \"\" and variant = \"\" and way in (\"ctr\", \"with-plm\")"
	cp-ledger table -q --ledger six.db 6 >text
	cat text
	grep -E "^ +AUC +seeds +rows +" text
	grep -E "^tail20: user and item +DCNv2 .*0\.9375 ±0\.0000(\*\*)? +3 +9 " text
	grep -E "^ +ClickPrompt .*±0\.0000(\*\*)? +3 +391 " text
	cp-ledger table -q --ledger six.db 6 --format markdown | grep -E "^\| +\| +\| AUC +\| seeds \| rows \|"
	cp-ledger table -q --ledger six.db 6 --format terminal | grep -E "^ +AUC +seeds +rows +"
	cp-ledger table -q --ledger six.db 6 --format tsv | cut -f 12 | tr "\n" " " | grep -x "n 9 9 391 391 "
	! cp-ledger table -q --ledger six.db 2 3 4 5 | grep rows || exit 1
'

test_that 'trainings from changed sources, by several BLAS or on several processors are told of below the table' '
	cp-ledger -q table 4 >text
	! grep -i "trainings" text || exit 1
	sql "insert into runs(uid, tool, argv, started, status, blas, cpu, source) values (\"a\", \"cp-train\", \"\", \"\", \"done\", \"b1\", \"c1\", \"s1\"),
		(\"b\", \"cp-train\", \"\", \"\", \"done\", \"b2\", \"c1\", \"s1-changed\")"
	for uid in a b; do for tag in scale=s data=ml-1m-time model=$uid way=ctr; do
		sql "insert into tags select id, \"${tag%=*}\", \"${tag#*=}\" from runs where uid = \"$uid\""
	done; done
	sql "insert into metrics select id, \"train\", \"\", 1, \"loss\", .5 from runs where uid in (\"a\", \"b\")"
	cp-ledger -q table 4 >text
	cat text
	grep "^Not all trainings are alike: 2 sources, 2 BLAS, 1 of a source that was changed after its commit.$" text
'

test_that 'what is not there, and what is no table' '
	fails_with 1 cp-ledger table 6
	grep "no run of table 6 is in the ledger" fails_with.err
	fails_with 1 cp-ledger table 2 --scale full
	grep "at scale full" fails_with.err
	for words in "1" "7" "x" "22" "2 3 4 5 6 2"; do
		fails_with 2 cp-ledger table $words
	done
'

test_done
