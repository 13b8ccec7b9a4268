# mk/fuzz.mk: libFuzzer (clang) targets of a folder, each fuzz_X.c; the folder's
# Makefile includes it behind unit.mk.  Kept inputs are in seeds/X.
#   make fuzz [FUZZ=X] [FUZZTIME=600]	so many CPU seconds each, mk/fuzz.sh
#   make fuzzcheck [FUZZRUNS=N]		the kept inputs, then N new ones
#   make fuzzmin FUZZ=X			what was found becomes the kept inputs
# fuzz_X.c names its components, or SRCS_X what it is linked with instead.
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
# ARGS_X: more arguments of that fuzzer.
fuzzone = $(TOP)/mk/fuzz.sh $(1) $(FUZZDIR)/fuzz_$(2) $(3) seeds/$(2) \
	  $(FUZZARGS) $(ARGS_$(2))
fuzz-run: $(FUZZ:%=$(FUZZDIR)/fuzz_%)
	$(Q)$(foreach t,$(FUZZ),$(call fuzzone,run,$(t),$(FUZZTIME)) &&) true
fuzzcheck-run: $(FUZZ:%=$(FUZZDIR)/fuzz_%)
	$(Q)rc=0; $(foreach t,$(FUZZ),$(call \
	    fuzzone,check,$(t),$(FUZZRUNS)) || rc=1;) exit $$rc
fuzzmin-run: $(FUZZ:%=$(FUZZDIR)/fuzz_%)
	$(Q)$(foreach t,$(FUZZ),$(call fuzzone,min,$(t),0) &&) true
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
# Without a rump kernel: SRCS_X beside fuzz_X.c, with FLAGS_X and LIBS_X.
define hostfuzzer
$(FUZZDIR)/fuzz_$(1): fuzz_$(1).c $$(SRCS_$(1)) $(wildcard *.h) Makefile
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)clang $$(HCPPFLAGS) $$(HCFLAGS) $$(FLAGS_$(1)) \
	    -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $$@ $$(filter %.c,$$^) \
	    $$(LIBS_$(1))
endef
$(foreach t,$(FUZZ),$(eval $(call $(if \
	$(SRCS_$(t)),hostfuzzer,fuzzer),$(t))))
.PHONY: fuzz fuzzcheck fuzzmin fuzz-run fuzzcheck-run fuzzmin-run
