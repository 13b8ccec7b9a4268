# mk/top-check.mk: make run, make check.  tests/suites lists the suites.
run: all			## build, bake and boot the demonstration
	$(Q)mk/deps.sh run
	$(Q)$(MAKE) -C examples/demo run
check: all			## all tests; ends with "N passed, N failed"
	$(Q)mk/deps.sh run tests
	@BUILD=$(BUILD) MAKE='$(MAKE)' tests/suites.sh $(SUITE)
.PHONY: run check
