# The build's vocabulary: meridian_library(), meridian_test(), meridian_fuzz().
# Rule: a room lists its sources and what it uses by hand; nothing is globbed.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

option(MERIDIAN_FUZZ "Build the fuzz targets (needs clang)" OFF)
set(MERIDIAN_SANITIZE "" CACHE STRING "Value for -fsanitize=")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # pch_defines and time_macros are what ccache asks for when precompiled headers are in use.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Werror -fno-omit-frame-pointer)
# x86-64-v2: what every server since 2009 has. Without it a lookup in a trie calls a library to count bits.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-march=x86-64-v2)
endif()
set(gnu "$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>")
set(clang "$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang>>")
# g++-12 sees overlaps, overruns and unset values inside its own std::string and std::optional once it optimises (GCC bugs
# 105651, 105329, 105562).
add_compile_options("$<${gnu}:-fpch-preprocess;-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow>")
add_compile_options("$<${gnu}:-Wno-stringop-overread;-Wno-maybe-uninitialized>")
# std::stable_sort of libstdc++ 12 calls std::get_temporary_buffer, which clang reports at our line.
add_compile_options("$<${clang}:-Wno-deprecated-declarations>")
if(MERIDIAN_SANITIZE)
  add_compile_options(-fsanitize=${MERIDIAN_SANITIZE} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${MERIDIAN_SANITIZE})
endif()
if(MERIDIAN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
find_package(Threads REQUIRED)

# One precompiled set of std headers for every target that shares the default flags.
add_library(meridian_std OBJECT "${CMAKE_SOURCE_DIR}/cmake/std.cc")
target_precompile_headers(meridian_std PRIVATE
  <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <cstring> <expected> <functional> <map> <memory>
  <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)

# meridian_library(name SOURCES a.cc … [USES meridian_base …] [LIBRARIES external …])
function(meridian_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}/src" "${CMAKE_BINARY_DIR}")
  target_link_libraries(${name} PUBLIC ${arg_USES} PRIVATE ${arg_LIBRARIES} Threads::Threads)
  target_precompile_headers(${name} REUSE_FROM meridian_std)
endfunction()

# Tests are built where GoogleTest is, and nghttp2, the peer of ours in tests of HTTP/2; `./run` does without them, `./test`
# installs them.
find_package(GTest QUIET)
find_library(NGHTTP2 nghttp2)
if(GTest_FOUND AND NGHTTP2 AND NOT MERIDIAN_FUZZ)
  set(MERIDIAN_TESTS ON)
else()
  set(MERIDIAN_TESTS OFF)
endif()

# meridian_test(name SOURCES a_test.cc … USES …): one GoogleTest program for a folder.
function(meridian_test name)
  if(NOT MERIDIAN_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_USES} ${arg_LIBRARIES} GTest::gtest_main GTest::gmock Threads::Threads)
  target_precompile_headers(${name} REUSE_FROM meridian_std)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
endfunction()

# meridian_fuzz(parse_x USES …): fuzz/parse_x.cc with its seeds in fuzz/corpus/parse_x. The ordinary build makes a test
# of the seeds instead.
function(meridian_fuzz name)
  cmake_parse_arguments(arg "" "" "USES;LIBRARIES" ${ARGN})
  if(NOT MERIDIAN_FUZZ)
    meridian_test(fuzz_${name}_test SOURCES ${name}.cc "${CMAKE_SOURCE_DIR}/fuzz/run_seeds.cc"
                  USES ${arg_USES} LIBRARIES ${arg_LIBRARIES})
    if(MERIDIAN_TESTS)
      target_compile_definitions(fuzz_${name}_test PRIVATE MERIDIAN_SEEDS="${CMAKE_SOURCE_DIR}/fuzz/corpus/${name}")
    endif()
    return()
  endif()
  add_executable(fuzz_${name} ${name}.cc)
  target_link_libraries(fuzz_${name} PRIVATE ${arg_USES} ${arg_LIBRARIES} Threads::Threads)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

enable_testing()
