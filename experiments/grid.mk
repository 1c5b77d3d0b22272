# The rules of every grid.  GRID/grid says what is asked, as cells: a model, a language model, a variant, a seed, and a way to train,
#
#     dcnv2+base.k7-1/with-plm
#
# of which language model and variant may be missing.  `cells` lists them without seeds (else they are all of `models` and `ways`), `seeds` has those.
# In $(made)/dcnv2+base.k7-1/ lie with-plm.cpm (the model), with-plm.tsv (labels and scores of the test rows) and with-plm.auc (their figures), where the
# model keeps prompts with-plm.attention (what it pays to them), and beside each what its making said (.log, or .failed).
#
#     make -f grid.mk grids=ml-1m-time                         a grid that says all itself, in ml-1m-time/made
#     make -f grid.mk grids='table2 table3' SCALE=small        grids that leave sizes, seeds and data to scale/small, in made/small: what two of
#                                                              them ask for is made once
#
# THREADS=1 -j2 runs two steps at once; results do not depend on it.  LAUNCH='srun -n1' puts trainings and predictions elsewhere.  Programs are no
# prerequisites: building them anew does not throw results away.  Options and rows are: beside a file lies FILE.told, what it was made by, and where a
# grid says something else now, it is made anew (and what was there is FILE.before).

# --- ways: what cp-train is told; from.WAY is the way whose model it goes on from, form.WAY how its sentences are told, if not as by default ---
# WAY.VARIANT is told too, where a grid has it.  A new way needs a line or two here, and a cell in a grid.

way.ctr         = --stage ctr --model $(model) $(sizes) $(ctr) $(options.$(model)) $(if $(variant),$(options.$(name)))
way.pretrained  = --stage pretrain --model $(model) --plm $(plm-of) $(sizes) $(pretrain)
way.without-plm = --stage finetune --without-plm $(finetune)
way.with-plm    = --stage finetune --with-plm $(finetune-plm)
way.no-pretrain = --stage finetune --with-plm --model $(model) --plm $(plm-of) $(sizes) $(finetune-plm)
way.p5          = --stage p5 --plm $(plm-of) $(p5)
way.ctr-bert    = --stage ctr-bert --plm $(plm-of) $(ctr-bert)
way.filled      = --stage pretrain --prompts 0 --plm $(plm-of) $(ptab-mlm)
way.ptab        = --stage ptab $(ptab)
way.aligned     = --stage ctrl --model $(model) --plm $(plm-of) $(sizes) $(ctrl)
way.ctrl        = --stage finetune --without-plm $(ctrl-finetune)

way.ctr-bert-fused = --stage ctr-bert --model $(model) --plm $(plm-of) $(sizes) $(ctr-bert-fused)

from.without-plm := pretrained
from.with-plm    := pretrained
from.ptab        := filled
from.ctrl        := aligned

form.ctr-bert    := ctrl
form.aligned     := ctrl
form.filled      := ptab
form.ptab        := ptab
form.ctr-bert-fused := ctrl

masked           := pretrained filled	# these read words to fill in

# --- what is asked ---
comma := ,
grids ?= $(grid)
$(foreach v,CURDIR DATA ledger,$(if $(word 2,$($v)),$(error $v=$($v): make takes no path with a space in it)))
ifdef SCALE
include scale/$(SCALE)
include data.mk
made   := made/$(SCALE)/$(data-name)
shards := $(made)/rows
endif
$(foreach g,$(grids),$(eval cells :=)$(eval include $g/grid)$(eval cells.$g := $(cells)))
made   ?= $(grids)/made
shards ?= $(if $(split),$(made)/rows,$(data))

bin    := $(abspath $(or $(CP_BIN),../bin))
ledger ?= ../results/ledger.db
export CP_LEDGER := $(ledger)

# A search (`search` names its model) has a file `space` beside its grid, and draws from it what varies (./draw): its cells are trained and judged by
# their validation rows, over their seeds; what was found is to be tested by a grid of its own.
ifdef search
include $(made)/space.mk
$(made)/space.mk: $(grids)/space $(grids)/grid draw
	@mkdir -p $(@D)
	@./draw $(search) $(draws) $(draw-seed) $< >$@
endif

cells-of  = $(foreach g,$1,$(or $(cells.$g),$(foreach m,$(models),$(addprefix $m/,$(ways)))))
seeded    = $(foreach s,$(seeds),$(subst /,-$s/,$1))	# all of a seed before the next one
asked-by  = $(call seeded,$(cells-of))			# by a grid, or several
targets   = $(patsubst %,$(made)/%.$(if $(search),cpm,auc),$(asked-by))

# Models that keep a language model with prompts are asked for the attention that it pays to them, for the report.  Of those that were scored and thrown
# away since nothing is asked, for they would be trained again.
told      = $(way.$(or $(from.$1),$1)) $($(or $(from.$1),$1).$2)	# a way and a variant: where prompts come from
prompted  = $(foreach c,$(filter %/with-plm %/no-pretrain,$1),$(if $(findstring --prompts 0,$(call told,$(notdir $c),$(word 2,$(subst ., ,$(c:/$(notdir $c)=))))),,$c))
there     = $(foreach c,$1,$(if $(wildcard $(made)/$c.auc),$(if $(wildcard $(made)/$c.cpm),$c),$c))
looked-at = $(patsubst %,$(made)/%.attention,$(call there,$(call seeded,$(call prompted,$(cells-of)))))

# A variant that nothing is said of would be the plain cell under another name.
name-in   = $(firstword $(subst /, ,$1))
said-of   = $(foreach w,$(patsubst way.%,%,$(filter way.%,$(.VARIABLES))),$($w.$2)) $(mask.$2) $(rows.$2) $(if $(filter ctr,$3),$(options.$1))
unsaid   := $(strip $(foreach c,$(call cells-of,$(grids)),$(foreach v,$(word 2,$(subst ., ,$(call name-in,$c))),$(if $(strip $(call said-of,$(call name-in,$c),$v,$(notdir $c))),,$c))))
$(if $(unsaid),$(error $(grids): nothing says what is different in $(unsaid); a variant V needs WAY.V, options.MODEL.V, rows.V or mask.V))

wanted   := $(sort $(call targets,$(grids)))
looks    := $(if $(search),,$(sort $(call looked-at,$(grids))))

all: $(foreach t,$(call targets,$(grids)),$t $(filter $(t:.auc=.attention),$(looks)))
.PHONY: .FORCE

# --- the parts of a name, by the stem: MODEL+PLM.VARIANT-SEED ---
cell    = $(firstword $(subst /, ,$*))
name    = $(word 1,$(subst -, ,$(cell)))
plain   = $(word 1,$(subst ., ,$(name)))
variant = $(word 2,$(subst ., ,$(name)))
model   = $(word 1,$(subst +, ,$(plain)))
size    = $(word 2,$(subst +, ,$(plain)))
seed    = $(word 2,$(subst -, ,$(cell)))
plm-of  = $(if $(size),$(plm.$(size)),$(plm))

tags    = scale=$(SCALE),data=$(or $(data-name),$(notdir $(grids))),model=$(model),plm=$(size),variant=$(variant),way=$(basename $(@F)),seed=$(seed)$(if $(search),,,cells=$(words $(wanted)))
needs    = $(filter-out .FORCE,$^)
stepping = $(PLANNED:%=PLAN=$(made)/plan )NEEDS='$(needs)' exec setpriv --pdeathsig TERM ./step	# which ends with this make
step     = @TOLD=$(call quoted,$1) $(stepping) $@	# made by what is told

# What decides a file, without the folders of what is named; .FORCE, where FILE was made by something else.
told-by = $(strip $(foreach w,$1,$(if $(findstring /,$w),$(notdir $(w:/=)),$w)))
differ  = $(subst x$(strip $1),,x$(strip $2))$(subst x$(strip $2),,x$(strip $1))
changed = $(if $(wildcard $1.told),$(if $(call differ,$(file <$1.told),$2),.FORCE))
tagged  = env CP_LEDGER=$(ledger) CP_TAGS=$(tags)
threads = $(THREADS:%=--threads %)

# Trainings wait for memory: of MEMORY=8G, or of what is free when make starts.  Those that LAUNCH puts elsewhere do not.
ifndef MEMORY
MEMORY := $(shell awk '/^MemAvailable/ { print $$2 "K" }' /proc/meminfo)
endif
room    = $(if $(LAUNCH)$(if $(MEMORY),,none),,./room $(made)/taken $(MEMORY))

# --- rows ---
pipe    = $(MAKE) --no-print-directory -C $(dir $(data)) BIN=$(bin) $(pipeline)
prepare = $(if $(yours),test -e $(data).$1 || { echo 'DATA=$(DATA): $(data).$1 is not there' >&2; exit 1; },$(pipe) $(notdir $(data)).$1)

# A step like the others, but that make -n sees what is to do in the pipeline
dry       = $(findstring n,$(firstword -$(MAKEFLAGS)))
quoted    = '$(subst ','\'',$1)'
preparing = $(if $(dry),$2,TOLD=$(call quoted,$1) $(stepping) $(made)/$(@F) sh -c $(call quoted,$2$(if $3, && $3)))

told.rows = $(if $(yours),$(abspath $(data)),$(data)) $(rows) $(split)
own-data  = $(if $(yours),$(wildcard $(data).$1))

$(shards).train.cps $(shards).valid.cps: | $(shards).test.cps ;
$(shards).test.cps: $(if $(split),$(call own-data,cps) $(call changed,$(shards).test.cps,$(told.rows)))
ifdef split
	+@$(call preparing,$(told.rows),$(call prepare,cps),$(if $(rows),$(bin)/cp-cat $(rows) -o $(shards).cps $(data).cps && )\
	  $(bin)/cp-split $(split) -o $(shards) $(if $(rows),$(shards),$(data)).cps)
else
	+@$(call preparing,,$(pipe) shards)
endif

# The same rows with their sentences in another form: $(made)/rows+FORM.*.cps
shards-of = $(if $1,$(made)/rows+$1,$(shards))
define form
$(call shards-of,$1).train.cps $(call shards-of,$1).valid.cps: | $(call shards-of,$1).test.cps ;
$(call shards-of,$1).test.cps: $(call own-data,csv) $(call changed,$(call shards-of,$1).test.cps,$(told.rows) $1 $(items)) | $(shards).test.cps
	+@$$(call preparing,$$(told.rows) $1 $$(items),$$(call prepare,csv),$$(bin)/cp-textify --form $1 $$(if $$(filter ctrl,$1),$$(items)) $$(data).csv | $$(bin)/cp-cat $$(rows) | $$(bin)/cp-split $$(or $$(split),--by time) -o $$(call shards-of,$1))
endef
$(foreach f,$(sort $(foreach w,$(filter form.%,$(.VARIABLES)),$($w))),$(eval $(call form,$f)))

# A variant may have rows or masks of its own: rows.VARIANT (what cp-cat is told), mask.VARIANT (what cp-mask is told).  Words are filled in of
# training and validation rows, but where there are to be fewer of training rows alone.
.SECONDEXPANSION:
rows-of = $(if $(rows.$(variant)),$(made)/rows/rows$(1:%=+%).$(variant).cps,$(call shards-of,$1).train.cps)
text-of = $(made)/text/$(or $1,plm)$(size:%=+%)$(if $(rows.$(variant))$(mask.$(variant)),.$(variant)).cps
form-of = $(filter-out plm,$(model))
told.part = $(rows.$(variant)) $(shards)
told.text = $(call told-by,$(filter-out scratch:%,$(plm-of))) $(mask.$(variant)) $(shards)

$(made)/rows/%.cps: $$(call shards-of,$$(size)).train.cps $$(call changed,$$@,$$(told.part))
	$(call step,$(told.part)) $(bin)/cp-cat $(rows.$(variant)) -o $@ $<

$(made)/text/%.cps: $$(call rows-of,$$(form-of)) $$(if $$(rows.$$(variant)),,$$(call shards-of,$$(form-of)).valid.cps) $$(call changed,$$@,$$(told.text))
	$(call step,$(told.text)) sh -c $(call quoted,cat $(needs) | $(bin)/cp-mask $(addprefix --plm ,$(filter-out scratch:%,$(plm-of))) $(mask.$(variant)) -o $@)

# --- models, and their scores of the test rows ---
# Where the model is that a way goes on from: the variant has one of its own only if what made it differs.
source = $(made)/$(if $(strip $($(from.$1).$(variant)) $(mask.$(variant)) $(rows.$(variant))),$(cell),$(plain)-$(seed))/$(from.$1).cpm

define way		# its name, its form
.PRECIOUS: $(made)/%/$1.cpm $(made)/%/$1.tsv
told.$1 = $$(call told-by,$$(way.$1) $$($1.$$(variant))) $(shards)
$(made)/%/$1.cpm: $(if $(filter $(masked),$1),$$$$(call text-of,$2),$$$$(call rows-of,$2) $(call shards-of,$2).valid.cps) $(if $(from.$1),$$$$(call source,$1)) \
		$$$$(call changed,$$$$@,$$$$(told.$1))
	$$(call step,$$(told.$1)) $$(LAUNCH) $$(tagged) $$(room) $(bin)/cp-train --resume $$(threads) --seed $$(seed) -o $$@ $$(way.$1) $$($1.$$(variant)) \
	  $(if $(from.$1),--init $$(lastword $$(needs))) --train $$< $(if $(filter $(masked),$1),,--valid $$(word 2,$$^))
$(made)/%/$1.tsv: $(made)/%/$1.cpm $(call shards-of,$2).test.cps $$$$(call changed,$$$$@,$(shards))
	$$(call step,$(shards)) $$(LAUNCH) $$(tagged) $(bin)/cp-predict $$(threads) -m $$< -o $$@ <$$(word 2,$$^)
endef
$(foreach w,$(patsubst way.%,%,$(filter way.%,$(.VARIABLES))),$(eval $(call way,$w,$(form.$w))))

# The cells of table 6 are judged by strata too, whichever grid asks for them first.  Bins of scores are for the report's curves of calibration.
stratified := $(if $(by),dcnv2/ctr dcnv2+base/without-plm dcnv2+base/with-plm)
strata-of = $(if $(filter $(stratified),$(name)/$(notdir $*)),$(made)/strata.tsv)
told.auc  = figures $(if $(strata-of),by strata)
$(made)/%.auc: $(made)/%.tsv $$(strata-of) $$(call changed,$$@,$$(told.auc))
	$(call step,$(told.auc)) $(tagged) $(bin)/cp-auc --split test --reliability 10 $(addprefix --strata ,$(strata-of)) -o $@ $<

# Attention is a mean over rows: a thousand of MovieLens-1M tell it to two hundredths of itself, for a hundredth of what scoring the test rows takes.
# They are the same for all cells.
$(made)/sample.cps: $(shards).test.cps $(call changed,$(made)/sample.cps,$(shards))
	$(call step,$(shards)) $(bin)/cp-cat --sample-rows 1000 -o $@ $<

$(made)/%.attention: $(made)/%.cpm $(made)/sample.cps
	$(call step) $(LAUNCH) $(tagged) $(bin)/cp-predict --attention $(threads) -m $< -o $@ <$(word 2,$^)

$(made)/strata.tsv: $(shards).test.cps $(shards).train.cps $(call changed,$(made)/strata.tsv,$(by) $(shards))
	$(call step,$(by) $(shards)) $(bin)/cp-strata --train $(word 2,$^) $(by) --tail 10 --tail 20 --tail 30 -o $@ $<

# --- what came out ---
# The state of things, before and after: what there is to do and will take (./estimate), what is there, what failed.  `plan` is an estimate that is kept, for
# the steps of an `all` that is told PLANNED=yes.
missing = $(filter-out $(wildcard $(wanted)),$(wanted))
todo    = $(MAKE) -n -k -f grid.mk all 2>/dev/null
plan: keep = $(made)/plan
estimate plan:
	@$(if $(keep),mkdir -p $(made))
	@$(todo) | ./estimate $(ledger) '$(or $(WHAT),$(grids))' $(words $(missing)) "$$(./count $(bin) $(shards) $(data) $(rows))" $(keep)
looks-of = $(filter $(looks),$(call looked-at,$1))
progress:
	@$(foreach g,$(grids),printf '%-24s %4d of %4d cells%s\n' $(notdir $g) $(words $(wildcard $(call targets,$g))) $(words $(call targets,$g)) \
	  '$(if $(call looks-of,$g),$(strip , attention to prompts of $(words $(wildcard $(call looks-of,$g))) of $(words $(call looks-of,$g))))';)
	@$(MAKE) -s -f grid.mk WHAT='all of them' estimate failed
folders = $(sort $(made)/ $(made)/rows/ $(made)/text/ $(dir $(wanted)) $(plain-dirs))
failed:
	@for f in $(wildcard $(addsuffix *.failed,$(folders))); do echo "failed: $$f: $$(./why $$f)"; done
# where cells of a variant have what all variants share
plain-dirs = $(foreach d,$(sort $(dir $(wanted))),$(foreach c,$(notdir $(d:/=)),$(if $(findstring .,$c),$(made)/$(word 1,$(subst ., ,$c))-$(lastword $(subst -, ,$c))/)))

# What a killed make left locked (step, and FILE.state.lock of cp-train) and nobody holds: who has opened it by now finds FILE there.
unlock:
	@for f in $(wildcard $(addsuffix *.lock,$(folders))); do made=$${f%.lock}; test ! -e $${made%.state} || flock -n $$f rm -f $$f || :; done

# Rows that another version prepared are told of once, before every cell fails of them.
readable:
	@$(if $(missing),for f in $(wildcard $(shards).*.cps $(made)/*.cps $(made)/*/*.cps); do $(bin)/cp-cat -q --head 0 $$f >/dev/null || exit; done)

# Figures whose run was killed after they were written and before the ledger had it as done are made again: no table would have them.
known:
	@test ! -e $(ledger) || { $(bin)/cp-ledger -q ls >/dev/null; sqlite3 -cmd '.timeout 60000' $(ledger) "SELECT DISTINCT p.value FROM params p JOIN runs r ON r.id = p.run \
	    WHERE p.name = 'output' AND (p.value LIKE '$(made)/%.auc' OR p.value LIKE '$(made)/%.attention') AND r.status = 'killed' AND NOT EXISTS \
	    (SELECT 1 FROM params q JOIN runs d ON d.id = q.run WHERE q.name = 'output' AND q.value = p.value AND d.status = 'done' AND d.id > r.id)"; } | xargs rm -f

# DeLong's test for the pairs that the tables compare and that it has not seen yet
compare:
	@test -z '$(SCALE)' || test ! -e $(ledger) || { set -e; $(if $(there-now),./unknown $(ledger) 'make clean SCALE=$(SCALE)' $(there-now);) \
	  pairs=$$(sqlite3 -cmd '.timeout 60000' -separator ' ' $(ledger) "SELECT path, base_path, CASE WHEN max(tab = 6) THEN '--strata $(made)/strata.tsv' END \
	    FROM pairs WHERE scale = '$(SCALE)' AND data = '$(data-name)' AND NOT compared GROUP BY 1, 2"); \
	  echo "$$pairs" | while read -r a b strata; do test ! -e "$$a" || test ! -e $$b || $(bin)/cp-auc -q --split test $$strata --against $$b $$a >/dev/null || exit; done; }
there-now = $(wildcard $(wanted))

tabled := $(filter-out $(if $(by),,6),$(patsubst table%,%,$(filter table%,$(grids))))
table:
ifdef search
	@test -z '$(there-now)' || $(bin)/cp-ledger best -q --over-seeds --split valid --trained-on '$(shards).train.cps'
else ifdef SCALE
	@$(foreach g,$(filter-out table%,$(grids)),echo "$$(sed -n '1s/^# //p' $g/grid)" && ./figures $(ledger) $(SCALE) $(data-name) $(call cells-of,$g) &&) :
	@$(if $(filter table6,$(if $(by),,$(grids))),echo 'Table 6 wants strata of the rows: by= says which columns make them';)
	@$(if $(tabled),$(bin)/cp-ledger -q table --scale $(SCALE) --data $(data-name) $(FORMAT:%=--format %) $(tabled))
	@$(if $(missing),echo '$(words $(missing)) of $(words $(wanted)) cells are not made: their figures above$(comma) if any$(comma) are of earlier runs')
else
	@./table $(ledger) $(made) $(or $(wildcard $(grids)/reference),-) $(foreach c,$(call asked-by,$(grids)),$(if $(wildcard $(made)/$c.auc),$c))
endif
so-far: table
clean:
	rm -rf $(made)

.PHONY: all plan estimate progress failed unlock readable known compare table so-far clean
# What is there is whole, and may be another make's: a make that is killed throws nothing away.
.PRECIOUS: $(made)/%.auc $(made)/%.attention $(made)/text/%.cps $(made)/rows/%.cps $(made)/strata.tsv $(made)/sample.cps
.DELETE_ON_ERROR:
.SECONDARY:
