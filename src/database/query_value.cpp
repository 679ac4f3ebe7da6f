#include "database/query_value.hpp"

namespace kodiak::database {

Result<std::string> query_value(engine::Connection& connection, const std::string& sql) {
    KODIAK_TRY_ASSIGN(auto result, connection.execute(sql));
    std::string value;
    engine::ResultChunk chunk;
    for (bool more = true; more;) {
        KODIAK_TRY_ASSIGN(more, result->next(chunk));
        if (more && value.empty() && chunk.rows() > 0) {
            value = chunk.text(0, 0);
        }
    }
    return value;
}

}  // namespace kodiak::database
