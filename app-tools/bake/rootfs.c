#include "bake.h"
void rootfs_make(const struct bake *b, const char *p) { (void)p; die("--rootfs %s: not yet", b->b_rootfs); }
