/* SPDX-License-Identifier: BSD-2-Clause */
/* Glyphs of ! to ~: seven lines of five pixels, bit 4 is the left one. */
#ifndef HW_FONT_H
#define HW_FONT_H

#include <stdint.h>

extern const uint8_t hw_font[94][7];

#endif /* HW_FONT_H */
