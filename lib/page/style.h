/* The look of the page: one style sheet, for light and dark, narrow and wide. */
#ifndef CP_STYLE_H
#define CP_STYLE_H

extern const char cp_page_style[];

#endif
