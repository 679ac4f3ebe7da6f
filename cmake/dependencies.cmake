# Foreign libraries, as imported targets (whose headers CMake passes as SYSTEM, so that our warnings skip them).
# tools/install_dependencies.sh brings them; tools/dependencies.lock pins them.
set(KODIAK_DEPS ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "where tools/install_dependencies.sh put its files")
if(NOT EXISTS ${KODIAK_DEPS}/duckdb/lib/libduckdb.so)
  message(FATAL_ERROR "dependencies are missing in ${KODIAK_DEPS}: run tools/install_dependencies.sh (make deps)")
endif()

add_library(duckdb_lib SHARED IMPORTED)
set_target_properties(duckdb_lib PROPERTIES
  IMPORTED_LOCATION ${KODIAK_DEPS}/duckdb/lib/libduckdb.so
  IMPORTED_NO_SONAME OFF
  INTERFACE_INCLUDE_DIRECTORIES ${KODIAK_DEPS}/duckdb/include)
add_library(kodiak::duckdb ALIAS duckdb_lib)

file(GLOB arrow_library ${KODIAK_DEPS}/arrow/lib/libarrow.so.*)
add_library(arrow_lib SHARED IMPORTED)
set_target_properties(arrow_lib PROPERTIES
  IMPORTED_LOCATION ${arrow_library}
  INTERFACE_INCLUDE_DIRECTORIES ${KODIAK_DEPS}/arrow/include)
add_library(kodiak::arrow ALIAS arrow_lib)

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(kodiak_xxhash INTERFACE)
target_include_directories(kodiak_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE})
target_link_libraries(kodiak_xxhash INTERFACE ${XXHASH_LIBRARY})
add_library(kodiak::xxhash ALIAS kodiak_xxhash)
find_path(SODIUM_INCLUDE sodium.h REQUIRED)
find_library(SODIUM_LIBRARY sodium REQUIRED)
add_library(kodiak_sodium INTERFACE)
target_include_directories(kodiak_sodium SYSTEM INTERFACE ${SODIUM_INCLUDE})
target_link_libraries(kodiak_sodium INTERFACE ${SODIUM_LIBRARY})
add_library(kodiak::sodium ALIAS kodiak_sodium)

if(KODIAK_TESTS)
  find_package(GTest REQUIRED)
endif()
