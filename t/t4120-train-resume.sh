#!/bin/sh
# A training that was interrupted, by a signal or a kill at any moment, and taken up again ends in the bytes of one that was not.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

make_rows || skip_all 'the rows could not be made'
pretrain --epochs 1 --train train.cps -o pre.cpm

C='--epochs 12 --train train.cps --valid valid.cps --set dropout=0.1 --set batch_norm=1'
P='--epochs 4 --train train.cps --valid valid.cps'
F='--init pre.cpm --with-plm --epochs 4 --train train.cps --valid valid.cps --fusion alpha'
ctr $C -o ctr-whole.cpm
pretrain $P -o pretrain-whole.cpm
finetune $F -o finetune-whole.cpm

options_of() { case $1 in ctr) echo "$C" ;; pretrain) echo "$P" ;; finetune) echo "$F" ;; esac; }

# interrupt SIGNAL STAGE OPTION...: train to STAGE.cpm, stop it once it has saved a state
interrupt() {
	it_signal=$1
	it_stage=$2
	shift 2
	cp-train --threads 1 --stage $it_stage --batch 64 --checkpoint 0 "$@" -o $it_stage.cpm 2>interrupted.err &
	it_pid=$!
	until_saved $it_stage.cpm.state $it_pid || { echo 'ended before it could be stopped'; cat interrupted.err; return 1; }
	kill -$it_signal $it_pid
	it_got=0
	wait $it_pid || it_got=$?
	cat interrupted.err
}

stop_and_go_on() {	# stop_and_go_on SIGNAL STAGE SIZES: exit 1, one sentence, then the same bytes
	rm -f $2.cpm*
	interrupt $1 $2 $3 $(options_of $2)
	test $it_got -eq 1 || { echo "exit status $it_got"; return 1; }
	test ! -e $2.cpm || { echo 'a model, though it was interrupted'; return 1; }
	tail -n 1 interrupted.err | grep "^cp-train: interrupted; .*$2.cpm.state.*--resume" || return 1
	cp-train --threads 2 --stage $2 --batch 64 $3 $(options_of $2) --resume -o $2.cpm 2>resumed.err
	cat resumed.err
	grep 'going on from step [1-9]' resumed.err || return 1
	same $2-whole.cpm $2.cpm || return 1
	! ls $2.cpm.* 2>/dev/null || { echo 'left behind'; return 1; }
}

SETS='--set dim=8 --set hidden=16,16'
test_that 'SIGINT, ctr' "stop_and_go_on INT ctr '$SETS'"
test_that 'SIGTERM, ctr' "stop_and_go_on TERM ctr '$SETS'"
if sh -c 'kill -HUP $$; true' 2>/dev/null; then
	test_skip 'SIGHUP, ctr' 'the tests were started to go on after it (nohup)'
else
	test_that 'SIGHUP, ctr' "stop_and_go_on HUP ctr '$SETS'"
fi
test_that 'SIGINT, pretrain' "stop_and_go_on INT pretrain '$SETS $TINY'"
test_that 'SIGINT, finetune with the language model' "stop_and_go_on INT finetune ''"

test_that 'SIGINT while the test rows are measured: the training is done, and they alone are measured again' '
	for i in 1 2 3 4 5 6; do cat test.cps test.cps test.cps test.cps test.cps test.cps test.cps test.cps; done >many.cps
	finetune --no-ledger $F --test many.cps -o many-whole.cpm
	for i in 1 2 3 4 5 6 7 8; do cat many.cps; done >more.cps
	cp-train --no-ledger --threads 1 --stage finetune --batch 64 $F --test more.cps -o many.cpm 2>interrupted.err & pid=$!
	wait_for grep -q "^cp-train: epoch 4/4" interrupted.err
	sleep 0.3
	kill -INT $pid
	got=0
	wait $pid || got=$?
	cat interrupted.err
	test $got -eq 1
	tail -n 1 interrupted.err | grep "^cp-train: interrupted; .*many.cpm.state"
	finetune --no-ledger $F --test more.cps --resume -o many.cpm
	same many-whole.cpm many.cpm
'

test_that 'a second SIGINT does not wait, and leaves the state that was saved before' '
	rm -f many.cpm
	cp-train --no-ledger --threads 1 --stage finetune --epochs 60 --batch 64 --checkpoint 0 --init pre.cpm --with-plm --train train.cps --valid more.cps -o many.cpm 2>interrupted.err & pid=$!
	wait_for test -e many.cpm.state
	sleep 0.5
	kill -INT $pid		# in the measurement that follows ten short steps
	sleep 0.2
	kill -INT $pid
	got=0
	wait $pid || got=$?
	test $got -eq 130 || { echo $got; exit 1; }
	test -e many.cpm.state
	test "$(echo many.cpm*)" = "many.cpm.state"
'

# kill -9 again and again, each time a little later after a state was saved, then to the end
kill_repeatedly() {	# kill_repeatedly STAGE SIZES TIMES
	rm -f $1.cpm*
	kr_old=
	for kr_i in $(seq $3); do
		cp-train -q --threads 1 --stage $1 --batch 64 --checkpoint 0 $2 $(options_of $1) --resume -o $1.cpm &
		kr_pid=$!
		until_saved $1.cpm.state $kr_pid "$kr_old" || break
		sleep 0.0$((kr_i * 7 % 10))
		kill -9 $kr_pid 2>/dev/null || true
		wait $kr_pid 2>/dev/null || true
		kr_old=$(ls -i $1.cpm.state 2>/dev/null) || true
	done
	cp-train -q --threads 1 --stage $1 --batch 64 $2 $(options_of $1) --resume -o $1.cpm || return 1
	same $1-whole.cpm $1.cpm || return 1
	! ls $1.cpm.* 2>/dev/null || { echo 'left behind'; return 1; }
}
test_that 'kill -9 at any moment, ctr' "kill_repeatedly ctr '$SETS' 6"
test_that 'kill -9 at any moment, pretrain' "kill_repeatedly pretrain '$SETS $TINY' 4"
test_that 'kill -9 at any moment, finetune' "kill_repeatedly finetune '' 4"

test_that 'rows from a pipe are taken up again too' '
	rm -f ctr.cpm*
	cat train.cps >copy.cps
	cp-train -q --threads 1 --stage ctr $SMALL --epochs 12 --valid valid.cps --set dropout=0.1 --set batch_norm=1 --checkpoint 0 -o ctr.cpm <copy.cps &
	pid=$!
	until_saved ctr.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	cat train.cps | ctr --epochs 12 --valid valid.cps --set dropout=0.1 --set batch_norm=1 --resume -o ctr.cpm
	same ctr-whole.cpm ctr.cpm
'

test_that '--resume where nothing is saved starts from the beginning' '
	rm -f ctr.cpm*
	ctr $C --resume -o ctr.cpm
	same ctr-whole.cpm ctr.cpm
'

test_that '--resume leaves a finished model as it is, and says so' '
	ls -li --time-style=full-iso ctr.cpm >before
	cp-train --threads 1 --stage ctr $SMALL $C --resume -o ctr.cpm 2>err
	cat err
	grep "left as it is" err
	tail -n 1 err | grep " rows/s"
	ls -li --time-style=full-iso ctr.cpm >after
	diff before after
	test ! -e ctr.cpm.state
	ctr $C --resume -o ctr.cpm 2>err
	test ! -s err
'

test_that '--resume of a finished model of another training is refused, and leaves it' '
	fails_with 1 ctr $C --seed 7 --resume -o ctr.cpm
	grep "ctr.cpm: it was made with another seed: 1 there, 7 here" fails_with.err
	same ctr-whole.cpm ctr.cpm
'

test_that '--resume with other options or rows is refused, and says what differs' '
	rm -f ctr.cpm*
	interrupt KILL ctr $SETS $C
	cp ctr.cpm.state kept
	other() {	# other WORD OPTION...
		word=$1
		shift
		fails_with 1 ctr $C "$@" --resume -o ctr.cpm || return 1
		grep "another $word" fails_with.err || return 1
		cmp kept ctr.cpm.state
	}
	other seed --seed 9
	other epochs --epochs 13
	other batch --batch 32
	other lr --lr 0.01
	other weight-decay --weight-decay 0
	other schedule --schedule cosine
	other warmup --warmup 0.5
	other unseen-rate --unseen-rate 0.1
	other min-count --min-count 2
	other patience --patience 1
	other "CTR model" --set dim=16
	other "CTR model" --model dnn
	other "training rows" --train valid.cps
	other "validation rows" --valid test.cps
'

test_that 'a state made with --init is not taken up without it' '
	rm -f finetune.cpm*
	interrupt KILL finetune $F
	fails_with 1 cp-train -q --threads 1 --stage finetune --batch 64 --with-plm --fusion alpha --epochs 4 $TINY --train train.cps --valid valid.cps \
		--set dim=8 --set hidden=16,16 --resume -o finetune.cpm
	grep "another initial model" fails_with.err
'

test_that 'rows that are only measured may be others when training goes on: the same model' '
	pretrain $P -o whole.cpm
	rm -f pretrain.cpm*
	interrupt KILL pretrain $SETS $TINY $P --test test.cps
	pretrain $P --resume -o pretrain.cpm
	same whole.cpm pretrain.cpm
'

test_that 'a state that is cut, foreign or of a newer version is refused' '
	rm -f ctr.cpm*
	interrupt KILL ctr $SETS $C
	cp ctr.cpm.state kept
	head -c 3000 kept >ctr.cpm.state
	fails_with 1 ctr $C --resume -o ctr.cpm
	grep "ctr.cpm.state: " fails_with.err
	cp ctr-whole.cpm ctr.cpm.state
	fails_with 1 ctr $C --resume -o ctr.cpm
	grep "ctr.cpm.state: no training state" fails_with.err
	sed "s/version\(..\):[0-9]*/version\1:9/" kept >ctr.cpm.state
	cmp kept ctr.cpm.state && exit 1
	fails_with 1 ctr $C --resume -o ctr.cpm
	grep "use a newer clickprompt" fails_with.err
'

test_that 'a state with a flipped bit is refused' '
	n=$(wc -c <kept)
	for at in 4000 $((n / 2)) $((n - 3)); do
		{ head -c $at kept; tail -c +$((at + 1)) kept | head -c 1 | tr "\000-\377" "\001-\377\000"; tail -c +$((at + 2)) kept; } >ctr.cpm.state
		test $(wc -c <ctr.cpm.state) -eq $n
		fails_with 1 ctr $C --resume -o ctr.cpm
		grep "ctr.cpm.state: " fails_with.err
	done
'

test_that 'two trainings towards one model: the second is refused, the first goes on' '
	rm -f ctr.cpm*
	cp-train -q --threads 1 --stage ctr $SMALL $C --checkpoint 0 -o ctr.cpm &
	first=$!
	until_saved ctr.cpm.state $first
	kill -STOP $first
	fails_with 1 ctr $C -o ctr.cpm
	grep "ctr.cpm: another process is training this model" fails_with.err
	mkdir -p elsewhere
	ln -sf ../ctr.cpm elsewhere/link.cpm
	fails_with 1 ctr $C -o elsewhere/link.cpm
	grep "link.cpm: another process is training this model" fails_with.err
	test ! -e elsewhere/link.cpm.state
	kill -CONT $first
	wait $first
	same ctr-whole.cpm ctr.cpm
	ls ctr.cpm.* && exit 1
	true
'

test_that 'two that start at the same moment: never both at once, and the model is whole' '
	for i in 1 2 3 4 5; do
		rm -f ctr.cpm*
		cp-train -q --threads 1 --stage ctr $SMALL $C -o ctr.cpm 2>one.err &
		one=$!
		cp-train -q --threads 1 --stage ctr $SMALL $C -o ctr.cpm 2>two.err &
		two=$!
		a=0 b=0
		wait $one || a=$?
		wait $two || b=$?
		test $a$b = 01 || test $a$b = 10 || test $a$b = 00
		test $a$b = 00 || grep "ctr.cpm: another process is training this model" one.err two.err
		same ctr-whole.cpm ctr.cpm
		test "$(echo ctr.cpm*)" = ctr.cpm
	done
'

test_that 'no room for the state: one sentence, the last one stands, and going on ends in the same bytes' '
	rm -f ctr.cpm*
	interrupt KILL ctr $SETS $C
	cp ctr.cpm.state kept
	small=$(($(wc -c <kept) / 1024))
	full() { (ulimit -f $small && exec cp-train -q --no-ledger --threads 1 --stage ctr $SMALL "$@"); }
	fails_with 1 full $C --checkpoint 0 --resume -o ctr.cpm
	grep "^cp-train: ctr.cpm.state: write: File too large$" fails_with.err
	test $(wc -l <fails_with.err) -eq 1
	cmp kept ctr.cpm.state
	test "$(echo ctr.cpm*)" = ctr.cpm.state
	ctr $C --resume -o ctr.cpm
	same ctr-whole.cpm ctr.cpm
'

test_that 'no room for the model: one sentence, the one that was there stands' '
	small=$(($(wc -c <ctr.cpm) / 1024))
	full() { (ulimit -f $small && exec cp-train -q --no-ledger --threads 1 --stage ctr $SMALL "$@"); }
	fails_with 1 full --epochs 1 --train train.cps -o ctr.cpm
	grep "^cp-train: ctr.cpm: write: File too large$" fails_with.err
	same ctr-whole.cpm ctr.cpm
	test "$(echo ctr.cpm*)" = ctr.cpm
'

narrow() { (ulimit -v 2000000 && exec "$@"); }
if narrow cp-train --version >/dev/null 2>&1; then
	test_that 'no memory for the model: one sentence, nothing left behind' '
		refused 1 "^cp-train: out of memory ([0-9]* bytes)" narrow cp-train -q --threads 1 --stage ctr --hash-bits 24 --set dim=64 --train train.cps -o no.cpm
		test $(wc -l <refused.err) -eq 1
		refused 1 "^cp-train: out of memory ([0-9]* bytes)" narrow cp-train -q --threads 1 --stage ctr --set dim=4096 --set low_rank=4096 --set experts=64 \
			--train train.cps -o no.cpm
	'
	test_that 'address space that is short by more and by less: a sentence or a model, and no waiting for ever' '
		short() { (ulimit -v $1 && shift && exec timeout -k 1 20 "$@"); }
		least=20000
		until short $least cp-train --version >/dev/null 2>&1; do least=$((least + 20000)); done
		for threads in 1 2; do
			for more in 5000 60000 140000 200000 280000; do
				status=0
				short $((least + more)) cp-train -q --no-ledger --threads $threads --stage ctr --model fgcnn --epochs 1 --train train.cps -o no.cpm 2>err || status=$?
				echo "$threads threads, $more more: $status $(cat err)"
				test $status -le 1
				test "$(grep -c ^cp-train: err)" -eq $status
				test "$(wc -l <err)" -eq $status
				rm -f no.cpm*
			done
		done
	'
else
	test_skip 'no memory for the model: one sentence, nothing left behind' 'the program needs more address space than that to start'
fi

test_that 'kill -9 at random moments, kind after kind' '
	"$TEST_DIR/long/kills.sh" 8 >kills
	cat kills
	tail -n 1 kills | grep "[1-9][0-9]* kills, [1-9][0-9]* trainings brought to their end, 0 wrong"
'

test_that 'patience: stopped after the last epoch that counted, and not beyond when taken up again' '
	opts="--epochs 30 --lr 0.05 --patience 1 --train train.cps --valid valid.cps"
	cp-train --threads 1 --stage ctr $SMALL $opts -o whole.cpm 2>err
	grep -c "^cp-train: epoch" err >n
	cat n
	test $(cat n) -lt 30
	cp-train -q --threads 1 --stage ctr $SMALL $opts --checkpoint 0 -o p.cpm &
	pid=$!
	i=0
	while kill -0 $pid 2>/dev/null; do
		cp p.cpm.state last.state.new 2>/dev/null && mv last.state.new last.state || true
	done
	wait $pid
	same whole.cpm p.cpm
	rm p.cpm
	cp last.state p.cpm.state
	cp-train --threads 1 --stage ctr $SMALL $opts --resume -o p.cpm 2>err
	cat err
	same whole.cpm p.cpm
'

test_that 'what a killed process left half-written is cleared away' '
	rm -f ctr.cpm*
	echo x >ctr.cpm.state.tmp.4194999	# no process has this number
	echo x >ctr.cpm.tmp.4194999
	echo x >ctr.cpm.tmp.$$			# of one that lives
	ctr --epochs 1 --train train.cps -o ctr.cpm
	ls ctr.cpm*
	test "$(echo ctr.cpm*)" = "ctr.cpm ctr.cpm.tmp.$$"
'

test_that 'a signal ends a training towards a pipe, while it waits for a reader as well' '
	mkfifo pipe.cpm
	for ledger in --no-ledger "--ledger pipe.db"; do
		cp-train $ledger --stage ctr --epochs 1 --threads 1 --train train.cps -o pipe.cpm 2>pipe.err & pid=$!
		wait_for grep -q "^cp-train: epoch 1/1" pipe.err
		sleep 0.3
		kill $pid
		wait_for eval "! kill -0 $pid 2>/dev/null" || { kill -9 $pid; exit 1; }
		got=0
		wait $pid || got=$?
		test $got -eq 143
	done
	cp-ledger --ledger pipe.db ls | grep interrupted
'
test_that 'a model that is no file keeps no state, and folders and standard output are refused at once' '
	ctr --epochs 1 --train train.cps -o /dev/null
	ls /dev/null.state* && exit 1
	mkdir folder
	for name in folder folder/ new/; do
		fails_with 1 ctr --epochs 1 --train train.cps -o "$name"
		grep "a folder" fails_with.err
	done
	for name in "" -; do fails_with 2 ctr --epochs 1 --train train.cps -o "$name"; done
	grep "a model is a file" fails_with.err
	fails_with 1 ctr --epochs 1 --train train.cps -o no/such/folder/x.cpm
	grep "no/such/folder/x.cpm.state.lock: open" fails_with.err
'

test_done
