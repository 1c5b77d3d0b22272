# What the tests of cp-train share: small rows with a rule that can be learnt, and models that take no time.  Sourced after test-lib.sh.

rows_csv() {		# rows_csv N SEED: a click follows from user and film; the genre is noise
	awk -v n="$1" -v x="$2" '
		function below(k) { x = x * 16807 % 2147483647; return int(x / 8) % k }
		BEGIN {
			print "label,timestamp,User,Film,Genre"
			for (i = 0; i < n; i++) {
				u = below(20); f = below(30); g = below(4)
				printf "%d,%d,u%d,film %d,g%d\n", (u * 7 % 20 + f * 11 % 30 > 24), 1000 + i, u, f, g
			}
		}'
}

make_rows() {		# train.cps, valid.cps, test.cps: keys, text, tokens and masks
	rows_csv 600 42 | cp-textify -q | cp-mask -q >train.cps &&
	rows_csv 200 43 | cp-textify -q --first-row 600 | cp-mask -q >valid.cps &&
	rows_csv 200 44 | cp-textify -q --first-row 800 | cp-mask -q >test.cps
}

SMALL='--set dim=8 --set hidden=16,16 --batch 64'
TINY='--plm scratch:layers=1,hidden=32,heads=2,positions=64 --prompts 2'

ctr() { cp-train -q --threads 1 --stage ctr $SMALL "$@"; }
pretrain() { cp-train -q --threads 1 --stage pretrain $SMALL $TINY "$@"; }
finetune() { cp-train -q --threads 1 --stage finetune --batch 64 "$@"; }

same() { cmp "$1" "$2"; }
# header FILE: the JSON of a safetensors file; value FILE KEY: what its configuration says
header() { head -c $((8 + $(head -c 8 "$1" | od -An -tu8))) "$1" | tail -c +9; }
says() { header "$1" | tr -d '\\' | grep -q -e "$2" || { echo "$1 does not say $2"; header "$1" | tr -d '\\' | head -c 3000; return 1; }; }
says_not() { ! header "$1" | tr -d '\\' | grep -q -e "$2" || { echo "$1 says $2"; return 1; }; }

# tensor FILE NAME: its bytes
tensor() {
	set -- "$1" $(header "$1" | grep -o "\"$2\":{[^}]*}" | grep -o 'data_offsets":\[[0-9,]*' | grep -o '[0-9]*,[0-9]*' | tr , ' ') $(head -c 8 "$1" | od -An -tu8)
	tail -c +$((9 + $4 + $2)) "$1" | head -c $(($3 - $2))
}
same_tensor() { tensor "$1" "$3" >ta; tensor "$2" "$3" >tb; test -s ta && cmp ta tb; }
other_tensor() {	# a model tells of its options, so that two of them always differ in that
	tensor "$1" "$3" >ta
	tensor "$2" "$3" >tb
	test -s ta && ! cmp -s ta tb || { echo "$1 and $2 have the same tensor $3"; return 1; }
}

scores_stay() {		# scores_stay MODEL OTHER ROWS: those of one are those of the other but for rounding
	cp-predict -q -m "$1" "$3" >sa && cp-predict -q -m "$2" "$3" >sb || return 1
	test -s sa && paste sa sb | awk '{ d = $2 - $4; if (d * d > worst) worst = d * d } END { print sqrt(worst); exit worst > 1e-10 }'
}

refused() {		# refused STATUS WORDS COMMAND...: exit status, one sentence with these words, no model, nothing left behind
	rf_want=$1
	rf_words=$2
	shift 2
	rf_got=0
	rm -f no.cpm*
	"$@" >refused.out 2>refused.err </dev/null || rf_got=$?
	cat refused.err
	test $rf_got -eq "$rf_want" || { echo "exit status $rf_got, expected $rf_want: $*"; return 1; }
	grep -v '^cp-[a-z]*: try' refused.err >refused.said
	tail -n 1 refused.said | grep -q -e "$rf_words" || { echo "it does not say: $rf_words"; return 1; }
	test ! -s refused.out || { echo 'something on stdout'; return 1; }
	! ls no.cpm* 2>/dev/null || { echo 'left behind'; return 1; }
}

until_saved() {		# until_saved FILE PID [OLD]: wait for a state (another than the inode OLD); 1 if the process ended before
	while test ! -e "$1" || test "$(ls -i "$1" 2>/dev/null)" = "${3-}"; do
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.01
	done
}

# films FORM: films.train.cps, films.valid.cps, films.test.cps, some thousand ratings of MovieTweetings: each fifth of the films with the most
films() {
	if test ! -s films.csv; then
		. "$TEST_DIR/pipelines-lib.sh"
		pipeline movietweetings
		make -s -C p/movietweetings movietweetings.csv >/dev/null 2>&1 || return 1
		awk -F, 'NR == FNR { n[$4]++; next } FNR == 1 || (n[$4] >= 350 && ++k % 5 == 0)' p/movietweetings/movietweetings.csv \
			p/movietweetings/movietweetings.csv >films.csv
		rm -r p
	fi
	cp-textify -q --form "$1" films.csv | cp-split -q --seed 1 -o films
}
has_auc() {		# has_auc LEAST MODEL: on the test rows of films
	cp-predict -q -m "$2" films.test.cps | cp-auc -q | tee measured | awk -v least="$1" '/^auc\t/ { print; exit !($2 > least) }'
}

# What holds of every stage.  stage_is_sound STAGE ROWS OPTION...: the same bytes with 1, 2 and 3 threads, interrupted or not; other bytes by
# another seed.  ROWS.train.cps and ROWS.valid.cps; leaves STAGE.cpm.
stage_is_sound() {
	ss_stage=$1
	ss_rows="--train $2.train.cps --valid $2.valid.cps --checkpoint 0"
	shift 2
	cp-train -q --stage $ss_stage --threads 1 "$@" $ss_rows -o $ss_stage.cpm || return 1
	for ss_n in 2 3; do
		cp-train -q --stage $ss_stage --threads $ss_n "$@" $ss_rows -o other.cpm && same $ss_stage.cpm other.cpm || return 1
	done
	cp-train -q --stage $ss_stage --threads 1 "$@" --seed 2 $ss_rows -o other.cpm || return 1
	other_tensor $ss_stage.cpm other.cpm plm.embeddings.word_embeddings.weight || return 1
	rm -f other.cpm*
	cp-train -q --stage $ss_stage --threads 1 "$@" $ss_rows -o other.cpm &
	if until_saved other.cpm.state $!; then kill -TERM $!; wait $! || true; fi
	wait
	cp-train -q --stage $ss_stage --threads 2 "$@" $ss_rows --resume -o other.cpm && same $ss_stage.cpm other.cpm
}

changed_model() {	# changed_model FILE: a copy without its digest, as one that somebody changes on purpose
	LC_ALL=C sed 's/"digest":"/"former":"/' "$1"
}
