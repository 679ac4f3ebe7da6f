#pragma once

// The Parquet codec of the cold tier, made of DuckDB's own reader and writer (storage/cold_codec.hpp).
//
// Why        Storage may not know DuckDB, whose Parquet is the fastest there is: the database room plugs this in.
// Threads    As the interface says; files are written one at a time.

#include <memory>

#include "storage/cold_codec.hpp"

namespace kodiak::engine {

// Made once per process and database; a DuckDB instance of its own without files, started at the first use.
std::shared_ptr<storage::ColdCodec> make_parquet_codec();

}  // namespace kodiak::engine
