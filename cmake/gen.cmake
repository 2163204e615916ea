# Generated sources, all in build/gen, which is on the include path:
#
#   src/lexer/lexer.l    -> lexer.yy.c   lexer.yy.h
#   src/parser/parser.y  -> parser.tab.c parser.tab.h
#   stdlib/*.bt          -> stdlib_files.c stdlib_files.h
set(SONDE_GENERATED "")

# flex and bison leave unused functions and unhandled enumerators behind; what people write in the
# actions is still checked by the rest of -Wall -Wextra.
set(relaxed -Wno-unused-function -Wno-unused-but-set-variable -Wno-unused-parameter -Wno-sign-compare
            -Wno-switch-enum -Wno-missing-prototypes -Wno-shadow)

file(GLOB lexer CONFIGURE_DEPENDS src/lexer/lexer.l)
if(lexer)
    find_program(FLEX REQUIRED NAMES flex)
    add_custom_command(
        OUTPUT ${SONDE_GEN}/lexer.yy.c ${SONDE_GEN}/lexer.yy.h
        COMMAND ${FLEX} --outfile=${SONDE_GEN}/lexer.yy.c --header-file=${SONDE_GEN}/lexer.yy.h
                ${lexer}
        DEPENDS ${lexer}
        COMMENT "flex lexer.l" VERBATIM)
    list(APPEND SONDE_GENERATED ${SONDE_GEN}/lexer.yy.c)
    set_source_files_properties(${SONDE_GEN}/lexer.yy.c PROPERTIES COMPILE_OPTIONS "${relaxed}")
endif()

file(GLOB grammar CONFIGURE_DEPENDS src/parser/parser.y)
if(grammar)
    find_program(BISON REQUIRED NAMES bison)
    add_custom_command(
        OUTPUT ${SONDE_GEN}/parser.tab.c ${SONDE_GEN}/parser.tab.h
        COMMAND ${BISON} -Werror -Wcounterexamples --header=${SONDE_GEN}/parser.tab.h
                --output=${SONDE_GEN}/parser.tab.c ${grammar}
        DEPENDS ${grammar}
        COMMENT "bison parser.y" VERBATIM)
    list(APPEND SONDE_GENERATED ${SONDE_GEN}/parser.tab.c)
    set_source_files_properties(${SONDE_GEN}/parser.tab.c PROPERTIES COMPILE_OPTIONS "${relaxed}")
endif()

file(GLOB stdlib CONFIGURE_DEPENDS stdlib/*.bt)
add_custom_command(
    OUTPUT ${SONDE_GEN}/stdlib_files.c ${SONDE_GEN}/stdlib_files.h
    COMMAND ${CMAKE_COMMAND} -DOUT=${SONDE_GEN}/stdlib_files "-DFILES=${stdlib}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${stdlib} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "embedding stdlib" VERBATIM)
list(APPEND SONDE_GENERATED ${SONDE_GEN}/stdlib_files.c ${SONDE_GEN}/stdlib_files.h)
