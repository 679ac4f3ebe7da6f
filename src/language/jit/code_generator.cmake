# libkodiak_jit.so: the code generator with the parts of LLVM that it needs, linked into it (decision 0010). Nothing
# else knows LLVM; without LLVM 19 the library is not built and every function is interpreted.

# Machine code and the interfaces between the two libraries change with any of these files.
file(GLOB_RECURSE jit_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/jit/*.?pp)
list(APPEND jit_sources ${CMAKE_CURRENT_SOURCE_DIR}/program/program.hpp ${CMAKE_CURRENT_SOURCE_DIR}/values/value.hpp
     ${CMAKE_CURRENT_SOURCE_DIR}/semantic/builtins.hpp ${CMAKE_CURRENT_SOURCE_DIR}/compiled_function.hpp
     ${CMAKE_SOURCE_DIR}/src/catalog/type.hpp)
list(FILTER jit_sources EXCLUDE REGEX "_test\\.cpp$")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${jit_sources})
set(jit_build "${CMAKE_CXX_COMPILER_ID}-${CMAKE_CXX_COMPILER_VERSION}")
foreach(source ${jit_sources})
  file(SHA256 ${source} hash)
  string(SHA256 jit_build "${jit_build} ${hash}")
endforeach()
set(jit_definition KODIAK_JIT_BUILD="${jit_build}")
set_source_files_properties(jit/generator_library.cpp jit/llvm/generator.cpp PROPERTIES
                            COMPILE_DEFINITIONS ${jit_definition})

if(KODIAK_JIT)
  find_package(LLVM 19.1 QUIET CONFIG)
  if(LLVM_FOUND AND LLVM_VERSION_MAJOR EQUAL 19)
    llvm_map_components_to_libnames(jit_llvm orcjit passes x86codegen)
    file(GLOB jit_generator CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/jit/llvm/*.cpp)
    add_library(kodiak_jit MODULE ${jit_generator})
    target_include_directories(kodiak_jit PRIVATE ${CMAKE_SOURCE_DIR}/src)
    target_include_directories(kodiak_jit SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS})
    target_link_libraries(kodiak_jit PRIVATE kodiak_warnings ${jit_llvm})
    # LLVM's names stay inside, so that another copy of LLVM in the process does no harm.
    target_link_options(kodiak_jit PRIVATE -Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,-z,defs
                        $<$<CONFIG:Release>:-Wl,--strip-debug>)
    set_target_properties(kodiak_jit PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
                          CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  else()
    message(STATUS "LLVM 19 was not found: functions are interpreted only")
  endif()
endif()
