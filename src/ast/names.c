/* Names of node kinds and operators. */
#include "ast/ast.h"

const char *node_kind_name(enum node_kind k) {
    static const char *const names[N_NKINDS] = {
#define NODE(kind, name) [N_##kind] = name,
#include "ast/nodes.def"
#undef NODE
    };
    return (unsigned)k < N_NKINDS ? names[k] : "?";
}

const char *op_str(enum op op) {
    switch (op) {
    case OP_NONE: return "";
    case OP_ADD: return "+";
    case OP_SUB:
    case OP_NEG: return "-";
    case OP_MUL:
    case OP_DEREF: return "*";
    case OP_DIV: return "/";
    case OP_MOD: return "%";
    case OP_AND:
    case OP_ADDR: return "&";
    case OP_OR: return "|";
    case OP_XOR: return "^";
    case OP_SHL: return "<<";
    case OP_SHR: return ">>";
    case OP_EQ: return "==";
    case OP_NE: return "!=";
    case OP_LT: return "<";
    case OP_GT: return ">";
    case OP_LE: return "<=";
    case OP_GE: return ">=";
    case OP_LAND: return "&&";
    case OP_LOR: return "||";
    case OP_NOT: return "!";
    case OP_BNOT: return "~";
    case OP_INC: return "++";
    case OP_DEC: return "--";
    }
    return "?";
}
