#!/bin/sh
# The benchmarks measure and print their tables: that they run at all, on as little as they take, and nothing of how fast.
. "$(dirname "$0")/test-lib.sh"

bench() { "$TOP/t/bench/$1.sh" >table 2>err || { cat err; return 1; }; cat table; }
unset PEERS PEER_CTR PEER_PLM

test_that 'preparing data' '
	export ROUNDS=1 COPIES=1 MASK_ROWS=500 AUC_ROWS=2000
	bench data
	for task in featurize mask auc "textify|mask"; do grep -E "^$task +clickprompt +[0-9.]+ s +[0-9]+ rows/s$" table; done
	grep "no pandas" err || grep "^pandas " table
'

test_that 'training and scoring' '
	export ROUNDS=1 SECONDS_EACH=0 THREADS=1 PRECISIONS=f32 CP_PEAK=false
	export TASKS="dnn-256 score"
	bench train
	grep -E "^dnn-256 +clickprompt-f32 +[0-9]+ rows/s" table
	grep -E "^score +clickprompt-f32 +[0-9]+ rows/s" table
	TASKS=none
	if bench train; then exit 1; fi
	grep "TASKS: .none. is none" err
'
test_done
