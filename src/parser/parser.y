/* The grammar (reference §3.2). Actions only collect; builders (parse.h) make nodes and check what the grammar cannot.
 *
 * Three things are settled by the lexer: where attach points end, which slash closes a predicate, and which parenthesis
 * starts a cast or a type. A statement without ';' is accepted everywhere for bare expressions, and build_add_bare
 * insists on the ';' where the expression does not end in a block; that keeps one grammar of expressions for
 * statements that start with a block or an if, and others. */
%require "3.8"
%define api.pure full
%define api.prefix {syntax_}
%define api.token.prefix {T_}
%define api.location.type {struct span}
%define api.value.type {union syntax_value}
%define parse.error custom
%define parse.lac full
%locations
%expect 0

%code requires {
#include "lexer/lexer.h"

struct parse;
}

%code {
#include "parser/parse.h"

static int next_token(union syntax_value *value, struct span *at, struct parse *p);
static void syntax_error(struct span *at, struct parse *p, const char *message);

#define syntax_lex next_token
#define YYMAXDEPTH 8000

#define YYLLOC_DEFAULT(cur, rhs, n)                                                                                    \
    do {                                                                                                               \
        (cur) = YYRHSLOC(rhs, (n) ? 1 : 0);                                                                            \
        if (n)                                                                                                         \
            (cur).hi = YYRHSLOC(rhs, n).hi;                                                                            \
        else                                                                                                           \
            (cur).lo = (cur).hi;                                                                                       \
    } while (0)
}

%parse-param {struct parse *p}
%lex-param {struct parse *p}
%initial-action { @$.src = p->src; }

%token END 0 "end of script"
%token START_EXPRESSION
%token BAD "reported already"
%token JUNK "stray character"
%token RESYNC "end of a broken item"
%token <token> ATTACH CDEF IDENT VAR MAP PARAM INT STR
%token PARAM_COUNT "$#"
%token CONFIG IMPORT MACRO FN LET
%token STRUCT UNION ENUM TYPEOF
%token IF ELSE FOR WHILE UNROLL BREAK CONTINUE RETURN COMPTIME COMPTIME_IF
%token SIZEOF OFFSETOF TYPEINFO TRUE FALSE
%token PRED_OPEN PRED_CLOSE CAST_OPEN TYPE_OPEN
%token <op> ASSIGN_OP EQUALITY RELATION SHIFT
%token OROR "||" ANDAND "&&" INC "++" DEC "--" ARROW "->" DOTDOT ".."

/* BARE: an expression that nothing continues. What can continue it binds tighter. */
%precedence BARE
%right '?' ':'
%left OROR
%left ANDAND
%left '|'
%left '^'
%left '&'
%left EQUALITY
%left RELATION
%left SHIFT
%left '+' '-'
%left '*' '/' '%'
%precedence INC DEC '(' '['

%type <node> expr unary postfix primary braced if block config_value type opt_type type_or_expr typeof range
%type <node> statement last_statement compound macro subprog opt_init predicate
%type <nodes> items body exprs opt_exprs fn_params fn_param_list
%type <spec> spec
%type <record> record
%type <names> path
%type <param> macro_param
%type <params> macro_params macro_param_list
%type <points> points
%type <entries> config_entries config_list
%type <op> opt_semicolon

%%

start:
    script
|   START_EXPRESSION expr               { p->expression = $expr; }
;

/* script = {item} */
script:
    %empty
|   script item                         { p->missed_semicolon = false; }
|   script error RESYNC                 {
                                            yyerrok;
                                            p->missed_semicolon = false;
                                            if (p->nsyntax >= PARSE_MAX_ERRORS)
                                                YYABORT;
                                        }
;

/* item = cdef | config | import | probe | macro | subprog | mapdecl */
item:
    CDEF                                { build_cdef(p, @CDEF, $CDEF); }
|   CONFIG '=' '{' config_entries '}'   { build_config(p, @$, @CONFIG, $config_entries); }
|   IMPORT STR ';'                      { build_import(p, span_join(@1, @2), @1, $STR); }
|   points opt_comma predicate block    { build_probe(p, @$, $points, $predicate, $block); }
|   macro                               { build_item(p, $macro); }
|   subprog                             { build_item(p, $subprog); }
|   LET MAP '=' IDENT '(' INT ')' opt_semicolon
                                        { build_mapdecl(p, @$, $MAP, $IDENT, @IDENT, $INT); }
;

opt_semicolon:
    %empty                              { $$ = OP_NONE; }
|   ';'                                 { $$ = OP_NONE; }
;

opt_comma:
    %empty
|   ','
;

/* config = "config" "=" "{" { key "=" value {";"} } "}" */
config_entries:
    %empty                              { $$ = ARENA_NEW(p->arena, struct config_entries); }
|   config_list
|   config_list semicolons
;

config_list:
    IDENT '=' config_value              {
                                            $$ = ARENA_NEW(p->arena, struct config_entries);
                                            VEC_PUSH(p->arena, &$$->list, (struct config_entry){$1.text, $3, @$});
                                        }
|   config_list semicolons IDENT '=' config_value
                                        {
                                            struct config_entry entry = {$3.text, $5, span_join(@3, @5)};
                                            VEC_PUSH(p->arena, &$1->list, entry);
                                            $$ = $1;
                                        }
;

semicolons:
    ';'
|   semicolons ';'
;

config_value:
    INT                                 { $$ = build_int(p, @1, $1); }
|   STR                                 { $$ = build_str(p, @1, $1); }
|   IDENT                               { $$ = build_ident(p, @1, $1); }
|   TRUE                                { $$ = build_bool(p, @1, true); }
|   FALSE                               { $$ = build_bool(p, @1, false); }
;

/* probe = ap {"," ap} [","] ["/" expr "/"] block */
points:
    ATTACH                              {
                                            $$ = ARENA_NEW(p->arena, struct probe_points);
                                            VEC_PUSH(p->arena, &$$->list, build_point(p, @1));
                                        }
|   points ',' ATTACH                   { VEC_PUSH(p->arena, &$1->list, build_point(p, @3)); $$ = $1; }
;

predicate:
    %empty                              { $$ = NULL; }
|   PRED_OPEN expr PRED_CLOSE           { $$ = $expr; }
;

/* macro = "macro" IDENT "(" [marg {"," marg}] ")" block */
macro:
    MACRO IDENT '(' macro_params ')' block
                                        { $$ = build_macro(p, span_join(@1, @2), $IDENT, $macro_params, $block); }
;

macro_params:
    %empty                              { $$ = ARENA_NEW(p->arena, struct macro_params); }
|   macro_param_list
;

macro_param_list:
    macro_param                         {
                                            $$ = ARENA_NEW(p->arena, struct macro_params);
                                            VEC_PUSH(p->arena, &$$->list, $1);
                                        }
|   macro_param_list ',' macro_param    { VEC_PUSH(p->arena, &$1->list, $3); $$ = $1; }
;

/* marg = IDENT | "$"IDENT | "@"IDENT */
macro_param:
    IDENT                               { $$ = (struct macro_param){MP_EXPR, $1.text, @1}; }
|   VAR                                 { $$ = (struct macro_param){MP_VAR, $1.text, @1}; }
|   MAP                                 { $$ = (struct macro_param){MP_MAP, $1.text, @1}; }
;

/* subprog = "fn" IDENT "(" ["$"IDENT ":" type {","…}] ")" ":" type block */
subprog:
    FN IDENT '(' fn_params ')' ':' type block
                                        { $$ = build_subprog(p, @$, $IDENT, $fn_params, $type, $block); }
;

fn_params:
    %empty                              { $$ = (node_vec){0}; }
|   fn_param_list
;

/* variables and types in turn */
fn_param_list:
    VAR ':' type                        {
                                            $$ = (node_vec){0};
                                            VEC_PUSH(p->arena, &$$, build_var(p, @1, $1));
                                            VEC_PUSH(p->arena, &$$, $3);
                                        }
|   fn_param_list ',' VAR ':' type      {
                                            $$ = $1;
                                            VEC_PUSH(p->arena, &$$, build_var(p, @3, $3));
                                            VEC_PUSH(p->arena, &$$, $5);
                                        }
;

/* block = "{" {stmt} [expr] "}" */
block:
    '{' body '}'                        { $$ = build_block(p, @$, $body); }
;

body:
    items
|   items last_statement                { $$ = $1; VEC_PUSH(p->arena, &$$, $2); }
;

items:
    %empty                              { $$ = (node_vec){0}; }
|   items statement ';'                 {
                                            $$ = $1;
                                            $2->span.hi = $2->kind == N_BREAK || $2->kind == N_CONTINUE ||
                                                          $2->kind == N_RETURN ? @3.hi : $2->span.hi;
                                            VEC_PUSH(p->arena, &$$, $2);
                                        }
|   items compound                      { $$ = $1; VEC_PUSH(p->arena, &$$, $2); }
|   items expr ';'                      { $$ = $1; build_add_expr(p, &$$, $2); }
|   items expr %prec BARE               { $$ = $1; build_add_bare(p, &$$, $2, yychar == '}', yylloc); }
;

last_statement:
    statement
;

/* stmt = "let" "$"V [":" type] ["=" expr] | lval asgop expr | "_" "=" expr | "break" | "continue" | "return" [expr] */
statement:
    LET VAR opt_type opt_init           { $$ = build_let(p, @$, build_var(p, @2, $2), $3, $4); }
|   expr '=' expr                       { $$ = build_assign(p, @$, $1, OP_NONE, @2, $3); }
|   expr ASSIGN_OP expr                 { $$ = build_assign(p, @$, $1, $2, @2, $3); }
|   BREAK                               { $$ = node_new(p->arena, N_BREAK, @$); }
|   CONTINUE                            { $$ = node_new(p->arena, N_CONTINUE, @$); }
|   RETURN                              { $$ = build_inner(p, N_RETURN, @$, NULL); }
|   RETURN expr                         { $$ = build_inner(p, N_RETURN, @$, $2); }
|   IMPORT STR                          { $$ = build_str(p, @$, $2); $$->kind = N_IMPORT; }
;

opt_type:
    %empty                              { $$ = NULL; }
|   ':' type                            { $$ = $2; }
;

opt_init:
    %empty                              { $$ = NULL; }
|   '=' expr                            { $$ = $2; }
;

/* for = "for" ["("] "$"V ":" ( "@"M | unary ".." unary ) [")"] block */
compound:
    FOR VAR ':' range block             { $$ = build_for(p, span_join(@1, @4), build_var(p, @2, $2), $4, $5, false); }
|   FOR '(' VAR ':' range ')' block     { $$ = build_for(p, span_join(@1, @6), build_var(p, @3, $3), $5, $7, true); }
|   WHILE expr block                    { $$ = build_loop(p, N_WHILE, @$, $2, $3); }
|   UNROLL expr block                   { $$ = build_loop(p, N_UNROLL, @$, $2, $3); }
;

range:
    MAP                                 { $$ = build_map(p, @1, $1, (node_vec){0}, @1); }
|   unary ".." unary                    { $$ = build_range(p, @$, $1, $3); }
;

/* expr = ternary = binary ["?" [ternary] ":" ternary]; precedences are declared above */
expr:
    unary
|   expr '?' expr ':' expr              { $$ = build_ternary(p, @$, $1, $3, $5); }
|   expr '?' ':' expr                   { $$ = build_ternary(p, @$, $1, NULL, $4); }
|   expr OROR expr                      { $$ = build_binary(p, @$, OP_LOR, $1, $3); }
|   expr ANDAND expr                    { $$ = build_binary(p, @$, OP_LAND, $1, $3); }
|   expr '|' expr                       { $$ = build_binary(p, @$, OP_OR, $1, $3); }
|   expr '^' expr                       { $$ = build_binary(p, @$, OP_XOR, $1, $3); }
|   expr '&' expr                       { $$ = build_binary(p, @$, OP_AND, $1, $3); }
|   expr EQUALITY expr                  { $$ = build_binary(p, @$, $2, $1, $3); }
|   expr RELATION expr                  { $$ = build_binary(p, @$, $2, $1, $3); }
|   expr SHIFT expr                     { $$ = build_binary(p, @$, $2, $1, $3); }
|   expr '+' expr                       { $$ = build_binary(p, @$, OP_ADD, $1, $3); }
|   expr '-' expr                       { $$ = build_binary(p, @$, OP_SUB, $1, $3); }
|   expr '*' expr                       { $$ = build_binary(p, @$, OP_MUL, $1, $3); }
|   expr '/' expr                       { $$ = build_binary(p, @$, OP_DIV, $1, $3); }
|   expr '%' expr                       { $$ = build_binary(p, @$, OP_MOD, $1, $3); }
;

/* unary = ("++"|"--"|"&"|"*"|"-"|"!"|"~"|"comptime"|cast) unary | postfix | if | block */
unary:
    postfix %prec BARE
|   braced
|   INC unary                           { $$ = build_incdec(p, @$, OP_INC, true, $2, @2); }
|   DEC unary                           { $$ = build_incdec(p, @$, OP_DEC, true, $2, @2); }
|   '&' unary %prec INC                 { $$ = build_unary(p, @$, OP_ADDR, $2); }
|   '*' unary %prec INC                 { $$ = build_unary(p, @$, OP_DEREF, $2); }
|   '-' unary %prec INC                 { $$ = build_unary(p, @$, OP_NEG, $2); }
|   '!' unary                           { $$ = build_unary(p, @$, OP_NOT, $2); }
|   '~' unary                           { $$ = build_unary(p, @$, OP_BNOT, $2); }
|   COMPTIME unary                      { $$ = build_comptime(p, @$, $2); }
|   CAST_OPEN type ')' unary            { $$ = build_cast(p, @$, $2, $4); }
;

braced:
    if
|   block
;

/* if = "if" ["comptime"] expr block ["else" (block | if)] */
if:
    IF expr block                       { $$ = build_if(p, @$, false, $2, $3, NULL); }
|   IF expr block ELSE block            { $$ = build_if(p, @$, false, $2, $3, $5); }
|   IF expr block ELSE if               { $$ = build_if(p, @$, false, $2, $3, $5); }
|   IF COMPTIME_IF expr block           { $$ = build_if(p, @$, true, $3, $4, NULL); }
|   IF COMPTIME_IF expr block ELSE block
                                        { $$ = build_if(p, @$, true, $3, $4, $6); }
|   IF COMPTIME_IF expr block ELSE if   { $$ = build_if(p, @$, true, $3, $4, $6); }
;

/* postfix = primary { "." field | "->" field | "." INT | "[" expr "]" | "++" | "--" } */
postfix:
    primary %prec BARE
|   postfix '.' IDENT                   { $$ = build_field(p, @$, $1, $3, false); }
|   postfix "->" IDENT                  { $$ = build_field(p, @$, $1, $3, true); }
|   postfix '.' INT                     { $$ = build_tuple_at(p, @$, $1, $3); }
|   postfix '[' expr ']'                { $$ = build_index(p, @$, $1, $3); }
|   braced '.' IDENT                    { $$ = build_field(p, @$, $1, $3, false); }
|   braced '.' INT                      { $$ = build_tuple_at(p, @$, $1, $3); }
|   braced '[' expr ']'                 { $$ = build_index(p, @$, $1, $3); }
|   postfix INC                         { $$ = build_incdec(p, @$, OP_INC, false, $1, @2); }
|   postfix DEC                         { $$ = build_incdec(p, @$, OP_DEC, false, $1, @2); }
;

primary:
    '(' expr ')'                        { $$ = $2; }
|   '(' ')'                             { $$ = build_tuple(p, @$, (node_vec){0}); }
|   '(' record ')'                      { $$ = build_record(p, @$, $2); }
|   '(' expr ',' ')'                    {
                                            node_vec items = {0};
                                            VEC_PUSH(p->arena, &items, $2);
                                            $$ = build_tuple(p, @$, items);
                                        }
|   '(' expr ',' exprs opt_comma ')'    {
                                            node_vec items = {0};
                                            VEC_PUSH(p->arena, &items, $2);
                                            for (size_t i = 0; i < $4.n; i++)
                                                VEC_PUSH(p->arena, &items, $4.v[i]);
                                            $$ = build_tuple(p, @$, items);
                                        }
|   SIZEOF type_or_expr                 { $$ = build_intro(p, N_SIZEOF, @$, $2, NULL); }
|   TYPEINFO type_or_expr               { $$ = build_intro(p, N_TYPEINFO, @$, $2, NULL); }
|   OFFSETOF '(' expr ',' path ')'      { $$ = build_intro(p, N_OFFSETOF, @$, $3, $5); }
|   OFFSETOF TYPE_OPEN type ',' path ')'
                                        { $$ = build_intro(p, N_OFFSETOF, @$, $3, $5); }
|   typeof
|   IDENT %prec BARE                    { $$ = build_ident(p, @1, $1); }
|   IDENT '(' opt_exprs ')'             { $$ = build_call(p, @$, $1, $3); }
|   MAP %prec BARE                      { $$ = build_map(p, @1, $1, (node_vec){0}, @1); }
|   MAP '[' exprs ']'                   { $$ = build_map(p, @$, $1, $3, @3); }
|   VAR                                 { $$ = build_var(p, @1, $1); }
|   PARAM                               { $$ = build_param(p, @1, $1.value); }
|   PARAM_COUNT                         { $$ = build_param(p, @1, 0); }
|   INT                                 { $$ = build_int(p, @1, $1); }
|   STR                                 { $$ = build_str(p, @1, $1); }
|   TRUE                                { $$ = build_bool(p, @1, true); }
|   FALSE                               { $$ = build_bool(p, @1, false); }
;

/* record = IDENT "=" expr {"," IDENT "=" expr} */
record:
    IDENT '=' expr                      {
                                            $$ = ARENA_NEW(p->arena, struct record_items);
                                            VEC_PUSH(p->arena, &$$->names, $1.text);
                                            VEC_PUSH(p->arena, &$$->values, $3);
                                        }
|   record ',' IDENT '=' expr           {
                                            $$ = $1;
                                            check_record_name(p, @3, @5, $1, $3.text);
                                            VEC_PUSH(p->arena, &$$->names, $3.text);
                                            VEC_PUSH(p->arena, &$$->values, $5);
                                        }
;

exprs:
    expr                                { $$ = (node_vec){0}; VEC_PUSH(p->arena, &$$, $1); }
|   exprs ',' expr                      { $$ = $1; VEC_PUSH(p->arena, &$$, $3); }
;

opt_exprs:
    %empty                              { $$ = (node_vec){0}; }
|   exprs
;

/* field {"." field} */
path:
    IDENT                               {
                                            $$ = ARENA_NEW(p->arena, struct names);
                                            VEC_PUSH(p->arena, &$$->list, $1.text);
                                        }
|   path '.' IDENT                      { $$ = $1; VEC_PUSH(p->arena, &$$->list, $3.text); }
;

type_or_expr:
    '(' expr ')'                        { $$ = $2; }
|   TYPE_OPEN type ')'                  { $$ = $2; }
;

typeof:
    TYPEOF type_or_expr                 { $$ = build_intro(p, N_TYPEOF, @$, $2, NULL); }
;

/* type = (("struct"|"union"|"enum") IDENT | IDENT | typeof) { "*" | "[" [N] "]" } */
type:
    spec                                { $$ = build_type(p, @$, $1); }
;

spec:
    IDENT                               { $$ = build_spec(p, TS_NAME, $1.text, NULL); }
|   STRUCT IDENT                        { $$ = build_spec(p, TS_STRUCT, $2.text, NULL); }
|   UNION IDENT                         { $$ = build_spec(p, TS_UNION, $2.text, NULL); }
|   ENUM IDENT                          { $$ = build_spec(p, TS_ENUM, $2.text, NULL); }
|   typeof                              { $$ = build_spec(p, TS_TYPEOF, NULL, $1->intro.operand); }
|   spec '*'                            { $$ = $1; build_suffix(p, $$, true, false, 0); }
|   spec '[' ']'                        { $$ = $1; build_suffix(p, $$, false, false, 0); }
|   spec '[' INT ']'                    { $$ = $1; build_suffix(p, $$, false, true, $3.value); }
;

%%

static int next_token(union syntax_value *value, struct span *at, struct parse *p) {
    if (p->start) {
        int token = p->start;
        p->start = 0;
        *at = (struct span){.src = p->src};
        return token;
    }
    if (p->too_deep)
        return T_END;
    return lexer_next(p->lexer, value, at);
}

/* Only reached when the stack is full: other errors go through yyreport_syntax_error. */
static void syntax_error(struct span *at, struct parse *p, const char *message) {
    (void)message;
    if (!p->too_deep)
        diag_error(p->diag, D_LIMIT, *at, "syntax: nested too deeply");
    p->too_deep = true;
}

/* The token number behind a symbol of bison's. */
static int token_of(yysymbol_kind_t symbol) {
    for (size_t i = 0; i < sizeof yytranslate / sizeof *yytranslate; i++)
        if (yytranslate[i] == symbol)
            return (int)i;
    return T_JUNK;
}

static int yyreport_syntax_error(const yypcontext_t *ctx, struct parse *p) {
    yysymbol_kind_t symbols[YYNTOKENS];
    int tokens[YYNTOKENS];
    int n = yypcontext_expected_tokens(ctx, symbols, YYNTOKENS);
    for (int i = 0; i < n; i++)
        tokens[i] = token_of(symbols[i]);
    syntax_unexpected(p, *yypcontext_location(ctx), token_of(yypcontext_token(ctx)), tokens, n);
    lexer_recover(p->lexer);
    return 0;
}
