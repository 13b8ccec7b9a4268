# mk/lib.mk: an archive that is no component: a platform or a library.
#   LIB=    archive name, as in libbmk_core.a
#   DEST=   folders under lib/rumpkit that get it, as in platform/hw
#   SRCS=   sources;  CPPADD= more preprocessor flags
#   HOSTED= yes: compiled for the host's libc (platform/posix)
include $(dir $(lastword $(MAKEFILE_LIST)))vars.mk
CPPFLAGS = $(if $(HOSTED),$(HCPPFLAGS) -fPIC,$(KCPPFLAGS)) -I. $(CPPADD)
CFLAGS	= $(if $(HOSTED),$(HCFLAGS),$(KCFLAGS)) $(CADD)
LIBS_	:= $(addprefix $(LIBDIR)/,$(addsuffix /$(LIB),$(DEST)))

all: $(LIBS_) $(EXTRA)
	@:
include $(TOP)/mk/compile.mk

$(LIBS_): $(OBJS)
	$(call say,AR,$@)
	@mkdir -p $(@D); rm -f $@
	$(Q)$(AR) rcsD $@ $(OBJS)
.PHONY: all
