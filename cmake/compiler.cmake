# Compiler settings for all of Kodiak's own code.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug)
endif()
# Debug is for assertions and fast builds, not for a debugger's every variable: -O1 keeps the suite quick.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -g1")

find_program(KODIAK_CCACHE ccache)
if(KODIAK_CCACHE)
  # What ccache needs before it dares to cache a file that uses a precompiled header; we use neither __TIME__ nor
  # macros that change between the header and its user.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${KODIAK_CCACHE})
endif()
find_program(KODIAK_MOLD mold)
if(KODIAK_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Warnings for our code only; foreign headers come in as SYSTEM.
add_library(kodiak_warnings INTERFACE)
target_compile_options(kodiak_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                       $<$<BOOL:${KODIAK_WERROR}>:-Werror>)

if(KODIAK_SANITIZE)
  add_compile_options(-fsanitize=${KODIAK_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KODIAK_SANITIZE})
endif()
