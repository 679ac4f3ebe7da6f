#pragma once

// Makes the Prepared statements of a ScriptSession.
//
// How        A statement by key (language/key_statement.hpp) keeps its parsed form and asks the router first; for what
//            the router refuses, and for all other SQL, the engine's plan of the rewritten text is kept. Statements
//            that have no plan (BEGIN, SHOW, CALL, DDL with notes, ...) run as text each time: they take no
//            parameters, and their rows are text.

#include <memory>
#include <string_view>

#include "database/prepared.hpp"
#include "engine/engine.hpp"

namespace kodiak::database {

class ScriptSession;

// Plans `text`. Errors have their place in it.
Result<std::unique_ptr<Prepared>> prepare_statement(ScriptSession& session, engine::Connection& connection,
                                                    std::string_view text);

}  // namespace kodiak::database
