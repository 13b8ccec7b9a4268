# mk/top-lint.mk: `make lint` checks the sources; CHECK=names runs one check.
CHECK	?=
lint: all			## style and static analysis
	$(Q)mk/deps.sh lint
	$(Q)mk/lint.sh $(BUILD) $(CHECK)
.PHONY: lint
