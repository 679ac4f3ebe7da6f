#include "language/semantic/analyser.hpp"

#include <algorithm>

#include "language/diagnostics.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::language {

using catalog::TypeKind;

namespace {

constexpr size_t kVariablesMost = 1000;

std::vector<std::string> names_of(const std::vector<NamePart>& parts) {
    std::vector<std::string> names;
    for (const NamePart& part : parts) {
        names.push_back(part.name);
    }
    return names;
}

CodeType record_of(std::vector<catalog::NamedType> columns) {
    CodeType type = code_type(TypeKind::kStruct);
    type.type.children = std::move(columns);
    return type;
}

}  // namespace

size_t Signature::input_count() const {
    return static_cast<size_t>(std::count_if(parameters.begin(), parameters.end(), [](const SignatureParameter& one) {
        return one.mode != ParameterMode::kOut;
    }));
}

size_t Signature::required_count() const {
    return static_cast<size_t>(std::count_if(parameters.begin(), parameters.end(), [](const SignatureParameter& one) {
        return one.mode != ParameterMode::kOut && one.mode != ParameterMode::kVariadic && !one.has_default;
    }));
}

Analyser::Analyser(CodeDefinition definition, const AnalyserSettings& settings, DiagnosticList& diagnostics)
    : settings_(settings), diagnostics_(diagnostics) {
    code_.definition = std::move(definition);
    code_.signature = std::make_shared<Signature>();
}

Diagnostic& Analyser::error(std::string_view sqlstate, std::string message, Span where) {
    return diagnostics_.error(sqlstate, std::move(message), original(where));
}

Diagnostic& Analyser::warning(std::string_view sqlstate, std::string message, Span where) {
    return diagnostics_.warning(sqlstate, std::move(message), original(where));
}

AnalysedCode Analyser::run() {
    Signature& signature = *code_.signature;
    signature.kind = definition().kind;
    signature.name = definition().name.empty() ? "" : definition().name.back().name;
    signature.strict = definition().strict;
    signature.volatility = definition().volatility;
    scopes_.push_back({fold_name(signature.name), {}});
    in_head_ = true;
    declare_parameters();
    result_ = result_type();
    in_head_ = false;
    signature.result = result_;
    signature.returns_set =
        definition().result.kind == ResultKind::kSetOf || definition().result.kind == ResultKind::kTable;
    declare_special_names();
    bool end_reachable = true;
    if (definition().return_value != nullptr) {
        analyse(definition().return_value);
        if (result_.form == TypeForm::kVoid) {
            error("42804", "RETURN with a value in code that returns nothing", definition().return_value->span);
        } else {
            coerce(definition().return_value, result_, "the result");
        }
        returns_somewhere_ = true;
        end_reachable = false;
    }
    if (definition().body != nullptr) {
        end_reachable = analyse_block(*definition().body);
    }
    for (SqlText& sql : definition().sql_body) {
        sql.index = add_sql(sql, "");
    }
    const bool must_return =
        result_.form != TypeForm::kVoid && !result_.is_error() && !signature.returns_set && code_.out_variables.empty();
    if (must_return && end_reachable && definition().body != nullptr) {
        code_.end_reachable = true;
        if (!returns_somewhere_) {
            error("2F005", "the function never returns a value", {definition().body->span.end() - 1, 1}).hint =
                "End it with RETURN, or declare it RETURNS VOID.";
        }
    }
    warn_unused();
    diagnostics_.sort();
    return std::move(code_);
}

void Analyser::declare_parameters() {
    const auto add = [&](const Parameter& parameter, bool column) {
        CodeType type = parameter.type == nullptr ? error_type() : resolve_type(*parameter.type);
        SignatureParameter known;
        known.name = parameter.name.name;
        known.mode = parameter.mode;
        if (parameter.mode == ParameterMode::kVariadic && !type.is(TypeKind::kList) && !type.is_error()) {
            type = list_type(type);
        }
        known.type = type;
        known.has_default = parameter.default_value != nullptr;
        NamePart name = parameter.name;
        name.span = {0, 0};  // in the statement, not in the body
        if (find_variable(name.name) >= 0) {
            diagnostics_.error("42710", "parameter \"" + name.name + "\" is declared twice", parameter.name.span);
            return;
        }
        const int32_t variable = declare(name, type);
        code_.variables[static_cast<size_t>(variable)].parameter = true;
        code_.variables[static_cast<size_t>(variable)].declared = parameter.name.span;
        if (column || parameter.mode == ParameterMode::kOut || parameter.mode == ParameterMode::kInOut) {
            code_.out_variables.push_back(variable);
        }
        if (!column) {
            code_.signature->parameters.push_back(std::move(known));
        }
    };
    bool defaults = false;
    for (const Parameter& parameter : definition().parameters) {
        const bool takes_value = parameter.mode != ParameterMode::kOut && parameter.mode != ParameterMode::kVariadic;
        if (defaults && takes_value && parameter.default_value == nullptr) {
            diagnostics_.error("42P13", "a parameter behind one with a default needs one too", parameter.name.span);
        }
        defaults = defaults || parameter.default_value != nullptr;
        add(parameter, false);
    }
    for (const Parameter& column : definition().result.columns) {
        add(column, true);
    }
}

CodeType Analyser::result_type() {
    const ResultClause& clause = definition().result;
    if (definition().kind != CodeKind::kFunction) {
        return special_type(TypeForm::kVoid);
    }
    switch (clause.kind) {
        case ResultKind::kVoid:
            return special_type(TypeForm::kVoid);
        case ResultKind::kTrigger:
            return special_type(TypeForm::kTrigger);
        case ResultKind::kType:
        case ResultKind::kSetOf:
            return resolve_type(*clause.type);
        default:
            break;
    }
    std::vector<catalog::NamedType> columns;
    for (const int32_t variable : code_.out_variables) {
        const Variable& out = code_.variables[static_cast<size_t>(variable)];
        columns.push_back({out.name, out.type.type});
    }
    if (columns.empty()) {
        diagnostics_.error("42P13", "the function has no result", definition().name.back().span).hint =
            "Write RETURNS and a type, RETURNS VOID, or give it OUT parameters.";
        return error_type();
    }
    if (columns.size() == 1 && clause.kind != ResultKind::kTable) {
        return code_.variables[static_cast<size_t>(code_.out_variables[0])].type;
    }
    return record_of(std::move(columns));
}

void Analyser::declare_special_names() {
    const auto special = [&](std::string_view name, const CodeType& type) {
        const int32_t variable = declare({std::string(name), {0, 0}}, type);
        Variable& known = code_.variables[static_cast<size_t>(variable)];
        known.parameter = true;
        known.read = true;
        known.written = true;
        return variable;
    };
    scopes_.insert(scopes_.begin(), Scope{});
    std::swap(scopes_[0], scopes_[1]);  // declare() adds to the last scope: the special names go below the parameters
    code_.found = special("found", code_type(TypeKind::kBoolean));
    code_.sqlstate = special("sqlstate", code_type(TypeKind::kVarchar));
    code_.sqlerrm = special("sqlerrm", code_type(TypeKind::kVarchar));
    if (result_.form == TypeForm::kTrigger) {
        CodeType row = special_type(TypeForm::kRecord);
        if (settings_.trigger_row != nullptr) {
            row.form = TypeForm::kValue;
            row.type = *settings_.trigger_row;
        }
        special("new", row);
        special("old", row);
        for (const std::string_view name :
             {"tg_op", "tg_name", "tg_when", "tg_level", "tg_table_name", "tg_table_schema"}) {
            special(name, code_type(TypeKind::kVarchar));
        }
        special("tg_nargs", code_type(TypeKind::kInteger));
        special("tg_argv", list_type(code_type(TypeKind::kVarchar)));
    }
    std::swap(scopes_[0], scopes_[1]);
}

// Adds a variable to the innermost scope.
int32_t Analyser::declare(const NamePart& name, CodeType type) {
    const std::string folded = fold_name(name.name);
    const auto index = static_cast<int32_t>(code_.variables.size());
    Scope& scope = scopes_.back();
    if (scope.names.contains(folded)) {
        error("42710", "variable \"" + name.name + "\" is declared twice", name.span);
    } else if (name.span.length > 0) {
        const int32_t outer = find_variable(name.name);
        if (outer >= 0 && code_.variables[static_cast<size_t>(outer)].declared.length > 0) {
            warning("42712", "variable \"" + name.name + "\" hides another one", name.span);
        }
    }
    if (code_.variables.size() == kVariablesMost) {
        error("54000", "more than 1000 variables", name.span);
    }
    Variable variable;
    variable.name = name.name;
    variable.type = std::move(type);
    variable.type.literal = false;
    variable.declared = name.span;
    code_.variables.push_back(std::move(variable));
    scope.names[folded] = index;
    return index;
}

int32_t Analyser::find_variable(std::string_view name) const {
    const std::string folded = fold_name(name);
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
        if (const auto found = scope->names.find(folded); found != scope->names.end()) {
            return found->second;
        }
    }
    return -1;
}

int32_t Analyser::find_in_label(std::string_view label, std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
        if (!scope->label.empty() && same_name(scope->label, label)) {
            const auto found = scope->names.find(fold_name(name));
            return found == scope->names.end() ? -1 : found->second;
        }
    }
    return -1;
}

std::vector<std::string> Analyser::visible_names() const {
    std::vector<std::string> names;
    for (const Scope& scope : scopes_) {
        for (const auto& [name, variable] : scope.names) {
            names.push_back(code_.variables[static_cast<size_t>(variable)].name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

CodeType Analyser::resolve_type(const TypeName& name) {
    CodeType type = resolve_base_type(name);
    for (const uint32_t length : name.array_suffix) {
        if (type.form != TypeForm::kValue) {
            if (!type.is_error()) {
                error("42704", "there are no lists of " + type_text(type), name.span);
            }
            return error_type();
        }
        type = list_type(type);
        if (length > 0) {
            type.type.kind = TypeKind::kArray;
            type.type.array_length = length;
        }
    }
    return type;
}

CodeType Analyser::resolve_base_type(const TypeName& name) {
    switch (name.kind) {
        case TypeNameKind::kNamed:
            return resolve_named_type(name);
        case TypeNameKind::kTypeOf:
        case TypeNameKind::kRowTypeOf:
            return type_of_column(name);
        default:
            break;
    }
    CodeType type = code_type(name.kind == TypeNameKind::kStruct ? TypeKind::kStruct : TypeKind::kMap);
    for (size_t i = 0; i < name.children.size(); ++i) {
        CodeType child = resolve_type(name.children[i]);
        if (child.form != TypeForm::kValue) {
            return error_type();
        }
        type.type.children.push_back(
            {i < name.field_names.size() ? name.field_names[i].name : "", std::move(child.type)});
    }
    return type;
}

CodeType Analyser::resolve_named_type(const TypeName& name) {
    const std::string& word = name.parts.back().name;
    if (name.parts.size() == 1) {
        if (same_word(word, "record")) {
            return special_type(TypeForm::kRecord);
        }
        if (same_word(word, "refcursor")) {
            return special_type(TypeForm::kCursor);
        }
        if (!name.labels.empty()) {
            CodeType type = code_type(TypeKind::kEnum);
            type.type.labels = name.labels;
            return type;
        }
        if (const auto kind = type_kind_named(word)) {
            CodeType type = code_type(*kind);
            if (*kind == TypeKind::kDecimal) {
                const uint32_t width = name.modifiers.empty() ? 18 : name.modifiers[0];
                const uint32_t scale = name.modifiers.empty() ? 3 : name.modifiers.size() > 1 ? name.modifiers[1] : 0;
                if (width < 1 || width > 38 || scale > width) {
                    error("22023", "DECIMAL has a width of 1 to 38 and a scale up to it", name.span);
                    return error_type();
                }
                return decimal_type(width, scale);
            }
            return type;
        }
    }
    if (settings_.executor != nullptr) {
        const Result<catalog::Type> found = settings_.executor->find_type(names_of(name.parts));
        if (found.ok()) {
            CodeType type;
            type.type = *found;
            return type;
        }
    }
    error("42704", "type \"" + word + "\" does not exist", name.span).hint =
        did_you_mean(word, {"integer", "bigint", "varchar", "boolean", "double", "decimal", "date", "timestamp",
                            "interval", "record", "smallint", "text", "numeric"});
    return error_type();
}

// x%TYPE of a variable, t.c%TYPE of a column, t%ROWTYPE.
CodeType Analyser::type_of_column(const TypeName& name) {
    if (name.kind == TypeNameKind::kTypeOf && name.parts.size() == 1) {
        const int32_t variable = find_variable(name.parts[0].name);
        if (variable >= 0) {
            return code_.variables[static_cast<size_t>(variable)].type;
        }
        error("42703", "variable \"" + name.parts[0].name + "\" does not exist", name.span).hint =
            did_you_mean(name.parts[0].name, visible_names());
        return error_type();
    }
    std::vector<std::string> table = names_of(name.parts);
    std::string column;
    if (name.kind == TypeNameKind::kTypeOf) {
        column = table.back();
        table.pop_back();
    }
    if (settings_.executor == nullptr) {
        error("42P01", "table \"" + table.back() + "\" does not exist", name.span);
        return error_type();
    }
    Result<std::vector<catalog::NamedType>> columns = settings_.executor->table_columns(table);
    if (!columns.ok()) {
        error(sqlstate(columns.error().code), columns.error().message, name.span).hint = columns.error().hint;
        return error_type();
    }
    if (name.kind == TypeNameKind::kRowTypeOf) {
        return record_of(std::move(*columns));
    }
    std::vector<std::string> names;
    for (const catalog::NamedType& one : *columns) {
        if (same_name(one.name, column)) {
            CodeType type;
            type.type = one.type;
            return type;
        }
        names.push_back(one.name);
    }
    error("42703", "column \"" + column + "\" does not exist in \"" + table.back() + "\"", name.span).hint =
        did_you_mean(column, names);
    return error_type();
}

void Analyser::warn_unused() {
    for (const Variable& variable : code_.variables) {
        if (variable.parameter || variable.declared.length == 0 || variable.read || variable.type.is_error()) {
            continue;
        }
        const std::string_view what = variable.written ? "is written but never read" : "is never used";
        warning("01000", "variable \"" + variable.name + "\" " + std::string(what), variable.declared);
    }
}

}  // namespace kodiak::language
