// CREATE, ALTER and DROP TRIGGER, and SHOW of code.

#include <algorithm>

#include "engine/catalog/table_entry.hpp"
#include "engine/code/code_call.hpp"
#include "engine/code/code_statements.hpp"
#include "engine/code/triggers.hpp"
#include "engine/errors/errors.hpp"
#include "language/lexer/words.hpp"

namespace kodiak::engine {

using catalog::ObjectKind;
using catalog::ObjectPtr;
using language::OwnStatement;

namespace {

constexpr auto kText = duckdb::LogicalTypeId::VARCHAR;

Error no_trigger(const std::string& name, const std::string& table) {
    return make_error(ErrorCode::kUndefinedObject, "trigger \"" + name + "\" on \"" + table + "\" does not exist");
}

Status refuse_unsupported(const TriggerSpec& spec) {
    if (spec.timing == TriggerSpec::Timing::kInsteadOf) {
        return make_error(ErrorCode::kUnsupported, "INSTEAD OF triggers are not supported yet");
    }
    if (spec.has_transition_tables) {
        return make_error(ErrorCode::kUnsupported, "transition tables are not supported yet")
            .with_hint("Use FOR EACH ROW, which has OLD and NEW.");
    }
    if (spec.on_truncate) {
        return make_error(ErrorCode::kUnsupported, "triggers on TRUNCATE are not supported")
            .with_hint("TRUNCATE fires DELETE triggers.");
    }
    return ok_status();
}

}  // namespace

Result<std::pair<ObjectPtr, ObjectPtr>> CodeStatements::find_trigger(const Place& where, const std::string& name) {
    const auto state = where.transaction->catalog();
    const ObjectPtr table = state->find(catalog::NameSpace::kRelations, where.schema, where.name);
    if (table == nullptr) {
        return make_error(ErrorCode::kUndefinedTable, "table \"" + where.name + "\" does not exist");
    }
    for (const ObjectPtr& one : state->triggers_on(table->id)) {
        if (language::same_name(one->name, name)) {
            return std::pair(table, one);
        }
    }
    return std::pair(table, ObjectPtr());
}

Status CodeStatements::create_trigger(std::string_view text) {
    KODIAK_TRY_ASSIGN(const TriggerSpec spec, read_trigger(text));
    KODIAK_TRY(refuse_unsupported(spec));
    KODIAK_TRY_ASSIGN(const Place where, place(spec.table));
    KODIAK_TRY_ASSIGN(const auto found, find_trigger(where, spec.name));
    const auto& [table, existing] = found;
    if (table->kind != ObjectKind::kTable) {
        return make_error(ErrorCode::kUnsupported, "triggers on views are not supported yet");
    }
    if (existing != nullptr && !spec.replace) {
        return make_error(ErrorCode::kDuplicateObject,
                          "trigger \"" + spec.name + "\" on \"" + table->name + "\" exists already")
            .with_hint("Use CREATE OR REPLACE.");
    }
    for (const std::string& column : spec.update_of) {
        if (table->table().find_column(column) == nullptr) {
            return make_error(ErrorCode::kUndefinedColumn,
                              "table \"" + table->name + "\" has no column \"" + column + "\"");
        }
    }
    const auto state = where.transaction->catalog();
    const auto row = row_type(where.database->entry_of(table, *state).Cast<KodiakTableEntry>());
    const auto library = session_.library(context_);
    KODIAK_TRY(compile_trigger(*library, spec, *row, executor_));
    KODIAK_TRY(check_condition(*library, spec, *row, executor_));
    KODIAK_TRY_ASSIGN(const Place function, place(spec.function));
    const ObjectPtr routine = state->find(catalog::NameSpace::kRoutines, function.schema, function.name);
    catalog::CatalogObject object;
    object.id = existing != nullptr ? existing->id : where.transaction->new_object_id();
    object.kind = ObjectKind::kTrigger;
    object.schema = where.schema;
    object.name = spec.name;
    if (routine != nullptr) {
        object.depends_on.push_back(routine->id);
    }
    object.definition = catalog::TriggerDefinition{table->id, true, std::string(text)};
    return where.transaction->put_object(std::move(object));
}

Status CodeStatements::alter_trigger(std::string_view text, const OwnStatement& statement) {
    const std::string name = name_parts(statement.field("name")->in(text)).back();
    KODIAK_TRY_ASSIGN(const Place where, place(name_parts(statement.field("table")->in(text))));
    KODIAK_TRY_ASSIGN(const auto found, find_trigger(where, name));
    if (found.second == nullptr) {
        return no_trigger(name, found.first->name);
    }
    catalog::CatalogObject changed = *found.second;
    std::get<catalog::TriggerDefinition>(changed.definition).enabled = statement.has_word(text, "ENABLE");
    return where.transaction->put_object(std::move(changed));
}

Status CodeStatements::drop_trigger(std::string_view text, const OwnStatement& statement) {
    const std::string name = name_parts(statement.field("name")->in(text)).back();
    KODIAK_TRY_ASSIGN(const Place where, place(name_parts(statement.field("table")->in(text))));
    KODIAK_TRY_ASSIGN(const auto found, find_trigger(where, name));
    if (found.second == nullptr) {
        return statement.has_word(text, "EXISTS") ? ok_status() : Status(no_trigger(name, found.first->name));
    }
    return where.transaction->drop_object(found.second->id);
}

Result<CodeStatements::Answer> CodeStatements::show_triggers(std::string_view text, const OwnStatement& statement) {
    const auto wanted = statement.field("table");
    KODIAK_TRY_ASSIGN(const Place where, place(wanted ? name_parts(wanted->in(text)) : std::vector<std::string>{""}));
    const auto state = where.transaction->catalog();
    AnswerRows rows({"trigger", "table", "timing", "events", "level", "function", "enabled"},
                    {kText, kText, kText, kText, kText, kText, duckdb::LogicalType::BOOLEAN});
    for (const ObjectPtr& object : state->list(ObjectKind::kTrigger)) {
        const auto& definition = std::get<catalog::TriggerDefinition>(object->definition);
        const ObjectPtr table = state->find(definition.table);
        if (wanted && (table->schema != where.schema || !language::same_name(table->name, where.name))) {
            continue;
        }
        KODIAK_TRY_ASSIGN(const TriggerSpec spec, read_trigger(definition.create_sql));
        std::string events;
        for (size_t i = 0; i < kTriggerEvents; ++i) {
            if (spec.on[i]) {
                events += std::string(events.empty() ? "" : " OR ") + name_of(static_cast<TriggerEvent>(i));
            }
        }
        rows.add({duckdb::Value(object->name), duckdb::Value(table->name), duckdb::Value(name_of(spec.timing)),
                  duckdb::Value(events), duckdb::Value(spec.each_row ? "ROW" : "STATEMENT"),
                  duckdb::Value(spec.function.back()), duckdb::Value::BOOLEAN(definition.enabled)});
    }
    return std::move(rows).finish(context_);
}

Result<std::optional<CodeStatements::Answer>> CodeStatements::show(std::string_view text,
                                                                   const OwnStatement& statement) {
    if (statement.has_word(text, "TRIGGERS")) {
        KODIAK_TRY_ASSIGN(Answer answer, show_triggers(text, statement));
        return std::optional(std::move(answer));
    }
    const bool create = statement.form->name == "SHOW CREATE";
    const bool tests = statement.has_word(text, "TESTS");
    const bool code = statement.has_word(text, create ? "FUNCTION" : "PROCEDURES");
    const bool trigger = create && statement.has_word(text, "TRIGGER");
    if (!tests && !code && !trigger) {
        return std::optional<Answer>();
    }
    const auto name = create ? name_parts(statement.field("name")->in(text)) : std::vector<std::string>{""};
    KODIAK_TRY_ASSIGN(const Place where, place(name));
    const auto state = where.transaction->catalog();
    AnswerRows rows({"name", "definition"}, {kText, kText});
    bool any = false;
    const auto add = [&](const ObjectPtr& object, const std::string& definition) {
        rows.add({duckdb::Value(object->name), duckdb::Value(definition)});
        any = true;
    };
    for (const ObjectPtr& object : state->list(tests ? ObjectKind::kTest : trigger ? ObjectKind::kTrigger
                                                                                  : ObjectKind::kRoutine)) {
        if (create && !language::same_name(object->name, where.name)) {
            continue;
        }
        if (tests) {
            add(object, std::get<catalog::SqlDefinition>(object->definition).create_sql);
        } else if (trigger) {
            add(object, std::get<catalog::TriggerDefinition>(object->definition).create_sql);
        } else {
            for (const std::string& overload : std::get<catalog::RoutineDefinition>(object->definition).overloads) {
                KODIAK_TRY_ASSIGN(const language::CodeHead head, language::read_code_head(overload));
                if (create || head.kind == language::CodeKind::kProcedure) {
                    add(object, overload);
                }
            }
        }
    }
    if (create && !any) {
        return make_error(trigger ? ErrorCode::kUndefinedObject : ErrorCode::kUndefinedFunction,
                          std::string(trigger ? "trigger" : "function") + " \"" + where.name + "\" does not exist");
    }
    return std::optional(std::move(rows).finish(context_));
}

}  // namespace kodiak::engine
