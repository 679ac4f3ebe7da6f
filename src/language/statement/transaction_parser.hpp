#pragma once

// Parsers of the transaction statements (language reference 2.3). Each starts at the statement's first word.

#include "language/statement.hpp"
#include "language/statement/token_cursor.hpp"

namespace kodiak::language {

Result<BeginStatement> parse_begin(TokenCursor& cursor);
Result<CommitStatement> parse_commit(TokenCursor& cursor);
Result<RollbackStatement> parse_rollback(TokenCursor& cursor);
Result<SavepointStatement> parse_savepoint(TokenCursor& cursor);
Result<ReleaseStatement> parse_release(TokenCursor& cursor);
Result<SetTransactionStatement> parse_set_transaction(TokenCursor& cursor);

}  // namespace kodiak::language
