#include "language/parser/conditions.hpp"

#include <algorithm>
#include <iterator>

#include "language/lexer/words.hpp"

namespace kodiak::language {
namespace {

struct Condition {
    std::string_view name;
    std::string_view sqlstate;
};

// Sorted by name.
constexpr Condition kConditions[] = {
    {"active_sql_transaction", "25001"},
    {"ambiguous_alias", "42P09"},
    {"ambiguous_column", "42702"},
    {"ambiguous_function", "42725"},
    {"ambiguous_parameter", "42P08"},
    {"ambiguous_point", "KD004"},
    {"array_subscript_error", "2202E"},
    {"assert_failure", "P0004"},
    {"bad_copy_file_format", "22P04"},
    {"before_creation", "KD002"},
    {"cannot_coerce", "42846"},
    {"cardinality_violation", "21000"},
    {"case_not_found", "20000"},
    {"character_not_in_repertoire", "22021"},
    {"check_violation", "23514"},
    {"collation_mismatch", "42P21"},
    {"connection_does_not_exist", "08003"},
    {"connection_exception", "08000"},
    {"connection_failure", "08006"},
    {"data_corrupted", "XX001"},
    {"data_exception", "22000"},
    {"datatype_mismatch", "42804"},
    {"datetime_field_overflow", "22008"},
    {"deadlock_detected", "40P01"},
    {"dependent_objects_still_exist", "2BP01"},
    {"dependent_privilege_descriptors_still_exist", "2B000"},
    {"diagnostics_exception", "0Z000"},
    {"disk_full", "53100"},
    {"division_by_zero", "22012"},
    {"duplicate_alias", "42712"},
    {"duplicate_column", "42701"},
    {"duplicate_cursor", "42P03"},
    {"duplicate_database", "42P04"},
    {"duplicate_file", "58P02"},
    {"duplicate_function", "42723"},
    {"duplicate_object", "42710"},
    {"duplicate_prepared_statement", "42P05"},
    {"duplicate_schema", "42P06"},
    {"duplicate_table", "42P07"},
    {"error_in_assignment", "22005"},
    {"escape_character_conflict", "2200B"},
    {"exclusion_violation", "23P01"},
    {"external_routine_exception", "38000"},
    {"external_routine_invocation_exception", "39000"},
    {"feature_not_supported", "0A000"},
    {"floating_point_exception", "22P01"},
    {"foreign_key_violation", "23503"},
    {"function_executed_no_return_statement", "2F005"},
    {"generated_always", "428C9"},
    {"grouping_error", "42803"},
    {"history_removed", "KD001"},
    {"in_failed_sql_transaction", "25P02"},
    {"indeterminate_datatype", "42P18"},
    {"index_corrupted", "XX002"},
    {"indicator_overflow", "22022"},
    {"insufficient_privilege", "42501"},
    {"insufficient_resources", "53000"},
    {"integrity_constraint_violation", "23000"},
    {"internal_error", "XX000"},
    {"interval_field_overflow", "22015"},
    {"invalid_argument_for_logarithm", "2201E"},
    {"invalid_argument_for_ntile_function", "22014"},
    {"invalid_argument_for_power_function", "2201F"},
    {"invalid_argument_for_width_bucket_function", "2201G"},
    {"invalid_authorization_specification", "28000"},
    {"invalid_binary_representation", "22P03"},
    {"invalid_catalog_name", "3D000"},
    {"invalid_character_value_for_cast", "22018"},
    {"invalid_column_definition", "42611"},
    {"invalid_column_reference", "42P10"},
    {"invalid_cursor_definition", "42P11"},
    {"invalid_cursor_name", "34000"},
    {"invalid_cursor_state", "24000"},
    {"invalid_datetime_format", "22007"},
    {"invalid_escape_character", "22019"},
    {"invalid_escape_sequence", "22025"},
    {"invalid_foreign_key", "42830"},
    {"invalid_function_definition", "42P13"},
    {"invalid_grantor", "0L000"},
    {"invalid_json_text", "22032"},
    {"invalid_limit_value", "22010"},
    {"invalid_name", "42602"},
    {"invalid_object_definition", "42P17"},
    {"invalid_parameter_value", "22023"},
    {"invalid_password", "28P01"},
    {"invalid_recursion", "42P19"},
    {"invalid_regular_expression", "2201B"},
    {"invalid_role_specification", "0P000"},
    {"invalid_row_count_in_limit_clause", "2201W"},
    {"invalid_row_count_in_result_offset_clause", "2201X"},
    {"invalid_savepoint_specification", "3B001"},
    {"invalid_schema_definition", "42P15"},
    {"invalid_schema_name", "3F000"},
    {"invalid_sql_statement_name", "26000"},
    {"invalid_table_definition", "42P16"},
    {"invalid_text_representation", "22P02"},
    {"invalid_time_zone_displacement_value", "22009"},
    {"invalid_transaction_initiation", "0B000"},
    {"invalid_transaction_state", "25000"},
    {"invalid_transaction_termination", "2D000"},
    {"io_error", "58030"},
    {"job_running", "KD015"},
    {"locator_exception", "0F000"},
    {"lock_not_available", "55P03"},
    {"merge_conflict", "KD005"},
    {"merge_in_progress", "KD006"},
    {"multi_database_write", "KD013"},
    {"name_too_long", "42622"},
    {"no_active_sql_transaction", "25P01"},
    {"no_data", "02000"},
    {"no_data_found", "P0002"},
    {"not_incremental", "KD010"},
    {"not_null_violation", "23502"},
    {"null_value_no_indicator_parameter", "22002"},
    {"null_value_not_allowed", "22004"},
    {"numeric_value_out_of_range", "22003"},
    {"object_in_use", "55006"},
    {"object_not_in_prerequisite_state", "55000"},
    {"operator_intervention", "57000"},
    {"out_of_memory", "53200"},
    {"past_is_read_only", "KD012"},
    {"pinned", "KD011"},
    {"plan_outdated", "KD017"},
    {"plpgsql_error", "P0000"},
    {"program_limit_exceeded", "54000"},
    {"proof_mismatch", "KD009"},
    {"protected_branch", "KD007"},
    {"publish_failed", "KD016"},
    {"query_canceled", "57014"},
    {"raise_exception", "P0001"},
    {"read_only_sql_transaction", "25006"},
    {"reserved_name", "42939"},
    {"restrict_violation", "23001"},
    {"savepoint_exception", "3B000"},
    {"sequence_generator_limit_exceeded", "2200H"},
    {"serialization_failure", "40001"},
    {"sql_routine_exception", "2F000"},
    {"sql_statement_not_yet_complete", "03000"},
    {"stacked_diagnostics_accessed_without_active_handler", "0Z002"},
    {"statement_too_complex", "54001"},
    {"string_data_length_mismatch", "22026"},
    {"string_data_right_truncation", "22001"},
    {"substring_error", "22011"},
    {"successful_completion", "00000"},
    {"syntax_error", "42601"},
    {"syntax_error_or_access_rule_violation", "42000"},
    {"system_error", "58000"},
    {"test_failed", "KD014"},
    {"too_many_arguments", "54023"},
    {"too_many_columns", "54011"},
    {"too_many_connections", "53300"},
    {"too_many_rows", "P0003"},
    {"transaction_integrity_constraint_violation", "40002"},
    {"transaction_rollback", "40000"},
    {"trigger_protocol_violated", "39P01"},
    {"triggered_action_exception", "09000"},
    {"triggered_data_change_violation", "27000"},
    {"trim_error", "22027"},
    {"undefined_column", "42703"},
    {"undefined_file", "58P01"},
    {"undefined_function", "42883"},
    {"undefined_object", "42704"},
    {"undefined_parameter", "42P02"},
    {"undefined_table", "42P01"},
    {"unique_violation", "23505"},
    {"unknown_point", "KD003"},
    {"unterminated_c_string", "22024"},
    {"untranslatable_character", "22P05"},
    {"warning", "01000"},
    {"watermark_regression", "KD008"},
    {"windowing_error", "42P20"},
    {"with_check_option_violation", "44000"},
    {"wrong_object_type", "42809"},
    {"zero_length_character_string", "2200F"},
};

}  // namespace

std::string_view sqlstate_of_condition(std::string_view name) {
    const std::string folded = fold_name(name);
    const auto* found = std::lower_bound(std::begin(kConditions), std::end(kConditions), folded,
                                         [](const Condition& one, const std::string& key) { return one.name < key; });
    return found != std::end(kConditions) && found->name == folded ? found->sqlstate : std::string_view();
}

std::string_view condition_of_sqlstate(std::string_view sqlstate) {
    for (const Condition& one : kConditions) {
        if (one.sqlstate == sqlstate) {
            return one.name;
        }
    }
    return {};
}

bool is_sqlstate(std::string_view text) {
    return text.size() == 5 && std::all_of(text.begin(), text.end(),
                                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

std::vector<std::string_view> condition_names() {
    std::vector<std::string_view> names;
    for (const Condition& one : kConditions) {
        names.push_back(one.name);
    }
    return names;
}

}  // namespace kodiak::language
