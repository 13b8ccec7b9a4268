# mk/top-bench.mk: `make bench` measures what bench/README.md lists.
bench: all			## figures: instructions, sizes, times
	$(Q)mk/deps.sh bench
	$(Q)sh bench/bench.sh $(BUILD)
soak: all			## an hour of load on a guest (MINUTES=60)
	$(Q)mk/deps.sh bench
	$(Q)sh bench/soak.sh $(BUILD)
.PHONY: bench soak
