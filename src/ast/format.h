/* Inside of the formatter (reference §22): what its files share. */
#ifndef SONDE_AST_FORMAT_H
#define SONDE_AST_FORMAT_H

#include "ast/ast.h"
#include "support/strbuf.h"

/* Column that closing brackets must not pass where there is a place to break. */
#define FORMAT_WIDTH 90

struct format {
    struct strbuf *out;
    const struct script *script; /* for comments and blank lines; NULL for single nodes */
    size_t next_comment;         /* first one not written yet */
    uint32_t last_end;           /* source offset up to which everything has been written */
    size_t indent;               /* of the current statement, in columns */
    bool is_flat;                /* measuring: no line is broken except inside of blocks */
};

/* format.c: lines, comments, top level */
size_t format_column(const struct format *f);
void format_newline(struct format *f);
/* Comments and blank lines between what was written last and the thing at source offset lo, then a fresh line. */
void format_lead(struct format *f, uint32_t lo);

/* format_stmt.c */
void format_stmt(struct format *f, const struct node *n);
/* "{ … }", with a line for each statement; short values stay on one line where that is asked for. */
void format_block(struct format *f, const struct node *n);
void format_block_expr(struct format *f, const struct node *n);
void format_if(struct format *f, const struct node *n);

/* format_expr.c */
void format_expr(struct format *f, const struct node *n);
/* In parentheses unless it is a plain operand. */
void format_operand(struct format *f, const struct node *n);
void format_string(struct strbuf *out, const char *s, size_t len);

#endif
