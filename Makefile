# clickprompt: `make` puts the programs into bin/, `make check` runs the tests, `make install` takes PREFIX and DESTDIR.
#   SANITIZE=address,undefined   builds into build/address,undefined and its bin/
#   V=1                          shows the commands
# Rooms of lib/ are found by themselves: a new file, tool or man page needs no line here.

PREFIX  ?= /usr/local
CC      ?= cc
OBJCOPY ?= objcopy
OPT     ?= -O2 -g
WARN    := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
FLAVOUR := $(or $(SANITIZE),plain)
B       := build/$(FLAVOUR)
BIN     := $(if $(SANITIZE),$(B)/bin,bin)
Q       := $(if $(V),,@)

PC       := libxxhash liblz4 sqlite3 openblas libutf8proc jansson

ifeq ($(filter clean distclean help,$(MAKECMDGOALS)),)
missing := $(shell command -v pkg-config >/dev/null || echo pkg-config; \
             for p in $(PC); do pkg-config --exists $$p 2>/dev/null || echo $$p; done; \
             printf '\#include <csv.h>\n' | $(CC) -E -x c - >/dev/null 2>&1 || echo libcsv)
ifneq ($(missing),)
$(error missing: $(missing). Install with: apt-get install $(shell tools/packages.sh list))
endif
endif

CPPFLAGS += -Ilib -I$(B) -I$(B)/lib -D_GNU_SOURCE -DCP_PREFIX='"$(PREFIX)"' $(shell pkg-config --cflags $(PC))
CFLAGS   += -std=c11 $(OPT) $(WARN) -ffp-contract=off $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
LDFLAGS  += $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LDLIBS   += -lcsv $(shell pkg-config --libs $(PC)) -lpthread -lm

# lib/ROOM/simd is compiled once a level of the processor; the room chooses at run time (lib/base/cpu.h)
SIMD_SRC := $(wildcard lib/*/simd/*.c)
LEVELS   := base $(if $(filter x86_64%,$(shell $(CC) -dumpmachine)),v3 v4)
MARCH_v3 := -march=x86-64-v3
MARCH_v4 := -march=x86-64-v4 -mprefer-vector-width=512
SIMDFLAGS := -O3 -fno-math-errno -fno-trapping-math -Wno-psabi

LIB_SRC  := $(wildcard lib/*/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o) $(foreach level,$(LEVELS),$(SIMD_SRC:%.c=$(B)/%.$(level).o))
# the same in double, for the gradient check (lib/nn/float.h): t/unit/NAME_double.c links to it
DOUBLE_OBJ := $(patsubst $(B)/%,$(B)/double/%,$(filter $(addprefix $(B)/,lib/nn/% lib/ctr/% lib/plm/%),$(LIB_OBJ))) \
	      $(filter $(addprefix $(B)/,lib/base/% lib/text/% lib/stream/%),$(LIB_OBJ))
TOOLS    := $(patsubst tools/%.c,%,$(wildcard tools/cp-*.c))
UNITS    := $(patsubst t/unit/%.c,%,$(wildcard t/unit/*.c))
FUZZERS  := $(patsubst t/fuzz/%.c,%,$(wildcard t/fuzz/*.c))
PAGES    := $(wildcard tools/*.[157] lib/*/*.[357])
EXAMPLES := $(patsubst examples/%.c,%,$(wildcard examples/*.c))

all: $(TOOLS:%=$(BIN)/%) $(if $(wildcard results/ledger.sql),results/ledger.db)

# The live ledger, from its committed text; only where it is missing, for it holds runs that the text does not.
results/ledger.db: | results/ledger.sql $(BIN)/cp-ledger
	$(BIN)/cp-ledger import -q --ledger $@ results/ledger.sql

$(BIN)/cp-featurize $(BIN)/cp-textify: $(B)/tools/prepare.o
$(BIN)/%: $(B)/tools/%.o $(B)/tools/tool.o $(B)/libclickprompt.a
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

$(B)/libclickprompt.a: $(LIB_OBJ)
	@echo "  AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# loops over numbers: let the compiler vectorise them
$(B)/lib/nn/%.o: OPT = -O3 -g
# what only a processor with AVX512_BF16, AVX512_VNNI or AMX runs; the files themselves ask whether this is one
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine)),)
for_bf16 := lib/nn/product_bf16 lib/nn/product_amx t/unit/gemm_trap t/unit/packed_trap
for_int8 := lib/nn/product_int8 lib/nn/product_int8_amx
for_amx  := lib/nn/product_amx lib/nn/product_int8_amx t/unit/gemm_trap t/unit/packed_trap
$(for_bf16:%=$(B)/%.o): CFLAGS += $(SIMDFLAGS) $(MARCH_v4) -mavx512bf16 -DCP_LEVEL=v4
$(for_int8:%=$(B)/%.o): CFLAGS += $(SIMDFLAGS) $(MARCH_v4) -mavx512vnni -DCP_LEVEL=v4
$(for_amx:%=$(B)/%.o): CFLAGS += -mamx-tile -mamx-bf16 -mamx-int8 -DNN_AMX
# the same with tiles in plain C
$(B)/t/unit/%_amx.o: CFLAGS += -Wno-psabi
endif

define compile		# folder under $(B), suffix, flags
$(B)/$(1)%$(2).o: %.c Makefile
	@mkdir -p $$(@D)
	@echo "  CC   $$< $(strip $(2) $(1))"
	$$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) $(3) -MMD -MP -c -o $$@ $$<
endef
$(eval $(call compile,,,))
$(eval $(call compile,double/,,-DNN_DOUBLE))
$(foreach level,$(LEVELS),$(eval $(call compile,,.$(level),$(SIMDFLAGS) $(MARCH_$(level)) -DCP_LEVEL=$(level))))
$(foreach level,$(LEVELS),$(eval $(call compile,double/,.$(level),-DNN_DOUBLE $(SIMDFLAGS) $(MARCH_$(level)) -DCP_LEVEL=$(level))))

$(B)/double/libclickprompt.a: $(DOUBLE_OBJ)
	@echo "  AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# SQL as a string of C: a file that says `#include "ledger/NAME.sql.h"` has lib/ledger/NAME.sql between its quotes
SQL := $(wildcard lib/*/*.sql)
$(SQL:%=$(B)/%.h): $(B)/%.h: % Makefile
	@mkdir -p $(@D)
	$(Q)sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/' $< >$@.new && mv $@.new $@
$(LIB_OBJ): | $(SQL:%=$(B)/%.h)

$(B)/tools/tool.o: $(B)/build.h
# Which source: the commit, and whether what the programs are made of has been changed since; nothing where this is no checkout.
SOURCE := $(shell test -e .git && c=$$(git rev-parse --short=12 HEAD 2>/dev/null) && \
            { git diff --quiet HEAD -- lib tools Makefile 2>/dev/null || c=$$c-changed; echo $$c; })
$(B)/build.h: FORCE	# written anew only where it says something new
	@mkdir -p $(@D)
	@printf '#define CP_BUILD_COMPILER "%s"\n#define CP_BUILD_FLAGS "%s"\n#define CP_BUILD_SOURCE "%s"\n' \
	  "$$($(CC) --version | head -n 1)" '$(strip $(CFLAGS))' '$(SOURCE)' > $@.new
	@cmp -s $@ $@.new && rm $@.new || mv $@.new $@

units: $(UNITS:%=$(B)/unit/%) $(EXAMPLES:%=$(B)/examples/%)
$(B)/examples/%.o: CPPFLAGS += -Ilib/score
$(B)/examples/%: $(B)/examples/%.o $(B)/libclickprompt.a
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/unit/%_double: $(B)/double/t/unit/%_double.o $(B)/double/libclickprompt.a
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/unit/%: $(B)/t/unit/%.o $(B)/libclickprompt.a
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

check: all units
	CP_BIN=$(abspath $(BIN)) CP_UNITS=$(abspath $(B)/unit) prove -j2 --exec sh t/t[0-9]*.sh

# Every t/fuzz/NAME.c as build/.../fuzz/NAME, with libFuzzer and the sanitizers (needs clang); how to run them: t/README.md.
fuzz:
	+$(Q)$(MAKE) --no-print-directory CC=clang SANITIZE=fuzzer-no-link,address,undefined fuzzers
fuzzers: $(FUZZERS:%=$(B)/fuzz/%)
$(B)/fuzz/%: $(B)/t/fuzz/%.o $(B)/libclickprompt.a
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# Speed of preparing data, beside what others use (t/bench/data.sh says how to name them), and of the kernels; not tests.
bench: all
	@CP_BIN=$(abspath $(BIN)) t/bench/data.sh
# Speed of training and scoring, beside PyTorch (t/bench/train.sh says how to name it); not a test.
bench-train: all $(B)/bench/peak
	@CP_BIN=$(abspath $(BIN)) CP_PEAK=$(abspath $(B)/bench/peak) t/bench/train.sh
bench-kernels: $(B)/bench/kernels
	$(B)/bench/kernels
# Latency of one row and rows a second, of cp_score.h and cp-predict (t/bench/score.sh); not a test.
bench-score: all $(B)/bench/score
	@CP_BIN=$(abspath $(BIN)) t/bench/score.sh $(B)/bench/score
# Training and scoring on 20 million made-up rows: peak memory and speed.  Minutes, and some GB of disk; not a test.
bench-large: all $(B)/bench/clicks
	@CP_BIN=$(abspath $(BIN)) CLICKS=$(abspath $(B)/bench/clicks) t/bench/large.sh
$(B)/bench/%: $(B)/t/bench/%.o $(B)/libclickprompt.a
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# What cp_score.h needs, as one object of which other programs see the functions of that header alone.
$(B)/score/libclickprompt.a: $(B)/libclickprompt.a lib/score/cp_score.h
	@mkdir -p $(@D)
	@echo "  AR   $@"
	$(Q)sed -n 's/.*[ *]\(cp_score[a-z_]*\)(.*/\1/p' lib/score/cp_score.h | sort -u > $(@D)/calls
	$(Q)$(CC) -r -nostdlib -o $(@D)/score.o $$(sed 's/^/-Wl,-u,/' $(@D)/calls) $<
	$(Q)$(OBJCOPY) --keep-global-symbols=$(@D)/calls $(@D)/score.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(@D)/score.o

# Also for other programs: cp_score.h, the library (static, so that its version is that of the program built with it), and what it needs.
install: all $(B)/score/libclickprompt.a
	install -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 lib/score/cp_score.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(B)/score/libclickprompt.a $(DESTDIR)$(PREFIX)/lib
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: clickprompt' 'Description: scores of clickprompt models, cp_score.h' \
	  "Version: $$(sed -n 's/.*CP_VERSION "\(.*\)"/\1/p' tools/tool.h)" 'Requires: libxxhash liblz4 openblas libutf8proc jansson' \
	  'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -lclickprompt -lcsv -lpthread -lm' \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/clickprompt.pc
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/clickprompt
	install -m 755 $(filter-out %/cp-fixture,$(TOOLS:%=$(BIN)/%)) $(DESTDIR)$(PREFIX)/bin
	cp -R share/clickprompt/. $(DESTDIR)$(PREFIX)/share/clickprompt
	for page in $(filter-out %/cp-fixture.1,$(PAGES)); do section=$${page##*.}; install -d $(DESTDIR)$(PREFIX)/share/man/man$$section; \
	  install -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$$section || exit 1; done

print-flags:	# for checks that compile by themselves; quoted for a shell
	$(info $(CPPFLAGS) $(CFLAGS))@:

clean:
	rm -rf build bin

.PHONY: FORCE all print-flags bench bench-train bench-kernels bench-score bench-large units check fuzz fuzzers install clean
.DELETE_ON_ERROR:
.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(DOUBLE_OBJ:.o=.d) $(wildcard $(B)/tools/*.d $(B)/t/unit/*.d $(B)/double/t/unit/*.d $(B)/t/fuzz/*.d $(B)/t/bench/*.d $(B)/examples/*.d)
