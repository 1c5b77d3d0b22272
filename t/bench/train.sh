#!/bin/sh
# How fast models train and score, beside PyTorch: `make bench-train`; not a test.
#
#     PEERS=FILE          a shell file that puts a Python with torch (and transformers) first in PATH
#     PEER_CTR=FILE       a Python program that trains or scores a CTR model with PyTorch and prints "N samples/s"; it takes --model --batch
#                         --features --dtype f32|bf16 --threads --seconds, --hidden WIDTH..., --sparse and --score
#     PEER_PLM=FILE       one for a language model that prints "N tokens/s": --size tiny|mini --impl hf|tuned --dtype --batch --prompts
#                         --vocab --tokens (a row) --threads --seconds --score.  What is not there is said and passed over
#     TASKS='NAME...'     without it, all of
#                             MODEL-BATCH         training; MODEL is dcnv2, dnn, deepfm, autoint or xdeepfm
#                             sparse              DCNv2 at batch 256, a table of 4.5 million rows, Adam on the touched ones only
#                             tiny, mini          pretraining: DCNv2, 5 prompts, a language model of TinyBERT's or MiniLM's sizes, dropout 0.1,
#                                                 batch 128, with the softmax trimmed to the words that occur and with the full one
#                             score               cp-predict with DCNv2
#                             score-tiny, score-mini      with such a language model
#     PRECISIONS='f32 bf16 int8'  of ours: int8 of scoring alone, auto of training; what a tool refuses is said and passed over
#     IMPLS='hf tuned'    of PyTorch's language model: as transformers has it, and by a careful hand
#     ROUNDS=N            3; each round runs every side of a task once, so that a slow minute hits all
#     SECONDS_EACH=N      5: one such run, about; a step may take longer.  With less, pages touched for the first time weigh in sparse and tiny
#     THREADS=N           of all sides; without it, the processors
#
# The work is drawn.  CTR rows have 8 fields of 17,251 values together; a sentence has about 48 tokens, of a vocabulary of 30,522 of which some
# 5,200 occur.  Sizes are ClickPrompt's for MovieLens-1M.  Ours reads 49,152 rows over and over, the peers what few batches they draw: that
# matters to the large table, most of which they never touch.
# Training is what each side times itself, the steps without start-up; cp-predict is a whole process, from file to text, in its own batches.
# A figure is the best of the rounds, on every side: others on the machine, and where it puts our threads, make one slower, up to twice where two
# processors turn out to be one core's, and never faster.  It is of this one run and good for its ratios only.  "of peak" is operations, counted from the
# sizes, three times those of the forward pass where it trains, over what t/bench/peak.c reaches in a thread times the threads.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${CP_BIN:-$here/bin} PEAK=${CP_PEAK:-$here/build/plain/bench/peak}
ALL="dcnv2-256 dnn-256 deepfm-256 autoint-256 xdeepfm-256 dcnv2-4096 dnn-4096 deepfm-4096 autoint-4096 sparse \
tiny mini score score-tiny score-mini"
TASKS=${TASKS:-$ALL}
PRECISIONS=${PRECISIONS:-f32 bf16 int8} IMPLS=${IMPLS:-hf tuned}
ROUNDS=${ROUNDS:-3} SECONDS_EACH=${SECONDS_EACH:-5} THREADS=${THREADS:-$(nproc)}
FEATURES=17251 MANY=4500000 CTR_ROWS=49152 PLM_ROWS=512 TOKENS=48 OCCUR=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cp-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
PATH=$BIN:$PATH
export LC_ALL=C

# ---- what there is to work on ----

rows() {	# how many, values of all fields together, 1: drawn, 0: each in turn
	awk -v n="$1" -v values="$2" -v drawn="$3" 'BEGIN {
		srand(1)
		print "label,f1,f2,f3,f4,f5,f6,f7,f8"
		for (i = 0; i < n; i++) {
			line = rand() < .5
			for (f = 1; f <= 8; f++) {
				m = int((values + f - 1) / 8)
				line = line "," (drawn ? int(rand() * m) : i % m)
			}
			print line
		}
	}' | cp-featurize -q -o "$4"
}

vocabulary() {	# a folder without weights: layers, width, heads, feed-forward
	mkdir "$5"
	cat >"$5/config.json" <<-END
		{"model_type": "bert", "architectures": ["BertForMaskedLM"], "vocab_size": 30522, "num_hidden_layers": $1, "hidden_size": $2,
		"num_attention_heads": $3, "intermediate_size": $4, "max_position_embeddings": 512, "type_vocab_size": 2, "pad_token_id": 0,
		"hidden_act": "gelu", "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
	END
	awk 'BEGIN {
		n = split("[PAD] [UNK] [CLS] [SEP] [MASK] is . f1 f2 f3 f4 f5 f6 f7 f8", w, " ")
		for (i = 1; i <= n; i++) print w[i]
		for (i = 0; i < 30522 - n; i++) print "w" i
	}' >"$5/vocab.txt"
}

sentences() {	# rows, values of all fields together: 26 tokens and those of the values, which have 1 to 5 words
	awk -v n="$1" -v values="$2" 'BEGIN {
		split("1 1 2 2 3 4 4 5", words, " ")
		srand(1)
		print "label,f1,f2,f3,f4,f5,f6,f7,f8"
		for (; n > 0; n--) {
			line = rand() < .5
			for (f = 1; f <= 8; f++) {
				v = int(rand() * int(values / 8))
				for (w = 0; w < words[v % 8 + 1]; w++) line = line (w ? " " : ",") "w" (v * 31 + w * 977 + f * 631) % 6501
			}
			print line
		}
	}'
}

make_plm() {
	[ ! -e "$tmp/plm.cps" ] || return 0
	vocabulary 4 312 12 1200 "$tmp/tiny"
	vocabulary 6 384 12 1536 "$tmp/mini"
	sentences "$PLM_ROWS" "$FEATURES" >"$tmp/plm.csv"
	sentences 20000 "$FEATURES" | cp-featurize -q -o "$tmp/plm-values.cps"
	cp-textify -q "$tmp/plm.csv" | cp-mask -q --plm "$tmp/tiny" -o "$tmp/plm.cps"
	# "is", "." and the names of fields beside the words of values; [CLS] and [SEP] count as tokens, but are never predicted
	awk -F '[, ]' 'NR > 1 { for (i = 2; i <= NF; i++) { n++; kinds += !seen[$i]++ } } END { print 26 * (NR - 1) + n, 10 + kinds }' \
		"$tmp/plm.csv" >"$tmp/counts"
	read -r PLM_TOKENS OCCUR <"$tmp/counts"
	TOKENS=$(echo "$PLM_TOKENS $PLM_ROWS" | awk '{ printf "%.1f", $1 / $2 }')	# a row
}

make_rows() {	# rows, values of all fields together: VALUES.cps, and each value once for --vocab-from
	[ -e "$tmp/$2.cps" ] || rows "$1" "$2" 1 "$tmp/$2.cps"
	[ -e "$tmp/$2-values.cps" ] || rows "$((($2 + 7) / 8))" "$2" 0 "$tmp/$2-values.cps"
}

# ---- timing ----

missing() {	# what; why is in $tmp/why: said once
	grep -qsxF "$1" "$tmp/missing" && return 0
	echo "$1" >>"$tmp/missing"
	echo "bench: no $1: $(grep -v "try '.* --help'" "$tmp/why" | tail -n 1)" >&2
}

many() {	# rows, how often: many.cps
	i=0
	while [ "$i" -lt "$2" ]; do cat "$1"; i=$((i + 1)); done >"$tmp/many.cps"
}

trained() {	# unit, options of cp-train: the figure of the last line
	unit=$1; shift
	cp-train --no-ledger --threads "$THREADS" --epochs 1 --train "$tmp/many.cps" -o /dev/null "$@" 2>"$tmp/why" || return 1
	sed -n "s,.*[ ]\([0-9]*\) $unit.*,\1,p" "$tmp/why" | tail -n 1
}

predicted() {	# unit, model, precision: rows over seconds, or tokens
	start=$(date +%s.%N)
	cp-predict --no-ledger --threads "$THREADS" --precision "$3" -m "$2" "$tmp/many.cps" >"$tmp/scores" 2>"$tmp/why" || return 1
	end=$(date +%s.%N)
	per=1
	[ "$1" = rows/s ] || per=$TOKENS
	echo "$start $end $(wc -l <"$tmp/scores") $per" | awk '{ printf "%.0f\n", $3 * $4 / ($2 - $1) }'
}

# The rows are read so often that it takes SECONDS_EACH; how often, the first run tells, which reads them once and counts where that is enough.
ours() {	# task, who, rows, rows or tokens in it, trained or predicted, unit, its further arguments
	task=$1 who=clickprompt-$2 file=$3 n=$4 rate=; shift 4
	often=$tmp/often.$task.$who
	if [ ! -e "$often" ]; then
		many "$file" 1
		rate=$("$@") || { missing "$who"; return 0; }
		echo "$rate $n $SECONDS_EACH" | awk '{ k = int($1 * $3 / $2 + .5); print k < 1 ? 1 : k }' >"$often"
	fi
	if [ -z "$rate" ] || [ "$(cat "$often")" != 1 ]; then
		many "$file" "$(cat "$often")"
		rate=$("$@") || { missing "$who"; return 0; }
	fi
	echo "$task $who $rate" >>"$tmp/rates"
}

theirs() {	# task, who, program, unit, its options
	task=$1 who=$2 program=$3 unit=$4; shift 4
	if [ ! -r "$program" ]; then
		echo "PEER_CTR or PEER_PLM names no file (see $0)" >"$tmp/why"
		missing "$who"
		return 0
	fi
	python3 "$program" --threads "$THREADS" --seconds "$SECONDS_EACH" "$@" >"$tmp/out" 2>"$tmp/why" || { missing "$who"; return 0; }
	rate=$(sed -n "s,.*[ ]\([0-9]*\) $unit.*,\1,p" "$tmp/out" | tail -n 1)
	echo "$task $who ${rate:?"$program printed no '$unit'"}" >>"$tmp/rates"
}

# ---- the tasks ----

of_training() {
	for precision in $PRECISIONS; do [ "$precision" = int8 ] || echo "$precision"; done
}

ctr() {	# task, model, batch, rows, values, further options of ours and of theirs
	task=$1 model=$2 batch=$3 n=$4 values=$5 more=$6 theirs=$7
	make_rows "$n" "$values"
	for precision in $(of_training); do
		# shellcheck disable=SC2086
		ours "$task" "$precision" "$tmp/$values.cps" "$n" trained rows/s --stage ctr --model "$model" --batch "$batch" \
			--vocab-from "$tmp/$values-values.cps" --precision "$precision" $more
	done
	for precision in f32 bf16; do
		# shellcheck disable=SC2086
		theirs "$task" "torch-$precision" "${PEER_CTR:-}" samples/s --model "$model" --batch "$batch" --features "$values" \
			--dtype "$precision" $theirs
	done
}

theirs_plm() {	# task, tiny or mini, further options
	for impl in $IMPLS; do
		for precision in f32 bf16; do
			theirs "$1" "torch-$impl-$precision" "${PEER_PLM:-}" tokens/s --size "$2" --impl "$impl" --dtype "$precision" \
				--batch 128 --prompts 5 --vocab 30522 --tokens "$TOKENS" ${3:+"$3"}
		done
	done
}

pretrain() {	# tiny or mini
	make_plm
	for precision in $(of_training); do
		for softmax in trimmed full; do
			option=
			[ "$softmax" = trimmed ] || option=--full-vocab
			# shellcheck disable=SC2086
			ours "$1" "$precision-$softmax" "$tmp/plm.cps" "$PLM_TOKENS" trained tokens/s --stage pretrain --model dcnv2 \
				--prompts 5 --plm "$tmp/$1" --batch 128 --vocab-from "$tmp/plm-values.cps" --precision "$precision" $option
		done
	done
	theirs_plm "$1" "$1"
}

score() {
	make_rows "$CTR_ROWS" "$FEATURES"
	[ -e "$tmp/score.cpm" ] || cp-train -q --no-ledger --stage ctr --epochs 1 --vocab-from "$tmp/$FEATURES-values.cps" \
		--train "$tmp/$FEATURES.cps" -o "$tmp/score.cpm"
	for precision in $PRECISIONS; do
		ours score "$precision" "$tmp/$FEATURES.cps" "$CTR_ROWS" predicted rows/s "$tmp/score.cpm" "$precision"
	done
	for batch in 256 4096; do
		for precision in f32 bf16; do
			theirs score "torch-$precision-$batch" "${PEER_CTR:-}" samples/s --score --model dcnv2 --batch "$batch" \
				--features "$FEATURES" --dtype "$precision"
		done
	done
}

score_plm() {	# tiny or mini
	make_plm
	if [ ! -e "$tmp/$1.cpm" ]; then	# one step a stage; rows are the same
		cp-cat --head 128 "$tmp/plm.cps" >"$tmp/head.cps" 2>/dev/null
		cp-train -q --no-ledger --stage pretrain --epochs 1 --plm "$tmp/$1" --vocab-from "$tmp/plm-values.cps" -o "$tmp/pre.cpm" <"$tmp/head.cps"
		cp-train -q --no-ledger --stage finetune --with-plm --epochs 1 --init "$tmp/pre.cpm" --train "$tmp/head.cps" -o "$tmp/$1.cpm"
	fi
	for precision in $PRECISIONS; do
		ours "score-$1" "$precision" "$tmp/plm.cps" "$PLM_TOKENS" predicted tokens/s "$tmp/$1.cpm" "$precision"
	done
	theirs_plm "score-$1" "$1" --score
}

run() {	# a task, once
	case $1 in
	sparse) ctr sparse dcnv2 256 "$CTR_ROWS" "$MANY" '--optimizer sparse-adamw' --sparse ;;
	tiny | mini) pretrain "$1" ;;
	score) score ;;
	score-tiny | score-mini) score_plm "${1#score-}" ;;
	xdeepfm-*) ctr "$1" xdeepfm "${1#*-}" "$CTR_ROWS" "$FEATURES" '' '--hidden 256 256 256' ;;
	*) ctr "$1" "${1%-*}" "${1#*-}" "$CTR_ROWS" "$FEATURES" '' '' ;;
	esac
}

for task in $TASKS; do
	case $task in
	sparse | tiny | mini | score | score-tiny | score-mini | dcnv2-[1-9]* | dnn-[1-9]* | deepfm-[1-9]* | autoint-[1-9]* | xdeepfm-[1-9]*) ;;
	*) echo "bench: TASKS: '$task' is none (see $0)" >&2; exit 2 ;;
	esac
done
# shellcheck disable=SC1090
[ -z "${PEERS:-}" ] || { set +u; . "$PEERS"; set -u; }
[ -n "${PEERS:-}" ] || echo "bench: PEERS is not set (see $0); what $(command -v python3 || echo 'no python3') has is used" >&2
"$PEAK" >"$tmp/peak" || true
for round in $(seq "$ROUNDS"); do
	for task in $TASKS; do run "$task"; done
	echo "bench: round $round of $ROUNDS" >&2
done

# ---- the table ----

cp-train --version | head -n 1
printf '%s threads of %s, %s; the best of %s rounds of about %s s\n' "$THREADS" "$(nproc)" \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$ROUNDS" "$SECONDS_EACH"
python3 - 2>/dev/null <<-'END' || true
	import importlib.metadata as m
	names = {d.metadata["Name"] for d in m.distributions()}
	print(*[f"{n} {m.version(n) if n in names else '-'}" for n in ("torch", "transformers")])
END
[ ! -s "$tmp/peak" ] || echo "peak of a thread, GF/s: $(paste -s -d ' ' "$tmp/peak")"
[ "$OCCUR" = 0 ] || echo "sentences: $TOKENS tokens a row, $OCCUR entries of the vocabulary occur"
echo
[ -s "$tmp/rates" ] || { echo "bench: nothing was measured" >&2; exit 1; }
sort -k1,1 -k2,2 -k3,3n "$tmp/rates" | awk -v tasks="$TASKS" -v tokens="$TOKENS" -v occur="$OCCUR" -v threads="$THREADS" -v peaks="$tmp/peak" '
	{ key = $1 " " $2; n[key]++; t[key, n[key]] = $3; if (n[key] == 1) who[$1, ++m[$1]] = $2 }
	function best(key) { return t[key, n[key]] }	# sorted
	# multiply-adds of a forward pass: a row of a CTR model of 8 fields x 32, or a token
	function cin(h) { return h * 8 * 32 * (1 + 25) }
	function ctr(model) {
		if (model == "dnn") return 6 * 256 * 256 + 256
		if (model == "deepfm") return 6 * 256 * 256 + 3 * 256
		if (model == "autoint") return 6 * 256 * 256 + 512 + 6 * (4 * 8 * 32 * 32 + 2 * 8 * 8 * 32)
		if (model == "xdeepfm") return 3 * 256 * 256 + 256 + 75 + cin(8) + 2 * cin(25)
		return (6 + 6) * 256 * 256 + 512
	}
	# all tokens have keys and values; a share of them is asked for what the layer makes of it
	function layer(h, ffn, asked) { return 2 * h * h + asked * (2 * h * h + 2 * h * ffn + 2 * (tokens + 5) * h) }
	function plm(layers, h, ffn, picked, vocab) {
		return (layers - 1) * layer(h, ffn, 1) + layer(h, ffn, picked ? picked : 1) + picked * (h * h + h * vocab) \
			+ (ctr("dcnv2") + 512 * h + h * 5 * 2 * layers * h) / tokens
	}
	function size(name, picked, vocab) {
		return name == "tiny" ? plm(4, 312, 1200, picked, vocab) : plm(6, 384, 1536, picked, vocab)
	}
	function flop(task, who) {
		if (task == "score") return 2 * ctr("dcnv2")
		if (task ~ /^score-/) return 2 * size(substr(task, 7), 0, 0)
		if (task == "tiny" || task == "mini") return 6 * size(task, .15, who ~ /full/ ? 30522 : occur)
		return 6 * ctr(task == "sparse" ? "dcnv2" : substr(task, 1, index(task, "-") - 1))
	}
	function of_peak(task, who, rate,   p) {
		p = who ~ /int8/ ? "int8" : who ~ /bf16/ ? (peak["amx"] ? "amx" : "bf16") : who ~ /f32/ ? "f32" : ""
		return peak[p] ? sprintf("%3.0f %% of %s", 100 * rate * flop(task, who) / (peak[p] * 1e9 * threads), p) : "-"
	}
	function ratios(task, rate,   i, j, k, out, used, least) {	# to every peer, the fastest first
		for (j = 1; j <= m[task]; j++) {
			k = 0
			for (i = 1; i <= m[task]; i++)
				if (who[task, i] !~ /^clickprompt/ && !(i in used) && (!k || best(task " " who[task, i]) > best(task " " who[task, k]))) k = i
			if (!k) break
			used[k] = 1
			out = out sprintf("%s%.2f %s", out ? ", " : "", rate / best(task " " who[task, k]), who[task, k])
		}
		return out
	}
	END {
		while ((getline line <peaks) > 0) { split(line, word, " "); peak[word[1]] = word[2] }
		printf "%-12s %-26s %8s %-9s %-13s %s\n", "task", "who", "", "", "of peak", "times as fast as"
		count = split(tasks, list, " ")
		for (i = 1; i <= count; i++)
			for (j = 1; j <= m[list[i]]; j++) {
				task = list[i]; name = who[task, j]; rate = best(task " " name)
				printf "%-12s %-26s %8.0f %-9s", task, name, rate, task ~ /tiny|mini/ ? "tokens/s" : "rows/s"
				if (name ~ /^clickprompt/) printf " %-13s %s", of_peak(task, name, rate), ratios(task, rate)
				printf "\n"
			}
	}'
