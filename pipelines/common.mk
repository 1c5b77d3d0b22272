# What the pipelines share; a folder's Makefile sets `data` (the name of what it makes) and what else it needs, then includes this.
#
#   data      := NAME         NAME.csv is the folder's to make; NAME.cps and NAME.{train,valid,test}.cps are made from it here
#   programs  := jq:jq        programs beside awk and the shell's, each with its Debian package; looked for before anything starts
#   OPTIONS   := LABEL CORE   options that change the rows; with others than last time the rows are made anew
#   SPLIT     ?= time         rule of cp-split, with RATIO and SEED
#   FIELDS    ?= x.fields     declaration for cp-textify (or cp-featurize where TOOL says so)
#   direct    := yes          there is no CSV: NAME.cps is the folder's to make, from the raw files
#
# $(call raw,FILE) is FILE in the folder that the user named by RAW, compressed (.gz .xz .bz2 .zst) or not; $(call open,FILE) is the command
# that writes it to standard output.  Commands run in bash for `pipefail`: a file cut short must not pass for its first half.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-print-directory --no-builtin-rules

pipelines := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BIN    ?= $(pipelines)/../bin
TOOL   ?= cp-textify
RATIO  ?= 8:1:1
SEED   ?=
MEMORY ?= 512M
TAB    := $(shell printf '\t')
AWK    := LC_ALL=C awk -v data=$(data) -f $(pipelines)/csv.awk
SORT   := LC_ALL=C sort -t '$(TAB)' -S $(MEMORY) -T $(or $(TMPDIR),.)
JOIN   := LC_ALL=C join -t '$(TAB)'

all: $(data).$(if $(direct),cps,csv)
shards: $(data).test.cps

ifeq ($(filter clean,$(MAKECMDGOALS)),)
missing := $(foreach p,$(programs),$(if $(shell command -v $(firstword $(subst :, ,$p))),,$(lastword $(subst :, ,$p))))
ifneq ($(strip $(missing)),)
$(error $(data): missing programs; install them with: apt-get install $(strip $(missing)))
endif
endif

# From where make was called, then from here.
ifneq ($(word 2,$(RAW)),)
$(error $(data): make knows no names with spaces; make a link without, instead of RAW='$(RAW)')
endif
raw_dir := $(if $(RAW),$(abspath $(or $(if $(filter /%,$(RAW)),,$(wildcard $(PWD)/$(RAW))),$(wildcard $(RAW)))))
raw      = $(if $(raw_dir),$(firstword $(foreach suffix,/ .gz .xz .bz2 .zst,$(wildcard $(raw_dir)/$(1)$(filter-out /,$(suffix))))))
need     = $(or $(call raw,$(1)),$(error $(data): no $(1) (nor .gz, .xz, .bz2, .zst of it) in RAW='$(RAW)'; $(source)))
cat_.gz  := gzip -dc
cat_.xz  := xz -dc
cat_.bz2 := bzip2 -dc
cat_.zst := zstd -dcq
open      = $(or $(cat_$(suffix $(call need,$(1)))),cat) $(call need,$(1))

# Files that change when one of these variables does: NAME.options and .raw for the rows, .telling for the stream, .splitting for the shards.
# They are written while make reads this, for what was made by a rule counts as new to those that come after it.  A make without RAW goes on
# with what is there.
define remember		# file, variables
options='$(foreach o,$(2),$(o)="$($(o))")'; \
if test "$$(cat $(1) 2>/dev/null)" != "$$options"; then \
  test ! -s $(1) || echo "$(data): made with $$(cat $(1)) before, now $$options" >&2; echo "$$options" >$(1); fi
endef
ifeq ($(filter clean,$(MAKECMDGOALS)),)
$(shell $(call remember,$(data).options,$(OPTIONS)))
$(if $(RAW),$(shell $(call remember,$(data).raw,raw_dir)),$(shell test -e $(data).raw || : >$(data).raw))
$(shell $(call remember,$(data).telling,TOOL FIELDS))
$(shell $(call remember,$(data).splitting,SPLIT RATIO SEED))
# A stream that another version made and this one cannot read is made anew: cp-cat says why.
$(shell test ! -e $(data).cps || test ! -x $(BIN)/cp-cat || $(BIN)/cp-cat -q --head 0 $(data).cps >/dev/null || touch $(data).telling)
endif

# $(call check,COUNTS): against the file `published`, and the digest of what was made
check = LC_ALL=C awk -v data=$(data) -v expect='$(EXPECT)' -f $(pipelines)/check.awk $(or $(published),published) $(1)

$(data).$(if $(direct),cps,csv): $(data).options $(data).raw
$(data).cps: $(FIELDS) $(data).telling | $(BIN)/$(TOOL)
ifndef direct
$(data).cps: $(data).csv
	$(BIN)/$(TOOL) $(if $(FIELDS),--declare $(FIELDS)) -o $@ $(data).csv
endif

$(data).test.cps: $(data).cps $(data).splitting | $(BIN)/cp-split
	$(BIN)/cp-split --ratio $(RATIO) --by $(SPLIT) $(if $(SEED),--seed $(SEED)) -o $(data) $(data).cps

# Values a field, and their sum, the number of features that papers tell.
features: $(data).cps
	@n=0; sum=0; \
	while IFS= read -r field; do \
	  n=$$($(BIN)/cp-cat -q --to tsv --bare -c "$$field" $(data).cps | tail -n +2 | LC_ALL=C sort -u -S $(MEMORY) | wc -l); \
	  sum=$$((sum + n)); printf '%s\t%d\n' "$$field" $$n; \
	done < <($(BIN)/cp-cat -q --to tsv --bare --head 0 $(data).cps | tr '\t' '\n' | grep -vxE 'row|label|timestamp|weight|text'); \
	printf 'features\t%d\n' $$sum

# What to look at before training
report: $(data).test.cps | $(BIN)/cp-validate
	$(BIN)/cp-validate -q $(data).train.cps $(data).valid.cps $(data).test.cps

$(BIN)/cp-%:
	$(MAKE) -C $(pipelines)/..

clean:
	rm -f $(data).csv $(data).cps $(data).*.cps $(data).bounds $(data).options $(data).raw $(data).telling $(data).splitting $(data).counts $(data).*.counts *.tmp *.tmp.*

.PHONY: all shards features report clean
.DELETE_ON_ERROR:
.SECONDARY:
