# The rules of every grid.  $(grid)/grid says what varies and what stays; a cell is a model, a seed and a way:
#
#     ctr            the CTR model alone, from scratch
#     without-plm    pretrained together with the language model, then finetuned alone
#     with-plm       pretrained together, finetuned together
#
# and lies in made/MODEL-SEED/: WAY.cpm (a model), WAY.tsv (labels and scores of the test rows), WAY.auc (their figures).  The programs are
# order-only prerequisites: building them anew does not throw results away (clean-NAME does).

include $(grid)/grid

bin    := $(or $(CP_BIN),../bin)
made   := $(grid)/made
shards := $(dir $(data))$(notdir $(data))
ledger ?= ../results/ledger.db
export CP_LEDGER := $(ledger)

cells := $(foreach m,$(models),$(foreach s,$(seeds),$(foreach w,$(ways),$(m)-$(s)/$(w))))
model  = $(word 1,$(subst -, ,$*))
seed   = --seed $(word 2,$(subst -, ,$*))
train  = $(LAUNCH) $(bin)/cp-train --resume $(seed) -o $@

all: $(cells:%=$(made)/%.auc)
table: all
	@./table $(ledger) $(made) $(cells)

# --- rows ---
$(shards).train.cps $(shards).valid.cps: $(shards).test.cps ;
$(shards).test.cps: | $(bin)/cp-textify $(bin)/cp-split
	+$(MAKE) --no-print-directory -C $(dir $(data)) shards

$(made)/text.cps: $(shards).train.cps $(shards).valid.cps | $(bin)/cp-mask
	@mkdir -p $(@D)
	cat $^ | $(bin)/cp-mask -o $@

# --- models ---
$(made)/%/ctr.cpm: $(shards).train.cps $(shards).valid.cps | $(bin)/cp-train
	@mkdir -p $(@D)
	$(train) --stage ctr --model $(model) $(ctr) --train $< --valid $(word 2,$^)

$(made)/%/pretrained.cpm: $(made)/text.cps | $(bin)/cp-train
	@mkdir -p $(@D)
	$(train) --stage pretrain --model $(model) --plm $(plm) $(pretrain) --train $<

$(made)/%/without-plm.cpm: $(made)/%/pretrained.cpm $(shards).train.cps $(shards).valid.cps | $(bin)/cp-train
	$(train) --stage finetune --without-plm $(finetune) --init $< --train $(word 2,$^) --valid $(word 3,$^)

$(made)/%/with-plm.cpm: $(made)/%/pretrained.cpm $(shards).train.cps $(shards).valid.cps | $(bin)/cp-train
	$(train) --stage finetune --with-plm $(finetune-plm) --init $< --train $(word 2,$^) --valid $(word 3,$^)

# --- scores ---
%.tsv: %.cpm $(shards).test.cps | $(bin)/cp-predict
	$(LAUNCH) $(bin)/cp-predict -m $< -o $@ <$(word 2,$^)

%.auc: %.tsv | $(bin)/cp-auc
	$(bin)/cp-auc --split test -o $@ $<

$(bin)/%:
	+$(MAKE) --no-print-directory -C .. bin/$*

.PHONY: all table
.DELETE_ON_ERROR:
.SECONDARY:
