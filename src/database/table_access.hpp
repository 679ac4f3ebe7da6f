#pragma once

// Makes the Table objects of a ScriptSession.
//
// How        get, put and erase are prepared statements by key; multi_get and scan are look-ups of the engine, and
//            where these cannot be used (the transaction has changes in the table), prepared statements, too.

#include <memory>
#include <string_view>

#include "database/table.hpp"
#include "engine/engine.hpp"

namespace kodiak::database {

class ScriptSession;

// Opens the table that `name` means in SQL; see Session::table().
Result<std::unique_ptr<Table>> open_table(ScriptSession& session, engine::Connection& connection,
                                          std::string_view name);

}  // namespace kodiak::database
