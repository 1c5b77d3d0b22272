#!/bin/sh
# Streams cut and flipped at many places, through cp-cat and cp-split: one sentence, exit 1, nothing left behind.
# Every byte and bit of a stream is tried in memory by t1000; here the tools around it are.
. "$(dirname "$0")/test-lib.sh"

"$CP_UNITS/stream" one.cps || skip_all "no sample stream: make units"
size=$(wc -c <one.cps)

places() {		# the head of each frame and a sample of the rest
	seq 0 8 56
	seq 61 793 "$size"
	seq $((size - 20)) 6 $((size - 1))
}
flip() {		# flip AT: one bit of that byte, to bad.cps
	cp one.cps bad.cps
	byte=$(od -An -tu1 -j "$1" -N 1 one.cps)
	printf "$(printf '\\%03o' $((byte ^ 1 << $1 % 8)))" | dd of=bad.cps bs=1 seek="$1" conv=notrunc 2>/dev/null
}
refused() {		# refused COMMAND...
	fails_with 1 "$@" bad.cps >/dev/null && test "$(wc -l <fails_with.err)" = 1 && grep -q "bad.cps: " fails_with.err
}
tried() {		# tried HOW: the damage is in bad.cps
	refused cp-cat -q --count && refused cp-cat -q --to tsv && refused cp-split -q -o part && refused cp-cat -q -o part.cps &&
	! ls part* 2>/dev/null || { echo "$1"; return 1; }
}

test_that 'a stream cut anywhere is refused' '
	for at in $(places); do
		head -c "$at" one.cps >bad.cps && tried "cut at $at" || return 1
	done
'
test_that 'a stream with a bit flipped anywhere is refused' '
	for at in $(places); do
		test "$at" -lt "$size" || continue
		flip "$at" && ! cmp -s one.cps bad.cps && tried "flip at $at" || return 1
	done
'
test_that 'what is no stream is told by its first bytes' '
	echo "label,User" >bad.cps && refused cp-cat -q && grep -q "not a record stream: found .label,Us." fails_with.err &&
	: >bad.cps && refused cp-cat -q && grep -q "empty: expected a record stream" fails_with.err &&
	printf "\211CPS\n\032\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" >bad.cps && refused cp-cat -q && grep -q "not a record stream: found" fails_with.err &&
	gzip -c one.cps >bad.cps && refused cp-cat -q && grep -q "this is compressed by gzip, expected a record stream; gzip -dc unpacks it" fails_with.err &&
	printf "\020\0\0\0\0\0\0\0{\"__metadata__\":{}}" >bad.cps && refused cp-cat -q && grep -q "this is a model (safetensors), expected a record stream" fails_with.err &&
	{ cat one.cps; echo; } >bad.cps && refused cp-cat -q &&
	{ cat one.cps; head -c 60 one.cps; } >bad.cps && refused cp-cat -q --count
'
test_that 'fuzzing starts from whole streams and texts of the present format, with every codec' '
	for f in "$TEST_DIR"/fuzz/corpus/stream/*; do
		cp-cat -q --check "$f" && cp-cat -q --to tsv "$f" | grep -a "^#block" >>blocks || return 1
	done
	for codec in 0 1 2 3; do grep -q "[[,]$codec[],]" blocks || { echo "no column with codec $codec"; return 1; }; done
	for f in "$TEST_DIR"/fuzz/corpus/stream_text/*; do
		kind=$(basename "$f") edited=
		case $kind in *-edited) edited=--edited ;; esac
		tail -c +2 "$f" | cp-cat -q --from "${kind%%-*}" $edited >text.cps && cp-cat -q --check text.cps || { echo "$f"; return 1; }
	done
'
# timeout starts the tool with no signal ignored, as the shell does not in the background
ended() {		# ended SIGNAL COMMAND...: by that signal, with output under way that is waiting for the rest of its rows
	signal=$1
	shift
	mkdir under-way
	{ head -c $((size - 20)) one.cps; sleep 2; } | (ulimit -c 0; timeout -v -s "$signal" 0.7 "$@" 2>ended.err || true) & feeder=$!
	wait_for sh -c "ls under-way/*.tmp.* 2>/dev/null"
	wait $feeder
	cat ended.err
	grep "sending signal $signal" ended.err && rmdir under-way
}
test_that 'a signal leaves nothing half-written' '
	for signal in INT TERM HUP QUIT USR1 USR2 ALRM XCPU; do
		ended $signal cp-cat -q -o under-way/x.cps
	done
	for signal in TERM XCPU; do
		ended $signal cp-split -q --by hash -o under-way/x
	done
'
test_done
