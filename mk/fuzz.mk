# mk/fuzz.mk: libFuzzer (clang) targets of a folder, each fuzz_X.c; the folder's
# Makefile includes it behind unit.mk.  Kept inputs are in seeds/X.
#   make fuzz [FUZZ=X] [FUZZTIME=600]	so many CPU seconds each, mk/fuzz.sh
#   make fuzzcheck [FUZZRUNS=N]		the kept inputs, then N new ones
#   make fuzzmin FUZZ=X			what was found becomes the kept inputs
FUZZ	?= $(patsubst fuzz_%.c,%,$(wildcard fuzz_*.c))
FUZZTIME ?= 600
FUZZRUNS ?= 2000
FUZZDIR	= $(BUILD)/obj/$(HERE)-libfuzzer
FUZZMAX	?= 4096
FUZZARGS = -timeout=30 -max_len=$(FUZZMAX) -print_final_stats=1
SAN_fuzz = -fsanitize=fuzzer-no-link,address,undefined \
	  -fno-sanitize-recover=undefined -Wno-ignored-optimization-argument \
	  -Wno-missing-field-initializers -D__SANITIZE_ADDRESS__
fuzzlibs = $(Q)$(MAKE) --no-print-directory $(2) KIND=fuzz CC=clang \
	  SMALL=-Os FAST=-O2 TESTS="$(addprefix fuzz_,$(FUZZ))" FUZZ="$(FUZZ)"

fuzz fuzzcheck fuzzmin:
	$(call fuzzlibs,,libs)
	$(call fuzzlibs,,$@-run)
fuzz-run: $(FUZZ:%=$(FUZZDIR)/fuzz_%)
	$(Q)for t in $(FUZZ); do $(TOP)/mk/fuzz.sh run $(FUZZDIR)/fuzz_$$t \
	    $(FUZZTIME) seeds/$$t $(FUZZARGS) || exit 1; done
fuzzcheck-run: $(FUZZ:%=$(FUZZDIR)/fuzz_%)
	$(Q)rc=0; for t in $(FUZZ); do $(TOP)/mk/fuzz.sh check \
	    $(FUZZDIR)/fuzz_$$t $(FUZZRUNS) seeds/$$t $(FUZZARGS) || rc=1; \
	    done; exit $$rc
fuzzmin-run: $(FUZZ:%=$(FUZZDIR)/fuzz_%)
	$(Q)for t in $(FUZZ); do $(TOP)/mk/fuzz.sh min $(FUZZDIR)/fuzz_$$t 0 \
	    seeds/$$t $(FUZZARGS) || exit 1; done
define fuzzer
$(FUZZDIR)/fuzz_$(1): fuzz_$(1).c $(wildcard *.h ../*.h ../*/*.h) Makefile $(wildcard $(call archs,fuzz_$(1)) $(PLAT) $(SYS))
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)clang $$(FLAGS) -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $$@ $$< \
	    -Wl,--whole-archive $(call archs,fuzz_$(1)) -Wl,--no-whole-archive \
	    $$(PLAT) $$(SYS) $$(PLAT) -Wl,--gc-sections \
	    -Wl,-z,start-stop-gc -lpthread
endef
$(foreach t,$(FUZZ),$(eval $(call fuzzer,$(t))))
.PHONY: fuzz fuzzcheck fuzzmin fuzz-run fuzzcheck-run fuzzmin-run
