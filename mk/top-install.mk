# mk/top-install.mk: `make install PREFIX=/opt/rumpkit [DESTDIR=]` copies what
# was built; the tools find the rest relative to themselves.
PREFIX	?= /usr/local
INSTALLED = bin lib/rumpkit lib/pkgconfig x86_64-rumprun-linux-musl \
	  include/rump share

install: all			## install below PREFIX (and DESTDIR)
	$(Q)case '$(PREFIX)' in /*) ;; *) echo 'rumpkit: PREFIX=$(PREFIX):' \
	    'expected an absolute path' >&2; exit 1;; esac
	@printf '  %-7s %s\n' INSTALL '$(DESTDIR)$(PREFIX)'
	$(Q)mkdir -p '$(DESTDIR)$(PREFIX)' && cd $(BUILD) && \
	    ls -d $(INSTALLED) 2>/dev/null | \
	    tar -cf - --owner=0 --group=0 -T - | \
	    tar -xof - --no-same-owner -C '$(DESTDIR)$(PREFIX)'
	$(Q)mkdir -p '$(DESTDIR)$(PREFIX)/include/rump' && \
	    cp $(TOP)/include/rump/*.h '$(DESTDIR)$(PREFIX)/include/rump/'
.PHONY: install
