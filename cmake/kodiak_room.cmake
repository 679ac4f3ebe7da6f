# kodiak_room(<name> [MAY_USE room...] [LINKS library...] [HEADERS front-door headers...] [APART folder])
#
# One static library per room from all *.cpp below the folder, except *_test.cpp, which become the room's test program
# <name>_test (labels: unit, <name>). MAY_USE is the room's place in the order; tools/check_rooms.py reads the same
# lists and refuses an include that they do not allow. HEADERS are paths below the room's folder. LINKS are foreign
# libraries. PRECOMPILED names one heavy foreign header that most of the room's files include. APART is a folder of the
# room whose files are no part of the library.
function(kodiak_room name)
  cmake_parse_arguments(room "" "PRECOMPILED;APART" "MAY_USE;LINKS;HEADERS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(room_APART)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${room_APART}/")
  endif()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  if(sources)
    set(reach PUBLIC)
    add_library(kodiak_${name} STATIC ${sources})
    target_link_libraries(kodiak_${name} PRIVATE kodiak_warnings)
  else()
    # A room of headers only.
    set(reach INTERFACE)
    add_library(kodiak_${name} INTERFACE)
  endif()
  target_include_directories(kodiak_${name} ${reach} ${CMAKE_SOURCE_DIR}/src)
  foreach(used ${room_MAY_USE})
    target_link_libraries(kodiak_${name} ${reach} kodiak_${used})
  endforeach()
  target_link_libraries(kodiak_${name} ${reach} ${room_LINKS})
  set(precompile OFF)
  if(room_PRECOMPILED AND sources AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    set(precompile ON)
    target_precompile_headers(kodiak_${name} PRIVATE ${room_PRECOMPILED})
    # Lets ccache see through the precompiled header.
    target_compile_options(kodiak_${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()

  if(KODIAK_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE kodiak_${name} kodiak_warnings GTest::gtest GTest::gmock
                                               GTest::gtest_main)
    if(precompile)
      target_precompile_headers(${name}_test REUSE_FROM kodiak_${name})
      # The header was compiled for a library: a program, by default -fPIE, must be compiled alike to use it.
      set_target_properties(${name}_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${name}_test PRIVATE -fPIC $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
    endif()
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES LABELS "unit;${name}")
  endif()
endfunction()
