/* libclang's functions. The library brings libLLVM.so with it (60 MiB, 12 ms), so it is opened when the first C preamble
 * comes along, and never linked. Only for src/types. */
#ifndef SONDE_TYPES_CLANG_H
#define SONDE_TYPES_CLANG_H

#include <stdbool.h>

#include <clang-c/Index.h>

#include "support/arena.h"

/* By their names without clang_. */
#define CLANG_FUNCTIONS(X)          \
    X(Cursor_getOffsetOfField)      \
    X(Cursor_isBitField)            \
    X(Cursor_isMacroBuiltin)        \
    X(Cursor_isMacroFunctionLike)   \
    X(Type_getAlignOf)              \
    X(Type_getSizeOf)               \
    X(Type_getValueType)            \
    X(Type_visitFields)             \
    X(createIndex)                  \
    X(disposeDiagnostic)            \
    X(disposeIndex)                 \
    X(disposeString)                \
    X(disposeTokens)                \
    X(disposeTranslationUnit)       \
    X(getArrayElementType)          \
    X(getCString)                   \
    X(getCanonicalType)             \
    X(getChildDiagnostics)          \
    X(getCursorExtent)              \
    X(getCursorKind)                \
    X(getCursorLocation)            \
    X(getCursorSpelling)            \
    X(getCursorType)                \
    X(getDiagnostic)                \
    X(getDiagnosticInSet)           \
    X(getDiagnosticLocation)        \
    X(getDiagnosticSeverity)        \
    X(getDiagnosticSpelling)        \
    X(getElementType)               \
    X(getEnumConstantDeclValue)     \
    X(getEnumDeclIntegerType)       \
    X(formatDiagnostic)             \
    X(getExpansionLocation)         \
    X(getFieldDeclBitWidth)         \
    X(getFile)                      \
    X(getFileName)                  \
    X(getNumDiagnostics)            \
    X(getNumDiagnosticsInSet)       \
    X(getNumElements)               \
    X(getPointeeType)               \
    X(getTokenExtent)               \
    X(getTokenKind)                 \
    X(getTokenSpelling)             \
    X(getTranslationUnitCursor)     \
    X(getTypeDeclaration)           \
    X(getTypeSpelling)              \
    X(getTypedefDeclUnderlyingType) \
    X(isCursorDefinition)           \
    X(parseTranslationUnit2)        \
    X(reparseTranslationUnit)       \
    X(toggleCrashRecovery)          \
    X(tokenize)                     \
    X(visitChildren)

struct clang {
#define MEMBER(name) typeof(&clang_##name) name;
    CLANG_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* NULL with *error saying why when there is no libclang. */
const struct clang *clang_open(struct arena *a, const char **error);
/* Copies and disposes. */
const char *clang_string(const struct clang *fn, struct arena *a, CXString s);

#endif
