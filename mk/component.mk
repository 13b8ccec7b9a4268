# mk/component.mk: one rump component.  A Makefile says:
#   COMP=  name with its faction, as in dev_ramdisk (empty: the base)
#   SRCS=  its C files
#   NEEDS= components that must be linked with it
include $(dir $(lastword $(MAKEFILE_LIST)))vars.mk
LIB	:= $(COMPDIR)/librump$(COMP)$(if $(VARIANT),-$(VARIANT)).a
CPPFLAGS = $(KCPPFLAGS) -I$(TOP)/rumpsrc/include -I. $(CPPADD)
CFLAGS	= $(KCFLAGS) $(CADD)

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
.PHONY: all
