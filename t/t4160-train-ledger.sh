#!/bin/sh
# A training in the ledger: what it read and made, its figures, how it ended; and repeated from its row alone, it gives the same bytes.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'
make_rows || skip_all 'the rows could not be made'
rm -f "$CP_LEDGER"

sql() { sqlite3 "$CP_LEDGER" "$1"; }
is() { is_got=$(sql "$1"); test "$is_got" = "$2" || { echo "$1: '$is_got', expected '$2'"; return 1; }; }
last() { sql 'select max(id) from runs'; }
# repeat ID: by the ledger, with what stands on standard input; every output is the same
repeat() {
	rp_got=0
	cp-ledger rerun --ledger "$CP_LEDGER" "$1" >rerun.out 2>rerun.err || rp_got=$?
	cat rerun.out rerun.err
	test $rp_got -eq 0 && grep -q '^same	model	' rerun.out && ! grep -q '^different' rerun.out
}

test_that 'inputs and outputs by digest, parameters, figures of every epoch' '
	ctr --epochs 2 --train train.cps --valid valid.cps --test test.cps -o ctr.cpm
	is "select status || exit || tool from runs" done0cp-train
	is "select group_concat(role || via, \" \") from (select * from inputs order by n)" "trainfile validfile testfile"
	is "select count(*) from inputs where length(digest) = 32 and length(content) = 32" 3
	is "select rows from inputs where role = \"train\"" 600
	is "select role || \" \" || path || \" \" || length(digest) from outputs" "model ctr.cpm 32"
	is "select count(*) from metrics where split = \"train\" and key = \"loss\" and epoch in (1, 2)" 2
	is "select count(*) from metrics where split = \"valid\" and key in (\"auc\", \"logloss\") and epoch in (1, 2, -1)" 6
	is "select count(*) from metrics where split = \"test\" and key in (\"auc\", \"logloss\") and epoch = -1" 2
	is "select count(*) from metrics where key = \"rows_per_s\" and value > 0" 1
	is "select value from params where name = \"epochs\"" 2
	is "select seed from runs" 1
	is "select count(*) from runs where blas is not null and threads = 1" 1
	is "select model || stage || split from results where split = \"test\" and auc > 0.4 and logloss > 0" dcnv2ctrtest
	is "select value > 1000 from params where name = \"parameters\"" 1
'

# curve KEY: epoch and value of the last run's validation figures, in order
curve() { sql "select printf(\"%g %.4f\", epoch, value) from metrics where run = $(last) and split = \"valid\" and key = \"$1\" and epoch > 0 order by epoch"; }

test_that 'figures of every evaluation within an epoch, as they were said' '
	ctr --epochs 2 --eval-every 4 --train train.cps --valid valid.cps -o e.cpm
	curve auc | cut -d " " -f 1 | tr "\n" " " | grep -x "0.4 0.8 1.2 1.6 2 "
	is "select count(*) from metrics where run = $(last) and key = \"loss\" and epoch > 0" 2
	is "select typeof(epoch) from metrics where run = $(last) and key = \"auc\" and epoch = 2" integer
	cp-train --stage pretrain --threads 1 $SMALL $TINY --epochs 2 --eval-every 5 --train train.cps --valid valid.cps -o e.cpm 2>said
	sed -n "s/.*masked-LM loss \([0-9.]*\), accuracy.*/\1/p" said >want
	curve lm_loss >got
	cat said got
	cut -d " " -f 1 got | tr "\n" " " | grep -x "0.5 1 1.5 2 "
	cut -d " " -f 2 got | diff want -
	curve lm_accuracy | wc -l | grep -x 4
	cp-ledger export -q --ledger "$CP_LEDGER" >text.sql
	cp-ledger import -q --ledger copy.db text.sql
	test "$(sqlite3 copy.db "select group_concat(epoch, \" \") from metrics where run = $(last) and key = \"lm_loss\"")" = "-1 0.5 1 1.5 2"
	cp-train -q --stage ctrl --threads 1 $SMALL --plm scratch:layers=1,hidden=32,heads=2,positions=64 --epochs 1 --eval-every 5 --train train.cps --valid valid.cps -o e.cpm
	curve pair_loss | cut -d " " -f 1 | tr "\n" " " | grep -x "0.5 1 "
'

test_that 'pretraining and pairs are listed and found by their figures, the lowest loss first' '
	pretrain --epochs 1 --lr 0.003 --train train.cps --valid valid.cps -o better.cpm
	cp-ledger ls -q -n 3 >listed
	cat listed
	grep -c "	valid lm_accuracy 0\.[0-9]*, valid lm_loss [0-9.]*	cp-train .*--stage pretrain" listed | grep -x 2
	grep "	valid pair_accuracy 0\.[0-9]*, valid pair_loss [0-9.]*	cp-train .*--stage ctrl" listed
	cp-ledger trace -q $(last) | grep "valid lm_loss [0-9.]*"
	is "select run from metrics where key = \"lm_loss\" and epoch = -1 order by value limit 1" "$(cp-ledger best -q --metric lm_loss -n 1 | sed -n 2p | cut -f 3)"
'

test_that 'repeated from its row: files' '
	ctr --epochs 2 --train train.cps --valid valid.cps -o ctr.cpm
	repeat $(last)
	is "select count(*) from runs where rerun_of is not null and status = \"done\"" 1
	is "select count(*) from disagreements" 0
	pretrain --epochs 1 --train train.cps --valid valid.cps -o pre.cpm
	repeat $(last)
	finetune --with-plm --epochs 1 --init pre.cpm --train train.cps -o fine.cpm
	repeat $(last)
	is "select count(*) from disagreements" 0
'

test_that 'how words are hidden decides what comes out, though it is no part of the rows, and its seed is one' '
	n=$(last)
	for how in "--rate 0.15" "--rate 0.5" "--rate 0.5 --share-random 0.2" "--rate 0.5 --seed 2"; do
		cp-cat -q --drop tokens,mask train.cps | cp-mask -q $how -o hidden.cps
		case "$how" in *seed*) seed=2 ;; *) seed=1 ;; esac
		pretrain --epochs 1 --seed $seed --train hidden.cps -o shown.cpm
	done
	is "select count(distinct recipe) from runs where id > $n" 4
	is "select count(distinct content) from inputs where run > $n" 1
	is "select count(*) from disagreements" 0
	is "select group_concat(value, \"; \") from (select value from params where run > $n and name = \"mask shares\" order by run)" "0.8 0.1; 0.8 0.1; 0.8 0.2; 0.8 0.1"
	cp-ledger best -q --ledger "$CP_LEDGER" --over-seeds --metric rows_per_s --trained-on hidden.cps -n 0 | cut -f 4,6 | sort >lines
	cat lines
	printf "%s\n" "1	$((n + 1))" "1	$((n + 3))" "2	$((n + 2)),$((n + 4))" "seeds	trained" | diff - lines
'

test_that 'what a default of -1 stood for is known' '
	ctr --epochs 1 --train train.cps -o other.cpm
	is "select count(*) from params where run = $(last) and name glob \"* in force\"" 0
	pretrain --epochs 1 --lr 2e-3 --train train.cps -o shown.cpm
	is "select value from params where run = $(last) and name = \"plm-lr in force\"" 0.002
	finetune --with-plm --epochs 1 --lr 0.004 --plm-dropout 0.2 --init shown.cpm --train train.cps -o other.cpm
	is "select value from params where run = $(last) and name = \"plm-lr in force\"" 0.004
	is "select value from params where run = $(last) and name = \"plm-dropout in force\"" 0.2
	finetune --without-plm --epochs 1 --init shown.cpm --train train.cps -o other.cpm
	is "select count(*) from params where run = $(last) and name glob \"* in force\"" 0
'

test_that 'repeated from its row: rows were redirected, and those of --valid from a pipe' '
	ctr --epochs 1 -o in.cpm <train.cps
	is "select via from inputs where run = $(last)" stdin
	repeat $(last)
	id=$(cat valid.cps | ctr --epochs 2 --train train.cps --valid - -o p.cpm; last)
	is "select via || (digest is null) || length(content) from inputs where run = $id and role = \"valid\"" pipe132
	cat valid.cps | repeat $id
'

test_that 'scoring and strata are repeated from their rows as well, records and CSV from a pipe' '
	ctr --epochs 1 --train train.cps -o scored.cpm
	rows_csv 200 44 >scored.csv
	cat test.cps | cp-predict -q -m scored.cpm -o scored.tsv
	id=$(last)
	cat test.cps | cp-ledger -q rerun --ledger "$CP_LEDGER" $id >again
	grep "^same	scores" again
	fails_with 1 cp-ledger -q rerun --ledger "$CP_LEDGER" $id <valid.cps
	cat scored.csv | cp-predict -q -m scored.cpm --csv -o scored.tsv
	cat scored.csv | cp-ledger -q rerun --ledger "$CP_LEDGER" $(last) | grep "^same	scores"
	cat test.cps | cp-strata -q --train train.cps --by User -o strata.tsv
	cat test.cps | cp-ledger -q rerun --ledger "$CP_LEDGER" $(last) | grep "^same	strata"
'

test_that 'repeated from its row: rows came from a pipe, and must be those' '
	cat train.cps | ctr --epochs 1 -o pipe.cpm
	id=$(last)
	is "select via || (digest is null) || length(content) from inputs where run = $id" pipe132
	cat train.cps | repeat $id
	cp-cat -q --block-rows 50 --compress none train.cps | repeat $id
	cat valid.cps | repeat $id && exit 1
	grep "the input .train. was not what run $id read" rerun.err
	rows_csv 600 42 | cp-textify -q | cp-mask -q | cp-train --stage pretrain -q --threads 1 --batch 64 --set dim=8 --set hidden=16,16 $TINY --epochs 1 -o piped.cpm
	cat train.cps | repeat $(last)
'

test_that 'repeated from its row: files and a pipe together' '
	cat valid.cps | ctr --epochs 1 --train train.cps --train - -o two.cpm
	id=$(last)
	cat valid.cps | repeat $id
	cat test.cps | repeat $id && exit 1
	grep "was not what run $id read" rerun.err
'

test_that 'changed inputs are refused' '
	cp train.cps copy.cps
	ctr --epochs 1 --train copy.cps -o c.cpm
	id=$(last)
	cp valid.cps copy.cps
	repeat $id && exit 1
	grep "the input .*copy.cps has changed" rerun.err
	rm copy.cps
	repeat $id && exit 1
	grep "missing" rerun.err
'

test_that 'a failure says why; an interruption and a kill are seen as such' '
	fails_with 1 ctr --train no-such.cps -o x.cpm
	is "select status || why from runs where id = $(last)" "failedno-such.cps: open: No such file or directory"
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 400 --checkpoint 0 --train train.cps -o x.cpm &
	pid=$!
	until_saved x.cpm.state $pid
	is "select status from runs where pid = $pid" running
	kill -INT $pid
	wait $pid && exit 1
	is "select status || exit from runs where pid = $pid" interrupted1
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 400 --checkpoint 0 --resume --train train.cps -o x.cpm &
	pid=$!
	until_saved x.cpm.state $pid "$(ls -i x.cpm.state)"
	kill -9 $pid
	wait $pid && exit 1
	cp-ledger ls --ledger "$CP_LEDGER" >ls
	is "select status from runs where pid = $pid" killed
'

test_that 'a run that was resumed is repeated from its beginning' '
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 12 --checkpoint 0 --train train.cps -o r.cpm &
	pid=$!
	until_saved r.cpm.state $pid
	kill -9 $pid
	wait $pid && exit 1
	ctr --epochs 12 --resume --train train.cps -o r.cpm
	repeat $(last)
'

# break_off SIGNAL FILE OPTION...: a training of FILE that ends by the signal when one more epoch than RUN has is in the ledger
break_off() {
	bo_signal=$1 bo_file=$2
	shift 2
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 40 --checkpoint 0 --train train.cps --valid valid.cps "$@" -o $bo_file &
	bo_pid=$!
	until test -n "$(sql "select 1 from metrics join runs on id = run where pid = $bo_pid and key = \"auc\" and epoch > 0 limit 1")"; do
		kill -0 $bo_pid || return 1
		sleep 0.01
	done
	kill -$bo_signal $bo_pid
	wait $bo_pid && return 1
	return 0
}

test_that 'a training that was killed and interrupted is one of three parts: times, figures and the way from one to the next' '
	tagged() { CP_TAGS=data=d,model=m,way=w,seed=1 "$@"; }
	ctr --epochs 40 --train train.cps --valid valid.cps -o whole.cpm
	whole=$(last)
	tagged break_off KILL parts.cpm
	first=$(last)
	tagged break_off INT parts.cpm --resume
	tagged ctr --epochs 40 --train train.cps --valid valid.cps --resume -o parts.cpm
	id=$(last)
	same whole.cpm parts.cpm
	is "select group_concat(part) from (select * from parts where run = $id order by part)" "$first,$((first + 1)),$id"
	is "select status from runs where id = $first" killed
	is "select count(*) from runs where id >= $first and wall_s > 0 and cpu_s > 0 and peak_mb > 0" 3
	is "select parts from trainings where way = \"w\"" 3
	is "select abs(t.wall_s - (select sum(wall_s) from runs where id >= $first)) < 0.01 and abs(t.cpu_s - (select sum(cpu_s) from runs where id >= $first)) < 0.01
		from trainings t where way = \"w\"" 1
	curve() { sed -n "/^figures/,/^$/p" $1 | grep -E "(auc|logloss|loss)	" | awk "\$3 > 0 || NF == 4"; }
	cp-ledger show -q $whole >whole.txt
	cp-ledger show -q $id >parts.txt
	cat parts.txt
	curve whole.txt >want
	curve parts.txt >got
	test $(wc -l <want) -gt 100
	diff want got
	grep "^together	-	" parts.txt
	cp-ledger show -q $first | grep -A 1 "^gone on with" | grep "^$((first + 1))	interrupted$"
	cp-ledger trace -q $id | grep " s in 3 runs: $first $((first + 1)) $id$"
	tagged ctr --epochs 40 --train train.cps --valid valid.cps --resume -o parts.cpm		# finds it done: that is not what it took
	is "select run || \" \" || parts from trainings where way = \"w\"" "$id 3"
'

test_that 'of a training whose first part is in no ledger the time is not known' '
	cp-train -q --no-ledger --threads 1 --stage ctr $SMALL --epochs 40 --checkpoint 0 --train train.cps -o hidden.cpm &
	pid=$!
	until_saved hidden.cpm.state $pid
	kill -9 $pid
	wait $pid && exit 1
	CP_TAGS=data=d,model=m,way=hidden,seed=1 ctr --epochs 40 --train train.cps --resume -o hidden.cpm
	is "select count(*) from parts where run = $(last)" 2
	is "select parts || coalesce(wall_s, \"-\") || coalesce(cpu_s, \"-\") from trainings where way = \"hidden\"" "2--"
	cp-ledger show -q $(last) | grep "^together	-	-	-$"
'

test_that 'what older programs wrote: an interrupted run of the same recipe towards the same file, if it was the last, is a part' '
	ctr --epochs 1 --train train.cps -o old.cpm
	id=$(last)
	sql "insert into runs (id, uid, tool, argv, recipe, started, wall_s, cpu_s, status, why) select $id + 1, \"old\", tool, argv, recipe, started, 100, 50, \"interrupted\",
			\"interrupted; the state is saved in old.cpm.state: give\" from runs where id = $id;
		insert into params values ($id + 1, \"output\", \"old.cpm\", 1, 0)"
	CP_TAGS=data=d,model=m,way=old,seed=1 ctr --epochs 1 --resume --train train.cps -o old.cpm
	sql "insert into metrics values ($(last), \"\", \"\", 1, \"x\", 1)"
	is "select parts from trainings where way = \"old\"" 1
	sql "delete from params where run = $(last) and name = \"resumed from\""
	is "select parts || (wall_s between 100 and 150) from trainings where way = \"old\"" 21
	sql "update params set value = \"other.cpm\" where run = $id + 1"
	is "select parts from trainings where way = \"old\"" 1
'

test_that 'the model of --init is what the ledger tells of, not the default of --model' '
	ctr --model dnn --epochs 1 --train train.cps -o dnn.cpm
	finetune --epochs 1 --init dnn.cpm --train train.cps --test test.cps -o dnn2.cpm
	is "select model || stage from results where run = $(last) and split = \"test\"" dnnfinetune
	pretrain --prompts 0 --epochs 1 --train train.cps -o bare.cpm
	is "select value from params where run = $(last) and name = \"model\"" none
'

test_that 'without a ledger all is the same' '
	n=$(sql "select count(*) from runs")
	ctr --no-ledger --epochs 2 --train train.cps --valid valid.cps -o no.cpm
	same ctr.cpm no.cpm
	is "select count(*) from runs" $n
'

test_done
