# Rumpkit.  `make help` lists the targets.  Everything goes to build/.
include mk/vars.mk
JOBS	:= $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
MAKEFLAGS += --no-print-directory $(JOBS)

# Folders are found, never listed: a Makefile makes a component.
TOOLS	:= $(patsubst %/Makefile,%,$(wildcard app-tools/*/Makefile))
LIBS	:= $(patsubst %/Makefile,%,$(wildcard lib/*/Makefile platform/*/Makefile))
COMPS	:= $(patsubst %/Makefile,%,$(wildcard rumpsrc/*/Makefile rumpsrc/*/*/Makefile))

all: tools libs components	## everything a bake needs
tools: $(TOOLS)
libs: $(LIBS)
components: $(COMPS)
$(TOOLS) $(LIBS) $(COMPS): deps
	$(Q)$(MAKE) -C $@
# Generated headers come first.
$(filter-out rumpsrc/syscalls,$(COMPS)) $(LIBS): | rumpsrc/syscalls
app-tools/cc: | lib/libc

deps:
	$(Q)mk/deps.sh build
help:				## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)
clean:				## remove build/
	rm -rf $(BUILD)
.PHONY: all tools libs components deps help clean $(TOOLS) $(LIBS) $(COMPS)

-include mk/top-*.mk
