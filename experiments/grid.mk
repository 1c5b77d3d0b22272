# The rules of every grid.  $(grid)/grid says what varies and what stays; a cell is a model, a seed and a way:
#
#     ctr            the CTR model alone, from scratch
#     without-plm    pretrained together with the language model, then finetuned alone
#     with-plm       pretrained together, finetuned together
#
# and lies in made/MODEL-SEED/: WAY.cpm (a model), WAY.tsv (labels and scores of the test rows), WAY.auc (their figures).  A model may have options
# of its own (`options.dnn := --epochs 2`) and stand there more than once, each time with a name behind a dot (dnn.wide) and options under that
# name as well.  The programs are order-only prerequisites: building them anew does not throw results away (clean-NAME does).
#
# Rows are the shards of $(data), or, where the grid says `split`, made/rows.*.cps, cut here by cp-split from $(data).cps.  `pipeline` goes to the
# data set's Makefile.  THREADS=1 -j2 runs two cells at once; results do not depend on it.

#
# A search (`search` names its model) has a file `space` beside its grid, and draws from it what varies (./draw): then cells are trained and
# judged by their validation rows, over their seeds; what was found is to be tested by a grid of its own.

include $(grid)/grid

bin    := $(abspath $(or $(CP_BIN),../bin))
made   := $(grid)/made
shards := $(if $(split),$(made)/rows,$(dir $(data))$(notdir $(data)))
ledger ?= ../results/ledger.db
export CP_LEDGER := $(ledger)

ifdef search
include $(made)/space.mk
$(made)/space.mk: $(grid)/space $(grid)/grid draw
	@mkdir -p $(@D)
	@./draw $(search) $(draws) $(draw-seed) $< >$@
endif

cells  := $(foreach m,$(models),$(foreach s,$(seeds),$(foreach w,$(ways),$m-$s/$w)))
queue  := $(foreach s,$(seeds),$(foreach m,$(models),$(foreach w,$(ways),$m-$s/$w)))	# every model once, before the second seed
name    = $(word 1,$(subst -, ,$*))
model   = $(word 1,$(subst ., ,$(name)))
own     = $(options.$(model)) $(if $(findstring .,$(name)),$(options.$(name)))
seed    = --seed $(word 2,$(subst -, ,$*))
pipe    = $(MAKE) --no-print-directory -C $(dir $(data)) BIN=$(bin) $(pipeline)
train   = $(LAUNCH) $(bin)/cp-train --resume $(THREADS:%=--threads %) $(seed) -o $@

all: $(queue:%=$(made)/%.$(if $(search),cpm,auc))
table: all
ifdef search
	@$(bin)/cp-ledger best -q --over-seeds --split valid --trained-on '$(shards).train.cps'
else
	@./table $(ledger) $(made) $(or $(wildcard $(grid)/reference),-) $(cells)
endif

# --- rows ---
$(shards).train.cps $(shards).valid.cps: $(shards).test.cps ;
$(shards).test.cps: | $(bin)/cp-textify $(bin)/cp-split
ifdef split
	+$(pipe) $(notdir $(data)).cps
	@mkdir -p $(@D)
	$(bin)/cp-split $(split) -o $(shards) $(data).cps
else
	+$(pipe) shards
endif

$(made)/text.cps: $(shards).train.cps $(shards).valid.cps | $(bin)/cp-mask
	@mkdir -p $(@D)
	cat $^ | $(bin)/cp-mask -o $@

# --- models ---
$(made)/%/ctr.cpm: $(shards).train.cps $(shards).valid.cps | $(bin)/cp-train
	@mkdir -p $(@D)
	$(train) --stage ctr --model $(model) $(ctr) $(own) --train $< --valid $(word 2,$^)

$(made)/%/pretrained.cpm: $(made)/text.cps | $(bin)/cp-train
	@mkdir -p $(@D)
	$(train) --stage pretrain --model $(model) --plm $(plm) $(pretrain) --train $<

$(made)/%/without-plm.cpm: $(made)/%/pretrained.cpm $(shards).train.cps $(shards).valid.cps | $(bin)/cp-train
	$(train) --stage finetune --without-plm $(finetune) --init $< --train $(word 2,$^) --valid $(word 3,$^)

$(made)/%/with-plm.cpm: $(made)/%/pretrained.cpm $(shards).train.cps $(shards).valid.cps | $(bin)/cp-train
	$(train) --stage finetune --with-plm $(finetune-plm) --init $< --train $(word 2,$^) --valid $(word 3,$^)

# --- scores ---
%.tsv: %.cpm $(shards).test.cps | $(bin)/cp-predict
	$(LAUNCH) $(bin)/cp-predict $(THREADS:%=--threads %) -m $< -o $@ <$(word 2,$^)

%.auc: %.tsv | $(bin)/cp-auc
	$(bin)/cp-auc --split test -o $@ $<

$(bin)/%:
	+$(MAKE) --no-print-directory -C .. bin/$*

# The table of what is there so far
so-far:
	@./table $(ledger) $(made) $(or $(wildcard $(grid)/reference),-) $(foreach c,$(cells),$(if $(wildcard $(made)/$c.auc),$c))

.PHONY: all table so-far
.DELETE_ON_ERROR:
.SECONDARY:
