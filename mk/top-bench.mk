# mk/top-bench.mk: `make bench` measures what bench/README.md lists.
bench: all			## figures: instructions, sizes, times
	$(Q)mk/deps.sh bench
	$(Q)sh bench/bench.sh $(BUILD)
.PHONY: bench
