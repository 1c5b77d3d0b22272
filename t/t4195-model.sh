#!/bin/sh
# cp-model: what a model holds, how two differ, values by name, and means.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 300 42 >rows.csv
cp-featurize -q <rows.csv >train.cps
one() { out=$1; shift; ctr --no-ledger --epochs 1 --train train.cps -o "$out" "$@"; }
one a.cpm --seed 1
one b.cpm --seed 2

test_that 'show tells stage, model, sizes, fields and provenance, and with --tensors every tensor' '
	cp-model show -q a.cpm >show
	cat show
	grep -x "stage	ctr" show
	grep -x "model	dcnv2" show
	grep "^sizes	dim=8 " show
	grep -x "field	Film	key	30 values" show
	grep "^training: seed	1" show
	grep "^digest	[0-9a-f]\{32\}$" show
	cp-model show -q --tensors a.cpm | grep "^tensor	embedding	F32	57x8	[0-9.]*$"
	sum=$(cp-model show -q --tensors a.cpm | awk -F "\t" "\$1 == \"tensor\" && \$3 == \"F32\" { split(\$4, d, \"x\"); n += d[1] * (d[2] ? d[2] : 1) } END { print n }")
	grep -x "parameters	$sum" show
'

test_that 'show writes numbers of the language model as its config.json does' '
	cp-textify -q <rows.csv >text.cps
	cp-train -q --no-ledger --stage ptab --plm scratch:layers=1,hidden=16,heads=2,positions=64 --epochs 1 --train text.cps -o words.cpm
	cp-model show -q words.cpm | grep "^language model	.*\"hidden_dropout_prob\":0\.1,.*\"layer_norm_eps\":1\.*0*e-12,"
'

test_that 'show --json is JSON with the same' '
	cp-model show -q --json a.cpm >show.json
	python3 - <<END || { command -v python3 >/dev/null && exit 1; true; }
import json
o = json.load(open("show.json"))
assert o["stage"] == "ctr" and [f["name"] for f in o["fields"]] == ["User", "Film", "Genre"] and o["fields"][1]["values"] == 30
assert any(t["name"] == "embedding" and t["shape"] == [57, 8] and t["norm"] > 0 for t in o["tensors"])
END
'

test_that 'what is no model is told by its first bytes' '
	gzip -nc a.cpm >a.gz
	for no in "train.cps: this is a record stream, expected a model (safetensors)" "a.gz: this is compressed by gzip, expected .*; gzip -dc unpacks it"; do
		fails_with 1 cp-model show "${no%%:*}"
		grep "cp-model: $no" fails_with.err
		fails_with 1 cp-predict --no-ledger -m "${no%%:*}" train.cps
		grep "cp-predict: $no" fails_with.err
		fails_with 1 cp-train --no-ledger --stage finetune --init "${no%%:*}" --train train.cps -o no.cpm
		grep "cp-train: $no" fails_with.err
	done
	fails_with 1 cp-featurize a.cpm
	grep "a.cpm: this is a model (safetensors), expected a CSV" fails_with.err
'

test_that 'compare finds what differs, and that nothing does' '
	cp-model compare -q a.cpm a.cpm | grep -x "the same"
	cp-model compare -q a.cpm b.cpm >differ
	cat differ
	grep -x "configuration	training: seed	1	2" differ
	grep "^tensor	embedding	largest difference 0*[.1-9]" differ
	! grep vocab differ
'

test_that 'vocab and export name the values that a CSV has' '
	cp-model vocab -q --field Film --names rows.csv a.cpm >vocab
	test $(wc -l <vocab) = 30
	want=$(cut -d, -f4 rows.csv | grep -cx "film 3")
	awk -F "\t" -v n="$want" "\$5 == \"film 3\" && \$3 == n && \$4 > 0 { found = 1 } END { exit !found }" vocab
	awk -v OFS=, "{ print \$0, NR == 1 ? \"Film\" : \"another\" }" rows.csv >twice.csv	# the first column of a name counts
	cp-model vocab -q --field Film --names twice.csv a.cpm | cmp - vocab
	cp-model vocab -q a.cpm >all
	test $(wc -l <all) = 54
	cp-model export -q --field Genre --names rows.csv a.cpm >vectors
	awk -F "\t" "NF != 12 || \$4 !~ /^g[0-3]$/ { bad = 1 } END { exit bad || NR != 4 }" vectors
'

test_that 'names are read as the fields were declared: separators, nulls, and columns of another name' '
	awk -F, -v OFS=, "NR == 1 { print \$0, \"Tags\"; next } { print \$0, \"x\" NR % 3 \"; y\" NR % 2 (NR % 5 ? \"\" : \";none\") }" rows.csv >tags.csv
	cp-featurize -q --field "Tags: list \";\" null none" --field "Kind: category of Genre null g0" tags.csv -o tags.cps
	cp-train -q --threads 1 --stage ctr --model lr --epochs 1 --train tags.cps -o tags.cpm
	cp-model vocab -q --field Tags --names tags.csv tags.cpm | cut -f5 | sort | paste -sd " " >said
	test "$(cat said)" = "x0 x1 x2 y0 y1"
	cp-model vocab -q --field Kind --names tags.csv tags.cpm | cut -f5 | sort | paste -sd " " >said
	cat said
	test "$(cat said)" = "(missing) g1 g2 g3"
	awk -F, -v OFS=, "{ print \$0, NR == 1 ? \"Tags,Price\" : (NR % 4 ? \"x\" : \"\") \",\" (NR % 3 ? NR / 300 : \"\") }" rows.csv >gaps.csv
	cp-featurize -q --field "Tags: list" --field "Price: number" gaps.csv -o gaps.cps
	cp-train -q --threads 1 --stage ctr --model lr --epochs 1 --train gaps.cps -o gaps.cpm
	for field in Tags Price; do cp-model vocab -q --field $field --names gaps.csv gaps.cpm; done | cut -f3,5 | sort -k 2 | tr "\t" " " >said
	cat said
	test "$(paste -sd " " said)" = "75 (missing) 100 (missing) 200 (number) 225 x" || test "$(paste -sd " " said)" = "100 (missing) 75 (missing) 200 (number) 225 x"
'

test_that 'buckets, hours and weekdays are named after their declaration, and asked for by a number or by name' '
	awk -F, -v OFS=, "{ print \$0, NR == 1 ? \"Price,When\" : NR % 14 \",\" 1700000000 + 3600 * NR }" rows.csv >made.csv
	cp-featurize -q -f "Price: buckets at 5 10" -f "When: drop" -f "Hour: hour of When" -f "Day: weekday of When" made.csv -o made.cps
	cp-train -q --no-ledger --threads 1 --stage ctr --model fm --epochs 1 --train made.cps -o made.cpm
	said() { cp-model vocab -q --field $1 --names made.csv made.cpm | cut -f5 | sort | paste -sd "|" | tee said; }
	test "$(said Price)" = "< 5|>= 10|>= 5 < 10"
	test "$(said Day)" = "Friday|Monday|Saturday|Sunday|Thursday|Tuesday|Wednesday"
	said Hour | tr "|" "\n" | sort -n | cmp - <<-END
	$(seq 0 23)
	END
	cp-model neighbours -q --field Price --value 7 --names made.csv made.cpm | cut -f4 | sort | paste -sd "|" >said
	cat said
	test "$(cat said)" = "< 5|>= 10"
	test "$(cp-model neighbours -q --field Day --value Monday made.cpm | wc -l)" = 6
	fails_with 1 cp-model neighbours -q --field Price --value much made.cpm
	grep "made.cpm: column .Price.: .much. is not a number" fails_with.err
'

test_that 'the rows of a value are those of the table, behind the rows of the fields before and that for the unseen' '
	cp-model export -q --field Film a.cpm | cut -f5- | tr "\t" "\n" >said
	tensor a.cpm embedding | od -An -v -tf4 -w4 | sed -n "$((22 * 8 + 1)),$((52 * 8))p" >there
	test "$(wc -l <said)" = 240
	paste said there | awk "{ d = \$1 - \$2; if (d < -1e-6 || d > 1e-6) exit 1 }"
'

test_that 'a name of two lines is shown in one, by cp-model and by cp-cat' '
	printf "label,\"a\nb\"\n1,x\n0,y\n" | cp-featurize -q >lines.cps
	cp-train -q --no-ledger --stage ctr --model lr --epochs 1 --train lines.cps -o lines.cpm
	cp-model show -q lines.cpm >show
	grep -Fx "field	a\nb	key	2 values" show
	cp-cat -q --show lines.cps >show
	grep "^a.nb  *key " show
	grep -Fx "row, label, a\nb" show
	printf "label,\"a\tb\"\n1,\"x\ty\"\n0,z\n" >tabs.csv
	cp-featurize -q tabs.csv >tabs.cps
	cp-train -q --no-ledger --stage ctr --model lr --epochs 1 --train tabs.cps -o tabs.cpm
	cp-model vocab -q --names tabs.csv tabs.cpm | cut -f 1,5 >vocab
	cat vocab
	printf "%s\n" "a\tb	x\ty" "a\tb	z" | sort >want
	sort vocab | cmp - want
'

test_that 'a tensor as text: a line for each place of its first dimension, whole numbers as such' '
	cp-model export -q --tensor embedding a.cpm >table
	test "$(wc -l <table) $(head -n 1 table | tr "\t" "\n" | wc -l)" = "57 8"
	tr "\t" "\n" <table >said
	tensor a.cpm embedding | od -An -v -tf4 -w4 >there
	paste said there | awk "{ d = \$1 - \$2; if (d < -1e-6 || d > 1e-6) exit 1 } END { exit NR != 456 }"
	cp-model export -q --tensor vocab.Film.counts a.cpm | awk "{ n += \$1 } END { exit !(NR == 30 && n == 300) }"
	test "$(cp-model export -q --tensor out.bias a.cpm | wc -l)" = 1
	fails_with 1 cp-model export --tensor none a.cpm
	grep "no tensor .none." fails_with.err
	fails_with 2 cp-model vocab --tensor embedding a.cpm
'

test_that 'neighbours are those of the largest cosine' '
	cp-model neighbours -q --field Film --value "film 3" --names rows.csv -n 5 a.cpm >near
	cp-model export -q --field Film --names rows.csv a.cpm >vectors
	awk -F "\t" "{ for (k = 5; k <= NF; k++) v[\$4, k] = \$k; name[NR] = \$4; d = NF }
		END { for (i in name) { if (name[i] == \"film 3\") continue; x = y = z = 0
			for (k = 5; k <= d; k++) { a = v[\"film 3\", k]; b = v[name[i], k]; x += a * b; y += a * a; z += b * b }
			printf \"%.4f\t%s\n\", x / sqrt(y * z), name[i] } }" vectors | sort -rn | head -n 5 >want
	awk -F "\t" "{ printf \"%.4f\t%s\n\", \$1, \$4 }" near | diff - want
	fails_with 1 cp-model neighbours --field Film --value nowhere a.cpm
	fails_with 1 cp-model neighbours --field Nothing --value x a.cpm
	fails_with 2 cp-model neighbours --field Film a.cpm
'

test_that 'average is the mean, scores, and says what it is' '
	cp-model average -q -o mean.cpm a.cpm b.cpm
	cp-predict -q --no-ledger --csv -m mean.cpm <rows.csv >scores
	test $(wc -l <scores) = 300
	cp-model show -q mean.cpm | grep "^training: mean of models.*$(cp-model show -q b.cpm | sed -n "s/^digest.//p")"
	for m in a b mean; do cp-model export -q --field Genre $m.cpm >$m.tsv; done
	paste a.tsv b.tsv mean.tsv | awk -F "\t" "{ for (k = 5; k <= 12; k++) { d = (\$k + \$(k + 12)) / 2 - \$(k + 24); if (d > 1e-7 || d < -1e-7) bad = 1 } } END { exit bad || !NR }"
	cp-model average -q -o same.cpm a.cpm a.cpm
	cp-predict -q --no-ledger --csv -m a.cpm <rows.csv >x
	cp-predict -q --no-ledger --csv -m same.cpm <rows.csv | cmp - x
	at=$(($(wc -c <mean.cpm) - 100))
	{ head -c $at mean.cpm; tail -c +$((at + 1)) mean.cpm | LC_ALL=C tr "\\000-\\377" "\\001-\\377\\000"; } >hurt.cpm
	fails_with 1 cp-predict --no-ledger --csv -m hurt.cpm rows.csv
	grep "hurt.cpm: .*digest\|hurt.cpm: .*damaged" fails_with.err
'

test_that 'a mean of networks is told of where they did not begin from the same parameters' '
	noted() {	# noted MODEL...: which one the note names
		cp-model average -o mean.cpm "$@" 2>err || echo failed
		sed -n "s/^cp-model: nothing that \(.*\) and $1 say shows that they began from the same parameters; .*: then take the mean of their scores$/\1/p" err
	}
	on() { out=$1; init=$2; shift 2; cp-train -q --threads 1 --no-ledger --stage finetune --init $init --epochs 1 --train train.cps -o "$out" "$@"; }
	test "$(noted a.cpm b.cpm)" = b.cpm
	one slow.cpm --seed 1 --lr 1e-4
	test -z "$(noted a.cpm slow.cpm a.cpm)"
	for s in 1 2 3; do on a$s.cpm a.cpm --seed $s; done
	on b1.cpm b.cpm --seed 1
	on a12.cpm a1.cpm --seed 2
	test -z "$(noted a1.cpm a2.cpm a3.cpm)"
	test -z "$(noted a12.cpm a3.cpm a1.cpm)"
	test "$(noted a12.cpm a3.cpm)" = a3.cpm
	test "$(noted a1.cpm a2.cpm b1.cpm)" = b1.cpm
	cp-model average -q -o none.cpm a.cpm b.cpm 2>err
	test ! -s err
	for s in 1 2; do cp-train -q --threads 1 --no-ledger --stage ctr --model lr --epochs 1 --seed $s --train train.cps -o lr$s.cpm; done
	test -z "$(noted lr1.cpm lr2.cpm)"
'

test_that 'the mean of scores, as the page has it' '
	sed -n "/^for m in seed/,/^\.Ed/p" "$TOP/tools/cp-model.1" | sed "\$d; s/\\\\e/\\\\/g" >example
	cat example
	cp a.cpm seed1.cpm
	cp b.cpm seed2.cpm
	one seed3.cpm --seed 3
	cp train.cps test.cps
	sh -e example >figures
	grep "^auc	0\.[0-9]*$" figures
	paste seed1.cpm.tsv seed2.cpm.tsv seed3.cpm.tsv mean.tsv | awk "{ d = (\$2 + \$4 + \$6) / 3 - \$8; if (d > 1e-8 || d < -1e-8 || \$1 != \$7) exit 1 } END { exit NR != 300 }"
'

test_that 'what is read is not written, and options go with their commands' '
	cp rows.csv keep.csv
	fails_with 1 cp-model vocab --names keep.csv -o keep.csv a.cpm
	cmp rows.csv keep.csv
	fails_with 2 cp-model show --value x a.cpm
	grep "show: no option --value; it goes with neighbours" fails_with.err
	fails_with 2 cp-model compare --json a.cpm b.cpm
	fails_with 2 cp-ledger ls --dot
	grep "ls: no option --dot; it goes with trace" fails_with.err
	fails_with 2 cp-ledger show -n 3 1
'

test_that 'with little address space a program ends as ever, for it has no thread of OpenBLAS beside it' '
	if cp-model --version | grep -q sanitize; then return 0; fi
	(ulimit -v 150000 && timeout 60 cp-model show -q a.cpm >shown)
	grep "^stage" shown
'

test_that 'models that differ in more than their parameters have no mean' '
	one wide.cpm --set dim=4
	fails_with 1 cp-model average -o no.cpm a.cpm wide.cpm
	grep "configuration is not that of a.cpm" fails_with.err
	rows_csv 300 77 | sed "s/film 3,/film 99,/" | cp-featurize -q >other.cps
	ctr --no-ledger --epochs 1 --train other.cps -o other.cpm
	fails_with 1 cp-model average -o no.cpm a.cpm other.cpm
	grep "vocabulary" fails_with.err
	test ! -e no.cpm
	fails_with 2 cp-model average a.cpm b.cpm
	fails_with 1 cp-model show rows.csv
'

test_that 'a table by hash is shown, and has no values to list' '
	one hash.cpm --hash-bits 8
	cp-model show -q hash.cpm | grep "^table	256 rows, by hash"
	fails_with 1 cp-model vocab hash.cpm
	grep "by hash" fails_with.err
'

flip() {	# flip OFFSET FILE: with the lowest bit of that byte turned
	byte=$(od -An -tu1 -j "$1" -N 1 "$2" | tr -d " ")
	cp "$2" flipped.cpm && printf "\\$(printf %o $((byte ^ 1)))" | dd of=flipped.cpm bs=1 seek="$1" conv=notrunc 2>/dev/null
}

test_that 'a model with a flipped bit is refused, wherever it is' '
	size=$(wc -c <a.cpm)
	for part in 1 2 3 5 8 13 21 34 55 89 99; do
		flip $((size * part / 100)) a.cpm
		! cmp -s a.cpm flipped.cpm
		fails_with 1 cp-predict --no-ledger -m flipped.cpm train.cps
		fails_with 1 cp-train --no-ledger --stage ctr --init flipped.cpm --train train.cps -o no.cpm && test ! -e no.cpm
	done
	flip $((size - 9)) a.cpm
	fails_with 1 cp-model show flipped.cpm
	grep "flipped.cpm: damaged: its content has the digest [0-9a-f]\{32\}, and [0-9a-f]\{32\} was written" fails_with.err
'

if command -v python3 >/dev/null; then
	test_that 'a language model that is no object is refused, whatever it is' '
		python3 - <<END
import json, struct
b = open("words.cpm", "rb").read()
n = struct.unpack("<Q", b[:8])[0]
head = json.loads(b[8:8 + n])
meta = head["__metadata__"]
key = next(k for k in meta if "\"plm\"" in meta[k])
for i, plm in enumerate((None, 5, "x", [], True)):
    config = json.loads(meta[key])
    config["plm"] = plm
    h = json.dumps(dict(head, __metadata__=dict(meta, **{key: json.dumps(config)}))).encode()
    h += b" " * (-len(h) % 8)
    open("plm%d.cpm" % i, "wb").write(struct.pack("<Q", len(h)) + h + b[8 + n:])
END
		for i in 0 1 2 3 4; do
			fails_with 1 cp-model show plm$i.cpm
			grep "plm$i.cpm: its .plm. is no object" fails_with.err
		done
	'
else
	test_skip 'a language model that is no object is refused, whatever it is' 'Python is not installed'
fi

if python3 -c 'import safetensors.numpy' 2>/dev/null; then
	test_that 'a safetensors writer of others may copy a model, and change it where it leaves out the digest' '
		python3 - <<END
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
t = load_file("a.cpm")
with safe_open("a.cpm", "np") as f:
    m = f.metadata()
save_file(t, "copy.cpm", m)
t["embedding"] = t["embedding"] * 2
save_file(t, "changed.cpm", m)
del m["digest"]
save_file(t, "mine.cpm", m)
END
		cp-predict -q --no-ledger -m a.cpm train.cps >a.tsv
		cp-predict -q --no-ledger -m copy.cpm train.cps | cmp - a.tsv
		fails_with 1 cp-predict --no-ledger -m changed.cpm train.cps
		cp-predict -q --no-ledger -m mine.cpm train.cps >mine.tsv
		! cmp -s mine.tsv a.tsv
	'
	test_that 'a safetensors reader of others opens a model' '
		cp-model export -q --field User a.cpm >user.tsv
		python3 - <<END
from safetensors import safe_open
from safetensors.numpy import load_file
import json
t = load_file("a.cpm")
assert t["embedding"].shape == (57, 8) and t["vocab.Film.keys"].shape == (30,), t.keys()
rows = [line.rstrip("\n").split("\t") for line in open("user.tsv")]
for i, r in enumerate(rows):
    assert int(r[1], 16) == int(t["vocab.User.keys"][i]) and int(r[2]) == int(t["vocab.User.counts"][i])
    assert all(abs(float(x) - float(y)) < 1e-6 for x, y in zip(r[4:], t["embedding"][1 + i]))
with safe_open("a.cpm", "np") as f:
    assert json.loads(f.metadata()["clickprompt"])["stage"] == "ctr"
END
	'
else
	test_skip 'a safetensors writer of others may copy a model, and change it where it leaves out the digest' 'Python has no safetensors'
	test_skip 'a safetensors reader of others opens a model' 'Python has no safetensors'
fi
test_done
