# mk/compile.mk: SRCS -> OBJS with CPPFLAGS and CFLAGS; headers are tracked.
OBJS	:= $(addprefix $(OBJ)/,$(addsuffix .o,$(basename $(SRCS))))

$(OBJ)/%.o: %.c Makefile
	$(call say,CC,$(HERE)/$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(CFLAGS_$(<F)) -MMD -MP -MT $@ -c -o $@ $<

$(OBJ)/%.o: %.S Makefile
	$(call say,AS,$(HERE)/$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MT $@ -c -o $@ $<

-include $(OBJS:.o=.d)
