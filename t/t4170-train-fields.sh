#!/bin/sh
# Fields of several values and of numbers: trained, resumed, finetuned and scored like the others, and learnt.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

# mixed RULE N SEED [FIRST]: records with a key, a list (some of them empty, some members twice), a number (some missing), a key.
# The label is 1 where RULE says so: list (a member is there), number (it is larger than .2) or none (a coin).
mixed() {
	awk -v rule="$1" -v n="$2" -v x="$3" -v first="${4-0}" '
		function below(k) { x = x * 16807 % 2147483647; return int(x / 8) % k }
		function column(name, type, storage) {
			return sprintf("{\"name\":\"%s\",\"type\":\"%s\",\"storage\":\"%s\",\"chain\":[]}", name, type, storage)
		}
		BEGIN {
			printf "{\"#cps\":{\"format\":\"cps\",\"columns\":[%s,%s,%s,%s,%s,%s],\"steps\":[]}}\n", column("row", "row", "u64"),
				column("label", "label", "f64"), column("User", "key", "u64"), column("Tags", "keys", "[u64]"),
				column("Price", "number", "f64"), column("City", "key", "u64")
			for (i = 0; i < n; i++) {
				tags = ""
				there = 0
				for (k = below(5); k; k--) {
					tag = below(12)
					there = there || tag == 3 || tag == 7
					tags = tags (tags == "" ? "" : ",") sprintf("\"%016x\"", tag + 100)
				}
				price = below(10) ? (below(2001) - 1000) / 500 : "null"
				label = rule == "list" ? there : rule == "number" ? price != "null" && price > 0.2 : below(2)
				printf "{\"row\":%d,\"label\":%d,\"User\":\"%016x\",\"Tags\":[%s],\"Price\":%s,\"City\":\"%016x\"}\n", first + i, label,
					below(20) + 7, tags, price, below(4) + 9
			}
		}' | cp-cat -q --from jsonl --edited
}

mixed list 600 1 >list.cps && mixed number 600 2 >number.cps && mixed none 600 3 >train.cps && mixed none 200 4 600 >valid.cps ||
	skip_all 'the rows could not be made'
S='--set dim=4 --set hidden=8'
train() { cp-train -q --threads 1 --stage ctr --batch 50 "$@"; }
auc_of() { cp-predict -q -m "$1" "$2" | cp-auc -q --json | sed -n 's/.*"auc": *\([0-9.]*\).*/\1/p'; }
above() { echo "$1 > $2"; awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }
edit() { cp-cat -q --to jsonl | sed "$1" | cp-cat -q --from jsonl --edited; }

for rule in list number; do
	case $rule in list) column=Tags ;; *) column=Price ;; esac
	export rule column
	for model in dcnv2 lr deepfm autoint; do
		export model
		test_that "$model learns what only the $rule tells, and not without it" '
			test $model = lr || sizes="--set dim=4"
			mixed $rule 300 9 5000 >test.cps
			train --model $model ${sizes-} --epochs 30 --lr 0.02 --weight-decay 0 --train $rule.cps -o with.cpm
			above "$(auc_of with.cpm test.cps)" 0.9
			cp-cat -q --drop $column $rule.cps >less.cps
			train --model $model ${sizes-} --epochs 30 --lr 0.02 --weight-decay 0 --train less.cps -o without.cpm
			above 0.7 "$(auc_of without.cpm test.cps)"
		'
	done
done

test_that 'the model says what each field is' '
	train $S --train train.cps -o m.cpm
	says m.cpm "\"fields\":\[\"User\",\"Tags\",\"Price\",\"City\"\]"
	says m.cpm "\"field_types\":{\"Price\":\"number\",\"Tags\":\"keys\"}"
	says m.cpm "\"version\":2"
	says m.cpm "\"vocab.Tags.keys\":{\"dtype\":\"U64\",\"shape\":\[13\]"
	says m.cpm "\"vocab.Price.keys\":{\"dtype\":\"U64\",\"shape\":\[2\]"
	says m.cpm "\"embedding\":{\"dtype\":\"F32\",\"shape\":\[43,4\]"
'

test_that 'a model of fields of one value is of the format it always had' '
	cp-cat -q --columns row,label,User,City train.cps >plain.cps
	train $S --train plain.cps -o plain.cpm
	says plain.cpm "\"version\":1"
	says_not plain.cpm field_types
'

test_that 'threads, blocks and files do not matter' '
	for model in dcnv2 lr fgcnn; do
		train --model $model --unseen-rate 0.1 --epochs 2 --train train.cps --valid valid.cps -o one.cpm
		train --model $model --unseen-rate 0.1 --epochs 2 --train train.cps --valid valid.cps --threads 3 -o three.cpm
		same one.cpm three.cpm
	done
	cp-cat -q --block-rows 7 train.cps >small.cps
	train $S --train small.cps -o b.cpm
	same m.cpm b.cpm
	cp-split -q --ratio 1:1 --by order --names x,y -o part train.cps
	train $S --train part.x.cps --train part.y.cps -o b.cpm
	same m.cpm b.cpm
	cp-predict -q -m m.cpm --threads 1 valid.cps >one
	cp-predict -q -m m.cpm --threads 3 <valid.cps >three
	cmp one three
	cp-cat -q --block-rows 3 valid.cps | cp-predict -q -m m.cpm >small
	cmp one small
'

test_that 'the order of members does not matter, how often one stands there does' '
	edit "s/\"Tags\":\[\(\"[0-9a-f]*\"\),\(\"[0-9a-f]*\"\)\]/\"Tags\":[\2,\1]/" <train.cps >turned.cps
	cmp train.cps turned.cps && exit 1
	cp-predict -q -m m.cpm turned.cps >turned
	cp-predict -q -m m.cpm train.cps >scores
	cmp scores turned
	edit "s/\"Tags\":\[\(\"[0-9a-f]*\"\),\(\"[0-9a-f]*\"\)\]/\"Tags\":[\1,\2,\2]/" <train.cps >thrice.cps
	cp-predict -q -m m.cpm thrice.cps >thrice
	cmp -s scores thrice && exit 1
	edit "s/\"Tags\":\[\(\"[0-9a-f]*\"\)\]/\"Tags\":[\1,\1]/" <train.cps >twice.cps
	cp-predict -q -m m.cpm twice.cps >twice
	cmp scores twice
'

test_that 'an empty list is the missing value, which has a key' '
	missing=$(printf "label,Tags\n1,\n" | cp-featurize -q | cp-cat -q --to tsv --columns Tags | sed -n "4p")
	edit "s/\"Tags\":\[\]/\"Tags\":[\"$missing\"]/" <train.cps >named.cps
	cmp train.cps named.cps && exit 1
	train $S --train named.cps -o named.cpm
	same m.cpm named.cpm
'

test_that 'a missing number has a row of its own; where training met none it is an unseen value' '
	edit "s/\"Price\":null/\"Price\":0/" <train.cps >zero.cps
	train $S --train zero.cps -o zero.cpm
	says zero.cpm "\"vocab.Price.keys\":{\"dtype\":\"U64\",\"shape\":\[1\]"
	nulls=$(cp-cat -q --to jsonl valid.cps | grep -c "\"Price\":null")
	test "$nulls" -gt 0
	cp-predict -m zero.cpm valid.cps 2>err >scores
	cat err
	grep "$nulls of [0-9]* values were not in the training rows" err
	cp-predict -m m.cpm valid.cps 2>err >scores
	grep "not in the training rows" err && exit 1
	edit "s/\"Price\":null/\"Price\":0/" <valid.cps >valid0.cps
	cp-predict -q -m m.cpm valid0.cps >scores0
	cmp -s scores scores0 && exit 1
	true
'

test_that 'unseen members are counted one by one' '
	edit "s/\"Tags\":\[\(\"[0-9a-f]*\"\)\]/\"Tags\":[\1,\"00000000000000ff\",\"00000000000000fe\"]/" <valid.cps >new.cps
	ones=$(cp-cat -q --to jsonl valid.cps | grep -c "\"Tags\":\[\"[0-9a-f]*\"\]")
	values=$(cp-cat -q --to jsonl --columns Tags new.cps | awk -F "[][]" "/Tags/ && !/#/ { n += \$2 == \"\" ? 1 : split(\$2, x, \",\") } END { print n + 600 }")
	cp-predict -m m.cpm new.cps 2>err >scores
	cat err
	grep "$((2 * ones)) of $values values were not in the training rows" err
'

test_that '--min-count counts members; the row of a number is always there' '
	train $S --min-count 1000 --train train.cps -o few.cpm
	says few.cpm "\"vocab.Tags.keys\":{\"dtype\":\"U64\",\"shape\":\[0\]"
	says few.cpm "\"vocab.Price.keys\":{\"dtype\":\"U64\",\"shape\":\[1\]"
	cp-predict -q -m few.cpm valid.cps >scores
	test "$(sort -u scores | wc -l)" -gt 50
'

test_that 'killed and taken up again: the same bytes' '
	opts="--set batch_norm=1 --set dropout=0.1 --unseen-rate 0.1 --epochs 12 --train train.cps --valid valid.cps"
	train $S $opts -o whole.cpm
	cp-train -q --threads 1 --stage ctr --batch 50 $S $opts --checkpoint 0 -o cut.cpm &
	pid=$!
	until_saved cut.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	train $S $opts --resume -o cut.cpm
	same whole.cpm cut.cpm
	edit "s/\"Price\":0.5[0-9]*,/\"Price\":0.6,/" <train.cps >other.cps
	rm -f cut.cpm
	cp-train -q --threads 1 --stage ctr --batch 50 $S $opts --checkpoint 0 -o cut.cpm &
	pid=$!
	until_saved cut.cpm.state $pid
	kill -9 $pid
	wait $pid || true
	cmp train.cps other.cps && exit 1
	fails_with 1 train $S $opts --train other.cps --resume -o cut.cpm
	grep "another training rows" fails_with.err
'

test_that 'a model is finetuned with new members, and grows' '
	edit "s/\"00000000000000\(6[0-9a-f]\)\"/\"00000000000001\1\"/" <train.cps >moved.cps
	cp-train -q --threads 1 --stage finetune --init m.cpm --train moved.cps -o grown.cpm
	says grown.cpm "\"vocab.Tags.keys\":{\"dtype\":\"U64\",\"shape\":\[2[0-9]\]"
	says grown.cpm "\"field_types\":{\"Price\":\"number\",\"Tags\":\"keys\"}"
	cp-predict -q -m grown.cpm valid.cps >scores
	test "$(wc -l <scores)" -eq 200
'

test_that 'a column of another kind is refused, in training and in scoring' '
	edit "s/\"name\":\"Price\",\"type\":\"number\",\"storage\":\"f64\"/\"name\":\"Price\",\"type\":\"key\",\"storage\":\"u64\"/; s/\"Price\":[-0-9.nul]*/\"Price\":\"0000000000000001\"/" <valid.cps >key.cps
	refused 1 "key.cps: field .Price. is one value a row (key) here; in the training rows it is a number (number)" \
		cp-predict -q -m m.cpm key.cps
	refused 1 "key.cps: field .Price. is one value a row" train --train train.cps --valid key.cps -o no.cpm
	refused 1 "key.cps: field .Price. is one value a row" cp-train -q --stage finetune --init m.cpm --train key.cps -o no.cpm
	train $S --train key.cps -o key.cpm
	refused 1 "field .Price. is a number (number) here; in the training rows it is one value a row (key)" cp-predict -q -m key.cpm valid.cps
	cp-cat -q --drop Tags valid.cps >less.cps
	refused 1 "less.cps: field .Tags. is missing" cp-predict -q -m m.cpm less.cps
'

test_that 'a column that was made otherwise is refused' '
	edit "s/\"name\":\"Price\",\"type\":\"number\",\"storage\":\"f64\",\"chain\":\[[0-9,]*\]/&,\"attributes\":{\"declared\":\"log\"}/" <train.cps >log.cps
	cp-cat -q --to jsonl -n 1 log.cps | grep -q declared
	refused 1 "log.cps: column .Price. was made otherwise than in the training rows: {\"declared\":\"log\"} here, without a declaration there" \
		cp-predict -q -m m.cpm log.cps
	train $S --train log.cps -o log.cpm
	says log.cpm "\"fields_made\":{\"Price\":{\"declared\":\"log\"}}"
	refused 1 "was made otherwise" cp-predict -q -m log.cpm valid.cps
	cp-predict -q -m log.cpm log.cps >scores
	refused 1 "train.cps: column .Price. was made otherwise" train --train log.cps --train train.cps -o no.cpm
'

test_that 'numbers that are none, and two fields of one name' '
	edit "s/\"Price\":0.5[0-9]*,/\"Price\":\"inf\",/" <train.cps >inf.cps
	cmp train.cps inf.cps && exit 1
	refused 1 "inf.cps: row [0-9]*: field .Price. is inf; expected a number" train --train inf.cps -o no.cpm
	edit "s/\"Price\":0.5[0-9]*,/\"Price\":1e60,/" <train.cps >huge.cps
	refused 1 "huge.cps: row [0-9]*: field .Price. is 1e+60; expected a number" cp-predict -q -m m.cpm huge.cps
	edit "s/\"name\":\"City\"/\"name\":\"Price\"/; s/\"Price\":/\"number:Price\":/; s/\"City\":/\"key:Price\":/" <train.cps >two.cps
	refused 1 "two fields are called .Price., number:Price and key:Price" train --train two.cps -o no.cpm
'

test_that 'a number column that is the label is no field' '
	cp-cat -q --columns row,User,Price train.cps | edit "s/\"Price\":[-0-9.nul]*/\"Price\":1/" >label.cps
	train $S --label Price --train label.cps -o label.cpm
	says label.cpm "\"fields\":\[\"User\"\]"
'

test_that 'fields of numbers alone' '
	cp-cat -q --columns row,label,Price number.cps >price.cps
	train --model lr --epochs 30 --lr 0.02 --weight-decay 0 --train price.cps -o price.cpm
	above "$(auc_of price.cpm price.cps)" 0.9
'

test_done
