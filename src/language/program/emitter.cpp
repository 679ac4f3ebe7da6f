#include "language/program/emitter.hpp"

#include <algorithm>

#include "language/values/cast.hpp"

namespace kodiak::language {

using catalog::TypeKind;

namespace {

constexpr size_t kRegistersMost = 60'000;
constexpr size_t kInstructionsMost = 1'000'000;
constexpr size_t kTypesMost = 30'000;  // an index shares 32 bits with a function's number

}  // namespace

Result<std::shared_ptr<const Program>> emit_program(const AnalysedCode& code, std::string statement) {
    return Emitter(code, std::move(statement)).run();
}

Emitter::Emitter(const AnalysedCode& code, std::string statement) : code_(code) {
    program_->statement = std::move(statement);
    program_->signature = code.signature;
    program_->source = code.definition.source;
    program_->source.text.clear();
    program_->callees = code.callees;
    program_->limits = code.definition.limits;
}

Emitter::Temporaries::~Temporaries() {
    for (size_t i = mark_; i < emitter_.taken_.size(); ++i) {
        const Register free = emitter_.taken_[i];
        emitter_.busy_[free] = false;
        emitter_.free_[emitter_.classes_[free] == Class::kBare ? 0 : 1].push_back(free);
    }
    emitter_.taken_.resize(mark_);
}

Result<std::shared_ptr<const Program>> Emitter::run() {
    for (const Variable& variable : code_.variables) {
        const Register place = take(variable.type.is_object() ? Class::kObject : Class::kBare);
        variables_.push_back(place);
        if (variable.type.form == TypeForm::kValue) {
            program_->variables.push_back({place, variable.type.type});
        }
    }
    taken_.clear();  // variables are never given back
    for (const SqlUse& use : code_.sql) {
        ProgramSql sql{use.text, {}};
        for (const Expression* parameter : use.parameters) {
            sql.types.push_back(parameter->type);
        }
        program_->sql.push_back(std::move(sql));
    }
    const CodeDefinition& definition = code_.definition;
    for (size_t i = 0; i < definition.parameters.size(); ++i) {
        if (definition.parameters[i].mode == ParameterMode::kOut) {
            emit(Op::kNull, variable(static_cast<int32_t>(i)), 0, 0, 0, {});
        } else {
            program_->parameters.push_back(variable(static_cast<int32_t>(i)));
        }
    }
    const bool trigger = code_.signature->result.form == TypeForm::kTrigger;
    const auto last_plain = static_cast<size_t>(std::max({code_.found, code_.sqlstate, code_.sqlerrm}));
    for (size_t i = definition.parameters.size(); i < code_.variables.size(); ++i) {
        if (trigger && code_.variables[i].parameter && i > last_plain) {
            program_->parameters.push_back(variable(static_cast<int32_t>(i)));  // NEW, OLD, TG_...
        } else if (code_.variables[i].parameter) {
            emit(Op::kNull, variable(static_cast<int32_t>(i)), 0, 0, 0, {});
        }
    }
    program_->found = variable(code_.found);
    const Temporaries temporaries(*this);
    emit(Op::kMove, program_->found, constant(Value::boolean(false), code_type(TypeKind::kBoolean)), 0, 0, {});
    if (definition.return_value != nullptr) {
        emit(Op::kReturn, value(definition.return_value), 0, 0, 0, definition.return_value->span);
    }
    if (definition.body != nullptr) {
        block(*definition.body);
    }
    for (size_t i = 0; i < definition.sql_body.size(); ++i) {
        const uint16_t slot = run_sql(definition.sql_body[i].index, definition.sql_body[i].span);
        const bool last = i + 1 == definition.sql_body.size() && code_.signature->result.form != TypeForm::kVoid;
        if (last && code_.signature->returns_set) {
            emit(Op::kYieldRows, slot, take(Class::kObject), 0, type_index(code_.signature->result.type), {});
        } else if (last) {
            const Register row = take(Class::kObject);
            const Register result = temporary(code_.signature->result);
            emit(Op::kNull, result, 0, 0, 0, {});
            const size_t end = emit(Op::kFetchRow, row, slot, 0, 0, definition.sql_body[i].span);
            emit(Op::kColumn, result, row, type_index(code_.signature->result.type), 0, definition.sql_body[i].span);
            patch(end);
            emit(Op::kCloseRows, slot, 0, 0, 0, {});
            emit(Op::kReturn, result, 0, 0, 0, {});
        } else {
            emit(Op::kDrainRows, slot, 0, 0, 0, definition.sql_body[i].span);
        }
    }
    const Span end{definition.body != nullptr ? definition.body->span.end() - 1 : 0, 1};
    if (code_.end_reachable) {
        emit(Op::kFail, 0, 0, 0, static_cast<int>(Failure::kNoReturn), end);
    } else {
        return_out(end);
    }
    program_->registers = static_cast<uint32_t>(classes_.size());
    if (too_large_) {
        return make_error(ErrorCode::kTooLarge, "the code is too large to run");
    }
    return std::shared_ptr<const Program>(std::move(program_));
}

// Takes `count` neighbouring registers of a class.
Emitter::Register Emitter::take(Class kind, size_t count) {
    size_t run = 0;
    size_t first = classes_.size();
    std::vector<Register>& free = free_[kind == Class::kBare ? 0 : 1];
    while (count == 1 && kind != Class::kConstant && first == classes_.size() && !free.empty()) {
        first = busy_[free.back()] ? first : free.back();
        free.pop_back();
    }
    for (size_t i = 0; i < classes_.size() && kind != Class::kConstant && count > 1; ++i) {
        run = classes_[i] == kind && !busy_[i] ? run + 1 : 0;
        if (run == count) {
            first = i + 1 - count;
            break;
        }
    }
    if (first + count > kRegistersMost) {
        too_large_ = true;
        return 0;
    }
    if (first == classes_.size()) {
        classes_.resize(first + count, kind);
        busy_.resize(first + count, false);
    }
    for (size_t i = first; i < first + count; ++i) {
        busy_[i] = true;
        if (kind != Class::kConstant) {
            taken_.push_back(static_cast<Register>(i));
        }
    }
    return static_cast<Register>(first);
}

Emitter::Register Emitter::constant(const Value& value, const CodeType& type) {
    const std::string key = type_text(type) + (value.is_null() ? "" : "=" + value_text(value, type.type));
    const auto [place, fresh] = constants_.try_emplace(key, 0);
    if (fresh) {
        place->second = take(Class::kConstant);
        program_->constants.push_back({place->second, value, type.type});
    }
    return place->second;
}

uint16_t Emitter::type_index(const catalog::Type& type) {
    std::vector<uint16_t>& known = types_[type_text(type)];
    for (const uint16_t index : known) {
        if (program_->types[index] == type) {
            return index;
        }
    }
    if (program_->types.size() >= kTypesMost) {
        too_large_ = true;
        return 0;
    }
    program_->types.push_back(type);
    program_->shapes.push_back(std::make_shared<const catalog::Type>(type));
    known.push_back(static_cast<uint16_t>(program_->types.size() - 1));
    return known.back();
}

int32_t Emitter::name_index(const std::string& name) {
    const auto [place, fresh] = names_.try_emplace(name, static_cast<int32_t>(program_->names.size()));
    if (fresh) {
        program_->names.push_back(name);
    }
    return place->second;
}

size_t Emitter::emit(Op op, size_t a, size_t b, size_t c, int64_t d, Span where) {
    if (program_->code.size() >= kInstructionsMost) {
        too_large_ = true;
        program_->code.pop_back();
    }
    program_->code.push_back({op, static_cast<uint16_t>(a), static_cast<uint16_t>(b), static_cast<uint16_t>(c),
                              static_cast<int32_t>(d), static_cast<uint32_t>(where.offset)});
    return program_->code.size() - 1;
}

void Emitter::assign(Register to, Register from, const CodeType& type, Span where) {
    if (to != from) {
        emit(type.is_object() ? Op::kAssign : Op::kMove, to, from, 0, 0, where);
    }
}

}  // namespace kodiak::language
