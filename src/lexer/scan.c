/* Lookahead over raw text. Each function stops at the first thing that decides, so scanning stays linear. */
#include "lexer/scan.h"

#include <string.h>
#include <strings.h>

static char peek(const struct scan *s, size_t ahead) { return s->at + ahead < s->end ? s->text[s->at + ahead] : '\0'; }

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

static bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool accept(struct scan *s, char c) {
    if (s->at >= s->end || s->text[s->at] != c)
        return false;
    s->at++;
    return true;
}

static void skip_comment(struct scan *s) {
    bool is_line = peek(s, 1) == '/';
    for (s->at += 2; s->at < s->end; s->at++) {
        if (is_line ? s->text[s->at] == '\n' : s->text[s->at] == '*' && peek(s, 1) == '/') {
            s->at += is_line ? 1 : 2;
            return;
        }
    }
    s->at = s->end;
}

void scan_layout(struct scan *s) {
    for (;;) {
        char c = peek(s, 0);
        if (is_blank(c))
            s->at++;
        else if (c == '/' && (peek(s, 1) == '/' || peek(s, 1) == '*'))
            skip_comment(s);
        else
            return;
    }
}

size_t scan_word(const struct scan *s) {
    size_t n = 0;
    while (is_alpha(peek(s, n)) || (n && is_digit(peek(s, n))))
        n++;
    return n;
}

static bool word_is_one_of(const char *s, size_t len, const char *const *list) {
    for (; *list; list++)
        if (strlen(*list) == len && memcmp(*list, s, len) == 0)
            return true;
    return false;
}

static bool starts_type(const char *s, size_t len) {
    static const char *const words[] = { "struct", "union", "enum", "typeof", NULL };
    return word_is_one_of(s, len, words);
}

/* Names of values, which an operator after "(name)" takes as its left operand. */
static bool is_value_name(const char *s, size_t len) {
    static const char *const words[] = { "pid",    "tid",      "uid",      "gid",    "comm",      "curtask",
                                         "cpu",    "ncpus",    "numaid",   "cgroup", "rand",      "jiffies",
                                         "nsecs",  "ppid",     "elapsed",  "pcomm",  "username",  "leader_tid",
                                         "cpid",   "has_cpid", "usermode", "probe",  "func",      "leader_comm",
                                         "retval", "args",     "ctx",      "kstack", "probetype", "ustack",
                                         "config", "true",     "false",    NULL };
    if (len > 3 && memcmp(s, "arg", 3) == 0 && is_digit(s[3]))
        return true;
    return word_is_one_of(s, len, words);
}

/* What follows the name of a type: stars and array brackets. */
struct suffixes {
    bool has_star, has_array, has_open_array;
};

static bool array_suffix(struct scan *s, struct suffixes *found) {
    scan_layout(s);
    bool is_open = true;
    while (is_digit(peek(s, 0)) || (!is_open && (is_alpha(peek(s, 0))))) {
        is_open = false;
        s->at++;
    }
    scan_layout(s);
    found->has_array = true;
    found->has_open_array |= is_open;
    return accept(s, ']');
}

static bool type_suffixes(struct scan *s, struct suffixes *found) {
    for (;;) {
        scan_layout(s);
        if (accept(s, '*'))
            found->has_star = true;
        else if (!accept(s, '['))
            return true;
        else if (!array_suffix(s, found))
            return false;
    }
}

/* Can an operand start here? Operators that are binary as well as prefix count as prefix. */
static bool starts_operand(const struct scan *s) {
    char c = peek(s, 0), next = peek(s, 1);
    switch (c) {
    case '$':
    case '@':
    case '"':
    case '(':
    case '~': return true;
    case '!':
    case '*': return next != '=';
    case '-': return next != '-' && next != '=' && next != '>';
    case '&': return next != '&' && next != '=';
    default: return is_digit(c) || is_alpha(c);
    }
}

bool scan_cast(struct scan s) {
    scan_layout(&s);
    const char *word = s.text + s.at;
    size_t len = scan_word(&s);
    if (!len)
        return false;
    s.at += len;
    if (starts_type(word, len))
        return !scan_is_field_name(s);
    struct suffixes found = { 0 };
    if (!type_suffixes(&s, &found) || !accept(&s, ')'))
        return false;
    if (found.has_star || found.has_open_array)
        return true;
    scan_layout(&s);
    bool is_value = !found.has_array && is_value_name(word, len);
    return starts_operand(&s) && !(is_value && strchr("*-&(", peek(&s, 0)));
}

bool scan_type_operand(struct scan s) {
    scan_layout(&s);
    const char *word = s.text + s.at;
    size_t len = scan_word(&s);
    static const char *const literals[] = { "true", "false", "if", "sizeof", "offsetof", "typeinfo", "comptime", NULL };
    if (!len || word_is_one_of(word, len, literals))
        return false;
    if (starts_type(word, len))
        return true;
    s.at += len;
    struct suffixes found = { 0 };
    return type_suffixes(&s, &found) && (peek(&s, 0) == ')' || peek(&s, 0) == ',');
}

bool scan_is_field_name(struct scan s) {
    scan_layout(&s);
    return peek(&s, 0) == '=' && peek(&s, 1) != '=';
}

bool scan_is_block(struct scan s) {
    scan_layout(&s);
    return peek(&s, 0) == '{';
}

/* Behind the closing quote, or at the end of the line. */
static void skip_quoted_part(struct scan *s) {
    for (s->at++; s->at < s->end && peek(s, 0) != '"' && peek(s, 0) != '\n'; s->at++)
        s->at += peek(s, 0) == '\\' && s->at + 1 < s->end && peek(s, 1) != '\n';
    accept(s, '"');
}

/* "begin" and "end" take nothing, so a slash right behind them opens a predicate. Elsewhere it belongs to the text. */
static size_t special_probe(const struct scan *s) {
    const char *text = s->text + s->at;
    size_t left = s->end - s->at;
    if (left > 5 && strncasecmp(text, "begin/", 6) == 0)
        return 5;
    return left > 3 && strncasecmp(text, "end/", 4) == 0 ? 3 : 0;
}

size_t scan_attach_point(struct scan s) {
    size_t start = s.at, special = special_probe(&s);
    if (special)
        return special;
    while (s.at < s.end && !is_blank(peek(&s, 0)) && !memchr(",{", peek(&s, 0), 3)) { /* or a NUL */
        if (peek(&s, 0) == '"')
            skip_quoted_part(&s);
        else
            s.at++;
    }
    return s.at - start;
}

/* Quoted text and comments hide brackets. */
static void skip_c_token(struct scan *s) {
    char c = peek(s, 0);
    if (c == '/' && (peek(s, 1) == '/' || peek(s, 1) == '*')) {
        skip_comment(s);
    } else if (c == '"' || c == '\'') {
        for (s->at++; s->at < s->end && s->text[s->at] != c && s->text[s->at] != '\n'; s->at++)
            s->at += s->text[s->at] == '\\';
        s->at++;
    } else {
        s->at++;
    }
    if (s->at > s->end)
        s->at = s->end;
}

static void skip_brackets(struct scan *s, char open, char close) {
    size_t depth = 0;
    while (s->at < s->end) {
        char c = peek(s, 0);
        depth += c == open;
        depth -= c == close;
        skip_c_token(s);
        if (depth == 0)
            return;
    }
}

/* __attribute__((…)), __packed and the like between a keyword and its brace or behind the definition. */
static bool skip_attribute(struct scan *s) {
    struct scan t = *s;
    scan_layout(&t);
    size_t len = scan_word(&t);
    if (len < 3 || t.text[t.at] != '_' || t.text[t.at + 1] != '_')
        return false;
    t.at += len;
    *s = t;
    scan_layout(&t);
    if (peek(&t, 0) == '(') {
        skip_brackets(&t, '(', ')');
        *s = t;
    }
    return true;
}

size_t scan_c_definition(struct scan s, size_t *brace) {
    s.at += scan_word(&s);
    while (skip_attribute(&s))
        ;
    scan_layout(&s);
    s.at += scan_word(&s);
    while (skip_attribute(&s))
        ;
    scan_layout(&s);
    if (peek(&s, 0) == ':') /* enum e : type { … } */
        while (s.at < s.end && peek(&s, 0) != '{' && peek(&s, 0) != ';')
            skip_c_token(&s);
    *brace = s.at;
    if (peek(&s, 0) != '{')
        return 0;
    skip_brackets(&s, '{', '}');
    while (skip_attribute(&s))
        ;
    size_t end = s.at;
    scan_layout(&s);
    return peek(&s, 0) == ';' ? s.at + 1 : end;
}
