/* Looking ahead in raw text, for what one token of context cannot decide. Nothing here consumes anything. */
#ifndef SONDE_LEXER_SCAN_H
#define SONDE_LEXER_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* A range of text; at is behind what was read last. */
struct scan {
    const char *text;
    size_t at, end;
};

/* Skips blanks, newlines and comments. */
void scan_layout(struct scan *s);
/* Length of an identifier at `at`, 0 when there is none. */
size_t scan_word(const struct scan *s);
/* Behind a '(': do a type and ')' follow, and then something that the cast can apply to? */
bool scan_cast(struct scan s);
/* Behind the '(' of sizeof, offsetof, typeof or typeinfo: is the operand a type? */
bool scan_type_operand(struct scan s);
/* Behind a word: does '=' (not "==") follow, so that the word is a field name? */
bool scan_is_field_name(struct scan s);
/* Is '{' the next thing? */
bool scan_is_block(struct scan s);
/* Length of the attach-point text at `at` (reference §12.1), 0 when there is none. */
size_t scan_attach_point(struct scan s);
/* End of the struct, union or enum definition whose keyword starts at s.at. 0 when there is no '{' at *brace. */
size_t scan_c_definition(struct scan s, size_t *brace);

#endif
