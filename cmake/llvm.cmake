# sonde_llvm: the LLVM libraries, BPF target only. SONDE_LIBCLANG: the soname of the matching libclang.
#
# 19 is what is tested most; then newer ones, then 18, the oldest that works.
find_program(LLVM_CONFIG REQUIRED NAMES
    llvm-config-19 llvm-config-22 llvm-config-21 llvm-config-20 llvm-config-18 llvm-config)

function(llvm_config out)
    execute_process(COMMAND ${LLVM_CONFIG} ${ARGN} OUTPUT_VARIABLE text
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

llvm_config(SONDE_LLVM_VERSION --version)
if(SONDE_LLVM_VERSION VERSION_LESS 18)
    message(FATAL_ERROR "LLVM ${SONDE_LLVM_VERSION} (${LLVM_CONFIG}) is too old: 18 or newer is needed. "
                        "scripts/install-deps installs one, -DLLVM_CONFIG=/path chooses another.")
endif()
llvm_config(llvm_includedir --includedir)
llvm_config(llvm_libdir --libdir)
if(SONDE_SHARED_LLVM)
    llvm_config(llvm_libs --link-shared --libs)
else()
    llvm_config(llvm_libs --link-static --libs
        bpf core analysis passes target support irreader bitwriter asmparser)
endif()
separate_arguments(llvm_libs UNIX_COMMAND "${llvm_libs}")

# What `llvm-config --system-libs` asks for beyond zlib, zstd and libm (z3, libxml2, …) is only needed by
# parts of LLVM that no BPF compiler reaches.
add_library(sonde_llvm INTERFACE)
target_include_directories(sonde_llvm SYSTEM INTERFACE ${llvm_includedir})
target_link_directories(sonde_llvm INTERFACE ${llvm_libdir})
target_link_libraries(sonde_llvm INTERFACE ${llvm_libs})

# libclang brings libLLVM.so with it (60 MiB, 8 ms), so nobody links it: src/types opens it by this name.
set(SONDE_LIBCLANG "")
if(SONDE_CLANG AND EXISTS ${llvm_includedir}/clang-c/Index.h)
    string(REGEX MATCH "^[0-9]+" major ${SONDE_LLVM_VERSION})
    find_library(LIBCLANG NAMES clang clang-${major} HINTS ${llvm_libdir} NO_DEFAULT_PATH)
    if(LIBCLANG)
        execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${LIBCLANG} OUTPUT_VARIABLE headers ERROR_QUIET)
        if(headers MATCHES "SONAME +([^ \n]+)")
            set(SONDE_LIBCLANG ${CMAKE_MATCH_1})
        endif()
    endif()
endif()
if(SONDE_LIBCLANG)
    message(STATUS "LLVM ${SONDE_LLVM_VERSION}, C headers through ${SONDE_LIBCLANG}")
else()
    message(STATUS "LLVM ${SONDE_LLVM_VERSION}, without libclang: C preambles will not work")
endif()
