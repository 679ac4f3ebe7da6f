#include "base/result/error_code.hpp"

#include <iterator>

#include "base/result/assert.hpp"

namespace kodiak {
namespace {

struct CodeNames {
    ErrorCode code;
    std::string_view sqlstate;
    std::string_view condition;
};

constexpr CodeNames kNames[] = {
    {ErrorCode::kInternal, "XX000", "internal_error"},
    {ErrorCode::kCorruption, "XX001", "data_corrupted"},
    {ErrorCode::kIo, "58030", "io_error"},
    {ErrorCode::kNotFound, "58P01", "undefined_file"},
    {ErrorCode::kNotADatabase, "58P02", "not_a_database"},
    {ErrorCode::kVersionTooNew, "58P03", "version_too_new"},
    {ErrorCode::kLocked, "55006", "object_in_use"},
    {ErrorCode::kDiskFull, "53100", "disk_full"},
    {ErrorCode::kOutOfMemory, "53200", "out_of_memory"},
    {ErrorCode::kTooLarge, "54000", "program_limit_exceeded"},
    {ErrorCode::kSyntax, "42601", "syntax_error"},
    {ErrorCode::kUndefinedTable, "42P01", "undefined_table"},
    {ErrorCode::kUndefinedColumn, "42703", "undefined_column"},
    {ErrorCode::kUndefinedObject, "42704", "undefined_object"},
    {ErrorCode::kDuplicateTable, "42P07", "duplicate_table"},
    {ErrorCode::kDuplicateColumn, "42701", "duplicate_column"},
    {ErrorCode::kDuplicateObject, "42710", "duplicate_object"},
    {ErrorCode::kInvalidDefinition, "42P17", "invalid_object_definition"},
    {ErrorCode::kInvalidColumnReference, "42P10", "invalid_column_reference"},
    {ErrorCode::kDatatypeMismatch, "42804", "datatype_mismatch"},
    {ErrorCode::kDependentObjects, "2BP01", "dependent_objects_still_exist"},
    {ErrorCode::kUniqueViolation, "23505", "unique_violation"},
    {ErrorCode::kNotNullViolation, "23502", "not_null_violation"},
    {ErrorCode::kCheckViolation, "23514", "check_violation"},
    {ErrorCode::kForeignKeyViolation, "23503", "foreign_key_violation"},
    {ErrorCode::kCardinalityViolation, "21000", "cardinality_violation"},
    {ErrorCode::kSerializationFailure, "40001", "serialization_failure"},
    {ErrorCode::kInFailedTransaction, "25P02", "in_failed_sql_transaction"},
    {ErrorCode::kNoActiveTransaction, "25P01", "no_active_sql_transaction"},
    {ErrorCode::kActiveTransaction, "25001", "active_sql_transaction"},
    {ErrorCode::kUndefinedSavepoint, "3B001", "invalid_savepoint_specification"},
    {ErrorCode::kReadOnly, "25006", "read_only_sql_transaction"},
    {ErrorCode::kBeforeCreation, "KD002", "before_creation"},
    {ErrorCode::kUnknownPoint, "KD003", "unknown_point"},
    {ErrorCode::kPastIsReadOnly, "KD012", "past_is_read_only"},
    {ErrorCode::kMultiDatabaseWrite, "KD013", "multi_database_write"},
    {ErrorCode::kInvalidValue, "22023", "invalid_parameter_value"},
    {ErrorCode::kOutOfRange, "22003", "numeric_value_out_of_range"},
    {ErrorCode::kInvalidText, "22P02", "invalid_text_representation"},
    {ErrorCode::kDivisionByZero, "22012", "division_by_zero"},
    {ErrorCode::kDatetimeOutOfRange, "22008", "datetime_field_overflow"},
    {ErrorCode::kUnsupported, "0A000", "feature_not_supported"},
    {ErrorCode::kCancelled, "57014", "query_canceled"},
    {ErrorCode::kPermission, "42501", "insufficient_privilege"},
    {ErrorCode::kSequenceLimit, "2200H", "sequence_generator_limit_exceeded"},
    {ErrorCode::kDataException, "22000", "data_exception"},
    {ErrorCode::kUndefinedFunction, "42883", "undefined_function"},
    {ErrorCode::kAmbiguous, "42702", "ambiguous_column"},
    {ErrorCode::kGrouping, "42803", "grouping_error"},
    {ErrorCode::kUndefinedParameter, "42P02", "undefined_parameter"},
    {ErrorCode::kInvalidDatetimeFormat, "22007", "invalid_datetime_format"},
    {ErrorCode::kGeneratedAlways, "428C9", "generated_always"},
    {ErrorCode::kAmbiguousPoint, "KD004", "ambiguous_point"},
    {ErrorCode::kMergeConflict, "KD005", "merge_conflict"},
    {ErrorCode::kWatermarkRegression, "KD008", "watermark_regression"},
    {ErrorCode::kProofMismatch, "KD009", "proof_mismatch"},
    {ErrorCode::kRaised, "P0001", "raise_exception"},
};

const CodeNames& names_of(ErrorCode code) {
    const auto position = static_cast<size_t>(code);
    KODIAK_ASSERT(position < std::size(kNames) && kNames[position].code == code);
    return kNames[position];
}

}  // namespace

std::string_view sqlstate(ErrorCode code) { return names_of(code).sqlstate; }
std::string_view condition_name(ErrorCode code) { return names_of(code).condition; }

ErrorCode code_of_sqlstate(std::string_view sqlstate) {
    for (const CodeNames& names : kNames) {
        if (names.sqlstate == sqlstate) {
            return names.code;
        }
    }
    return ErrorCode::kRaised;
}

}  // namespace kodiak
