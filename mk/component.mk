# mk/component.mk: one rump component.  A Makefile says:
#   COMP=  name with its faction, as in dev_ramdisk (empty: the base)
#   SRCS=  its C files
#   NEEDS= components that must be linked with it
#   WRAP=  functions f whose callers shall reach its __wrap_f instead
#   HOT=   those of SRCS that are built for speed, the rest for size; without
#          it all are built for speed
include $(dir $(lastword $(MAKEFILE_LIST)))vars.mk
LIB	:= $(COMPDIR)/librump$(COMP)$(if $(VARIANT),-$(VARIANT)).a
CPPFLAGS = $(KCPPFLAGS) -I$(TOP)/rumpsrc/include -I. $(CPPADD)
CFLAGS	= $(KCFLAGS) $(if $(HOT),$(SMALL)) $(CADD)
$(foreach f,$(HOT),$(eval CFLAGS_$(f) += $(FAST)))

all: $(LIB) $(LIB:.a=.needs)
	@:
include $(TOP)/mk/compile.mk

$(LIB): $(OBJS)
	$(call say,AR,$@)
	@mkdir -p $(@D); rm -f $@
	$(Q)$(AR) rcsD $@ $(OBJS)

$(LIB:.a=.needs): Makefile
	@mkdir -p $(@D)
	@echo $(NEEDS) > $@
ifneq ($(WRAP),)
all: $(LIB:.a=.wrap)
$(LIB:.a=.wrap): Makefile
	@mkdir -p $(@D)
	@echo $(WRAP) > $@
endif
.PHONY: all
