/* Reading event format files:
 *
 *     name: sched_process_exec
 *     ID: 365
 *     format:
 *     	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
 */
#include "types/tracefs.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/strbuf.h"

static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* The number after `key` within [s, end). */
static bool number_after(const char *s, const char *end, const char *key, uint32_t *out) {
    const char *at = memmem(s, (size_t)(end - s), key, strlen(key));
    if (!at)
        return false;
    *out = (uint32_t)strtoul(at + strlen(key), NULL, 10);
    return true;
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Takes a leading word off the text when it is `word`. */
static bool skip_word(const char **s, const char *word) {
    size_t n = strlen(word);
    if (strncmp(*s, word, n) != 0 || is_word((*s)[n]))
        return false;
    *s += n;
    while (**s == ' ')
        ++*s;
    return true;
}

/* "const char * filename", "char comm[16]", "__data_loc char[] filename": into type, name and the rest. */
static void split_declaration(struct arena *a, struct format_field *f) {
    const char *s = f->decl, *end = s + strlen(s);
    f->is_data_loc = skip_word(&s, "__data_loc");
    f->is_rel_loc = !f->is_data_loc && skip_word(&s, "__rel_loc");
    if (end > s && end[-1] == ']') {
        f->is_array = true;
        while (end > s && *end != '[')
            end--;
    }
    const char *name = end;
    while (name > s && is_word(name[-1]))
        name--;
    f->name = arena_strndup(a, name, (size_t)(end - name));
    while (name > s && name[-1] == ' ')
        name--;
    if (name - s > 2 && strncmp(name - 2, "[]", 2) == 0) {
        f->is_array = true;
        name -= 2;
    }
    f->type = arena_strndup(a, s, (size_t)(name - s));
}

static void parse_line(struct arena *a, const char *line, const char *end, struct format *out) {
    static const char key[] = "field:";
    const char *decl = memmem(line, (size_t)(end - line), key, sizeof key - 1);
    const char *semicolon = decl ? memchr(decl, ';', (size_t)(end - decl)) : NULL;
    if (!semicolon)
        return;
    decl += sizeof key - 1;
    struct format_field f = { .decl = arena_strndup(a, decl, (size_t)(semicolon - decl)) };
    uint32_t is_signed = 0;
    if (!number_after(semicolon, end, "offset:", &f.offset) || !number_after(semicolon, end, "size:", &f.size))
        return;
    number_after(semicolon, end, "signed:", &is_signed);
    f.is_signed = is_signed;
    split_declaration(a, &f);
    if (f.name[0])
        VEC_PUSH(a, &out->fields, f);
}

bool tracefs_parse(struct arena *a, const char *text, struct format *out) {
    *out = (struct format){ 0 };
    bool has_id = false;
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        end = strchrnul(line, '\n');
        if (strncmp(line, "ID:", 3) == 0) {
            out->id = strtoull(line + 3, NULL, 10);
            has_id = true;
        } else if (strncmp(line, "print fmt:", 10) == 0) {
            break;
        } else {
            parse_line(a, line, end, out);
        }
    }
    return has_id;
}

static bool read_file(const char *path, struct strbuf *out) {
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        strbuf_add(out, chunk, n);
    fclose(file);
    return out->len > 0;
}

/* Names come from scripts: they must not lead out of the events folder. */
static bool is_file_name(const char *s) { return s[0] && s[0] != '.' && !strchr(s, '/'); }

bool format_read(struct arena *a, const char *category, const char *event, struct format *out) {
    if (!is_file_name(category) || !is_file_name(event))
        return false;
    bool ok = false;
    for (size_t i = 0; !ok && i < sizeof mounts / sizeof mounts[0]; i++) {
        struct strbuf text = { 0 };
        const char *path = arena_printf(a, "%s/events/%s/%s/format", mounts[i], category, event);
        ok = read_file(path, &text) && tracefs_parse(a, strbuf_str(&text), out);
        strbuf_free(&text);
    }
    return ok;
}

static bool is_common(const struct format_field *f) { return strncmp(f->name, "common_", 7) == 0; }

size_t typedb_tracepoint_fields(struct arena *a, const char *category, const char *event, const char *const **lines) {
    VEC(const char *) list = { 0 };
    struct format format;
    if (format_read(a, category, event, &format)) {
        for (VEC_EACH(f, &format.fields))
            if (!is_common(f))
                VEC_PUSH(a, &list, f->decl);
    }
    *lines = (const char *const *)list.v;
    return list.n;
}
