#pragma once

// The closed list of ways an operation can fail, and what the caller should do about each.
//
// Every code maps to exactly one SQLSTATE (PostgreSQL's where one fits, class KD for Kodiak's own).
// The list is append-only: codes appear in logs and client programs.

#include <cstdint>
#include <string_view>

namespace kodiak {

enum class ErrorCode : uint8_t {
    kInternal,              // XX000 a mistake of ours: report a bug
    kCorruption,            // XX001 bytes on disk are damaged: restore from backup; file and offset named
    kIo,                    // 58030 the disk refused a read, write or sync: free space, check the device, retry
    kNotFound,              // 58P01 a file or directory is missing: fix the path
    kNotADatabase,          // 58P02 the path holds something else: fix the path
    kVersionTooNew,         // 58P03 written by a newer Kodiak: upgrade the program
    kLocked,                // 55006 another process has the database open for writing: close it or open read-only
    kDiskFull,              // 53100 no space left: free space, retry; nothing was lost
    kOutOfMemory,           // 53200 memory limit reached: raise the limit or make the work smaller
    kTooLarge,              // 54000 a program limit is exceeded: make the input smaller
    kSyntax,                // 42601 the text does not parse: fix the statement
    kUndefinedTable,        // 42P01 no such table or view
    kUndefinedColumn,       // 42703 no such column
    kUndefinedObject,       // 42704 no such object of another kind (schema, type, setting, sequence)
    kDuplicateTable,        // 42P07 a table or view of this name exists
    kDuplicateColumn,       // 42701 a column is named twice
    kDuplicateObject,       // 42710 an object of another kind exists
    kInvalidDefinition,     // 42P17 the definition contradicts itself
    kInvalidColumnReference,  // 42P10 the columns named do not fit the statement
    kDatatypeMismatch,      // 42804 a value or expression has the wrong type
    kDependentObjects,      // 2BP01 other objects depend on this one: use CASCADE or drop them first
    kUniqueViolation,       // 23505 a key value exists already
    kNotNullViolation,      // 23502 NULL in a column that does not allow it
    kCheckViolation,        // 23514 a CHECK condition is false
    kForeignKeyViolation,   // 23503 a referenced row is missing, or a row is still referenced
    kCardinalityViolation,  // 21000 one target row is hit by several source rows
    kSerializationFailure,  // 40001 a concurrent transaction committed first: retry the transaction
    kInFailedTransaction,   // 25P02 the transaction has failed: ROLLBACK, then retry
    kNoActiveTransaction,   // 25P01 the statement needs an open transaction
    kActiveTransaction,     // 25001 the statement cannot run inside a transaction
    kUndefinedSavepoint,    // 3B001 no such savepoint
    kReadOnly,              // 25006 the database or transaction is read-only
    kBeforeCreation,        // KD002 the point lies before the object was created
    kUnknownPoint,          // KD003 no such commit, snapshot or branch
    kPastIsReadOnly,        // KD012 the past cannot be written
    kMultiDatabaseWrite,    // KD013 one transaction may write to one database only
    kInvalidValue,          // 22023 a parameter or option value is not allowed
    kOutOfRange,            // 22003 a number does not fit its type
    kInvalidText,           // 22P02 text does not read as the type asked for, or is not valid UTF-8
    kDivisionByZero,        // 22012
    kDatetimeOutOfRange,    // 22008 a date or time does not exist or does not fit
    kUnsupported,           // 0A000 not supported: see the hint for what to use instead
    kCancelled,             // 57014 cancelled or timed out: nothing was changed
    kPermission,            // 42501 not allowed
    kSequenceLimit,         // 2200H a sequence reached its limit
    kDataException,         // 22000 another error in the data of an expression
    kUndefinedFunction,     // 42883 no such function for these argument types
    kAmbiguous,             // 42702 a name fits several things: qualify it
    kGrouping,              // 42803 a column must appear in GROUP BY or in an aggregate
    kUndefinedParameter,    // 42P02 no value for a parameter
    kInvalidDatetimeFormat,  // 22007 text does not read as a date, time or duration
    kGeneratedAlways,       // 428C9 a generated column cannot be written
    kAmbiguousPoint,        // KD004 a name of a point in history fits several: say which kind
    kMergeConflict,         // KD005 later commits changed what is to be taken back
    kWatermarkRegression,   // KD008 a watermark would move back: FORCE says that this is meant
    kProofMismatch,         // KD009 what was recorded does not fit the history: forged, or rolled back
    kRaised,                // raised by code, with a SQLSTATE of its own (Error::raised_state), P0001 without one
};

// Returns the five-character SQLSTATE of a code, e.g. "23505". Never fails.
std::string_view sqlstate(ErrorCode code);
// Returns the condition name of a code as PostgreSQL spells it, e.g. "unique_violation". Never fails.
std::string_view condition_name(ErrorCode code);
// Returns the code of a SQLSTATE, kRaised for one that no code has. Never fails.
ErrorCode code_of_sqlstate(std::string_view sqlstate);

}  // namespace kodiak
