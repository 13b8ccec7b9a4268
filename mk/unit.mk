# mk/unit.mk: unit tests of one folder: every t_*.c in it is a program on the
# posix host that holds a rump kernel.
#   make			build what changed, run all;  make t_pipe: one
#   make KIND=asan|tsan		everything instrumented (VARIANT= does too)
#   NCPUS="1 4"			runs each with so many virtual CPUs
#   make -f mk/unit.mk check-posix [AREA=kern] [VARIANT=asan]: whole areas
# A test names its components, besides the base, in lines of their own:
#   /* components: vfs vfs_tmpfs */
include $(dir $(lastword $(MAKEFILE_LIST)))vars.mk
KIND	:= $(or $(KIND),$(VARIANT))
override VARIANT :=
OBJ	:= $(BUILD)/obj/$(HERE)$(if $(KIND),-$(KIND))
NCPUS	?= 1 4
SAN_asan = -fsanitize=address,undefined -fno-sanitize-recover=undefined
SAN_tsan = -fsanitize=thread -Wno-tsan
SAN	= $(SAN_$(KIND))
VAR	= $(if $(KIND),-$(KIND))
PLAT	= $(LIBDIR)/platform/posix$(VAR)/librumpuser.a
SYS	= $(LIBDIR)/platform/posix/librumpsys.a $(LIBDIR)/librumpstub.a
TESTS	= $(patsubst %.c,%,$(wildcard t_*.c))
FLAGS	= $(HCPPFLAGS) -I$(BUILD)/include -I$(TOP)/rumpsrc/include $(HCFLAGS)

# What a test needs; the folder of a component is the one whose Makefile
# names it.
needs	= poll $(shell sed -n 's,^/\* components:\(.*\)\*/,\1,p' $(1).c)
archs	= $(foreach c,$(call needs,$(1)) '',$(COMPDIR)/librump$(subst ',,$(c))$(VAR).a)
folder	= $(dir $(shell grep -lx 'COMP=[[:space:]]*$(1)' \
	  $(TOP)/rumpsrc/*/Makefile $(TOP)/rumpsrc/*/*/Makefile))
DIRS	= $(sort $(TOP)/rumpsrc/kern/ $(foreach c,$(sort $(foreach \
	  t,$(or $(filter t_%,$(MAKECMDGOALS)),$(TESTS)),$(call needs,$(t)))),$(call folder,$(c))))
# The ordinary archives keep their own flags: they are also an image's.
sub	= $(if $(KIND),CADD="$(SAN)") VARIANT=$(KIND)

all: $(TESTS)
# Each rule file decides what is out of date.
libs:
	$(Q)$(MAKE) -s --no-print-directory -C $(TOP)/rumpsrc/syscalls
	$(Q)$(MAKE) -s --no-print-directory -C $(TOP)/platform/posix $(sub) DEST=platform/posix$(VAR)
	$(Q)for d in $(DIRS); do $(MAKE) -s --no-print-directory -C $$d $(sub) || exit 1; done
$(TESTS): libs
	$(Q)$(MAKE) -s --no-print-directory $(OBJ)/$@ KIND=$(KIND)
	$(Q)for n in $(NCPUS); do RUMP_NCPU=$$n timeout 120 $(OBJ)/$@ || { \
	    echo "FAIL $@, $$n virtual CPUs"; exit 1; }; done; echo "  ok	$@"
define test
$(OBJ)/$(1): $(1).c $(wildcard *.h ../*.h) Makefile $(wildcard $(call archs,$(1)) $(PLAT) $(SYS))
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(FLAGS) $$(SAN) -o $$@ $$< -Wl,--whole-archive \
	    $(call archs,$(1)) -Wl,--no-whole-archive $$(PLAT) $$(SYS) $$(PLAT) \
	    -Wl,--gc-sections -Wl,-z,nostart-stop-gc -lpthread
endef
$(foreach t,$(TESTS),$(eval $(call test,$(t))))
# A failure, of a test or a build, does not stop the others.
AREA	?= kern vfs
LOG	= $(BUILD)/obj/check-posix$(VAR).log
check-posix:
	@mkdir -p $(dir $(LOG)); for a in $(AREA); do $(MAKE) -sk --no-print-directory -C $(TOP)/tests/$$a KIND=$(KIND) VARIANT= 2>&1; done | tee $(LOG)
	@awk '/^  ok\t/ { ok++ } /^FAIL|failed$$/ { bad++ } /\*\*\*/ { err = 1 } \
	    END { print ok + 0 " passed, " bad + 0 " failed"; exit bad || err }' $(LOG)
.PHONY: all libs check-posix $(TESTS)
