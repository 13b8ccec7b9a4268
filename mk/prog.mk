# mk/prog.mk: a program of the host, into bin/.
#   PROG= name;  SRCS= sources;  LDLIBS= libraries
include $(dir $(lastword $(MAKEFILE_LIST)))vars.mk
CPPFLAGS = $(HCPPFLAGS) -I. $(CPPADD)
CFLAGS	= $(HCFLAGS) $(CADD)

all: $(BUILD)/bin/$(PROG) $(EXTRA)
	@:
include $(TOP)/mk/compile.mk

$(BUILD)/bin/$(PROG): $(OBJS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -o $@ $(OBJS) $(LDLIBS)
.PHONY: all
