/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fake program, as the compiler wrapper would make it.  ABI: the version
 * in its note (none: no note).  REFERS: an unresolved symbol.
 */
void rumprun_entry(void);
long rump_sysimpl_write(void);
static const char text[] = "a program";
const char *volatile prog_text;
#ifdef ABI
static const struct {
	unsigned namesz, descsz, type;
	char name[8];
	unsigned abi;
} note __attribute__((__section__(".note.rumprun"), __used__)) = {
	8, 4, 1, "Rumprun", ABI
};
#endif
#ifdef REFERS
void REFERS(void);
#endif

void
rumprun_entry(void)
{
	prog_text = text;
	rump_sysimpl_write();
#ifdef REFERS
	REFERS();
#endif
}
