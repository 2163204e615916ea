# sonde_flags: warnings, optimisation and link options of everything that is our own code.
#
# The link options follow from measured start-up times of a program that contains LLVM (process start to
# exit, medians, /bin/true needs 0.77 ms): libLLVM.so 9.4 ms; LLVM's archives with everything else shared
# and PIE 3.0 ms; all archives 2.7 ms; no PIE and static libstdc++ 1.9 ms. A fully static program would
# need 1.6 ms, but could not dlopen libclang.
include(CheckLinkerFlag)

add_library(sonde_flags INTERFACE)

target_compile_options(sonde_flags INTERFACE
    -Wall -Wextra -Wshadow -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes
    -ffunction-sections -fdata-sections)
target_link_options(sonde_flags INTERFACE -Wl,--gc-sections)
if(SONDE_WERROR)
    target_compile_options(sonde_flags INTERFACE -Werror)
endif()

if(SONDE_PIE)
    target_compile_options(sonde_flags INTERFACE -fPIE)
    target_link_options(sonde_flags INTERFACE -pie -Wl,-z,pack-relative-relocs)
else()
    target_compile_options(sonde_flags INTERFACE -fno-pie)
    target_link_options(sonde_flags INTERFACE -no-pie)
endif()

if(SANITIZE)
    target_compile_options(sonde_flags INTERFACE
        -fsanitize=${SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(sonde_flags INTERFACE -fsanitize=${SANITIZE})
elseif(NOT SONDE_SHARED_LLVM) # libLLVM.so brings the shared libstdc++ anyway
    target_link_options(sonde_flags INTERFACE -static-libstdc++ -static-libgcc)
endif()

# gold comes with binutils and links in half the time (1.0 s against 1.9 s); the result starts as fast.
set(linker ${SONDE_LINKER})
if(linker STREQUAL "auto")
    set(linker "")
    if(NOT SONDE_PIE)
        check_linker_flag(CXX -fuse-ld=gold SONDE_HAVE_GOLD)
        if(SONDE_HAVE_GOLD)
            set(linker gold)
        endif()
    endif()
endif()
if(linker)
    target_link_options(sonde_flags INTERFACE -fuse-ld=${linker})
endif()
