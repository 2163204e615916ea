# sonde_deps: libbpf, elfutils, cJSON and the compression libraries that they and LLVM need.
#
# Archives are preferred where they exist: every shared library costs about 0.1 ms at start, and the
# program can be carried into an initramfs with little more than libc. Debian has cJSON as .so only.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LIBBPF REQUIRED libbpf>=1.4)
pkg_check_modules(LIBDW REQUIRED libdw libelf)
pkg_check_modules(CJSON REQUIRED libcjson)

add_library(sonde_deps INTERFACE)
target_include_directories(sonde_deps SYSTEM INTERFACE
    ${LIBBPF_INCLUDE_DIRS} ${LIBDW_INCLUDE_DIRS} ${CJSON_INCLUDE_DIRS})

# Links the archive of each library if all of `names` have one, the shared libraries otherwise.
# Mixing would put two copies of, say, libelf into one process.
function(sonde_link_archives)
    set(archives "")
    foreach(name ${ARGN})
        find_library(ARCHIVE_${name} NAMES lib${name}.a)
        mark_as_advanced(ARCHIVE_${name})
        if(NOT ARCHIVE_${name})
            message(STATUS "no lib${name}.a: linking ${ARGN} as shared libraries")
            return()
        endif()
        list(APPEND archives ${ARCHIVE_${name}})
    endforeach()
    set(SONDE_ARCHIVES ${archives} PARENT_SCOPE)
endfunction()

set(SONDE_ARCHIVES "")
if(SONDE_STATIC_DEPS AND NOT SONDE_SHARED_LLVM)
    sonde_link_archives(bpf dw elf z zstd lzma bz2)
endif()
if(SONDE_ARCHIVES)
    # Once per dependency direction: libbpf -> libdw -> libelf -> ours -> compression.
    add_library(sonde_elfutils_compat STATIC cmake/elfutils_compat.c)
    list(FILTER SONDE_ARCHIVES EXCLUDE REGEX "lib(z|zstd|lzma|bz2)[.]a$")
    target_link_libraries(sonde_deps INTERFACE ${SONDE_ARCHIVES} sonde_elfutils_compat
        ${ARCHIVE_z} ${ARCHIVE_zstd} ${ARCHIVE_lzma} ${ARCHIVE_bz2})
else()
    target_link_libraries(sonde_deps INTERFACE bpf dw elf z zstd)
endif()
target_link_libraries(sonde_deps INTERFACE ${CJSON_LIBRARIES} m Threads::Threads ${CMAKE_DL_LIBS})
