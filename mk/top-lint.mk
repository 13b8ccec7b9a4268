# mk/top-lint.mk: `make lint` checks the sources; LINT=names runs one check.
LINT	?=
lint: all			## style and static analysis
	$(Q)mk/deps.sh lint
	$(Q)mk/lint.sh $(BUILD) $(LINT)
.PHONY: lint
