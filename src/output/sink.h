/* What the output formats share. Private to this room. */
#ifndef SONDE_OUTPUT_SINK_H
#define SONDE_OUTPUT_SINK_H

#include "output/output.h"

/* After each piece of output: writes when nothing is to be buffered, or too much has gathered within one batch. */
void sink_written(struct sink *s);
/* A whole notice to err_fd, behind the output that came before it. */
void sink_notice(struct sink *s, const char *text, size_t len);
/* A warning of one line, unless warnings are off. */
void sink_warn(struct sink *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sink_total_lost(struct sink *s);

enum { MAP_SLICE = 4096 }; /* entries of a map that become text at a time */

#endif
